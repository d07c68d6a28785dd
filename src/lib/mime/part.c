/*
 * part - the MIME tree, line by line.
 *
 * The open parts form a stack, the root at the bottom.  A line is looked at once: it is
 * a delimiter of one of the open multiparts (the innermost first; it ends all that is
 * above), a line of the top's header, or content.  Positions, line ends and bare LFs
 * are counted for the whole text; a span is the difference of two counts, so nothing is
 * counted twice however deep it stands.
 *
 * The line end in front of a delimiter belongs to the delimiter (RFC 2046 5.1.1); the
 * counts before and after the last line end are kept for that.
 */
#include "mime/part.h"

#include <stdint.h>

#include "mime/hdr.h"

enum {
	PART_LINE = 512			/* of a line that comes in pieces: enough for any delimiter */
};

struct part_count {
	size_t	at, lf, lines;
};

struct part_open {
	struct part		*part;
	struct str		 boundary;	/* of a multipart that still takes parts, or STR_NONE */
	struct part_count	 start;		/* of the header, later of the body */
	bool			 header;	/* we are in its header */
};

struct part_scan {
	struct arena		*m;
	struct part		*root;
	struct part_open	 open[PART_DEPTH_MAX + 2];
	size_t			 depth;		/* of open[] in use */
	size_t			 count;		/* of parts */
	struct part_count	 now;		/* behind the last whole line */
	struct part_count	 last;		/* in front of its line end */
	char			 line[PART_LINE];	/* the beginning of a line in pieces */
	size_t			 nline;
	size_t			 line_len;	/* all of it so far */
	char			 line_last;	/* its last byte so far */
	char			*head;		/* the header being read */
	size_t			 nhead, headroom;
	size_t			 head_mark;	/* nhead where the line began: a delimiter is no header */
	bool			 head_cut;
	bool			 failed;
};

static struct part_open *
part_top(struct part_scan *s)
{
	return &s->open[s->depth - 1];
}

static struct part_span
part_span(struct part_count from, struct part_count to)
{
	if (to.at < from.at)		/* nothing between a header and a delimiter */
		to = from;
	return (struct part_span){ from.at, to.at - from.at, to.lf - from.lf, to.lines - from.lines };
}

/* A part begins; it is linked to its parent and becomes the top. */
static void
part_push(struct part_scan *s, struct part *parent)
{
	struct part	*p = ARENA_NEW(s->m, struct part), **end;

	if (p == NULL) {
		s->failed = true;
		return;
	}
	p->parent = parent;
	p->digest = parent != NULL && parent->multipart && ctype_is(&parent->ctype, "multipart", "digest");
	if (parent != NULL) {
		for (end = &parent->child; parent->nchild > 0 && *end != NULL; end = &(*end)->next)
			;
		*end = p;
		parent->nchild++;
	}
	s->open[s->depth++] = (struct part_open){ .part = p, .start = s->now, .header = true };
	s->count++;
	s->nhead = 0;
	s->head_cut = false;
}

static void
part_head_add(struct part_scan *s, struct str piece)
{
	size_t	 room = s->headroom;
	char	*more;

	if (piece.n > PART_HEAD_MAX - s->nhead) {
		s->head_cut = true;
		piece = str_first(piece, PART_HEAD_MAX - s->nhead);
	}
	if (s->nhead + piece.n > room) {
		for (room = room == 0 ? 4096 : room; room < s->nhead + piece.n; room *= 2)
			;
		if ((more = arena_bytes(s->m, room)) == NULL) {
			s->failed = true;
			return;
		}
		if (s->nhead > 0)
			memcpy(more, s->head, s->nhead);
		s->head = more;
		s->headroom = room;
	}
	if (piece.n > 0)
		memcpy(s->head + s->nhead, piece.p, piece.n);
	s->nhead += piece.n;
}

