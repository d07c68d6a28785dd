/*
 * pat - left sides of rules: compile one, match one.
 *
 * Wildcards match as little as they can and are extended, last one first, when what follows fails.  Most rules are refused
 * before that by their first, last and needed fixed tokens and by their length.  A match that backtracks long remembers
 * which (operation, token) pairs have failed, so hostile input costs at most operations times tokens.
 */
#include <string.h>

#include "base/trace.h"
#include "rule/rule_int.h"

/* Operation of one left-side token. */
static struct pat
pat_of(struct rules *r, const struct rule_tok *t)
{
	struct pat	p = { .op = PAT_LIT, .atom = ATOM_NONE };

	if (!ID_IS_META(t->id)) {
		p.atom = atoms_add(&r->atoms, t->p, t->n);
		return p;
	}
	switch (ID_KIND(t->id)) {
	case '*':
		p.op = PAT_ANY0;
		break;
	case '+':
		p.op = PAT_ANY1;
		break;
	case '-':
		p.op = PAT_ONE;
		break;
	case '=':
		p.op = PAT_CLASS;
		p.par = (uint16_t)ID_PAR(t->id);
		break;
	case '~':
		p.op = PAT_NCLASS;
		p.par = (uint16_t)ID_PAR(t->id);
		break;
	case '&':
		p.op = PAT_MACRO;
		p.par = (uint16_t)ID_PAR(t->id);
		break;
	default:			/* $# and $| in the workspace, compared by their numbers */
		p.atom = t->id;
		break;
	}
	return p;
}

int
pat_compile(struct rules *r, struct rule *rule)
{
	bool	sure = true;

	rule->pat = ARENA_ARRAY(r->arena, struct pat, rule->nlhs == 0 ? 1 : rule->nlhs);
	for (uint32_t i = 0; i < rule->nlhs; i++) {
		struct pat	p;

		if (rule->lhs[i].id == ID_HOST)		/* $@ matches nothing, always */
			continue;
		p = pat_of(r, &rule->lhs[i]);
		p.sure = sure;
		sure = sure && p.op != PAT_CLASS && p.op != PAT_MACRO;
		rule->pat[rule->npat++] = p;
		if (p.op != PAT_LIT && p.op != PAT_MACRO)
			rule->nref++;
		if (p.op == PAT_ANY0 || p.op == PAT_ANY1 || p.op == PAT_CLASS || p.op == PAT_MACRO)
			rule->maxtok = UINT32_MAX;
		else if (rule->maxtok != UINT32_MAX)
			rule->maxtok++;
		if (p.op != PAT_ANY0 && p.op != PAT_MACRO)
			rule->mintok++;
	}
	return 0;
}

static bool
pat_is_one(const struct pat *p)
{
	return p->op == PAT_LIT || p->op == PAT_ONE || p->op == PAT_NCLASS;
}

/* One of the tokens that begin a member must be there: of several classes the two with the fewest. */
static void
gate_class(struct gate *g, uint64_t bits)
{
	for (size_t i = 0; i < 2; i++) {
		uint64_t	was = g->any[i];

		if (was != 0 && __builtin_popcountll(was) <= __builtin_popcountll(bits))
			continue;
		g->any[i] = bits;
		bits = was;
		if (bits == 0)
			break;
	}
}

