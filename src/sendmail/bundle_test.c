#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "bundle.h"
#include "os/fd.h"

static int
open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void
round_trip(void **state)
{
	int p[2], out[BUNDLE_MAX], before, b;
	char c;

	(void)state;
	before = open_descriptors();
	assert_int_equal(os_pipe(p), 0);
	b = bundle_make(p, 2);
	assert_true(b != -1);
	close(p[0]);
	close(p[1]);
	assert_int_equal(bundle_open(b, out, 2), 0);
	assert_int_equal(write(out[1], "x", 1), 1);
	assert_int_equal(read(out[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	close(out[0]);
	close(out[1]);
	assert_int_equal(open_descriptors(), before);
}

/* Too many, too few, none at all, another kind of descriptor, an end that stays open: refused, nothing left open, nobody waits. */
static void
bad_ones(void **state)
{
	int p[2], out[BUNDLE_MAX], before, b;

	(void)state;
	before = open_descriptors();
	assert_int_equal(os_pipe(p), 0);
	for (size_t want = 1; want < 5; want++) {
		if (want == 2)
			continue;
		b = bundle_make(p, 2);
		assert_int_equal(bundle_open(b, out, want), -1);
	}
	assert_int_equal(bundle_make(p, 0), -1);
	assert_int_equal(bundle_make(p, BUNDLE_MAX + 1), -1);
	assert_int_equal(bundle_open(p[0], out, 1), -1);
	close(p[1]);
	assert_int_equal(os_socketpair(p), 0);
	assert_int_equal(bundle_open(p[0], out, 1), -1);
	close(p[1]);
	assert_int_equal(open_descriptors(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(round_trip), cmocka_unit_test(bad_ones) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
