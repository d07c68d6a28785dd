/*
 * word - encoded words.
 *
 * Neighbours of one charset are joined before they are converted, because many mailers
 * cut a character in two.  What cannot be decoded stays as it was written.
 */
#include "mime/word.h"

#include <stdint.h>

#include "mime/charset.h"
#include "mime/xfer.h"

enum {
	WORD_MAX = 75,		/* that we write (RFC 2047 2) */
	WORD_LONGEST = 8192	/* that we read */
};

struct word {
	struct str	whole, charset, text;
	char		how;		/* 'q' or 'b' */
};

/* A run of neighbours: what they are and what they say. */
struct word_run {
	struct str	whole, charset;
	struct buf	bytes;
};

/* Is s, from its first byte, an encoded word? */
static bool
word_read(struct str s, struct word *w)
{
	struct str	left;
	size_t		a, b;

	if (!str_starts(s, STR("=?")))
		return false;
	left = str_from(s, 2);
	if ((a = str_chr(left, '?')) == SIZE_MAX || a == 0 || left.n < a + 3 || left.p[a + 2] != '?')
		return false;
	w->charset = str_first(left, a);
	w->charset = str_first(w->charset, str_chr(w->charset, '*'));	/* RFC 2231 5: language */
	w->how = chr_lower(left.p[a + 1]);
	left = str_from(left, a + 3);
	if ((w->how != 'q' && w->how != 'b') ||
	    (b = str_find(str_first(left, WORD_LONGEST), STR("?="))) == SIZE_MAX)
		return false;
	w->text = str_first(left, b);
	for (size_t i = 0; i < w->charset.n; i++)
		if (chr_is_space(w->charset.p[i]))
			return false;
	if (str_has_nul(w->text) || str_chr(w->text, '\n') != SIZE_MAX)
		return false;
	w->whole = str_first(s, (size_t)(w->text.p + w->text.n + 2 - s.p));
	return true;
}

/* RFC 2047 4.2 */
static void
word_add_q(struct buf *b, struct str s)
{
	struct xfer_dec	d;
	char		c;

	xfer_dec_init(&d, XFER_QP);
	for (size_t i = 0; i < s.n; i++) {
		c = s.p[i];
		if (c == '_' || chr_is_blank(c)) {
			xfer_dec_end(&d, b);
			buf_addch(b, ' ');
		} else
			xfer_dec_add(&d, b, str_mem(&c, 1));
	}
	xfer_dec_end(&d, b);
}

static void
word_flush(struct word_run *r, struct buf *out)
{
	if (r->whole.n > 0 && charset_to_utf8(out, r->charset, buf_str(&r->bytes)) == -1)
		charset_clean(out, r->whole);
	r->whole = STR_NONE;
	buf_clear(&r->bytes);
}

static void
word_take(struct word_run *r, const struct word *w, struct buf *out)
{
	if (r->whole.n > 0 && !str_caseeq(r->charset, w->charset))
		word_flush(r, out);
	if (r->whole.n == 0) {
		r->whole = w->whole;
		r->charset = w->charset;
	} else
		r->whole.n = (size_t)(w->whole.p + w->whole.n - r->whole.p);
	if (w->how == 'q')
		word_add_q(&r->bytes, w->text);
	else
		xfer_decode(&r->bytes, XFER_BASE64, w->text);
}

/* Text outside of words, up to the next "=?"; blanks that stand between two words are dropped. */
static size_t
word_plain(struct word_run *r, struct str s, struct buf *out)
{
	size_t	 n = s.n == 0 || s.p[0] != '=' ? 0 : 1;
	size_t	 at = str_find(str_from(s, n), STR("=?"));
	struct word w;

	n = at == SIZE_MAX ? s.n : n + at;
	if (r->whole.n > 0) {
		if (str_trim(str_first(s, n)).n == 0 && word_read(str_from(s, n), &w))
			return n;
		word_flush(r, out);
	}
	for (size_t i = 0, end; i < n; i = end + 1) {
		for (end = i; end < n && s.p[end] != '\r' && s.p[end] != '\n'; end++)
			;
		charset_clean(out, str_sub(s, i, end));
	}
	return n;
}

int
word_decode(struct buf *out, struct str s)
{
	struct word_run	r = { .whole = STR_NONE };
	struct word	w;

	buf_init(&r.bytes, 0);
	while (s.n > 0) {
		if (word_read(s, &w)) {
			word_take(&r, &w, out);
			s = str_from(s, w.whole.n);
		} else
			s = str_from(s, word_plain(&r, s, out));
	}
	word_flush(&r, out);
	buf_done(&r.bytes);
	return buf_ok(out) ? 0 : -1;
}
