/*
 * lease_test - workers that are lent: they are asked without their master, come back, and nothing is lost when they end, die or lie.
 *
 * This process is the asker, as spool; the master runs in a child, as route.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "lease.h"
#include "os/fd.h"
#include "os/load.h"
#include "proc/sig.h"
#include "worker.h"

#define PATIENCE	30000		/* ms; only a failure waits so long */

/* The question says what to do: "<key> <what>"; the answer is the worker's process id. */
static int
work(struct role_ctx *ctx, struct frame *f, struct buf *out, int *fd, struct err *e)
{
	struct str what = str_from(f->body, str_chr(f->body, ' ') + 1);

	(void)fd;
	if (f->body.n == 0)
		worker_bad(ctx);
	if (str_eq_c(what, "die"))
		_exit(1);
	if (str_eq_c(what, "slow"))
		(void)poll(NULL, 0, 100);
	if (str_eq_c(what, "retire"))
		worker_retire(ctx);
	if (str_eq_c(what, "fail"))
		return err_set(e, ERR_PERM, "no");
	if (str_eq_c(what, "speak"))
		(void)chan_send(ctx->asked, Q_ROUTE, 0, 0, STR("listen"), -1, NULL);
	return buf_addf(out, "%ld", (long)getpid());
}

static int
key(struct role_ctx *ctx, const struct frame *f, struct buf *b)
{
	(void)ctx;
	return buf_add(b, str_first(f->body, str_chr(f->body, ' ')));
}

static const struct work	works[] = { { Q_ROUTE, work }, { Q_REPORT, work }, { 0, NULL } };
static const struct role_row	master_row = { .id = R_ROUTE, .name = "route", .works = works };
static const struct role_row	asker_row = { .id = R_SPOOL, .name = "spool" };

static void
quiet(void *arg, enum log_prio p, const char *line)
{
	(void)arg;
	(void)p;
	(void)line;
}

struct pair {
	struct role_ctx	 ctx;		/* ours */
	pid_t		 master;
	bool		 keyed;
};

static int
master_fork(struct pair *t, const struct worker_ops *ops)
{
	int s[2];

	assert_int_equal(os_socketpair(s), 0);
	if ((t->master = fork()) == 0) {
		struct role_ctx ctx = { .row = &master_row };

		close(s[0]);
		log_set_sink(quiet, NULL);
		list_init(&ctx.peers);
		ctx.loop = loop_new();
		if (ctx.loop == NULL || peer_new(&ctx, R_SPOOL, false, s[1], NULL) == NULL)
			_exit(70);
		alarm(120);
		_exit(worker_master(&ctx, ops));
	}
	close(s[1]);
	return s[0];
}

static void
pair_start(struct pair *t, const struct worker_ops *ops)
{
	memset(t, 0, sizeof *t);
	t->ctx.row = &asker_row;
	list_init(&t->ctx.peers);
	t->keyed = ops->key != NULL;
	log_set_sink(quiet, NULL);
	t->ctx.loop = loop_new();
	assert_non_null(t->ctx.loop);
	assert_non_null(peer_new(&t->ctx, R_ROUTE, false, master_fork(t, ops), NULL));
}

static void
pair_stop(struct pair *t)
{
	while (!list_empty(&t->ctx.peers))
		peer_end(LIST_OF(t->ctx.peers.next, struct peer, link), NULL);
	lease_forget(&t->ctx);
	loop_free(&t->ctx.loop);
	kill(t->master, SIGKILL);
	waitpid(t->master, NULL, 0);
}

/* ---- questions ---- */

struct question {
	struct pair	*t;
	bool		 answered, lost;	/* lost: `done` got nothing at all */
	long		 pid;
	struct err	 e;
};

static void
done(void *arg, struct frame *f)
{
	struct question *q = arg;
	char		 text[32];

	assert_false(q->answered);
	q->answered = true;
	q->lost = f == NULL;
	if (chan_frame_err(f, &q->e) == 0) {
		assert_int_equal(str_copy(text, sizeof text, f->body), 0);
		q->pid = strtol(text, NULL, 10);
	}
	loop_stop(q->t->ctx.loop);
}

static void
ask(struct pair *t, struct question *q, const char *what)
{
	struct str s = str_c(what), k = t->keyed ? str_first(s, str_chr(s, ' ')) : STR("");

	memset(q, 0, sizeof *q);
	q->t = t;
	q->pid = -1;
	assert_int_equal(lease_call(&t->ctx, R_ROUTE, Q_ROUTE, k, s, -1, done, q), 0);
}

