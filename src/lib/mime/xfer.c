/*
 * xfer - content transfer encodings.
 *
 * Both decoders are small machines that keep in `hold` what the next byte decides: blanks
 * that may end a line, and the beginning of "=XY".
 */
#include "mime/xfer.h"

#define COUNT(a)	(sizeof(a) / sizeof (a)[0])

enum { XFER_LINE = 76 };

static const struct {
	enum xfer	 how;
	const char	*name;
} xfer_names[] = {
	{ XFER_7BIT, "7bit" }, { XFER_8BIT, "8bit" }, { XFER_BINARY, "binary" },
	{ XFER_QP, "quoted-printable" }, { XFER_BASE64, "base64" },
};

enum xfer
xfer_by_name(struct str value)
{
	size_t	n = 0;

	value = str_trim(value);
	while (n < value.n && !chr_is_space(value.p[n]) && value.p[n] != ';' && value.p[n] != '(')
		n++;
	value = str_first(value, n);
	if (value.n == 0)
		return XFER_7BIT;
	for (size_t i = 0; i < COUNT(xfer_names); i++)
		if (str_caseeq_c(value, xfer_names[i].name))
			return xfer_names[i].how;
	return XFER_UNKNOWN;
}

const char *
xfer_name(enum xfer how)
{
	for (size_t i = 0; i < COUNT(xfer_names); i++)
		if (xfer_names[i].how == how)
			return xfer_names[i].name;
	return "x-unknown";
}

void
xfer_dec_init(struct xfer_dec *d, enum xfer how)
{
	*d = (struct xfer_dec){ .how = how };
}

