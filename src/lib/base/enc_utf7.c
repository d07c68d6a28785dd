/*
 * enc_utf7 - modified UTF-7, in which IMAP4rev1 writes mailbox names (RFC 3501 5.1.3).
 *
 * 0x20 to 0x7e stand for themselves, but '&' is "&-"; everything else is UTF-16 (big
 * endian) in base64 with ',' for '/', between '&' and '-'.  The decoder takes only what
 * the encoder writes, so that a mailbox has one name.
 */
#include "base/enc.h"
#include "base/utf8.h"

static const char utf7_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

struct utf7 {
	uint32_t	v;		/* bits not yet written or read */
	unsigned	bits;
};

static bool
utf7_is_direct(uint32_t cp)
{
	return cp >= 0x20 && cp <= 0x7e;
}

static void
utf7_add_unit(struct utf7 *u, struct buf *b, uint32_t unit)
{
	u->v = (u->v << 16 | unit) & 0x3fffff;	/* at most 4 bits were left */
	for (u->bits += 16; u->bits >= 6; u->bits -= 6)
		buf_addch(b, utf7_chars[u->v >> (u->bits - 6) & 63]);
}

static void
utf7_add_shifted(struct buf *b, struct str *s)
{
	struct utf7	u = { 0, 0 };
	uint32_t	cp;
	size_t		n;

	buf_addch(b, '&');
	while ((n = utf8_next(*s, &cp)) > 0 && !utf7_is_direct(cp)) {
		if (cp >= 0x10000) {
			utf7_add_unit(&u, b, 0xd800 | (cp - 0x10000) >> 10);
			cp = 0xdc00 | ((cp - 0x10000) & 0x3ff);
		}
		utf7_add_unit(&u, b, cp);
		*s = str_from(*s, n);
	}
	if (u.bits > 0)
		buf_addch(b, utf7_chars[u.v << (6 - u.bits) & 63]);
	buf_addch(b, '-');
}

int
enc_utf7m(struct buf *b, struct str s)
{
	size_t	at = b->n;

	if (!utf8_valid(s))
		return -1;
	while (s.n > 0) {
		if (!utf7_is_direct((unsigned char)s.p[0])) {
			utf7_add_shifted(b, &s);
			continue;
		}
		buf_addch(b, s.p[0]);
		if (s.p[0] == '&')
			buf_addch(b, '-');
		s = str_from(s, 1);
	}
	if (buf_ok(b))
		return 0;
	buf_truncate(b, at);
	return -1;
}

static int
utf7_value(char c)
{
	const char	*at = c == '\0' ? NULL : strchr(utf7_chars, c);

	return at == NULL ? -1 : (int)(at - utf7_chars);
}

/* One UTF-16 unit: 0 when the digits are used up and only zero bits are left, -1 when they are not. */
static int
utf7_next_unit(struct utf7 *u, struct str *s, uint32_t *unit)
{
	int	d;

	while (u->bits < 16) {
		if (s->n == 0)
			return u->bits >= 6 || u->v != 0 ? -1 : 0;
		if ((d = utf7_value(s->p[0])) == -1)
			return -1;
		u->v = u->v << 6 | (uint32_t)d;
		u->bits += 6;
		*s = str_from(*s, 1);
	}
	u->bits -= 16;
	*unit = u->v >> u->bits;
	u->v &= (1u << u->bits) - 1;
	return 1;
}

/* What stands between '&' and '-'. */
static int
utf7_shifted(struct buf *b, struct str s)
{
	struct utf7	u = { 0, 0 };
	uint32_t	cp, low;
	int		rc;

	while ((rc = utf7_next_unit(&u, &s, &cp)) == 1) {
		if (cp >= 0xd800 && cp <= 0xdbff) {
			if (utf7_next_unit(&u, &s, &low) != 1 || low < 0xdc00 || low > 0xdfff)
				return -1;
			cp = 0x10000 + ((cp & 0x3ff) << 10 | (low & 0x3ff));
		}
		if (utf7_is_direct(cp) || utf8_add(b, cp) == -1)
			return -1;
	}
	return rc;
}

static int
utf7_decode(struct buf *b, struct str s)
{
	bool		shifted = false;
	struct str	in;

	while (s.n > 0) {
		if (!utf7_is_direct((unsigned char)s.p[0]))
			return -1;
		if (s.p[0] != '&') {
			buf_addch(b, s.p[0]);
			s = str_from(s, 1);
			shifted = false;
			continue;
		}
		s = str_from(s, 1);
		if (!str_split(&s, '-', &in) || str_is_none(s))
			return -1;			/* no '-' */
		if (in.n == 0)
			buf_addch(b, '&');
		else if (shifted || utf7_shifted(b, in) == -1)
			return -1;			/* two runs that should have been one */
		shifted = in.n > 0;
	}
	return buf_ok(b) ? 0 : -1;
}

int
dec_utf7m(struct buf *b, struct str s)
{
	size_t	at = b->n;

	if (utf7_decode(b, s) == 0)
		return 0;
	buf_truncate(b, at);
	return -1;
}
