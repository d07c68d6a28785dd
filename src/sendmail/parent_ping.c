/*
 * parent_ping - roles that hang: each is asked now and then (Q_PING), and its loop answers.  One that is silent for Timeout.role is ended, and replaced
 * as after a crash.
 *
 * Looks are counted, not seconds: PING_LOOKS of them in a row, in time, must have found no answer.  So a machine that slept, or that had no time for us,
 * costs nobody his life: a look that comes late counts for none.  Nor does one at a process that waits for a disk (a signal would not reach it), or that
 * says that it is in a step that takes long (Q_BUSY).  Workers are not asked: who waits for their answers has his own patience.
 */
#include <signal.h>

#include "base/log.h"
#include "os/load.h"
#include "parent_int.h"
#include "req.h"

#define PING_LOOKS	5
#define PING_MIN_MS	200
#define PING_LATE	2		/* so many times the time between two looks is late */
#define PING_KILL_MS	3000		/* from SIGABRT, which may leave a core, to SIGKILL */

static uint64_t
ping_every(const struct parent *p)
{
	int64_t s = p->ctx.conf->opt.timeout.role;
	uint64_t ms;

	if (s <= 0)
		return 0;
	ms = (uint64_t)s > UINT64_MAX / 1000 ? UINT64_MAX / PING_LOOKS : (uint64_t)s * 1000 / PING_LOOKS;
	return ms < PING_MIN_MS ? PING_MIN_MS : ms;
}

/* NULL: its channel is gone; it is on its way out. */
static void
ping_answered(void *arg, struct frame *f)
{
	struct proc *pr = arg;

	pr->asked = false;
	pr->misses = 0;
	if (f == NULL)
		return;
	if (f->body.n != 0 || f->flags & CHAN_ERROR) {
		log_line(0, LOG_P_CRIT, NULL, "parent: process of role %s sent a malformed answer: ended", role_name(pr->role));
		(void)kill(pr->pid, SIGKILL);
	}
}

int
parent_answer_busy(struct role_ctx *ctx, struct peer *peer, struct frame *f)
{
	struct proc *pr = peer->user;

	(void)ctx;
	if (f->body.n != 0 || pr == NULL)
		return -1;
	pr->misses = 0;
	return 0;
}

static void
ping_kill_late(void *arg)
{
	struct parent *p = arg;

	LIST_EACH(it, &p->procs) {
		struct proc *pr = LIST_OF(it, struct proc, link);

		if (pr->hung)
			(void)kill(pr->pid, SIGKILL);
	}
}

static void
ping_end(struct parent *p, struct proc *pr)
{
	log_line(0, LOG_P_CRIT, NULL, "role %s (pid %ld) has not answered for %lld s (Timeout.role): ended", role_name(pr->role), (long)pr->pid,
	    (long long)p->ctx.conf->opt.timeout.role);
	pr->hung = true;
	(void)kill(pr->pid, SIGABRT);
	(void)kill(pr->pid, SIGCONT);		/* one that was stopped would not take it */
	loop_timer_set(p->ping_kill, PING_KILL_MS);
}

/* Everybody writes into the log, and waits where it does not read: who is silent because of it has his time again. */
static void
ping_end_log(struct parent *p, struct proc *log)
{
	ping_end(p, log);
	LIST_EACH(it, &p->procs)
		LIST_OF(it, struct proc, link)->misses = 0;
}

/* No answer since the last look, or since longer. */
static void
ping_missed(struct proc *pr)
{
	if (pr->misses < PING_LOOKS && !os_proc_in_disk(pr->pid))
		pr->misses++;
}

static void
ping_look(void *arg)
{
	struct parent	*p = arg;
	struct proc	*log = parent_proc(p, R_LOG);
	uint64_t	 every = ping_every(p), now = os_now_ms();
	bool		 late = p->pinged != 0 && now - p->pinged > PING_LATE * every;

	if (every == 0 || p->phase != 0)
		return;
	loop_timer_set(p->ping, every);
	p->pinged = now;
	LIST_EACH(it, &p->procs) {
		struct proc *pr = LIST_OF(it, struct proc, link);

		if (pr->peer == NULL || pr->hung)
			continue;
		if (pr->asked && !late)
			ping_missed(pr);
		if (!pr->asked)
			pr->asked = chan_call(pr->peer->ch, Q_PING, STR(""), -1, ping_answered, pr, -1) == 0;
	}
	if (log != NULL && !log->hung && log->misses >= PING_LOOKS)
		ping_end_log(p, log);
	LIST_EACH(it, &p->procs) {
		struct proc *pr = LIST_OF(it, struct proc, link);

		if (!pr->hung && pr->misses >= PING_LOOKS)
			ping_end(p, pr);
	}
}

void
parent_ping_anew(struct parent *p)
{
	p->pinged = 0;
	if (ping_every(p) == 0)
		loop_timer_cancel(p->ping);
	else
		loop_timer_set(p->ping, ping_every(p));
}

int
parent_ping_start(struct parent *p)
{
	if ((p->ping = loop_timer_new(p->ctx.loop, ping_look, p)) == NULL || (p->ping_kill = loop_timer_new(p->ctx.loop, ping_kill_late, p)) == NULL)
		return -1;
	parent_ping_anew(p);
	return 0;
}
