/*
 * aliasfile_test - entries, continuations and complaints, as aliases(5) has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "aliasfile.h"
#include "base/buf.h"

static struct buf	test_said;

static int
test_entry(void *arg, unsigned line, struct str name, struct str value)
{
	(void)arg;
	buf_addf(&test_said, "%u[%.*s]=[%.*s];", line, STR_ARG(name), STR_ARG(value));
	return 0;
}

static void
test_complain(void *arg, unsigned line, const char *what)
{
	(void)arg;
	buf_addf(&test_said, "%u!%.7s;", line, what);
}

static void
test_parse(void **state)
{
	static const struct { const char *in, *want; } cases[] = {
		{ "postmaster: root\n", "1[postmaster]=[root];" },
		{ "a:b\nc : d", "1[a]=[b];2[c]=[d];" },
		{ "# c\n\n  \nx: y\r\n", "4[x]=[y];" },
		{ "x: y,\n\tz\n  , w\nq: r", "1[x]=[y,\tz  , w];4[q]=[r];" },
		{ "x: y,\\\nz\n", "1[x]=[y,z];" },
		{ "x: y\n  \nz: w", "1[x]=[y];3[z]=[w];" },
		{ " lead\nx: y", "1!continu;2[x]=[y];" },
		{ "nocolon\nx: y", "1!missing;2[x]=[y];" },
		{ "x:\n", "1!missing;" },
		{ ": y\n", "1!missing;" },
		{ "\"a: b\": y\n", "1[\"a: b\"]=[y];" },
		{ "x: \"|/bin/p a:b\", :include:/etc/l\n", "1[x]=[\"|/bin/p a:b\", :include:/etc/l];" },
		{ "x: y # no comment\n", "1[x]=[y # no comment];" },
		{ "x: y\\", "1[x]=[y];" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena			*a = arena_new(ARENA_FUZZ);
		const struct aliasfile_sink	 sink = { test_entry, test_complain, NULL };
		size_t				 n = strlen(cases[i].in);
		char				*exact = malloc(n == 0 ? 1 : n);

		assert_non_null(exact);
		memcpy(exact, cases[i].in, n);
		buf_init(&test_said, 0);
		assert_int_equal(aliasfile_parse(str_mem(exact, n), a, &sink), 0);
		assert_string_equal(buf_c(&test_said), cases[i].want);
		buf_done(&test_said);
		free(exact);
		arena_free(&a);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = { cmocka_unit_test(test_parse) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
