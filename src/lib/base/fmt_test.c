/*
 * fmt_test - what comes out is what the C library's own function makes of it, however little room there is.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fmt.h"

static void same(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
same(const char *fmt, ...)
{
	static const size_t	sizes[] = { 200, 64, 17, 8, 3, 2, 1, 0 };
	char			a[256], b[256];

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		va_list	ap, again;
		int	n, m;

		memset(a, '#', sizeof a);
		memset(b, '#', sizeof b);
		va_start(ap, fmt);
		va_copy(again, ap);
		n = fmt_v(a, sizes[i], fmt, ap);
		m = vsnprintf(b, sizes[i], fmt, again);
		va_end(again);
		va_end(ap);
		assert_int_equal(n, m);
		if (sizes[i] > 0)
			assert_string_equal(a, b);
		assert_memory_equal(a + sizes[i], b + sizes[i], sizeof a - sizes[i]);
	}
}

static void
test_ours(void **state)
{
	(void)state;
	same("plain");
	same("%%");
	same("%s", "");
	same("%s%s", "joe", "@far.example");
	same("<%.*s>", 3, "joeline");
	same("<%.*s>", 0, "x");
	same("<%.*s>", -1, "all of it");
	same("<%.*s>", 10, "ab\0cd");
	same("%c%c", 'a', 'z');
	same("a%cb", '\0');
	same("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
	same("%ld %ld", LONG_MAX, LONG_MIN);
	same("%lld %lld", LLONG_MAX, LLONG_MIN);
	same("%u %lu %llu %zu", UINT_MAX, ULONG_MAX, ULLONG_MAX, SIZE_MAX);
	same("%02d:%02d:%03d|%02d|%04d|%09d", 1, 12, 250, 1234, -7, -123456);
	same("%02u %03lu %05lld %02ld", 7u, 7ul, -7ll, 0l);
	same("%2d|%2d|%5ld|%9d|%3u", 1, 123, -7l, -123456, 45u);
	same("%.3s, %.3s %.9s", "Sunday", "No", "");
	same("%s: from=%.*s, size=%llu, class=%d, nrcpts=%zu", "6AMLYMWj005286", 20, "<sender@example.org>", 1087ull, 0, (size_t)1);
}

/* What is not done here goes to the library as a whole. */
static void
test_others(void **state)
{
	const char *volatile	none = NULL;

	(void)state;
	same("%5d|%-5d|%+d|% d", 1, 2, 3, 4);
	same("%x %X %o %#x", 255u, 255u, 8u, 255u);
	same("%s %5s %-5s| %.2s", "a", "b", "c", "dddd");
	same("%.3d %010d %*d %.12s", 5, 6, 7, 8, "twelve or more of them");
	same("%.1f %g", 1.25, 3.0);
	same("%hd %hhu %jd %td %zd", (short)1, (unsigned char)2, (intmax_t)3, (ptrdiff_t)4, (ssize_t)5);
	same("%d then %p and %s", 1, (void *)0, "x");
	same("%s", none);
}

static void
test_put(void **state)
{
	char	a[16];

	(void)state;
	assert_int_equal(fmt_put(a, sizeof a, "%s-%d", "twelve", 12), 9);
	assert_string_equal(a, "twelve-12");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_ours), cmocka_unit_test(test_others), cmocka_unit_test(test_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
