/*
 * milter_park - the filters of a session that waits for its client: packed into a message and descriptors, so that gate holds them and no process
 * waits; and unpacked where the session goes on.
 *
 * The message is ours, but it may be of a process with an older configuration: a filter is known by its name, and one that there is not any
 * more is let go.
 */
#include "milter_int.h"

#include <unistd.h>

#include "bundle.h"
#include "proc/msg.h"

#define MILTER_PARK_SYMBOLS	((size_t)4096)	/* octets of macros that filters asked for, all together */

bool
milters_can_park(const struct milters *l)
{
	size_t socks = 0, symbols = 0;

	for (size_t i = 0; l != NULL && i < l->n; i++) {
		const struct milter *m = &l->v[i];

		if (m->state == MILTER_INMSG || m->state == MILTER_MSGDONE || m->out.n > 0 || m->in.n > m->taken)
			return false;
		socks += m->sock != -1;
		for (int s = 0; s < MILTER_STAGES; s++)
			symbols += m->asked[s].n;
	}
	return socks < BUNDLE_MAX && symbols <= MILTER_PARK_SYMBOLS;
}

void
milters_park(struct milters **lp, struct buf *b, int *fd, size_t *nfd, void (*counts)(void *, size_t, const uint64_t[MILTER_COUNTS]), void *arg)
{
	struct milters *l = *lp;

	*nfd = 0;
	for (size_t i = 0; l != NULL && i < l->n; i++) {
		struct milter *m = &l->v[i];

		msg_put_str(b, m->f->name);
		msg_put_u8(b, (uint8_t)m->state);
		msg_put_bool(b, m->sock != -1);
		msg_put_u32(b, m->version);
		msg_put_u32(b, m->actions);
		msg_put_u32(b, m->steps);
		for (int s = 0; s < MILTER_STAGES; s++)
			msg_put_str(b, m->asked[s]);
		if (m->sock != -1)
			fd[(*nfd)++] = m->sock;
		m->sock = -1;
		m->state = MILTER_OFF;
	}
	milters_free(lp, counts, arg);
}

static void
milter_unpark(struct milters *l, struct msg_in *in, int *fd, size_t nfd, size_t *used)
{
	struct str name = msg_str(in, 1024);
	uint8_t state = msg_u8(in);
	bool has = msg_bool(in);
	struct milter *m = milters_add(l, name), gone;

	if (m == NULL) {
		memset(&gone, 0, sizeof gone);
		m = &gone;
	}
	m->version = msg_u32(in);
	m->actions = msg_u32(in);
	m->steps = msg_u32(in);
	m->chunk = milter_chunk(m->steps);
	for (int s = 0; s < MILTER_STAGES; s++) {
		m->asked[s] = msg_str(in, MILTER_PARK_SYMBOLS);
		if (m->asked[s].n > 0)
			m->asked[s] = arena_str(l->arena, m->asked[s]);
	}
	m->sock = -1;
	if (in->bad || (has && *used == nfd))
		return;
	if (has)
		m->sock = fd[(*used)++];
	if (m == &gone) {
		if (has)
			close(m->sock);
	} else
		m->state = state == MILTER_FAILED || (state == MILTER_SKIPPING && has) ? (enum milter_state)state : has ? MILTER_OPEN : MILTER_OFF;
}

struct milters *
milters_unpark(const struct conf *c, struct rule_ctx *ctx, struct arena *a, milter_open_fn *open, void *arg, struct str parked, int *fd, size_t nfd)
{
	struct milters *l = NULL;
	struct msg_in in = msg_in(parked);
	size_t used = 0;

	if (c->nfilters > 0) {
		l = milters_make(c, ctx, a, open, arg);
		while (in.s.n > 0 && !in.bad && l->n < c->nfilters)
			milter_unpark(l, &in, fd, nfd, &used);
	}
	while (used < nfd)
		close(fd[used++]);
	if (l != NULL && l->n == 0)
		l = NULL;
	return l;
}
