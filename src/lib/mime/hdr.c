/*
 * hdr - header fields.
 *
 * The text is a stranger's.  What looks like a field is one; what does not is handed
 * out as it stands, so that a caller who copies a header loses nothing.
 */
#include "mime/hdr.h"

#include <stdint.h>


/* The first line of s with its line end. */
static struct str
hdr_line(struct str s)
{
	size_t	at = str_chr(s, '\n');

	return at == SIZE_MAX ? s : str_first(s, at + 1);
}

static struct str
hdr_chomp(struct str s)
{
	if (s.n > 0 && s.p[s.n - 1] == '\n')
		s.n--;
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

bool
hdr_name_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == ':')
			return false;
	return s.n > 0;
}

int
hdr_next(struct str *s, struct hdr_field *f)
{
	struct str	line = hdr_line(*s);
	size_t		n = line.n, colon;

	*f = (struct hdr_field){ STR_NONE, STR_NONE, STR_NONE };
	if (n == 0)
		return 0;
	if (hdr_chomp(line).n == 0) {
		*s = str_from(*s, n);
		return 0;
	}
	colon = str_chr(line, ':');
	if (colon == SIZE_MAX || !hdr_name_ok(str_rtrim(str_first(line, colon)))) {
		f->whole = line;
		*s = str_from(*s, n);
		return -1;
	}
	while (n < s->n && chr_is_blank(s->p[n]))		/* folded lines */
		n += hdr_line(str_from(*s, n)).n;
	f->whole = str_first(*s, n);
	f->name = str_rtrim(str_first(*s, colon));
	f->value = hdr_chomp(str_from(f->whole, colon + 1));
	*s = str_from(*s, n);
	return 1;
}

bool
hdr_find(struct str text, struct str name, size_t n, struct hdr_field *f)
{
	int	rc;

	while ((rc = hdr_next(&text, f)) != 0)
		if (rc == 1 && str_caseeq(f->name, name) && n-- == 0)
			return true;
	return false;
}

struct str
hdr_unfold(struct arena *m, struct str value)
{
	char	*p = arena_bytes(m, value.n + 1);
	size_t	 n = 0;

	if (p == NULL)
		return STR_NONE;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] != '\r' && value.p[i] != '\n')
			p[n++] = value.p[i] == '\0' ? ' ' : value.p[i];
	p[n] = '\0';
	return str_trim(str_mem(p, n));
}
