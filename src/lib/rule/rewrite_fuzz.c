/*
 * Any text, given to rulesets that use every operator, ends: with tokens or with a reason.  The first line of the input is a rule of the
 * configuration as well (left side, tab, right side), so that the compiler sees everything too.
 */
#include "base/must.h"
#include "rule/build.h"
#include "rule/rule_int.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static enum map_rc
fuzz_lookup(void *arg, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	(void)arg;
	(void)map;
	(void)e;
	if (key.n % 3 == 0)
		return MAP_NOTFOUND;
	if (key.n % 7 == 0)
		return MAP_TEMP;
	buf_add(value, nargs > 0 ? args[0] : key);
	return MAP_FOUND;
}

static int
fuzz_map(void *arg, struct str name)
{
	(void)arg;
	return (int)(name.n % 3);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct { const char *lhs, *rhs; } fixed[] = {
		{ "$* < $* > $*", "$: $1 $2 $3" }, { "$+ @ $=w", "$: $> a $1 < $[ $2 $: $&x $] >" }, { "$- $~w $&x", "$# err $@ $1 $: $(m $2 $)" },
		{ "$* $| $*", "$: $(m $1 $@ $2 $: $1 ( c ) $2 < $) $> $1 $2" },
	};
	struct arena	*m = arena_new(ARENA_DEFAULT);
	struct rules	*r = rules_new(m);
	struct rule_ctx	*c;
	struct rule_out	 o;
	struct str	 text = str_mem(p, n), line, lhs;
	struct err	 e;
	size_t		 taken;
	int		 set;

	rules_set_level(r, 10);
	rules_set_operators(r, STR(".:%@!^/[]+"));
	rules_set_blank_sub(r, '.');
	rules_on_map(r, fuzz_map, NULL);
	rules_map_is_macro(r, 2);
	rules_class_add(r, rules_name_take(r, STR("w"), &taken, &e), STR("here.x"));
	rules_define(r, rules_name_take(r, STR("x"), &taken, &e), STR("a.b"));
	set = rules_set(r, STR("a"), &e);
	must(set >= 0);
	if (!str_split(&text, '\n', &line))
		line = STR("");
	if (str_split(&line, '\t', &lhs))
		(void)rules_add(r, set, lhs, line, 1, STR_NONE, NULL, NULL);
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		must(rules_add(r, set, str_c(fixed[i].lhs), str_c(fixed[i].rhs), 2, STR_NONE, NULL, NULL) == 0);
	rules_finish(r);
	c = rule_ctx_new(r, NULL, fuzz_lookup, NULL);
	(void)rule_run(c, set, text, &o);
	must(o.ntok <= RULE_MAXATOM);
	(void)rule_run2(c, set, text, lhs, &o);
	must(o.ntok <= RULE_MAXATOM);
	rule_ctx_free(&c);
	arena_free(&m);
	return 0;
}
