/*
 * spoold_place_test - who is told to make room for a session, and for how long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "os/load.h"
#include "os/near.h"
#include "spoold.h"

static void
while_there_is_little_to_do(void **state)
{
	struct spoold	s;

	(void)state;
	memset(&s, 0, sizeof s);
	assert_int_equal(spoold_aside(&s), 0);
	spoold_session_at(&s, 1);
	s.session_until += 60000;
	assert_int_equal(spoold_aside(&s), 1);
	s.working = 8;
	assert_int_equal(spoold_aside(&s), 1);
	s.working = 9;
	assert_int_equal(spoold_aside(&s), 0);
	s.working = 1;
	assert_int_equal(spoold_aside(&s), 1);
	s.session_until = os_now_ms() - 1;		/* nothing has come for long */
	assert_int_equal(spoold_aside(&s), 0);
	spoold_session_at(&s, 0);			/* there are many of them */
	s.session_until += 60000;
	assert_int_equal(spoold_aside(&s), 0);
	os_anywhere();
}

/* Whatever a role says: nobody is sent where there is nothing. */
static void
no_processor(void **state)
{
	struct spoold	s;

	(void)state;
	memset(&s, 0, sizeof s);
	for (uint32_t near = 0x7fffffffu; near != 0x80000002u; near++) {
		spoold_session_at(&s, near);
		s.session_until += 60000;
		assert_int_equal(spoold_aside(&s), near);
		assert_int_equal(os_near_at(), OS_NEAR_UNKNOWN);
	}
	os_anywhere();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_there_is_little_to_do),
		cmocka_unit_test(no_processor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
