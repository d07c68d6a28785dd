#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/test_input.h"
#include "mime/charset.h"
#include "mime/ctype.h"
#include "mime/word.h"
#include "mime/xfer.h"

#define T		test_input
#define COUNT(a)	(sizeof(a) / sizeof (a)[0])

static void
words(void **state)
{
	static const struct {
		const char	*in, *want;
	} cases[] = {
		{ "plain", "plain" }, { "=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xc3\xa9 Pirard" },
		{ "=?utf-8?B?w7w=?=\r\n =?utf-8?q?x_y?= z", "\xc3\xbcx y z" }, { "=?us-ascii*en?q?a?= b", "a b" },
		{ "=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "\xe2\x82\xac" }, { "=?iso-8859-15?q?=A4?=", "\xe2\x82\xac" },
		{ "=?windows-1252?q?=80?=", "\xe2\x82\xac" }, { "=?koi8-r?b?79A=?=", "\xd0\x9e\xd0\xbf" },
		{ "=?Windows-1251?q?=CF=F0?=", "\xd0\x9f\xd1\x80" }, { "=?iso-8859-2?q?=B1?=", "\xc4\x85" },
		{ "=?ISO-8859-8-I?q?=E0=FF?=", "\xd7\x90\xef\xbf\xbd" }, { "=?tis-620?q?=A1?=", "\xe0\xb8\x81" },
		{ "=?utf-8?q?bad=ff?=", "bad\xef\xbf\xbd" }, { "raw \xfc", "raw \xef\xbf\xbd" },
		{ "=?x-unknown?q?a?= =?x-unknown?q?b?=", "=?x-unknown?q?a?= =?x-unknown?q?b?=" },
		{ "=?utf-8?x?a?=", "=?utf-8?x?a?=" }, { "=?utf-8?q?a", "=?utf-8?q?a" }, { "=?", "=?" }, { "=?=?=?utf-8?q?a?=", "=?=?a" },
		{ "(=?utf-8?q?a?=)", "(a)" }, { "a\r\n b", "a b" }, { "=?//etc?q?a?=", "=?//etc?q?a?=" },
		{ "=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c" }, { "=?utf-8?q?=3D?=", "=" }, { "=?utf-8?q?" "?=x", "x" },
	};
	struct buf	b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&b);
		assert_int_equal(word_decode(&b, T(cases[i].in)), 0);
		assert_string_equal(buf_c(&b), cases[i].want);
	}
	buf_done(&b);
	test_input_free();
}

static void
charsets(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(charset_to_utf8(&b, T("UTF-16BE"), test_input_mem("\0a\x20\xac", 4)), 0);
	assert_string_equal(buf_c(&b), "a\xe2\x82\xac");
	assert_int_equal(charset_to_utf8(&b, T("no-such-charset"), T("x")), -1);
	assert_int_equal(charset_to_utf8(&b, T("UTF-8//TRANSLIT"), T("x")), -1);
	assert_int_equal(charset_to_utf8(&b, T(""), T("x")), -1);
	buf_clear(&b);
	assert_int_equal(charset_to_utf8(&b, T("shift_jis"), T("\x83\x65\xff\x81")), 0);
	assert_string_equal(buf_c(&b), "\xe3\x83\x86\xef\xbf\xbd\xef\xbf\xbd");
	buf_clear(&b);
	assert_int_equal(charset_to_utf8(&b, T("iso-2022-jp"), T("\x1b$B%F\x1b(Bx")), 0);
	assert_string_equal(buf_c(&b), "\xe3\x83\x86x");
	buf_done(&b);
	test_input_free();
}

static void
encodings(void **state)
{
	static const struct {
		enum xfer	 how;
		const char	*in, *want;
	} cases[] = {
		{ XFER_QP, "a=3Db=\r\nc", "a=bc" }, { XFER_QP, "a  \r\nb \t\n c", "a\r\nb\n c" }, { XFER_QP, "soft= \t\r\nx=\ny=", "softxy" },
		{ XFER_QP, "=C3=bc", "\xc3\xbc" }, { XFER_QP, "=zz=4=", "=zz=4" }, { XFER_QP, "a =20\r\n", "a  \r\n" },
		{ XFER_QP, "x= y", "x= y" }, { XFER_QP, "end  ", "end" }, { XFER_QP, "end=4", "end=4" }, { XFER_QP, "==41", "=A" },
		{ XFER_BASE64, "Zm9v\r\nYmFy", "foobar" }, { XFER_BASE64, "Zm8=", "fo" }, { XFER_BASE64, "Zg==Zg==", "ff" },
		{ XFER_BASE64, "Z*g==", "f" }, { XFER_BASE64, "Zm9", "fo" }, { XFER_7BIT, "as =3D is", "as =3D is" },
		{ XFER_UNKNOWN, "as is", "as is" },
	};
	struct xfer_dec	d;
	struct buf	b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t step = 1; step < 4; step++) {		/* in pieces of every size */
			struct str	s = T(cases[i].in);

			buf_clear(&b);
			xfer_dec_init(&d, cases[i].how);
			for (; s.n > 0; s = str_from(s, step))
				assert_int_equal(xfer_dec_add(&d, &b, test_input_mem(s.p, s.n < step ? s.n : step)), 0);
			assert_int_equal(xfer_dec_end(&d, &b), 0);
			assert_string_equal(buf_c(&b), cases[i].want);
		}
	assert_int_equal(xfer_by_name(T(" Quoted-Printable ; x")), XFER_QP);
	assert_int_equal(xfer_by_name(STR_NONE), XFER_7BIT);
	assert_int_equal(xfer_by_name(T("x-uuencode")), XFER_UNKNOWN);
	assert_string_equal(xfer_name(XFER_BASE64), "base64");
	buf_done(&b);
	test_input_free();
}

