/*
 * pace_test - batches of one client and of many, a disk that is quick and one that is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pace.h"

static void
test_sessions_at_once(void **state)
{
	struct pace p = { 0 };

	(void)state;
	assert_int_equal(pace_want(&p, 0), 0);
	assert_int_equal(pace_want(&p, 1), 0);
	assert_int_equal(pace_want(&p, 50), 25);
	for (int i = 0; i < 10; i++)
		pace_batch(&p, 25, 25, false);
	assert_int_equal(pace_want(&p, 50), 25);
}

/* One client, served by four processes in turn: it is waited for others once. */
static void
test_one_client(void **state)
{
	struct pace p = { 0 };

	(void)state;
	assert_int_equal(pace_want(&p, 4), 2);
	pace_batch(&p, 1, 2, true);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(pace_want(&p, 4), 1);
		pace_batch(&p, 1, 1, false);
	}
}

/* Where fewer came than before, then more again. */
static void
test_fewer_and_more(void **state)
{
	struct pace p = { 0 };

	(void)state;
	pace_batch(&p, 3, 25, true);
	assert_int_equal(pace_want(&p, 50), 3);
	pace_batch(&p, 3, 3, false);			/* just those: still all that there are */
	assert_int_equal(pace_want(&p, 50), 3);
	pace_batch(&p, 5, 3, false);
	assert_int_equal(pace_want(&p, 50), 10);
	pace_batch(&p, 13, 10, false);
	assert_int_equal(pace_want(&p, 50), 25);
	pace_batch(&p, 20, 25, true);
	assert_int_equal(pace_want(&p, 50), 20);
	assert_int_equal(pace_want(&p, 8), 4);
}

static void
test_disk(void **state)
{
	struct pace	p = { 0 };
	uint64_t	now = 5000;

	(void)state;
	assert_false(pace_here(&p, now));		/* nobody knows yet */
	for (unsigned i = 1; i < PACE_PROOFS; i++)
		pace_took(&p, 100, now);
	assert_false(pace_here(&p, now));
	pace_took(&p, PACE_QUICK_US, now);
	assert_true(pace_here(&p, now));
	pace_took(&p, 5000, now);			/* one that is slow: the helper, for a while at least */
	for (unsigned i = 0; i < 100; i++)
		pace_took(&p, 100, now + i);
	assert_false(pace_here(&p, now + 99));
	assert_true(pace_here(&p, now + 100));
	for (unsigned i = 0; i < 100; i++) {		/* every eighth is slow: never here */
		pace_took(&p, i % 8 == 0 ? 20000 : 100, now + 10000 * i);
		assert_false(pace_here(&p, now + 10000 * i + 9999));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions_at_once),
		cmocka_unit_test(test_one_client),
		cmocka_unit_test(test_fewer_and_more),
		cmocka_unit_test(test_disk)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
