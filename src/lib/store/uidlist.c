/*
 * uidlist - reading, adding to and rewriting the file; see uidlist.h.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "os/lock.h"
#include "store/uidlist.h"

#define UIDLIST_NAME	"uidlist"
#define UIDLIST_TEMP	"uidlist.new"
#define UIDLIST_BAD	"uidlist.bad"
#define UIDLIST_LOCK	"lock"
#define UIDLIST_CAP	((size_t)1 << 30)

void
uidlist_init(struct uidlist *u, int dir)
{
	memset(u, 0, sizeof *u);
	u->dir = dir;
	u->fd = u->lock = -1;
	buf_init(&u->pending, UIDLIST_CAP);
}

static void
uidlist_close(struct uidlist *u)
{
	if (u->fd != -1)
		close(u->fd);
	u->fd = -1;
	u->at = 0;
	u->lines = 0;
}

void
uidlist_done(struct uidlist *u)
{
	uidlist_close(u);
	if (u->lock != -1)
		close(u->lock);
	if (u->dir != -1)
		close(u->dir);
	u->lock = u->dir = -1;
	buf_done(&u->pending);
}

/* Lines of `text` into the state: the length of those that ended in a newline. */
static size_t
uidlist_take(struct uidlist *u, struct state *st, struct str text)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct uidline	 l;
	size_t		 took = 0, bad = 0, nl;

	while ((nl = str_chr(str_from(text, took), '\n')) != SIZE_MAX) {
		struct arena_mark	m = arena_mark(a);

		if (uidline_parse(a, str_first(str_from(text, took), nl), &l) == -1 || state_apply(st, &l) == -1)
			bad++;
		arena_release(a, m);
		took += nl + 1;
		u->lines++;
	}
	arena_free(&a);
	state_settle(st);
	if (bad > 0)
		log_line(3, LOG_P_WARNING, NULL, "store: uidlist: %zu unreadable lines skipped", bad);
	return took;
}

/* Read what stands behind u->at. */
static int
uidlist_read(struct uidlist *u, struct state *st, struct err *err)
{
	struct buf	b;
	ssize_t		got;
	uint64_t	at = u->at;
	int		rc = 0;

	buf_init(&b, UIDLIST_CAP);
	for (;;) {
		char	*p = buf_reserve(&b, STORE_CHUNK);

		if (p == NULL) {
			rc = err_set(err, ERR_TEMP, "uidlist: out of memory");
			break;
		}
		got = pread(u->fd, p, STORE_CHUNK, (off_t)at);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			rc = err_sys(err, ERR_TEMP, "read uidlist");
		if (got <= 0)
			break;
		buf_commit(&b, (size_t)got);
		at += (uint64_t)got;
	}
	if (rc == 0 && b.n > 0)
		u->at += uidlist_take(u, st, buf_str(&b));
	buf_done(&b);
	return rc;
}

static void
uidlist_forget(struct uidlist *u, struct state *st)
{
	state_done(st);
	state_init(st);
	u->generation++;
	uidlist_close(u);
}

