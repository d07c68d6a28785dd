/*
 * Rules compiled from text and run, without a configuration file around them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/status.h"
#include "base/test_input.h"
#include "rule/build.h"
#include "rule/rule_int.h"

#define T	test_input

struct room {
	struct arena	*arena;
	struct rules	*rules;
	struct rule_ctx	*ctx;
};

static int
map_named(void *arg, struct str name)
{
	(void)arg;
	return str_eq_c(name, "store") ? 1 : str_eq_c(name, "host") ? 2 : 0;
}

/* Map 0 doubles its key, knows nothing of "none" and is down for "temp". */
static enum map_rc
lookup(void *arg, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	(void)arg;
	(void)e;
	if (str_eq_c(key, "none"))
		return MAP_NOTFOUND;
	if (str_eq_c(key, "temp"))
		return MAP_TEMP;
	buf_add(value, key);
	buf_addf(value, ".%d", map);
	for (size_t i = 0; i < nargs; i++) {
		buf_addch(value, '-');
		buf_add(value, args[i]);
	}
	return MAP_FOUND;
}

static int
macro(struct rules *r, const char *name)
{
	struct err	e = ERR_INIT;
	size_t		taken;

	return rules_name_take(r, str_c(name), &taken, &e);
}

/* lines: "S name", "R lhs\trhs" */
static struct room
room_make(const char *const *lines)
{
	struct room	m;
	struct err	e = ERR_INIT;
	int		set = -1;
	unsigned	n = 0;

	m.arena = arena_new(ARENA_DEFAULT);
	m.rules = rules_new(m.arena);
	rules_set_level(m.rules, 10);
	rules_set_operators(m.rules, STR(".:%@!^/[]+"));
	rules_set_blank_sub(m.rules, '.');
	rules_on_map(m.rules, map_named, NULL);
	rules_map_is_macro(m.rules, 1);
	rules_define(m.rules, macro(m.rules, "a"), STR("foo"));
	rules_define(m.rules, macro(m.rules, "{long}"), STR("$a.$?{none}x$|y$."));
	rules_class_add(m.rules, macro(m.rules, "w"), STR("here"));
	rules_class_add(m.rules, macro(m.rules, "w"), STR("mail.here"));
	for (; *lines != NULL; lines++) {
		struct str	s = str_c(*lines + 1), lhs;

		if (**lines == 'S')
			set = rules_set(m.rules, s, &e);
		else {
			assert_true(str_split(&s, '\t', &lhs));
			assert_int_equal(rules_add(m.rules, set, lhs, s, ++n, STR("x.mc:1"), NULL, NULL), 0);
		}
	}
	rules_finish(m.rules);
	m.ctx = rule_ctx_new(m.rules, NULL, lookup, NULL);
	return m;
}

static void
room_free(struct room *m)
{
	rule_ctx_free(&m->ctx);
	arena_free(&m->arena);
	test_input_free();
}

static void
expect(struct room *m, const char *set, const char *in, const char *want, int status)
{
	struct rule_out	o;
	struct buf	b;

	(void)rule_run(m->ctx, rules_find(m->rules, str_c(set)), T(in), &o);
	buf_init(&b, 0);
	rule_print(o.tok, o.ntok, &b);
	assert_string_equal(b.n > 0 ? buf_c(&b) + 1 : "", want);
	assert_int_equal(o.status, status);
	buf_done(&b);
	rule_reset(m->ctx);
}

static void
test_patterns(void **state)
{
	static const char *const lines[] = {
		"Sx", "R$* < $+ > $*\t$: $1 / $2 / $3", "R$=w . $+\t$@ class $1 rest $2", "R$+ . $~w\t$@ other $2",
		"R$-\t$@ one $1", "R$&a $*\t$@ macro $1", "R$* % $* % $*\t$@ $3 $2 $1", NULL
	};
	static const struct { const char *in, *want; } cases[] = {
		{ "a<b>c", "a / b / c" }, { "here.x", "class here rest x" }, { "mail.here.x.y", "class mail . here rest x . y" },
		{ "MAIL.Here.x", "class MAIL . Here rest x" }, { "q.z", "other z" }, { "word", "one word" },
		{ "foo bar", "macro bar" }, { "a%b%c%d", "c % d b a" }, { "a b", "a b" }, { "", "" },
	};
	struct room	m = room_make(lines);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(&m, "x", cases[i].in, cases[i].want, EXIT_OK);
	room_free(&m);
}

