/*
 * smtp_body - see the header.  Coming in is a machine of five states; each octet is looked at once.
 */
#include "wire/smtp_body.h"

#include <string.h>

#include "wire/smtp_span.h"

enum {
	BODY_BOL,		/* at the beginning of a line: behind CR LF, or of the message */
	BODY_BOL_LF,		/* the same behind a bare LF that was let in: a dot here means nothing special */
	BODY_MID,
	BODY_CR,		/* behind a CR inside a line */
	BODY_DOT,		/* "." at the beginning of a line */
	BODY_DOT_CR		/* ". CR" */
};

#define BODY_RUN	((size_t)512)
#define BODY_SPAN	((size_t)64 << 10)	/* the most that is asked of smtp_span.c at once */

void
smtp_body_init(struct smtp_body *s, unsigned relax)
{
	memset(s, 0, sizeof *s);
	s->relax = relax;
	s->state = BODY_BOL;
}

static void
smtp_body_put(struct smtp_body *s, const char *p, size_t n, struct buf *out)
{
	if (out != NULL)
		(void)buf_add(out, str_mem(p, n));
	s->size += n;
}

static void
smtp_body_eol(struct smtp_body *s, struct buf *out)
{
	smtp_body_put(s, "\n", 1, out);
	s->state = BODY_BOL;
}

/*
 * The run of ordinary octets at p: up to a CR or LF, and what is remarkable in it.  No more than BODY_RUN of them: the search for an LF
 * looks past CRs, and must not do so again and again for all there is.
 */
static size_t
smtp_body_run(struct smtp_body *s, const char *p, size_t n)
{
	const char *at;

	if (n > BODY_RUN)
		n = BODY_RUN;
	if ((at = memchr(p, '\n', n)) != NULL)
		n = (size_t)(at - p);
	if ((at = memchr(p, '\r', n)) != NULL)
		n = (size_t)(at - p);
	if (!s->has_nul)
		s->has_nul = memchr(p, '\0', n) != NULL;
	for (size_t i = 0; i < n && !s->has8bit; i++)
		s->has8bit = (p[i] & 0x80) != 0;
	return n;
}

/* Ordinary octets from here on, many at once.  Octets taken; *pass: how far it is not worth trying again when there were none. */
static size_t
smtp_body_span(struct smtp_body *s, struct str in, struct buf *out, size_t *pass)
{
	struct smtp_span span = { .bol = s->state == BODY_BOL, .cr = s->state == BODY_CR };
	size_t room = in.n < BODY_SPAN ? in.n : BODY_SPAN, n;
	char *to = buf_reserve(out, room);

	if (to == NULL)
		return 0;
	if ((n = smtp_span_in(&span, in, to, room)) == 0)
		*pass = span.pass;
	else
		s->state = span.cr ? BODY_CR : span.bol ? BODY_BOL : BODY_MID;
	buf_commit(out, span.out);
	s->size += span.out;
	s->has_nul = s->has_nul || span.nul;
	s->has8bit = s->has8bit || span.high;
	return n;
}

/* A CR that no LF follows. */
static bool
smtp_body_bare_cr(struct smtp_body *s, struct buf *out)
{
	if (s->relax & SMTP_BODY_CR_BLANK)
		smtp_body_put(s, " ", 1, out);
	else if (s->relax & SMTP_BODY_CR_OK)
		smtp_body_put(s, "\r", 1, out);
	else
		return false;
	s->state = BODY_MID;
	return true;
}

/* An LF that no CR precedes.  `at_dot`: the line is "." so far. */
static enum smtp_body_rc
smtp_body_bare_lf(struct smtp_body *s, bool at_dot, struct buf *out)
{
	if (s->relax & SMTP_BODY_ANYEND) {
		if (at_dot)
			return SMTP_BODY_END;
		smtp_body_eol(s, out);
	} else if (s->relax & SMTP_BODY_LF_BLANK) {
		smtp_body_put(s, " ", 1, out);
		s->state = BODY_MID;
	} else if (s->relax & SMTP_BODY_LF_OK) {
		smtp_body_eol(s, out);
		s->state = BODY_BOL_LF;
	} else
		return SMTP_BODY_BARE_LF;
	return SMTP_BODY_MORE;
}

/* Octets inside a line: a CR, an LF, or a run of others.  `dot` as above; *used: octets taken. */
static enum smtp_body_rc
smtp_body_mid(struct smtp_body *s, struct str in, bool dot, struct buf *out, size_t *used)
{
	*used = 1;
	s->state = BODY_MID;
	if (in.p[0] == '\n')
		return smtp_body_bare_lf(s, dot, out);
	if (in.p[0] == '\r')
		s->state = BODY_CR;
	else {
		*used = smtp_body_run(s, in.p, in.n);
		smtp_body_put(s, in.p, *used, out);
	}
	return SMTP_BODY_MORE;
}

