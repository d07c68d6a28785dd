#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base_int.h"
#include "base/enc.h"
#include "base/test_input.h"
#include "base/utf8.h"

typedef int	code_fn(struct buf *, struct str);

struct row {
	const char	*plain, *coded;		/* plain NULL: decoding is refused */
};

static void
both_ways(code_fn *enc, code_fn *dec, const struct row *r, size_t n)
{
	struct buf	b;

	buf_init(&b, 0);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&b);
		buf_addc(&b, "=");
		assert_int_equal(dec(&b, test_input(r[i].coded)), r[i].plain == NULL ? -1 : 0);
		assert_string_equal(buf_c(&b) + 1, r[i].plain == NULL ? "" : r[i].plain);
		if (r[i].plain == NULL)
			continue;
		buf_clear(&b);
		assert_int_equal(enc(&b, test_input(r[i].plain)), 0);
		assert_string_equal(buf_c(&b), r[i].coded);
	}
	buf_done(&b);
	test_input_free();
}

static void
base64(void **state)
{
	static const struct row	rows[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd", "//79" },
		{ NULL, "Zg" }, { NULL, "Zg=" }, { NULL, "Zh==" }, { NULL, "Zm9=" }, { NULL, "Z===" }, { NULL, "====" },
		{ NULL, "Zm9v\n" }, { NULL, "Zg==Zg==" }, { NULL, "Zm9-" }, { NULL, "=m9v" },
	};

	(void)state;
	both_ways(enc_b64, dec_b64, rows, sizeof rows / sizeof rows[0]);
}

static void
hex(void **state)
{
	static const struct row	rows[] = {
		{ "", "" }, { "\x01\xab", "01ab" }, { NULL, "0" }, { NULL, "0g" }, { NULL, "+1" },
	};
	struct buf	b;

	(void)state;
	both_ways(enc_hex, dec_hex, rows, sizeof rows / sizeof rows[0]);
	buf_init(&b, 0);
	assert_int_equal(dec_hex(&b, STR("4A")), 0);
	assert_string_equal(buf_c(&b), "J");
	buf_done(&b);
}

static void
xtext(void **state)
{
	static const struct row	rows[] = {
		{ "user@example.org", "user@example.org" }, { "a+b=c d", "a+2Bb+3Dc+20d" }, { "\xc3\xbc", "+C3+BC" },
		{ NULL, "a b" }, { NULL, "a=" }, { NULL, "+" }, { NULL, "+2" }, { NULL, "+2b" }, { NULL, "+XY" }, { NULL, "\x80" },
	};

	(void)state;
	both_ways(enc_xtext, dec_xtext, rows, sizeof rows / sizeof rows[0]);
}

static void
utf7(void **state)
{
	static const struct row	rows[] = {
		{ "INBOX", "INBOX" }, { "a&b", "a&-b" }, { "&&", "&-&-" },
		{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
		    "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
		{ "Entw\xc3\xbcrfe", "Entw&APw-rfe" }, { "\xf0\x9f\x98\x80", "&2D3eAA-" }, { "\xc3\xbc&\xc3\xbc", "&APw-&-&APw-" },
		{ NULL, "&" }, { NULL, "a&b" }, { NULL, "&APw" }, { NULL, "&AGE-" }, { NULL, "\xc3\xbc" }, { NULL, "&APw-&APw-" },
		{ NULL, "&2D0-" }, { NULL, "&3gA-" }, { NULL, "&APx-" }, { NULL, "&APwA-" }, { NULL, "&AP/-" }, { NULL, "a\n" },
	};

	(void)state;
	both_ways(enc_utf7m, dec_utf7m, rows, sizeof rows / sizeof rows[0]);
}

static void
checksums(void **state)
{
	unsigned char	b[1024];

	(void)state;
	assert_true(crc32c(0, "123456789", 9) == 0xe3069283u);
	assert_true(crc32c_portable(0, "123456789", 9) == 0xe3069283u);
	assert_true(crc32c(0, "", 0) == 0);
	for (size_t i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)(i * i + 7);
	for (size_t n = 0; n < 64; n++)
		for (size_t at = 0; at < 9; at++)
			assert_true(crc32c(5, b + at, 900 + n) == crc32c_portable(5, b + at, 900 + n));
	assert_true(crc32c(crc32c(0, b, 100), b + 100, 924) == crc32c(0, b, 1024));
}

static void
code_points(void **state)
{
	static const struct {
		const char	*in;
		uint32_t	 cp;		/* 0: invalid */
	} cases[] = {
		{ "a", 'a' }, { "\xc3\xbc", 0xfc }, { "\xe2\x82\xac", 0x20ac }, { "\xf0\x9f\x98\x80", 0x1f600 },
		{ "\xf4\x8f\xbf\xbf", 0x10ffff }, { "\xed\x9f\xbf", 0xd7ff },
		{ "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xe0\x9f\xbf", 0 }, { "\xf0\x8f\xbf\xbf", 0 }, { "\xed\xa0\x80", 0 },
		{ "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 }, { "\x80", 0 }, { "\xc3", 0 }, { "\xe2\x82", 0 },
		{ "\xe2\x28\xa1", 0 }, { "\xff", 0 }, { "", 0 },
	};
	struct buf	b;
	uint32_t	cp;
	size_t		n;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		n = utf8_next(test_input(cases[i].in), &cp);
		assert_int_equal(n, cases[i].cp == 0 ? 0 : strlen(cases[i].in));
		if (n == 0)
			continue;
		assert_int_equal(cp, cases[i].cp);
		buf_clear(&b);
		assert_int_equal(utf8_add(&b, cp), 0);
		assert_string_equal(buf_c(&b), cases[i].in);
	}
	assert_int_equal(utf8_add(&b, 0xd800), -1);
	assert_int_equal(utf8_add(&b, 0x110000), -1);
	buf_done(&b);
	assert_true(utf8_valid(test_input("gr\xc3\xbc\xc3\x9f" "e")) && utf8_valid(STR_NONE));
	assert_false(utf8_valid(test_input("gr\xfc\xdf" "e")));
	assert_true(str_is_ascii(test_input("abc\x7f")) && !str_is_ascii(test_input("\x80")));
	test_input_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64), cmocka_unit_test(hex), cmocka_unit_test(xtext), cmocka_unit_test(utf7),
		cmocka_unit_test(checksums), cmocka_unit_test(code_points)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