static void
test_right_sides(void **state)
{
	static const char *const lines[] = {
		"Ssub", "R$*\t$@ sub ( $1 )", "Smap", "R$- $*\t$: $(m $1 $@ $2 $: default $) end",
		"Stemp", "R$*\t$: $[ temp $: d e $]", "Snokey", "R$*\t$: $[ none $] $1",
		"Scall", "R$- $-\t$: $1 $> sub $2 $> sub x", "Striple", "R$*\t$# esmtp $@ host.x $: $1 < @ host.x >",
		"Sset", "R$-\t$: $(store {new} $@ $1 $)", "R$*\t$: $&{new} ${long} $&{long}",
		"Sloop", "R$*\t$1 x", "Srec", "R$*\t$: $> rec $1", "Sbad", "R$-\t$: $2", NULL
	};
	struct room	m = room_make(lines);
	struct rule_out	o;

	(void)state;
	expect(&m, "map", "key a b", "key . 0-a . b end", EXIT_OK);
	expect(&m, "map", "none a", "default end", EXIT_OK);
	expect(&m, "temp", "q", "d . e", EXIT_TEMPFAIL);
	expect(&m, "nokey", "q", "none q", EXIT_OK);
	expect(&m, "call", "a b", "a sub ( b sub ( x ) )", EXIT_OK);
	expect(&m, "set", "value", "value foo . y $a . $?{none}x$|y$ .", EXIT_OK);
	expect(&m, "rec", "x", "x", EXIT_CONFIG);
	expect(&m, "bad", "x", "x", EXIT_CONFIG);
	assert_int_equal(rule_run(m.ctx, rules_find(m.rules, STR("triple")), T("u"), &o), 0);
	assert_true(o.is_triple && o.has_host && o.has_user);
	assert_true(str_eq_c(o.mailer, "esmtp") && str_eq_c(o.host, "host.x") && str_eq_c(o.user, "u<@host.x>"));
	assert_int_equal(rule_run(m.ctx, rules_find(m.rules, STR("loop")), T("u"), &o), 0);
	assert_int_equal(o.ntok, 1 + RULE_MAXLOOP);
	assert_int_equal(rule_run2(m.ctx, -1, T("a.b"), T("c"), &o), 0);
	assert_int_equal(o.ntok, 5);
	room_free(&m);
}

/* Wildcards that could be extended for ever: the work is bounded by rules times tokens. */
static void
test_hostile(void **state)
{
	static const char *const lines[] = {
		"Sx", "R$* a $* a $* a $* a $* a $* a $* a $* b\tnever", "Sbig", "R$*\t$1 $1", NULL
	};
	struct room	m = room_make(lines);
	struct rule_out	o;
	struct buf	b;

	(void)state;
	buf_init(&b, 0);
	for (int i = 0; i < RULE_MAXATOM; i++)
		buf_addc(&b, i == 0 ? "b " : "a ");
	assert_int_equal(rule_run(m.ctx, rules_find(m.rules, STR("x")), buf_str(&b), &o), 0);
	assert_int_equal(o.ntok, RULE_MAXATOM);
	buf_addc(&b, "a");
	assert_int_equal(rule_run(m.ctx, -1, buf_str(&b), &o), -1);
	assert_int_equal(o.status, EXIT_DATAERR);
	assert_int_equal(rule_run(m.ctx, rules_find(m.rules, STR("big")), T("a b"), &o), -1);
	assert_int_equal(o.status, EXIT_DATAERR);
	buf_done(&b);
	room_free(&m);
}

