#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/test_input.h"
#include "wire/imap_arg.h"
#include "wire/imap_put.h"
#include "wire/imap_set.h"

#define T		test_input
#define COUNT(a)	(sizeof(a) / sizeof (a)[0])

static struct arena	*m;

typedef bool	read_fn(struct imap_in *, struct str *);

static const struct {
	read_fn		*read;
	const char	*in;
	const char	*want;		/* NULL: refused */
	const char	*left;
	bool		 utf8;
} cases[] = {
	{ imap_tag, "a1 x", "a1", " x", false }, { imap_tag, "a+1", "a", "+1", false }, { imap_tag, "+", NULL, NULL, false },
	{ imap_tag, "", NULL, NULL, false }, { imap_tag, "]x[", "]x[", "", false },
	{ imap_atom, "FETCH (", "FETCH", " (", false }, { imap_atom, "\"q\"", NULL, NULL, false }, { imap_atom, "\xc3\xbc", NULL, NULL, false },
	{ imap_astring, "a]b c", "a]b", " c", false }, { imap_astring, "\"a \\\"b\\\\\" c", "a \"b\\", " c", false },
	{ imap_astring, "\"\"", "", "", false }, { imap_astring, "{3}\r\na\r\nb", "a\r\n", "b", false },
	{ imap_astring, "{3+}\r\nabc d", "abc", " d", false }, { imap_astring, "{4}\r\nabc", NULL, NULL, false },
	{ imap_astring, "{3}\nabc", NULL, NULL, false }, { imap_astring, "{3}", NULL, NULL, false },
	{ imap_astring, "{-1}\r\n", NULL, NULL, false }, { imap_astring, "{99999999999999999999}\r\n", NULL, NULL, false },
	{ imap_astring, "\"abc", NULL, NULL, false }, { imap_astring, "\"a\\c\"", NULL, NULL, false }, { imap_astring, "\"a\\", NULL, NULL, false },
	{ imap_astring, "\"\xc3\xbc\"", NULL, NULL, false }, { imap_astring, "\"\xc3\xbc\"", "\xc3\xbc", "", true },
	{ imap_astring, "\"\xfc\"", NULL, NULL, true }, { imap_astring, "\"a\rb\"", NULL, NULL, false }, { imap_astring, "(", NULL, NULL, false },
	{ imap_nstring, "nil)", "", ")", false }, { imap_nstring, "NILX", NULL, NULL, false }, { imap_nstring, "\"x\"", "x", "", false },
	{ imap_list_mailbox, "a/%* ", "a/%*", " ", false }, { imap_list_mailbox, "\"\"", "", "", false },
	{ imap_mailbox, "inBox", "INBOX", "", false }, { imap_mailbox, "Entw&APw-rfe", "Entw\xc3\xbcrfe", "", false },
	{ imap_mailbox, "a&b", NULL, NULL, false }, { imap_mailbox, "a&b", "a&b", "", true }, { imap_mailbox, "\"\xc3\xbc\"", "\xc3\xbc", "", true },
	{ imap_flag, "\\Seen x", "\\Seen", " x", false }, { imap_flag, "$Junk)", "$Junk", ")", false }, { imap_flag, "\\*)", "\\*", ")", false },
	{ imap_flag, "\\", NULL, NULL, false },
	{ imap_date_text, "1-Jan-2020 x", "1-Jan-2020", " x", false }, { imap_date_text, "\" 1-Jan-2020 01:02:03 +0000\"", " 1-Jan-2020 01:02:03 +0000", "", false },
	{ imap_set_text, "1:*,5 x", "1:*,5", " x", false }, { imap_set_text, "$", "$", "", false }, { imap_set_text, "x", NULL, NULL, false },
};

static void
readers(void **state)
{
	struct imap_in	in;
	struct str	out;
	bool		ok;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		imap_in_init(&in, m, T(cases[i].in));
		in.utf8 = cases[i].utf8;
		out = STR_NONE;
		ok = cases[i].read(&in, &out);
		if (ok != (cases[i].want != NULL))
			printf("# %s\n", cases[i].in);
		assert_int_equal(ok, cases[i].want != NULL);
		assert_int_equal(in.bad == NULL, ok);
		if (!ok)
			continue;
		assert_true(str_eq_c(out, cases[i].want));
		assert_true(str_eq_c(in.s, cases[i].left));
	}
	test_input_free();
}

