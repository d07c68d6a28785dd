/*
 * stats_test - what is added is there, other files are left alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "queue/stats.h"

static void
test_add(void **state)
{
	struct stats	more = { 0 }, st;
	struct err	e = ERR_INIT;
	FILE		*f = tmpfile();
	int		fd = fileno(f);

	(void)state;
	assert_int_equal(stats_read(fd, &st, &e), 1);
	more.to = 2;
	more.nto[5] = 1;
	more.kto[5] = stats_kbytes(1025);
	more.nreject[24] = 3;
	assert_int_equal(stats_add(fd, &more, &e), 0);
	assert_int_equal(stats_add(fd, &more, &e), 0);
	assert_int_equal(stats_read(fd, &st, &e), 0);
	assert_int_equal(st.to, 4);
	assert_int_equal(st.nto[5], 2);
	assert_int_equal(st.kto[5], 4);
	assert_int_equal(st.nreject[24], 6);
	assert_true(st.since > 0);
	assert_int_equal(stats_clear(fd, &e), 0);
	assert_int_equal(stats_read(fd, &st, &e), 1);
	if (sizeof(long) == 8 && sizeof(time_t) == 8)		/* offsets that were found in a file of sendmail 8.17 */
		assert_true(sizeof st == 1448 && offsetof(struct stats, since) == 8 && offsetof(struct stats, from) == 24 &&
		    offsetof(struct stats, nfrom) == 48 && offsetof(struct stats, nto) == 448 && offsetof(struct stats, nreject) == 848);
	fclose(f);
}

static void
test_other(void **state)
{
	struct stats	st, more = { .from = 1 };
	struct err	e = ERR_INIT;
	FILE		*f = tmpfile();
	char		b[40];

	(void)state;
	fputs("this is something else\n", f);
	fflush(f);
	assert_int_equal(stats_read(fileno(f), &st, &e), -1);
	assert_int_equal(stats_add(fileno(f), &more, &e), -1);
	rewind(f);
	assert_non_null(fgets(b, sizeof b, f));
	assert_string_equal(b, "this is something else\n");
	fclose(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_add), cmocka_unit_test(test_other) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