enum smtp_body_rc
smtp_body_feed(struct smtp_body *s, struct str in, struct buf *out, size_t *used)
{
	enum smtp_body_rc rc;
	size_t i = 0, run, pass = 0, slow = 0;	/* before it, octet for octet */

	while (i < in.n) {
		char c = in.p[i];

		if (i >= slow && out != NULL && (s->state == BODY_BOL || s->state == BODY_MID || s->state == BODY_CR)) {
			if ((run = smtp_body_span(s, str_from(in, i), out, &pass)) > 0) {
				i += run;
				continue;
			}
			slow = i + pass;
		}
		if (s->state == BODY_BOL && c == '.') {
			s->state = BODY_DOT;
			i++;
		} else if (s->state == BODY_DOT && c == '\r') {
			s->state = BODY_DOT_CR;
			i++;
		} else if (s->state == BODY_CR || s->state == BODY_DOT_CR) {
			if (c != '\n') {
				if (smtp_body_bare_cr(s, out))
					continue;
				*used = i;
				return SMTP_BODY_BARE_CR;
			}
			i++;
			if (s->state == BODY_DOT_CR) {
				*used = i;
				return SMTP_BODY_END;
			}
			smtp_body_eol(s, out);
		} else {			/* the first dot of a line was taken away (4.5.2) */
			rc = smtp_body_mid(s, str_from(in, i), s->state == BODY_DOT, out, &run);
			i += run;
			if (rc != SMTP_BODY_MORE) {
				*used = i;
				return rc;
			}
		}
	}
	*used = i;
	return SMTP_BODY_MORE;
}

enum smtp_line_end
smtp_line_end(struct str line, struct str *text)
{
	enum smtp_line_end how = SMTP_LINE_OPEN;

	*text = line;
	if (line.n > 0 && line.p[line.n - 1] == '\n') {
		how = SMTP_LINE_LF;
		text->n--;
		if (text->n > 0 && line.p[text->n - 1] == '\r') {
			how = SMTP_LINE_CRLF;
			text->n--;
		}
	}
	if (str_chr(*text, '\r') != (size_t)-1 && how != SMTP_LINE_LF)
		how = SMTP_LINE_CR;
	return how;
}

/* ---- going out ---- */

void
smtp_out_init(struct smtp_out *o, unsigned flags, struct str eol, size_t limit)
{
	memset(o, 0, sizeof *o);
	o->flags = flags;
	o->eol = eol;
	o->limit = limit;
	o->bol = o->fresh = true;
	buf_init(&o->hold, 16);
}

void
smtp_out_done(struct smtp_out *o)
{
	buf_done(&o->hold);
}

/* As it will stand on the wire. */
static char
smtp_out_char(const struct smtp_out *o, char c)
{
	return o->flags & SMTP_OUT_7BIT ? (char)(c & 0x7f) : c;
}

static void
smtp_out_put(struct smtp_out *o, struct str s, struct buf *out)
{
	if (o->bol && (o->flags & SMTP_OUT_DOTS) && smtp_out_char(o, s.p[0]) == '.')
		(void)buf_addch(out, '.');	/* does not count for the limit */
	o->bol = false;
	o->col += s.n;
	if ((o->flags & SMTP_OUT_7BIT) == 0)
		(void)buf_add(out, s);
	else
		for (size_t i = 0; i < s.n; i++)
			(void)buf_addch(out, smtp_out_char(o, s.p[i]));
}

static void
smtp_out_eol(struct smtp_out *o, struct buf *out)
{
	if (o->pending)
		smtp_out_put(o, str_mem(&o->last, 1), out);
	(void)buf_add(out, o->eol);
	o->pending = false;
	o->bol = o->fresh = true;
	o->col = 0;
}

/*
 * Ordinary octets of one line, without line ends.  A line may be just as long as the limit: its
 * last octet is kept until it is known
 * whether another one follows.
 */
static void
smtp_out_text(struct smtp_out *o, struct str s, struct buf *out)
{
	while (s.n > 0) {
		size_t room = s.n;

		if (o->pending) {
			o->pending = false;
			(void)buf_addch(out, '!');
			smtp_out_eol(o, out);
			o->fresh = false;
			smtp_out_put(o, STR(" "), out);
			smtp_out_put(o, str_mem(&o->last, 1), out);
		}
		if (o->limit > 2 && o->col + s.n >= o->limit)
			room = o->limit - 1 - o->col;
		if (room > 0)
			smtp_out_put(o, str_first(s, room), out);
		s = str_from(s, room);
		if (s.n > 0) {
			o->last = s.p[0];
			o->pending = true;
			s = str_from(s, 1);
		}
	}
}

