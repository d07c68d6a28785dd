/*
 * Addresses into tokens, and what is said about those that are broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/test_input.h"
#include "rule/tok.h"

static const struct {
	const char	*in, *want;	/* tokens between bars */
	enum tok_fault	 fault;		/* the last one */
} cases[] = {
	{ "a@b.c", "a|@|b|.|c", TOK_OK },
	{ "  a  b\t", "a|b", TOK_OK },
	{ "a (com (nested) \\) ) b", "a|b", TOK_OK },
	{ "a\"b c\"d", "a|\"b c\"|d", TOK_OK },
	{ "\"a\\\"b\"", "\"a\\\"b\"", TOK_OK },
	{ "a\\ b\\<c", "a\\ b\\<c", TOK_OK },
	{ "a\\!b", "a|!|b", TOK_OK },			/* csh */
	{ "a\\", "a", TOK_OK },
	{ "\\", "", TOK_OK },
	{ "", "", TOK_OK },
	{ "a;b,c", "a|;|b|,|c", TOK_OK },
	{ "[IPv6:::1]", "[|IPv6|:|:|:|1|]", TOK_OK },
	{ "\"a", "\"a\"", TOK_OPEN_QUOTE },
	{ "\"a\\", "\"a\\\"\"", TOK_OPEN_QUOTE },
	{ "a (b", "a", TOK_OPEN_PAREN },
	{ "a)b", "ab", TOK_CLOSE_PAREN },
	{ "<a", "<|a|>", TOK_OPEN_ANGLE },
	{ "<<a>", "<|<|a|>|>", TOK_OPEN_ANGLE },
	{ "<a\\", "<|a\\>|>", TOK_OPEN_ANGLE },
	{ "a>b", "ab", TOK_CLOSE_ANGLE },
	{ "\303\251@x", "\303\251|@|x", TOK_OK },
};

static void
test_scan(void **state)
{
	struct arena		*m = arena_new(ARENA_FUZZ);
	struct tok_chars	 chars;
	struct tok_in		 in = { &chars, 0, 0, m, NULL, NULL };
	struct rule_tok		 tok[64];
	struct buf		 b;

	(void)state;
	tok_chars_set(&chars, STR(".:%@!^/[]+"));
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum tok_fault	fault;
		int		n = tok_scan(&in, test_input(cases[i].in), tok, 64, NULL, &fault);

		assert_true(n >= 0);
		buf_clear(&b);
		for (int k = 0; k < n; k++) {
			if (k > 0)
				buf_addch(&b, '|');
			buf_addmem(&b, tok[k].p, tok[k].n);
		}
		assert_string_equal(buf_c(&b), cases[i].want);
		assert_int_equal(fault, cases[i].fault);
		assert_int_equal(tok_is_sound(&chars, test_input(cases[i].in)), fault == TOK_OK);
	}
	buf_done(&b);
	arena_free(&m);
	test_input_free();
}

static void
test_lists(void **state)
{
	struct arena		*m = arena_new(ARENA_FUZZ);
	struct tok_chars	 chars;
	struct tok_in		 in = { &chars, TOK_COMMENTS, ',', m, NULL, NULL };
	struct rule_tok		 tok[8];
	size_t			 used;

	(void)state;
	tok_chars_set(&chars, STR(".:%@!^/[]+"));
	assert_int_equal(tok_scan(&in, test_input("a,b"), tok, 8, &used, NULL), 1);
	assert_int_equal(used, 1);
	assert_int_equal(tok_scan(&in, test_input("<@a,@b:c>,d"), tok, 8, &used, NULL), -1);	/* more than 8 */
	assert_int_equal(tok_scan(&in, test_input("\"a,b\",c"), tok, 8, &used, NULL), 1);
	assert_int_equal(used, 5);
	in.delim = 0;
	assert_int_equal(tok_scan(&in, test_input("(a)"), tok, 8, &used, NULL), 3);
	arena_free(&m);
	test_input_free();
}

static void
test_join(void **state)
{
	struct tok_chars	chars;
	const struct rule_tok	tok[] = { { "a", 1, 0 }, { "b", 1, 0 }, { "@", 1, 0 }, { "\"q\"", 3, 0 }, { "c", 1, 0 } };
	struct buf		b;

	(void)state;
	tok_chars_set(&chars, STR("@"));
	buf_init(&b, 0);
	tok_join(&chars, tok, 5, '_', &b);
	assert_string_equal(buf_c(&b), "a_b@\"q\"c");
	buf_clear(&b);
	tok_join(&chars, tok, 2, '\0', &b);
	assert_string_equal(buf_c(&b), "ab");
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_scan), cmocka_unit_test(test_lists), cmocka_unit_test(test_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
