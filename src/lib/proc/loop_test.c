/*
 * loop_test - events, timers and signals come; objects may go in their own callbacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fd.h"
#include "proc/loop.h"

struct seen {
	struct loop		*loop;
	struct loop_io		*io;
	struct loop_timer	*timer;
	int			 reads, ticks, signals, other;
};

static void
on_read(void *arg, int fd, unsigned what)
{
	struct seen *s = arg;
	char c;

	assert_int_equal(what, LOOP_READ);
	assert_int_equal(read(fd, &c, 1), 1);
	if (++s->reads == 2) {
		loop_io_free(&s->io);
		loop_stop(s->loop);
	}
}

static void
on_tick(void *arg)
{
	struct seen *s = arg;

	if (++s->ticks == 3) {
		loop_timer_free(&s->timer);
		loop_stop(s->loop);
	} else
		loop_timer_set(s->timer, 1);
}

static void
on_signal(void *arg, int signo)
{
	struct seen *s = arg;

	s->signals++;
	s->other = signo;
	loop_stop(s->loop);
}

static void
never(void *arg)
{
	(void)arg;
	fail_msg("a cancelled timer ran");
}

/* Told to stop before it runs (by a start that went wrong): the life that would follow does not begin. */
static void
stopped_before(void **state)
{
	struct loop	*loop = loop_new();

	(void)state;
	loop_stop(loop);
	alarm(10);
	assert_int_equal(loop_run(loop), 0);
	alarm(0);
	loop_free(&loop);
}

static void
events(void **state)
{
	struct seen		 s = { .loop = loop_new() };
	struct loop_timer	*off;
	int			 p[2];

	(void)state;
	assert_non_null(s.loop);
	assert_int_equal(os_socketpair(p), 0);
	s.io = loop_io_new(s.loop, p[0], LOOP_READ, on_read, &s);
	assert_int_equal(write(p[1], "ab", 2), 2);
	assert_int_equal(loop_run(s.loop), 0);
	assert_int_equal(s.reads, 2);
	assert_null(s.io);
	s.timer = loop_timer_new(s.loop, on_tick, &s);
	off = loop_timer_new(s.loop, never, &s);
	loop_timer_set(off, 0);
	loop_timer_cancel(off);
	loop_timer_set(s.timer, 1);
	assert_int_equal(loop_run(s.loop), 0);
	assert_int_equal(s.ticks, 3);
	loop_timer_free(&off);
	assert_int_equal(loop_signal(s.loop, SIGUSR1, on_signal, &s), 0);
	raise(SIGUSR1);
	assert_int_equal(loop_run(s.loop), 0);
	assert_int_equal(s.signals, 1);
	assert_int_equal(s.other, SIGUSR1);
	loop_free(&s.loop);
	assert_null(s.loop);
	close(p[0]);
	close(p[1]);
}

/* A child that lets go of an inherited loop leaves its parent's events alone. */
static void
fork_leaves_it(void **state)
{
	struct seen	s = { .loop = loop_new() };
	int		p[2], status;
	pid_t		pid;

	(void)state;
	assert_int_equal(os_socketpair(p), 0);
	s.io = loop_io_new(s.loop, p[0], LOOP_READ, on_read, &s);
	if ((pid = fork()) == 0) {
		if (loop_after_fork(s.loop) == -1)
			_exit(1);
		loop_io_free(&s.io);
		loop_free(&s.loop);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(write(p[1], "ab", 2), 2);
	assert_int_equal(loop_run(s.loop), 0);
	assert_int_equal(s.reads, 2);
	loop_free(&s.loop);
	close(p[0]);
	close(p[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(events), cmocka_unit_test(stopped_before), cmocka_unit_test(fork_leaves_it) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
