/*
 * mbox_undo - records that take changes back; see mbox_undo.h.
 *
 * Numbers are little endian.  The checksum at the end covers all before it, so a record that was not written whole is no record, and then the
 * mbox was not touched yet.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/log.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "store/mbox_undo.h"
#include "store/tokens.h"

#define UNDO_NAME	"undo"
#define UNDO_MAGIC	"ANGUNDO1"
#define UNDO_APPEND	1u
#define UNDO_CHANGE	2u
#define UNDO_HEAD	28u		/* magic, kind, old length, number of ranges or (append) 0 */
#define UNDO_ADDED	20u		/* where, how long, its checksum; a token may follow */
#define UNDO_RANGES	4096u
#define UNDO_CHUNK	65536u

static void
put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

static void
put64(unsigned char *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t
get64(const unsigned char *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static int
undo_open(int side, struct err *err)
{
	int	fd = openat(side, UNDO_NAME, O_RDWR|O_CREAT|O_CLOEXEC|O_NOFOLLOW, 0600);

	if (fd == -1)
		return err_sys(err, ERR_TEMP, "open undo record");
	return fd;
}

static int
undo_put(int fd, const void *p, size_t n, uint32_t *crc)
{
	*crc = crc32c(*crc, p, n);
	return os_write_all(fd, str_mem(p, n));
}

/* The record's first part, at the start of an emptied file. */
static int
undo_begin(int side, uint32_t kind, uint64_t old, uint32_t n, uint32_t *crc, struct err *err)
{
	unsigned char	head[UNDO_HEAD];
	int		fd;

	if ((fd = undo_open(side, err)) == -1)
		return -1;
	memcpy(head, UNDO_MAGIC, 8);
	put32(head + 8, kind);
	put64(head + 12, old);
	put32(head + 20, n);
	put32(head + 24, 0);
	*crc = 0;
	if (ftruncate(fd, 0) == 0 && undo_put(fd, head, sizeof head, crc) == 0)
		return fd;
	err_sys(err, ERR_TEMP, "write undo record");
	close(fd);
	return -1;
}

static int
undo_finish(int side, int fd, uint32_t crc, struct err *err)
{
	unsigned char	tail[4];

	put32(tail, crc);
	if (os_write_all(fd, str_mem(tail, sizeof tail)) == 0 && fsync(fd) == 0 && os_sync_dir(side) == 0)
		return 0;
	err_sys(err, ERR_TEMP, "write undo record");
	(void)!ftruncate(fd, 0);
	return -1;
}

int
mbox_undo_append(int side, uint64_t old, uint64_t at, uint64_t len, uint32_t sum, const struct store_token *token, struct err *err)
{
	unsigned char	b[UNDO_ADDED + 16];
	uint32_t	crc;
	int		fd, rc = -1;

	if ((fd = undo_begin(side, UNDO_APPEND, old, 0, &crc, err)) == -1)
		return -1;
	put64(b, at);
	put64(b + 8, len);
	put32(b + 16, sum);
	if (token != NULL)
		memcpy(b + UNDO_ADDED, token->b, 16);
	if (undo_put(fd, b, token != NULL ? sizeof b : UNDO_ADDED, &crc) == -1)
		err_sys(err, ERR_TEMP, "write undo record");
	else
		rc = undo_finish(side, fd, crc, err);
	close(fd);
	return rc;
}

int
mbox_undo_change(int side, int mbox, uint64_t old, const struct mbox_range *r, size_t n, int *undo, uint64_t *data, struct err *err)
{
	unsigned char	*chunk, b[16];
	uint32_t	 crc;
	int		 fd;

	if (n > UNDO_RANGES)
		return err_set(err, ERR_BUG, "undo record: too many ranges");
	if ((fd = undo_begin(side, UNDO_CHANGE, old, (uint32_t)n, &crc, err)) == -1)
		return -1;
	if ((chunk = malloc(UNDO_CHUNK)) == NULL) {
		close(fd);
		return err_set(err, ERR_TEMP, "undo record: out of memory");
	}
	*data = UNDO_HEAD + 16;
	for (size_t i = 0; i < n; i++) {
		uint64_t	off = r[i].off, left = r[i].len;

		put64(b, off);
		put64(b + 8, left);
		if (undo_put(fd, b, sizeof b, &crc) == -1)
			goto bad;
		while (left > 0) {
			ssize_t	k = pread(mbox, chunk, left < UNDO_CHUNK ? (size_t)left : UNDO_CHUNK, (off_t)off);

			if (k == -1 && errno == EINTR)
				continue;
			if (k <= 0 || undo_put(fd, chunk, (size_t)k, &crc) == -1)
				goto bad;
			off += (uint64_t)k;
			left -= (uint64_t)k;
		}
	}
	free(chunk);
	if (undo_finish(side, fd, crc, err) == -1) {
		close(fd);
		return -1;
	}
	*undo = fd;
	return 0;
bad:
	err_sys(err, ERR_TEMP, "write undo record");
	(void)!ftruncate(fd, 0);
	free(chunk);
	close(fd);
	return -1;
}

int
mbox_undo_clear(int side, bool durable, struct err *err)
{
	int	fd, rc;

	if ((fd = undo_open(side, err)) == -1)
		return -1;
	rc = ftruncate(fd, 0);
	if (rc == 0 && durable)
		rc = fsync(fd);
	if (rc == -1)
		err_sys(err, ERR_TEMP, "clear undo record");
	close(fd);
	return rc;
}

bool
mbox_undo_pending(int side)
{
	struct stat	st;

	return fstatat(side, UNDO_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0;
}

/* The checksum of a part of a file: -1 if it is not all there. */
static int
undo_sum(int fd, uint64_t off, uint64_t len, uint32_t *crc)
{
	unsigned char	*chunk = malloc(UNDO_CHUNK);
	int		 rc = chunk == NULL ? -1 : 0;

	*crc = 0;
	while (rc == 0 && len > 0) {
		ssize_t	k = pread(fd, chunk, len < UNDO_CHUNK ? (size_t)len : UNDO_CHUNK, (off_t)off);

		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0) {
			rc = -1;
			break;
		}
		*crc = crc32c(*crc, chunk, (size_t)k);
		off += (uint64_t)k;
		len -= (uint64_t)k;
	}
	free(chunk);
	return rc;
}

/* The delivery that died was whole: its sender will ask again, and must find that. */
static int
recover_token(int side, int undo, struct err *err)
{
	struct store_token	token;
	struct tokens		t;
	int			rc;

	if (pread(undo, token.b, sizeof token.b, UNDO_HEAD + UNDO_ADDED) != (ssize_t)sizeof token.b)
		return err_sys(err, ERR_TEMP, "read undo record");
	if ((rc = tokens_begin(&t, side, &token, os_now_ms(), err)) != 0)
		return -1;
	rc = t.state == TOKENS_DONE ? 0 : tokens_note(&t, TOKENS_DONE, err);
	tokens_end(&t);
	return rc;
}

/* Is the append this record (of `end` bytes before its checksum) speaks of whole? */
static int
recover_append(int side, int undo, uint64_t end, int mbox, uint64_t old, struct err *err)
{
	unsigned char	b[UNDO_ADDED];
	struct stat	st;
	uint64_t	at, len, size;
	uint32_t	sum;
	bool		whole;

	if (pread(undo, b, sizeof b, UNDO_HEAD) != (ssize_t)sizeof b || fstat(mbox, &st) == -1)
		return err_sys(err, ERR_TEMP, "read undo record");
	at = get64(b);
	len = get64(b + 8);
	size = (uint64_t)st.st_size;
	if (at < old || len > INT64_MAX / 2 || at > INT64_MAX / 2 || size <= old)
		return 0;			/* not begun */
	whole = size >= at + len && undo_sum(mbox, at, len, &sum) == 0 && sum == get32(b + 16);
	if (whole && end == UNDO_HEAD + UNDO_ADDED + sizeof (struct store_token) && recover_token(side, undo, err) == -1)
		return -1;
	if (whole || size > at + len)		/* or others went on from here */
		return 0;
	if (ftruncate(mbox, (off_t)old) == -1 || fsync(mbox) == -1)
		return err_sys(err, ERR_TEMP, "cut an interrupted delivery off");
	return 1;
}

static int
recover_copy(int undo, uint64_t from, int mbox, uint64_t to, uint64_t len)
{
	unsigned char	*chunk = malloc(UNDO_CHUNK);
	int		 rc = chunk == NULL ? -1 : 0;

	while (rc == 0 && len > 0) {
		ssize_t	k = pread(undo, chunk, len < UNDO_CHUNK ? (size_t)len : UNDO_CHUNK, (off_t)from);

		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0 || pwrite(mbox, chunk, (size_t)k, (off_t)to) != k)
			rc = -1;
		from += (uint64_t)k;
		to += (uint64_t)k;
		len -= (uint64_t)k;
	}
	free(chunk);
	return rc;
}

static int
recover_change(int undo, uint64_t end, int mbox, uint64_t old, uint32_t n, struct err *err)
{
	unsigned char	b[16];
	uint64_t	at = UNDO_HEAD;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t	off, len;

		if (pread(undo, b, sizeof b, (off_t)at) != (ssize_t)sizeof b)
			return err_sys(err, ERR_TEMP, "read undo record");
		off = get64(b);
		len = get64(b + 8);
		at += sizeof b;
		if (len > end - at || off > old || len > old - off)
			return err_set(err, ERR_PERM, "undo record: range out of bounds");
		if (recover_copy(undo, at, mbox, off, len) == -1)
			return err_sys(err, ERR_TEMP, "put old bytes back");
		at += len;
	}
	if (ftruncate(mbox, (off_t)old) == -1 || fsync(mbox) == -1)
		return err_sys(err, ERR_TEMP, "put the old length back");
	return 1;
}