/* When all classes are known: what a workspace must have for this rule. */
struct gate
pat_gate(const struct rules *r, const struct rule *u, struct pat *copy)
{
	struct gate	 g = { .mintok = (uint8_t)(u->mintok < GATE_MANY ? u->mintok : GATE_MANY),
			     .maxtok = (uint8_t)(u->maxtok < GATE_MANY ? u->maxtok : GATE_MANY), .pat = copy, .npat = u->npat & 0x7fff };

	for (uint32_t i = 0; i < u->npat; i++) {
		const struct pat	*p = &u->pat[i];

		copy[i] = *p;
		if (p->op == PAT_CLASS && (p->par >= r->nklasses || r->klasses[p->par].n == 0))
			g.empty = 1;
		else if (p->op == PAT_CLASS && r->klasses[p->par].bits != UINT64_MAX)
			gate_class(&g, r->klasses[p->par].bits);
		if (p->op != PAT_LIT)
			continue;
		g.twice |= g.need & id_bit(p->atom);
		if (i > 0 && p[-1].op == PAT_LIT)
			g.pairs |= pair_bit(p[-1].atom, p->atom);
		for (uint32_t k = 0; k < i; k++)	/* two atoms may share a bit: then no telling */
			if (u->pat[k].op == PAT_LIT && u->pat[k].atom != p->atom && id_bit(u->pat[k].atom) == id_bit(p->atom))
				g.twice &= ~id_bit(p->atom);
		g.need |= id_bit(p->atom);
	}
	if (u->npat > 0 && u->pat[0].op == PAT_LIT)
		g.first = u->pat[0].atom;
	if (u->npat > 1 && pat_is_one(&u->pat[0]) && u->pat[1].op == PAT_LIT)
		g.second = u->pat[1].atom;
	if (u->npat > 0 && u->pat[u->npat - 1].op == PAT_LIT)
		g.last = u->pat[u->npat - 1].atom;
	return g;
}

struct match {
	struct rule_ctx		*ctx;
	const struct rules	*rules;
	const struct pat	*pat;
	uint32_t		 npat;
	const struct rule_tok	*tok;
	uint32_t		 n;
	uint8_t			*failed;	/* bits (operation, token), NULL until it pays */
	uint32_t		 tries;
	bool			 extra;		/* this context or one below it added members to classes */
	bool			 hopeless;
};

/* May the joined text of tok[from..to) be in the class?  Longer phrases of it are hopeless when *stop is set. */
static bool
match_phrase(struct match *m, unsigned class, uint32_t from, uint32_t to, bool *stop)
{
	const struct klass	*k = &m->rules->klasses[class < m->rules->nklasses ? class : 0];
	struct buf		*b = &m->ctx->tmp2;

	if (class >= m->rules->nklasses)
		k = NULL;
	if (to - from == 1 && k != NULL && klass_has(k, m->tok[from].id))
		return true;
	if (to - from == 1 && !m->extra)
		return false;
	buf_clear(b);
	tok_join(&m->rules->chars, m->tok + from, to - from, m->rules->blank_sub, b);
	if (!m->extra && (k == NULL || b->n > k->maxlen)) {
		*stop = true;
		return false;
	}
	if (k != NULL && klass_has(k, atoms_find(&m->rules->atoms, b->p == NULL ? "" : b->p, b->n)))
		return true;
	return m->extra && ctx_class_extra(m->ctx, (int)class, buf_str(b));
}

/* Can a phrase of several tokens begin with this one? */
static bool
match_begins(const struct match *m, unsigned class, uint32_t from)
{
	const struct klass	*k;
	uint32_t		 id = m->tok[from].id;

	if (m->extra)
		return true;
	if (class >= m->rules->nklasses)
		return false;
	k = &m->rules->klasses[class];
	return k->any_first || (id != ATOM_NONE && (k->first >> (id & 63) & 1));
}

/* The least end of a phrase in the class that begins at `from` and ends at or behind `to`; 0: none. */
static uint32_t
match_class(struct match *m, unsigned class, uint32_t from, uint32_t to)
{
	bool	stop = false;

	if (to == from + 1 && class < m->rules->nklasses && m->rules->klasses[class].n == 0 && !m->extra)
		return 0;
	for (; to <= m->n && !stop; to++) {
		if (to == from + 2 && !match_begins(m, class, from))
			return 0;
		if (match_phrase(m, class, from, to, &stop))
			return to;
	}
	return 0;
}

