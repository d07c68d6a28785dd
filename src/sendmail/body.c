/*
 * body - see the header.
 */
#include "body.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attempt.h"
#include "os/fd.h"
#include "os/file.h"

#define BODY_WRITE	((size_t)128 << 10)	/* octets of one write(2): the system finds and fills large pages at once, if they are whole */
#define BODY_ENDS	32			/* one octet of so many is the CR of a line end */
#define BODY_EARLY	(2 * ATTEMPT_INLINE)	/* header and line ends make the content less than what is announced */
#define BODY_SOON	((size_t)512 << 10)	/* the disk gets to work on so many while more of them come */

void
body_init(struct body *b, struct str id, body_df_fn *open, void *arg)
{
	memset(b, 0, sizeof *b);
	b->id = id;
	b->fd = -1;
	b->open = open;
	b->arg = arg;
	buf_init(&b->mem, 0);
}

void
body_done(struct body *b)
{
	buf_done(&b->mem);
	if (b->fd != -1)
		(void)close(b->fd);
	b->fd = -1;
}

/* The first n octets of what has gathered go into the df. */
static void
body_flush(struct body *b, size_t n)
{
	if (b->failed || b->fd == -1 || n == 0)
		return;
	if (os_write_all(b->fd, str_first(buf_str(&b->mem), n)) == -1) {
		b->failed = true;
		(void)err_sys(&b->err, ERR_TEMP, "df%.*s: write", STR_ARG(b->id));
	}
	b->dirty += n;
	buf_consume(&b->mem, n);
	if (b->dirty >= BODY_SOON) {
		os_write_soon(b->fd);
		b->dirty = 0;
	}
}

static void
body_spill(struct body *b)
{
	if (b->failed || b->fd != -1)
		return;
	if (b->open == NULL) {
		b->failed = true;
		(void)err_set(&b->err, ERR_TEMP, "df%.*s: no place for long content", STR_ARG(b->id));
	} else if ((b->fd = b->open(b->arg, b->id, &b->err)) == -1)
		b->failed = true;
}

int
body_announced(struct body *b, uint64_t octets, struct err *e)
{
	if (octets > BODY_EARLY)
		body_spill(b);
	if (b->failed)
		*e = b->err;
	return b->failed ? -1 : 0;
}

struct buf *
body_room(struct body *b)
{
	return b->failed ? NULL : &b->mem;
}

void
body_grown(struct body *b, size_t old)
{
	if (!b->failed && !buf_ok(&b->mem)) {
		b->failed = true;
		(void)err_set(&b->err, ERR_TEMP, "out of memory");
	}
	b->size += b->mem.n - old;
	if (b->fd == -1 && b->size > ATTEMPT_INLINE)
		body_spill(b);
	if (b->failed)
		buf_clear(&b->mem);
	else if (b->mem.n >= BODY_WRITE)
		body_flush(b, b->mem.n - b->mem.n % BODY_WRITE);
}

size_t
body_wants(const struct body *b, size_t max)
{
	size_t n = b->mem.n < BODY_WRITE ? BODY_WRITE - b->mem.n : BODY_WRITE;

	n += n / BODY_ENDS + 1;
	return n < max ? n : max;
}

void
body_add(struct body *b, struct str s)
{
	size_t old = b->mem.n;

	if (b->failed)
		b->size += s.n;
	else {
		(void)buf_add(&b->mem, s);
		body_grown(b, old);
	}
}

void
body_reset(struct body *b)
{
	buf_clear(&b->mem);
	b->size = 0;
	if (b->failed || b->fd == -1)
		return;
	if (ftruncate(b->fd, 0) == -1 || lseek(b->fd, 0, SEEK_SET) == -1) {
		b->failed = true;
		(void)err_sys(&b->err, ERR_TEMP, "df%.*s: truncate", STR_ARG(b->id));
	}
}

/* A df that was another message's before may have been longer. */
static void
body_cut(struct body *b)
{
	struct stat st;

	if (b->failed || b->fd == -1)
		return;
	if (fstat(b->fd, &st) == -1 || ((uint64_t)st.st_size > b->size && ftruncate(b->fd, (off_t)b->size) == -1)) {
		b->failed = true;
		(void)err_sys(&b->err, ERR_TEMP, "df%.*s: cut", STR_ARG(b->id));
	}
}

/* Whoever commits it waits for the disk himself; spool sees to names only. */
static void
body_sync(struct body *b)
{
	if (b->failed || b->fd == -1 || fdatasync(b->fd) == 0)
		return;
	b->failed = true;
	(void)err_sys(&b->err, ERR_TEMP, "df%.*s: sync", STR_ARG(b->id));
}

int
body_finish(struct body *b, struct err *e)
{
	body_flush(b, b->mem.n);
	body_cut(b);
	body_sync(b);
	if (b->failed && e != NULL)
		*e = b->err;
	return b->failed ? -1 : 0;
}

void
body_fill(struct body *b, struct commit *c)
{
	c->in_df = b->fd != -1;
	c->content = c->in_df ? STR_NONE : buf_str(&b->mem);
	c->size = b->size;
}

void
body_seven(struct buf *b, size_t from)
{
	for (size_t i = from; i < b->n; i++)
		if ((unsigned char)b->p[i] >= 0x80) {
			char c = (char)(b->p[i] & 0x7f);

			b->p[i] = c == '\n' || c == '\r' || c == '\0' ? ' ' : c;
		}
}