static void
encode(struct buf *b, enum xfer how, bool text, struct str s)
{
	struct xfer_enc	e;

	buf_clear(b);
	xfer_enc_init(&e, how, text);
	assert_int_equal(xfer_enc_add(&e, b, s), 0);
	assert_int_equal(xfer_enc_end(&e, b), 0);
}

static void
encoders(void **state)
{
	struct buf	b, c;
	struct str	left, line;
	char		bytes[1000];

	(void)state;
	buf_init(&b, 0);
	buf_init(&c, 0);
	encode(&b, XFER_QP, true, T("a=\xfc \r\n.\nFrom x\t\nend "));
	assert_string_equal(buf_c(&b), "a=3D=FC=20\r\n=2E\r\n=46rom x=09\r\nend=20");
	encode(&b, XFER_QP, false, T("a\r\n"));
	assert_string_equal(buf_c(&b), "a=0D=0A");
	encode(&b, XFER_QP, true, T("a\rb\r"));
	assert_string_equal(buf_c(&b), "a=0Db=0D");
	encode(&b, XFER_BASE64, false, T("foobar!"));
	assert_string_equal(buf_c(&b), "Zm9vYmFyIQ==\r\n");
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7);
	for (int how = XFER_QP; how <= XFER_BASE64; how++) {
		encode(&b, (enum xfer)how, false, test_input_mem(bytes, sizeof bytes));
		left = buf_str(&b);
		while (str_split(&left, '\n', &line))
			assert_true(line.n <= 77);
		buf_clear(&c);
		xfer_decode(&c, (enum xfer)how, buf_str(&b));
		assert_true(str_eq(buf_str(&c), str_mem(bytes, sizeof bytes)));
	}
	buf_done(&b);
	buf_done(&c);
	test_input_free();
}

static void
types(void **state)
{
	struct arena	*m = arena_new(ARENA_DEFAULT);
	struct ctype	 c;

	(void)state;
	assert_int_equal(ctype_parse(m, T("text/plain; charset=us-ascii (Plain text)"), &c), 0);
	assert_true(ctype_is(&c, "TEXT", "PLAIN") && ctype_is(&c, "text", NULL) && !c.bad);
	assert_true(str_eq_c(ctype_raw(&c, "Charset"), "us-ascii"));
	ctype_parse(m, T("multipart/mixed;\r\n boundary=\"a \\\"b\";;x=y "), &c);
	assert_true(str_eq_c(ctype_raw(&c, "boundary"), "a \"b") && str_eq_c(ctype_raw(&c, "x"), "y") && !c.bad);
	ctype_parse(m, T("application/pdf; name=my file[1].pdf; x"), &c);
	assert_true(str_eq_c(ctype_raw(&c, "name"), "my file[1].pdf") && c.bad);
	ctype_parse(m, T("text; a=b"), &c);
	assert_true(str_is_none(c.type) && c.bad && str_eq_c(ctype_raw(&c, "a"), "b"));
	ctype_parse(m, T(""), &c);
	assert_true(str_is_none(c.type) && c.bad);
	assert_true(str_is_none(ctype_raw(&c, "a")));
	ctype_parse_disposition(m, T("attachment; filename*=UTF-8''na%C3%AFve%20x; filename=naive"), &c);
	assert_true(str_eq_c(c.type, "attachment") && str_is_none(c.subtype) && !c.bad);
	assert_true(str_eq_c(ctype_raw(&c, "filename"), "naive"));
	arena_free(&m);
	test_input_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words), cmocka_unit_test(charsets), cmocka_unit_test(encodings), cmocka_unit_test(encoders),
		cmocka_unit_test(types)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
