/*
 * capacity_test - what roles need at the same time is never more than what each may open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capacity.h"

static void
test_of(void **state)
{
	struct conf_opts	o = { 0 };
	struct capacity		c;

	(void)state;
	for (int files = CAPACITY_FILES; files < 70000; files++) {
		capacity_of(files, &o, &c);
		assert_true(c.sessions >= 4 && c.deliveries >= 2 && c.connections >= 16);
		assert_true(22 + 2 * c.sessions + c.deliveries + 9 <= files);	/* spool: a file for each large message that is coming */
		assert_true(40 + c.sessions + c.deliveries + 9 <= files);	/* lookup, with its own workers */
		assert_true(16 + c.connections <= files);			/* gate, or smtpd's master when it has all of them */
		assert_true(c.tight == (c.sessions < CAPACITY_SESSIONS || c.deliveries < CAPACITY_DELIVERIES));
	}
	assert_false(c.tight);
	o.max_daemon_children = 2;
	capacity_of(64, &o, &c);
	assert_int_equal(c.sessions, 2);
	o.max_daemon_children = 100000;
	capacity_of(65536, &o, &c);
	assert_int_equal(c.sessions, 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_of) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
