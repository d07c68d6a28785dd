/*
 * msg_test - what is put is got; anything shorter, longer or out of range is bad.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "proc/msg.h"

static void
round_trip(void **state)
{
	struct buf	b;
	struct msg_in	in;
	struct err	e = ERR_INIT, e2 = ERR_INIT;
	struct str	s;

	(void)state;
	buf_init(&b, 0);
	err_set(&e, ERR_PERM, "no such thing");
	e.sys = 2;
	msg_put_u8(&b, 200);
	msg_put_u16(&b, 0xbeef);
	msg_put_u32(&b, 0xdeadbeef);
	msg_put_u64(&b, UINT64_MAX - 1);
	msg_put_i64(&b, -7);
	msg_put_bool(&b, true);
	msg_put_str(&b, STR("text"));
	msg_put_str(&b, STR(""));
	msg_put_str(&b, STR_NONE);
	msg_put_err(&b, &e);
	assert_true(buf_ok(&b));
	for (size_t cut = 0; cut <= b.n; cut++) {
		char *copy = malloc(cut + 1);		/* exact: reading past the end is seen */

		memcpy(copy, b.p, cut);
		in = msg_in(str_mem(copy, cut));
		bool same = msg_u8(&in) == 200 && msg_u16(&in) == 0xbeef && msg_u32(&in) == 0xdeadbeef &&
		    msg_u64(&in) == UINT64_MAX - 1 && msg_i64(&in) == -7 && msg_bool(&in) &&
		    str_eq_c(msg_str(&in, 10), "text");
		s = msg_str(&in, 10);
		same = same && !str_is_none(s) && s.n == 0;
		same = same && str_is_none(msg_str(&in, 10));
		msg_err(&in, &e2);
		assert_int_equal(same && msg_end(&in), cut == b.n);
		free(copy);
	}
	assert_int_equal(e2.class, ERR_PERM);
	assert_int_equal(e2.sys, 2);
	assert_string_equal(e2.text, "no such thing");
	buf_done(&b);
}

static void
refuses(void **state)
{
	struct msg_in in;

	(void)state;
	in = msg_in(str_mem("\2", 1));
	assert_false(msg_bool(&in));
	assert_true(in.bad);
	in = msg_in(str_mem("\4\0\0\0abcd", 8));
	assert_int_equal(msg_str(&in, 3).n, 0);		/* above its limit */
	assert_true(in.bad);
	in = msg_in(str_mem("\1\0\0\0", 4));
	(void)msg_str(&in, 10);
	assert_false(msg_end(&in));
	in = msg_in(str_mem("\1x", 2));
	assert_int_equal(msg_u8(&in), 1);
	assert_false(msg_end(&in));			/* one byte is left */
	in = msg_in(STR("\1"));
	(void)msg_u32(&in);
	assert_int_equal(msg_u8(&in), 0);		/* once bad, always zero */
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(round_trip), cmocka_unit_test(refuses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
