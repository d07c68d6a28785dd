/*
 * forward - take lists of recipients apart.  Their text is a user's: any byte may come.
 */
#include "forward.h"

#include <stdint.h>

enum forward_kind
forward_kind(struct str item)
{
	if (item.n > 0 && item.p[0] == '|')
		return FORWARD_PROG;
	if (item.n > 0 && item.p[0] == '/')
		return FORWARD_FILE;
	if (str_casestarts(item, STR(":include:")))
		return FORWARD_INCLUDE;
	return FORWARD_ADDR;
}

const char *
forward_direct(enum forward_kind kind)
{
	static const char *const text[] = {
		[FORWARD_ADDR] = NULL, [FORWARD_PROG] = "Cannot mail directly to programs", [FORWARD_FILE] = "Cannot mail directly to files",
		[FORWARD_INCLUDE] = "Cannot mail directly to :include:s"
	};

	return text[kind];
}

struct str
forward_include_path(struct str item)
{
	return str_trim(str_from(item, sizeof ":include:" - 1));
}

/* Is all of s one quoted string?  A quote inside of it has a backslash in front. */
static bool
forward_is_quoted(struct str s)
{
	if (s.n < 3 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return false;
	for (size_t i = 1; i < s.n - 1; i++) {
		if (s.p[i] == '"')
			return false;
		if (s.p[i] == '\\' && ++i == s.n - 1)
			return false;
	}
	return true;
}

/* Quotes around a program, file or include go, also behind the bar (|"program x", as old files have it); \x in them is x. */
static struct str
forward_unquote(struct arena *m, struct str s)
{
	struct str	in = str_sub(s, 1, s.n - 1);
	char		*p;
	size_t		 n = 0;

	if (s.n > 0 && s.p[0] == '|' && forward_is_quoted(str_ltrim(str_from(s, 1)))) {
		in = str_ltrim(str_from(s, 1));
		in = str_sub(in, 1, in.n - 1);
	} else if (s.n < 3 || s.p[0] != '"' || s.p[s.n - 1] != '"' || forward_kind(str_ltrim(in)) == FORWARD_ADDR)
		return s;
	in = str_ltrim(in);
	p = arena_bytes(m, in.n + 2);
	if (s.p[0] == '|')
		p[n++] = '|';
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '\\' && i + 1 < in.n)
			i++;
		p[n++] = in.p[i];
	}
	return str_mem(p, n);
}

/* Where the item that begins at s ends: at a comma or line end outside of quotes, comments and angle brackets. */
static size_t
forward_end(struct str s, bool lines)
{
	int	depth = 0, angle = 0;
	bool	quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\\' && i + 1 < s.n && s.p[i + 1] != '\n') {
			i++;
			continue;
		}
		if (c == '\n' && lines)
			return i;
		if (c == '"' && depth == 0)
			quoted = !quoted;
		if (quoted)
			continue;
		depth += c == '(' ? 1 : c == ')' && depth > 0 ? -1 : 0;
		if (depth > 0)
			continue;
		angle = c == '<' ? 1 : c == '>' ? 0 : angle;
		if (c == ',' && !angle)
			return i;
	}
	return s.n;
}

/* Fold: line ends inside an item are blanks. */
static struct str
forward_flat(struct arena *m, struct str s)
{
	char *p;

	if (str_chr(s, '\n') == SIZE_MAX && str_chr(s, '\r') == SIZE_MAX && !str_has_nul(s))
		return s;
	p = arena_bytes(m, s.n);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == '\0' ? ' ' : s.p[i];
	return str_mem(p, s.n);
}

int
forward_parse(struct str text, bool lines, struct arena *m, struct str **items, size_t *n)
{
	bool	at_line = true;
	size_t	room = 0;

	*items = NULL;
	*n = 0;
	while (text.n > 0) {
		size_t		end;
		struct str	item;

		if (lines && at_line && text.p[0] == '#') {
			end = str_chr(text, '\n');
			text = str_from(text, end == SIZE_MAX ? text.n : end + 1);
			continue;
		}
		end = forward_end(text, lines);
		at_line = end < text.n && text.p[end] == '\n';
		item = forward_unquote(m, str_trim(forward_flat(m, str_trim(str_first(text, end)))));
		text = str_from(text, end + 1);
		if (item.n == 0)
			continue;
		if (*n == FORWARD_MAX)
			return -1;
		if (*n == room) {
			struct str *v;

			room = room == 0 ? 8 : 2 * room;
			v = ARENA_ARRAY(m, struct str, room);
			if (*n > 0)
				memcpy(v, *items, *n * sizeof *v);
			*items = v;
		}
		(*items)[(*n)++] = item;
	}
	return 0;
}
