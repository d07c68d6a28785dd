#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/test_input.h"

#define T	test_input

static void
comparing(void **state)
{
	(void)state;
	assert_true(str_eq(T("abc"), T("abc")));
	assert_false(str_eq(T("abc"), T("abd")));
	assert_false(str_eq(T("abc"), T("ab")));
	assert_true(str_eq(STR_NONE, T("")));
	assert_true(str_eq_c(T("abc"), "abc"));
	assert_true(str_caseeq(T("Abc[@"), T("aBC[@")));
	assert_false(str_caseeq(T("["), T("{")));
	assert_true(str_caseeq_c(T("HELO"), "helo"));
	assert_int_equal(str_cmp(T("a"), T("b")), -1);
	assert_int_equal(str_cmp(T("ab"), T("a")), 1);
	assert_int_equal(str_cmp(T("\xff"), T("a")), 1);
	assert_int_equal(str_cmp(STR_NONE, T("")), 0);
	assert_int_equal(str_casecmp(T("A\xff"), T("a\x01")), 1);
	assert_int_equal(str_casecmp(T("AB"), T("ab")), 0);
	assert_int_equal(str_casecmp(T("A"), T("ab")), -1);
	assert_true(str_starts(T("abc"), T("ab")));
	assert_false(str_starts(T("a"), T("ab")));
	assert_true(str_starts(T("a"), STR_NONE));
	assert_true(str_casestarts(T("MAIL FROM"), T("mail")));
	assert_true(str_ends(T("abc"), T("bc")));
	assert_false(str_ends(T("c"), T("bc")));
	assert_true(str_caseends(T("x.ORG"), T(".org")));
	assert_true(str_has_nul(test_input_mem("a\0b", 3)));
	assert_false(str_has_nul(T("ab")));
	test_input_free();
}

static void
searching(void **state)
{
	(void)state;
	assert_int_equal(str_chr(T("abcb"), 'b'), 1);
	assert_int_equal(str_rchr(T("abcb"), 'b'), 3);
	assert_true(str_chr(T("abc"), 'x') == SIZE_MAX);
	assert_true(str_rchr(STR_NONE, 'x') == SIZE_MAX);
	assert_true(str_chr(STR_NONE, 'x') == SIZE_MAX);
	assert_int_equal(str_find(T("aaab"), T("aab")), 1);
	assert_int_equal(str_find(T("abc"), T("")), 0);
	assert_true(str_find(T("ab"), T("abc")) == SIZE_MAX);
	assert_true(str_find(T("abab"), T("ac")) == SIZE_MAX);
	assert_int_equal(str_find(T("abc"), T("c")), 2);
	assert_int_equal(str_casefind(T("xxAbC"), T("aBc")), 2);
	assert_true(str_casefind(T("x"), T("xy")) == SIZE_MAX);
	test_input_free();
}

static void
cutting(void **state)
{
	struct str	s, o;
	char		c[4];

	(void)state;
	assert_true(str_eq_c(str_from(T("abc"), 1), "bc"));
	assert_true(str_eq_c(str_from(T("abc"), 9), ""));
	assert_true(str_eq_c(str_first(T("abc"), 2), "ab"));
	assert_true(str_eq_c(str_sub(T("abcd"), 1, 3), "bc"));
	assert_true(str_eq_c(str_sub(T("abcd"), 3, 1), ""));
	assert_true(str_eq_c(str_trim(T(" \t a b\r\n")), "a b"));
	assert_true(str_eq_c(str_trim(T(" \t ")), ""));
	s = T("a,,b");
	assert_true(str_split(&s, ',', &o) && str_eq_c(o, "a"));
	assert_true(str_split(&s, ',', &o) && o.n == 0);
	assert_true(str_split(&s, ',', &o) && str_eq_c(o, "b"));
	assert_false(str_split(&s, ',', &o));
	s = T("");
	assert_true(str_split(&s, ',', &o) && o.n == 0);
	assert_false(str_split(&s, ',', &o));
	s = T("  one\ttwo ");
	assert_true(str_word(&s, &o) && str_eq_c(o, "one"));
	assert_true(str_word(&s, &o) && str_eq_c(o, "two"));
	assert_false(str_word(&s, &o));
	assert_int_equal(str_copy(c, sizeof c, T("abc")), 0);
	assert_string_equal(c, "abc");
	assert_int_equal(str_copy(c, sizeof c, T("abcd")), -1);
	assert_string_equal(c, "");
	assert_int_equal(str_copy(c, sizeof c, test_input_mem("a\0b", 3)), -1);
	assert_int_equal(str_copy(c, sizeof c, STR_NONE), 0);
	test_input_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing), cmocka_unit_test(searching), cmocka_unit_test(cutting)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
