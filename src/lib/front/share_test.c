/*
 * share_test - counting connections in shared memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "front/share.h"

static void
test_count(void **state)
{
	struct ip	 a = { .family = 4, .a = { 192, 0, 2, 1 } }, b = { .family = 6, .a = { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	int		 fd = share_new(3, NULL), status;
	struct share	*one, *two;
	pid_t		 pid;

	(void)state;
	assert_int_not_equal(fd, -1);
	one = share_open(fd, 3, 0, NULL);
	two = share_open(fd, 3, 2, NULL);
	assert_non_null(one);
	assert_non_null(two);
	assert_null(share_open(fd, 3, 3, NULL));
	share_count(one, &a, true);
	share_count(two, &a, true);
	share_count(two, &b, true);
	assert_int_equal(share_all(one), 3);
	assert_int_equal(share_from(one, &a), 2);
	assert_int_equal(share_from(two, &b), 1);
	if ((pid = fork()) == 0) {			/* another process, another row */
		struct share	*x = share_open(fd, 3, 1, NULL);

		share_count(x, &a, true);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(share_from(one, &a), 3);
	share_clear(one, 1);				/* it died */
	assert_int_equal(share_from(one, &a), 2);
	share_count(two, &a, false);
	share_count(one, &a, false);
	assert_int_equal(share_from(one, &a), 0);
	assert_int_equal(share_all(two), 1);
	assert_int_not_equal(ftruncate(fd, 0), 0);	/* nobody can take the memory away */
	share_close(&one);
	share_close(&two);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_count) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
