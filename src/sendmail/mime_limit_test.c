/*
 * What is cut was recorded from sendmail 8.17 with MaxMimeHeaderLength=128/40 and 128/0.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mime_limit.h"

static const char *
test_many(struct arena *a, char c, size_t n)
{
	char *p = arena_bytes(a, n + 1);

	memset(p, c, n);
	p[n] = '\0';
	return p;
}

#define IS(name, whole, part, value, want) do {												\
		struct str	out_ = mime_limit(a, STR(name), value, whole, part), want_ = want;				\
																\
		if (!str_eq(out_, want_))											\
			fail_msg("%s: got '%.*s' (%zu), want '%.*s' (%zu)", name, STR_ARG(out_), out_.n, STR_ARG(want_), want_.n);	\
	} while (0)

static void
test_recorded(void **state)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct str	 type = arena_fmt(a, " text/plain; charset=%s; name=\"%s\"; x=y", test_many(a, 'c', 60), test_many(a, 'n', 60));
	struct str	 disposition = arena_fmt(a, " attachment; filename=\"%s\"", test_many(a, 'f', 60));

	(void)state;
	IS("Content-Type", 128, 40, type, arena_fmt(a, " text/plain; charset=%s; name=\"%s\"; x=y", test_many(a, 'c', 32), test_many(a, 'n', 33)));
	IS("Content-Type", 128, 0, type, arena_fmt(a, " text/plain; charset=%s; name=\"%s\"", test_many(a, 'c', 60), test_many(a, 'n', 39)));
	IS("Content-Disposition", 128, 40, disposition, arena_fmt(a, " attachment; filename=\"%s\"", test_many(a, 'f', 29)));
	IS("Content-Disposition", 128, 0, disposition, disposition);
	IS("mime-version", 128, 40, arena_fmt(a, " 1.0 (%s)", test_many(a, 'v', 150)), arena_fmt(a, " 1.0 (%s)", test_many(a, 'v', 122)));
	IS("Content-Description", 128, 40, arena_fmt(a, " %s", test_many(a, 'd', 150)), arena_fmt(a, " %s", test_many(a, 'd', 127)));
	IS("Content-Id", 128, 40, arena_fmt(a, " <%s@here.test>", test_many(a, 'i', 150)), arena_fmt(a, " <%s", test_many(a, 'i', 127)));
	IS("Content-Transfer-Encoding", 128, 40, arena_fmt(a, " %s", test_many(a, 'e', 150)), arena_fmt(a, " %s", test_many(a, 'e', 128)));
	IS("Message-Id", 128, 40, arena_fmt(a, " <%s>", test_many(a, 'm', 150)), arena_fmt(a, " <%s>", test_many(a, 'm', 150)));
	IS("Content-Type", 0, 0, type, type);
	arena_free(&a);
}

/* Whatever is cut, no line end is left behind, and the length holds. */
static void
test_folded(void **state)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);

	(void)state;
	for (size_t n = 100; n < 160; n++) {
		struct str v = arena_fmt(a, " a/b;\n\tx=\"%s\"\n\t(%s\\)\n\t\\\\%s", test_many(a, 'x', n - 60), test_many(a, 'y', 40), test_many(a, 'z', 60));
		struct str out = mime_limit(a, STR("Content-Type"), v, 128, 1000);

		assert_true(out.n <= 129 && out.n > 100);
		assert_false(chr_is_blank(out.p[out.n - 1]) || out.p[out.n - 1] == '\n');
	}
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_recorded), cmocka_unit_test(test_folded) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
