/*
 * rewrite - run a ruleset on a workspace.
 *
 * A rule applies until it fails, unless its right side begins with $: (once) or $@ (and the ruleset ends).  A workspace
 * that begins with $# ends the ruleset.  The right side is built in four steps, each on the whole row of tokens: references and
 * $& macros, lookups, calls of rulesets (from the last to the first), and the result replaces the workspace.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "base/must.h"
#include "base/trace.h"
#include "rule/rhs.h"

void
work_count(struct work *w)
{
	uint64_t		 have = 0, pairs = 0, twice = 0;
	const struct rule_tok	*t = w->tok, *end = t + w->n;
	uint32_t		 before = 0;

	for (; t < end; t++) {
		uint64_t	bit = id_bit(t->id);

		twice |= have & bit;
		have |= bit;
		pairs |= pair_bit(before, t->id);	/* that of nothing and the first one hurts nobody */
		before = t->id;
	}
	w->have = have;
	w->pairs = pairs;
	w->twice = twice;
	w->counted = true;
}

/* The text of a workspace is kept: what one ruleset returns is mostly what the next one is given. */
static void
trace_tokens(struct rule_ctx *c, struct str what, const struct work *w, void (*say)(struct str))
{
	if (c->shown == NULL) {
		c->shown = calloc(RULE_MAXATOM + 1, sizeof *c->shown);
		must_have(c->shown);
		c->nshown = UINT32_MAX;
	}
	if (w->n != c->nshown || memcmp(c->shown, w->tok, w->n * sizeof *w->tok) != 0) {
		c->nshown = w->n > RULE_MAXATOM ? UINT32_MAX : w->n;
		if (w->n <= RULE_MAXATOM)
			memcpy(c->shown, w->tok, w->n * sizeof *w->tok);
		buf_clear(&c->line);
		rule_print(w->tok, w->n, &c->line);
		buf_addch(&c->line, '\n');
	}
	say(what);
	say(buf_str(&c->line));
}

static void
trace_set_line(struct rule_ctx *c, int set, bool in, const struct work *w)
{
	const struct ruleset	*s = &c->rules->sets[set];

	trace_tokens(c, str_mem(s->head[in ? 0 : 1], s->nhead[in ? 0 : 1]), w, c->trace ? trace_say : trace_write);
}

void
rule_trace_empty(struct rule_ctx *c, int number, const struct rule_tok *tok, size_t n)
{
	struct ruleset	s = { .number = number };
	struct work	w = { .tok = (struct rule_tok *)(uintptr_t)tok, .n = (uint32_t)n };

	if (!c->trace && !trace_on(21, 1))
		return;
	set_heads(&s);
	trace_tokens(c, str_mem(s.head[0], s.nhead[0]), &w, c->trace ? trace_say : trace_write);
	trace_tokens(c, str_mem(s.head[1], s.nhead[1]), &w, c->trace ? trace_say : trace_write);
}

/* ---- step 3: calls ---- */

static struct str
call_name(const struct rule_tok *t)
{
	struct str	s = str_mem(t->p, t->n);

	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = str_sub(s, 1, s.n - 1);
	return s;
}

static int
call_from(struct rule_ctx *c, struct work *w, uint32_t from)
{
	struct work	sub;
	uint32_t	i = from;
	int		set, status, inner;
	struct str	name;

	while (i < w->n && w->tok[i].id != ID_CALL)
		i++;
	if (i + 1 >= w->n) {
		c->loose = c->loose || i < w->n;
		return EXIT_OK;
	}
	status = call_from(c, w, i + 2);
	if (status != EXIT_OK && status != EXIT_TEMPFAIL) {	/* what failed inside is left standing */
		c->loose = true;
		return status;
	}
	name = call_name(&w->tok[i + 1]);
	set = name.p == w->tok[i + 1].p ? set_by_atom(c->rules, &w->tok[i + 1]) : rules_find(c->rules, name);
	if (set < 0 && name.n > 0 && chr_is_digit(name.p[0]))	/* a number without rules does nothing */
		set = -2;
	if (set == -1) {
		ctx_say(c, ERR_PERM, "Unknown ruleset %.*s", STR_ARG(name));
		c->loose = true;
		return EXIT_CONFIG;
	}
	sub.tok = w->tok + i + 2;
	sub.n = w->n - i - 2;
	if (rules_has_rules(c->rules, set)) {
		sub.slot = 2 * c->depth;
		sub.tok = ctx_pool(c, sub.slot);
		memcpy(sub.tok, w->tok + i + 2, sub.n * sizeof *sub.tok);
		sub.counted = false;
		inner = rewrite_set(c, set, &sub);
		if (inner != EXIT_OK)
			status = inner;
	} else if (trace_on(21, 3))
		trace_printf("-----skip subr %.*s (%d)\n", STR_ARG(name), set < 0 ? atoi(name.p) : rules_number(c->rules, set));
	if (i + sub.n > RULE_MAXATOM) {
		ctx_say(c, ERR_PERM, "rewrite: expansion too long");
		return EXIT_DATAERR;
	}
	memmove(w->tok + i, sub.tok, sub.n * sizeof *sub.tok);
	w->n = i + sub.n;
	return status;
}