static void
small_ones(void **state)
{
	struct imap_in		in;
	struct imap_literal	l;
	struct str		*v;
	uint32_t		n;
	uint64_t		big;
	size_t			count;

	(void)state;
	imap_in_init(&in, m, T("STORE 12 (\\Seen foo) 4294967296 0"));
	assert_false(imap_word(&in, "STOR"));
	assert_true(imap_word(&in, "store") && imap_sp(&in) && imap_nz_number(&in, &n) && n == 12 && imap_sp(&in));
	assert_true(imap_flags(&in, false, &v, &count) && count == 2 && str_eq_c(v[1], "foo"));
	assert_true(imap_sp(&in) && imap_number64(&in, &big) && big == 4294967296 && imap_sp(&in));
	assert_false(imap_nz_number(&in, &n));
	assert_string_equal(in.bad, "number must not be 0");
	imap_in_init(&in, m, T("4294967296"));
	assert_false(imap_number(&in, &n));
	imap_in_init(&in, m, T("() x"));
	assert_true(imap_flags(&in, false, &v, &count) && count == 0 && !imap_end(&in));
	imap_in_init(&in, m, T("\\A \\B"));
	assert_true(imap_flags(&in, true, &v, &count) && count == 2 && imap_end(&in));
	imap_in_init(&in, m, T("(a b"));
	assert_false(imap_flags(&in, true, &v, &count));
	assert_string_equal(in.bad, "\")\" expected");
	assert_true(imap_literal_at(T("a APPEND x {12}"), &l) && l.size == 12 && !l.plus && !l.binary);
	assert_true(imap_literal_at(T("x ~{0+}"), &l) && l.size == 0 && l.plus && l.binary);
	assert_true(imap_literal_at(T("\"a\\\"{\" {3}"), &l));
	assert_false(imap_literal_at(T("\"a {3}"), &l));
	assert_false(imap_literal_at(T("{3} "), &l) || imap_literal_at(T("{}"), &l) || imap_literal_at(T("3}"), &l) ||
	    imap_literal_at(T("{3+-}"), &l) || imap_literal_at(T(""), &l) || imap_literal_at(T("{9223372036854775808}"), &l));
	imap_in_init(&in, m, T("{5}"));
	assert_true(imap_literal_head(&in, &l) && l.size == 5 && imap_end(&in));
	imap_in_init(&in, m, T("x{5}"));
	assert_false(imap_literal_head(&in, &l));
	test_input_free();
}

static void
sets(void **state)
{
	static const struct {
		const char	*in;
		uint32_t	 star;
		const char	*want;		/* NULL: refused */
	} rows[] = {
		{ "1", 9, "1" }, { "3,1:2", 9, "1:3" }, { "*", 9, "9" }, { "12:*", 9, "9:12" }, { "*:7,2", 9, "2,7:9" },
		{ "1:4294967295,5", 9, "1:4294967295" }, { "1,3,5,4", 9, "1,3:5" }, { "5:1", 9, "1:5" }, { "*", 0, "" }, { "1:*", 0, "" },
		{ "", 9, NULL }, { "0", 9, NULL }, { "1,", 9, NULL }, { "01", 9, NULL }, { "1:2:3", 9, NULL }, { "a", 9, NULL },
		{ "4294967296", 9, NULL }, { "-1", 9, NULL }, { "1,$", 9, NULL },
	};
	struct imap_set	s;
	struct buf	b;
	uint32_t	n;

	(void)state;
	buf_init(&b, 0);
	for (size_t k = 0; k < COUNT(rows); k++) {
		assert_int_equal(imap_set_parse(m, T(rows[k].in), rows[k].star, &s), rows[k].want == NULL ? -1 : 0);
		if (rows[k].want == NULL)
			continue;
		buf_clear(&b);
		imap_set_print(&b, &s);
		assert_string_equal(buf_c(&b), rows[k].want);
	}
	assert_int_equal(imap_set_parse(m, STR("$"), 1, &s), 0);
	assert_true(s.saved && s.n == 0);
	assert_int_equal(imap_set_parse(m, T("2:3,7,9:10"), 1, &s), 0);
	assert_true(imap_set_has(&s, 9) && !imap_set_has(&s, 8) && !imap_set_has(&s, 1) && !imap_set_has(&s, 11));
	for (n = 30; n > 0; n -= 2)
		assert_int_equal(imap_set_add(m, &s, n), 0);
	for (n = 31; n < 40; n++)
		assert_int_equal(imap_set_add(m, &s, n), 0);
	buf_clear(&b);
	imap_set_print(&b, &s);
	assert_string_equal(buf_c(&b), "2:4,6:10,12,14,16,18,20,22,24,26,28,30:39");
	buf_done(&b);
	test_input_free();
}

static void
writing(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 0);
	imap_put_astring(&b, T("INBOX"), false);
	buf_addch(&b, ' ');
	imap_put_astring(&b, T("a \"b\\"), false);
	buf_addch(&b, ' ');
	imap_put_astring(&b, T("nil"), false);
	imap_put_string(&b, T("\xc3\xbc"), false);
	imap_put_string(&b, T("\xc3\xbc"), true);
	imap_put_string(&b, T("a\n"), true);
	imap_put_mailbox(&b, T("Entw\xc3\xbcrfe"), false);
	imap_put_astring(&b, STR(""), false);
	assert_string_equal(buf_c(&b),
	    "INBOX \"a \\\"b\\\\\" \"nil\"{2}\r\n\xc3\xbc\"\xc3\xbc\"{2}\r\na\nEntw&APw-rfe\"\"");
	buf_done(&b);
	test_input_free();
}

static int
set_up(void **state)
{
	(void)state;
	m = arena_new(ARENA_DEFAULT);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&m);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers), cmocka_unit_test(small_ones), cmocka_unit_test(sets), cmocka_unit_test(writing)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
