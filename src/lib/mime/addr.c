/*
 * addr - address lists, read as they come.
 *
 * One entry is a run of tokens up to a comma (or the end of a group).  What the run is
 * shows only on the way: a '<' makes words in front of it a display name, a ':' makes
 * them the name of a group, neither makes them the address itself.
 */
#include "mime/addr.h"

#include <stdint.h>

#include "mime/lex.h"

enum { ADDR_WORDS_FIRST = 8 };

struct addr_word {
	struct lex_token token;
	bool		 space;		/* blanks stood in front */
};

struct addr_reader {
	struct arena	*m;
	struct lex	 lex;
	struct addr_list *out;
	size_t		 room;		/* of out->v */
	struct addr_word *word;		/* the run so far */
	size_t		 nword, words;
	bool		 group;		/* inside of one */
	bool		 colon_ok;	/* there are none */
	bool		 failed;
};

static void
addr_word_add(struct addr_reader *r, const struct lex_token *t)
{
	struct addr_word	*more;

	if (r->nword == r->words) {
		r->words = r->words == 0 ? ADDR_WORDS_FIRST : r->words * 2;
		if ((more = ARENA_ARRAY(r->m, struct addr_word, r->words)) == NULL) {
			r->failed = true;
			r->words = r->nword;
			return;
		}
		if (r->nword > 0)
			memcpy(more, r->word, r->nword * sizeof *more);
		r->word = more;
	}
	r->word[r->nword++] = (struct addr_word){ *t, r->lex.space };
}

/* A new entry, or NULL past the limit. */
static struct addr *
addr_add(struct addr_reader *r, enum addr_kind kind)
{
	struct addr	*more, *a;

	if (r->out->n == ADDR_MAX) {
		r->failed = true;
		return NULL;
	}
	if (r->out->n == r->room) {
		r->room = r->room == 0 ? 4 : r->room * 2;
		if ((more = ARENA_ARRAY(r->m, struct addr, r->room)) == NULL) {
			r->failed = true;
			r->room = r->out->n;
			return NULL;
		}
		if (r->out->n > 0)
			memcpy(more, r->out->v, r->out->n * sizeof *more);
		r->out->v = more;
	}
	a = &r->out->v[r->out->n++];
	*a = (struct addr){ .kind = kind };
	return a;
}

static bool
addr_token_is(const struct lex_token *t, char c)
{
	return t->kind == LEX_CHAR && t->text.p[0] == c;
}

static bool
addr_is_char(const struct addr_word *w, char c)
{
	return addr_token_is(&w->token, c);
}

static struct str
addr_word_text(struct addr_reader *r, const struct addr_word *w)
{
	return w->token.kind == LEX_QUOTED || w->token.kind == LEX_LITERAL ?
	    lex_unquote(r->m, w->token.text) : w->token.text;
}

/* The words from..to, with a blank where there was one or more if `blanks`. */
static struct str
addr_join(struct addr_reader *r, size_t from, size_t to, bool blanks)
{
	char		*p;
	size_t		 n = 1, at = 0;
	struct str	 w;

	for (size_t i = from; i < to; i++)
		n += r->word[i].token.text.n + 1;
	if ((p = arena_bytes(r->m, n)) == NULL) {
		r->failed = true;
		return STR_NONE;
	}
	for (size_t i = from; i < to; i++) {
		w = addr_word_text(r, &r->word[i]);
		if (blanks && i > from && r->word[i].space)
			p[at++] = ' ';
		if (w.n > 0)
			memcpy(p + at, w.p, w.n);
		at += w.n;
	}
	p[at] = '\0';
	return str_mem(p, at);
}

/* word ("." word)*, with blanks allowed around the dots (RFC 5322 4.4). */
static bool
addr_is_dotted(const struct addr_reader *r, size_t from, size_t to, bool quotes)
{
	for (size_t i = from; i < to; i++) {
		if ((i - from) % 2 == 1) {
			if (!addr_is_char(&r->word[i], '.'))
				return false;
		} else if (r->word[i].token.kind != LEX_ATOM && !(quotes && r->word[i].token.kind == LEX_QUOTED))
			return false;
	}
	return (to - from) % 2 == 1;
}

