/*
 * conv - see the header.
 *
 * The tree of the message is made first, then walked: what lies between parts is copied, leaves that need it are encoded, and the fields that name an
 * encoding follow.  Offsets of the tree count header, empty line and content as one text; the content is never copied.
 */
#include "mime/conv.h"

#include "mime/hdr.h"
#include "mime/part.h"

#define CONV_LINE	998	/* RFC 5321 4.5.3.1.6 without the line end */
#define CONV_BLOCK	((size_t)48 << 10)

struct conv_walk {
	const struct conv	*c;
	struct arena		*m;
	struct str		 head;		/* header with its empty line */
	struct str		 content;
	struct buf		 out;		/* of an encoder */
	bool			 failed;
};

/* What a leaf holds. */
struct conv_seen {
	size_t	n, high, longest;
	bool	odd;			/* NUL, CR or LF that is no line end */
};

static void
conv_put(struct conv_walk *w, struct str s)
{
	if (s.n > 0)
		w->c->put(w->c->put_arg, s);
}

/* A range of the whole text that lies in the content. */
static struct str
conv_range(const struct conv_walk *w, size_t from, size_t to)
{
	from = from < w->head.n ? 0 : from - w->head.n;
	to = to < w->head.n ? 0 : to - w->head.n;
	return to <= from ? STR("") : str_sub(w->content, from, to);
}

static bool
conv_in(const struct conv_walk *w, char which, struct str name)
{
	if (w->c->in_class != NULL)
		return w->c->in_class(w->c->class_arg, which, name);
	return which == 'n' ? str_caseeq_c(name, "multipart/signed") : which == 's' && str_caseeq_c(name, "rfc822");
}

/* Lines as they are, ends made LF; `strip`: nothing above 0x7f may stand between parts. */
static void
conv_copy(struct conv_walk *w, struct str s, bool strip)
{
	size_t at = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool high = strip && (unsigned char)s.p[i] > 0x7f;
		bool cr = w->c->raw && s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] == '\n');

		if (!high && !cr)
			continue;
		conv_put(w, str_sub(s, at, i));
		if (high)
			conv_put(w, STR("?"));
		at = i + 1;
	}
	conv_put(w, str_from(s, at));
}

static struct conv_seen
conv_look(const struct conv_walk *w, struct str s)
{
	struct conv_seen v = { .n = s.n };
	size_t line = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		v.high += c > 0x7f;
		v.odd |= c == '\0' || (c == '\r' && !(w->c->raw && i + 1 < s.n && s.p[i + 1] == '\n')) ||
			 (c == '\n' && w->c->raw && (i == 0 || s.p[i - 1] != '\r'));
		line = c == '\n' ? 0 : line + 1;
		if (line > v.longest)
			v.longest = line;
	}
	return v;
}

/* ---- headers ---- */

static struct str
conv_head_of(const struct conv_walk *w, const struct part *p)
{
	return p->parent == NULL ? w->head : conv_range(w, p->header.start, p->header.start + p->header.len);
}

/* The header of a part: without its encoding (and what an earlier hop said about it) when `enc` is to stand there; none: as it is. */
static void
conv_head(struct conv_walk *w, struct str head, struct str enc, struct str from)
{
	struct hdr_field f;
	struct str left = head;
	int rc;

	while ((rc = hdr_next(&left, &f)) != 0)
		if (rc == -1 || str_is_none(enc) || !str_caseeq_c(f.name, "Content-Transfer-Encoding")) {
			conv_copy(w, f.whole, false);
			if (f.whole.n > 0 && f.whole.p[f.whole.n - 1] != '\n')
				conv_put(w, STR("\n"));
		}
	if (str_is_none(enc) || enc.n == 0)
		return;
	conv_put(w, arena_fmt(w->m, "Content-Transfer-Encoding: %.*s\n", STR_ARG(enc)));
	if (w->c->by.n > 0 && from.n > 0)
		conv_put(w, arena_fmt(w->m, "X-MIME-Autoconverted: from %.*s to %.*s by %.*s\n", STR_ARG(from), STR_ARG(enc), STR_ARG(w->c->by)));
}

