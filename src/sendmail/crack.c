/*
 * crack - an address field apart: what is the address, what is phrase and comment around it.
 *
 * The result is a template in which $g stands where the address was: `"Full Name" <$g> (comment)`.  Unbalanced
 * quotes and comments are closed. Pure; input is hostile.
 */
#include <string.h>

#include "crack.h"

struct crack {
	struct str	 s;
	size_t		 i;
	struct buf	*out;
	bool		 placed;	/* $g is out */
};

/* Quoted string or comment at s[i]: where it ends (behind it). */
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

/* Position of the < that holds the address, SIZE_MAX none; *end is its > (or the end). */
static size_t
crack_angle(struct str s, size_t *end)
{
	size_t	open = SIZE_MAX;

	for (size_t i = 0; i < s.n; i++) {
		char	c = s.p[i];

		if (c == '\\' && i + 1 < s.n)
			i++;
		else if (c == '"' || c == '(')
			i = crack_skip(s, i) - 1;
		else if (c == '<') {
			open = i;
			*end = s.n;
		} else if (c == '>' && open != SIZE_MAX && *end == s.n)
			*end = i;
	}
	return open;
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

/* An address without <>: its comments stay, its first word becomes $g, the other words vanish. */
static void
crack_plain(struct crack *k)
{
	bool	blank = false;

	while (k->i < k->s.n) {
		char	c = k->s.p[k->i];
		size_t	end;

		if (c == '(') {
			end = crack_skip(k->s, k->i);
			if (blank && k->out->n > 0)
				buf_addch(k->out, ' ');
			crack_text(k->out, str_sub(k->s, k->i, end));
			if (end == k->s.n && k->s.p[end - 1] != ')')
				buf_addch(k->out, ')');
			k->i = end;
			blank = false;
			continue;
		}
		if (chr_is_space(c)) {
			blank = true;
			k->i++;
			continue;
		}
		if (!k->placed) {
			if (blank && k->out->n > 0)
				buf_addch(k->out, ' ');
			buf_addc(k->out, "$g");
			k->placed = true;
		}
		blank = false;
		if (c == '"')
			k->i = crack_skip(k->s, k->i);
		else
			k->i += c == '\\' && k->i + 1 < k->s.n ? 2 : 1;
	}
}

void
addr_crack(struct str s, struct buf *out)
{
	struct crack	k = { str_trim(s), 0, out, false };
	size_t		end = 0, open = crack_angle(k.s, &end);
	struct str	inner;

	if (open == SIZE_MAX) {
		crack_plain(&k);
		return;
	}
	crack_text(out, str_first(k.s, open));
	inner = str_trim(str_sub(k.s, open + 1, end));
	buf_addch(out, '<');
	if (inner.n > 0)
		buf_addc(out, "$g");
	buf_addch(out, '>');
	crack_text(out, str_from(k.s, end < k.s.n ? end + 1 : k.s.n));
}
