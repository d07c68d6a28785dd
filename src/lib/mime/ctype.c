/*
 * ctype - Content-Type, Content-Disposition and their parameters.
 *
 * Values come quoted, unquoted, unquoted with blanks and specials, in pieces, with their
 * charset or without: all are read, what RFC 2045 would not have is marked `bad`.
 */
#include "mime/ctype.h"

#include <stdint.h>

#include "base/buf.h"
#include "base/num.h"
#include "mime/lex.h"

/* Drop blanks and comments at the front. */
static struct str
ctype_skip(struct str s)
{
	struct lex	l;

	lex_init(&l, s, LEX_MIME);
	lex_skip(&l);
	return l.s;
}

/* An unquoted value: up to ';' or a comment, blanks inside of it are odd but kept. */
static struct str
ctype_bare(struct ctype *c, struct str *s)
{
	size_t		n = 0;
	struct str	v;

	while (n < s->n && s->p[n] != ';' && !(s->p[n] == '(' && n > 0 && chr_is_space(s->p[n - 1])))
		n++;
	v = str_trim(str_first(*s, n));
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] >= 0x7f || strchr("()<>@,;:\\\"/[]?=", v.p[i]) != NULL)
			c->bad = true;
	*s = str_from(*s, n);
	return v;
}

static int
ctype_value(struct ctype *c, struct arena *m, struct str *s, struct str *out)
{
	struct lex		l;
	struct lex_token	t;

	*s = ctype_skip(*s);
	lex_init(&l, *s, LEX_MIME);
	if (s->n > 0 && s->p[0] == '"') {
		lex_next(&l, &t);
		*out = lex_unquote(m, t.text);
		*s = l.s;
		c->bad |= l.bad;
	} else
		*out = lex_unquote(m, ctype_bare(c, s));
	return str_is_none(*out) ? -1 : 0;
}

static int
ctype_add(struct ctype *c, struct arena *m, size_t *room, struct ctype_param p)
{
	struct ctype_param	*more;

	if (c->nparam == *room) {
		*room = *room == 0 ? 4 : *room * 2;
		if ((more = ARENA_ARRAY(m, struct ctype_param, *room)) == NULL)
			return -1;
		if (c->nparam > 0)
			memcpy(more, c->param, c->nparam * sizeof *more);
		c->param = more;
	}
	c->param[c->nparam++] = p;
	return 0;
}

/* ";" name "=" value ... */
static int
ctype_params(struct ctype *c, struct arena *m, struct str s)
{
	struct ctype_param	 p;
	size_t			 n, room = 0;

	for (;;) {
		s = ctype_skip(s);
		if (s.n == 0)
			return 0;
		if (s.p[0] != ';') {		/* junk: on to the next parameter */
			c->bad = true;
			s = str_from(s, str_chr(s, ';'));
			continue;
		}
		s = ctype_skip(str_from(s, 1));
		for (n = 0; n < s.n && s.p[n] != '=' && s.p[n] != ';'; n++)
			;
		if (n == s.n || s.p[n] == ';') {
			c->bad |= str_trim(str_first(s, n)).n > 0;
			s = str_from(s, n);
			continue;
		}
		if (c->nparam == CTYPE_PARAM_MAX) {
			c->bad = true;
			return 0;
		}
		p.name = lex_unquote(m, str_trim(str_first(s, n)));
		s = str_from(s, n + 1);
		if (str_is_none(p.name) || ctype_value(c, m, &s, &p.value) == -1 || ctype_add(c, m, &room, p) == -1)
			return -1;
	}
}

static int
ctype_copy(struct arena *m, struct str s, struct str *out)
{
	*out = arena_str(m, s);
	return str_is_none(*out) ? -1 : 0;
}

int
ctype_parse(struct arena *m, struct str s, struct ctype *c)
{
	struct lex		l;
	struct lex_token	type, slash, sub;

	*c = (struct ctype){ .type = STR_NONE };
	if (s.n == 0)
		s = STR("");
	lex_init(&l, s, LEX_MIME);
	if (lex_next(&l, &type) == LEX_ATOM && lex_next(&l, &slash) == LEX_CHAR && slash.text.p[0] == '/' &&
	    lex_next(&l, &sub) == LEX_ATOM) {
		if (ctype_copy(m, type.text, &c->type) == -1 || ctype_copy(m, sub.text, &c->subtype) == -1)
			return -1;
		s = l.s;
	} else {
		c->bad = true;
		s = str_from(s, str_chr(s, ';'));
	}
	return ctype_params(c, m, s);
}