/* ---- leaves ---- */

/* What the encoder made, its CR LF as LF (it makes no other CR).  The last line end of a part belongs to what follows it. */
static void
conv_flush(struct conv_walk *w, bool last, bool inner)
{
	struct str s = buf_str(&w->out);
	size_t hold = last ? 0 : s.n < 2 ? s.n : 2, at = 0;

	w->failed |= !buf_ok(&w->out);
	s = str_first(s, s.n - hold);
	if (last && inner && s.n >= 2 && s.p[s.n - 1] == '\n')
		s = str_first(s, s.n - 2);
	for (size_t i = 0; i <= s.n; i++)
		if (i == s.n || s.p[i] == '\r') {
			conv_put(w, str_sub(s, at, i));
			at = i + 1;
		}
	buf_consume(&w->out, w->out.n - hold);
}

static void
conv_encode(struct conv_walk *w, struct str s, enum xfer how, bool inner)
{
	struct xfer_enc e;
	bool canonical = how == XFER_BASE64 && !w->c->raw;	/* in base64 a line end is CR LF (RFC 2045 6.8) */

	xfer_enc_init(&e, how, true);
	e.ebcdic = w->c->ebcdic;
	buf_clear(&w->out);
	while (s.n > 0) {
		struct str part = str_first(s, CONV_BLOCK);

		s = str_from(s, part.n);
		while (canonical && part.n > 0) {
			size_t nl = str_chr(part, '\n');

			(void)xfer_enc_add(&e, &w->out, nl == SIZE_MAX ? part : str_first(part, nl));
			if (nl == SIZE_MAX)
				break;
			(void)xfer_enc_add(&e, &w->out, STR("\r\n"));
			part = str_from(part, nl + 1);
		}
		if (!canonical)
			(void)xfer_enc_add(&e, &w->out, part);
		conv_flush(w, false, inner);
	}
	(void)xfer_enc_end(&e, &w->out);
	conv_flush(w, true, inner);
}

/* The type of a part as class n and q know it. */
static struct str
conv_type(struct conv_walk *w, const struct part *p)
{
	return arena_lower(w->m, arena_fmt(w->m, "%.*s/%.*s", STR_ARG(part_type(p)), STR_ARG(part_subtype(p))));
}

static void conv_part(struct conv_walk *, const struct part *, bool mime);

/* A leaf's encoding from now on: XFER_UNKNOWN, it stays what it is. */
static enum xfer
conv_choose(struct conv_walk *w, const struct part *p, struct str body)
{
	struct conv_seen v = conv_look(w, body);
	bool high = w->c->to == CONV_7BIT && v.high > 0;

	if (p->xfer != XFER_7BIT && p->xfer != XFER_8BIT && p->xfer != XFER_BINARY)
		return v.odd ? XFER_BASE64 : XFER_UNKNOWN;	/* encoded already; or nobody knows how */
	if (v.odd)
		return XFER_BASE64;
	if (!high && !(w->c->raw && v.longest > CONV_LINE))
		return w->c->to == CONV_7BIT && p->xfer != XFER_7BIT ? XFER_7BIT : p->xfer == XFER_BINARY ? XFER_8BIT : XFER_UNKNOWN;
	return v.high > v.n / 8 && !conv_in(w, 'q', conv_type(w, p)) ? XFER_BASE64 : XFER_QP;
}

static void
conv_add_version(struct conv_walk *w)
{
	conv_put(w, STR("MIME-Version: 1.0\n"));
}

/* Text that does not say what it is. */
static void
conv_add_type(struct conv_walk *w, struct str head)
{
	struct hdr_field f;

	if (!hdr_find(head, STR("Content-Type"), 0, &f))
		conv_put(w, arena_fmt(w->m, "Content-Type: text/plain; charset=%.*s\n",
		    STR_ARG(w->c->charset.n > 0 ? w->c->charset : STR("unknown-8bit"))));
}

