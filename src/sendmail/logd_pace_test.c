/*
 * logd_pace_test - lines that come alone, lines that follow each other closely, and a socket that wakes for nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "logd_pace.h"

static void
test_alone(void **state)
{
	struct logd_pace	p = { 0, 0 };

	(void)state;
	for (uint64_t ms = 1000; ms < 100000; ms += LOGD_CLOSE_MS + 1)
		assert_int_equal(logd_pace_heard(&p, 1, ms), 0);
}

/* A message or two with all their lines are no load. */
static void
test_few_at_once(void **state)
{
	struct logd_pace	p = { 0, 0 };

	(void)state;
	for (unsigned i = 0; i < LOGD_PROOFS; i++)
		assert_int_equal(logd_pace_heard(&p, 1, 1000 + i), 0);
	assert_int_equal(logd_pace_heard(&p, 1, 2000), 0);
	assert_int_equal(p.quick, 0);
}

static void
test_load(void **state)
{
	struct logd_pace	p = { 0, 0 };
	uint64_t		ms = 1000;
	unsigned		n = 0;

	(void)state;
	while (logd_pace_heard(&p, 1, ++ms) == 0)
		assert_in_range(++n, 1, LOGD_PROOFS);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(logd_pace_found(&p, LOGD_FEW + i), LOGD_DOZE_MS);
	assert_int_equal(logd_pace_found(&p, LOGD_FEW - 1), 0);
	assert_int_equal(logd_pace_heard(&p, 1, ms + 1), 0);		/* it has to be proved again */
}

static void
test_nothing(void **state)
{
	struct logd_pace	p = { 0, 0 };

	(void)state;
	assert_int_equal(logd_pace_heard(&p, 0, 1000), LOGD_DEAF_MS);
	assert_int_equal(logd_pace_found(&p, 0), 0);
	assert_int_equal(logd_pace_heard(&p, 0, 2000), LOGD_DEAF_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_few_at_once),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