/* ---- the loop ---- */

#define GATE_FEW	3	/* so many rules are tried rather than asked what they need */

/* What can be told without looking at all tokens. */
static inline bool
gate_fits(const struct gate *g, const struct work *w, uint32_t first, uint32_t second, uint32_t last)
{
	return w->n >= g->mintok && (w->n <= g->maxtok || g->maxtok == GATE_MANY) && (g->first == ATOM_NONE || g->first == first) &&
	    (g->second == ATOM_NONE || g->second == second) && (g->last == ATOM_NONE || g->last == last);
}

/* Is one of the tokens that begin a member of its classes there? */
static inline bool
gate_class_fits(const struct gate *g, uint64_t have)
{
	return (g->any[0] == 0 || (g->any[0] & have) != 0) && (g->any[1] == 0 || (g->any[1] & have) != 0);
}

/* The first rule from `i` on that may match; s->n: none.  The tokens are counted when a rule wants to know of them. */
uint32_t
gate_next(const struct rule_ctx *c, const struct ruleset *s, uint32_t i, struct work *w)
{
	const struct gate	*g = s->gate + i;
	uint32_t		 first = w->n > 0 ? w->tok[0].id : ATOM_NONE, second = w->n > 1 ? w->tok[1].id : ATOM_NONE;
	uint32_t		 last = w->n > 0 ? w->tok[w->n - 1].id : ATOM_NONE;

	uint64_t		 lack, lack_pairs, lack_twice;

	if (!w->counted) {
		while (i < s->n && (!gate_fits(g, w, first, second, last) || (g->empty && !c->any_extra)))
			i++, g++;
		if (i == s->n || (g->need | g->any[0]) == 0 || s->n - i <= GATE_FEW)
			return i;
		work_count(w);
	}
	lack = ~w->have;
	lack_pairs = ~w->pairs;
	lack_twice = ~w->twice;
	for (; i < s->n; i++, g++)
		if (((g->need & lack) | (g->pairs & lack_pairs) | (g->twice & lack_twice)) == 0 && gate_fits(g, w, first, second, last) &&
		    (c->any_extra || (!g->empty && gate_class_fits(g, w->have))))
			break;
	return i;
}

/* Replace the workspace by the right side. Sets *fatal when the ruleset cannot go on. */
static int
rule_apply(struct rule_ctx *c, int set, const struct rule *r, struct work *w, const struct capture *cap, bool *fatal)
{
	int		 slot = 2 * c->depth - 1, status = EXIT_OK, rc;
	struct build	 b = { c, ctx_pool(c, slot), 0 };
	bool		 calls = r->has_call || c->loose;

	*fatal = true;
	if (r->bad_ref) {
		struct str	name = rules_name(c->rules, set);

		ctx_say(c, ERR_PERM, "rewrite: ruleset %.*s: replacement $%u out of bounds", STR_ARG(name), r->badref);
		return EXIT_CONFIG;
	}
	rc = build_rhs(&b, r, w, cap, &status);
	if (rc == 0 && r->has_lookup) {
		struct build	l = { c, ctx_pool(c, slot + 1), 0 };	/* free until a ruleset is called */

		rc = build_lookups(&l, b.tok, b.n, &status);
		b = l;
		slot++;
	}
	if (rc == -1)
		ctx_say(c, ERR_PERM, "rewrite: expansion too long");
	if (rc < 0)
		return rc == -1 ? EXIT_DATAERR : status;
	*fatal = false;
	c->pool[slot] = w->tok;			/* the new row takes the place of the old one */
	c->pool[w->slot] = w->tok = b.tok;
	w->n = b.n;
	for (uint32_t i = 0; calls && i < w->n; i++)
		if (w->tok[i].id == ID_CALL) {
			rc = call_from(c, w, i);
			if (rc != EXIT_OK)
				status = rc;
			break;
		}
	w->counted = false;
	return status;
}