static void
conv_leaf(struct conv_walk *w, const struct part *p, bool mime)
{
	struct str body = conv_range(w, p->body.start, p->body.start + p->body.len);
	enum xfer to = conv_choose(w, p, body), from = p->xfer == XFER_7BIT ? XFER_8BIT : p->xfer;
	bool encode = to == XFER_QP || to == XFER_BASE64, whole = p->parent == NULL;

	if (!mime && to == XFER_UNKNOWN && (p->xfer == XFER_7BIT || p->xfer == XFER_8BIT) && conv_look(w, body).high > 0)
		to = XFER_8BIT;		/* it stays, and says what it is */
	conv_head(w, conv_head_of(w, p), to == XFER_UNKNOWN ? STR_NONE : STR(""), STR(""));
	if (!mime && to != XFER_UNKNOWN)
		conv_add_version(w);
	if (whole && to != XFER_UNKNOWN && (!mime || (encode && w->c->to == CONV_7BIT)))
		conv_add_type(w, conv_head_of(w, p));
	if (to != XFER_UNKNOWN && !(to == XFER_7BIT && p->encoding.n == 0))
		conv_head(w, STR(""), str_c(xfer_name(to)), encode ? str_c(xfer_name(from)) : STR(""));
	conv_put(w, STR("\n"));
	if (encode)
		conv_encode(w, body, to, p->parent != NULL && p->parent->multipart);
	else
		conv_copy(w, body, false);
}

/* ---- the tree ---- */

/* Is this message within a message MIME, or will it leave as it is?  What gets an encoding has to say that it is (RFC 2045 4). */
static bool
conv_within(struct conv_walk *w, const struct part *p)
{
	return w->c->to != CONV_7BIT || conv_is_mime(conv_head_of(w, p)) ||
	       conv_look(w, conv_range(w, p->body.start, p->body.start + p->body.len)).high == 0;
}

/* A multipart or a message: what stands around its parts is copied. */
static void
conv_inner(struct conv_walk *w, const struct part *p, bool mime)
{
	size_t at = p->body.start, end = p->body.start + p->body.len;

	conv_head(w, conv_head_of(w, p), p->xfer == XFER_7BIT ? STR_NONE : w->c->to == CONV_8BIT ? STR("8bit") : STR(""), STR(""));
	if (!mime)
		conv_add_version(w);
	conv_put(w, STR("\n"));
	for (const struct part *k = p->child; k != NULL; k = k->next) {
		if (k->header.start > at)
			conv_copy(w, conv_range(w, at, k->header.start), w->c->to == CONV_7BIT);
		conv_part(w, k, !p->message || conv_within(w, k));
		if (k->body.start + k->body.len > at)
			at = k->body.start + k->body.len;
	}
	if (end > at)
		conv_copy(w, conv_range(w, at, end), w->c->to == CONV_7BIT);
}

/* Left alone, whatever it holds (a signature). */
static void
conv_whole(struct conv_walk *w, const struct part *p)
{
	conv_head(w, conv_head_of(w, p), STR_NONE, STR_NONE);
	conv_put(w, STR("\n"));
	conv_copy(w, conv_range(w, p->body.start, p->body.start + p->body.len), false);
}

/*
 * A message within that nobody looks into.  Types of message have no encoding (RFC 2045 6.4, RFC 2046 5.2) and are left alone, but for global and its
 * likes, which may have any (RFC 6532 3.7, RFC 6533 6): they become one leaf.
 */
static bool
conv_alone(struct conv_walk *w, const struct part *p)
{
	if (str_is_none(p->ctype.type) && !p->message)
		return false;
	return str_caseeq_c(part_type(p), "message") && !str_caseeq_c(str_first(part_subtype(p), 6), "global") && (p->message || !w->c->raw) &&
	       !conv_in(w, 's', arena_lower(w->m, part_subtype(p)));
}

static void
conv_part(struct conv_walk *w, const struct part *p, bool mime)
{
	if ((!str_is_none(p->ctype.type) && conv_in(w, 'n', conv_type(w, p))) || conv_alone(w, p))
		conv_whole(w, p);
	else if (p->multipart || (p->message && conv_in(w, 's', arena_lower(w->m, part_subtype(p)))))
		conv_inner(w, p, mime);
	else
		conv_leaf(w, p, mime);
}

