/*
 * flow_test - when the next one waits: many taken and untried; not for writers alone, and not for hosts that are slow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow.h"

static struct flow_one *one[2 * FLOW_MOST];

static void
fill(struct flow *f, size_t n, size_t taken)
{
	flow_init(f);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(one[i] = flow_enter(f, 100));
		if (i < taken)
			flow_take(one[i]);
	}
}

static void
drain(size_t n)
{
	for (size_t i = 0; i < n; i++)
		flow_leave(&one[i]);
}

static void
test_taken_and_untried(void **state)
{
	struct flow f;

	(void)state;
	fill(&f, FLOW_MOST, FLOW_TAKEN);
	assert_true(flow_full(&f, 100));
	flow_leave(&one[0]);
	assert_false(flow_full(&f, 100));
	one[0] = flow_enter(&f, 100);
	assert_false(flow_full(&f, 100));	/* one less is taken */
	flow_take(one[0]);
	flow_take(one[0]);			/* counts once */
	assert_true(flow_full(&f, 100));
	drain(FLOW_MOST);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.taken, 0);
	assert_false(flow_full(&f, 100));
}

static void
test_writers_alone(void **state)
{
	struct flow f;

	(void)state;
	fill(&f, 2 * FLOW_MOST, FLOW_TAKEN - 1);
	assert_false(flow_full(&f, 100));
	drain(2 * FLOW_MOST);
}

static void
test_slow_hosts(void **state)
{
	struct flow f;

	(void)state;
	fill(&f, FLOW_MOST, FLOW_MOST);
	assert_true(flow_full(&f, 100 + FLOW_YOUNG_MS - 1));
	assert_false(flow_full(&f, 100 + FLOW_YOUNG_MS));
	assert_int_equal(f.n, 0);
	flow_take(one[0]);			/* too late to count */
	assert_int_equal(f.taken, 0);
	drain(FLOW_MOST);
	assert_int_equal(f.n, 0);
	flow_take(NULL);
	flow_leave(&one[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken_and_untried),
		cmocka_unit_test(test_writers_alone),
		cmocka_unit_test(test_slow_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