static void
late(void *arg)
{
	(void)arg;
	fail_msg("nothing happens");
}

static void
await(struct question *q)
{
	struct loop_timer *late_timer = loop_timer_new(q->t->ctx.loop, late, NULL);

	loop_timer_set(late_timer, PATIENCE);
	while (!q->answered)
		loop_run(q->t->ctx.loop);
	loop_timer_free(&late_timer);
}

static long
say(struct pair *t, const char *what)
{
	struct question q;

	ask(t, &q, what);
	await(&q);
	assert_false(q.lost);
	return q.pid;
}

static void
tick(void *arg)
{
	loop_stop(arg);
}

static void
turn(struct pair *t)
{
	struct loop_timer *timer = loop_timer_new(t->ctx.loop, tick, t->ctx.loop);

	loop_timer_set(timer, 10);
	loop_run(t->ctx.loop);
	loop_timer_free(&timer);
}

/* Let the loop run until so many are lent to us. */
static void
await_lent(struct pair *t, int n)
{
	uint64_t end = os_now_ms() + PATIENCE;

	while (lease_lent(&t->ctx, R_ROUTE) != n) {
		assert_true(os_now_ms() < end);
		turn(t);
	}
}

/* Ask so often that a worker is lent: its process id. */
static long
borrow(struct pair *t, const char *what)
{
	long pid;

	for (int i = 0; i < 200 && lease_lent(&t->ctx, R_ROUTE) == 0; i++)
		assert_true(say(t, what) > 0);
	assert_int_equal(lease_lent(&t->ctx, R_ROUTE), 1);
	pid = say(t, what);
	assert_true(pid > 1);
	return pid;
}

/* ---- the tests ---- */

/* A lent worker answers while its master sleeps; what it cannot take is the master's. */
static void
direct(void **state)
{
	static const struct worker_ops ops = { .max = 8, .spare = 1 };
	struct question	one, two;
	struct pair	t;
	long		pid;

	(void)state;
	pair_start(&t, &ops);
	pid = borrow(&t, "k x");
	kill(t.master, SIGSTOP);
	for (int i = 0; i < 20; i++)
		assert_int_equal(say(&t, "k x"), pid);
	assert_int_equal(say(&t, "k fail"), -1);
	ask(&t, &one, "k slow");
	ask(&t, &two, "k x");			/* it has one question at a time */
	await(&one);
	assert_int_equal(one.pid, pid);
	assert_false(two.answered);
	kill(t.master, SIGCONT);
	await(&two);
	assert_true(two.pid > 0 && two.pid != pid);
	pair_stop(&t);
}

/* Nobody needs it: it goes back, and is the master's again. */
static void
idle(void **state)
{
	static const struct worker_ops ops = { .max = 2 };
	struct pair t;

	(void)state;
	pair_start(&t, &ops);
	(void)borrow(&t, "k x");
	await_lent(&t, 0);
	for (int i = 0; i < 4; i++)
		assert_true(say(&t, "k x") > 0);
	(void)borrow(&t, "k x");
	pair_stop(&t);
}

/* It dies with a question: an error for now, as from the master. */
static void
dies(void **state)
{
	static const struct worker_ops ops = { .max = 8 };
	struct question	q;
	struct pair	t;
	long		pid;

	(void)state;
	pair_start(&t, &ops);
	for (int round = 0; round < 3; round++) {
		pid = borrow(&t, "k x");
		ask(&t, &q, "k die");
		await(&q);
		assert_false(q.lost);
		assert_int_equal(q.e.class, ERR_TEMP);
		assert_int_equal(lease_lent(&t.ctx, R_ROUTE), 0);
		assert_int_not_equal(say(&t, "k x"), pid);
		/* and without one */
		pid = borrow(&t, "k x");
		kill((pid_t)pid, SIGKILL);
		await_lent(&t, 0);
		assert_true(say(&t, "k x") > 0);
	}
	pair_stop(&t);
}

/* Workers end after some questions, or because they want to: no question meets one that has ended. */
static void
retires(void **state)
{
	static const struct worker_ops ops = { .max = 8, .recycle = 7 };
	struct pair	t;
	long		last = 0, now;
	int		changes = 0;

	(void)state;
	pair_start(&t, &ops);
	for (int i = 0; i < 300; i++) {
		now = say(&t, i % 50 == 49 ? "k retire" : "k x");
		assert_true(now > 0);
		changes += now != last;
		last = now;
	}
	assert_in_range(changes, 300 / 7, 300);
	pair_stop(&t);
}