bool
conv_is_mime(struct str header)
{
	struct hdr_field f;

	return hdr_find(header, STR("MIME-Version"), 0, &f);
}

/* The tree; the root's header is all of the header, or NULL. */
static struct part *
conv_tree(struct conv_walk *w, struct str header)
{
	struct part_scan *s = part_scan_new(w->m);
	struct part *root;

	w->head = arena_cat(w->m, header, STR("\n"));
	if (s == NULL || str_is_none(w->head) || part_scan_add(s, w->head) == -1 || part_scan_add(s, w->content) == -1 ||
	    (root = part_scan_end(s)) == NULL)
		return NULL;
	if (root->header.len == w->head.n)
		return root;
	/* an empty line within: everything behind the real one is one leaf */
	root->multipart = root->message = false;
	root->child = NULL;
	root->body = (struct part_span){ w->head.n, w->content.n, 0, 0 };
	return root;
}

int
conv_run(struct arena *m, const struct conv *c, struct str header, struct str content)
{
	struct conv_walk w = { .c = c, .m = m, .content = content };
	struct part *root = conv_tree(&w, header);

	if (root == NULL)
		return -1;
	buf_init(&w.out, 0);
	if (c->to == CONV_7BIT && !c->raw && conv_look(&w, content).high == 0)
		conv_whole(&w, root);	/* signatures stay good */
	else
		conv_part(&w, root, conv_is_mime(header));
	buf_done(&w.out);
	return w.failed ? -1 : 0;
}

/* ---- the way back ---- */

bool
conv_can_widen(struct arena *m, struct str header)
{
	struct part *p;

	if (!conv_is_mime(header) || (p = part_parse(m, header)) == NULL)
		return false;
	return !p->message && (p->xfer == XFER_QP || p->xfer == XFER_BASE64) && str_caseeq_c(part_type(p), "text") &&
	       str_caseeq_c(part_subtype(p), "plain") && !p->head_cut && p->body.len == 0;
}

bool
conv_widen(struct arena *m, const struct conv *c, struct str header, struct str content)
{
	struct conv_walk w = { .c = c, .m = m, .content = content };
	struct part *root;
	struct xfer_dec d;
	struct buf text;
	struct str s;

	if (!conv_can_widen(m, header) || (root = conv_tree(&w, header)) == NULL || root->header.len != w.head.n)
		return false;
	buf_init(&text, 0);
	buf_init(&w.out, 0);
	xfer_dec_init(&d, root->xfer);
	(void)xfer_dec_add(&d, &text, content);
	(void)xfer_dec_end(&d, &text);
	if (!buf_ok(&text) || d.damaged || conv_look(&w, content).high > 0 || str_has_nul(buf_str(&text))) {	/* what is not clean stays */
		buf_done(&text);
		return false;
	}
	conv_head(&w, w.head, STR("8bit"), str_c(xfer_name(root->xfer)));
	conv_put(&w, STR("\n"));
	s = buf_str(&text);
	for (size_t at = 0, i = 0; i <= s.n; i++)	/* canonical line ends become LF */
		if (i == s.n || (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')) {
			conv_put(&w, str_sub(s, at, i));
			at = i + 1;
		}
	if (s.n > 0 && s.p[s.n - 1] != '\n')
		conv_put(&w, STR("\n"));
	buf_done(&text);
	buf_done(&w.out);
	return true;
}

struct str
conv_header_7bit(struct arena *m, struct str header)
{
	char *p;
	size_t i = 0;

	while (i < header.n && (header.p[i] & 0x80) == 0)
		i++;
	if (i == header.n)
		return header;
	p = arena_bytes(m, header.n);
	for (i = 0; i < header.n; i++) {
		char c = (char)(header.p[i] & 0x7f);

		p[i] = c != header.p[i] && (c == '\r' || c == '\n' || c == '\0') ? ' ' : c;
	}
	return str_mem(p, header.n);
}
