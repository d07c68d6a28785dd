/*
 * opts_test - which configuration a command line asks for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/status.h"
#include "opts.h"

static const struct {
	const char *words[6];
	const char *want;		/* last part of the path */
} cases[] = {
	{ { "sendmail", "x" }, "submit.cf" },
	{ { "sendmail", "-t", "-oi" }, "submit.cf" },
	{ { "sendmail", "-bm", "x" }, "submit.cf" },
	{ { "sendmail", "-bs" }, "submit.cf" },
	{ { "sendmail", "-bt" }, "sendmail.cf" },
	{ { "sendmail", "-bv", "x" }, "sendmail.cf" },
	{ { "sendmail", "-bp" }, "sendmail.cf" },
	{ { "mailq" }, "sendmail.cf" },
	{ { "sendmail", "-bi" }, "sendmail.cf" },
	{ { "newaliases" }, "sendmail.cf" },
	{ { "hoststat" }, "sendmail.cf" },
	{ { "sendmail", "-bd" }, "sendmail.cf" },
	{ { "sendmail", "-q" }, "sendmail.cf" },
	{ { "sendmail", "-Am", "x" }, "sendmail.cf" },
	{ { "sendmail", "-Ac", "-bp" }, "submit.cf" },
	{ { "sendmail", "-Ac", "-q" }, "submit.cf" },
	{ { "sendmail", "-bt", "-C", "/x/other.cf" }, "other.cf" },
};

static void
which_cf(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena	*a = arena_new(ARENA_DEFAULT);
		struct opts	 o;
		char		*argv[8];
		const char	*path;
		int		 argc = 0;

		while (argc < 6 && cases[i].words[argc] != NULL) {
			argv[argc] = arena_cstr(a, str_c(cases[i].words[argc]));
			argc++;
		}
		argv[argc] = NULL;
		assert_int_equal(opts_parse(a, argc, argv, &o), EXIT_OK);
		path = opts_cf(&o);
		if (strcmp(strrchr(path, '/') + 1, cases[i].want) != 0)
			fail_msg("%s %s: %s", cases[i].words[0], cases[i].words[1] == NULL ? "" : cases[i].words[1], path);
		arena_free(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(which_cf) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