/* Somebody has to wait: the master wants back what it lent. */
static void
recalled(void **state)
{
	static const struct worker_ops ops = { .max = 2 };
	struct question	q[6];
	struct pair	t;

	(void)state;
	pair_start(&t, &ops);
	(void)borrow(&t, "k x");
	for (size_t i = 0; i < 6; i++)
		ask(&t, &q[i], "k slow");
	for (size_t i = 0; i < 6; i++) {
		await(&q[i]);
		assert_true(q[i].pid > 0);
	}
	await_lent(&t, 0);
	pair_stop(&t);
}

/* A worker that knows a key is lent for that one. */
static void
keys(void **state)
{
	static const struct worker_ops ops = { .max = 8, .key = key };
	struct pair	t;
	long		one, two;

	(void)state;
	pair_start(&t, &ops);
	one = borrow(&t, "one x");
	two = say(&t, "two x");
	assert_true(one > 0 && two > 0 && one != two);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(say(&t, "one x"), one);
		assert_int_equal(say(&t, "two x"), two);
	}
	assert_int_equal(lease_lent(&t.ctx, R_ROUTE), 2);
	/* all different: none is lent, for none would be asked again */
	await_lent(&t, 0);
	for (int i = 0; i < 50; i++) {
		char what[32];

		(void)snprintf(what, sizeof what, "k%d x", i);
		assert_true(say(&t, what) > 0);
		assert_int_equal(lease_lent(&t.ctx, R_ROUTE), 0);
	}
	pair_stop(&t);
}

/* Another master takes over: the old one's worker answers what it has, and both end. */
static void
replaced(void **state)
{
	static const struct worker_ops ops = { .max = 8 };
	struct question	q;
	struct pair	t;
	pid_t		old;
	long		pid;
	int		status;

	(void)state;
	pair_start(&t, &ops);
	old = t.master;
	pid = borrow(&t, "k x");
	ask(&t, &q, "k slow");
	assert_non_null(peer_new(&t.ctx, R_ROUTE, false, master_fork(&t, &ops), NULL));
	assert_int_not_equal(say(&t, "k x"), pid);
	await(&q);
	assert_int_equal(q.pid, pid);
	for (int i = 0; i < 500; i++)
		assert_true(say(&t, "k x") > 0);
	kill(old, SIGKILL);			/* it has no parent here that would tell it to end */
	assert_int_equal(waitpid(old, &status, 0), old);
	assert_true(say(&t, "k x") > 0);
	pair_stop(&t);
}

/* A lent worker that says what it was not asked goes back, and the next question is answered. */
static void
worker_lies(void **state)
{
	static const struct worker_ops ops = { .max = 8 };
	struct question	q;
	struct pair	t;
	long		pid;

	(void)state;
	pair_start(&t, &ops);
	pid = borrow(&t, "k x");
	ask(&t, &q, "k speak");
	await(&q);
	assert_int_equal(q.e.class, ERR_TEMP);
	assert_int_equal(lease_lent(&t.ctx, R_ROUTE), 0);
	assert_int_not_equal(say(&t, "k x"), pid);
	pair_stop(&t);
}