/* $&x on the left: its tokens must stand here. Number of tokens, or -1. */
static int
match_macro(struct match *m, unsigned macro, uint32_t pos)
{
	struct rule_tok	*tok = ctx_pool(m->ctx, CTX_POOL - 1);
	struct tok_in	 in = { &m->rules->chars, TOK_SILENT, 0, m->ctx->scratch, NULL, NULL };
	struct str	 value = STR_NONE;
	bool		 template = false;
	int		 n;

	if (!ctx_macro(m->ctx, (int)macro, &value, &template))
		value = STR_NONE;
	if (pos >= m->n)			/* not even an empty one stands behind the end */
		return -1;
	if (trace_on(21, 2)) {
		struct str	name = m->rules->macros[macro].name;

		trace_printf("rewrite: LHS $&{%.*s} => ", STR_ARG(name));
		if (str_is_none(value))
			trace_printf("\"(NULL)\"\n");
		else {
			struct str	plain = ctx_macro_plain(m->ctx, value, template);

			trace_printf("\"%.*s\"\n", STR_ARG(plain));
		}
	}
	n = tok_scan(&in, ctx_macro_plain(m->ctx, value, template), tok, RULE_MAXATOM, NULL, NULL);
	if (n < 0 || pos + (uint32_t)n > m->n)
		return -1;
	for (int i = 0; i < n; i++)
		if (!str_caseeq(str_mem(tok[i].p, tok[i].n), str_mem(m->tok[pos + (uint32_t)i].p, m->tok[pos + (uint32_t)i].n)))
			return -1;
	return n;
}

bool
pat_phrase(struct rule_ctx *c, const struct work *w, unsigned class, uint32_t from, uint32_t to)
{
	struct match	m = { .ctx = c, .rules = c->rules, .tok = w->tok, .n = w->n, .extra = c->any_extra };
	bool		stop = false;

	return match_phrase(&m, class, from, to, &stop);
}

int
pat_macro(struct rule_ctx *c, const struct work *w, unsigned macro, uint32_t pos)
{
	struct match	m = { .ctx = c, .rules = c->rules, .tok = w->tok, .n = w->n };

	return match_macro(&m, macro, pos);
}

#define MATCH_PATIENCE	4000

static bool
match_known_failed(struct match *m, uint32_t op, uint32_t pos)
{
	size_t	bit = (size_t)op * (m->n + 1) + pos;

	return m->failed != NULL && (m->failed[bit >> 3] >> (bit & 7) & 1);
}

static void
match_note_failed(struct match *m, uint32_t op, uint32_t pos)
{
	size_t	bit = (size_t)op * (m->n + 1) + pos;

	if (m->failed == NULL) {
		if (++m->tries < MATCH_PATIENCE)
			return;
		m->failed = arena_alloc(m->ctx->scratch, ((size_t)(m->npat + 1) * (m->n + 1) >> 3) + 1);
	}
	m->failed[bit >> 3] |= (uint8_t)(1u << (bit & 7));
}

/* The first token from `to` on at which the operation behind a wildcard may match; m->n: none.  next is not the pattern's end. */
static uint32_t
match_ahead(const struct match *m, const struct pat *next, uint32_t to)
{
	const struct klass	*k;
	const struct pat	*after = next + 1 < m->pat + m->npat && next[1].op == PAT_LIT ? next + 1 : NULL;

	if (next->op == PAT_LIT) {
		while (to < m->n && m->tok[to].id != next->atom)
			to++;
		return to;
	}
	if (next->op != PAT_CLASS || m->extra || next->par >= m->rules->nklasses)
		return to;
	k = &m->rules->klasses[next->par];
	if (k->any_first || k->first != 0)		/* members of several tokens: what comes behind them is anywhere */
		after = NULL;
	for (; to < m->n; to++)
		if ((k->bits & id_bit(m->tok[to].id)) != 0 && (after == NULL || (to + 1 < m->n && m->tok[to + 1].id == after->atom)))
			break;
	return to;
}

/* The next longer extent of a wildcard; false when there is none. */
static bool
choice_extend(struct match *m, struct choice *c)
{
	const struct pat	*p = &m->pat[c->op];

	match_note_failed(m, c->op + 1, c->to);
	do {
		if (c->to >= m->n)
			return false;
		if (p->op == PAT_CLASS) {
			c->to = match_class(m, p->par, c->from, c->to + 1);
			if (c->to == 0)
				return false;
			continue;
		}
		c->to++;
		if (c->op + 1 == m->npat)
			c->to = m->n;
		else if (p[1].op == PAT_LIT || p[1].op == PAT_CLASS)
			c->to = match_ahead(m, p + 1, c->to);
	} while (match_known_failed(m, c->op + 1, c->to));
	return true;
}

