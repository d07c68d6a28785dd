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
#include "base/trace.h"
#include "rule/rule_int.h"

#define RULE_MAXBUILD	(RULE_MAXATOM - 10)	/* a right side's own tokens end here, as in sendmail */

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
		must(c->shown != NULL);
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

/* ---- step 1: references and macros ---- */

struct build {
	struct rule_ctx	*c;
	struct rule_tok	*tok;
	uint32_t	 n;
};

static int
build_put(struct build *b, const struct rule_tok *tok, size_t n)
{
	if (b->n + n > RULE_MAXATOM)
		return -1;
	for (size_t i = 0; i < n; i++)		/* mostly one or two */
		b->tok[b->n + i] = tok[i];
	b->n += (uint32_t)n;
	return 0;
}

/* $1: 0x55d0c0de="joe" */
static void
trace_capture(unsigned ref, const struct work *w, const struct capture *k)
{
	struct buf	b;

	buf_init(&b, 0);
	buf_addf(&b, "$%u:", ref);
	for (uint32_t i = k->from; i < k->to; i++) {
		buf_addf(&b, " %p=\"", (const void *)w->tok[i].p);
		buf_add(&b, str_mem(w->tok[i].p, w->tok[i].n));
		buf_addch(&b, '"');
	}
	buf_addch(&b, '\n');
	trace_write(buf_str(&b));
	buf_done(&b);
}

static int
build_macro(struct build *b, unsigned id, int *status)
{
	struct rule_ctx	*c = b->c;
	struct str	 value = STR_NONE;
	bool		 template;
	int		 n;

	if (!ctx_macro(c, (int)id, &value, &template))
		value = STR_NONE;
	if (trace_on(21, 2)) {
		struct str	name = c->rules->macros[id].name;

		trace_printf("rewrite: RHS $&{%.*s} => ", STR_ARG(name));
		if (str_is_none(value))
			trace_printf("\"(NULL)\"\n");
		else {
			struct str	plain = ctx_macro_plain(c, value, template);

			trace_printf("\"%.*s\"\n", STR_ARG(plain));
		}
	}
	if (value.n == 0)
		return 0;
	value = ctx_macro_plain(c, value, template);	/* the macro may be set again while its tokens are in use */
	n = ctx_scan(c, value, 0, b->tok + b->n, RULE_MAXATOM - b->n);
	if (n < 0 || (n == 0 && str_trim(value).n > 0)) {
		*status = EXIT_DATAERR;
		return -2;
	}
	tok_number(&c->rules->atoms, b->tok + b->n, (size_t)n);
	if (trace_on(21, 19)) {
		for (int i = 0; i < n; i++)
			trace_printf(" ... %.*s\n", (int)b->tok[b->n + (uint32_t)i].n, b->tok[b->n + (uint32_t)i].p);
		trace_printf(" ... DONE\n");
	}
	b->n += (uint32_t)n;
	return 0;
}

