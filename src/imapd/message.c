/*
 * message - one message of the view, read as far as somebody asks: header, tree of parts, bytes.
 *
 * The bytes are a stranger's; part.c takes them apart within its limits, and offsets it gives are inside of what was read.
 */
#include "message.h"
#include "mime/part.h"

#define MESSAGE_CHUNK		STORE_CHUNK
#define MESSAGE_HEAD_FIRST	((size_t)8 << 10)	/* most headers end in it */

void
message_init(struct message *m, struct imap *im, uint32_t number, const struct store_rec *rec)
{
	*m = (struct message){ .im = im, .number = number, .rec = *rec, .head = STR_NONE };
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

/* The length of the header at the front of what was read, SIZE_MAX: its end is not there.  Lines end in CRLF here. */
static size_t
header_end(struct str s)
{
	size_t	at;

	if (str_starts(s, STR("\r\n")))
		return 2;
	at = str_find(s, STR("\n\r\n"));
	return at == SIZE_MAX ? SIZE_MAX : at + 3;
}

/* The header from the first pieces of the message; STR_NONE: it is longer than is kept, or cannot be read. */
static struct str
header_read(struct message *m)
{
	struct buf	b;
	struct str	head = STR_NONE;
	size_t		end = SIZE_MAX, want = MESSAGE_HEAD_FIRST;

	buf_init(&b, PART_HEAD_MAX + MESSAGE_CHUNK + 1);
	while (end == SIZE_MAX && b.n < PART_HEAD_MAX) {
		size_t	before = b.n;

		if (store_read_part(m->im->view, m->rec.uid, before, want, &b) != STORE_OK || !buf_ok(&b)) {
			m->gone = true;
			break;
		}
		end = b.n - before < want ? b.n : SIZE_MAX;	/* all of the message was read */
		if (header_end(buf_str(&b)) != SIZE_MAX)
			end = header_end(buf_str(&b));
		want = MESSAGE_CHUNK;
	}
	if (end != SIZE_MAX && end <= PART_HEAD_MAX && !m->gone)
		head = arena_str(m->im->a, str_first(buf_str(&b), end));
	buf_done(&b);
	return head;
}

struct str
message_header(struct message *m)
{
	struct part	*root;

	if (str_is_none(m->head) && m->root == NULL && !m->gone)
		m->head = header_read(m);
	if (str_is_none(m->head) && (root = message_root(m)) != NULL)
		m->head = root->head;
	return str_is_none(m->head) ? STR("") : m->head;
}

bool
message_there(struct message *m)
{
	struct buf	b;

	buf_init(&b, 16);
	if (store_read_part(m->im->view, m->rec.uid, 0, 1, &b) != STORE_OK)
		m->gone = true;
	buf_done(&b);
	return !m->gone;
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