static bool
addr_is_domain(const struct addr_reader *r, size_t from, size_t to)
{
	struct str	s;

	if (to - from != 1 || r->word[from].token.kind != LEX_LITERAL)
		return addr_is_dotted(r, from, to, false);
	s = r->word[from].token.text;
	for (size_t i = 1; i + 1 < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("[]\\", s.p[i]) != NULL)
			return false;
	return s.n > 2;
}

/* "@a", or "@a,@b" ... */
static bool
addr_is_route(const struct addr_reader *r, size_t from, size_t to)
{
	size_t	end;

	for (; from < to; from = end + 1) {
		for (end = from; end < to && !addr_is_char(&r->word[end], ','); end++)
			;
		if (end == from || !addr_is_char(&r->word[from], '@') || !addr_is_domain(r, from + 1, end))
			return false;
	}
	return from == to + 1;
}

/* phrase: words, and the dots of "J. R." (RFC 5322 4.1) */
static bool
addr_is_phrase(const struct addr_reader *r, size_t to)
{
	for (size_t i = 0; i < to; i++)
		if (r->word[i].token.kind != LEX_ATOM && r->word[i].token.kind != LEX_QUOTED &&
		    !addr_is_char(&r->word[i], '.'))
			return false;
	return true;
}

/* addr-spec: local part, '@', domain; the last '@' counts. */
static void
addr_fill_spec(struct addr_reader *r, struct addr *a, size_t from, size_t to)
{
	size_t	at = to;

	for (size_t i = from; i < to; i++)
		if (addr_is_char(&r->word[i], '@'))
			at = i;
	a->local = addr_join(r, from, at, !addr_is_dotted(r, from, at, true));
	if (at == to) {
		a->bad = true;
		return;
	}
	a->domain = addr_join(r, at + 1, to, false);
	if (!addr_is_dotted(r, from, at, true) || !addr_is_domain(r, at + 1, to))
		a->bad = true;
}

/* "@a,@b:" in front of an address in angle brackets: how many words it takes. */
static size_t
addr_fill_route(struct addr_reader *r, struct addr *a, size_t from, size_t to)
{
	if (from == to || !addr_is_char(&r->word[from], '@'))
		return 0;
	for (size_t i = from; i < to; i++)
		if (addr_is_char(&r->word[i], ':')) {
			a->route = addr_join(r, from, i, false);
			a->bad |= !addr_is_route(r, from, i);
			return i + 1 - from;
		}
	return 0;
}

static bool
addr_ends_entry(const struct addr_reader *r, const struct lex_token *t)
{
	return t->kind == LEX_END || addr_token_is(t, ',') || (addr_token_is(t, ';') && !r->colon_ok);
}

static struct str
addr_comment(struct addr_reader *r)
{
	return str_is_none(r->lex.comment) ? STR_NONE : str_trim(lex_unquote(r->m, r->lex.comment));
}

/* Words up to the '<', then the address up to the '>' or, if that is missing, the end of the run. */
static void
addr_fill_angle(struct addr_reader *r, struct addr *a, size_t angle)
{
	size_t	from = angle + 1, to = angle + 1;

	a->angle = true;
	while (to < r->nword && !addr_is_char(&r->word[to], '>'))
		to++;
	if (to + 1 != r->nword)
		a->bad = true;			/* no '>', or something behind it */
	if (angle > 0) {
		a->name = addr_join(r, 0, angle, true);
		a->bad |= !addr_is_phrase(r, angle);
	}
	from += addr_fill_route(r, a, from, to);
	if (from == to && str_is_none(a->route))
		a->local = STR("");		/* <> */
	else
		addr_fill_spec(r, a, from, to);
}

