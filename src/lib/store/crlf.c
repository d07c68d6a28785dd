/*
 * crlf - LF in the file, CRLF to the reader; see crlf.h.
 */
#include <errno.h>
#include <unistd.h>

#include "base/must.h"
#include "store/crlf.h"

static void
crlf_rewind(struct crlf *c)
{
	c->in = 0;
	c->raw = c->n > 0 ? c->piece[0].off : 0;
	c->at = 0;
	c->last = '\0';
	c->lf_due = false;
	c->have = c->used = 0;
}

void
crlf_init(struct crlf *c, int fd, const struct crlf_piece *p, size_t n)
{
	must(n <= CRLF_PIECES);
	c->fd = fd;
	c->n = n;
	for (size_t i = 0; i < n; i++)
		c->piece[i] = p[i];
	crlf_rewind(c);
}

/* 1: there is something at chunk[used], 0: the end, -1: error. */
static int
crlf_more(struct crlf *c)
{
	ssize_t	got;
	size_t	want;

	while (c->used == c->have) {
		while (c->in < c->n && c->raw >= c->piece[c->in].end)
			if (++c->in < c->n)
				c->raw = c->piece[c->in].off;
		if (c->in >= c->n)
			return 0;
		want = sizeof c->chunk;
		if (c->piece[c->in].end - c->raw < want)
			want = (size_t)(c->piece[c->in].end - c->raw);
		got = pread(c->fd, c->chunk, want, (off_t)c->raw);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		if (got == 0) {				/* the file became shorter */
			c->in = c->n;
			return 0;
		}
		c->raw += (uint64_t)got;
		c->have = (size_t)got;
		c->used = 0;
	}
	return 1;
}

/* One pass over what is in the chunk: output is counted, and kept from `off` on. */
static size_t
crlf_pass(struct crlf *c, uint64_t off, size_t len, struct buf *out)
{
	char	two[2 * sizeof c->chunk];
	size_t	k = 0, room = len, skip;

	skip = off > c->at ? (size_t)(off - c->at > SIZE_MAX / 2 ? SIZE_MAX / 2 : off - c->at) : 0;
	while (c->used < c->have && k < skip + room && k + 2 <= sizeof two) {
		char	x = c->chunk[c->used];

		if (x == '\n' && c->last != '\r' && !c->lf_due) {
			two[k++] = '\r';
			c->lf_due = true;
			continue;
		}
		two[k++] = x;
		c->lf_due = false;
		c->last = x;
		c->used++;
	}
	c->at += k;
	if (k <= skip)
		return 0;
	if (out != NULL)
		buf_addmem(out, two + skip, k - skip);
	return k - skip;
}

int
crlf_read(struct crlf *c, uint64_t off, size_t len, struct buf *out)
{
	int	rc;

	if (off < c->at)
		crlf_rewind(c);
	while (len > 0 && (rc = crlf_more(c)) != 0) {
		if (rc == -1)
			return -1;
		len -= crlf_pass(c, off, len, out);
	}
	return buf_ok(out) ? 0 : -1;
}

int
crlf_size(struct crlf *c, uint64_t *size)
{
	int	rc;

	crlf_rewind(c);
	while ((rc = crlf_more(c)) == 1)
		crlf_pass(c, UINT64_MAX, 0, NULL);
	*size = c->at;
	crlf_rewind(c);
	return rc;
}
