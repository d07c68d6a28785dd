/*
 * explain_test - what a record holds, which step decided, and the line for logs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rule/build.h"
#include "rule/explain.h"

static struct arena	*mem;
static struct rules	*rules;

static int
test_map(void *arg, struct str name)
{
	(void)arg;
	return str_eq_c(name, "t") ? 0 : 1;
}

static enum map_rc
test_lookup(void *arg, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	(void)arg;
	(void)args;
	(void)nargs;
	(void)e;
	if (map != 0 || str_starts(key, STR("no")))
		return MAP_NOTFOUND;
	if (str_starts(key, STR("temp")))
		return MAP_TEMP;
	buf_addc(value, "550 go [away]");
	return MAP_FOUND;
}

static const struct {
	const char	*set, *lhs, *rhs, *origin;
} lines[] = {
	{ "main", "$- @ $+", "$: $>ask < $1 > $2", "./../m4/route.m4:7" },
	{ "main", "$# $*", "$@ $# $1", "" },
	{ "main", "$* $| RELAY", "$@ RELAY", "" },
	{ "main", "$+", "$: $1 $| $>say $1", "" },
	{ "main", "$* $| RELAY", "$@ RELAY", "" },
	{ "ask", "< $- > $+", "$: < $(t $2 $: none $) > $1", "./../feature/x.m4:3" },
	{ "ask", "< none > $-", "$@ $1", "" },
	{ "ask", "< $+ > $-", "$# error $@ $2 $: $1", "site.mc:12" },
	{ "say", "$*", "$@ RELAY", "site.mc:20" },
};

static int
setup(void **state)
{
	struct err	e;

	(void)state;
	mem = arena_new(ARENA_DEFAULT);
	rules = rules_new(mem);
	rules_set_level(rules, 10);
	rules_set_operators(rules, STR(".:%@!^/[]+"));
	rules_set_file(rules, STR("/etc/mail/sendmail.cf"));
	rules_on_map(rules, test_map, NULL);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_int_equal(rules_add(rules, rules_set(rules, str_c(lines[i].set), &e), str_c(lines[i].lhs), str_c(lines[i].rhs),
		    (unsigned)i + 100, str_c(lines[i].origin), NULL, NULL), 0);
	rules_finish(rules);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&mem);
	return 0;
}

static void
brief_with(struct explain *e, const char *in, size_t max, const char *want)
{
	struct rule_ctx	*c = rule_ctx_new(rules, NULL, test_lookup, NULL);
	struct rule_out	 o;
	struct buf	 b;

	buf_init(&b, 0);
	rule_explain(c, e);
	(void)rule_run(c, rules_find(rules, STR("main")), str_c(in), &o);
	explain_brief(e, rules, max, &b);
	assert_string_equal(buf_c(&b), want);
	rule_explain(c, NULL);
	(void)rule_run(c, rules_find(rules, STR("main")), str_c(in), &o);
	buf_done(&b);
	rule_ctx_free(&c);
}

static void
brief_is(const char *in, size_t max, const char *want)
{
	struct explain	*e = explain_new();

	brief_with(e, in, max, want);
	explain_free(&e);
}

static void
test_brief(void **state)
{
	(void)state;
	brief_is("joe@x.test", 1000, "t[x.test]=550+20go+20+5Baway+5D ask/3@site.mc:12");
	brief_is("joe@temp", 1000, "t[temp]? say/1@site.mc:20");
	brief_is("joe@no", 1000, "say/1@site.mc:20");
	brief_is("joe@x.test", 24, "... ask/3@site.mc:12");
	brief_is("joe@x.test", 3, "");
	brief_is("", 1000, "");
}

/* A light record says the same of runs that end with a $#, again and again. */
static void
test_light(void **state)
{
	struct explain	*e = explain_new_light();

	(void)state;
	for (int i = 0; i < 300; i++) {
		explain_clear(e);
		brief_with(e, "joe@x.test", 1000, "t[x.test]=550+20go+20+5Baway+5D ask/3@site.mc:12");
		explain_clear(e);
		brief_with(e, "joe@temp", 1000, "t[temp]?");
		explain_clear(e);
		brief_with(e, "joe@x.test", 24, "... ask/3@site.mc:12");
	}
	for (int i = 0; i < 300; i++)		/* never cleared: there is a limit, and the first decision stays */
		brief_with(e, "joe@x.test", 24, "... ask/3@site.mc:12");
	explain_free(&e);
}

static void
test_steps(void **state)
{
	struct rule_ctx			*c = rule_ctx_new(rules, NULL, test_lookup, NULL);
	struct explain			*e = explain_new();
	const struct explain_step	*s;
	struct rule_out			 o;
	struct buf			 b;

	(void)state;
	rule_explain(c, e);
	(void)rule_run(c, rules_find(rules, STR("main")), STR("joe@x.test"), &o);
	assert_true(o.is_triple);
	s = explain_at(e, 0);
	assert_true(s->kind == EXPLAIN_CALL && s->depth == 1 && str_eq_c(s->before, "joe@x.test"));
	s = explain_decider(e);
	assert_non_null(s);
	assert_true(s->makes && s->depth == 2 && str_eq_c(rules_name(rules, s->set), "ask"));
	assert_true(str_eq_c(s->after, "$# error $@ joe $: 550 go[away]"));
	buf_init(&b, 0);
	explain_place(rules, rules_find(rules, STR("ask")), 0, &b);
	assert_string_equal(buf_c(&b), "feature/x.m4:3");
	buf_clear(&b);
	explain_place(rules, rules_find(rules, STR("main")), 1, &b);
	assert_string_equal(buf_c(&b), "sendmail.cf:101");
	buf_done(&b);
	for (int i = 0; i < 2000; i++)			/* there is an end to it */
		(void)rule_run(c, rules_find(rules, STR("main")), STR("joe@x.test"), &o);
	assert_true(explain_is_cut(e));
	explain_clear(e);
	assert_int_equal(explain_count(e), 0);
	assert_null(explain_at(e, 0));
	assert_null(explain_decider(e));
	explain_free(&e);
	rule_ctx_free(&c);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_brief), cmocka_unit_test(test_light),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
