#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/test_input.h"
#include "mime/hdr.h"
#include "mime/lex.h"

#define T	test_input

static void
fields(void **state)
{
	struct str		s = T("From x Sat\r\nSubject : a\r\n b\n\tc\r\nEmpty:\n: no name\nX-\xff: y\nLast:z\r\n\r\nbody: b\r\n");
	struct hdr_field	f;
	struct arena		*m = arena_new(ARENA_DEFAULT);

	(void)state;
	assert_int_equal(hdr_next(&s, &f), -1);
	assert_true(str_eq_c(f.whole, "From x Sat\r\n"));
	assert_int_equal(hdr_next(&s, &f), 1);
	assert_true(str_eq_c(f.name, "Subject"));
	assert_true(str_eq_c(f.value, " a\r\n b\n\tc"));
	assert_true(str_eq_c(hdr_unfold(m, f.value), "a b\tc"));
	assert_int_equal(hdr_next(&s, &f), 1);
	assert_true(str_eq_c(f.name, "Empty") && f.value.n == 0);
	assert_int_equal(hdr_next(&s, &f), -1);
	assert_int_equal(hdr_next(&s, &f), -1);
	assert_int_equal(hdr_next(&s, &f), 1);
	assert_true(str_eq_c(f.value, "z"));
	assert_int_equal(hdr_next(&s, &f), 0);
	assert_true(str_eq_c(s, "body: b\r\n"));
	arena_free(&m);
	test_input_free();
}

static void
ends(void **state)
{
	struct hdr_field	f;
	struct str		s = T("A: b");

	(void)state;
	assert_int_equal(hdr_next(&s, &f), 1);
	assert_true(str_eq_c(f.value, " b"));
	assert_int_equal(hdr_next(&s, &f), 0);
	assert_true(hdr_find(T("A: 1\nb: 2\na: 3\n\nA: 4\n"), STR("A"), 1, &f) && str_eq_c(f.value, " 3"));
	assert_false(hdr_find(T("A: 1\n\nB: 4\n"), STR("B"), 0, &f));
	assert_true(hdr_name_ok(T("X-Y")) && !hdr_name_ok(T("X Y")) && !hdr_name_ok(T("")) && !hdr_name_ok(T("\xc3\xbc")));
	test_input_free();
}

static void
tokens(void **state)
{
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct lex		 l;
	struct lex_token	 t;

	(void)state;
	lex_init(&l, T(" a.b (c (d\\)) e)\r\n \"q\\\"r\"@[1.2]x"), LEX_ADDR);
	assert_int_equal(lex_next(&l, &t), LEX_ATOM);
	assert_true(str_eq_c(t.text, "a") && l.space);
	assert_int_equal(lex_next(&l, &t), LEX_CHAR);
	assert_true(str_eq_c(t.text, ".") && !l.space);
	lex_next(&l, &t);
	assert_true(str_is_none(l.comment));
	assert_int_equal(lex_next(&l, &t), LEX_QUOTED);
	assert_true(str_eq_c(l.comment, "c (d\\)) e"));
	assert_true(str_eq_c(lex_unquote(m, t.text), "q\"r"));
	lex_next(&l, &t);
	assert_int_equal(lex_next(&l, &t), LEX_LITERAL);
	assert_true(str_eq_c(t.text, "[1.2]"));
	lex_next(&l, &t);
	assert_int_equal(lex_next(&l, &t), LEX_END);
	assert_false(l.bad);
	for (size_t i = 0; i < 4; i++) {
		lex_init(&l, T((const char *const[]){ "\"abc", "(abc", "[abc", "\"abc\\" }[i]), LEX_ADDR);
		while (lex_next(&l, &t) != LEX_END)
			;
		assert_true(l.bad);
	}
	assert_true(str_eq_c(lex_quote(m, T("a\"b\\c\n")), "\"a\\\"b\\\\c \""));
	arena_free(&m);
	test_input_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields), cmocka_unit_test(ends), cmocka_unit_test(tokens)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
