/*
 * rhs_map - the second step of a right side: $( map key $@ arguments $: default $) and $[ name $].
 *
 * A value is text, tokenised as an address is.  So is a default, unless it would come out as it went in.
 */
#include <string.h>

#include "base/status.h"
#include "base/trace.h"
#include "rule/rhs.h"

/* Joined with BlankSub, in scratch memory. */
static struct str
lookup_text(struct rule_ctx *c, const struct rule_tok *tok, uint32_t n)
{
	struct str	text;

	if (n == 1)
		text = str_mem(tok->p, tok->n);
	else {
		buf_clear(&c->tmp);
		tok_join(&c->rules->chars, tok, n, c->rules->blank_sub, &c->tmp);
		text = arena_str(c->scratch, buf_str(&c->tmp));
	}
	rule_trace_text(true, tok, n, text);
	return text;
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

	if (lookup_is_plain(b->c->rules, tok, n) && !trace_on(22, 11) && !trace_on(59, 14))
		return build_put(b, tok, n);
	lookup_cook(b->c, tok, n);
	rule_trace_text(false, tok, n, buf_str(&b->c->tmp));
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
	unsigned	mark = map_mark(c->rules, map);
	struct str	queue_id;

	if (mark == MAP_MACRO) {
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
	if (mark == MAP_LOG) {
		queue_id = rule_macro_value(c, STR("i"));
		args = &queue_id;
		nargs = 1;
	}
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

int
build_lookups(struct build *b, const struct rule_tok *tok, uint32_t n, int *status)
{
	int	rc = 0;

	for (uint32_t i = 0; i < n && rc == 0;) {
		uint32_t	from = i;

		while (i < n && tok[i].id != ID_OF('(', 0) && tok[i].id != ID_OF('[', 0))
			i++;
		if (i > from)
			rc = build_put(b, tok + from, i - from);
		if (rc == 0 && i < n)
			rc = lookup_one(b, tok, n, &i, status);
	}
	return rc;
}
