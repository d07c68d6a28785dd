/*
 * lex - tokens of structured fields.
 */
#include "mime/lex.h"

#include <stdint.h>

void
lex_init(struct lex *l, struct str s, const char *specials)
{
	*l = (struct lex){ .s = s, .specials = specials };
}

/* Position behind the bracket that closes what s begins with; all of it, and bad, when nothing does. */
static size_t
lex_closed(struct lex *l, struct str s, char open, char close)
{
	size_t	depth = 0, i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\') {
			if (++i >= s.n)
				break;
		} else if (i > 0 && s.p[i] == close) {
			if (open == close || depth == 1)
				return i + 1;
			depth--;
		} else if (s.p[i] == open && (i == 0 || open == '('))
			depth++;
	}
	l->bad = true;
	return s.n;
}

void
lex_skip(struct lex *l)
{
	size_t	n;

	l->space = false;
	while (l->s.n > 0) {
		if (chr_is_space(l->s.p[0]))
			n = 1;
		else if (l->s.p[0] == '(') {
			n = lex_closed(l, l->s, '(', ')');
			l->comment = str_sub(l->s, 1, l->s.p[n - 1] == ')' && n > 1 ? n - 1 : n);
		} else
			return;
		l->s = str_from(l->s, n);
		l->space = true;
	}
}

static bool
lex_is_atom(const struct lex *l, char c)
{
	if (c >= 0 && (c <= ' ' || c == 0x7f))
		return false;
	return strchr("()\"\\[]", c) == NULL && strchr(l->specials, c) == NULL;
}

enum lex_kind
lex_next(struct lex *l, struct lex_token *t)
{
	size_t	n = 1;

	lex_skip(l);
	*t = (struct lex_token){ LEX_END, str_first(l->s, 0), str_first(l->s, 0) };
	if (l->s.n == 0)
		return LEX_END;
	if (l->s.p[0] == '"') {
		n = lex_closed(l, l->s, '"', '"');
		t->kind = LEX_QUOTED;
		t->text = str_sub(l->s, 1, n > 1 && l->s.p[n - 1] == '"' && !l->bad ? n - 1 : n);
	} else if (l->s.p[0] == '[') {
		n = lex_closed(l, l->s, '[', ']');
		t->kind = LEX_LITERAL;
		t->text = str_first(l->s, n);
	} else if (lex_is_atom(l, l->s.p[0])) {
		while (n < l->s.n && lex_is_atom(l, l->s.p[n]))
			n++;
		t->kind = LEX_ATOM;
		t->text = str_first(l->s, n);
	} else {
		t->kind = LEX_CHAR;
		t->text = str_first(l->s, 1);
	}
	t->whole = str_first(l->s, n);
	l->s = str_from(l->s, n);
	return t->kind;
}

struct str
lex_unquote(struct arena *m, struct str s)
{
	char	*p = arena_bytes(m, s.n + 1);
	size_t	 n = 0;

	if (p == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '\r' || s.p[i] == '\n')
			continue;
		p[n++] = s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n' ? ' ' : s.p[i];
	}
	p[n] = '\0';
	return str_mem(p, n);
}

struct str
lex_quote(struct arena *m, struct str s)
{
	char	*p = arena_bytes(m, s.n > SIZE_MAX / 4 ? SIZE_MAX : 2 * s.n + 3);
	size_t	 n = 0;

	if (p == NULL)
		return STR_NONE;
	p[n++] = '"';
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			p[n++] = '\\';
		p[n++] = s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n' ? ' ' : s.p[i];
	}
	p[n++] = '"';
	p[n] = '\0';
	return str_mem(p, n);
}
