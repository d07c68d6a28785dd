/*
 * explain_svg - rows of an explanation as a picture.
 *
 * Boxes from top to bottom, an arrow between them, colours for what was found, not found and decided.  Texts come from strangers:
 * everything that XML or a viewer could take for more than text is replaced, long lines are cut.
 */
#include <string.h>

#include "base/utf8.h"
#include "explain.h"
#include "os/file.h"

#define SVG_LINE	18	/* height of a line of text */
#define SVG_CHAR	8	/* width of a character, by a generous estimate */
#define SVG_COLUMNS	110	/* a line is cut behind these */
#define SVG_GAP		22	/* between boxes: room for the arrow */
#define SVG_SIDE	16
#define SVG_ROWS	400

static const struct {
	const char	*fill, *edge;
	bool		 joins;		/* stands in the box of the row above */
} svg_looks[] = {
	[ROW_TITLE] = { "#e8eef7", "#4a6fa5", false },
	[ROW_READ] = { "#ffffff", "#888888", false },
	[ROW_MAP] = { "#fbf7e9", "#b59b4a", false },
	[ROW_MISS] = { "#fbf7e9", "#b59b4a", true },
	[ROW_HIT] = { "#fbf7e9", "#b59b4a", true },
	[ROW_TEMP] = { "#fbf7e9", "#b59b4a", true },
	[ROW_STEP] = { "#ffffff", "#bbbbbb", false },
	[ROW_RULE] = { "#f3ecf9", "#7a4fa3", false },
	[ROW_NOTE] = { "#ffffff", "#888888", true },
	[ROW_GOOD] = { "#e6f4e6", "#3b8a3b", false },
	[ROW_BAD] = { "#fae6e6", "#b03030", false },
};

/* Characters of UTF-8 text, cut at SVG_COLUMNS; what is no text becomes "?". */
static void
svg_escape(struct str s, struct buf *b)
{
	bool	utf8 = utf8_valid(s);
	size_t	columns = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char	c = (unsigned char)s.p[i];

		if (!(utf8 && (c & 0xc0) == 0x80) && columns++ >= SVG_COLUMNS) {
			buf_addc(b, "...");
			return;
		}
		if (c == '&')
			buf_addc(b, "&amp;");
		else if (c == '<')
			buf_addc(b, "&lt;");
		else if (c == '>')
			buf_addc(b, "&gt;");
		else if (c == '"')
			buf_addc(b, "&quot;");
		else if (c == '\t')
			buf_addch(b, ' ');
		else if (c < 32 || c == 127 || (c >= 128 && !utf8))
			buf_addch(b, '?');
		else
			buf_addch(b, (char)c);
	}
}

static size_t
svg_columns(const struct explain_row *w)
{
	size_t	n = w->label.n + w->text.n + 2;

	return n < SVG_COLUMNS ? n : SVG_COLUMNS + 3;
}

static const char *
svg_colour(enum explain_row_kind k)
{
	return k == ROW_HIT ? "#1d6b1d" : k == ROW_MISS ? "#8a8a8a" : k == ROW_TEMP ? "#b03030" : "#111111";
}

static void
svg_row(const struct explain_row *w, unsigned y, struct buf *b)
{
	bool	bold = w->kind != ROW_MISS && w->kind != ROW_NOTE && w->kind != ROW_STEP;

	buf_addf(b, "<text x=\"%d\" y=\"%u\" fill=\"%s\">", SVG_SIDE + 10 + (svg_looks[w->kind].joins ? 16 : 0), y, svg_colour(w->kind));
	if (w->label.n > 0) {
		buf_addf(b, "<tspan%s>", bold ? " font-weight=\"bold\"" : "");
		svg_escape(w->label, b);
		buf_addc(b, "</tspan>");
	}
	if (w->text.n > 0) {
		buf_addc(b, w->label.n > 0 ? "<tspan dx=\"10\">" : "<tspan>");
		svg_escape(w->text, b);
		buf_addc(b, "</tspan>");
	}
	buf_addc(b, "</text>\n");
}

/* Rows from `i` that share a box. */
static size_t
svg_group(const struct explain_rows *r, size_t i)
{
	size_t	n = 1;

	while (i + n < r->n && svg_looks[r->v[i + n].kind].joins)
		n++;
	return n;
}

void
explain_svg(const struct explain_rows *all, struct buf *b)
{
	struct explain_rows	r = *all;
	unsigned		width = 30, height = SVG_SIDE, y = SVG_SIDE;

	if (r.n > SVG_ROWS)
		r.n = SVG_ROWS;
	for (size_t i = 0, n; i < r.n; i += n) {
		n = svg_group(&r, i);
		for (size_t k = 0; k < n; k++)
			if (svg_columns(&r.v[i + k]) > width)
				width = (unsigned)svg_columns(&r.v[i + k]);
		height += (unsigned)n * SVG_LINE + 10 + SVG_GAP;
	}
	width = (width + 4) * SVG_CHAR + 2 * SVG_SIDE;
	buf_addf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" "
	    "font-family=\"monospace\" font-size=\"13\" xml:space=\"preserve\">\n<title>How sendmail decides</title>\n"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n", width, height, width, height);
	for (size_t i = 0, n; i < r.n; i += n) {
		unsigned	tall;

		n = svg_group(&r, i);
		tall = (unsigned)n * SVG_LINE + 10;
		if (i > 0 && r.v[i].kind != ROW_TITLE)
			buf_addf(b, "<path d=\"M40 %u V%u m-4 -7 l4 7 l4 -7\" fill=\"none\" stroke=\"#666666\"/>\n", y - SVG_GAP + 2, y - 2);
		buf_addf(b, "<rect x=\"%d\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"5\" fill=\"%s\" stroke=\"%s\"/>\n", SVG_SIDE, y,
		    width - 2 * SVG_SIDE, tall, svg_looks[r.v[i].kind].fill, svg_looks[r.v[i].kind].edge);
		for (size_t k = 0; k < n; k++)
			svg_row(&r.v[i + k], y + (unsigned)(k + 1) * SVG_LINE, b);
		y += tall + SVG_GAP;
	}
	buf_addc(b, "</svg>\n");
}

int
explain_svg_write(const struct explain_rows *r, const char *path, struct err *e)
{
	struct buf	b;
	int		rc;

	buf_init(&b, (size_t)8 << 20);
	explain_svg(r, &b);
	rc = buf_ok(&b) ? os_replace(path, buf_str(&b), 0644, e) : err_set(e, ERR_TEMP, "%s: the picture is too large", path);
	buf_done(&b);
	return rc;
}
