/*
 * form_test - what is put by a form is got; anything shorter, longer or out of a row's range is bad; writes a seed for form_fuzz when asked to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form_kit.h"

static struct kit_item	items[4] = { { STR_INIT("a"), 1 }, { STR_INIT(""), 2 }, { { NULL, 0 }, 3 }, { STR_INIT("d"), 4 } };
static const char	*seed;

static struct kit
kit_full(void)
{
	return (struct kit){
		.u8 = 6, .u32 = 0xdeadbeef, .upto = 100, .u64 = UINT64_MAX - 1, .i64 = -7, .yes = true, .letter = 'b', .code = 75, .errnum = 111,
		.found = -1, .colour = KIT_BLUE, .line = STR("l\0ne"), .text = STR("text"), .why = STR("because"), .bytes = { 1, 2, 3 },
		.inner = { STR("in"), 25 }, .maybe = { STR("perhaps"), 587 }, .has = true, .six = { 1, 2, 3, 4, 5, 6 }, .nsome = 2,
		.some = { STR("one"), STR("two") }, .list = items, .nlist = 3, .local = 9
	};
}

static bool
item_same(const struct kit_item *a, const struct kit_item *b)
{
	return a->port == b->port && str_is_none(a->name) == str_is_none(b->name) && str_eq(a->name, b->name);
}

static void
round_trip(void **state)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct kit	 x = kit_full(), y;
	struct buf	 b;
	FILE		*f;

	(void)state;
	buf_init(&b, 0);
	form_put(&b, &kit, &x);
	assert_true(buf_ok(&b));
	for (size_t cut = 0; cut <= b.n; cut++) {
		char *copy = malloc(cut + 1);		/* exact: reading past the end is seen */

		memcpy(copy, b.p, cut);
		memset(&y, 0x55, sizeof y);
		assert_int_equal(form_get(str_mem(copy, cut), &kit, a, &y), cut == b.n ? 0 : -1);
		free(copy);
	}
	assert_int_equal(form_get(buf_str(&b), &kit, a, &y), 0);
	assert_true(y.u8 == x.u8 && y.u32 == x.u32 && y.upto == x.upto && y.u64 == x.u64 && y.i64 == x.i64 && y.yes && y.letter == x.letter);
	assert_true(y.code == x.code && y.errnum == x.errnum && y.found == -1 && y.colour == KIT_BLUE);
	assert_true(str_eq(y.line, x.line) && str_eq(y.text, x.text) && str_eq(y.why, STR("beca")));
	assert_memory_equal(y.bytes, x.bytes, 3);
	assert_memory_equal(y.six, x.six, sizeof x.six);
	assert_true(item_same(&y.inner, &x.inner) && y.has && item_same(&y.maybe, &x.maybe));
	assert_true(y.nsome == 2 && str_eq(y.some[0], x.some[0]) && str_eq(y.some[1], x.some[1]));
	assert_int_equal(y.nlist, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(item_same(&y.list[i], &items[i]));
	assert_int_equal(y.local, 0);
	if (seed != NULL && (f = fopen(seed, "w")) != NULL) {
		(void)fwrite(b.p, 1, b.n, f);
		(void)fclose(f);
	}
	buf_addch(&b, '\0');
	assert_int_equal(form_get(buf_str(&b), &kit, a, &y), -1);
	buf_done(&b);
	arena_free(&a);
}

/* The bytes are those of the calls that a form stands for. */
static void
bytes(void **state)
{
	struct kit_item	x = { STR("ab"), 0x1234 };
	struct buf	b, c;

	(void)state;
	buf_init(&b, 0);
	buf_init(&c, 0);
	form_put(&b, &kit_item, &x);
	msg_put_str(&c, STR("ab"));
	msg_put_u16(&c, 0x1234);
	assert_true(str_eq(buf_str(&b), buf_str(&c)));
	buf_done(&b);
	buf_done(&c);
}

/* Each of these is written as it is, and refused by who reads; what a mask says is dropped. */
static void
ranges(void **state)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct kit	 v[9], y;
	struct buf	 b;

	(void)state;
	for (size_t i = 0; i < 9; i++)
		v[i] = kit_full();
	v[0].u8 = 7;
	v[1].upto = 101;
	v[2].found = 2;
	v[3].colour = (enum kit_colour)0;
	v[4].colour = (enum kit_colour)(KIT_BLUE + 1);
	v[5].line = STR("123456789012345678901");
	v[6].text = STR("a\0b");
	v[7].nlist = 4;
	v[8].letter = '!';
	buf_init(&b, 0);
	for (size_t i = 0; i < 9; i++) {
		buf_clear(&b);
		form_put(&b, &kit, &v[i]);
		assert_int_equal(form_get(buf_str(&b), &kit, a, &y), -1);
	}
	v[0] = kit_full();
	v[0].nsome = 3;				/* no more than there are is read out of the array */
	buf_clear(&b);
	form_put(&b, &kit, &v[0]);
	assert_int_equal(form_get(buf_str(&b), &kit, a, &y), -1);
	v[0] = kit_full();
	v[0].code = -1;
	v[0].errnum = -1;
	v[0].has = false;
	buf_clear(&b);
	form_put(&b, &kit, &v[0]);
	assert_int_equal(form_get(buf_str(&b), &kit, a, &y), 0);
	assert_true(y.code == 0x7fff && y.errnum == INT32_MAX && !y.has && y.maybe.port == 0);
	buf_done(&b);
	arena_free(&a);
}

/* A count that the rest of the body cannot hold asks for no memory. */
struct many {
	struct kit_item	*item;
	size_t		 n;
};
FORM(many, struct many, NULL, FORM_LIST(struct many, item, n, kit_item, UINT32_MAX));

static void
counts(void **state)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct many	 m;
	struct buf	 b;
	size_t		 used;

	(void)state;
	buf_init(&b, 0);
	msg_put_u32(&b, UINT32_MAX);
	msg_put_str(&b, STR("x"));
	msg_put_u16(&b, 1);
	used = arena_used(a);
	assert_int_equal(form_get(buf_str(&b), &many, a, &m), -1);
	assert_int_equal(m.n, 0);
	assert_in_range(arena_used(a), used, used + 16);	/* an array of none, perhaps */
	buf_clear(&b);
	msg_put_u32(&b, 0);
	assert_int_equal(form_get(buf_str(&b), &many, a, &m), 0);
	assert_int_equal(m.n, 0);
	buf_done(&b);
	arena_free(&a);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(bytes), cmocka_unit_test(ranges), cmocka_unit_test(counts)
	};

	if (argc == 2)
		seed = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
