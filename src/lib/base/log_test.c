#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/log.h"
#include "base/test_input.h"
#include "base/trace.h"

static char	last[LOG_LINE + 16];
static int	lines;

static void
sink(void *arg, enum log_prio prio, const char *line)
{
	(void)arg;
	(void)prio;
	snprintf(last, sizeof last, "%s", line);
	lines++;
}

static void
escaping(void **state)
{
	static const struct {
		const char	*in, *want;
	} cases[] = {
		{ "plain text", "plain text" }, { "a\nb\r", "a\\012b\\015" }, { "back\\slash", "back\\\\slash" },
		{ "\x7f\x1b[0m", "\\177\\033[0m" }, { "gr\xc3\xbc\xc3\x9f" "e", "gr\xc3\xbc\xc3\x9f" "e" }, { "\xc3", "\\303" },
		{ "\xff\xfe", "\\377\\376" }, { "\xc2\x85", "\\302\\205" }, { "", "" },
	};
	char	out[64], small[8];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(log_esc(out, sizeof out, test_input(cases[i].in)), cases[i].want);
	assert_string_equal(log_esc(small, sizeof small, test_input("1234567")), "1234567");
	assert_string_equal(log_esc(small, sizeof small, test_input("12345678")), "1234...");
	assert_string_equal(log_esc(small, sizeof small, test_input("123\n\n")), "123...");
	assert_string_equal(log_esc(small, sizeof small, test_input("12\xc3\xbc\xc3\xbc\xc3\xbc")), "12\xc3\xbc...");
	assert_string_equal(log_esc(small, 1, test_input("x")), "");
	assert_string_equal(log_esc(small, 3, test_input("xyz")), "xy");
	assert_string_equal(log_esc(out, sizeof out, test_input_mem("a\0b", 3)), "a\\000b");
	test_input_free();
}

static void
lines_are_written(void **state)
{
	char	big[LOG_LINE * 2];

	(void)state;
	log_set_sink(sink, NULL);
	log_set_level(9);
	assert_int_equal(log_level(), 9);
	log_line(9, LOG_P_INFO, "q123", "from=%s", "<a\nb>");
	assert_string_equal(last, "q123: from=<a\\012b>");
	log_line(10, LOG_P_INFO, NULL, "more");
	assert_int_equal(lines, 1);
	log_line(0, LOG_P_CRIT, NULL, "less");
	assert_string_equal(last, "less");
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	log_line(1, LOG_P_INFO, "id", "%s", big);
	assert_int_equal(strlen(last), LOG_LINE - 1);
	assert_string_equal(last + LOG_LINE - 5, "x...");
	log_set_sink(NULL, NULL);
	log_set_level(-1);
	log_line(0, LOG_P_CRIT, NULL, "unseen");
	assert_int_equal(lines, 3);
}

static void
tracing(void **state)
{
	char	text[32] = "";
	int	p[2];

	(void)state;
	assert_false(trace_on(0, 1));
	assert_int_equal(trace_set(test_input("21.12,8-10.3,0")), 0);
	assert_true(trace_on(21, 12) && !trace_on(21, 13));
	assert_true(trace_on(8, 3) && trace_on(9, 3) && trace_on(10, 1) && !trace_on(11, 1));
	assert_true(trace_on(0, 1) && !trace_on(0, 2));
	assert_false(trace_on(-1, 0) || trace_on(TRACE_CATEGORIES, 0));
	assert_int_equal(trace_set(test_input("5-")), -1);
	assert_int_equal(trace_set(test_input("100")), -1);
	assert_int_equal(trace_set(test_input("9-3")), -1);
	assert_int_equal(trace_set(test_input("1.")), -1);
	assert_int_equal(trace_set(test_input("1,,2")), -1);
	assert_int_equal(trace_set(STR_NONE), 0);
	assert_true(trace_on(50, 1));
	assert_int_equal(pipe(p), 0);
	trace_set_fd(p[1]);
	trace_printf("%s\n", "traced");
	assert_int_equal(read(p[0], text, sizeof text), 7);
	assert_string_equal(text, "traced\n");
	test_input_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escaping), cmocka_unit_test(lines_are_written), cmocka_unit_test(tracing)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
