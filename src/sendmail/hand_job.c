/*
 * hand_job - the attempts of a message in hand: they begin when their destination has room, and what they answer is noted and from time to time written down.
 */
#include "hand.h"

#include <errno.h>
#include <unistd.h>

#include "client.h"
#include "jspool.h"
#include "lease.h"
#include "os/load.h"

#define CHECKPOINT_MS	100
#define CHECKPOINT_ALONE_MS	10	/* without a journal: nothing else knows who was done */

static void	hand_checkpoint(struct hand *, size_t);

static void
hand_checkpointed(struct hand *w)
{
	w->checkpoint = false;
	if (w->settle)
		hand_settle(w);
	else
		hand_checkpoint(w, 0);		/* who was done meanwhile */
}

/* It was too early then; perhaps nobody else is done for a long time. */
static void
hand_checkpoint_late(void *arg)
{
	hand_part_write(arg);
	hand_checkpoint(arg, 0);
}

/*
 * CheckpointInterval: a message with many recipients is written down from time to time, so that a crash repeats few of them.  Not at once, and
 * not too often: what is delivered quickly stays in the journal, and ten thousand recipients are not written a thousand times.
 */
static void
hand_checkpoint(struct hand *w, size_t done)
{
	int64_t		interval = w->s->conf->opt.checkpoint_interval;
	uint64_t	wait = (w->s->js->j != NULL ? CHECKPOINT_MS : CHECKPOINT_ALONE_MS) + w->qf.nrcpt / 20, now = os_now_ms();

	w->unwritten += done;
	if (interval <= 0 || !w->attempting || w->open <= 1 || w->checkpoint || (int64_t)w->unwritten < interval)
		return;
	if (now - w->written_at < wait) {
		if (!w->again.on)
			again_at(w->s, &w->again, wait, hand_checkpoint_late, w);
		return;
	}
	w->unwritten = 0;
	w->written_at = now;
	w->checkpoint = true;
	hand_write_down(w, hand_checkpointed);
}

void
hand_to_files(struct hand *w)
{
	if (!w->attempting || w->checkpoint || w->m->j.gen == 0)
		return;
	w->unwritten = 0;
	w->pristine = false;
	w->checkpoint = true;
	hand_write_down(w, hand_checkpointed);
}

static void
hand_job_over(struct hand *w)
{
	if (--w->open == 0) {
		w->attempting = false;
		hand_conclude(w);
	}
}

void
hand_jobs(struct hand *w)
{
	struct spoold *s = w->s;

	w->open = w->nattempt + 1;
	w->attempting = true;
	w->written_at = os_now_ms();
	for (size_t i = 0; i < w->nattempt; i++) {
		struct job *j = ARENA_NEW(w->arena, struct job);

		j->hand = w;
		j->demand = w->demand;
		j->attempt = &w->attempt[i];
		if (!dest_join(s, j)) {		/* parked: there is no hand any more */
			sched_run(s);
			return;
		}
	}
	hand_job_over(w);
}

static void
hand_job_done(void *arg, struct frame *f)
{
	struct job		*j = arg;
	struct hand		*w = j->hand;
	struct spoold		*s = w->s;
	struct attempt_result	 r;
	struct err		 e = ERR_INIT;

	if (chan_frame_err(f, &e) == -1 ||
	    attempt_result_get(arena_str(w->arena, f->body), w->arena, &r) == -1) {
		char	text[ERR_TEXT + 16];

		snprintf(text, sizeof text, "Deferred: %s", e.text[0] != '\0' ? e.text : "an answer that cannot be read");
		attempt_result_all(j->attempt, w->arena, OUTCOME_DEFERRED, 75, STR("4.3.0"), arena_str(w->arena, str_c(text)), &r);
		if (f == NULL)
			e.class = ERR_TEMP;
	}
	hand_results(w, j->attempt, r.rcpt, r.nrcpt, r.relay, r.mta, r.xdelay_ms > 0 ? r.xdelay_ms : (int64_t)(os_now_ms() - j->started));
	if (buf_ok(&w->transcript))
		buf_add(&w->transcript, r.transcript);
	stats_to(s, j->attempt, &r);
	if (w->open > 1 && hand_part(w, r.rcpt, r.nrcpt) && !w->again.on)
		again_at(s, &w->again, CHECKPOINT_MS, hand_checkpoint_late, w);
	hand_checkpoint(w, r.nrcpt);
	dest_leave(s, j, &r);
	hand_job_over(w);
}

void
hand_job_skip(struct job *j, struct str status, struct str text)
{
	struct hand		*w = j->hand;
	struct attempt_result	 r;

	attempt_result_all(j->attempt, w->arena, OUTCOME_DEFERRED, 75, arena_str(w->arena, status), arena_str(w->arena, text), &r);
	hand_results(w, j->attempt, r.rcpt, r.nrcpt, STR_NONE, STR_NONE, 0);
	hand_job_over(w);
}

/* To the one that has a connection to that host, if it was lent to us. */
static int
hand_job_send(struct job *j, struct str body, int fd)
{
	struct buf	key;
	int		rc;

	buf_init(&key, 0);
	client_key_put(&key, j->attempt);
	rc = buf_ok(&key) ? lease_call(j->hand->s->ctx, R_CLIENT, Q_ATTEMPT, buf_str(&key), body, fd, hand_job_done, j) : -1;
	buf_done(&key);
	return rc;
}

void
hand_job_start(struct job *j)
{
	struct hand		*w = j->hand;
	struct spoold		*s = w->s;
	struct attempt		*a = j->attempt;
	const struct conf	*c = s->conf;
	const struct mailer	*ml;
	struct err		 e = ERR_INIT;
	struct buf		 b;
	enum role_id		 at;
	int			 fd = -1;

	/* By name: after a reload the numbers that route used may be others'. */
	ml = conf_mailer_find(c, a->mailer);
	at = ml != NULL && ml->kind == MAILER_IPC ? R_CLIENT : R_LOCAL;
	if (ml != NULL)
		a->mailer_index = (uint32_t)ml->index;
	a->nice = w->m->runner && s->group[w->m->group].conf->nice > 0 ? (uint32_t)s->group[w->m->group].conf->nice : 0;
	a->content = w->content;
	a->size = w->size;
	a->aside = spoold_aside(s);
	a->flags &= ~(unsigned)ATTEMPT_TRUSTED;
	if (w->trusted)
		a->flags |= ATTEMPT_TRUSTED;
	buf_init(&b, 0);
	attempt_put(&b, a);
	if (!buf_ok(&b))
		err_set(&e, ERR_TEMP, "out of memory");
	else
		fd = hand_content(w, &e);
	if (e.class == ERR_NONE && (at == R_CLIENT ? hand_job_send(j, buf_str(&b), fd) :
	    req_call(s->ctx, at, Q_DELIVER, buf_str(&b), fd, hand_job_done, j)) == -1)
		err_set(&e, ERR_TEMP, "the %s role is away", role_name(at));
	if (fd != -1)
		close(fd);
	buf_done(&b);
	if (e.class != ERR_NONE) {
		struct attempt_result	r;

		attempt_result_all(a, w->arena, OUTCOME_DEFERRED, 75, STR("4.3.0"), arena_fmt(w->arena, "Deferred: %s", e.text), &r);
		hand_results(w, a, r.rcpt, r.nrcpt, STR_NONE, STR_NONE, 0);
		dest_leave(s, j, &r);
		hand_job_over(w);
	}
}
