#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/milter_pkt.h"

static void
frames(void **state)
{
	struct str data;
	size_t used;
	char letter;

	(void)state;
	assert_int_equal(milter_frame(str_mem("\0\0\0", 3), 10, &letter, &data, &used), 0);
	assert_int_equal(milter_frame(str_mem("\0\0\0\0", 4), 10, &letter, &data, &used), -1);
	assert_int_equal(milter_frame(str_mem("\0\0\0\013", 4), 10, &letter, &data, &used), -1);
	assert_int_equal(milter_frame(str_mem("\xff\xff\xff\xff", 4), 10, &letter, &data, &used), -1);
	assert_int_equal(milter_frame(str_mem("\0\0\0\2c", 5), 10, &letter, &data, &used), 0);
	assert_int_equal(milter_frame(str_mem("\0\0\0\2hxy", 7), 10, &letter, &data, &used), 1);
	assert_int_equal(letter, 'h');
	assert_int_equal(used, 6);
	assert_true(str_eq_c(data, "x"));
}

static const struct {
	char	letter;
	bool	answer;
	const char *data;
	size_t	n;
	bool	good;
} cases[] = {
#define D(s)	s, sizeof(s) - 1
	{ 'c', true, D(""), true }, { 'c', true, D("x"), false }, { 'c', false, D(""), false }, { 'Z', true, D(""), false },
	{ 'h', true, D("Name\0value\0"), true }, { 'h', true, D("Name\0value"), true }, { 'h', true, D("Name\0"), true }, { 'h', true, D("Name"), false },
	{ 'h', true, D("Name\0value\0more"), false }, { 'm', true, D("\0\0\0\1X\0y\0"), true }, { 'm', true, D("\0\0\0"), false },
	{ '+', true, D("<a@b>\0"), true }, { '+', true, D("<a@b>"), true }, { '2', true, D("<a@b>\0"), true }, { '2', true, D("<a@b>\0A=B\0"), true },
	{ '2', true, D("<a@b>\0A=B"), false }, { 'e', true, D("<>\0"), true }, { 'y', true, D("550 x\0"), true }, { 'b', true, D("any\0thing"), true },
	{ 'O', true, D("\0\0\0\6\0\0\0\0\0\0\0\0"), true }, { 'O', true, D("\0\0\0\6\0\0\0\0\0\0\0"), false },
	{ 'O', true, D("\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\2i j\0"), true }, { 'O', false, D("\0\0\0\6\0\0\0\0\0\0\0\0x"), false },
	{ 'C', false, D("host\0U"), true }, { 'C', false, D("host\0" "4\0\031" "127.0.0.1\0"), true }, { 'C', false, D("host\0" "4\0"), false },
	{ 'C', false, D("host\0X\0\031x\0"), false }, { 'D', false, D("Ci\0id\0"), true }, { 'D', false, D(""), false }, { 'D', false, D("Ci"), false },
	{ 'M', false, D("<a@b>\0SIZE=1\0"), true }, { 'L', false, D("A\0b\0"), true }, { 'L', false, D("A\0b"), false }, { 'H', false, D("x\0"), true },
#undef D
};

static void
forms(void **state)
{
	struct milter_pkt k, l;
	struct str data;
	struct buf b;
	size_t used;
	char letter;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int rc = milter_parse(cases[i].letter, cases[i].answer, str_mem(cases[i].data, cases[i].n), &k);

		if ((rc == 0) != cases[i].good)
			print_message("case %zu, %c\n", i, cases[i].letter);
		assert_int_equal(rc, cases[i].good ? 0 : -1);
		if (rc == -1)
			continue;
		buf_clear(&b);
		assert_int_equal(milter_put(&b, cases[i].answer, &k), 0);
		assert_int_equal(milter_frame(buf_str(&b), MILTER_MAX, &letter, &data, &used), 1);
		assert_int_equal(used, b.n);
		assert_int_equal(milter_parse(letter, cases[i].answer, data, &l), 0);
		assert_true(milter_equal(&k, &l));
	}
	k = (struct milter_pkt){ .letter = 'H', .s = { str_mem("a\0b", 3) } };
	buf_clear(&b);
	assert_int_equal(milter_put(&b, false, &k), -1);
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

static void
lists(void **state)
{
	struct str rest = str_mem("\0\0\0\2i {x}\0\0\0\0\5\0\0\0\0\6broken", 24), s;
	uint32_t stage;

	(void)state;
	assert_true(milter_symlist(&rest, &stage, &s));
	assert_int_equal(stage, 2);
	assert_true(str_eq_c(s, "i {x}"));
	assert_true(milter_symlist(&rest, &stage, &s));
	assert_int_equal(stage, 5);
	assert_int_equal(s.n, 0);
	assert_false(milter_symlist(&rest, &stage, &s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(frames), cmocka_unit_test(forms), cmocka_unit_test(lists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
