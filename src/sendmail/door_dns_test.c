/*
 * door_dns_test - questions that are not answered yet are written down once; answers that are known are given, a failure among them; ident's answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "door_dns.h"
#include "ident.h"

static int asked;

static int
test_asker(void *arg, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out, struct err *e)
{
	(void)arg;
	(void)name;
	(void)type;
	(void)a;
	(void)e;
	asked++;
	out->rc = DNS_NXDOMAIN;
	return 0;
}

static struct str
test_body(struct buf *b, enum dns_rc rc)
{
	struct dns_answer ans = { .rc = rc, .canon = STR_INIT("x") };

	buf_clear(b);
	dns_answer_put(b, &ans);
	return buf_str(b);
}

static void
test_rounds(void **state)
{
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct door_dns		 d;
	struct door_question	 q;
	struct dns_answer	 ans;
	struct buf		 known, body;
	struct str		 coded;
	bool			 bad;

	(void)state;
	buf_init(&known, 0);
	buf_init(&body, 0);
	dns_set_asker(test_asker, NULL);
	door_dns_begin(&d, STR(""), false);
	dns_patience(7000);
	assert_int_equal(dns_ask(STR("one.test"), DNS_A, a, &ans, NULL), 0);
	assert_int_equal(ans.rc, DNS_TEMP);
	dns_patience(0);
	(void)dns_ask(STR("ONE.test."), DNS_A, a, &ans, NULL);
	(void)dns_ask(STR("one.test"), DNS_TXT, a, &ans, NULL);
	assert_true(door_dns_is_short());
	door_dns_end(&d);
	assert_false(door_dns_is_short());
	assert_int_equal(asked, 0);
	coded = buf_str(&d.missing);
	assert_true(door_dns_next(&coded, &q, &bad));
	assert_true(str_eq_c(q.name, "one.test") && q.type == DNS_A && q.patience_ms == 7000);
	assert_true(door_dns_next(&coded, &q, &bad));
	assert_true(str_eq_c(q.name, "one.test") && q.type == DNS_TXT && q.patience_ms == 0);
	assert_false(door_dns_next(&coded, &q, &bad));
	assert_false(bad);
	door_dns_done(&d);

	door_dns_add(&known, STR("one.test"), DNS_A, test_body(&body, DNS_NODATA));
	door_dns_add(&known, STR("one.test"), DNS_TXT, STR_NONE);
	door_dns_begin(&d, buf_str(&known), true);
	assert_int_equal(dns_ask(STR("One.Test"), DNS_A, a, &ans, NULL), 0);
	assert_int_equal(ans.rc, DNS_NODATA);
	(void)dns_ask(STR("one.test"), DNS_TXT, a, &ans, NULL);
	assert_int_equal(ans.rc, DNS_TEMP);
	assert_int_equal(asked, 0);
	(void)dns_ask(STR("two.test"), DNS_A, a, &ans, NULL);
	assert_int_equal(ans.rc, DNS_NXDOMAIN);
	assert_int_equal(asked, 1);
	door_dns_end(&d);
	door_dns_done(&d);
	(void)dns_ask(STR("one.test"), DNS_A, a, &ans, NULL);
	assert_int_equal(asked, 2);
	buf_done(&known);
	buf_done(&body);
	arena_free(&a);
}

/* A client with many lists: what does not fit is left out, what is in stays whole. */
static void
test_room(void **state)
{
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct door_dns		 d;
	struct door_question	 q;
	struct dns_answer	 ans;
	struct buf		 known, body;
	struct str		 coded;
	bool			 bad;
	size_t			 n = 0;
	char			 name[64];

	(void)state;
	buf_init(&known, 0);
	buf_init(&body, 0);
	door_dns_begin(&d, STR(""), false);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof name, "host%d.list.test", i);
		(void)dns_ask(str_c(name), DNS_A, a, &ans, NULL);
		door_dns_add(&known, str_c(name), DNS_A, test_body(&body, DNS_NXDOMAIN));
	}
	door_dns_end(&d);
	for (coded = buf_str(&d.missing); door_dns_next(&coded, &q, &bad);)
		n++;
	assert_int_equal(n, DOOR_QUESTIONS);
	assert_false(bad);
	assert_true(known.n <= 16384);
	assert_int_equal(door_dns_find(buf_str(&known), STR("host0.list.test"), DNS_A, a, &ans), 1);
	assert_int_equal(door_dns_find(buf_str(&known), STR("host999.list.test"), DNS_A, a, &ans), 0);
	door_dns_done(&d);
	buf_done(&known);
	buf_done(&body);
	arena_free(&a);
}

static void
test_ident(void **state)
{
	static const struct { const char *line, *want; } cases[] = {
		{ "6193, 23 : USERID : UNIX : stjohns\r\n", "stjohns" }, { "6193,23:USERID:OTHER:joe", "joe" }, { " 6193 , 23 : userid : UNIX,US-ASCII : a.b-c_d+e ", "a.b-c_d+e" },
		{ "6193, 24 : USERID : UNIX : joe", "" }, { "6194, 23 : USERID : UNIX : joe", "" }, { "6193, 23 : ERROR : NO-USER", "" }, { "6193, 23 : USERID : UNIX :", "" },
		{ "6193, 23 : USERID : UNIX : joe doe", "" }, { "6193, 23 : USERID : UNIX : <joe>", "" }, { "", "" }, { ":::::", "" }, { "6193, 23", "" }, { "6193 23 : USERID : UNIX : x", "" },
		{ "6193, 23 : USERID : UNIX : 01234567890123456789012345678901234567890123456789012345678901234", "" }
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str got = ident_parse(str_c(cases[i].line), 6193, 23);

		if (!str_eq_c(str_is_none(got) ? STR("") : got, cases[i].want))
			fail_msg("%s: %.*s", cases[i].line, STR_ARG(got));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rounds), cmocka_unit_test(test_room), cmocka_unit_test(test_ident) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