/* An asker that lies: what the table does not allow ends the loan; the master goes on. */
static void
asker_lies(void **state)
{
	static const struct worker_ops ops = { .max = 4 };
	static const uint16_t types[] = { Q_STOP, Q_LEND, Q_POLICY, Q_MAX, Q_BOOT };
	struct buf	b;
	struct pair	t;
	struct chan	*ch;
	struct frame	f;
	struct err	e = ERR_INIT;
	int		s, lent = -1;

	(void)state;
	memset(&t, 0, sizeof t);
	s = master_fork(&t, &ops);
	ch = chan_new(s);
	assert_non_null(ch);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct pollfd	p;
		char		c[16];
		struct chan	*worker;

		for (uint32_t tag = 1; lent == -1; tag++) {
			assert_true(tag < 200);
			assert_int_equal(chan_send(ch, Q_ROUTE, 0, tag, STR("k x"), -1, NULL), 0);
			while (chan_recv(ch, &f, PATIENCE, &e) == 0) {
				if (f.type == Q_LEND) {
					lent = f.fd;
					continue;
				}
				if (chan_frame_err(&f, &e) == -1)
				fail_msg("type %u: %s", types[i], e.text);
				p = (struct pollfd){ chan_fd(ch), POLLIN, 0 };
				if (!chan_ready(ch) && poll(&p, 1, 20) == 0)
					break;
			}
		}
		worker = chan_new(lent);
		assert_non_null(worker);
		assert_int_equal(chan_send(worker, types[i], 0, 1, STR("x"), -1, NULL), 0);
		p = (struct pollfd){ lent, POLLIN, 0 };
		assert_int_equal(poll(&p, 1, PATIENCE), 1);
		assert_int_equal(recv(lent, c, sizeof c, MSG_DONTWAIT), 0);
		chan_free(&worker);
		lent = -1;
	}
	/* back comes what was never lent: nothing */
	buf_init(&b, 0);
	lease_back_put(&b, &(struct lease_back){ 4711, LEASE_BAD });
	assert_int_equal(chan_send(ch, Q_BACK, 0, 0, buf_str(&b), -1, NULL), 0);
	assert_int_equal(chan_send(ch, Q_ROUTE, 0, 4712, STR("k x"), -1, NULL), 0);
	assert_int_equal(chan_recv(ch, &f, PATIENCE, &e), 0);
	/* and what cannot be read: the end */
	assert_int_equal(chan_send(ch, Q_BACK, 0, 0, STR("\1\0\0\0\7"), -1, NULL), 0);
	while (chan_recv(ch, &f, PATIENCE, &e) == 0)
		if (f.fd != -1)
			close(f.fd);
	buf_done(&b);
	chan_free(&ch);
	kill(t.master, SIGKILL);
	waitpid(t.master, NULL, 0);
}

/*
 * One more than may be lent is given back, for its master may know sooner than the asker that one of them has ended;
 * a master that lies is at its end.
 */
static void
too_many(void **state)
{
	struct pair		t;
	struct chan		*ch;
	struct buf		b;
	struct frame		f;
	struct lease_back	back;
	struct pollfd		gone;
	struct err		e = ERR_INIT;
	int			s[2], w[2];

	(void)state;
	memset(&t, 0, sizeof t);
	t.ctx.row = &asker_row;
	list_init(&t.ctx.peers);
	t.ctx.loop = loop_new();
	assert_int_equal(os_socketpair(s), 0);
	assert_non_null(peer_new(&t.ctx, R_ROUTE, false, s[1], NULL));
	ch = chan_new(s[0]);
	assert_non_null(ch);
	for (uint32_t i = 0; i < LEASE_MAX + 2; i++) {
		buf_init(&b, 0);
		lease_lend_put(&b, &(struct lease_lend){ i, STR("") });
		assert_int_equal(os_socketpair(w), 0);
		assert_int_equal(chan_send(ch, Q_LEND, 0, 0, buf_str(&b), w[1], NULL), 0);
		close(w[1]);
		buf_done(&b);
		if (i < LEASE_MAX) {
			await_lent(&t, (int)i + 1);
			continue;
		}
		gone = (struct pollfd){ w[0], POLLIN, 0 };
		while (poll(&gone, 1, 0) == 0)
			turn(&t);
		assert_int_equal(chan_recv(ch, &f, PATIENCE, &e), 0);
		assert_int_equal(f.type, Q_BACK);
		assert_int_equal(lease_back_get(f.body, &back), 0);
		assert_int_equal(back.id, i);
		assert_int_equal(back.how, LEASE_FREE);
		assert_int_equal(lease_lent(&t.ctx, R_ROUTE), LEASE_MAX);
	}
	assert_int_equal(os_socketpair(w), 0);
	assert_int_equal(chan_send(ch, Q_LEND, 0, 0, STR("\1"), w[1], NULL), 0);
	await_lent(&t, 0);
	assert_true(list_empty(&t.ctx.peers));
	lease_forget(&t.ctx);
	loop_free(&t.ctx.loop);
	chan_free(&ch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(direct), cmocka_unit_test(idle), cmocka_unit_test(dies), cmocka_unit_test(retires), cmocka_unit_test(recalled),
		cmocka_unit_test(keys), cmocka_unit_test(replaced), cmocka_unit_test(worker_lies), cmocka_unit_test(asker_lies), cmocka_unit_test(too_many)
	};

	sig_ignore(SIGPIPE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