/* An octet that a line end is made of, or that becomes one when its eighth bit is cut, is never let through by itself. */
static bool
smtp_out_plain(const struct smtp_out *o, char c)
{
	c = smtp_out_char(o, c);
	return c != '\n' && (c != '\r' || (o->flags & SMTP_OUT_RAWCR)) &&
	       (c != '\0' || !(o->flags & SMTP_OUT_NONUL));
}

/* How many octets from the beginning go out as they are? */
static size_t
smtp_out_span(const struct smtp_out *o, struct str s)
{
	const char *at;
	size_t i = 0;

	if ((o->flags & (SMTP_OUT_7BIT | SMTP_OUT_NONUL)) == 0) {	/* only a CR, or an LF, is remarkable, and there is hardly ever one */
		if ((o->flags & SMTP_OUT_RAWCR) == 0 && (at = memchr(s.p, '\r', s.n)) != NULL)
			s.n = (size_t)(at - s.p);
		return (at = memchr(s.p, '\n', s.n)) != NULL ? (size_t)(at - s.p) : s.n;
	}
	while (i < s.n && smtp_out_plain(o, s.p[i]))
		i++;
	return i;
}

static void
smtp_out_run(struct smtp_out *o, struct str s, struct buf *out)
{
	while (s.n > 0) {
		size_t i = smtp_out_span(o, s);

		smtp_out_text(o, str_first(s, i), out);
		if (i < s.n && (s.p[i] & 0x7f) != '\0')	/* a bare CR */
			smtp_out_text(o, STR(" "), out);
		s = str_from(s, i + 1);
	}
}

/* ">From ": the first five octets of a line are held back until it is known what they are. */
static size_t
smtp_out_from(struct smtp_out *o, struct str in, struct buf *out)
{
	static const char from[] = "From ";
	size_t i = 0;

	while (i < in.n && o->hold.n < 5 && smtp_out_char(o, in.p[i]) == from[o->hold.n])
		(void)buf_addch(&o->hold, in.p[i++]);
	if (o->hold.n < 5 && i == in.n)
		return i;
	if (o->hold.n == 5)
		smtp_out_text(o, STR(">"), out);
	smtp_out_run(o, buf_str(&o->hold), out);
	buf_clear(&o->hold);
	o->fresh = false;
	return i;
}

/* Ordinary octets, many at once.  Octets taken; *pass as above. */
static size_t
smtp_out_many(struct smtp_out *o, struct str in, struct buf *out, size_t *pass)
{
	struct smtp_span span = { .bol = o->bol, .dots = (o->flags & SMTP_OUT_DOTS) != 0, .col = o->col, .limit = o->limit > 2 ? o->limit : SIZE_MAX };
	size_t room = in.n + in.n / 8 + SMTP_SPAN_ROOM, n;
	char *to = buf_reserve(out, room);

	if (to == NULL)
		return 0;
	if ((n = smtp_span_out(&span, in, to, room)) == 0)
		*pass = span.pass;
	else
		o->bol = o->fresh = span.bol;
	o->col = span.col;
	buf_commit(out, span.out);
	return n;
}

void
smtp_out_feed(struct smtp_out *o, struct str in, struct buf *out)
{
	bool plain = (o->flags & (SMTP_OUT_7BIT | SMTP_OUT_NONUL | SMTP_OUT_FROM)) == 0 && str_eq_c(o->eol, "\r\n");
	size_t n, slow = 0;	/* as long as it is not 0, line for line */

	while (in.n > 0) {
		size_t nl;

		if (plain && o->fresh == o->bol && !o->pending && slow == 0) {
			if ((n = smtp_out_many(o, str_first(in, BODY_SPAN), out, &slow)) > 0) {
				in = str_from(in, n);
				continue;
			}
		}
		if (o->fresh && (o->flags & SMTP_OUT_FROM)) {
			in = str_from(in, smtp_out_from(o, in, out));
			if (in.n == 0)
				return;
		}
		nl = str_chr(in, '\n');
		smtp_out_run(o, nl == (size_t)-1 ? in : str_first(in, nl), out);
		if (nl == (size_t)-1)
			return;
		smtp_out_eol(o, out);
		in = str_from(in, nl + 1);
		slow -= nl < slow ? nl + 1 : slow;
	}
}

void
smtp_out_end(struct smtp_out *o, struct buf *out)
{
	if (o->hold.n > 0) {
		smtp_out_run(o, buf_str(&o->hold), out);
		buf_clear(&o->hold);
	}
	if (!o->bol || o->pending)
		smtp_out_eol(o, out);
}

void
smtp_out_dot(struct smtp_out *o, struct buf *out)
{
	smtp_out_end(o, out);
	(void)buf_addch(out, '.');
	(void)buf_add(out, o->eol);
}
