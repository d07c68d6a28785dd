/*
 * aliasfile - the text of an alias file (aliases(5)) taken apart into entries: pure.
 *
 * An administrator wrote the text: what cannot be read is named by its line, the rest is used.
 */
#include "aliasfile.h"
#include "base/buf.h"

#define ALIASFILE_ENTRY	((size_t)1 << 20)

/* Where the colon behind the name is: not one in quotes, brackets or behind a backslash.  SIZE_MAX: there is none. */
static size_t
aliasfile_colon(struct str s)
{
	bool	quoted = false;
	int	deep = 0;

	for (size_t i = 0; i < s.n; i++) {
		char	c = s.p[i];

		if (c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '<' || c == '('))
			deep++;
		else if (!quoted && (c == '>' || c == ')') && deep > 0)
			deep--;
		else if (!quoted && deep == 0 && c == ':')
			return i;
	}
	return SIZE_MAX;
}

/* One physical line off the front, without its end.  False at the end of the text. */
static bool
aliasfile_line(struct str *text, struct str *line)
{
	if (text->n == 0 || !str_split(text, '\n', line))
		return false;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

static int
aliasfile_entry(struct str whole, unsigned line, struct arena *a, const struct aliasfile_sink *sink)
{
	struct str	name, value;
	size_t		colon = aliasfile_colon(whole);

	if (colon == SIZE_MAX) {
		sink->complain(sink->arg, line, "missing colon");
		return 0;
	}
	name = str_trim(str_first(whole, colon));
	value = str_trim(str_from(whole, colon + 1));
	if (name.n == 0)
		sink->complain(sink->arg, line, "missing name before the colon");
	else if (value.n == 0)
		sink->complain(sink->arg, line, "missing address behind the colon");
	else if (str_has_nul(whole))
		sink->complain(sink->arg, line, "NUL byte in the entry");
	else
		return sink->entry(sink->arg, line, arena_str(a, name), arena_str(a, value));
	return 0;
}

/* Is the next line a continuation: a blank first, and something behind it? */
static bool
aliasfile_goes_on(struct str text)
{
	struct str	line;

	return text.n > 0 && chr_is_blank(text.p[0]) && aliasfile_line(&text, &line) && str_trim(line).n > 0;
}

int
aliasfile_parse(struct str text, struct arena *a, const struct aliasfile_sink *sink)
{
	struct str	line;
	struct buf	whole;
	unsigned	n = 0, first;
	int		rc = 0;

	buf_init(&whole, ALIASFILE_ENTRY);
	while (rc == 0 && aliasfile_line(&text, &line)) {
		n++;
		if (line.n == 0 || line.p[0] == '#' || str_trim(line).n == 0)
			continue;
		if (chr_is_blank(line.p[0])) {
			sink->complain(sink->arg, n, "continuation line without an entry before it");
			continue;
		}
		first = n;
		buf_clear(&whole);
		buf_add(&whole, line);
		for (;;) {
			bool	escaped = whole.n > 0 && whole.p[whole.n - 1] == '\\';

			if (!escaped && !aliasfile_goes_on(text))
				break;
			if (escaped)
				buf_truncate(&whole, whole.n - 1);
			if (!aliasfile_line(&text, &line))
				break;
			n++;
			buf_add(&whole, line);
		}
		if (buf_ok(&whole))
			rc = aliasfile_entry(buf_str(&whole), first, a, sink);
		else
			sink->complain(sink->arg, first, "entry is longer than a megabyte");
	}
	buf_done(&whole);
	return rc;
}
