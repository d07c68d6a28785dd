/*
 * explain - steps of a run, and the one line that they make.
 */
#include <string.h>

#include "rule/explain.h"
#include "rule/rule_int.h"

#define EXPLAIN_MAX	4096u		/* steps */
#define EXPLAIN_ARENA	((size_t)32 << 20)
#define EXPLAIN_ENOUGH	((size_t)2 << 20)	/* of texts: what is more tells nobody anything */
#define EXPLAIN_TEXT	((size_t)4096)	/* bytes of one value or workspace */

struct explain {
	struct arena		*arena;
	struct explain_step	*v;
	size_t			 n, size;
	size_t			 run;		/* where the last run begins */
	bool			 cut;
	struct buf		 text;
};

struct explain *
explain_new(void)
{
	struct arena	*a = arena_new(EXPLAIN_ARENA);
	struct explain	*e = ARENA_NEW(a, struct explain);

	e->arena = a;
	e->size = 64;
	e->v = ARENA_ARRAY(a, struct explain_step, e->size);
	buf_init(&e->text, 1 << 20);
	return e;
}

void
explain_free(struct explain **ep)
{
	struct arena	*a;

	if (*ep == NULL)
		return;
	a = (*ep)->arena;
	buf_done(&(*ep)->text);
	*ep = NULL;
	arena_free(&a);
}

void
explain_clear(struct explain *e)
{
	e->n = e->run = 0;
	e->cut = false;		/* texts stay until it is freed: one record serves one question */
}

void
rule_explain(struct rule_ctx *c, struct explain *e)
{
	c->explain = e;
}

size_t
explain_count(const struct explain *e)
{
	return e->n;
}

const struct explain_step *
explain_at(const struct explain *e, size_t i)
{
	return i < e->n ? &e->v[i] : NULL;
}

bool
explain_is_cut(const struct explain *e)
{
	return e->cut;
}

/* ---- recording ---- */

static struct explain_step *
explain_add(struct explain *e, enum explain_kind kind, unsigned depth, int set, unsigned rule)
{
	struct explain_step	*s;

	if (e->n == EXPLAIN_MAX || arena_used(e->arena) > EXPLAIN_ENOUGH) {
		e->cut = true;
		return NULL;
	}
	if (e->n == e->size) {
		s = ARENA_ARRAY(e->arena, struct explain_step, e->size * 2);
		memcpy(s, e->v, e->n * sizeof *s);
		e->v = s;
		e->size *= 2;
	}
	s = &e->v[e->n++];
	*s = (struct explain_step){ .kind = kind, .depth = depth, .set = set, .rule = rule, .map = -1 };
	return s;
}

static struct str
explain_keep(struct explain *e, struct str s)
{
	return arena_str(e->arena, str_first(s, s.n < EXPLAIN_TEXT ? s.n : EXPLAIN_TEXT));
}

/* The workspace as a person writes it: no blanks but between words, and around operators. */
static struct str
explain_tokens(struct explain *e, const struct rules *r, const struct work *w)
{
	bool	word = false;

	buf_clear(&e->text);
	for (uint32_t i = 0; i < w->n && e->text.n < EXPLAIN_TEXT; i++) {
		const struct rule_tok	*t = &w->tok[i];
		bool			 meta = ID_IS_META(t->id), is_word = !meta && t->n > 0 && !tok_is_operator(&r->chars, (unsigned char)t->p[0]);

		if (i > 0 && (meta || (word && is_word)))
			buf_addch(&e->text, ' ');
		if (meta)
			rules_print(r, t, 1, &e->text);
		else
			rule_show(str_mem(t->p, t->n), &e->text);
		word = is_word;
	}
	return explain_keep(e, str_rtrim(buf_str(&e->text)));
}

void
explain_call(struct rule_ctx *c, int set, const struct work *w, bool in)
{
	struct explain		*e = c->explain;
	struct explain_step	*s;

	if (in && c->depth <= 1)
		e->run = e->n;
	s = explain_add(e, in ? EXPLAIN_CALL : EXPLAIN_RETURN, (unsigned)c->depth, set, 0);
	if (s != NULL && in)
		s->before = explain_tokens(e, c->rules, w);
	else if (s != NULL)
		s->after = explain_tokens(e, c->rules, w);
}

