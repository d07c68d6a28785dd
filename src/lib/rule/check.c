/*
 * check - what can be said against rulesets without running them.
 *
 * "Takes everything that this one could match" is inclusion of one left side in another, looked for operation by operation:
 * each wildcard of the wider one may absorb operations of the narrower.  That finds what people write and is never wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "rule/check.h"
#include "base/must.h"
#include "rule/rule_int.h"

#define CHECK_PATS	64		/* longer left sides are not compared */
#define CHECK_PAIRS	4000000		/* of rules, in one configuration */

struct checking {
	const struct rules	*r;
	rule_finding_fn		*fn;
	void			*arg;
	struct rule_finding	 f;
	size_t			 pairs;
	bool			*called;	/* [set] */
};

static void
found(struct checking *c, enum rule_fault fault, size_t other, struct str name)
{
	c->f.fault = fault;
	c->f.other = other;
	c->f.name = name;
	c->fn(c->arg, &c->f);
}

/* ---- inclusion ---- */

struct cover {
	const struct pat	*wide, *narrow;
	uint32_t		 nwide, nnarrow;
	uint8_t			 known[CHECK_PATS + 1][CHECK_PATS + 1];	/* 1 no, 2 yes */
};

/* At least one token, always? */
static bool
pat_is_something(const struct pat *p)
{
	return p->op != PAT_ANY0 && p->op != PAT_MACRO;
}

/* Exactly one token? */
static bool
pat_is_one(const struct pat *p)
{
	return p->op == PAT_LIT || p->op == PAT_ONE || p->op == PAT_NCLASS;
}

static bool
pat_same(const struct pat *a, const struct pat *b)
{
	if (a->op != b->op)
		return false;
	return a->op == PAT_LIT ? a->atom != ATOM_NONE && a->atom == b->atom : a->par == b->par;
}

static bool	covers_from(struct cover *, uint32_t w, uint32_t n);

static bool
covers_find(struct cover *c, uint32_t w, uint32_t n)
{
	const struct pat	*p;

	if (w == c->nwide)
		return n == c->nnarrow;
	p = &c->wide[w];
	if (p->op == PAT_ANY0)
		return covers_from(c, w + 1, n) || (n < c->nnarrow && covers_from(c, w, n + 1));
	if (n == c->nnarrow)
		return false;
	if (p->op == PAT_ANY1) {
		if (!pat_is_something(&c->narrow[n]))
			return covers_from(c, w, n + 1);
		for (uint32_t k = n + 1; k <= c->nnarrow; k++)
			if (covers_from(c, w + 1, k))
				return true;
		return false;
	}
	if (p->op == PAT_ONE)
		return pat_is_one(&c->narrow[n]) && covers_from(c, w + 1, n + 1);
	return pat_same(p, &c->narrow[n]) && covers_from(c, w + 1, n + 1);
}

static bool
covers_from(struct cover *c, uint32_t w, uint32_t n)
{
	if (c->known[w][n] == 0)
		c->known[w][n] = covers_find(c, w, n) ? 2 : 1;
	return c->known[w][n] == 2;
}

static bool
covers(const struct pat *wide, uint32_t nwide, const struct pat *narrow, uint32_t nnarrow)
{
	struct cover	c = { .wide = wide, .narrow = narrow, .nwide = nwide, .nnarrow = nnarrow };

	return nwide <= CHECK_PATS && nnarrow <= CHECK_PATS && covers_from(&c, 0, 0);
}

/* ---- one rule ---- */

/* The ruleset ends when it applies. */
static bool
rule_ends(const struct rule *r)
{
	return r->prefix == '@' || (r->prefix == 0 && r->nrhs > 0 && r->rhs[0].id == ID_SHARP);
}

static void
check_dead(struct checking *c, const struct ruleset *s, uint32_t i)
{
	const struct rule	*r = &s->rules[i];

	/* back as long as what stands there has left the workspace alone */
	for (uint32_t k = i; k-- > 0 && c->pairs < CHECK_PAIRS; c->pairs++) {
		const struct rule	*before = &s->rules[k];

		if (before->bad_ref || before->prefix == ':')
			return;
		if (covers(before->pat, before->npat, r->pat, r->npat)) {
			found(c, RULE_DEAD, k, STR_NONE);
			return;
		}
		if (!rule_ends(before))
			return;			/* it was repeated until it no longer matched */
	}
}

/* The operation of the left side that $n stands for. */
static const struct pat *
rule_ref(const struct rule *r, unsigned n)
{
	for (uint32_t i = 0; i < r->npat; i++)
		if (r->pat[i].op != PAT_LIT && r->pat[i].op != PAT_MACRO && --n == 0)
			return &r->pat[i];
	return NULL;
}