static void
addr_finish(struct addr_reader *r, struct str raw, size_t angle)
{
	struct addr	*a;

	if (r->nword == 0 || (a = addr_add(r, ADDR_MAILBOX)) == NULL)
		return;
	a->raw = str_trim(raw);
	a->comment = addr_comment(r);
	if (angle != SIZE_MAX)
		addr_fill_angle(r, a, angle);
	else
		addr_fill_spec(r, a, 0, r->nword);
	a->bad |= r->lex.bad;
}

static void
addr_start_group(struct addr_reader *r, struct str raw)
{
	struct addr	*a = addr_add(r, ADDR_GROUP);

	if (a == NULL)
		return;
	a->raw = str_trim(raw);
	a->name = addr_join(r, 0, r->nword, true);
	a->bad = r->lex.bad || !addr_is_phrase(r, r->nword);
	a->comment = addr_comment(r);
	r->group = true;
}

/* "node::user" is no group. */
static bool
addr_is_decnet(const struct addr_reader *r, const struct lex_token *t, const char *start)
{
	return (t->whole.p > start && t->whole.p[-1] == ':') || (r->lex.s.n > 0 && r->lex.s.p[0] == ':');
}

/* One entry with what ends it; false at the end of the text. */
static bool
addr_entry(struct addr_reader *r)
{
	const char		*start = r->lex.s.p;
	size_t			 angle = SIZE_MAX;
	struct lex_token	 t;
	struct addr		*end;
	bool			 at = false, route = false;	/* "<@a,@b:": its commas do not end the entry */

	r->nword = 0;
	r->lex.comment = STR_NONE;
	r->lex.bad = false;
	for (;;) {
		lex_next(&r->lex, &t);
		if (r->failed || (addr_ends_entry(r, &t) && !(route && addr_token_is(&t, ','))))
			break;
		if (addr_token_is(&t, '@'))
			route |= angle != SIZE_MAX && r->nword == angle + 1;
		else if (addr_token_is(&t, ':'))
			route = false;
		if (addr_token_is(&t, ':') && angle == SIZE_MAX && !at && !r->group && !r->colon_ok && r->nword > 0 && !addr_is_decnet(r, &t, start)) {
			addr_start_group(r, str_mem(start, (size_t)(t.whole.p - start)));
			return true;
		}
		if (addr_token_is(&t, '<') && angle == SIZE_MAX)
			angle = r->nword;
		at |= addr_token_is(&t, '@');
		addr_word_add(r, &t);
	}
	addr_finish(r, str_mem(start, (size_t)(t.whole.p - start)), angle);
	if (r->group && (t.kind == LEX_END || t.text.p[0] == ';')) {
		if ((end = addr_add(r, ADDR_GROUP_END)) != NULL)
			end->raw = t.kind == LEX_END ? STR("") : t.text;
		r->group = false;
	}
	return t.kind != LEX_END;
}

int
addr_parse_colon(struct arena *m, struct str s, bool colon_ok, struct addr_list *out)
{
	struct addr_reader	r = { .m = m, .out = out, .colon_ok = colon_ok };

	*out = (struct addr_list){ NULL, 0 };
	if (s.n == 0)
		return 0;
	lex_init(&r.lex, s, LEX_ADDR);
	while (!r.failed && addr_entry(&r))
		;
	return r.failed ? -1 : 0;
}

int
addr_parse(struct arena *m, struct str s, struct addr_list *out)
{
	return addr_parse_colon(m, s, false, out);
}

bool
addr_is_dot_atom(struct str s)
{
	bool	dot = true;		/* one in front of the next character */

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.') {
			if (dot)
				return false;
			dot = true;
			continue;
		}
		dot = false;
		if ((unsigned char)s.p[i] < 0x80 && !chr_is_alnum(s.p[i]) &&
		    (s.p[i] == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", s.p[i]) == NULL))
			return false;
	}
	return s.n > 0 && !dot;
}

/* One word, which may hold quoted blanks. */
static struct str
addr_word(struct str *list)
{
	struct str	s = *list;
	bool		quoted = false;
	size_t		i;

	for (i = 0; i < s.n && (quoted || !chr_is_space(s.p[i])); i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
	}
	*list = str_trim(str_from(s, i));
	return str_first(s, i);
}

