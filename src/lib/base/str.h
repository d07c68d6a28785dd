/*
 * str - a borrowed slice of bytes.
 *
 * A struct str never owns what it points at and never ends in a NUL that may be
 * relied on: foreign bytes have a length.  It lives as long as its owner (a buf,
 * an arena, a literal) does.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char	*p;
	size_t		 n;
};

/* A literal as a slice, also in static initialisers (STR_INIT). */
#define STR(lit)	((struct str){ (lit), sizeof(lit) - 1 })
#define STR_INIT(lit)	{ (lit), sizeof(lit) - 1 }
#define STR_NONE	((struct str){ NULL, 0 })
/* For printf: "%.*s", STR_ARG(s). */
#define STR_ARG(s)	(int)(s).n, (s).n ? (s).p : ""

static inline struct str
str_mem(const void *p, size_t n)
{
	return (struct str){ p, n };
}

/* NULL gives STR_NONE. */
static inline struct str
str_c(const char *c)
{
	return (struct str){ c, c == NULL ? 0 : strlen(c) };
}

static inline bool
str_is_none(struct str s)
{
	return s.p == NULL;
}

bool		str_eq(struct str, struct str);
bool		str_eq_c(struct str, const char *);
bool		str_caseeq(struct str, struct str);	/* ASCII case only */
bool		str_caseeq_c(struct str, const char *);
int		str_cmp(struct str, struct str);	/* by bytes, then length */
int		str_casecmp(struct str, struct str);
bool		str_starts(struct str, struct str prefix);
bool		str_casestarts(struct str, struct str prefix);
bool		str_ends(struct str, struct str suffix);
bool		str_caseends(struct str, struct str suffix);
bool		str_has_nul(struct str);

/* Offset of the first (last) occurrence, or SIZE_MAX when there is none. */
size_t		str_chr(struct str, char);
size_t		str_rchr(struct str, char);
size_t		str_find(struct str, struct str needle);
size_t		str_casefind(struct str, struct str needle);

/* Slices of a slice; positions past the end are cut to the end. */
struct str	str_from(struct str, size_t start);
struct str	str_first(struct str, size_t n);
struct str	str_sub(struct str, size_t start, size_t end);
struct str	str_trim(struct str);			/* blanks, tabs, CR, LF at both ends */
struct str	str_ltrim(struct str);
struct str	str_rtrim(struct str);

/*
 * Take what stands before `sep` off the front of *s into *out and drop `sep`; the
 * rest when there is no `sep` (*s is then STR_NONE).  False once *s is STR_NONE.
 */
bool		str_split(struct str *s, char sep, struct str *out);

/* The next word between blanks and tabs; false at the end. */
bool		str_word(struct str *s, struct str *out);

/*
 * Copy to a C string of `size` bytes.  -1 when it does not fit or holds a NUL
 * (dst is then the empty string), else 0.
 */
int		str_copy(char *dst, size_t size, struct str);

static inline char
chr_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline char
chr_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static inline bool
chr_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
chr_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
chr_is_alnum(char c)
{
	return chr_is_digit(c) || chr_is_alpha(c);
}

static inline bool
chr_is_space(char c)			/* never depends on the locale */
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
chr_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

#endif
