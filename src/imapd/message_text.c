/*
 * message_text - what SEARCH compares: header fields and text bodies, decoded to UTF-8 and case folded.
 */
#include "os_conf.h"

#include <stdlib.h>
#ifdef HAVE_LIBUNISTRING
#include <unicase.h>
#endif

#include "message.h"
#include "mime/charset.h"
#include "mime/hdr.h"
#include "mime/part.h"
#include "mime/word.h"
#include "mime/xfer.h"

#define TEXT_MAX	((size_t)16 << 20)	/* of one part that is looked through */

#ifdef HAVE_LIBUNISTRING
struct str
search_fold(struct arena *a, struct str s)
{
	struct str	out;
	size_t		n;
	uint8_t		*p = u8_casefold((const uint8_t *)(s.n > 0 ? s.p : ""), s.n, NULL, NULL, NULL, &n);

	if (p == NULL)
		return arena_lower(a, s);	/* not UTF-8, or no memory: letters of ASCII at least */
	out = arena_str(a, str_mem(p, n));
	free(p);
	return out;
}
#else
/* A build without libunistring folds the letters of ASCII alone. */
struct str
search_fold(struct arena *a, struct str s)
{
	return arena_lower(a, s);
}
#endif

static bool
text_has(struct arena *a, struct str text, struct str needle)
{
	return needle.n == 0 || str_find(search_fold(a, text), needle) != SIZE_MAX;
}

static bool
field_has(struct message *m, const struct hdr_field *f, struct str needle, bool with_name)
{
	struct buf	b;
	bool		has;

	buf_init(&b, PART_HEAD_MAX * 4);
	if (with_name) {
		buf_add(&b, f->name);
		buf_addc(&b, ": ");
	}
	word_decode(&b, hdr_unfold(m->im->a, f->value));
	has = text_has(m->im->a, buf_str(&b), needle);
	buf_done(&b);
	return has;
}

bool
message_field_has(struct message *m, struct str name, struct str needle)
{
	struct str		header = message_header(m);
	struct hdr_field	f;

	for (size_t i = 0; hdr_find(header, name, i, &f); i++)
		if (needle.n == 0 || field_has(m, &f, needle, false))
			return true;
	return false;
}

bool
message_header_has(struct message *m, struct str needle)
{
	struct str		header = message_header(m);
	struct hdr_field	f;
	int			rc;

	while ((rc = hdr_next(&header, &f)) != 0)
		if (rc == 1 && field_has(m, &f, needle, true))
			return true;
	return false;
}

/* One leaf: text of any kind, or a message's header inside. */
static bool
leaf_has(struct message *m, const struct part *p, struct str needle)
{
	struct str	type = part_type(p), charset;
	struct buf	raw, plain, text;
	bool		has = false;

	if (!str_caseeq_c(type, "text") && !str_caseeq_c(type, "message"))
		return false;
	buf_init(&raw, TEXT_MAX + 1);
	buf_init(&plain, TEXT_MAX * 2);
	buf_init(&text, TEXT_MAX * 4);
	if (message_bytes(m, p->body.start, p->body.len, TEXT_MAX, &raw) == 0) {
		xfer_decode(&plain, p->xfer == XFER_UNKNOWN ? XFER_8BIT : p->xfer, buf_str(&raw));
		charset = ctype_raw(&p->ctype, "charset");
		if (charset.n == 0 || charset_to_utf8(&text, charset, buf_str(&plain)) == -1) {
			buf_clear(&text);
			charset_clean(&text, buf_str(&plain));
		}
		has = text_has(m->im->a, buf_str(&text), needle);
	}
	buf_done(&raw);
	buf_done(&plain);
	buf_done(&text);
	return has;
}

static bool
part_has(struct message *m, const struct part *p, struct str needle)
{
	if (p->child == NULL)
		return leaf_has(m, p, needle);
	if (p->message) {
		struct str		header = p->child->head;
		struct hdr_field	f;
		int			rc;

		while ((rc = hdr_next(&header, &f)) != 0)
			if (rc == 1 && field_has(m, &f, needle, true))
				return true;
	}
	for (const struct part *c = p->child; c != NULL; c = c->next)
		if (part_has(m, c, needle))
			return true;
	return false;
}

bool
message_body_has(struct message *m, struct str needle)
{
	struct part	*root = message_root(m);

	return root != NULL && part_has(m, root, needle);
}
