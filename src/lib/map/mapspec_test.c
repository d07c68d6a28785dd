/*
 * mapspec_test - the pure parts of socket, ldap and SQL maps: answers, places, filters, queries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/test_input.h"
#include "map/ldapspec.h"
#include "map/socketmap.h"
#include "map/sqlquery.h"

static void
test_answers(void **state)
{
	static const struct { const char *in; int rc; enum socketmap_status status; const char *result; } cases[] = {
		{ "31:OK resolved.address@example.com,", 1, SOCKETMAP_OK, "resolved.address@example.com" },
		{ "9:NOTFOUND ,", 1, SOCKETMAP_NOTFOUND, "" }, { "8:NOTFOUND,", 1, SOCKETMAP_NOTFOUND, "" }, { "3:OK ,", 1, SOCKETMAP_OK, "" },
		{ "6:TEMP x,", 1, SOCKETMAP_TEMP, "x" }, { "7:TIMEOUT,", 1, SOCKETMAP_TIMEOUT, "" }, { "4:PERM,", 1, SOCKETMAP_PERM, "" },
		{ "", 0, 0, NULL }, { "3", 0, 0, NULL }, { "3:", 0, 0, NULL }, { "3:OK ", 0, 0, NULL }, { "2:OK;", -1, 0, NULL },
		{ "2:ok,", -1, 0, NULL }, { "x", -1, 0, NULL }, { ":OK,", -1, 0, NULL }, { "0:,", -1, 0, NULL }, { "9999999:", -1, 0, NULL },
		{ "2 :OK,", -1, 0, NULL }, { "5:MAYBE,", -1, 0, NULL },
	};
	struct socketmap_answer	a;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(socketmap_get(test_input_mem(cases[i].in, strlen(cases[i].in)), &a), cases[i].rc);
		if (cases[i].rc == 1) {
			assert_int_equal(a.status, cases[i].status);
			assert_true(str_eq_c(a.result, cases[i].result) && a.taken == strlen(cases[i].in));
		}
	}
	test_input_free();
}

static void
test_places(void **state)
{
	static const struct { const char *in; int kind; const char *host; uint16_t port; } cases[] = {
		{ "inet:12345@127.0.0.1", SOCKETMAP_INET, "127.0.0.1", 12345 }, { "inet6:25@[::1]", SOCKETMAP_INET6, "::1", 25 },
		{ "inet6:25@::1", SOCKETMAP_INET6, "::1", 25 }, { "local:/run/x", SOCKETMAP_UNIX, "/run/x", 0 }, { "unix:/x", SOCKETMAP_UNIX, "/x", 0 },
		{ "/x", SOCKETMAP_UNIX, "/x", 0 }, { "inet:25", -1, NULL, 0 }, { "inet:0@h", -1, NULL, 0 }, { "inet:70000@h", -1, NULL, 0 },
		{ "inet:25@", -1, NULL, 0 }, { "local:x", -1, NULL, 0 }, { "", -1, NULL, 0 }, { "tcp:1@h", -1, NULL, 0 },
	};
	struct socketmap_place	p;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(socketmap_place(str_c(cases[i].in), &p), cases[i].kind == -1 ? -1 : 0);
		if (cases[i].kind != -1)
			assert_true((int)p.kind == cases[i].kind && str_eq_c(p.host, cases[i].host) && p.port == cases[i].port);
	}
}

static void
test_filters(void **state)
{
	static const struct { const char *filter, *key; bool multi; const char *want; } cases[] = {
		{ "(mail=%0)", "a@b", false, "(mail=a@b)" }, { "(mail=%0)", "a*)(uid=\\", false, "(mail=a\\2a\\29\\28uid=\\5c)" },
		{ "(mail=%s)", "a*", false, "(mail=a*)" }, { "(a=%1)(b=%2)", "k", false, "(a=%1)(b=%2)" }, { "(a=%1)(b=%2)", "k", true, "(a=x\\28)(b=)" },
		{ "100%% %", "k", true, "100% %" }, { "%x", "k", true, "%x" },
	};
	struct str		arg = STR("x(");
	struct ldapspec_attr	v[4];
	struct arena		*a = arena_new(ARENA_FUZZ);
	struct buf		b;
	size_t			n;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&b);
		ldapspec_filter(&b, str_c(cases[i].filter), str_c(cases[i].key), &arg, 1, cases[i].multi);
		assert_string_equal(buf_c(&b), cases[i].want);
	}
	buf_done(&b);
	assert_int_equal(ldapspec_attrs(STR("mail,m:dn,n:FILTER:a|b,"), a, v, 4, &n, NULL), 0);
	assert_int_equal(n, 3);
	assert_true(v[0].type == LDAPSPEC_NORMAL && v[1].type == LDAPSPEC_DN && v[2].type == LDAPSPEC_FILTER);
	assert_true(ldapspec_class(v[2].classes, STR("B")) && !ldapspec_class(v[2].classes, STR("c")) && ldapspec_class(v[0].classes, STR("c")));
	assert_int_equal(ldapspec_attrs(STR("m:what"), a, v, 4, &n, NULL), -1);
	assert_int_equal(ldapspec_attrs(STR("a,b,c,d,e"), a, v, 4, &n, NULL), -1);
	assert_int_equal(ldapspec_attrs(STR(":dn"), a, v, 4, &n, NULL), -1);
	arena_free(&a);
}

static void
test_queries(void **state)
{
	static const struct { const char *in, *want; int nparam; } cases[] = {
		{ "SELECT a FROM b WHERE c = %0;", "SELECT a FROM b WHERE c = $1", 1 },
		{ "SELECT %2, %0, %2", "SELECT $1, $2, $1", 2 }, { "SELECT a LIKE '%%x'", "SELECT a LIKE '%x'", 0 }, { "SELECT 5 % a", "SELECT 5 % a", 0 },
		{ "SELECT '%0'", NULL, 0 }, { "SELECT \"%1\"", NULL, 0 }, { "SELECT 1; DELETE", NULL, 0 }, { "SELECT ';'", "SELECT ';'", 0 }, { "", NULL, 0 },
		{ "  ;", NULL, 0 }, { "SELECT 'x", NULL, 0 },
	};
	struct sqlquery	q;
	struct buf	b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&b);
		assert_int_equal(sqlquery_parse(str_c(cases[i].in), '$', &b, &q, NULL), cases[i].want == NULL ? -1 : 0);
		if (cases[i].want != NULL) {
			assert_string_equal(buf_c(&b), cases[i].want);
			assert_int_equal(q.nparam, cases[i].nparam);
		}
	}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_places), cmocka_unit_test(test_filters), cmocka_unit_test(test_queries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