/* The fields that the tree keeps; the first of a name counts. */
static void
part_read_head(struct part_scan *s, struct part *p)
{
	struct {
		const char	*name;
		struct str	*value;
		struct str	 own;
	} rows[] = {
		{ "Content-Type", NULL, STR_NONE }, { "Content-Disposition", NULL, STR_NONE },
		{ "Content-Transfer-Encoding", &p->encoding, STR_NONE }, { "Content-ID", &p->id, STR_NONE },
		{ "Content-Description", &p->description, STR_NONE }, { "Content-MD5", &p->md5, STR_NONE },
		{ "Content-Language", &p->language, STR_NONE }, { "Content-Location", &p->location, STR_NONE },
	};
	struct hdr_field	f;
	struct str		left = p->head;
	int			rc;

	rows[0].value = &rows[0].own;
	rows[1].value = &rows[1].own;
	while ((rc = hdr_next(&left, &f)) != 0)
		for (size_t i = 0; rc == 1 && i < sizeof rows / sizeof rows[0]; i++)
			if (str_is_none(*rows[i].value) && str_caseeq_c(f.name, rows[i].name))
				*rows[i].value = hdr_unfold(s->m, f.value);
	if ((!str_is_none(rows[0].own) && ctype_parse(s->m, rows[0].own, &p->ctype) == -1) ||
	    (!str_is_none(rows[1].own) && ctype_parse_disposition(s->m, rows[1].own, &p->disposition) == -1))
		s->failed = true;
	p->xfer = xfer_by_name(p->encoding);
}

/* Is the content in the clear, so that there can be parts in it? (RFC 2045 6.4) */
static bool
part_is_clear(const struct part *p)
{
	return p->xfer != XFER_QP && p->xfer != XFER_BASE64;
}

static bool
part_is_message(const struct part *p)
{
	return str_caseeq_c(part_type(p), "message") &&
	    (str_caseeq_c(part_subtype(p), "rfc822") || str_caseeq_c(part_subtype(p), "global"));
}

/* The header is whole: what kind of part is it, and what may stand in it? */
static void
part_header_end(struct part_scan *s)
{
	struct part_open	*o = part_top(s);
	struct part		*p = o->part;
	struct str		 boundary;

	p->head = arena_str(s->m, str_mem(s->head, s->nhead));
	s->failed |= str_is_none(p->head);
	p->head_cut = s->head_cut;
	p->header = part_span(o->start, s->now);
	o->header = false;
	o->start = s->now;
	part_read_head(s, p);
	if (s->failed || s->depth > PART_DEPTH_MAX || s->count >= PART_COUNT_MAX || !part_is_clear(p))
		return;
	if (ctype_is(&p->ctype, "multipart", NULL)) {
		boundary = str_rtrim(ctype_raw(&p->ctype, "boundary"));
		if (boundary.n == 0 || boundary.n > PART_LINE - 8)
			return;
		p->multipart = true;
		o->boundary = boundary;
	} else if (part_is_message(p)) {
		p->message = true;
		part_push(s, p);
	}
}

/* Close what is above `depth`, at `end`. */
static void
part_close(struct part_scan *s, size_t depth, struct part_count end)
{
	struct part_open	*o;

	while (s->depth > depth && !s->failed) {
		if (part_top(s)->header)	/* cut off in its header; that may open another */
			part_header_end(s);
		o = part_top(s);
		if (o->header)
			continue;
		o->part->body = part_span(o->start, end);
		if (o->part->multipart && o->part->nchild == 0)
			o->part->multipart = false;
		s->depth--;
	}
}

/* Which open multipart does this line delimit?  Its index, or SIZE_MAX. */
static size_t
part_delimiter(const struct part_scan *s, struct str line, bool *last)
{
	struct str	b;

	if (line.n < 3 || line.p[0] != '-' || line.p[1] != '-')
		return SIZE_MAX;
	line = str_rtrim(str_from(line, 2));
	for (size_t i = s->depth; i-- > 0;) {
		b = s->open[i].boundary;
		if (b.n == 0 || !str_starts(line, b))
			continue;
		*last = line.n == b.n + 2 && line.p[b.n] == '-' && line.p[b.n + 1] == '-';
		if (line.n == b.n || *last)
			return i;
	}
	return SIZE_MAX;
}

