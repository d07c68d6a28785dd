#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "base/status.h"
#include "base/test_input.h"

#define T	test_input

static void
numbers(void **state)
{
	uint64_t	u = 7;
	int64_t		i = 7;
	int		n = 7;

	(void)state;
	assert_int_equal(num_u64(T("18446744073709551615"), 0, UINT64_MAX, &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(num_u64(T("18446744073709551616"), 0, UINT64_MAX, &u), -1);
	assert_int_equal(num_u64(T(""), 0, 9, &u), -1);
	assert_int_equal(num_u64(T("-1"), 0, 9, &u), -1);
	assert_int_equal(num_u64(T("5 "), 0, 9, &u), -1);
	assert_int_equal(num_u64(T("10"), 0, 9, &u), -1);
	assert_true(u == UINT64_MAX);
	assert_int_equal(num_i64(T("-9223372036854775808"), INT64_MIN, INT64_MAX, &i), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(num_i64(T("9223372036854775808"), INT64_MIN, INT64_MAX, &i), -1);
	assert_int_equal(num_i64(T("-"), INT64_MIN, INT64_MAX, &i), -1);
	assert_int_equal(num_int(T("-0"), -5, 5, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(num_int(T("6"), -5, 5, &n), -1);
	assert_int_equal(num_any(T("0x1F"), 0, 100, &i), 0);
	assert_int_equal(i, 31);
	assert_int_equal(num_any(T("017"), 0, 100, &i), 0);
	assert_int_equal(i, 15);
	assert_int_equal(num_any(T("-12"), -100, 100, &i), 0);
	assert_int_equal(i, -12);
	assert_int_equal(num_any(T("0"), 0, 100, &i), 0);
	assert_int_equal(num_any(T("09"), 0, 100, &i), -1);
	assert_int_equal(num_any(T("0x"), 0, 100, &i), -1);
	test_input_free();
}

static void
times(void **state)
{
	static const struct {
		const char	*in;
		char		 unit;
		int64_t		 want;		/* -1: refused */
	} cases[] = {
		{ "2h30m", 's', 9000 }, { "5d", 's', 432000 }, { "10", 's', 10 }, { "10", 'm', 600 },
		{ "1w", 's', 604800 }, { "1h30", 'm', 5400 }, { "1D2H", 's', 93600 }, { "0", 'd', 0 },
		{ "", 's', -1 }, { "h", 's', -1 }, { "1x", 's', -1 }, { "-1", 's', -1 }, { "1 h", 's', -1 },
		{ "9223372036854775807", 's', INT64_MAX }, { "9223372036854775807", 'm', -1 },
		{ "9223372036854775807s1", 's', -1 },
	};
	static const struct {
		int64_t		 in;
		const char	*want;
	} prints[] = {
		{ 0, "00:00:00" }, { 3723, "01:02:03" }, { 93784, "1+02:03:04" }, { -5, "00:00:00" }, { 864000, "10+00:00:00" },
	};
	char	text[32];
	int64_t	v;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		v = -1;
		assert_int_equal(num_time(T(cases[i].in), cases[i].unit, &v), cases[i].want == -1 ? -1 : 0);
		assert_true(v == cases[i].want);
	}
	for (size_t i = 0; i < sizeof prints / sizeof prints[0]; i++) {
		assert_int_equal(num_time_print(text, sizeof text, prints[i].in), 0);
		assert_string_equal(text, prints[i].want);
	}
	assert_int_equal(num_time_print(text, 5, 1), -1);
	test_input_free();
}

static void
overflow(void **state)
{
	size_t	n;

	(void)state;
	assert_true(num_add(SIZE_MAX - 1, 1, &n) && n == SIZE_MAX);
	assert_false(num_add(SIZE_MAX, 1, &n));
	assert_true(num_mul(SIZE_MAX / 2, 2, &n));
	assert_false(num_mul(SIZE_MAX / 2, 3, &n));
	assert_true(num_mul(0, SIZE_MAX, &n) && n == 0);
}

static void
outcomes(void **state)
{
	static const char *const	names[] = {
		"usage", "nouser", "nohost", "unavailable", "software", "tempfail", "protocol", "config",
		"dataerr", "noinput", "oserr", "osfile", "cantcreat", "ioerr", "noperm"
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_non_null(status_by_name(T(names[i])));
		assert_ptr_equal(status_by_ex((int)status_by_name(T(names[i]))->ex), status_by_name(T(names[i])));
	}
	assert_null(status_by_name(T("nonsense")));
	assert_null(status_by_name(STR_NONE));
	assert_null(status_by_ex(99));
	assert_string_equal(status_by_ex(EXIT_NOUSER)->text, "User unknown");
	assert_int_equal(status_by_name(T("NoUser"))->smtp, 550);
	assert_string_equal(status_by_smtp(550)->dsn, "5.1.1");
	assert_string_equal(status_by_smtp(354)->dsn, "3.0.0");
	assert_string_equal(status_by_smtp(501)->dsn, "5.5.4");
	assert_null(status_by_smtp(299));
	test_input_free();
}

static void
codes(void **state)
{
	static const struct {
		const char	*in;
		size_t		 n;
	} cases[] = {
		{ "5.1.1 User unknown", 5 }, { "2.0.0", 5 }, { "4.123.999x", 9 }, { "5.1.1234", 0 }, { "5.1234.1", 0 },
		{ "3.0.0", 0 }, { "5.1", 0 }, { "5..1", 0 }, { "5.1.", 0 }, { "", 0 }, { "55.1.1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(status_dsn_len(T(cases[i].in)), cases[i].n);
	assert_int_equal(status_ex_of_dsn(T("5.1.1")), EXIT_NOUSER);
	assert_int_equal(status_ex_of_dsn(T("5.1.2")), EXIT_NOHOST);
	assert_int_equal(status_ex_of_dsn(T("5.7.1")), EXIT_DATAERR);
	assert_int_equal(status_ex_of_dsn(T("5.3.4")), EXIT_OSERR);
	assert_int_equal(status_ex_of_dsn(T("5.6.1")), EXIT_UNAVAILABLE);
	assert_int_equal(status_ex_of_dsn(T("4.7.1")), EXIT_TEMPFAIL);
	assert_int_equal(status_ex_of_dsn(T("2.1.5")), EXIT_OK);
	assert_int_equal(status_ex_of_dsn(T("junk")), EXIT_UNAVAILABLE);
	assert_int_equal(status_ex_of_smtp(550), EXIT_NOUSER);
	assert_int_equal(status_ex_of_smtp(452), EXIT_TEMPFAIL);
	assert_int_equal(status_ex_of_smtp(499), EXIT_TEMPFAIL);
	assert_int_equal(status_ex_of_smtp(250), EXIT_OK);
	assert_int_equal(status_ex_of_smtp(554), EXIT_UNAVAILABLE);
	assert_int_equal(status_ex_of_smtp(599), EXIT_UNAVAILABLE);
	test_input_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(times), cmocka_unit_test(overflow),
		cmocka_unit_test(outcomes), cmocka_unit_test(codes)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
