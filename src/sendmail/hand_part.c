/*
 * hand_part - while attempts for a message go on, those it is done with are written into the journal, and those an earlier process was done with are
 * left out.
 *
 * A record costs one write of a sector and no sync of its own.  A message to many is not written of more often than each few milliseconds; what is
 * gathered meanwhile goes with the next one, or by a timer.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "hand.h"
#include "jspool.h"
#include "os/load.h"

#define PART_MS		5
#define PART_ROOM	((size_t)400)		/* octets of names: with these a sector is full */

/* What tells two messages apart that had one identifier, should a clock have been set back. */
static uint32_t
hand_part_sum(const struct hand *w)
{
	char	text[32];
	int	n = snprintf(text, sizeof text, "%llu", (unsigned long long)w->size);

	return crc32c(crc32c(0, text, (size_t)n), w->qf.sender.p, w->qf.sender.n);
}

/* A recipient by name: a program or file with whose rights, too. */
static struct str
hand_part_name(const struct hand *w, const struct qf_rcpt *r)
{
	return r->ctl_user.n == 0 ? r->addr : arena_fmt(w->arena, "%.*s\n%.*s", STR_ARG(r->addr), STR_ARG(r->ctl_user));
}

void
hand_part_write(struct hand *w)
{
	struct jrec_part part = { .list = buf_str(&w->part) };

	if (w->part.n == 0)
		return;
	/* While a qf is being made it may already be that which counts after us. */
	part.of.ref = w->m->j.gen != 0 && !w->checkpoint ? w->m->j : (struct jref){ .at = hand_part_sum(w) };
	memcpy(part.of.id, w->m->id, sizeof part.of.id);
	if (buf_ok(&w->part))
		jspool_part(w->s, &part);
	buf_clear(&w->part);
	w->part_at = os_now_ms();
}

bool
hand_part(struct hand *w, const struct result_rcpt *r, size_t n)
{
	struct arena_mark mark = arena_mark(w->arena);

	for (size_t i = 0; i < n; i++) {
		struct str name;

		if (r[i].index >= w->qf.nrcpt || w->state[r[i].index].outcome != OUTCOME_SENT)
			continue;
		name = hand_part_name(w, &w->qf.rcpt[r[i].index]);
		if (w->part.n + name.n > PART_ROOM)
			hand_part_write(w);
		(void)jrec_part_add(&w->part, name);
	}
	arena_release(w->arena, mark);
	if (w->part.n > 0 && os_now_ms() - w->part_at >= PART_MS)
		hand_part_write(w);
	return w->part.n > 0;
}

/* Who is left of an attempt. */
static void
hand_part_strike(struct hand *w, struct attempt *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->nrcpt; i++)
		if (a->rcpt[i].index >= w->qf.nrcpt || w->state[a->rcpt[i].index].outcome != OUTCOME_SENT)
			a->rcpt[n++] = a->rcpt[i];
	a->nrcpt = n;
}

void
hand_part_leave_out(struct hand *w)
{
	uint32_t	sum = hand_part_sum(w);
	struct stat	st = { .st_mtime = 0 };
	size_t		n = 0, known = 0;

	if (w->s->js->parts == NULL || (w->m->j.gen == 0 && (w->m->lock == -1 || fstat(w->m->lock, &st) == -1)))
		return;
	for (size_t i = 0; i < w->qf.nrcpt; i++)
		if (parts_know(w->s, w->m, sum, (int64_t)st.st_mtime, hand_part_name(w, &w->qf.rcpt[i]))) {
			w->state[i] = (struct rcpt_state){ .outcome = OUTCOME_SENT, .relayed_dsn = true };
			known++;
		}
	for (size_t i = 0; known > 0 && i < w->nattempt; i++) {
		hand_part_strike(w, &w->attempt[i]);
		if (w->attempt[i].nrcpt > 0)
			w->attempt[n++] = w->attempt[i];
	}
	if (known > 0)
		w->nattempt = n;
}