/* 0, -1 too long, -2 said already. */
static int
build_rhs(struct build *b, const struct rule *rule, const struct work *w, const struct capture *cap, int *status)
{
	const struct rule_tok	*t = rule->rhs, *end = t + rule->nrhs;

	for (; t < end; t++) {
		int	rc = 0;

		if (!ID_IS_META(t->id) || (ID_KIND(t->id) != '1' && ID_KIND(t->id) != '&')) {
			if (b->n >= RULE_MAXBUILD)
				return -1;
			b->tok[b->n++] = *t;
		} else if (ID_KIND(t->id) == '1') {
			const struct capture	*k = &cap[ID_PAR(t->id) - 1];

			if (trace_on(21, 15))
				trace_capture(ID_PAR(t->id), w, k);
			rc = build_put(b, w->tok + k->from, k->to - k->from);
		} else
			rc = build_macro(b, ID_PAR(t->id), status);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- step 2: lookups ---- */

/* Joined with BlankSub, in scratch memory. */
static struct str
lookup_text(struct rule_ctx *c, const struct rule_tok *tok, uint32_t n)
{
	if (n == 1)
		return str_mem(tok->p, tok->n);
	buf_clear(&c->tmp);
	tok_join(&c->rules->chars, tok, n, c->rules->blank_sub, &c->tmp);
	return arena_str(c->scratch, buf_str(&c->tmp));
}

/* Is a default, taken as text and tokenised again, what it was? */
static bool
lookup_is_plain(const struct rules *r, const struct rule_tok *tok, uint32_t n)
{
	bool	was = false;
	int	angles = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool	op = !ID_IS_META(tok[i].id) && tok[i].n == 1 && tok_is_operator(&r->chars, (unsigned char)tok[i].p[0]);
		bool	word = !ID_IS_META(tok[i].id) && !op && tok[i].n > 0 && tok[i].p[0] != '"';

		if ((was && word) || (op && (tok[i].p[0] == '(' || tok[i].p[0] == ')')))
			return false;
		if (op && tok[i].p[0] == '<')
			angles++;
		else if (op && tok[i].p[0] == '>' && --angles < 0)
			return false;
		was = word;
	}
	return angles == 0;
}

/* Operators as escapes between the text, so that they survive. */
static void
lookup_cook(struct rule_ctx *c, const struct rule_tok *tok, uint32_t n)
{
	uint32_t	from = 0;

	buf_clear(&c->tmp);
	for (uint32_t i = 0; i <= n; i++) {
		if (i < n && !ID_IS_META(tok[i].id))
			continue;
		tok_join(&c->rules->chars, tok + from, i - from, c->rules->blank_sub, &c->tmp);
		if (i == n)
			break;
		buf_addch(&c->tmp, TOK_ESC);
		buf_addch(&c->tmp, ID_KIND(tok[i].id));
		if (strchr("=~1&", ID_KIND(tok[i].id)) != NULL) {
			buf_addch(&c->tmp, (char)(ID_PAR(tok[i].id) >> 8));
			buf_addch(&c->tmp, (char)(ID_PAR(tok[i].id) & 0xff));
		}
		from = i + 1;
	}
}

/* A default: it is text to sendmail, so neighbouring words get BlankSub between them and comments vanish. */
static int
lookup_default(struct build *b, const struct rule_tok *tok, uint32_t n, int *status)
{
	int	got;

	if (lookup_is_plain(b->c->rules, tok, n) && !trace_on(22, 11))
		return build_put(b, tok, n);
	lookup_cook(b->c, tok, n);
	got = ctx_scan(b->c, arena_str(b->c->scratch, buf_str(&b->c->tmp)), TOK_META, b->tok + b->n, RULE_MAXATOM - b->n);
	if (got <= 0) {		/* text, and nothing of it was an address */
		*status = EXIT_DATAERR;
		return -2;
	}
	tok_number(&b->c->rules->atoms, b->tok + b->n, (size_t)got);
	b->n += (uint32_t)got;
	return 0;
}

static int
lookup_map(const struct rules *r, const struct rule_tok *t)
{
	uint32_t	atom = ID_IS_META(t->id) ? ATOM_NONE : t->id;

	return atom == ATOM_NONE ? -1 : (int)r->atoms.v[atom].map - 1;
}

static unsigned
map_mark(const struct rules *r, int map)
{
	return map >= 0 && (uint32_t)map < r->nmap_mark ? r->map_mark[map] : 0;
}

static enum map_rc
lookup_ask(struct rule_ctx *c, int map, struct str key, const struct str *args, size_t nargs, struct buf *value)
{
	if (map_mark(c->rules, map) == MAP_MACRO) {
		struct str	name;
		int		id;

		name = key.n > 0 && key.p[0] == '{' ? key : str_first(key, 1);
		id = ctx_macro_id(c, name, true);
		if (id >= 0)
			(void)rule_macro_store(c, name, nargs == 0 ? STR_NONE : args[0]);
		return MAP_FOUND;
	}
	if (c->lookup == NULL)
		return MAP_NOTFOUND;
	err_clear(&c->why);
	return c->lookup(c->arg, map, key, args, nargs, value, &c->why);
}

struct lookup {
	struct str	 mapname;
	int		 map;
	const struct rule_tok *key, *def;
	uint32_t	 nkey, ndef;
	struct str	*args;		/* the context's */
	size_t		 nargs;
	bool		 has_def;
};

/* "map_lookup(t, a, %0=a, %1=b) => value (0), ad=0" */
static void
trace_lookup(const struct lookup *l, struct str key, enum map_rc rc, const struct buf *value)
{
	struct buf	b;

	buf_init(&b, 1 << 20);
	buf_addf(&b, "map_lookup(%.*s, %.*s", STR_ARG(l->mapname), STR_ARG(key));
	if (trace_on(60, 5)) {
		buf_addf(&b, ", %%0=%.*s", STR_ARG(key));
		for (size_t i = 0; i < l->nargs; i++)
			buf_addf(&b, ", %%%zu=%.*s", i + 1, STR_ARG(l->args[i]));
	}
	if (rc == MAP_FOUND)
		buf_addf(&b, ") => %.*s (0), ad=0\n", (int)value->n, value->n > 0 ? value->p : "");
	else
		buf_addf(&b, ") => NOT FOUND (%d), ad=0\n", rc == MAP_TEMP ? EXIT_TEMPFAIL : EXIT_NOHOST);
	trace_write(buf_str(&b));
	buf_done(&b);
}

static enum map_rc
lookup_said(struct rule_ctx *c, const struct lookup *l, struct str key, struct buf *value)
{
	enum map_rc	rc = lookup_ask(c, l->map, key, l->args, l->nargs, value);

	if (trace_on(60, 1) && (c->lookup == NULL || map_mark(c->rules, l->map) == MAP_MACRO))	/* else the lookup side says it */
		trace_lookup(l, key, rc, value);
	if (c->explain != NULL)
		explain_lookup(c, l->map, l->mapname, key, rc, value);
	return rc;
}

/* tok[*i] is $( or $[: take the whole construct apart and leave *i behind it. -1: no map name. */
static int
lookup_parse(struct rule_ctx *c, const struct rule_tok *tok, uint32_t n, uint32_t *i, struct lookup *l)
{
	char		 open = ID_KIND(tok[*i].id);
	uint32_t	 close = open == '(' ? ID_OF(')', 0) : ID_OF(']', 0), at = *i + 1, from;
	int		 what = 0;		/* 0 key, 1 argument, 2 default */

	memset(l, 0, sizeof *l);
	l->args = c->args;
	if (open == '(') {
		if (at >= n || ID_IS_META(tok[at].id))
			return -1;
		l->mapname = str_mem(tok[at].p, tok[at].n);
		l->map = lookup_map(c->rules, &tok[at++]);
	} else {
		l->mapname = STR("host");
		l->map = c->rules->host_map;
	}
	for (from = at;; at++) {
		bool	end = at >= n || tok[at].id == close;

		if (!end && tok[at].id != ID_HOST && tok[at].id != ID_USER)
			continue;
		if (what == 0) {
			l->key = tok + from;
			l->nkey = at - from;
		} else if (what == 2) {
			l->def = tok + from;
			l->ndef = at - from;
			l->has_def = true;
		} else if (l->nargs < RULE_MAXARGS)
			l->args[l->nargs++] = lookup_text(c, tok + from, at - from);
		if (end)
			break;
		what = tok[at].id == ID_HOST ? 1 : 2;
		from = at + 1;
	}
	*i = at < n ? at + 1 : n;
	return 0;
}

static int
lookup_one(struct build *b, const struct rule_tok *tok, uint32_t n, uint32_t *i, int *status)
{
	struct rule_ctx	*c = b->c;
	struct lookup	 l;
	struct buf	*value = &c->value;
	struct str	 text;
	enum map_rc	 rc = MAP_NOTFOUND;
	int		 got;

	if (lookup_parse(c, tok, n, i, &l) == -1) {
		ctx_say(c, ERR_PERM, "rewrite: missing mapname");
		*status = EXIT_CONFIG;
		return -2;
	}
	buf_clear(value);
	if (l.map < 0 || map_mark(c->rules, l.map) == MAP_UNKNOWN)
		ctx_say(c, ERR_PERM, "rewrite: map %.*s not found", STR_ARG(l.mapname));
	else
		rc = lookup_said(c, &l, lookup_text(c, l.key, l.nkey), value);
	if (rc == MAP_TEMP)
		*status = EXIT_TEMPFAIL;
	if (rc == MAP_FOUND || (rc == MAP_TEMP && value->n > 0)) {	/* -T's tag stands in for the value */
		text = arena_str(c->scratch, buf_str(value));
		got = ctx_scan(c, text, 0, b->tok + b->n, RULE_MAXATOM - b->n);
		if (got < 0 || (got == 0 && str_trim(text).n > 0)) {
			*status = EXIT_DATAERR;
			return -2;
		}
		tok_number(&c->rules->atoms, b->tok + b->n, (size_t)got);
		b->n += (uint32_t)got;
		return 0;
	}
	return l.has_def ? lookup_default(b, l.def, l.ndef, status) : build_put(b, l.key, l.nkey);
}

static int
build_lookups(struct build *b, const struct rule_tok *tok, uint32_t n, int *status)
{
	int	rc = 0;

	for (uint32_t i = 0; i < n && rc == 0;) {
		if (tok[i].id == ID_OF('(', 0) || tok[i].id == ID_OF('[', 0))
			rc = lookup_one(b, tok, n, &i, status);
		else
			rc = build_put(b, &tok[i++], 1);
	}
	return rc;
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
	if (i + 1 >= w->n)
		return EXIT_OK;
	status = call_from(c, w, i + 2);
	if (status != EXIT_OK && status != EXIT_TEMPFAIL)	/* what failed inside is left standing */
		return status;
	name = call_name(&w->tok[i + 1]);
	set = name.p == w->tok[i + 1].p ? set_by_atom(c->rules, &w->tok[i + 1]) : rules_find(c->rules, name);
	if (set < 0 && name.n > 0 && chr_is_digit(name.p[0]))	/* a number without rules does nothing */
		set = -2;
	if (set == -1) {
		ctx_say(c, ERR_PERM, "Unknown ruleset %.*s", STR_ARG(name));
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

/* The first rule from `i` on that may match; s->n: none. */
uint32_t
gate_next(const struct rule_ctx *c, const struct ruleset *s, uint32_t i, const struct work *w)
{
	const struct gate	*g = s->gate + i;
	uint64_t		 lack = ~w->have, lack_pairs = ~w->pairs, lack_twice = ~w->twice;
	uint32_t		 first = w->n > 0 ? w->tok[0].id : ATOM_NONE, second = w->n > 1 ? w->tok[1].id : ATOM_NONE;
	uint32_t		 last = w->n > 0 ? w->tok[w->n - 1].id : ATOM_NONE;

	for (; i < s->n; i++, g++)
		if (((g->need & lack) | (g->pairs & lack_pairs) | (g->twice & lack_twice)) == 0 && w->n >= g->mintok &&
		    (w->n <= g->maxtok || g->maxtok == UINT16_MAX) && (g->first == ATOM_NONE || g->first == first) &&
		    (g->second == ATOM_NONE || g->second == second) && (g->last == ATOM_NONE || g->last == last) &&
		    (!g->empty || c->any_extra))
			break;
	return i;
}

/* Replace the workspace by the right side. Sets *fatal when the ruleset cannot go on. */
static int
rule_apply(struct rule_ctx *c, int set, const struct rule *r, struct work *w, const struct capture *cap, bool *fatal)
{
	int		 slot = 2 * c->depth - 1, status = EXIT_OK, rc;
	struct build	 b = { c, ctx_pool(c, slot), 0 };
	bool		 calls = r->has_call || (w->have & id_bit(ID_CALL)) != 0;

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

static int
rewrite_rules(struct rule_ctx *c, int set, struct work *w)
{
	const struct ruleset	*s = &c->rules->sets[set];
	struct capture		*cap = c->cap;
	bool			 t12 = trace_on(21, 12), t10 = trace_on(21, 10), t4 = trace_on(21, 4), aloud = trace_on(21, 2), fatal;
	int			 status = EXIT_OK, rc;
	uint32_t		 may, loops = 0;
	size_t			 step;

	for (uint32_t i = 0; i < s->n;) {
		const struct rule	*r;

		if (w->n > 0 && w->tok[0].id == ID_SHARP)
			break;
		if (!w->counted)
			work_count(w);
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
			struct str	name = s->name;

			ctx_say(c, ERR_PERM, "Infinite loop in ruleset %.*s, rule %u", STR_ARG(name), i + 1);
			loops = 0;
			i++;
			continue;
		}
		c->steps += 1 + w->n / 16;		/* a long workspace costs more */
		c->applied++;
		if (c->steps > RULE_MAXSTEPS || ((c->applied & 15) == 0 && arena_used(c->scratch) - c->used > CTX_RUN_MAX)) {
			if (c->steps < UINT_MAX / 2)
				ctx_say(c, ERR_PERM, "rewrite: too many steps in ruleset %.*s, rule %u", STR_ARG(s->name), i + 1);
			c->steps = UINT_MAX / 2;	/* said once; every level ends */
			return EXIT_CONFIG;
		}
		if (t12)
			trace_rule(c, r, true);
		step = c->explain != NULL ? explain_rule(c, set, i, w) : 0;
		rc = rule_apply(c, set, r, w, cap, &fatal);
		if (c->explain != NULL)
			explain_applied(c, step, w);
		if (rc != EXIT_OK)
			status = rc;
		if (fatal)
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
	status = rewrite_rules(c, set, w);
	c->depth--;
	if (c->explain != NULL)
		explain_call(c, set, w, false);
	if (c->trace || trace_on(21, 1))
		trace_set_line(c, set, false, w);
	return status;
}