bool
addr_is_new_style(struct str list)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.p[i] != '\0' && strchr(",;<(", list.p[i]) != NULL)
			return true;
	return false;
}

struct str
addr_old_style(struct arena *m, struct str list)
{
	struct str	left = str_trim(list);
	struct buf	b;

	if (addr_is_new_style(list))
		return list;
	if (str_eq(addr_word(&left), str_trim(list)))
		return list;
	buf_init(&b, list.n * 2 + 1);
	for (left = str_trim(list); left.n > 0;) {
		if (b.n > 0)
			buf_addc(&b, ", ");
		buf_add(&b, addr_word(&left));
	}
	if (buf_ok(&b))
		list = arena_str(m, buf_str(&b));
	buf_done(&b);
	return list;
}

struct str
addr_spec(struct arena *m, const struct addr *a)
{
	struct str	local = a->local;

	if (local.n == 0 && str_is_none(a->domain))
		return STR("");
	if (!addr_is_dot_atom(local))
		local = lex_quote(m, local);
	if (str_is_none(a->domain))
		return local;
	return arena_fmt(m, "%.*s@%.*s", STR_ARG(local), STR_ARG(a->domain));
}

/* A display name as it must be written: words of atoms as they are, else quoted. */
static void
addr_print_name(struct buf *b, struct arena *m, struct str name)
{
	struct str	left = name, word;
	size_t		n = 0;

	while (str_split(&left, ' ', &word)) {
		for (size_t i = 0; i < word.n; i++)
			if (word.p[i] == '.')		/* only obsolete phrases have dots */
				n = SIZE_MAX;
		if (n == SIZE_MAX || !addr_is_dot_atom(word)) {
			buf_add(b, lex_quote(m, name));
			return;
		}
	}
	buf_add(b, name);
}

static void
addr_print_comment(struct buf *b, struct str comment)
{
	buf_addc(b, " (");
	for (size_t i = 0; i < comment.n; i++) {
		if (strchr("()\\", comment.p[i]) != NULL)
			buf_addch(b, '\\');
		buf_addch(b, comment.p[i]);
	}
	buf_addch(b, ')');
}

static void
addr_print_one(struct buf *b, struct arena *m, const struct addr *a)
{
	if (a->kind == ADDR_GROUP) {
		addr_print_name(b, m, a->name);
		buf_addc(b, ":");
		return;
	}
	if (a->angle) {
		if (!str_is_none(a->name)) {
			addr_print_name(b, m, a->name);
			buf_addch(b, ' ');
		}
		buf_addch(b, '<');
		if (!str_is_none(a->route)) {
			buf_add(b, a->route);
			buf_addch(b, ':');
		}
		buf_add(b, addr_spec(m, a));
		buf_addch(b, '>');
	} else
		buf_add(b, addr_spec(m, a));
	if (!str_is_none(a->comment))
		addr_print_comment(b, a->comment);
}

int
addr_print(struct buf *b, const struct addr_list *l)
{
	struct arena	*m = arena_new_soft(ARENA_DEFAULT);
	bool		 first = true;

	if (m == NULL)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].kind == ADDR_GROUP_END) {
			buf_addch(b, ';');
			first = false;
			continue;
		}
		buf_addc(b, i == 0 ? "" : first ? " " : ", ");
		addr_print_one(b, m, &l->v[i]);
		first = l->v[i].kind == ADDR_GROUP;
	}
	arena_free(&m);
	return buf_ok(b) ? 0 : -1;
}

struct str
addr_only(struct arena *m, struct str s)
{
	struct addr_list	l;

	if (addr_parse(m, s, &l) == -1 || l.n == 0 || l.v[0].kind != ADDR_MAILBOX)
		return str_trim(s);
	return l.v[0].bad ? l.v[0].raw : addr_spec(m, &l.v[0]);
}
