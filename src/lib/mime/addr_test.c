#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/test_input.h"
#include "mime/addr.h"

#define COUNT(a)	(sizeof(a) / sizeof (a)[0])

/* One line an entry: kind name|comment|route|local|domain|raw, '-' for what is not there, '!' when bad. */
static void
show_str(struct buf *b, struct str s)
{
	if (str_is_none(s))
		buf_addch(b, '-');
	else
		buf_add(b, s);
	buf_addch(b, '|');
}

static void
show(struct buf *b, const struct addr_list *l)
{
	const struct addr	*a;

	for (size_t i = 0; i < l->n; i++) {
		a = &l->v[i];
		buf_addch(b, "mge"[a->kind]);
		buf_addc(b, a->bad ? "!" : " ");
		if (a->kind == ADDR_MAILBOX) {
			show_str(b, a->name);
			show_str(b, a->comment);
			show_str(b, a->route);
			show_str(b, a->local);
			show_str(b, a->domain);
			buf_add(b, a->raw);
		} else if (a->kind == ADDR_GROUP)
			show_str(b, a->name);
		buf_addch(b, '\n');
	}
}

static const struct {
	const char	*in, *want;
} cases[] = {
	{ "", "" },
	{ "a@b.c", "m -|-|-|a|b.c|a@b.c\n" },
	{ "John Doe <john@x.org>", "m John Doe|-|-|john|x.org|John Doe <john@x.org>\n" },
	{ "\"Doe, John\" <j@x>,, b@y ,", "m Doe, John|-|-|j|x|\"Doe, John\" <j@x>\nm -|-|-|b|y|b@y\n" },
	{ "j.r@x (J. R. (Bob))", "m -|J. R. (Bob)|-|j.r|x|j.r@x (J. R. (Bob))\n" },
	{ "<>", "m -|-|-||-|<>\n" },
	{ "J.R. Smith <j@x>", "m J.R. Smith|-|-|j|x|J.R. Smith <j@x>\n" },
	{ "<@a,@b:u@c>, d@e", "m -|-|@a,@b|u|c|<@a,@b:u@c>\nm -|-|-|d|e|d@e\n" },
	{ "\"a b\".c@x", "m -|-|-|a b.c|x|\"a b\".c@x\n" },
	{ "u@[IPv6:::1]", "m -|-|-|u|[IPv6:::1]|u@[IPv6:::1]\n" },
	{ "friends: a@b, C <c@d>;, e@f", "g friends|\nm -|-|-|a|b|a@b\nm C|-|-|c|d|C <c@d>\ne \nm -|-|-|e|f|e@f\n" },
	{ "undisclosed-recipients:;", "g undisclosed-recipients|\ne \n" },
	{ "node::user", "m!-|-|-|node::user|-|node::user\n" },
	{ "my group: a@b", "g my group|\nm -|-|-|a|b|a@b\ne \n" },
	{ "a . b @ c . d", "m -|-|-|a.b|c.d|a . b @ c . d\n" },
	{ "\"\" <a@b>", "m |-|-|a|b|\"\" <a@b>\n" },
	{ "=?utf-8?q?x?= <a@b>", "m =?utf-8?q?x?=|-|-|a|b|=?utf-8?q?x?= <a@b>\n" },
	{ "a@b;c@d", "m -|-|-|a|b|a@b\nm -|-|-|c|d|c@d\n" },
	/* what is no address */
	{ "root", "m!-|-|-|root|-|root\n" },
	{ "John Doe", "m!-|-|-|John Doe|-|John Doe\n" },
	{ "a b@c", "m!-|-|-|a b|c|a b@c\n" },
	{ "a@b@c", "m!-|-|-|a@b|c|a@b@c\n" },
	{ "a@", "m!-|-|-|a||a@\n" },
	{ "@b", "m!-|-|-||b|@b\n" },
	{ "a..b@c", "m!-|-|-|a..b|c|a..b@c\n" },
	{ "a@b. ", "m!-|-|-|a|b.|a@b.\n" },
	{ "<a@b", "m!-|-|-|a|b|<a@b\n" },
	{ "<a@b> junk", "m!-|-|-|a|b|<a@b> junk\n" },
	{ "<a@b, c@d", "m!-|-|-|a|b|<a@b\nm -|-|-|c|d|c@d\n" },
	{ "\"unclosed <a@b>", "m!-|-|-|unclosed <a@b>|-|\"unclosed <a@b>\n" },
	{ "(only a comment)", "" },
};

