/*
 * Any text, given to rulesets that use every operator, ends: with tokens or with a reason.  Lines with a tab in front are rules of the
 * configuration as well (left side, tab, right side), so that the compiler sees everything too.  The quick way to match a left side
 * and the plain one agree; a record of the run can be told.
 */
#include "base/must.h"
#include "rule/build.h"
#include "rule/explain.h"
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

#define FUZZ_PLAIN	14u		/* tokens up to which the plain way, which may take for ever, is gone */
#define FUZZ_RULES	8

/* The quick match and the plain one: the same answer, the same captures. */
static void
fuzz_match(struct rule_ctx *c, const struct rules *r, int set, const struct rule_out *o)
{
	const struct ruleset	*s = &r->sets[set];
	struct capture		 a[RULE_MAXREF + 1], b[RULE_MAXREF + 1];
	struct work		 w = { .tok = (struct rule_tok *)(uintptr_t)o->tok, .n = (uint32_t)o->ntok };

	if (o->ntok > FUZZ_PLAIN)
		return;
	for (uint32_t i = 0; i < s->n; i++) {
		bool	quick = pat_match(c, &s->gate[i], &w, a), plain = pat_match_aloud(c, &s->rules[i], &w, b);

		must(quick == plain);
		for (uint32_t k = 0; quick && k < s->rules[i].nref; k++)
			must(a[k].from == b[k].from && a[k].to == b[k].to);
	}
}

/* What the gates refuse would not have matched. */
static void
fuzz_gates(struct rule_ctx *c, const struct rules *r, int set, const struct rule_out *o)
{
	const struct ruleset	*s = &r->sets[set];
	struct capture		 a[RULE_MAXREF + 1];
	struct work		 w = { .tok = (struct rule_tok *)(uintptr_t)o->tok, .n = (uint32_t)o->ntok };

	work_count(&w);
	for (uint32_t i = 0; i < s->n; i++)
		if (gate_next(c, s, i, &w) != i)
			must(!pat_match(c, &s->gate[i], &w, a));
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
	struct explain	*steps;
	struct buf	 brief;
	struct err	 e;
	size_t		 taken;
	int		 set, other;

	rules_set_level(r, 10);
	rules_set_operators(r, STR(".:%@!^/[]+"));
	rules_set_blank_sub(r, '.');
	rules_on_map(r, fuzz_map, NULL);
	rules_map_is_macro(r, 2);
	rules_class_add(r, rules_name_take(r, STR("w"), &taken, &e), STR("here.x"));
	rules_define(r, rules_name_take(r, STR("x"), &taken, &e), STR("a.b"));
	set = rules_set(r, STR("a"), &e);
	other = rules_set(r, STR("b"), &e);
	must(set >= 0 && other >= 0);
	lhs = STR("");
	for (int i = 0; i < FUZZ_RULES; i++) {
		struct str	rest = text;

		if (!str_split(&rest, '\n', &line) || !str_split(&line, '\t', &lhs))
			break;
		(void)rules_add(r, i % 3 == 2 ? other : set, lhs, line, 1, STR_NONE, NULL, NULL);
		text = rest;
	}
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		must(rules_add(r, set, str_c(fixed[i].lhs), str_c(fixed[i].rhs), 2, STR_NONE, NULL, NULL) == 0);
	rules_finish(r);
	c = rule_ctx_new(r, NULL, fuzz_lookup, NULL);
	(void)rule_class_add(c, STR("x"), str_first(text, text.n % 5));
	if (rule_run(c, -1, text, &o) == 0) {
		fuzz_match(c, r, set, &o);
		fuzz_gates(c, r, set, &o);
	}
	steps = explain_new();
	rule_explain(c, steps);
	(void)rule_run(c, set, text, &o);
	rule_explain(c, NULL);
	buf_init(&brief, 0);
	explain_brief(steps, r, 300, &brief);
	must(brief.n <= 300);
	buf_done(&brief);
	explain_free(&steps);
	must(o.ntok <= RULE_MAXATOM);
	(void)rule_run2(c, set, text, lhs, &o);
	must(o.ntok <= RULE_MAXATOM);
	rule_ctx_free(&c);
	arena_free(&m);
	return 0;
}