static void
test_macros(void **state)
{
	static const char *const none[] = { NULL };
	struct room	 m = room_make(none);
	struct rule_ctx	*inner = rule_ctx_new(m.rules, m.ctx, NULL, NULL);
	struct buf	 b;

	(void)state;
	buf_init(&b, 0);
	assert_true(str_is_none(rule_macro_get(inner, STR("client_name"))));
	rule_macro_set_c(m.ctx, "client_name", "a$a.example");
	assert_int_equal(rule_expand(inner, STR("$?{client_name}<${client_name}>$|none$. $a $$ $?x no$."), &b), 0);
	assert_string_equal(buf_c(&b), "<a$a.example> foo $ ");
	rule_macro_set(inner, STR("{client_name}"), STR_NONE);
	assert_true(str_is_none(rule_macro_get(inner, STR("client_name"))));
	assert_false(str_is_none(rule_macro_get(m.ctx, STR("client_name"))));
	rule_macro_define(inner, STR("b"), STR("x$a"));
	assert_true(str_eq_c(rule_macro_value(inner, STR("b")), "xfoo"));
	assert_true(rule_class_has(inner, STR("w"), STR("HERE")));
	assert_int_equal(rule_class_add(m.ctx, STR("{More}"), STR("a.b")), 0);
	assert_true(rule_class_has(inner, STR("More"), STR("A.B")));
	rule_forget(m.ctx);
	assert_false(rule_class_has(inner, STR("More"), STR("A.B")));
	buf_done(&b);
	rule_ctx_free(&inner);
	room_free(&m);
}

static bool
count_stored(void *arg, struct str name, struct str value)
{
	(void)name;
	(void)value;
	++*(unsigned *)arg;
	return true;
}

/* A context may be one that was in use before: nothing of that is left, whatever configuration it was for. */
static void
test_again(void **state)
{
	static const char *const none[] = { NULL };
	struct room	 m = room_make(none), other = room_make(none);
	struct rule_ctx	*c, *d;
	unsigned	 stored;
	char		 name[32];

	(void)state;
	for (int turn = 0; turn < 20; turn++) {
		struct rules	*r = turn % 3 == 0 ? other.rules : m.rules;

		c = rule_ctx_new(r, NULL, NULL, NULL);
		d = rule_ctx_new(r, c, NULL, NULL);
		stored = 0;
		rule_macro_stored(c, count_stored, &stored);
		assert_int_equal(stored, 0);
		assert_true(str_is_none(rule_macro_get(d, STR("client_name"))));
		assert_true(str_eq_c(rule_macro_value(d, STR("a")), "foo"));
		assert_false(rule_class_has(c, STR("More"), STR("a.b")));
		for (int i = 0; i < (turn == 7 ? 200 : 5); i++) {
			(void)snprintf(name, sizeof name, "t%dn%d", turn, i);
			assert_int_equal(rule_macro_set_c(d, name, "x"), 0);
		}
		assert_int_equal(rule_macro_set_c(c, "client_name", "first"), 0);
		assert_int_equal(rule_macro_store(c, STR("kept"), STR("1")), 0);
		assert_int_equal(rule_macro_set_c(c, "a", "bar"), 0);
		assert_int_equal(rule_class_add(c, STR("More"), STR("a.b")), 0);
		rule_macro_stored(c, count_stored, &stored);
		assert_int_equal(stored, 1);
		for (int i = 0; i < 100; i++)	/* a value that is made of itself, and outgrows its room */
			assert_int_equal(rule_macro_set(c, STR("client_name"), str_first(arena_cat(rule_scratch(c), rule_macro_get(c, STR("client_name")),
			    STR(".and.more")), 400)), 0);
		assert_int_equal(rule_macro_set(c, STR("client_name"), str_from(rule_macro_get(c, STR("client_name")), 10)), 0);
		assert_int_equal(rule_macro_get(d, STR("client_name")).n, 390);
		assert_true(str_eq_c(rule_macro_get(d, STR("a")), "bar"));
		rule_ctx_free(&d);
		rule_ctx_free(&c);
	}
	room_free(&other);
	room_free(&m);
}

/* Names of rulesets: numbers as sendmail gives them. */
static void
test_names(void **state)
{
	static const char *const lines[] = { "Sone", "Stwo=5", "S7", "SThree", NULL };
	struct room	m = room_make(lines);

	(void)state;
	assert_int_equal(rules_number(m.rules, rules_find(m.rules, STR("one"))), 199);
	assert_int_equal(rules_find(m.rules, STR("5")), rules_find(m.rules, STR("two")));
	assert_int_equal(rules_number(m.rules, rules_find(m.rules, STR("Three"))), 198);
	assert_int_equal(rules_find(m.rules, STR("three")), -1);
	assert_int_equal(rules_find(m.rules, STR("6")), -1);
	assert_false(rules_has_rules(m.rules, rules_find(m.rules, STR("7"))));
	room_free(&m);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_patterns), cmocka_unit_test(test_right_sides), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_macros), cmocka_unit_test(test_again), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