int
mbox_undo_recover(int side, int mbox, struct err *err)
{
	unsigned char	head[UNDO_HEAD], tail[4];
	struct stat	st;
	uint64_t	size, old;
	uint32_t	crc;
	int		fd, rc = 0;

	if (!mbox_undo_pending(side))
		return 0;
	if ((fd = undo_open(side, err)) == -1)
		return -1;
	if (fstat(fd, &st) == -1) {
		close(fd);
		return err_sys(err, ERR_TEMP, "read undo record");
	}
	size = (uint64_t)st.st_size;
	if (size >= UNDO_HEAD + 4 && pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && memcmp(head, UNDO_MAGIC, 8) == 0 &&
	    pread(fd, tail, sizeof tail, (off_t)(size - 4)) == (ssize_t)sizeof tail && undo_sum(fd, 0, size - 4, &crc) == 0 && crc == get32(tail)) {
		old = get64(head + 12);
		if (get32(head + 8) == UNDO_APPEND)
			rc = recover_append(side, fd, size - 4, mbox, old, err);
		else
			rc = recover_change(fd, size - 4, mbox, old, get32(head + 20), err);
	}
	close(fd);
	if (rc == -1)
		return -1;
	if (rc == 1)
		log_line(4, LOG_P_NOTICE, NULL, "store: an interrupted change of a mailbox was rolled back");
	return mbox_undo_clear(side, true, err) == -1 ? -1 : rc;
}