static int
xfer_hex(char c)
{
	if (chr_is_digit(c))
		return c - '0';
	c = chr_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
xfer_flush(struct xfer_dec *d, struct buf *out)
{
	buf_addmem(out, d->hold, d->nhold);
	d->nhold = 0;
}

static void
xfer_hold(struct xfer_dec *d, struct buf *out, char c)
{
	if (d->nhold == sizeof d->hold)		/* blanks without an end: content then */
		xfer_flush(d, out);
	d->hold[d->nhold++] = c;
}

/* Behind a '=' in hold.  False: c is not part of it and is to be looked at again. */
static bool
xfer_qp_escape(struct xfer_dec *d, struct buf *out, char c)
{
	char	last = d->hold[d->nhold - 1];

	if (c == '\n') {			/* a soft line break */
		d->nhold = 0;
		return true;
	}
	if ((last == '=' || last == ' ') && (chr_is_blank(c) || c == '\r')) {
		d->nhold = 1;
		xfer_hold(d, out, c == '\r' ? '\r' : ' ');
		return true;
	}
	if (last == '=' && xfer_hex(c) != -1) {
		xfer_hold(d, out, c);
		return true;
	}
	if (d->nhold == 2 && xfer_hex(last) != -1 && xfer_hex(c) != -1) {
		buf_addch(out, (char)(xfer_hex(last) << 4 | xfer_hex(c)));
		d->nhold = 0;
		return true;
	}
	d->damaged = true;
	xfer_flush(d, out);
	return false;
}

static void
xfer_qp_byte(struct xfer_dec *d, struct buf *out, char c)
{
	if (d->nhold > 0 && d->hold[0] == '=' && xfer_qp_escape(d, out, c))
		return;
	if (chr_is_blank(c)) {
		xfer_hold(d, out, c);
		return;
	}
	if (c == '\r' || c == '\n')
		d->nhold = 0;			/* blanks at the end of a line were added on the way */
	else
		xfer_flush(d, out);
	if (c == '=')
		xfer_hold(d, out, c);
	else
		buf_addch(out, c);
}

static int
xfer_b64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (chr_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* A character that is no digit: padding, a line end, or junk. */
static void
xfer_b64_other(struct xfer_dec *d, char c)
{
	if (c == '=') {
		d->done = true;
		d->bits = d->nbits = 0;
	} else if (!chr_is_space(c))
		d->damaged = true;
}

static void
xfer_b64_add(struct xfer_dec *d, struct buf *out, struct str in)
{
	char	*to = buf_reserve(out, in.n / 4 * 3 + 3);
	size_t	 n = 0;
	int	 v;

	if (to == NULL)
		return;
	for (size_t i = 0; i < in.n; i++) {
		if ((v = xfer_b64(in.p[i])) == -1) {
			xfer_b64_other(d, in.p[i]);
			continue;
		}
		if (d->done) {			/* several encodings one behind the other */
			d->done = false;
			d->damaged = true;
		}
		d->bits = (d->bits << 6 | (uint32_t)v) & 0xffff;
		if ((d->nbits += 6) >= 8) {
			d->nbits -= 8;
			to[n++] = (char)(d->bits >> d->nbits & 0xff);
		}
	}
	buf_commit(out, n);
}

static bool
xfer_qp_plain(char c)
{
	return c != '=' && c != ' ' && c != '\t' && c != '\r' && c != '\n';
}

static void
xfer_qp_add(struct xfer_dec *d, struct buf *out, struct str in)
{
	size_t	n;

	for (size_t i = 0; i < in.n; i += n) {
		n = 0;
		while (d->nhold == 0 && i + n < in.n && xfer_qp_plain(in.p[i + n]))
			n++;
		if (n > 0)
			buf_addmem(out, in.p + i, n);
		else {
			xfer_qp_byte(d, out, in.p[i]);
			n = 1;
		}
	}
}

int
xfer_dec_add(struct xfer_dec *d, struct buf *out, struct str in)
{
	if (d->how == XFER_QP)
		xfer_qp_add(d, out, in);
	else if (d->how == XFER_BASE64)
		xfer_b64_add(d, out, in);
	else
		buf_add(out, in);
	return buf_ok(out) ? 0 : -1;
}

int
xfer_dec_end(struct xfer_dec *d, struct buf *out)
{
	if (d->how == XFER_QP && d->nhold == 2 && d->hold[0] == '=' && xfer_hex(d->hold[1]) != -1) {
		d->damaged = true;
		xfer_flush(d, out);
	}
	if (d->how == XFER_BASE64 && d->nbits >= 6)
		d->damaged = true;
	d->nhold = 0;				/* a soft break, or blanks at the end of the last line */
	return buf_ok(out) ? 0 : -1;
}

int
xfer_decode(struct buf *out, enum xfer how, struct str in)
{
	struct xfer_dec	d;

	xfer_dec_init(&d, how);
	xfer_dec_add(&d, out, in);
	return xfer_dec_end(&d, out);
}

void
xfer_enc_init(struct xfer_enc *e, enum xfer how, bool text)
{
	*e = (struct xfer_enc){ .how = how, .text = text };
}

static void
xfer_qp_put(struct xfer_enc *e, struct buf *out, struct str s)
{
	if (e->col + s.n > XFER_LINE - 1) {
		buf_addc(out, "=\r\n");
		e->col = 0;
	}
	buf_add(out, s);
	e->col += s.n;
}

static void
xfer_qp_code(struct xfer_enc *e, struct buf *out, unsigned char c)
{
	static const char	digits[] = "0123456789ABCDEF";
	char			code[3] = { '=', digits[c >> 4], digits[c & 15] };

	xfer_qp_put(e, out, str_mem(code, 3));
}

/* A byte that is not part of a line end; `last`: a line end or the end of all follows. */
static void
xfer_qp_char(struct xfer_enc *e, struct buf *out, unsigned char c, bool last)
{
	bool	plain = c > ' ' && c < 0x7f && c != '=';

	if (chr_is_blank((char)c))
		plain = !last;
	if (e->ebcdic && memchr("!\"#$@[\\]^`{|}~", c, 14) != NULL)
		plain = false;
	if (e->col == 0 && (c == '.' || c == 'F'))	/* a dot alone; mbox's "From " */
		plain = false;
	if (plain)
		xfer_qp_put(e, out, str_mem(&c, 1));
	else
		xfer_qp_code(e, out, c);
}

static void
xfer_qp_newline(struct xfer_enc *e, struct buf *out)
{
	buf_addc(out, "\r\n");
	e->col = 0;
}

/* One byte behind: whether hold[0] ends a line is known only now. */
static void
xfer_qp_encode(struct xfer_enc *e, struct buf *out, unsigned char c)
{
	unsigned char	was = e->hold[0];
	bool		newline = e->text && (c == '\n' || c == '\r');

	if (e->nhold == 1) {
		if (e->text && was == '\r' && c == '\n') {
			e->nhold = 0;
			xfer_qp_newline(e, out);
			return;
		}
		xfer_qp_char(e, out, was, newline);
		e->nhold = 0;
	}
	if (e->text && c == '\n') {
		xfer_qp_newline(e, out);
		return;
	}
	e->hold[0] = c;
	e->nhold = 1;
}

static void
xfer_b64_quad(struct xfer_enc *e, struct buf *out)
{
	static const char	t[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t		v = 0;
	char			q[4];

	for (size_t i = 0; i < 3; i++)
		v = v << 8 | (i < e->nhold ? e->hold[i] : 0u);
	for (size_t i = 0; i < 4; i++)
		q[i] = i <= e->nhold ? t[v >> (18 - 6 * i) & 63] : '=';
	buf_addmem(out, q, 4);
	e->nhold = 0;
	if ((e->col += 4) >= XFER_LINE) {
		buf_addc(out, "\r\n");
		e->col = 0;
	}
}

static void
xfer_enc_byte(struct xfer_enc *e, struct buf *out, unsigned char c)
{
	if (e->how == XFER_QP) {
		xfer_qp_encode(e, out, c);
		return;
	}
	e->hold[e->nhold++] = c;
	if (e->nhold == 3)
		xfer_b64_quad(e, out);
}

int
xfer_enc_add(struct xfer_enc *e, struct buf *out, struct str in)
{
	if (e->how != XFER_QP && e->how != XFER_BASE64)
		return buf_add(out, in);
	for (size_t i = 0; i < in.n; i++)
		xfer_enc_byte(e, out, (unsigned char)in.p[i]);
	return buf_ok(out) ? 0 : -1;
}

int
xfer_enc_end(struct xfer_enc *e, struct buf *out)
{
	if (e->how == XFER_QP && e->nhold == 1) {
		xfer_qp_char(e, out, e->hold[0], true);
		e->nhold = 0;
	}
	if (e->how == XFER_BASE64) {
		if (e->nhold > 0)
			xfer_b64_quad(e, out);
		if (e->col > 0)
			buf_addc(out, "\r\n");
		e->col = 0;
	}
	return buf_ok(out) ? 0 : -1;
}