static void
check_loop(struct checking *c, const struct rule *r)
{
	struct pat	 out[CHECK_PATS];
	const struct pat *p;

	if (r->prefix != 0 || r->has_lookup || r->has_call || r->bad_ref || r->nrhs > CHECK_PATS || rule_ends(r))
		return;
	for (uint32_t i = 0; i < r->nrhs; i++) {
		out[i] = (struct pat){ .op = PAT_LIT, .atom = r->rhs[i].id };
		if (!ID_IS_META(r->rhs[i].id))
			continue;
		if (ID_KIND(r->rhs[i].id) == '&')
			return;			/* who knows what it holds */
		if (ID_KIND(r->rhs[i].id) == '1') {
			if ((p = rule_ref(r, ID_PAR(r->rhs[i].id))) == NULL)
				return;
			out[i] = *p;
		}
	}
	if (covers(r->pat, r->npat, out, r->nrhs))
		found(c, RULE_LOOPS, 0, STR_NONE);
}

static struct str
macro_name(const struct rules *r, unsigned id)
{
	return id < r->nmacros ? r->macros[id].name : STR("?");
}

static void
check_left(struct checking *c, const struct rule *r)
{
	for (uint32_t i = 0; i < r->npat; i++) {
		unsigned	id = r->pat[i].par;

		if (r->pat[i].op == PAT_CLASS && (id >= c->r->nklasses || (c->r->klasses[id].n == 0 && !c->r->klasses[id].touched)))
			found(c, RULE_CLASS_EMPTY, 0, macro_name(c->r, id));
		if (r->pat[i].op == PAT_MACRO && id < c->r->nmacros && str_is_none(c->r->macros[id].value))
			found(c, RULE_MACRO_UNSET, 0, macro_name(c->r, id));
	}
}

static void
check_right(struct checking *c, const struct rule *r)
{
	for (uint32_t i = 0; i < r->nrhs; i++) {
		uint32_t	id = r->rhs[i].id;

		if (ID_IS_META(id) && ID_KIND(id) == '&' && ID_PAR(id) < c->r->nmacros && str_is_none(c->r->macros[ID_PAR(id)].value))
			found(c, RULE_MACRO_UNSET, 0, macro_name(c->r, ID_PAR(id)));
		if (id == ID_SHARP && i + 1 < r->nrhs && !ID_IS_META(r->rhs[i + 1].id))
			found(c, RULE_MAILER, 0, str_mem(r->rhs[i + 1].p, r->rhs[i + 1].n));
	}
}

/* ---- calls ---- */

/* "\"name\"" is name. */
static struct str
call_name(const struct rule_tok *t)
{
	struct str	s = str_mem(t->p, t->n);

	return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? str_sub(s, 1, s.n - 1) : s;
}

static void
check_call(struct checking *c, const struct rule *r)
{
	for (uint32_t i = 0; i + 1 < r->nrhs; i++) {
		struct str	name;
		int		to;

		if (r->rhs[i].id != ID_CALL || ID_IS_META(r->rhs[i + 1].id))
			continue;
		name = call_name(&r->rhs[i + 1]);
		to = rules_find(c->r, name);
		if (to >= 0 && to != c->f.set)
			c->called[to] = true;
		if (!rules_begun(c->r, to))
			found(c, RULE_CALLS_NOTHING, 0, name);
	}
}

static void
check_calls(struct checking *c)
{
	for (uint32_t s = 0; s < c->r->nsets; s++)
		for (uint32_t i = 0; i < c->r->sets[s].n; i++) {
			c->f.set = (int)s;
			c->f.rule = i;
			check_call(c, &c->r->sets[s].rules[i]);
		}
}

void
rules_check(const struct rules *r, rule_finding_fn *fn, void *arg)
{
	struct checking	c = { .r = r, .fn = fn, .arg = arg };

	c.called = calloc(r->nsets + 1, sizeof *c.called);
	must_have(c.called);
	check_calls(&c);
	for (uint32_t s = 0; s < r->nsets; s++) {
		c.f.set = (int)s;
		c.f.rule = 0;
		if (r->sets[s].n > 0 && !c.called[s])
			found(&c, RULE_SET_UNUSED, 0, rules_name(r, (int)s));
		for (uint32_t i = 0; i < r->sets[s].n; i++) {
			const struct rule	*rule = &r->sets[s].rules[i];

			c.f.rule = i;
			check_left(&c, rule);
			check_right(&c, rule);
			check_loop(&c, rule);
			check_dead(&c, &r->sets[s], i);
		}
	}
	free(c.called);
}