int
ctype_parse_disposition(struct arena *m, struct str s, struct ctype *c)
{
	struct lex		l;
	struct lex_token	type;

	*c = (struct ctype){ .type = STR_NONE };
	if (s.n == 0)
		s = STR("");
	lex_init(&l, s, LEX_MIME);
	if (lex_next(&l, &type) == LEX_ATOM) {
		if (ctype_copy(m, type.text, &c->type) == -1)
			return -1;
		s = l.s;
	} else {
		c->bad = true;
		s = str_from(s, str_chr(s, ';'));
	}
	return ctype_params(c, m, s);
}

bool
ctype_is(const struct ctype *c, const char *type, const char *subtype)
{
	return str_caseeq_c(c->type, type) && (subtype == NULL || str_caseeq_c(c->subtype, subtype));
}

struct str
ctype_raw(const struct ctype *c, const char *name)
{
	for (size_t i = 0; i < c->nparam; i++)
		if (str_caseeq_c(c->param[i].name, name))
			return c->param[i].value;
	return STR_NONE;
}

/* The piece of this number of name: NULL, or the parameter and whether it is encoded.  number -1: "name*". */
static const struct ctype_param *
ctype_piece(const struct ctype *c, struct str name, int number, bool *encoded)
{
	struct str	left, digits;
	int		n;

	for (size_t i = 0; i < c->nparam; i++) {
		left = c->param[i].name;
		if (!str_casestarts(left, name) || left.n <= name.n || left.p[name.n] != '*')
			continue;
		left = str_from(left, name.n + 1);
		*encoded = left.n == 0 || left.p[left.n - 1] == '*';
		if (left.n == 0 && number == -1)
			return &c->param[i];
		digits = str_first(left, left.n > 0 && *encoded ? left.n - 1 : left.n);
		if (number >= 0 && num_int(digits, 0, CTYPE_PARAM_MAX, &n) == 0 && n == number)
			return &c->param[i];
	}
	return NULL;
}

/* Is this "name*3" or "name*3*"?  Then where its name ends, and its number. */
static size_t
ctype_numbered(struct str name, int *number)
{
	size_t		star = str_chr(name, '*');
	struct str	digits;

	if (star == SIZE_MAX || star == 0)
		return 0;
	digits = str_from(name, star + 1);
	if (digits.n > 0 && digits.p[digits.n - 1] == '*')
		digits.n--;
	return num_int(digits, 0, CTYPE_PARAM_MAX, number) == 0 ? star : 0;
}

/* A piece that was not encoded, among others that are (RFC 2231 7: attribute-char). */
static void
ctype_encode(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > ' ' && (unsigned char)s.p[i] < 0x7f && strchr("()<>@,;:\\\"/[]?=*'%", s.p[i]) == NULL)
			buf_addch(b, s.p[i]);
		else
			buf_addf(b, "%%%02X", (unsigned char)s.p[i]);
}

static int
ctype_join_one(const struct ctype *c, struct arena *m, struct str name, struct ctype_param *out)
{
	const struct ctype_param	*p;
	struct buf			 b;
	bool				 encoded, any = false;

	for (int n = 0; (p = ctype_piece(c, name, n, &encoded)) != NULL; n++)
		any |= encoded;
	buf_init(&b, 0);
	for (int n = 0; (p = ctype_piece(c, name, n, &encoded)) != NULL; n++) {
		if (!any || encoded)
			buf_add(&b, p->value);
		else {
			if (n == 0)
				buf_addc(&b, "''");	/* a first piece that is not encoded names no charset */
			ctype_encode(&b, p->value);
		}
	}
	out->name = any ? arena_cat(m, name, STR("*")) : name;
	out->value = arena_str(m, buf_str(&b));
	buf_done(&b);
	return str_is_none(out->name) || str_is_none(out->value) ? -1 : 0;
}

int
ctype_join(const struct ctype *c, struct arena *m, struct ctype_param **out, size_t *n)
{
	struct ctype_param	*v = ARENA_ARRAY(m, struct ctype_param, c->nparam + 1);
	bool			 encoded;
	int			 number;

	*out = v;
	*n = 0;
	if (v == NULL)
		return -1;
	for (size_t i = 0; i < c->nparam; i++) {
		size_t		star = ctype_numbered(c->param[i].name, &number);
		struct str	name = str_first(c->param[i].name, star);
		bool		reached = star > 0;

		for (int k = 0; reached && k <= number; k++)
			reached = ctype_piece(c, name, k, &encoded) != NULL;
		if (!reached)
			v[(*n)++] = c->param[i];
		else if (ctype_piece(c, name, 0, &encoded) == &c->param[i] && ctype_join_one(c, m, name, &v[(*n)++]) == -1)
			return -1;
	}
	return 0;
}