/*
 * A line, of which `line` is all or the beginning; s->now and s->last are behind it.  `before` is where the line began, `cut` in
 * front of the line end before that.
 */
static void
part_line(struct part_scan *s, struct str line, bool blank, struct part_count before, struct part_count cut)
{
	struct part_count	after = s->now;
	bool			last = false;
	size_t			i = part_delimiter(s, line, &last);

	if (i != SIZE_MAX && (last || s->count < PART_COUNT_MAX)) {
		s->nhead = s->head_mark;
		s->now = before;		/* what was cut off in its header ends in front of us */
		part_close(s, i + 1, cut);
		s->now = after;
		if (last)
			s->open[i].boundary = STR_NONE;	/* the epilogue */
		else if (!s->failed)
			part_push(s, s->open[i].part);
		return;
	}
	if (!part_top(s)->header)
		return;
	if (blank)
		part_header_end(s);
}

/* Bytes of a line that comes in pieces: its beginning is kept. */
static void
part_line_add(struct part_scan *s, struct str piece)
{
	size_t	n = piece.n < PART_LINE - s->nline ? piece.n : PART_LINE - s->nline;

	if (piece.n == 0)
		return;
	memcpy(s->line + s->nline, piece.p, n);
	s->nline += n;
	s->line_len += piece.n;
	s->line_last = piece.p[piece.n - 1];
}

/* The line whose last piece (with its LF if lf) this is. */
static void
part_line_end(struct part_scan *s, struct str piece, bool lf)
{
	struct part_count	before = s->now, cut = s->last;
	struct str		line;
	size_t			len = s->line_len + piece.n, eol;
	char			prev = piece.n >= 2 ? piece.p[piece.n - 2] : s->line_last;

	eol = !lf ? 0 : len >= 2 && prev == '\r' ? 2 : 1;
	if (s->line_len > 0) {
		part_line_add(s, piece);
		line = str_mem(s->line, s->nline);
	} else
		line = piece;
	s->last = (struct part_count){ before.at + len - eol, before.lf, before.lines };
	s->now = (struct part_count){ before.at + len, before.lf + (eol == 1), before.lines + (eol > 0) };
	if (len > PART_LINE)			/* no delimiter is so long */
		line = str_first(line, 0);
	part_line(s, line, len == eol, before, cut);
	s->nline = s->line_len = 0;
	s->line_last = '\0';
}

struct part_scan *
part_scan_new(struct arena *m)
{
	struct part_scan	*s = ARENA_NEW(m, struct part_scan);

	if (s == NULL)
		return NULL;
	s->m = m;
	part_push(s, NULL);
	if (s->failed)
		return NULL;
	s->root = part_top(s)->part;
	return s;
}

int
part_scan_add(struct part_scan *s, struct str text)
{
	struct str	piece;
	size_t		at;

	while (text.n > 0 && !s->failed) {
		at = str_chr(text, '\n');
		piece = at == SIZE_MAX ? text : str_first(text, at + 1);
		if (s->line_len == 0)
			s->head_mark = s->nhead;
		if (part_top(s)->header)
			part_head_add(s, piece);
		if (at == SIZE_MAX)
			part_line_add(s, piece);
		else
			part_line_end(s, piece, true);
		text = str_from(text, piece.n);
	}
	return s->failed ? -1 : 0;
}

struct part *
part_scan_end(struct part_scan *s)
{
	if (s->line_len > 0)
		part_line_end(s, STR(""), false);
	part_close(s, 0, s->now);
	return s->failed ? NULL : s->root;
}

struct part *
part_parse(struct arena *m, struct str message)
{
	struct part_scan	*s = part_scan_new(m);

	if (s == NULL || part_scan_add(s, message) == -1)
		return NULL;
	return part_scan_end(s);
}
