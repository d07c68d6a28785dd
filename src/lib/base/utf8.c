/*
 * utf8 - validity and stepping (RFC 3629).
 */
#include "base/utf8.h"

size_t
utf8_next(struct str s, uint32_t *cp)
{
	static const uint32_t	least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char		c;
	uint32_t		v;
	size_t			n;

	if (s.n == 0)
		return 0;
	c = (unsigned char)s.p[0];
	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || s.n < n)
		return 0;
	v = c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		c = (unsigned char)s.p[i];
		if ((c & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (c & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*cp = v;
	return n;
}

bool
utf8_valid(struct str s)
{
	uint32_t	cp;
	size_t		n;

	for (; s.n > 0; s = str_from(s, n))
		if ((n = utf8_next(s, &cp)) == 0)
			return false;
	return true;
}

bool
str_is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

int
utf8_add(struct buf *b, uint32_t cp)
{
	char	out[4];
	size_t	n;

	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return -1;
	if (cp < 0x80)
		return buf_addch(b, (char)cp);
	n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)((0xf00u >> n) | cp);
	return buf_addmem(b, out, n);
}