static void
lists(void **state)
{
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct addr_list	 l;
	struct buf		 b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&b);
		assert_int_equal(addr_parse(m, test_input(cases[i].in), &l), 0);
		show(&b, &l);
		if (!str_eq_c(buf_str(&b), cases[i].want))
			printf("# %s\n# got %s\n", cases[i].in, buf_c(&b));
		assert_string_equal(buf_c(&b), cases[i].want);
	}
	buf_done(&b);
	arena_free(&m);
	test_input_free();
}

static void
prints(void **state)
{
	static const struct {
		const char	*in, *want;
	} rows[] = {
		{ "Joe  <a@b>,c@d", "Joe <a@b>, c@d" }, { "g:a@b,c@d;,e@f", "g: a@b, c@d;, e@f" },
		{ "\"Doe, J.\"<\"x y\"@b>", "\"Doe, J.\" <\"x y\"@b>" }, { "a@b (x(y)\\z)", "a@b (x\\(y\\)z)" },
		{ "<@r:a@b>", "<@r:a@b>" }, { "<>", "<>" }, { "g:;", "g:;" }, { "\"\" <a@b>", "\"\" <a@b>" },
	};
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct addr_list	 l;
	struct buf		 b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_clear(&b);
		addr_parse(m, test_input(rows[i].in), &l);
		assert_int_equal(addr_print(&b, &l), 0);
		assert_string_equal(buf_c(&b), rows[i].want);
	}
	assert_true(str_eq_c(addr_only(m, test_input("Joe <a@b>")), "a@b"));
	assert_true(str_eq_c(addr_only(m, test_input(" root ")), "root"));
	assert_true(str_eq_c(addr_only(m, test_input("<\"a b\"@c>")), "\"a b\"@c"));
	assert_true(addr_is_dot_atom(STR("a.b+c")) && !addr_is_dot_atom(STR("a..b")) && !addr_is_dot_atom(STR(".a")) &&
	    !addr_is_dot_atom(STR("")) && !addr_is_dot_atom(STR("a.")) && !addr_is_dot_atom(STR("a b")));
	buf_done(&b);
	arena_free(&m);
	test_input_free();
}

static void
too_many(void **state)
{
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct addr_list	 l;
	struct buf		 b;

	(void)state;
	buf_init(&b, 0);
	for (int i = 0; i <= ADDR_MAX; i++)
		buf_addc(&b, "a@b,");
	assert_int_equal(addr_parse(m, buf_str(&b), &l), -1);
	assert_int_equal(l.n, ADDR_MAX);
	buf_done(&b);
	arena_free(&m);
}

/* sendmail's ColonOkInAddr, and how a group ended. */
static void
colon(void **state)
{
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct addr_list	 l;

	(void)state;
	assert_int_equal(addr_parse_colon(m, STR("one, host:user, a; b"), true, &l), 0);
	assert_int_equal(l.n, 3);
	assert_true(l.v[1].kind == ADDR_MAILBOX && str_eq_c(l.v[1].raw, "host:user"));
	assert_true(str_eq_c(l.v[2].raw, "a; b"));
	assert_int_equal(addr_parse_colon(m, STR("g: a, b; , h: c"), false, &l), 0);
	assert_int_equal(l.n, 7);
	assert_true(l.v[3].kind == ADDR_GROUP_END && str_eq_c(l.v[3].raw, ";"));
	assert_true(l.v[6].kind == ADDR_GROUP_END && l.v[6].raw.n == 0);
	arena_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colon), cmocka_unit_test(lists), cmocka_unit_test(prints), cmocka_unit_test(too_many)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