static int
uidlist_open(struct uidlist *u, struct state *st, struct err *err)
{
	struct stat	now;

	if (u->fd != -1 && fstatat(u->dir, UIDLIST_NAME, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_dev == u->dev && now.st_ino == u->ino &&
	    (uint64_t)now.st_size >= u->at && !u->failed)
		return (uint64_t)now.st_size == u->at ? 0 : uidlist_read(u, st, err);
	uidlist_forget(u, st);
	u->failed = false;
	if ((u->fd = openat(u->dir, UIDLIST_NAME, O_RDWR|O_CREAT|O_CLOEXEC|O_NOFOLLOW, 0600)) == -1 || fstat(u->fd, &now) == -1)
		return err_sys(err, ERR_TEMP, "open uidlist");
	u->dev = now.st_dev;
	u->ino = now.st_ino;
	if (uidlist_read(u, st, err) == -1)
		return -1;
	if (now.st_size == 0 || (st->known && st->uidvalidity != 0))
		return 0;
	log_line(1, LOG_P_ERR, NULL, "store: uidlist is damaged at its start: kept as " UIDLIST_BAD ", messages get new uids");
	uidlist_forget(u, st);
	if (renameat(u->dir, UIDLIST_NAME, u->dir, UIDLIST_BAD) == -1)
		return err_sys(err, ERR_TEMP, "rename damaged uidlist");
	if ((u->fd = openat(u->dir, UIDLIST_NAME, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC|O_NOFOLLOW, 0600)) == -1 || fstat(u->fd, &now) == -1)
		return err_sys(err, ERR_TEMP, "create uidlist");
	u->dev = now.st_dev;
	u->ino = now.st_ino;
	return 0;
}

static int
uidlist_begin(struct uidlist *u, struct state *st, uint32_t (*fresh)(void *), void *arg, struct err *err)
{
	struct uidline	l = { .what = UIDLINE_BOX };

	os_random(l.id.b, sizeof l.id.b);
	if ((l.uidvalidity = fresh(arg)) == 0)
		return err_set(err, ERR_TEMP, "no new uidvalidity could be made");
	if (uidlist_add(u, st, &l) == -1 || uidlist_commit(u, st, true, err) == -1)
		return -1;
	return os_sync_dir(u->dir) == -1 ? err_sys(err, ERR_TEMP, "sync folder of uidlist") : 0;
}

enum store_rc
uidlist_lock(struct uidlist *u, struct state *st, uint64_t deadline, uint32_t (*fresh)(void *), void *arg, struct err *err)
{
	const struct timespec	nap = { 0, 10 * 1000 * 1000 };

	if (u->lock == -1 && (u->lock = openat(u->dir, UIDLIST_LOCK, O_RDWR|O_CREAT|O_CLOEXEC|O_NOFOLLOW, 0600)) == -1) {
		err_sys(err, ERR_TEMP, "open lock of uidlist");
		return STORE_NO;
	}
	while (os_flock(u->lock, OS_LOCK_EXCL, false) == -1) {
		if (errno != EWOULDBLOCK && errno != EAGAIN && errno != EINTR) {
			err_sys(err, ERR_TEMP, "lock uidlist");
			return STORE_NO;
		}
		if (os_now_ms() >= deadline) {
			err_set(err, ERR_TEMP, "uidlist is locked by another process");
			return STORE_AGAIN;
		}
		nanosleep(&nap, NULL);
	}
	u->locked = true;
	if (uidlist_open(u, st, err) == 0 && (st->known || uidlist_begin(u, st, fresh, arg, err) == 0))
		return STORE_OK;
	uidlist_unlock(u);
	return STORE_NO;
}

void
uidlist_unlock(struct uidlist *u)
{
	if (u->locked)
		os_flock(u->lock, OS_LOCK_UNLOCK, false);
	u->locked = false;
}

int
uidlist_add(struct uidlist *u, struct state *st, const struct uidline *l)
{
	if (state_apply(st, l) == -1)
		return -1;
	uidline_print(&u->pending, l);
	u->lines++;
	return 0;
}

/* Most of it is history: write what counts into a new file and rename that.  It is no error if this fails. */
static void
uidlist_compact(struct uidlist *u, struct state *st)
{
	struct stat	sb;
	struct buf	b;
	int		fd;

	if (u->lines < 1000 || u->lines < 2 * (st->n + st->ngone + st->nkw))
		return;
	buf_init(&b, UIDLIST_CAP);
	state_settle(st);
	state_print(st, &b);
	fd = openat(u->dir, UIDLIST_TEMP, O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC|O_NOFOLLOW, 0600);
	if (fd == -1 || !buf_ok(&b) || os_write_all(fd, buf_str(&b)) == -1 || fsync(fd) == -1 || fstat(fd, &sb) == -1 ||
	    renameat(u->dir, UIDLIST_TEMP, u->dir, UIDLIST_NAME) == -1) {
		if (fd != -1)
			close(fd);
		unlinkat(u->dir, UIDLIST_TEMP, 0);
	} else {
		os_sync_dir(u->dir);
		close(u->fd);
		u->fd = fd;
		u->dev = sb.st_dev;
		u->ino = sb.st_ino;
		u->at = b.n;
		u->lines = st->n + (st->ngone > STATE_GONE_MAX ? STATE_GONE_MAX : st->ngone) + st->nkw + 3;
	}
	buf_done(&b);
}

void
uidlist_abandon(struct uidlist *u)
{
	buf_clear(&u->pending);
	u->failed = true;
}

int
uidlist_commit(struct uidlist *u, struct state *st, bool sync, struct err *err)
{
	struct str	p = buf_str(&u->pending);
	struct stat	sb;
	bool		ok = buf_ok(&u->pending);
	size_t		done = 0;

	if (p.n == 0 && ok)
		return 0;
	/* a torn line that a killed process left behind */
	if (ok && fstat(u->fd, &sb) == 0 && (uint64_t)sb.st_size > u->at)
		ok = ftruncate(u->fd, (off_t)u->at) == 0;
	while (ok && done < p.n) {
		ssize_t	w = pwrite(u->fd, p.p + done, p.n - done, (off_t)(u->at + done));

		if (w == -1 && errno != EINTR)
			ok = false;
		else if (w > 0)
			done += (size_t)w;
	}
	if (ok && sync)
		ok = fdatasync(u->fd) == 0;
	if (!ok) {
		err_sys(err, ERR_TEMP, "write uidlist");
		if (ftruncate(u->fd, (off_t)u->at) == -1)
			log_line(1, LOG_P_ERR, NULL, "store: uidlist could not be cut back");
		buf_clear(&u->pending);
		u->failed = true;		/* the next lock reads it from the start */
		return -1;
	}
	u->at += p.n;
	buf_clear(&u->pending);
	uidlist_compact(u, st);
	return 0;
}