/* Before a rule applies: where its step will be; what it does meanwhile stands behind it. */
size_t
explain_rule(struct rule_ctx *c, int set, unsigned rule, const struct work *w)
{
	struct explain		*e = c->explain;
	struct explain_step	*s = explain_add(e, EXPLAIN_RULE, (unsigned)c->depth - 1, set, rule);

	if (s == NULL)
		return SIZE_MAX;
	s->before = explain_tokens(e, c->rules, w);
	return e->n - 1;
}

void
explain_applied(struct rule_ctx *c, size_t at, const struct work *w)
{
	struct explain		*e = c->explain;
	struct explain_step	*s;
	struct str		 after;

	if (at >= e->n)
		return;
	after = explain_tokens(e, c->rules, w);
	s = &e->v[at];
	s->after = after;
	s->ends = c->rules->sets[s->set].rules[s->rule].prefix == '@' || (w->n > 0 && w->tok[0].id == ID_SHARP);
	if (w->n == 0 || w->tok[0].id != ID_SHARP)
		return;
	s->makes = true;		/* unless a ruleset that it called did */
	for (size_t i = at + 1; i < e->n; i++)
		if (e->v[i].kind == EXPLAIN_RULE && e->v[i].makes)
			s->makes = false;
}

void
explain_lookup(struct rule_ctx *c, int map, struct str name, struct str key, enum map_rc rc, const struct buf *value)
{
	struct explain		*e = c->explain;
	struct explain_step	*s, *in = NULL;

	for (size_t i = e->n; i > 0 && in == NULL; i--)
		if (e->v[i - 1].kind == EXPLAIN_RULE && e->v[i - 1].depth == (unsigned)c->depth - 1)
			in = &e->v[i - 1];
	if (in == NULL)
		return;
	s = explain_add(e, EXPLAIN_LOOKUP, in->depth, in->set, in->rule);
	if (s == NULL)
		return;
	s->map = map;
	s->name = explain_keep(e, name);
	s->key = explain_keep(e, key);
	s->value = rc == MAP_NOTFOUND ? STR("") : explain_keep(e, buf_str(value));
	s->rc = rc;
}

/* ---- telling ---- */

/*
 * Who wrote the $# of the first run that ended with one: of all rules that wrote these very words the first, those behind it passed them on.
 */
static const struct explain_step *
explain_maker(const struct explain *e)
{
	size_t	from = 0, last = SIZE_MAX;

	for (size_t i = 0; i < e->n; i++) {
		const struct explain_step	*s = &e->v[i];

		if (s->kind == EXPLAIN_CALL && s->depth == 1) {
			if (last != SIZE_MAX)
				break;
			from = i;
		}
		if (s->kind == EXPLAIN_RULE && s->makes)
			last = i;
	}
	if (last == SIZE_MAX)
		return NULL;
	for (size_t i = from; i < last; i++)
		if (e->v[i].kind == EXPLAIN_RULE && e->v[i].makes && str_eq(e->v[i].after, e->v[last].after))
			return &e->v[i];
	return &e->v[last];
}

/* A rule that took its answer from the end of its workspace ("x $| RELAY") passes on what a ruleset called before it said. */
static const struct explain_step *
explain_source(const struct explain *e, const struct explain_step *s)
{
	const struct explain_step	*from;

	for (; s != NULL && s->after.n > 0 && s->before.n > s->after.n && str_ends(s->before, s->after); s = from) {
		from = NULL;
		for (const struct explain_step *t = s; t > e->v + e->run && from == NULL; t--)
			if (t[-1].kind == EXPLAIN_RULE && t[-1].depth > s->depth && t[-1].ends && str_eq(t[-1].after, s->after))
				from = t - 1;
		if (from == NULL)
			break;
	}
	return s;
}

