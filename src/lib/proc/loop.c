/*
 * loop - events and timers over libevent.
 *
 * Every object here holds one struct event.  A callback is the last thing a
 * trampoline does with its object, so the callback may free it.
 */
#include <stdbool.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/time.h>

#include "proc/loop.h"

#define LOOP_SIGNALS	32

struct loop_sig {
	struct event	*ev;
	loop_sig_fn	*fn;
	void		*arg;
};

struct loop {
	struct event_base	*base;
	struct loop_sig		 sig[LOOP_SIGNALS];
	size_t			 nsig;
	bool			 stop;	/* loop_stop was called, perhaps before loop_run */
};

struct loop_io {
	struct loop	*loop;
	struct event	*ev;		/* NULL while nothing is waited for */
	int		 fd;
	unsigned	 what;
	loop_io_fn	*fn;
	void		*arg;
};

struct loop_timer {
	struct event	*ev;
	loop_timer_fn	*fn;
	void		*arg;
};

struct loop *
loop_new(void)
{
	struct loop		*l = calloc(1, sizeof *l);
	struct event_config	*c = event_config_new();

	if (l == NULL || c == NULL)
		goto bad;
	/* No environment variable may choose how a daemon waits. */
	if (event_config_set_flag(c, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == -1)
		goto bad;
	if ((l->base = event_base_new_with_config(c)) == NULL)
		goto bad;
	event_config_free(c);
	return l;
bad:
	if (c != NULL)
		event_config_free(c);
	free(l);
	return NULL;
}

void
loop_free(struct loop **lp)
{
	struct loop *l = *lp;

	if (l == NULL)
		return;
	for (size_t i = 0; i < l->nsig; i++)
		event_free(l->sig[i].ev);
	event_base_free(l->base);
	free(l);
	*lp = NULL;
}

int
loop_after_fork(struct loop *l)
{
	return event_reinit(l->base) == -1 ? -1 : 0;
}

static void
loop_quiet(int severity, const char *text)
{
	(void)severity;
	(void)text;
}

void
loop_leave(struct loop **lp)
{
	/* The descriptors that are closed already cannot be added to the new epoll: that is meant, and nothing to say. */
	event_set_log_callback(loop_quiet);
	(void)event_reinit((*lp)->base);
	event_set_log_callback(NULL);
	*lp = NULL;
}

void *
loop_base(struct loop *l)
{
	return l->base;
}

int
loop_run(struct loop *l)
{
	int	rc = l->stop ? 0 : event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);

	l->stop = false;
	return rc == -1 ? -1 : 0;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;		/* the library forgets a break that comes between two of its loops */
	event_base_loopbreak(l->base);
}

static void
loop_io_event(evutil_socket_t fd, short ev, void *arg)
{
	struct loop_io *io = arg;

	io->fn(io->arg, fd, (ev & EV_READ ? LOOP_READ : 0u) | (ev & EV_WRITE ? LOOP_WRITE : 0u));
}

struct loop_io *
loop_io_new(struct loop *l, int fd, unsigned what, loop_io_fn *fn, void *arg)
{
	struct loop_io *io = calloc(1, sizeof *io);

	if (io == NULL)
		return NULL;
	io->loop = l;
	io->fd = fd;
	io->fn = fn;
	io->arg = arg;
	if (loop_io_set(io, what) == -1) {
		free(io);
		return NULL;
	}
	return io;
}

int
loop_io_set(struct loop_io *io, unsigned what)
{
	short ev = EV_PERSIST;

	if (io->what == what)
		return 0;
	if (what & LOOP_READ)
		ev |= EV_READ;
	if (what & LOOP_WRITE)
		ev |= EV_WRITE;
	if (io->ev != NULL)
		event_free(io->ev);
	io->ev = NULL;
	io->what = 0;
	if (what == 0)
		return 0;
	if ((io->ev = event_new(io->loop->base, io->fd, ev, loop_io_event, io)) == NULL)
		return -1;
	if (event_add(io->ev, NULL) == -1) {
		event_free(io->ev);
		io->ev = NULL;
		return -1;
	}
	io->what = what;
	return 0;
}

void
loop_io_free(struct loop_io **iop)
{
	struct loop_io *io = *iop;

	if (io == NULL)
		return;
	if (io->ev != NULL)
		event_free(io->ev);
	free(io);
	*iop = NULL;
}

static void
loop_timer_event(evutil_socket_t fd, short ev, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)ev;
	t->fn(t->arg);
}

struct loop_timer *
loop_timer_new(struct loop *l, loop_timer_fn *fn, void *arg)
{
	struct loop_timer *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->fn = fn;
	t->arg = arg;
	if ((t->ev = evtimer_new(l->base, loop_timer_event, t)) == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

int
loop_timer_set(struct loop_timer *t, uint64_t ms)
{
	struct timeval tv;

	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	return evtimer_add(t->ev, &tv);
}

void
loop_timer_cancel(struct loop_timer *t)
{
	evtimer_del(t->ev);
}

void
loop_timer_free(struct loop_timer **tp)
{
	struct loop_timer *t = *tp;

	if (t == NULL)
		return;
	event_free(t->ev);
	free(t);
	*tp = NULL;
}

static void
loop_sig_event(evutil_socket_t signo, short ev, void *arg)
{
	struct loop_sig *s = arg;

	(void)ev;
	s->fn(s->arg, (int)signo);
}

int
loop_signal(struct loop *l, int signo, loop_sig_fn *fn, void *arg)
{
	struct loop_sig *s;

	if (l->nsig == LOOP_SIGNALS)
		return -1;
	s = &l->sig[l->nsig];
	s->fn = fn;
	s->arg = arg;
	if ((s->ev = evsignal_new(l->base, signo, loop_sig_event, s)) == NULL)
		return -1;
	if (event_add(s->ev, NULL) == -1) {
		event_free(s->ev);
		return -1;
	}
	l->nsig++;
	return 0;
}