static void
trace_rule(const struct rule_ctx *c, const struct rule *r, bool rhs)
{
	struct buf	b;

	buf_init(&b, 0);
	if (rhs) {
		buf_addc(&b, "-----rule matches: ");
		rules_print_rhs(c->rules, r, &b);
	} else {
		if (trace_on(21, 15))
			buf_addf(&b, "-----trying rule (line %u): ", r->nlhs == 0 ? 0 : r->line);
		else
			buf_addc(&b, "-----trying rule: ");
		rules_print(c->rules, r->lhs, r->nlhs, &b);
	}
	while (b.n > 0 && b.p[b.n - 1] == ' ')
		buf_truncate(&b, b.n - 1);
	buf_addch(&b, '\n');
	trace_write(buf_str(&b));
	buf_done(&b);
}

static void
rewrite_endless(struct rule_ctx *c, const struct ruleset *s, uint32_t i, const struct work *w)
{
	ctx_say(c, ERR_PERM, "Infinite loop in ruleset %.*s, rule %u", STR_ARG(s->name), i + 1);
	if (trace_on(21, 1))
		trace_tokens(c, STR("workspace: "), w, trace_write);
}

/* One application more: is that more work, or memory, than an address may cost? */
static bool
rewrite_spent(struct rule_ctx *c, const struct ruleset *s, uint32_t i, const struct work *w)
{
	c->steps += 1 + w->n / 16;		/* a long workspace costs more */
	c->applied++;
	if (c->steps <= RULE_MAXSTEPS && ((c->applied & 15) != 0 || arena_used(c->scratch) - c->used <= CTX_RUN_MAX))
		return false;
	if (c->steps < UINT_MAX / 2)
		ctx_say(c, ERR_PERM, "rewrite: too many steps in ruleset %.*s, rule %u", STR_ARG(s->name), i + 1);
	c->steps = UINT_MAX / 2;		/* said once; every level ends */
	return true;
}

/* Sets *fatal when it was left in the middle of a right side. */
static int
rewrite_rules(struct rule_ctx *c, int set, struct work *w, bool *fatal)
{
	const struct ruleset	*s = &c->rules->sets[set];
	struct capture		*cap = c->cap;
	bool			 t12 = trace_on(21, 12), t10 = trace_on(21, 10), t4 = trace_on(21, 4), aloud = trace_on(21, 2) || trace_on(59, 14);
	int			 status = EXIT_OK, rc;
	uint32_t		 may, loops = 0;
	size_t			 step;

	for (uint32_t i = 0; i < s->n;) {
		const struct rule	*r;

		if (w->n > 0 && w->tok[0].id == ID_SHARP)
			break;
		may = gate_next(c, s, i, w);
		if (!aloud && may != i) {
			loops = 0;
			i = may;
			if (i == s->n)
				break;
		}
		r = &s->rules[i];
		if (t12)
			trace_rule(c, r, false);
		if (aloud ? !pat_match_aloud(c, r, w, cap) : may != i || !pat_match(c, &s->gate[i], w, cap)) {
			if (t10)
				trace_printf("----- rule fails\n");
			loops = 0;
			i++;
			continue;
		}
		if (++loops > RULE_MAXLOOP) {
			rewrite_endless(c, s, i, w);
			break;
		}
		if (rewrite_spent(c, s, i, w))
			return EXIT_CONFIG;
		if (t12)
			trace_rule(c, r, true);
		step = c->explain != NULL ? explain_rule(c, set, i, w) : 0;
		rc = rule_apply(c, set, r, w, cap, fatal);
		if (c->explain != NULL)
			explain_applied(c, set, i, step, w);
		if (rc != EXIT_OK)
			status = rc;
		if (*fatal)
			break;
		if (t4)
			trace_tokens(c, STR("rewritten as:"), w, trace_write);
		if (r->prefix == '@')
			break;
		if (r->prefix == ':') {
			loops = 0;
			i++;
		}
	}
	return status;
}

int
rewrite_set(struct rule_ctx *c, int set, struct work *w)
{
	bool	fatal = false;
	int	status;

	if (c->trace || trace_on(21, 1))
		trace_set_line(c, set, true, w);
	if (c->depth > RULE_MAXDEPTH + 1) {
		struct str	name = rules_name(c->rules, set);

		ctx_say(c, ERR_PERM, "rewrite: excessive recursion (max %d), ruleset %.*s", RULE_MAXDEPTH, STR_ARG(name));
		return EXIT_CONFIG;
	}
	if (c->explain != NULL)
		explain_call(c, set, w, true);
	c->depth++;
	status = rewrite_rules(c, set, w, &fatal);
	c->depth--;
	if (c->explain != NULL)
		explain_call(c, set, w, false);
	if (!fatal && (c->trace || trace_on(21, 1)))
		trace_set_line(c, set, false, w);
	return status;
}
