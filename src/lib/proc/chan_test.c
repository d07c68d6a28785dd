/*
 * chan_test - frames with and without descriptors arrive whole, blocking and on a loop; who breaks the rules is gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fd.h"
#include "proc/chan.h"
#include "proc/loop.h"

static void
pair(struct chan **a, struct chan **b)
{
	int s[2];

	assert_int_equal(os_socketpair(s), 0);
	*a = chan_new(s[0]);
	*b = chan_new(s[1]);
	assert_non_null(*a);
	assert_non_null(*b);
}

static void
blocking(void **state)
{
	struct chan	*a, *b;
	struct frame	 f;
	struct err	 e = ERR_INIT;
	int		 fd = open("/dev/null", O_RDONLY);

	(void)state;
	pair(&a, &b);
	/* plain, with a descriptor, plain, with a descriptor: all written before any is read */
	assert_int_equal(chan_send(a, 1, 0, 10, STR("one"), -1, &e), 0);
	assert_int_equal(chan_send(a, 2, 0, 11, STR("two"), fd, &e), 0);
	assert_int_equal(chan_send(a, 3, 0, 12, STR(""), -1, &e), 0);
	assert_int_equal(chan_send(a, 4, 0, 13, STR("four"), fd, &e), 0);
	for (uint16_t i = 1; i <= 4; i++) {
		assert_int_equal(chan_recv(b, &f, 1000, &e), 0);
		assert_int_equal(f.type, i);
		assert_int_equal(f.tag, 9u + i);
		assert_int_equal(f.flags, 0);
		assert_int_equal(f.fd != -1, i % 2 == 0);
		if (f.fd != -1)
			close(f.fd);
		assert_int_equal(chan_ready(b), i < 4 && chan_ready(b));
	}
	assert_int_equal(chan_recv(b, &f, 10, &e), -1);		/* nothing more */
	chan_free(&a);
	assert_int_equal(chan_recv(b, &f, -1, &e), -1);		/* gone */
	assert_int_equal(e.class, ERR_TEMP);
	chan_free(&b);
	close(fd);
}

/* What comes when this process may open nothing more is lost, and only that: the channel lives on. */
static void
no_descriptors(void **state)
{
	struct chan	*a, *b;
	struct frame	 f;
	struct err	 e = ERR_INIT;
	struct rlimit	 old, none;
	int		 fd = open("/dev/null", O_RDONLY);

	(void)state;
	pair(&a, &b);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(chan_send(a, 1, 0, 7, STR("a question"), fd, &e), 0);
	assert_int_equal(chan_send(a, 2, CHAN_ANSWER, 8, STR("an answer"), fd, &e), 0);
	assert_int_equal(chan_send(a, 3, 0, 9, STR("plain"), -1, &e), 0);
	none = old;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(chan_recv(b, &f, 1000, &e), 0);
	assert_true(f.lost && f.fd == -1 && f.type == 1 && f.flags == 0);
	assert_int_equal(chan_answer_lost(b, &f), 0);
	assert_int_equal(chan_recv(b, &f, 1000, &e), 0);
	assert_true(f.lost && f.fd == -1 && f.type == 2);
	assert_int_equal(chan_frame_err(&f, &e), -1);
	assert_true(e.class == ERR_TEMP && e.sys == EMFILE);
	assert_int_equal(chan_recv(b, &f, 1000, &e), 0);
	assert_true(!f.lost && f.type == 3 && str_eq(f.body, STR("plain")));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(chan_recv(a, &f, 1000, &e), 0);
	assert_true(f.tag == 7 && !f.lost);
	assert_int_equal(chan_frame_err(&f, &e), -1);
	assert_string_equal(e.text, "no descriptors left (ulimit -n)");
	assert_int_equal(chan_send(a, 4, 0, 0, STR("four"), fd, &e), 0);
	assert_int_equal(chan_recv(b, &f, 1000, &e), 0);
	assert_true(f.fd != -1 && !f.lost);
	close(f.fd);
	close(fd);
	chan_free(&a);
	chan_free(&b);
}

static void
answer_for_ever(struct chan *ch)
{
	struct frame	f;
	struct err	e = ERR_INIT;

	while (chan_recv(ch, &f, -1, NULL) == 0) {
		err_set(&e, ERR_PERM, "not %u", f.type);
		if (f.type == 7)
			(void)chan_answer_err(ch, &f, &e);
		else
			(void)chan_answer(ch, &f, f.body, -1);
	}
	_exit(0);
}

