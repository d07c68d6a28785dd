/*
 * parent_mend - two roles whose channel was closed while both live get another one.
 *
 * It happens when one of them has no memory to send or to read.  Mostly, though, a channel closes because a role died, and then its successor is
 * introduced anyway: so a second is waited for, and nothing is done unless both are still the same processes.
 */
#include <stdlib.h>

#include "ask.h"
#include "base/log.h"
#include "parent_int.h"

#define MEND_MS		1000
#define MEND_MAX	64		/* pairs at a time */

struct mend {
	struct list		 link;
	struct parent		*parent;
	pid_t			 a, b;
	struct loop_timer	*timer;
};

static struct list	mends = { &mends, &mends };
static size_t		nmends;

static struct proc *
mend_proc(struct parent *p, pid_t pid)
{
	LIST_EACH(it, &p->procs) {
		struct proc *pr = LIST_OF(it, struct proc, link);

		if (pr->pid == pid)
			return pr->leaving || pr->peer == NULL ? NULL : pr;
	}
	return NULL;
}

static void
mend_free(struct mend *m)
{
	list_remove(&m->link);
	loop_timer_free(&m->timer);
	free(m);
	nmends--;
}

static void
mend_late(void *arg)
{
	struct mend	*m = arg;
	struct parent	*p = m->parent;
	struct proc	*a = mend_proc(p, m->a), *b = mend_proc(p, m->b);

	if (p->phase == 0 && a != NULL && b != NULL) {
		log_line(10, LOG_P_NOTICE, NULL, "roles %s and %s lost each other: joined again", role_name(a->role), role_name(b->role));
		if (parent_introduce(a, b) == -1 && loop_timer_set(m->timer, MEND_MS) == 0)
			return;
	}
	mend_free(m);
}

int
parent_answer_lost(struct role_ctx *ctx, struct peer *peer, struct frame *f)
{
	struct parent	*p = ctx->state;
	struct proc	*a = peer->user, *b;
	struct peer_ask	 ask;
	struct mend	*m;

	if (a == NULL || peer_ask_get(f->body, &ask) == -1)
		return -1;
	b = parent_proc(p, ask.role);
	if (p->phase != 0 || a->leaving || b == NULL || b == a || b->peer == NULL || nmends == MEND_MAX ||
	    (!req_neighbours(a->role, b->role) && !req_neighbours(b->role, a->role)))
		return 0;
	LIST_EACH(it, &mends) {			/* both of them say so */
		m = LIST_OF(it, struct mend, link);
		if ((m->a == a->pid && m->b == b->pid) || (m->a == b->pid && m->b == a->pid))
			return 0;
	}
	if ((m = calloc(1, sizeof *m)) == NULL)
		return 0;
	m->parent = p;
	m->a = a->pid;
	m->b = b->pid;
	list_append(&mends, &m->link);
	nmends++;
	if ((m->timer = loop_timer_new(p->ctx.loop, mend_late, m)) == NULL || loop_timer_set(m->timer, MEND_MS) == -1)
		mend_free(m);
	return 0;
}
