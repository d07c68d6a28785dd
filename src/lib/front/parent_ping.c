/*
 * parent_ping - roles that hang: each is asked now and then (FM_PING), and its loop answers.  One that is silent for RoleTimeout is ended, and replaced as
 * after a crash.
 *
 * As in sendmail's parent (parent_ping.c there) looks are counted, not seconds: PING_LOOKS of them in a row, in time, must have found no answer, so that a
 * machine that slept or had no time for us costs nobody his life; nor does waiting for a disk.  Sessions are not asked: each is one user's, and a client that
 * waits for it in vain goes away.
 */
#include <signal.h>

#include "base/log.h"
#include "front/parent_int.h"
#include "os/load.h"

#define PING_LOOKS	5
#define PING_MIN_MS	200
#define PING_LATE	2		/* so many times the time between two looks is late */
#define PING_KILL_MS	3000		/* from SIGABRT, which may leave a core, to SIGKILL */

typedef void	ping_fn(struct parent *, struct ping *, struct chan *, pid_t);

/* Everybody who is there. */
static void
ping_each(struct parent *p, ping_fn *fn)
{
	LIST_EACH(it, &p->generations) {
		struct generation	*g = LIST_OF(it, struct generation, link);

		if (g->auth != NULL)
			fn(p, &g->auth_ping, g->auth, g->auth_pid);
		if (g->keys != NULL)
			fn(p, &g->keys_ping, g->keys, g->keys_pid);
		for (size_t i = 0; i < g->nfronts; i++)
			if (g->front[i].chan != NULL)
				fn(p, &g->front[i].ping, g->front[i].chan, g->front[i].pid);
	}
}

static uint64_t
ping_every(const struct parent *p)
{
	uint64_t	ms = p->now == NULL ? 0 : (uint64_t)p->now->conf.role_timeout * 1000 / PING_LOOKS;

	return ms != 0 && ms < PING_MIN_MS ? PING_MIN_MS : ms;
}

/* NULL: its channel is gone; the next one of its kind begins anew. */
static void
ping_answered(void *arg, struct frame *f)
{
	struct ping	*pg = arg;

	pg->asked = false;
	pg->misses = 0;
	if (f == NULL)
		pg->hung = false;
	else if (f->body.n != 0 || f->type != FM_PING || (f->flags & CHAN_ERROR) != 0)
		parent_expel(pg->role, pg->pid, f);
}

/* No answer since the last look, or since longer; and the next question. */
static void
ping_one(struct parent *p, struct ping *pg, struct chan *ch, pid_t pid)
{
	if (pg->hung)
		return;
	pg->pid = pid;
	if (pg->asked && !p->ping_late && pg->misses < PING_LOOKS && !os_proc_in_disk(pid))
		pg->misses++;
	if (!pg->asked)
		pg->asked = chan_call(ch, FM_PING, STR(""), -1, ping_answered, pg, -1) == 0;
}

static void
ping_end(struct parent *p, struct ping *pg, struct chan *ch, pid_t pid)
{
	(void)ch;
	if (pg->hung || pg->misses < PING_LOOKS)
		return;
	log_line(0, LOG_P_CRIT, NULL, "role %s (pid %ld) has not answered for %d s (RoleTimeout): ended", pg->role, (long)pid, p->now->conf.role_timeout);
	pg->hung = true;
	(void)kill(pid, SIGABRT);
	(void)kill(pid, SIGCONT);		/* one that was stopped would not take it */
	(void)loop_timer_set(p->ping_kill, PING_KILL_MS);
}

static void
ping_kill(struct parent *p, struct ping *pg, struct chan *ch, pid_t pid)
{
	(void)p;
	(void)ch;
	if (pg->hung)
		(void)kill(pid, SIGKILL);
}

static void
ping_kill_late(void *arg)
{
	ping_each(arg, ping_kill);
}

static void
ping_look(void *arg)
{
	struct parent	*p = arg;
	uint64_t	 every = ping_every(p), now = os_now_ms();

	if (every == 0) {
		parent_ping_anew(p);
		return;
	}
	p->ping_late = p->pinged != 0 && now - p->pinged > PING_LATE * every;
	p->pinged = now;
	(void)loop_timer_set(p->ping, every);
	ping_each(p, ping_one);
	ping_each(p, ping_end);
}

void
parent_ping_anew(struct parent *p)
{
	uint64_t	every = ping_every(p);

	p->pinged = 0;
	if (every == 0)
		loop_timer_cancel(p->ping);
	else
		(void)loop_timer_set(p->ping, every);
}

int
parent_ping_start(struct parent *p)
{
	if ((p->ping = loop_timer_new(p->loop, ping_look, p)) == NULL || (p->ping_kill = loop_timer_new(p->loop, ping_kill_late, p)) == NULL)
		return -1;
	parent_ping_anew(p);
	return 0;
}