static void
asking(void **state)
{
	struct chan	*a, *b;
	struct frame	 f;
	struct err	 e = ERR_INIT;
	size_t		 n = (size_t)3 << 20;		/* larger than any socket buffer */
	char		*big = malloc(n);
	pid_t		 pid;

	(void)state;
	memset(big, 'x', n);
	pair(&a, &b);
	if ((pid = fork()) == 0) {
		chan_free(&a);
		free(big);
		answer_for_ever(b);
	}
	chan_free(&b);
	assert_int_equal(chan_ask(a, 5, STR("hello"), -1, &f, 5000, &e), 0);
	assert_true(str_eq(f.body, STR("hello")));
	assert_int_equal(chan_ask(a, 5, str_mem(big, n), -1, &f, 5000, &e), 0);
	assert_int_equal(f.body.n, n);
	assert_int_equal(chan_ask(a, 7, STR("x"), -1, &f, 5000, &e), -1);
	assert_true(f.flags & CHAN_ERROR);
	assert_int_equal(e.class, ERR_PERM);
	assert_string_equal(e.text, "not 7");
	assert_int_equal(chan_ask(a, 5, STR("again"), -1, &f, 5000, &e), 0);
	chan_free(&a);
	waitpid(pid, NULL, 0);
	free(big);
}

/* What a peer writes by hand; the receiver must call it gone. */
static void
broken(void **state)
{
	static const struct { const char *bytes; size_t n; bool fd; } cases[] = {
		{ "\xff\xff\xff\x7f\1\0\0\0\0\0\0\0", 12, false },	/* too long */
		{ "\0\0\0\0\1\0\0\x80\0\0\0\0", 12, false },		/* says it brings a descriptor */
		{ "\0\0\0\0\1\0\0\0\0\0\0\0", 12, true },		/* brings one unsaid */
	};
	struct frame	f;
	struct err	e;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct chan	*ch;
		int		 s[2], first;

		assert_int_equal(os_socketpair(s), 0);
		ch = chan_new(s[0]);
		assert_true(os_send_fd(s[1], cases[i].bytes, cases[i].n, cases[i].fd ? s[1] : -1) > 0);
		first = chan_recv(ch, &f, 1000, &e);
		if (cases[i].fd) {			/* the frame itself is in order; what follows is not */
			assert_int_equal(first, 0);
			assert_int_equal(f.fd, -1);
			first = chan_recv(ch, &f, 1000, &e);
		}
		assert_int_equal(first, -1);
		assert_int_equal(e.class, ERR_BUG);
		chan_free(&ch);
		close(s[1]);
	}
}

/* ---- on a loop ---- */

struct side {
	struct loop	*loop;
	struct chan	*ch;
	int		 got, gone, answers, lost;
	bool		 free_in_handler;
	struct str	 last;
	char		 text[64];
};

static void
on_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct side *s = arg;

	if (f == NULL) {
		s->gone++;
		chan_free(&s->ch);
		loop_stop(s->loop);
		return;
	}
	s->got++;
	if (f->fd != -1)
		close(f->fd);
	if (s->free_in_handler) {
		chan_free(&s->ch);
		loop_stop(s->loop);
		return;
	}
	if (f->type == 9)
		return;				/* never answered */
	assert_int_equal(chan_answer(ch, f, STR("reply"), -1), 0);
}

static void
on_answer(void *arg, struct frame *f)
{
	struct side *s = arg;

	if (f == NULL)
		s->lost++;
	else {
		s->answers++;
		assert_true(str_eq(f->body, STR("reply")));
	}
	if (s->answers + s->lost == 3)
		loop_stop(s->loop);
}

static void
on_loop(void **state)
{
	struct side	 a = { 0 }, b = { 0 };
	int		 fd = open("/dev/null", O_RDONLY);

	(void)state;
	a.loop = b.loop = loop_new();
	pair(&a.ch, &b.ch);
	assert_int_equal(chan_on_loop(a.ch, a.loop, on_frame, &a, CHAN_MAX), 0);
	/* frames that were sent before the other side is on its loop are not forgotten */
	assert_int_equal(chan_call(a.ch, 1, STR("x"), fd, on_answer, &a, -1), 0);
	assert_int_equal(chan_call(a.ch, 2, STR("y"), -1, on_answer, &a, 5000), 0);
	assert_int_equal(chan_call(a.ch, 9, STR("z"), -1, on_answer, &a, 20), 0);	/* patience ends */
	assert_int_equal(chan_on_loop(b.ch, b.loop, on_frame, &b, CHAN_MAX), 0);
	assert_int_equal(loop_run(a.loop), 0);
	assert_int_equal(b.got, 3);
	assert_int_equal(a.answers, 2);
	assert_int_equal(a.lost, 1);
	/* the peer goes: open questions end, then the handler hears of it */
	a.answers = a.lost = 0;
	assert_int_equal(chan_call(a.ch, 9, STR("z"), -1, on_answer, &a, -1), 0);
	b.free_in_handler = true;
	assert_int_equal(loop_run(a.loop), 0);		/* b frees itself */
	assert_null(b.ch);
	assert_int_equal(loop_run(a.loop), 0);
	assert_int_equal(a.lost, 1);
	assert_int_equal(a.gone, 1);
	assert_null(a.ch);
	loop_free(&a.loop);
	close(fd);
}

struct took {
	struct side	 side;
	bool		 take;
	int		 fd, n;
};

