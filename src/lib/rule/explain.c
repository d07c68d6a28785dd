/*
 * explain - steps of a run, and the one line that they make.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "rule/explain.h"
#include "rule/rule_int.h"

#define EXPLAIN_MAX	4096u		/* steps */
#define EXPLAIN_ARENA	((size_t)32 << 20)
#define EXPLAIN_ENOUGH	((size_t)2 << 20)	/* of texts: what is more tells nobody anything */
#define EXPLAIN_TEXT	((size_t)4096)	/* bytes of one value or workspace */
#define LIGHT_ARENA	((size_t)1 << 20)
#define LIGHT_STEPS	128u
#define LIGHT_TEXT	((size_t)256)

struct explain {
	struct arena		*home, *arena;	/* it and its steps; their texts: in a full record the same */
	struct explain_step	*v;
	size_t			 n, size;
	size_t			 run;		/* where the last run begins */
	bool			 cut;
	struct buf		 text;
	/* a light record has steps for lookups and for rules that wrote a $# only, and of workspaces their hashes: */
	bool			 light;
	bool			 decided;	/* the first run that gave a $# is over: nothing more is kept */
	size_t			 rules, made;	/* how many rules applied; when the last one wrote a $# */
};

struct explain *
explain_new(void)
{
	struct arena	*a = arena_new(EXPLAIN_ARENA);
	struct explain	*e = ARENA_NEW(a, struct explain);

	e->home = e->arena = a;
	e->size = 64;
	e->v = ARENA_ARRAY(a, struct explain_step, e->size);
	buf_init(&e->text, 1 << 20);
	return e;
}

struct explain *
explain_new_light(void)
{
	struct arena	*a = arena_new(LIGHT_ARENA);
	struct explain	*e = ARENA_NEW(a, struct explain);

	e->arena = arena_new(LIGHT_ARENA);
	e->home = a;
	e->light = true;
	/* Not zeroed: pages that no step came to cost nothing, and each session has such a record. */
	e->v = malloc(LIGHT_STEPS * sizeof *e->v);
	e->size = e->v == NULL ? 0 : LIGHT_STEPS;
	buf_init(&e->text, 1 << 20);
	return e;
}

void
explain_free(struct explain **ep)
{
	struct arena	*home, *texts;

	if (*ep == NULL)
		return;
	home = (*ep)->home;
	texts = (*ep)->arena;
	buf_done(&(*ep)->text);
	if ((*ep)->light)
		free((*ep)->v);
	*ep = NULL;
	if (texts != home)
		arena_free(&texts);
	arena_free(&home);
}