/* What one operation that is no fixed token does at *pos; a wildcard's choice is noted in *ch. */
static bool
match_one(struct match *m, uint32_t op, uint32_t *pos, struct choice *ch)
{
	const struct pat	*p = &m->pat[op];
	uint32_t		 to;
	bool			 stop = false;
	int			 n;

	switch (p->op) {
	case PAT_MACRO:
		n = match_macro(m, p->par, *pos);
		if (n < 0)
			return false;
		*pos += (uint32_t)n;
		return true;
	case PAT_ANY0:
		to = *pos;
		break;
	case PAT_ONE:
	case PAT_ANY1:
		to = *pos + 1;
		break;
	case PAT_NCLASS:
		if (*pos >= m->n || match_phrase(m, p->par, *pos, *pos + 1, &stop))
			return false;
		to = *pos + 1;
		break;
	default:
		to = *pos >= m->n ? 0 : match_class(m, p->par, *pos, *pos + 1);
		if (to == 0)
			return false;
		break;
	}
	if (to > m->n)
		return false;
	if (p->op == PAT_ANY0 || p->op == PAT_ANY1) {	/* straight to where what follows can be */
		if (op + 1 == m->npat)
			to = m->n;
		else if (p[1].op == PAT_LIT || p[1].op == PAT_CLASS) {
			to = match_ahead(m, p + 1, to);
			if (to >= m->n) {
				m->hopeless = p->sure;
				return false;
			}
		}
	}
	ch->op = op;
	ch->from = *pos;
	ch->to = to;
	*pos = to;
	return true;
}

/*
 * Back to the last wildcard that can be longer.  When no class stands before a wildcard, earlier ones that grow lead to it at later
 * tokens only: whatever it could not do from here it cannot do from there.
 */
static bool
match_back(struct match *m, struct choice *st, uint32_t *sp, uint32_t *op, uint32_t *pos)
{
	for (; *sp > 0 && !m->hopeless; --*sp) {
		struct choice		*ch = &st[*sp - 1];
		const struct pat	*p = &m->pat[ch->op];

		if (p->op == PAT_ONE || p->op == PAT_NCLASS)
			continue;
		if (choice_extend(m, ch)) {
			*op = ch->op + 1;
			*pos = ch->to;
			return true;
		}
		m->hopeless = p->sure && p->op != PAT_CLASS;
	}
	return false;
}

bool
pat_match(struct rule_ctx *c, const struct gate *g, const struct work *w, struct capture *cap)
{
	struct match	m;
	struct choice	*st = c->choice;
	const struct pat *pat = g->pat;
	const struct rule_tok *tok = w->tok;
	uint32_t	op = 0, pos = 0, sp = 0, npat = g->npat, n = w->n;

	if (npat == 1 && (pat[0].op == PAT_ANY0 || (pat[0].op == PAT_ANY1 && n > 0) || (pat[0].op == PAT_ONE && n == 1))) {
		cap[0] = (struct capture){ 0, n };	/* the most frequent of all */
		return true;
	}
	m = (struct match){ .ctx = c, .rules = c->rules, .pat = pat, .npat = npat, .tok = tok, .n = n, .extra = c->any_extra };
	for (;;) {
		while (op < npat && pat[op].op == PAT_LIT && pos < n && tok[pos].id == pat[op].atom) {
			op++;
			pos++;
		}
		if (op == npat && pos == n)
			break;
		if (op < npat && pat[op].op != PAT_LIT && match_one(&m, op, &pos, &st[sp])) {
			sp += pat[op].op != PAT_MACRO;
			op++;
		} else if (!match_back(&m, st, &sp, &op, &pos))
			return false;
	}
	for (uint32_t i = 0; i < sp; i++)
		cap[i] = (struct capture){ st[i].from, st[i].to };
	return true;
}
