/*
 * forward_test - lists of recipients.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "forward.h"

static const struct {
	const char	*in;
	bool		 lines;
	const char	*want;		/* items between | signs of their own kind: separated by ~ */
} cases[] = {
	{ "a, b@c.d ,e",				false, "a~b@c.d~e" },
	{ "\"|/bin/prog -x, y\", z",			false, "|/bin/prog -x, y~z" },
	{ "|/bin/prog a b, z",				false, "|/bin/prog a b~z" },
	{ "\"|/bin/sh -c \\\"a b\\\"\"",		false, "|/bin/sh -c \"a b\"" },
	{ "|\"/bin/prog a, b\", z",			false, "|/bin/prog a, b~z" },
	{ "| \"/bin/prog 'a' \\\"b c\\\"\"\nz",	true, "|/bin/prog 'a' \"b c\"~z" },
	{ "|\"/bin/prog\" a \"b\"",			false, "|\"/bin/prog\" a \"b\"" },
	{ "|\"/bin/prog a\\\"",			false, "|\"/bin/prog a\\\"" },
	{ "|\"\"",					false, "|\"\"" },
	{ "\\joe, /var/mail/x",				false, "\\joe~/var/mail/x" },
	{ ":include:/a/b, \":include: /c d\"",		false, ":include:/a/b~:include: /c d" },
	{ "Joe Doe <joe@x.y>, \"Doe, J\" <j@x>",	false, "Joe Doe <joe@x.y>~\"Doe, J\" <j@x>" },
	{ "a (x, y) b, c",				false, "a (x, y) b~c" },
	{ "a\nb\n# c\n d\n",				true,  "a~b~d" },
	{ "# note\na,\nb c\n\td, e\n",			true,  "a~b c~d~e" },
	{ "a\r\nb\r\n",					true,  "a~b" },
	{ ",,  ,\n,",					true,  "" },
	{ "\"a, b\"@c, d",				false, "\"a, b\"@c~d" },
	{ "<@a,@b:c@d>, e",				false, "<@a,@b:c@d>~e" },
	{ "\"unclosed, x",				false, "\"unclosed, x" },
};

static void
lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena	*m = arena_new(ARENA_DEFAULT);
		size_t		 len = strlen(cases[i].in), n;
		char		*p = malloc(len + !len);
		struct str	*v, all = STR("");

		memcpy(p, cases[i].in, len);
		assert_int_equal(forward_parse(str_mem(p, len), cases[i].lines, m, &v, &n), 0);
		for (size_t k = 0; k < n; k++)
			all = arena_fmt(m, "%.*s%s%.*s", STR_ARG(all), k ? "~" : "", STR_ARG(v[k]));
		if (!str_eq_c(all, cases[i].want))
			fail_msg("%s: %.*s", cases[i].in, STR_ARG(all));
		free(p);
		arena_free(&m);
	}
}

static void
kinds(void **state)
{
	(void)state;
	assert_int_equal(forward_kind(STR("|x")), FORWARD_PROG);
	assert_int_equal(forward_kind(STR("/x")), FORWARD_FILE);
	assert_int_equal(forward_kind(STR(":INCLUDE:/x")), FORWARD_INCLUDE);
	assert_int_equal(forward_kind(STR(":include")), FORWARD_ADDR);
	assert_int_equal(forward_kind(STR("")), FORWARD_ADDR);
	assert_true(str_eq_c(forward_include_path(STR(":include: /c d")), "/c d"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lists), cmocka_unit_test(kinds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
