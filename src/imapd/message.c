/*
 * message - one message of the view, read as far as somebody asks: header, tree of parts, bytes.
 *
 * The bytes are a stranger's; part.c takes them apart within its limits, and offsets it gives are inside of what was read.
 */
#include "message.h"

#define MESSAGE_CHUNK	STORE_CHUNK

void
message_init(struct message *m, struct imap *im, uint32_t number, const struct store_rec *rec)
{
	*m = (struct message){ .im = im, .number = number, .rec = *rec };
}

struct part *
message_root(struct message *m)
{
	struct part_scan	*scan;
	struct buf		 chunk;
	uint64_t		 at = 0;

	if (m->root != NULL || m->gone)
		return m->root;
	scan = part_scan_new(m->im->a);
	buf_init(&chunk, MESSAGE_CHUNK + 1);
	while (scan != NULL) {
		buf_clear(&chunk);
		if (store_read_part(m->im->view, m->rec.uid, at, MESSAGE_CHUNK, &chunk) != STORE_OK) {
			m->gone = true;
			break;
		}
		if (chunk.n == 0)
			break;
		if (part_scan_add(scan, buf_str(&chunk)) == -1) {
			m->gone = true;
			break;
		}
		at += chunk.n;
		if (chunk.n < MESSAGE_CHUNK)
			break;
	}
	buf_done(&chunk);
	if (scan == NULL || m->gone) {
		m->gone = true;
		return NULL;
	}
	return m->root = part_scan_end(scan);
}

struct str
message_header(struct message *m)
{
	struct part	*root = message_root(m);

	return root == NULL ? STR("") : root->head;
}

struct part *
message_inner(struct part *p)
{
	if (p->parent == NULL)
		return p;
	return p->message ? p->child : NULL;
}

int
message_bytes(struct message *m, size_t start, size_t len, size_t max, struct buf *out)
{
	size_t	want = len < max ? len : max, done = 0;

	while (done < want) {
		size_t	before = out->n, n = want - done < MESSAGE_CHUNK ? want - done : MESSAGE_CHUNK;

		if (store_read_part(m->im->view, m->rec.uid, start + done, n, out) != STORE_OK)
			return -1;
		if (out->n == before)
			break;
		done += out->n - before;
	}
	return buf_ok(out) ? 0 : -1;
}
