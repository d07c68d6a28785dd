/*
 * crack - an address field apart: what is the address, what is phrase and comment around it.
 *
 * The result is a template in which $g stands where the address was: `"Full Name" <$g> (comment)`.  With angles, the
 * last pair holds the address, what stands before is a phrase (quoted if it must be), what follows is kept.  Without, comments stay
 * and all else is the address; "name:" in front is a group.  Unbalanced quotes, comments and angles are mended.  Pure; input is hostile.
 */
#include <string.h>

#include "crack.h"

/* Quoted string or comment at s[i]: the position behind it (s.n when it does not end). */
static size_t
crack_skip(struct str s, size_t i)
{
	size_t	depth = 0;

	if (s.p[i] == '"') {
		for (i++; i < s.n && s.p[i] != '"'; i++)
			if (s.p[i] == '\\' && i + 1 < s.n)
				i++;
		return i < s.n ? i + 1 : s.n;
	}
	for (; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return s.n;
}

/* The structure: the last < outside of everything, its >, and the : of a group (SIZE_MAX: none). */
struct crack_marks {
	size_t	open, close, colon;
};

static struct crack_marks
crack_find(struct str s)
{
	struct crack_marks	m = { SIZE_MAX, SIZE_MAX, SIZE_MAX };
	bool			inside = false, literal = false;

	for (size_t i = 0; i < s.n; i++) {
		char	c = s.p[i];

		if (c == '\\' && i + 1 < s.n)
			i++;
		else if (c == '"' || c == '(')
			i = crack_skip(s, i) - 1;
		else if (c == '<') {
			m.open = i;
			m.close = SIZE_MAX;
			inside = true;
		} else if (c == '>') {
			if (inside && m.close == SIZE_MAX)
				m.close = i;
			inside = false;
		} else if (c == '[' || c == ']')
			literal = c == '[';
		else if (literal)
			continue;			/* its colons are its own */
		else if (c == ':' && i + 1 < s.n && s.p[i + 1] == ':')
			i++;
		else if (c == ':' && m.colon == SIZE_MAX && m.open == SIZE_MAX)
			m.colon = i;
	}
	return m;
}

static void
crack_text(struct buf *out, struct str t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '$')		/* the result is a template */
			buf_addch(out, '$');
		buf_addch(out, t.p[i]);
	}
}

/* A comment, closed if it is not. */
static size_t
crack_comment(struct buf *out, struct str s, size_t i)
{
	size_t	end = crack_skip(s, i), depth = 0;

	crack_text(out, str_sub(s, i, end));
	for (size_t k = i; k < end; k++) {
		if (s.p[k] == '\\' && k + 1 < end)
			k++;
		else if (s.p[k] == '(')
			depth++;
		else if (s.p[k] == ')')
			depth--;
	}
	for (; depth > 0; depth--)
		buf_addch(out, ')');
	return end;
}

static bool
crack_must_quote(struct str s, struct str must)
{
	for (size_t i = 0; i < s.n; i++) {
		char	c = s.p[i];

		if (c == '"' || c == '(')
			i = crack_skip(s, i) - 1;
		else if ((c != '\0' && strchr("@,;:\\)[]<>", c) != NULL) || str_chr(must, c) != SIZE_MAX)
			return true;
	}
	return false;
}

/* A phrase, in quotes if it needs them; blanks at its ends stay outside. */
static void
crack_phrase(struct buf *out, struct str s, struct str must)
{
	struct str	core = str_trim(s);

	if (core.n == 0 || !crack_must_quote(core, must)) {
		crack_text(out, s);
		return;
	}
	crack_text(out, str_first(s, (size_t)(core.p - s.p)));
	buf_addch(out, '"');
	for (size_t i = 0; i < core.n; i++) {
		if (core.p[i] == '"')
			buf_addch(out, '\\');
		crack_text(out, str_sub(core, i, i + 1));
	}
	buf_addch(out, '"');
	crack_text(out, str_from(s, (size_t)(core.p - s.p) + core.n));
}

void
crack_name(struct str name, struct str must, struct buf *out)
{
	struct buf	b;

	buf_init(&b, 0);
	crack_phrase(&b, name, must);
	for (size_t i = 0; i < b.n; i++) {	/* no template: $ is not doubled */
		buf_addch(out, b.p[i]);
		if (b.p[i] == '$' && i + 1 < b.n && b.p[i + 1] == '$')
			i++;
	}
	buf_done(&b);
}

/*
 * The region that is the address: comments stay, separated by blanks; the rest becomes one $g.  `blank` says that a leading blank stands
 * for an address already (inside angles).
 */
static void
crack_region(struct buf *out, struct str s, bool blank, bool colon_ok)
{
	size_t	i = 0, start = out->n;
	bool	placed = false, ended = false;

	while (i < s.n) {
		char	c = s.p[i];

		if (c == '(') {
			if ((out->n > start || blank) && out->n > 0 && out->p[out->n - 1] != ' ')
				buf_addch(out, ' ');
			i = crack_comment(out, s, i);
			continue;
		}
		if (c == ';' && !colon_ok) {
			buf_addch(out, ';');
			i++;
			ended = true;
			if (placed)			/* a group's end: what follows is nobody's */
				for (; i < s.n && s.p[i] != '('; i++)
					;
			continue;
		}
		if (!placed) {
			if (out->n > start && out->p[out->n - 1] == ')')
				buf_addch(out, ' ');
			buf_addc(out, "$g");
			placed = true;
		}
		if (c == '"')
			i = crack_skip(s, i);
		else
			i += c == '\\' && i + 1 < s.n ? 2 : 1;
	}
	if (ended && !placed)
		buf_addc(out, "$g");
}

/* What follows the angles: kept, but for superfluous closings. */
static void
crack_tail(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		if (s.p[i] == '(')
			i = crack_comment(out, s, i);
		else {
			if (s.p[i] != '>')
				crack_text(out, str_sub(s, i, i + 1));
			i++;
		}
	}
}

void
addr_crack(struct str s, struct str must, bool colon_ok, struct buf *out)
{
	struct crack_marks	m;
	struct str		inner;

	s = str_trim(s);
	m = crack_find(s);
	if (m.colon != SIZE_MAX && !colon_ok) {
		size_t	after = m.colon + 1;

		crack_phrase(out, str_first(s, m.colon), must);
		buf_addch(out, ':');
		while (after < s.n && chr_is_space(s.p[after]))
			buf_addch(out, s.p[after++]);
		s = str_from(s, after);
		m = crack_find(s);
	}
	if (m.open == SIZE_MAX) {
		crack_region(out, s, false, colon_ok);
		return;
	}
	crack_phrase(out, str_first(s, m.open), must);
	buf_addch(out, '<');
	inner = str_sub(s, m.open + 1, m.close == SIZE_MAX ? s.n : m.close);
	crack_region(out, inner, true, colon_ok);
	buf_addch(out, '>');
	if (m.close != SIZE_MAX)
		crack_tail(out, str_from(s, m.close + 1));
}
