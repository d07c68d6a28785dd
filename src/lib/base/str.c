/*
 * str - comparing, searching and cutting slices.
 *
 * Nothing here allocates or looks behind p[n - 1]; STR_NONE is an empty slice
 * everywhere but in str_is_none and str_split.
 */
#include "base/str.h"

#include <stdint.h>

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_eq_c(struct str a, const char *c)
{
	return str_eq(a, str_c(c));
}

static bool
str_casesame(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (chr_lower(a[i]) != chr_lower(b[i]))
			return false;
	return true;
}

bool
str_caseeq(struct str a, struct str b)
{
	return a.n == b.n && str_casesame(a.p, b.p, a.n);
}

bool
str_caseeq_c(struct str a, const char *c)
{
	return str_caseeq(a, str_c(c));
}

int
str_cmp(struct str a, struct str b)
{
	size_t	n = a.n < b.n ? a.n : b.n;
	int	c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (c != 0)
		return c < 0 ? -1 : 1;
	return (a.n > b.n) - (a.n < b.n);
}

int
str_casecmp(struct str a, struct str b)
{
	size_t		n = a.n < b.n ? a.n : b.n;
	unsigned char	x, y;

	for (size_t i = 0; i < n; i++) {
		x = (unsigned char)chr_lower(a.p[i]);
		y = (unsigned char)chr_lower(b.p[i]);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.n > b.n) - (a.n < b.n);
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_first(s, prefix.n), prefix);
}

bool
str_casestarts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_caseeq(str_first(s, prefix.n), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

bool
str_caseends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_caseeq(str_from(s, s.n - suffix.n), suffix);
}

bool
str_has_nul(struct str s)
{
	return str_chr(s, '\0') != SIZE_MAX;
}

size_t
str_chr(struct str s, char c)
{
	const char	*at;

	if (s.n == 0 || (at = memchr(s.p, (unsigned char)c, s.n)) == NULL)
		return SIZE_MAX;
	return (size_t)(at - s.p);
}

size_t
str_rchr(struct str s, char c)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == c)
			return i - 1;
	return SIZE_MAX;
}

size_t
str_find(struct str s, struct str needle)
{
	size_t	at, from = 0;

	if (needle.n == 0)
		return 0;
	while (s.n - from >= needle.n) {
		/* only positions at which the whole needle still fits */
		at = str_chr(str_mem(s.p + from, s.n - from - needle.n + 1), needle.p[0]);
		if (at == SIZE_MAX)
			break;
		from += at;
		if (memcmp(s.p + from, needle.p, needle.n) == 0)
			return from;
		from++;
	}
	return SIZE_MAX;
}

size_t
str_casefind(struct str s, struct str needle)
{
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (str_casesame(s.p + i, needle.p, needle.n))
			return i;
	return SIZE_MAX;
}

struct str
str_from(struct str s, size_t start)
{
	if (start > s.n)
		start = s.n;
	return (struct str){ s.p == NULL ? NULL : s.p + start, s.n - start };
}

struct str
str_first(struct str s, size_t n)
{
	return (struct str){ s.p, n < s.n ? n : s.n };
}

struct str
str_sub(struct str s, size_t start, size_t end)
{
	return str_from(str_first(s, end), start);
}

static bool
str_is_edge(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_ltrim(struct str s)
{
	size_t	i = 0;

	while (i < s.n && str_is_edge(s.p[i]))
		i++;
	return str_from(s, i);
}

struct str
str_rtrim(struct str s)
{
	while (s.n > 0 && str_is_edge(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str
str_trim(struct str s)
{
	return str_rtrim(str_ltrim(s));
}

bool
str_split(struct str *s, char sep, struct str *out)
{
	size_t	at;

	if (str_is_none(*s))
		return false;
	if ((at = str_chr(*s, sep)) == SIZE_MAX) {
		*out = *s;
		*s = STR_NONE;
	} else {
		*out = str_first(*s, at);
		*s = str_from(*s, at + 1);
	}
	return true;
}

bool
str_word(struct str *s, struct str *out)
{
	size_t	i = 0, end;

	while (i < s->n && chr_is_blank(s->p[i]))
		i++;
	end = i;
	while (end < s->n && !chr_is_blank(s->p[end]))
		end++;
	if (end == i) {
		*s = str_from(*s, i);
		return false;
	}
	*out = str_sub(*s, i, end);
	*s = str_from(*s, end);
	return true;
}

int
str_copy(char *dst, size_t size, struct str s)
{
	if (size > 0)
		dst[0] = '\0';
	if (s.n >= size || str_has_nul(s))
		return -1;
	if (s.n > 0)
		memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
	return 0;
}
