/*
 * sts_policy_test - records and policies, row by row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/sts_policy.h"

static void
records(void **state)
{
	static const struct { const char *in, *id; } rows[] = {
		{ "v=STSv1; id=20160831085700Z;", "20160831085700Z" }, { "v=STSv1;id=1", "1" }, { "v=STSv1; x=y; id=a2", "a2" },
		{ "v=STSv1;", NULL }, { "v=STSv2; id=1", NULL }, { "id=1; v=STSv1", NULL }, { "", NULL }, { "v=STSv1; id=a b", NULL },
		{ "v=STSv1; id=", NULL }, { "v=STSv1; id=123456789012345678901234567890123", NULL }, { "v=spf1 -all", NULL },
	};
	struct str id;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool is = sts_record_parse(str_c(rows[i].in), &id);

		if (is != (rows[i].id != NULL) || (is && !str_eq_c(id, rows[i].id)))
			fail_msg("%s", rows[i].in);
	}
	assert_true(sts_record_is(STR("v=STSv1; id=1"), STR("v=STSv1")) && sts_record_is(STR("v=STSv1 ;"), STR("v=STSv1")) && sts_record_is(STR("v=STSv1"), STR("v=STSv1")));
	assert_false(sts_record_is(STR("v=STSv10; id=1"), STR("v=STSv1")) || sts_record_is(STR("v=spf1"), STR("v=STSv1")) || sts_record_is(STR(""), STR("v=STSv1")));
	assert_true(tlsrpt_record_parse(STR("v=TLSRPTv1; rua=mailto:r@example.com"), &id));
	assert_true(str_eq_c(id, "mailto:r@example.com"));
	assert_false(tlsrpt_record_parse(STR("v=STSv1; rua=mailto:r@example.com"), &id));
}

static void
policies(void **state)
{
	static const struct { const char *in, *why; } rows[] = {
		{ "version: STSv1\nmode: enforce\nmx: a.x\nmax_age: 604800\n", "" },
		{ "version: STSv1\r\nmode: none\r\nmax_age: 5\r\n", "" },
		{ "version: STSv1\nmode: testing\nmx: *.a.x\nmax_age: 99999999999\n", "max_age is not a number" },
		{ "version: STSv1\nmode: testing\nmx: *.a.x\nmax_age: 9999999999\nnew: thing", "" },
		{ "mode: enforce\nmx: a.x\nmax_age: 1\n", "no version" },
		{ "version: STSv1\nmode: enforce\nmax_age: 1\n", "no mx" },
		{ "version: STSv1\nmode: force\nmax_age: 1\n", "unknown mode" },
		{ "version: STSv1\nmode: enforce\nmx: a b.x\nmax_age: 1\n", "mx is not a host name" },
		{ "<html>", "a line without a colon" }, { "", "no version" },
	};
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct sts_policy p;
	struct str why;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int rc = sts_policy_parse(str_c(rows[i].in), a, &p, &why);

		if (!str_eq_c(why, rows[i].why) || (rc == 0) != (rows[i].why[0] == '\0'))
			fail_msg("row %zu: %.*s", i, STR_ARG(why));
	}
	arena_free(&a);
}

static void
names(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct sts_policy p;
	struct str why;

	(void)state;
	assert_int_equal(sts_policy_parse(STR("version: STSv1\nmode: enforce\nmx: MX.a.x\nmx: *.b.x\nmax_age: 99999999\n"), a, &p, &why), 0);
	assert_int_equal(p.max_age, STS_AGE_MAX);
	assert_true(sts_policy_names(&p, STR("mx.a.x")));
	assert_true(sts_policy_names(&p, STR("mx.A.x.")));
	assert_true(sts_policy_names(&p, STR("one.b.x")));
	assert_false(sts_policy_names(&p, STR("one.two.b.x")));
	assert_false(sts_policy_names(&p, STR("b.x")));
	assert_false(sts_policy_names(&p, STR(".b.x")));
	assert_false(sts_policy_names(&p, STR("evil.a.x")));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(records), cmocka_unit_test(policies), cmocka_unit_test(names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
