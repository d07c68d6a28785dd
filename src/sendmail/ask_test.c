/*
 * ask_test - bodies come back as they were put, and in no other length; writes seeds for ask_fuzz when asked to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "lease.h"
#include "os/fd.h"
#include "portask.h"

/* With a folder as argument: each body is kept there as a seed. */
static const char *seeds;

static void
check(const char *name, struct buf *b, int (*again)(struct str, struct buf *))
{
	struct buf	c;
	char		path[1024];
	int		fd;

	assert_true(buf_ok(b));
	for (size_t n = 0; n <= b->n; n++) {
		char *copy = malloc(n + 1);

		memcpy(copy, b->p, n);
		buf_init(&c, 0);
		assert_int_equal(again(str_mem(copy, n), &c), n == b->n ? 0 : -1);
		if (n == b->n)
			assert_true(str_eq(buf_str(&c), buf_str(b)));
		buf_done(&c);
		free(copy);
	}
	buf_addch(b, '\0');
	buf_init(&c, 0);
	assert_int_equal(again(buf_str(b), &c), -1);
	buf_done(&c);
	if (seeds == NULL)
		return;
	(void)snprintf(path, sizeof path, "%s/%s", seeds, name);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644)) != -1) {
		(void)os_write_all(fd, str_first(buf_str(b), b->n - 1));
		close(fd);
	}
}

#define AGAIN(type, name)					\
	static int						\
	again_##name(struct str s, struct buf *b)		\
	{							\
		struct type x;					\
		if (name##_get(s, &x) == -1)			\
			return -1;				\
		name##_put(b, &x);				\
		return 0;					\
	}
AGAIN(role_boot, role_boot)
AGAIN(conf_bundle, conf_bundle)
AGAIN(verdict_ask, verdict_ask)
AGAIN(verdict, verdict)
AGAIN(park, park)
AGAIN(session_done, session_done)
AGAIN(map_ask, map_ask)
AGAIN(mapfd, mapfd)
AGAIN(user_answer, user_answer)
AGAIN(qrun_ask, qrun_ask)
AGAIN(count_ask, count_ask)
AGAIN(ident_ask, ident_ask)
AGAIN(port_ask, port_ask)
AGAIN(lease_back, lease_back)
AGAIN(dns_question_ask, dns_question)
AGAIN(status_answer, status_answer)

#define CHECK(name, ...)				\
	do {						\
		buf_clear(&b);				\
		name##_put(&b, __VA_ARGS__);		\
		check(#name, &b, again_##name);		\
	} while (0)

static void
bodies(void **state)
{
	struct ip	ip;
	struct buf	b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(ip_parse(STR("2001:db8::1"), &ip), 0);
	struct role_boot rb = { .role = R_SPOOL, .user = STR("mail"), .uid = 8, .gid = 8, .queue_interval = 900,
		.empty_dir = STR_NONE, .title = STR(""), .trace = STR("21.4") };
	CHECK(role_boot, &rb);
	struct conf_bundle cb = { STR("x.cf"), STR("V10\n"), STR("answers"), STR("hosts"), STR_NONE, STR(""), STR("no\n"), 1 };
	CHECK(conf_bundle, &cb);
	struct verdict_ask va = { 1, ip, ip, 1, 2, 3, 4, true, true, STR("ident"), STR("dns") };
	CHECK(verdict_ask, &va);
	struct verdict v = { VERDICT_REJECT, STR("550 no"), STR("554 no"), STR("[192.0.2.1]"), STR(""), STR("user"), RESOLVE_FORGED, STR("x\0y"), .dns = STR("d"),
		.questions = STR("q"), .pause_ms = 5000 };
	CHECK(verdict, &v);
	struct park p = { .daemon = 1, .client = ip, .local = ip, .verdict = v, .started = 1700000000, .greeted = true,
		.input = STR("EHLO x\r\n"), .parked = true, .helo = STR("x"), .esmtp = true, .count = { 1, 2, 3 }, .octets = 99,
		.extra = STR_NONE };
	CHECK(park, &p);
	struct session_done d = { .parked = false };
	CHECK(session_done, &d);
	d.parked = true;
	d.park = p;
	CHECK(session_done, &d);
	struct map_ask m = { 3, 0, false, STR("key"), { STR("a"), STR("b") }, 2 };
	CHECK(map_ask, &m);
	struct mapfd f = { MAPFD_TEMP, STR("/x.db"), STR("hash"), STR("why") };
	CHECK(mapfd, &f);
	struct user_answer u = { 1, { STR("demo"), STR("A Demo"), STR("/home/demo"), STR("/bin/sh"), 1000, 1000 } };
	CHECK(user_answer, &u);
	struct qrun_ask q = { .term = { { 'R', true, STR("@example.com") }, { 'I', false, STR("ab") } }, .nterm = 2, .verbose = true };
	CHECK(qrun_ask, &q);
	CHECK(count_ask, &(struct count_ask){ .connection = true, .reject = { 0, 0, 3 }, .discard = { [5] = 1 } });
	CHECK(ident_ask, &(struct ident_ask){ .client = ip, .local = ip, .patience_ms = ASK_PATIENCE_MAX });
	CHECK(port_ask, &(struct port_ask){ 6, STR("::1") });
	CHECK(lease_back, &(struct lease_back){ 7, LEASE_BAD });
	CHECK(dns_question, &(struct dns_question_ask){ STR("example.com"), 15, 1000 });
	CHECK(status_answer, &(struct status_answer){ 2, { 1, UINT64_MAX } });
	buf_done(&b);
}

/* Values that decode, but stand for nothing. */
static void
ranges(void **state)
{
	struct buf		b;
	struct verdict		v = { .kind = (enum verdict_kind)9 };
	struct map_ask		m = { .nargs = MAP_ARGS_MAX + 1 };
	struct qrun_ask		q = { .term = { { 'x', false, STR("y") } }, .nterm = 1 };
	struct user_ask		u = { .name = STR("a\0b") };
	struct port_ask		p = { .family = 5, .from = STR_NONE };
	struct ident_ask	i = { .patience_ms = 1 };

	(void)state;
	buf_init(&b, 0);
	verdict_put(&b, &v);
	assert_int_equal(verdict_get(buf_str(&b), &v), -1);
	buf_clear(&b);
	map_ask_put(&b, &m);
	assert_int_equal(map_ask_get(buf_str(&b), &m), -1);
	buf_clear(&b);
	qrun_ask_put(&b, &q);
	assert_int_equal(qrun_ask_get(buf_str(&b), &q), -1);
	buf_clear(&b);
	user_ask_put(&b, &u);
	assert_int_equal(user_ask_get(buf_str(&b), &u), -1);
	buf_clear(&b);
	port_ask_put(&b, &p);
	assert_int_equal(port_ask_get(buf_str(&b), &p), -1);
	buf_clear(&b);
	ident_ask_put(&b, &i);
	assert_int_equal(ident_ask_get(buf_str(&b), &i), -1);
	buf_done(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bodies), cmocka_unit_test(ranges) };

	if (argc == 2)
		seeds = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
