/*
 * idna_test - domains in letters and in ASCII, by themselves and within keys of maps.
 */
#include "net/idna.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MUE	"m\303\274nchen"
#define ACE	"xn--mnchen-3ya"

/* An ASCII form that is wanted, or NULL: there is none; then one in letters. */
static const struct {
	const char	*key, *ascii, *letters;
} keys[] = {
	{ "", NULL, NULL }, { "here.test", NULL, NULL }, { "From:here.test", NULL, NULL }, { "xn--", NULL, NULL }, { "xn--.test", NULL, NULL },
	{ MUE ".test", ACE ".test", NULL }, { "M\303\234NCHEN.test", ACE ".test", NULL }, { ACE ".test", NULL, MUE ".test" },
	{ "XN--MNCHEN-3YA.test", NULL, MUE ".test" }, { "From:a@" MUE ".test", "From:a@" ACE ".test", NULL }, { "." ACE ".test", NULL, "." MUE ".test" },
	{ "j\303\266rg@here.test", NULL, NULL }, { "j\303\266rg@" MUE ".test", "j\303\266rg@" ACE ".test", NULL }, { ACE "@here.test", NULL, NULL },
	{ "a." MUE "." ACE ".x", "a." ACE "." ACE ".x", "a." MUE "." MUE ".x" }, { "\344.test", NULL, NULL }, { "xn--999999999.test", NULL, NULL },
	{ "[" MUE "]", "[" ACE "]", NULL }, { MUE, ACE, NULL },
};

static void
test_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct arena *a = arena_new(ARENA_DEFAULT);
		struct str out;

		assert_int_equal(idna_key(str_c(keys[i].key), true, a, &out), keys[i].ascii != NULL);
		assert_string_equal(arena_cstr(a, out), keys[i].ascii != NULL ? keys[i].ascii : keys[i].key);
		assert_int_equal(idna_key(str_c(keys[i].key), false, a, &out), keys[i].letters != NULL);
		assert_string_equal(arena_cstr(a, out), keys[i].letters != NULL ? keys[i].letters : keys[i].key);
		if (keys[i].ascii != NULL || keys[i].letters != NULL)
			assert_true(idna_key_may(str_c(keys[i].key)));
		arena_free(&a);
	}
	assert_false(idna_key_may(STR("From:x-n--y@here-and.test")));
}

static void
test_long(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct buf b;
	struct str out;

	(void)state;
	buf_init(&b, 0);
	for (int i = 0; i < 2000; i++)
		buf_addc(&b, MUE ".");
	assert_false(idna_key(buf_str(&b), true, a, &out));
	assert_int_equal(out.n, b.n);
	assert_int_equal(idna_to_ascii(buf_str(&b), a, &out, NULL), -1);
	buf_done(&b);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_key), cmocka_unit_test(test_long) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