static void
on_given(void *arg, struct frame *f)
{
	struct took *t = arg;

	assert_non_null(f);
	if (t->take) {
		t->fd = f->fd;
		f->fd = -1;
	}
	(void)chan_frame_err(f, NULL);
	if (++t->n == 3)
		loop_stop(t->side.loop);
}

/* A descriptor in an answer that nobody takes is closed, once: who answers could send any number of them. */
static void
unwanted(void **state)
{
	static const uint16_t how[] = { CHAN_ANSWER, CHAN_ANSWER | CHAN_ERROR };
	struct took	 t = { .fd = -1 };
	struct chan	*b;
	int		 fd = open("/dev/null", O_RDONLY), first, s[2];
	char		 c;

	(void)state;
	t.side.loop = loop_new();
	pair(&t.side.ch, &b);
	assert_int_equal(chan_on_loop(t.side.ch, t.side.loop, on_frame, &t.side, CHAN_MAX), 0);
	assert_int_equal(os_socketpair(s), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(chan_call(t.side.ch, 1, STR("x"), -1, on_given, &t, -1), 0);
	first = dup(fd);
	close(first);
	for (uint32_t tag = 1; tag <= 3; tag++)
		assert_int_equal(chan_send(b, 1, how[tag % 2], tag, STR(""), s[1], NULL), 0);
	assert_int_equal(loop_run(t.side.loop), 0);
	assert_int_equal(dup(fd), first);
	close(first);
	/* one that is taken stays open */
	t.take = true;
	t.n = 2;
	assert_int_equal(chan_call(t.side.ch, 1, STR("x"), -1, on_given, &t, -1), 0);
	assert_int_equal(chan_send(b, 1, CHAN_ANSWER, 4, STR(""), s[1], NULL), 0);
	assert_int_equal(loop_run(t.side.loop), 0);
	assert_int_equal(write(s[0], "x", 1), 1);
	assert_int_equal(read(t.fd, &c, 1), 1);
	close(t.fd);
	close(s[0]);
	close(s[1]);
	close(fd);
	chan_free(&b);
	chan_free(&t.side.ch);
	loop_free(&t.side.loop);
}

/* The same for one who waits for his answer: if it is an error, nothing comes with it. */
static void
unwanted_error(void **state)
{
	static const uint16_t how[] = { CHAN_ANSWER, CHAN_ANSWER | CHAN_ERROR };
	struct chan	*a, *b;
	struct frame	 f;
	int		 fd = open("/dev/null", O_RDONLY);

	(void)state;
	pair(&a, &b);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(chan_send(b, 5, how[i], i + 1, STR(""), fd, NULL), 0);
		assert_int_equal(chan_ask(a, 5, STR(""), -1, &f, 5000, NULL), i == 0 ? 0 : -1);
		assert_int_equal(f.fd != -1, i == 0);
		if (f.fd != -1)
			close(f.fd);
	}
	close(fd);
	chan_free(&a);
	chan_free(&b);
}

/* A peer that does not read is gone once `cap` is queued, and is told so from the loop. */
static void
overflow(void **state)
{
	struct side	 a = { 0 };
	struct chan	*b;
	char		*block = calloc(1, 100000);
	int		 i, rc = 0;

	(void)state;
	a.loop = loop_new();
	pair(&a.ch, &b);
	assert_int_equal(chan_on_loop(a.ch, a.loop, on_frame, &a, 1000000), 0);
	for (i = 0; i < 100 && rc == 0; i++)
		rc = chan_send(a.ch, 1, 0, 0, str_mem(block, 100000), -1, NULL);
	assert_int_equal(rc, -1);
	assert_int_equal(a.gone, 0);
	assert_int_equal(loop_run(a.loop), 0);
	assert_int_equal(a.gone, 1);
	chan_free(&b);
	loop_free(&a.loop);
	free(block);
}

/* Frames that a blocking receive had buffered come from the loop afterwards. */
static void
blocking_then_loop(void **state)
{
	struct side	 a = { 0 };
	struct chan	*b;
	struct frame	 f;

	(void)state;
	a.loop = loop_new();
	pair(&a.ch, &b);
	assert_int_equal(chan_send(b, 1, 0, 1, STR("first"), -1, NULL), 0);
	assert_int_equal(chan_send(b, 1, 0, 2, STR("second"), -1, NULL), 0);
	assert_int_equal(chan_recv(a.ch, &f, 1000, NULL), 0);
	assert_true(chan_ready(a.ch));
	a.free_in_handler = true;
	assert_int_equal(chan_on_loop(a.ch, a.loop, on_frame, &a, CHAN_MAX), 0);
	assert_int_equal(loop_run(a.loop), 0);
	assert_int_equal(a.got, 1);
	chan_free(&b);
	loop_free(&a.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocking), cmocka_unit_test(no_descriptors), cmocka_unit_test(asking), cmocka_unit_test(broken), cmocka_unit_test(on_loop),
		cmocka_unit_test(unwanted), cmocka_unit_test(unwanted_error),
		cmocka_unit_test(overflow), cmocka_unit_test(blocking_then_loop)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
