/*
 * enc - base64, hex and xtext, both ways.
 *
 * Decoders are strict: what they accept has exactly one encoding, so an identifier or
 * a credential cannot be written in two ways.  The bodies of messages, where peers err,
 * are decoded by mime/xfer.c instead.  On failure nothing was added to the buffer.
 */
#include "base/enc.h"

static const char enc_b64_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
enc_b64(struct buf *b, struct str s)
{
	const char	*t = enc_b64_chars;
	uint32_t	 v;
	size_t		 i, j, n;
	char		*to;

	if (s.n > SIZE_MAX / 2 || (to = buf_reserve(b, (s.n + 2) / 3 * 4)) == NULL)
		return -1;
	for (i = j = 0; i < s.n; i += 3, j += 4) {
		n = s.n - i < 3 ? s.n - i : 3;
		v = (uint32_t)(unsigned char)s.p[i] << 16;
		if (n > 1)
			v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
		if (n > 2)
			v |= (unsigned char)s.p[i + 2];
		to[j] = t[v >> 18];
		to[j + 1] = t[v >> 12 & 63];
		to[j + 2] = n > 1 ? t[v >> 6 & 63] : '=';
		to[j + 3] = n > 2 ? t[v & 63] : '=';
	}
	buf_commit(b, j);
	return 0;
}

static int
enc_b64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (chr_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
dec_b64(struct buf *b, struct str s)
{
	size_t		 i, j, n, pad = 0, bits = 0;
	uint32_t	 v = 0;
	char		*to;
	int		 d;

	if (s.n % 4 != 0 || (to = buf_reserve(b, s.n / 4 * 3)) == NULL)
		return -1;
	while (pad < 2 && pad < s.n && s.p[s.n - 1 - pad] == '=')
		pad++;
	n = s.n - pad;
	for (i = j = 0; i < n; i++) {
		if ((d = enc_b64_value(s.p[i])) == -1)
			goto bad;
		v = v << 6 | (uint32_t)d;
		if ((bits += 6) >= 8) {
			bits -= 8;
			to[j++] = (char)(v >> bits & 0xff);
			v &= (1u << bits) - 1;
		}
	}
	if (v != 0)			/* rest bits that the encoder leaves zero */
		goto bad;
	buf_commit(b, j);
	return 0;
bad:
	buf_commit(b, 0);		/* what was written there goes */
	return -1;
}

int
enc_hex(struct buf *b, struct str s)
{
	static const char	digits[] = "0123456789abcdef";
	char			*to;

	if (s.n > SIZE_MAX / 2 || (to = buf_reserve(b, s.n * 2)) == NULL)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		to[2 * i] = digits[(unsigned char)s.p[i] >> 4];
		to[2 * i + 1] = digits[s.p[i] & 15];
	}
	buf_commit(b, s.n * 2);
	return 0;
}

static int
enc_hex_value(char c, bool upper_only)
{
	if (chr_is_digit(c))
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return !upper_only && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
enc_hex_pair(const char *p, bool upper_only)
{
	int	hi = enc_hex_value(p[0], upper_only), lo = enc_hex_value(p[1], upper_only);

	return hi == -1 || lo == -1 ? -1 : hi << 4 | lo;
}

int
dec_hex(struct buf *b, struct str s)
{
	char	*to;
	int	 v;

	if (s.n % 2 != 0 || (to = buf_reserve(b, s.n / 2)) == NULL)
		return -1;
	for (size_t i = 0; i < s.n; i += 2) {
		if ((v = enc_hex_pair(s.p + i, false)) == -1) {
			buf_commit(b, 0);
			return -1;
		}
		to[i / 2] = (char)v;
	}
	buf_commit(b, s.n / 2);
	return 0;
}

/* RFC 3461 4: printable, not blank, and neither '+' nor '='. */
static bool
enc_is_xchar(char c)
{
	return c > ' ' && c < 0x7f && c != '+' && c != '=';
}

int
enc_xtext(struct buf *b, struct str s)
{
	static const char	digits[] = "0123456789ABCDEF";
	size_t			at = b->n;
	unsigned char		c;

	for (size_t i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (enc_is_xchar(s.p[i]))
			buf_addch(b, s.p[i]);
		else
			buf_addmem(b, (const char[]){ '+', digits[c >> 4], digits[c & 15] }, 3);
	}
	if (buf_ok(b))
		return 0;
	buf_truncate(b, at);
	return -1;
}

int
dec_xtext(struct buf *b, struct str s)
{
	size_t	at = b->n;
	int	v;

	for (size_t i = 0; i < s.n; i++) {
		if (enc_is_xchar(s.p[i])) {
			buf_addch(b, s.p[i]);
			continue;
		}
		if (s.p[i] != '+' || s.n - i < 3 || (v = enc_hex_pair(s.p + i + 1, true)) == -1) {
			buf_truncate(b, at);
			return -1;
		}
		buf_addch(b, (char)v);
		i += 2;
	}
	if (buf_ok(b))
		return 0;
	buf_truncate(b, at);
	return -1;
}
