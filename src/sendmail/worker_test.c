/*
 * worker_test - masters and workers: questions find answers, also when workers die, are recycled, take too long or are all busy.
 *
 * The master runs in a child; this test is its neighbour.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "os/fd.h"
#include "proc/msg.h"
#include "proc/sig.h"
#include "req.h"
#include "worker.h"

#define PATIENCE	10000

/* Q_MAP's key says what to do; the answer is the worker's process id and the value. */
static int
work(struct role_ctx *ctx, struct frame *f, struct buf *out, int *fd, struct err *e)
{
	struct map_ask		q;
	struct map_answer	a = { 0, STR_NONE, STR_NONE };
	char			pid[32];

	(void)fd;
	if (map_ask_get(f->body, &q) == -1)
		worker_bad(ctx);
	if (str_eq(q.key, STR("die")))
		_exit(1);
	if (str_eq(q.key, STR("hang")))
		for (;;)
			pause();
	if (str_eq(q.key, STR("slow")))
		(void)poll(NULL, 0, 200);
	if (str_eq(q.key, STR("fail")))
		return err_set(e, ERR_PERM, "no");
	if (str_eq(q.key, STR("retire")))
		worker_retire(ctx);
	(void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
	a.value = str_c(pid);
	map_answer_put(out, &a);
	return 0;
}

static int
work_fd(struct role_ctx *ctx, struct frame *f, struct buf *out, int *fd, struct err *e)
{
	(void)ctx;
	(void)f;
	*fd = open("/dev/null", O_RDONLY);
	msg_put_u8(out, 7);
	return *fd == -1 ? err_sys(e, ERR_TEMP, "open") : 0;
}

static const struct work works[] = { { Q_MAP, work }, { Q_MAPFD, work_fd }, { 0, NULL } };
static const struct role_row row = { .id = R_LOOKUP, .name = "lookup", .works = works };

static int
key(struct role_ctx *ctx, const struct frame *f, struct buf *b)
{
	struct map_ask q;

	(void)ctx;
	if (map_ask_get(f->body, &q) == -1)
		return -1;
	return buf_addnum(b, q.map);
}

static void
quiet(void *arg, enum log_prio p, const char *line)
{
	(void)arg;
	(void)p;
	(void)line;
}

struct master {
	pid_t		 pid;
	struct chan	*ch;
};

static void
master_start(struct master *m, enum role_id from, const struct worker_ops *ops)
{
	int s[2];

	assert_int_equal(os_socketpair(s), 0);
	if ((m->pid = fork()) == 0) {
		struct role_ctx ctx = { .row = &row };

		close(s[0]);
		log_set_sink(quiet, NULL);
		list_init(&ctx.peers);
		ctx.loop = loop_new();
		/* alone, it ends when we do: our channel stands for the parent's too */
		if (ctx.loop == NULL || peer_new(&ctx, from, false, s[1], NULL) == NULL)
			_exit(70);
		alarm(60);
		_exit(worker_master(&ctx, ops));
	}
	close(s[1]);
	m->ch = chan_new(s[0]);
	assert_non_null(m->ch);
}

static void
master_stop(struct master *m)
{
	chan_free(&m->ch);
	kill(m->pid, SIGKILL);
	waitpid(m->pid, NULL, 0);
}

/* Ask and wait: the worker's process id, -1 and *e. */
static long
ask(struct master *m, uint32_t map, const char *what, struct err *e)
{
	struct map_ask		q = { .map = map, .key = str_c(what) };
	struct map_answer	a;
	struct frame		f;
	struct buf		b;
	long			pid = -1;
	char			c[32];

	buf_init(&b, 0);
	map_ask_put(&b, &q);
	err_clear(e);
	if (chan_ask(m->ch, Q_MAP, buf_str(&b), -1, &f, PATIENCE, e) == 0) {
		assert_int_equal(map_answer_get(f.body, &a), 0);
		assert_int_equal(str_copy(c, sizeof c, a.value), 0);
		pid = strtol(c, NULL, 10);
	}
	buf_done(&b);
	return pid;
}

static void
serves(void **state)
{
	static const struct worker_ops ops = { .max = 3, .spare = 1, .recycle = 3 };
	struct master	m;
	struct frame	f;
	struct err	e = ERR_INIT;
	long		first, pid;
	int		same = 0;

	(void)state;
	master_start(&m, R_ROUTE, &ops);
	first = ask(&m, 0, "x", &e);
	assert_true(first > 0);
	for (int i = 0; i < 3; i++)		/* three questions, then another worker */
		if (ask(&m, 0, "x", &e) == first)
			same++;
	assert_int_equal(same, 2);
	assert_int_equal(ask(&m, 0, "fail", &e), -1);
	assert_int_equal(e.class, ERR_PERM);
	assert_string_equal(e.text, "no");
	/* a worker that ends in a question: an error for now, and the next question is answered */
	assert_int_equal(ask(&m, 0, "die", &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_true(ask(&m, 0, "x", &e) > 0);
	pid = ask(&m, 0, "retire", &e);
	assert_true(pid > 0);
	assert_int_not_equal(ask(&m, 0, "x", &e), pid);
	/* descriptors come through */
	assert_int_equal(chan_ask(m.ch, Q_MAPFD, STR(""), -1, &f, PATIENCE, &e), 0);
	assert_int_not_equal(f.fd, -1);
	close(f.fd);
	master_stop(&m);
}

/* More questions than workers wait; all are answered, none twice, and never by more processes than `max`. */
static void
queues(void **state)
{
	static const struct worker_ops ops = { .max = 2, .queue_max = 6 };
	struct master	m;
	struct map_ask	q = { .key = STR("slow") };
	struct frame	f;
	struct buf	b;
	long		pids[10] = { 0 };
	size_t		npids = 0;
	int		answers = 0, refused = 0;
	uint32_t	seen = 0;

	(void)state;
	master_start(&m, R_ROUTE, &ops);
	buf_init(&b, 0);
	map_ask_put(&b, &q);
	for (uint32_t tag = 1; tag <= 10; tag++)
		assert_int_equal(chan_send(m.ch, Q_MAP, 0, tag, buf_str(&b), -1, NULL), 0);
	while (answers + refused < 10) {
		struct map_answer	a;
		char			c[32];
		size_t			i;

		assert_int_equal(chan_recv(m.ch, &f, PATIENCE, NULL), 0);
		assert_true(f.flags & CHAN_ANSWER && f.tag >= 1 && f.tag <= 10 && !(seen & 1u << f.tag));
		seen |= 1u << f.tag;
		if (f.flags & CHAN_ERROR) {
			refused++;
			continue;
		}
		answers++;
		assert_int_equal(map_answer_get(f.body, &a), 0);
		assert_int_equal(str_copy(c, sizeof c, a.value), 0);
		for (i = 0; i < npids && pids[i] != strtol(c, NULL, 10); i++)
			;
		if (i == npids)
			pids[npids++] = strtol(c, NULL, 10);
	}
	assert_int_equal(refused, 2);		/* two at work, six waiting */
	assert_int_equal(npids, 2);
	buf_done(&b);
	master_stop(&m);
}

/* The same key goes to the same worker while that is free. */
static void
keys(void **state)
{
	static const struct worker_ops ops = { .max = 4, .key = key };
	struct master	m;
	struct err	e = ERR_INIT;
	long		one, two;

	(void)state;
	master_start(&m, R_ROUTE, &ops);
	one = ask(&m, 1, "x", &e);
	two = ask(&m, 2, "x", &e);
	assert_true(one > 0 && two > 0 && one != two);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ask(&m, 1, "x", &e), one);
		assert_int_equal(ask(&m, 2, "x", &e), two);
	}
	master_stop(&m);
}

static void
deadline(void **state)
{
	static const struct worker_ops ops = { .max = 1, .deadline_ms = 1000 };
	struct master	m;
	struct err	e = ERR_INIT;

	(void)state;
	master_start(&m, R_ROUTE, &ops);
	assert_int_equal(ask(&m, 0, "hang", &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_true(ask(&m, 0, "x", &e) > 0);
	master_stop(&m);
}

/* A malformed body ends an asker who talks to strangers; another one hears of it. */
static void
malformed(void **state)
{
	static const struct worker_ops ops = { .max = 1 };
	static const struct { enum role_id from; bool ended; } cases[] = { { R_SMTPD, true }, { R_CLIENT, true }, { R_ROUTE, true } };
	struct frame	f;
	struct err	e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct master m;

		master_start(&m, cases[i].from, &ops);
		assert_int_equal(chan_ask(m.ch, Q_MAP, STR("nonsense"), -1, &f, PATIENCE, &e), -1);
		assert_int_equal(f.flags & CHAN_ERROR ? 0 : 1, cases[i].ended);
		master_stop(&m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves), cmocka_unit_test(queues), cmocka_unit_test(keys), cmocka_unit_test(deadline),
		cmocka_unit_test(malformed)
	};

	sig_ignore(SIGPIPE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