const struct explain_step *
explain_decider(const struct explain *e)
{
	const struct explain_step	*last = explain_maker(e);
	unsigned			 depth = 1;

	if (last != NULL)
		return last;
	/* the last rule of the run; if it only passed on what a ruleset returned, the one that ended that */
	for (size_t i = e->run; i < e->n; i++)
		if (e->v[i].kind == EXPLAIN_RULE && e->v[i].depth == depth)
			last = &e->v[i];
	while (last != NULL) {
		const struct explain_step	*inner = NULL;
		size_t				 at = (size_t)(last - e->v);

		for (size_t i = at + 1; i < e->n && (e->v[i].kind != EXPLAIN_RULE || e->v[i].depth > depth); i++)
			if (e->v[i].kind == EXPLAIN_RULE && e->v[i].depth == depth + 1)
				inner = &e->v[i];
		if (inner == NULL || !str_eq(inner->after, last->after))
			break;
		last = inner;
		depth++;
	}
	return explain_source(e, last);
}

void
explain_place(const struct rules *r, int set, size_t rule, struct buf *b)
{
	const struct rule	*u = &r->sets[set].rules[rule];
	struct str		 place = u->origin.n > 0 ? u->origin : r->file;
	size_t			 slash = 0;

	for (size_t i = 0; i < place.n; i++)
		if (place.p[i] == '/')
			slash = i + 1;
	if (u->origin.n > 0 && slash > 1) {		/* "feature/access_db.m4:16" says more than its last part */
		size_t	before = slash - 1;

		while (before > 0 && place.p[before - 1] != '/')
			before--;
		if (place.p[before] != '.')
			slash = before;
	}
	buf_add(b, str_from(place, slash));
	if (u->origin.n == 0)
		buf_addf(b, ":%u", u->line);
}

static void
brief_text(struct str s, struct buf *b)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char	c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 127 || c == '[' || c == ']' || c == '+')
			buf_addf(b, "+%02X", c);
		else
			buf_addch(b, (char)c);
	}
}

static void
brief_rule(const struct rules *r, const struct explain_step *s, struct buf *b)
{
	struct str	name = r->sets[s->set].name;
	struct buf	place;

	if (name.n > 0)
		buf_add(b, name);
	else
		buf_addf(b, "%d", r->sets[s->set].number);
	buf_addf(b, "/%u@", s->rule + 1);
	buf_init(&place, 0);
	explain_place(r, s->set, s->rule, &place);
	brief_text(buf_str(&place), b);
	buf_done(&place);
}

void
explain_brief(const struct explain *e, const struct rules *r, size_t max, struct buf *out)
{
	const struct explain_step	*decider = explain_decider(e);
	struct buf			 b;
	size_t				 from = 0;

	buf_init(&b, 0);
	for (size_t i = 0; i < e->n; i++) {
		const struct explain_step	*s = &e->v[i];

		if (s->kind != EXPLAIN_LOOKUP || s->rc == MAP_NOTFOUND || (s->map >= 0 && (uint32_t)s->map < r->nmap_mark &&
		    r->map_mark[s->map] == MAP_MACRO))
			continue;
		if (b.n > 0)
			buf_addch(&b, ' ');
		brief_text(s->name, &b);
		buf_addch(&b, '[');
		brief_text(s->key, &b);
		buf_addc(&b, s->rc == MAP_TEMP ? "]?" : "]=");
		if (s->rc == MAP_FOUND)
			brief_text(s->value, &b);
	}
	if (decider != NULL) {
		if (b.n > 0)
			buf_addch(&b, ' ');
		brief_rule(r, decider, &b);
	}
	if (b.n > max) {			/* whole items from the end, as many as fit behind "... " */
		from = b.n - (max < 4 ? max : max - 4);
		while (from < b.n && b.p[from - 1] != ' ')
			from++;
		buf_addc(out, max < 4 ? "" : "... ");
	}
	if (from < b.n)
		buf_add(out, str_from(buf_str(&b), from));
	buf_done(&b);
}
