#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/test_input.h"
#include "wire/pop_cmd.h"

static const struct {
	const char	*in;
	enum pop_verb	 verb;
	bool		 ok;
	const char	*arg, *arg2;
	uint32_t	 msg, lines;
} cases[] = {
	{ "USER joe", POP_USER, true, "joe", NULL, 0, 0 }, { "user joe doe", POP_USER, true, "joe doe", NULL, 0, 0 },
	{ "PASS  two words ", POP_PASS, true, " two words ", NULL, 0, 0 }, { "USER", POP_USER, false, NULL, NULL, 0, 0 },
	{ "USER ", POP_USER, false, NULL, NULL, 0, 0 }, { "APOP joe d1", POP_NONE, false, NULL, NULL, 0, 0 },
	{ "CAPA x", POP_CAPA, false, NULL, NULL, 0, 0 }, { "AUTH", POP_AUTH, true, NULL, NULL, 0, 0 },
	{ "AUTH PLAIN AGE=", POP_AUTH, true, "PLAIN", "AGE=", 0, 0 }, { "AUTH a b c", POP_AUTH, false, NULL, NULL, 0, 0 },
	{ "LIST", POP_LIST, true, NULL, NULL, 0, 0 }, { "list 4", POP_LIST, true, NULL, NULL, 4, 0 }, { "LIST 0", POP_LIST, false, NULL, NULL, 0, 0 },
	{ "RETR 12 ", POP_RETR, true, NULL, NULL, 12, 0 }, { "RETR", POP_RETR, false, NULL, NULL, 0, 0 }, { "RETR 1 2", POP_RETR, false, NULL, NULL, 0, 0 },
	{ "RETR 4294967296", POP_RETR, false, NULL, NULL, 0, 0 }, { "RETR -1", POP_RETR, false, NULL, NULL, 0, 0 },
	{ "TOP 3 0", POP_TOP, true, NULL, NULL, 3, 0 }, { "TOP 3 10", POP_TOP, true, NULL, NULL, 3, 10 }, { "TOP 3", POP_TOP, false, NULL, NULL, 3, 0 },
	{ "UIDL 2", POP_UIDL, true, NULL, NULL, 2, 0 }, { "QUIT", POP_QUIT, true, NULL, NULL, 0, 0 }, { "QUIT now", POP_QUIT, false, NULL, NULL, 0, 0 },
	{ "XYZZY", POP_NONE, false, NULL, NULL, 0, 0 }, { "", POP_NONE, false, NULL, NULL, 0, 0 }, { "QUITX", POP_NONE, false, NULL, NULL, 0, 0 },
};

static void
lines(void **state)
{
	struct pop_cmd	c;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(pop_cmd_parse(test_input(cases[i].in), &c) == NULL, cases[i].ok);
		assert_int_equal(c.verb, cases[i].verb);
		if (!cases[i].ok)
			continue;
		assert_true(str_is_none(c.arg) == (cases[i].arg == NULL) && str_eq_c(c.arg, cases[i].arg));
		assert_true(str_is_none(c.arg2) == (cases[i].arg2 == NULL) && str_eq_c(c.arg2, cases[i].arg2));
		assert_int_equal(c.msg, cases[i].msg);
		assert_int_equal(c.lines, cases[i].lines);
		assert_int_equal(c.has_msg, cases[i].msg != 0);
	}
	test_input_free();
}

static void
no_nuls(void **state)
{
	struct pop_cmd	c;

	(void)state;
	assert_non_null(pop_cmd_parse(test_input_mem("USER a\0b", 8), &c));
	assert_non_null(pop_cmd_parse(test_input_mem("AUTH a\0 b", 9), &c));
	test_input_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines), cmocka_unit_test(no_nuls) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
