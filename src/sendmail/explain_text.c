/*
 * explain_text - rows of an explanation as lines.
 */
#include "explain.h"

static void
text_pad(struct buf *b, size_t from, size_t width)
{
	do
		buf_addch(b, ' ');
	while (b->n - from < width);
}

static void
text_two(struct buf *b, size_t indent, struct str label, size_t width, struct str text)
{
	size_t	from;

	for (size_t i = 0; i < indent; i++)
		buf_addch(b, ' ');
	from = b->n;
	rule_show(label, b);
	if (text.n > 0) {
		text_pad(b, from, width);
		rule_show(text, b);
	}
	buf_addch(b, '\n');
}

void
explain_text(const struct explain_rows *r, struct buf *b)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct explain_row	*w = &r->v[i];

		switch (w->kind) {
		case ROW_TITLE:
			if (i > 0)
				buf_addch(b, '\n');
			text_two(b, 0, w->label, 1, w->text);
			break;
		case ROW_MISS:
		case ROW_HIT:
		case ROW_TEMP:
			text_two(b, 6, w->label, 28, w->text);
			break;
		case ROW_STEP:
			text_two(b, 4, STR("rule"), 14, w->label);
			text_two(b, 6, w->text, 0, STR(""));
			break;
		case ROW_NOTE:
			text_two(b, 4, STR(""), 14, w->text);
			break;
		default:
			text_two(b, 4, w->label, 14, w->text);
			break;
		}
	}
}