void
explain_clear(struct explain *e)
{
	e->n = e->run = e->rules = e->made = 0;
	e->cut = e->decided = false;
	if (e->light && arena_used(e->arena) > 0)
		arena_reset(e->arena);		/* a full record's texts stay until it is freed: it serves one question */
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
	if (e->n == e->size && e->light) {
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

/* Maps of class macro keep values; they decide nothing. */
static bool
map_is_storage(const struct rules *r, int map)
{
	return map >= 0 && (uint32_t)map < r->nmap_mark && r->map_mark[map] == MAP_MACRO;
}

static struct str
explain_keep(struct explain *e, struct str s)
{
	size_t	max = e->light ? LIGHT_TEXT : EXPLAIN_TEXT;

	return arena_str(e->arena, str_first(s, s.n < max ? s.n : max));
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

	if (in && c->depth <= 1) {
		e->run = e->n;
		e->decided = e->made > 0;
	}
	if (e->light)
		return;
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
	struct explain_step	*s;

	if (e->light)
		return ++e->rules;
	if ((s = explain_add(e, EXPLAIN_RULE, (unsigned)c->depth - 1, set, rule)) == NULL)
		return SIZE_MAX;
	s->before = explain_tokens(e, c->rules, w);
	return e->n - 1;
}

/* A light record: a rule wrote a $#, unless a ruleset that it called did; its step holds a hash of the workspace in place of the text. */
static void
explain_wrote(struct rule_ctx *c, int set, unsigned rule, size_t at, const struct work *w)
{
	struct explain		*e = c->explain;
	struct explain_step	*s;
	uint64_t		 h = 0;
	char			 p[sizeof h];

	if (e->decided || e->made >= at)
		return;
	e->made = at;
	for (uint32_t i = 0; i < w->n; i++)
		h = hash_bytes(ID_IS_META(w->tok[i].id) ? str_mem(&w->tok[i].id, sizeof w->tok[i].id) : str_mem(w->tok[i].p, w->tok[i].n), h + 1);
	memcpy(p, &h, sizeof p);
	if ((s = explain_add(e, EXPLAIN_RULE, (unsigned)c->depth - 1, set, rule)) == NULL)
		return;
	s->after = explain_keep(e, str_mem(p, sizeof p));
	s->makes = s->ends = true;
}

void
explain_applied(struct rule_ctx *c, int set, unsigned rule, size_t at, const struct work *w)
{
	struct explain		*e = c->explain;
	struct explain_step	*s;
	struct str		 after;

	if (e->light) {
		if (w->n > 0 && w->tok[0].id == ID_SHARP)
			explain_wrote(c, set, rule, at, w);
		return;
	}
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

	if (e->light) {
		if (rc == MAP_NOTFOUND || e->decided || e->n >= LIGHT_STEPS / 2 || map_is_storage(c->rules, map) ||
		    (s = explain_add(e, EXPLAIN_LOOKUP, (unsigned)c->depth - 1, 0, 0)) == NULL)
			return;
		goto say;
	}
	for (size_t i = e->n; i > 0 && in == NULL; i--)
		if (e->v[i - 1].kind == EXPLAIN_RULE && e->v[i - 1].depth == (unsigned)c->depth - 1)
			in = &e->v[i - 1];
	if (in == NULL)
		return;
	s = explain_add(e, EXPLAIN_LOOKUP, in->depth, in->set, in->rule);
	if (s == NULL)
		return;
say:
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

	if (last != NULL || e->light)
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

static bool
brief_is_plain(unsigned char c)
{
	return c > ' ' && c < 127 && c != '[' && c != ']' && c != '+';
}

void
explain_escape(struct str s, struct buf *b)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char	c = (unsigned char)s.p[i];

		if (brief_is_plain(c))
			buf_addch(b, (char)c);
		else
			buf_addf(b, "+%02X", c);
	}
}

static void
brief_rule(const struct rules *r, const struct explain_step *s, struct buf *b)
{
	struct str	name = r->sets[s->set].name;
	struct buf	place;
	size_t		at, i;

	if (name.n > 0)
		buf_add(b, name);
	else
		buf_addf(b, "%d", r->sets[s->set].number);
	buf_addf(b, "/%u@", s->rule + 1);
	at = b->n;
	explain_place(r, s->set, s->rule, b);
	for (i = at; i < b->n && brief_is_plain((unsigned char)b->p[i]); i++)
		;
	if (i == b->n)
		return;
	buf_init(&place, 0);			/* hardly ever */
	explain_escape(str_from(buf_str(b), at), &place);
	b->n = at;
	buf_add(b, buf_str(&place));
	buf_done(&place);
}

/* Of what stands behind `start`: whole items from the end, as many as fit into `max` behind "... ". */
static void
brief_cut(struct buf *b, size_t start, size_t max)
{
	size_t	room = max < 4 ? 0 : max - 4, from = b->n - room;

	if (b->n - start <= max)
		return;
	while (from < b->n && b->p[from - 1] != ' ')
		from++;
	memmove(b->p + start + (max < 4 ? 0 : 4), b->p + from, b->n - from);
	if (max >= 4)
		memcpy(b->p + start, "... ", 4);
	b->n = start + (max < 4 ? 0 : 4) + (b->n - from);
	b->p[b->n] = '\0';
}

void
explain_brief(const struct explain *e, const struct rules *r, size_t max, struct buf *b)
{
	const struct explain_step	*decider = explain_decider(e);
	size_t				 start = b->n;

	for (size_t i = 0; i < e->n; i++) {
		const struct explain_step	*s = &e->v[i];

		if (s->kind != EXPLAIN_LOOKUP || s->rc == MAP_NOTFOUND || map_is_storage(r, s->map))
			continue;
		if (b->n > start)
			buf_addch(b, ' ');
		explain_escape(s->name, b);
		buf_addch(b, '[');
		explain_escape(s->key, b);
		buf_addc(b, s->rc == MAP_TEMP ? "]?" : "]=");
		if (s->rc == MAP_FOUND)
			explain_escape(s->value, b);
	}
	if (decider != NULL) {
		if (b->n > start)
			buf_addch(b, ' ');
		brief_rule(r, decider, b);
	}
	brief_cut(b, start, max);
}
