/*
 * mbox_box - one mbox: locking, scanning, reading messages, flags.
 *
 * Flags go into the uidlist first (marked dirty) and into the Status lines when a view is closed, so that a session's many small changes
 * cost one rewrite.  What another program writes into a Status line is seen unless a change of ours still waits.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "os/file.h"
#include "os/load.h"
#include "os/lock.h"
#include "store/mbox.h"
#include "store/mbox_lock.h"
#include "store/mbox_undo.h"

/* --- locks ------------------------------------------------------------------------------------ */

static enum store_rc
mbox_dot(struct mbox *m)
{
	struct store	*s = m->f.b.s;
	struct timespec	 nap = { 0, 20 * 1000 * 1000 };
	struct err	 e = ERR_INIT;

	for (;;) {
		int	rc = mbox_dotlock(m->f.path, 0, s->has_helper ? &s->helper : NULL, &e);

		m->dotlock_helped = false;
		if (rc == -1 && (errno == EACCES || errno == EPERM || errno == EROFS)) {
			if (!m->f.inbox || !s->has_helper || s->helper.dotlock == NULL)
				return STORE_OK;	/* the folder is not ours: the kernel's locks must do */
			if ((rc = s->helper.dotlock(s->helper.arg, true, &e)) == -1)
				return store_fail_err(s, STORE_AGAIN, STORE_WHY_NONE, &e);
			m->dotlock_helped = true;
		}
		if (rc == 0) {
			m->dotlocked = true;
			return STORE_OK;
		}
		if (rc == -1)
			return store_fail_err(s, STORE_AGAIN, STORE_WHY_NONE, &e);
		if (os_now_ms() >= s->deadline)
			return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "%s is locked by another program", m->f.path);
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 500 * 1000 * 1000)
			nap.tv_nsec *= 2;
	}
}

static void
mbox_undot(struct mbox *m)
{
	struct store	*s = m->f.b.s;

	if (m->dotlocked && m->dotlock_helped)
		(void)s->helper.dotlock(s->helper.arg, false, NULL);
	else if (m->dotlocked)
		mbox_dotunlock(m->f.path);
	m->dotlocked = false;
}

static void
mbox_close_fd(struct mbox *m)
{
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
	m->scanned = false;
	m->reading = 0;
}

/* Open the file at the path unless we have it: *st is its. */
static enum store_rc
mbox_open_fd(struct mbox *m, bool create, struct stat *st)
{
	struct store	*s = m->f.b.s;
	struct stat	 now;

	if (lstat(m->f.path, &now) == -1) {
		if (errno != ENOENT)
			return store_fail_sys(s, "%s", m->f.path);
		mbox_close_fd(m);
		if (!create)
			return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "%s: no such mailbox", m->f.b.name);
	} else if (!S_ISREG(now.st_mode))
		return store_fail(s, STORE_NO, STORE_WHY_BAD, "%s is not a plain file", m->f.path);
	else if (m->fd != -1 && now.st_dev == m->dev && now.st_ino == m->ino) {
		*st = now;
		return STORE_OK;
	}
	mbox_close_fd(m);
	m->writable = true;
	m->fd = open(m->f.path, O_RDWR|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK|(create ? O_CREAT : 0), 0600);
	if (m->fd == -1 && create && (errno == EACCES || errno == EPERM) && m->f.inbox && s->has_helper && s->helper.prepare != NULL &&
	    s->helper.prepare(s->helper.arg, NULL) == 0)
		m->fd = open(m->f.path, O_RDWR|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);
	if (m->fd == -1 && (errno == EACCES || errno == EROFS) && !create) {
		m->writable = false;
		m->fd = open(m->f.path, O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);
	}
	if (m->fd == -1)
		return store_fail_sys(s, "open %s", m->f.path);
	if (fstat(m->fd, st) == -1 || !S_ISREG(st->st_mode) || st->st_uid != geteuid() || st->st_nlink != 1) {
		mbox_close_fd(m);
		return store_fail(s, STORE_NO, STORE_WHY_DENIED, "%s: not a plain file of %s with one name", m->f.path, s->user);
	}
	m->dev = st->st_dev;
	m->ino = st->st_ino;
	return STORE_OK;
}

static enum store_rc
mbox_kernel_lock(struct mbox *m, enum mbox_mode mode)
{
	struct store	*s = m->f.b.s;
	enum os_lock_how how = mode == MBOX_WRITE ? OS_LOCK_EXCL : OS_LOCK_SHARED;
	struct timespec	 nap = { 0, 10 * 1000 * 1000 };
	uint64_t	 now = os_now_ms();

	if (os_fcntl_lock(m->fd, how, s->deadline > now ? (int)(s->deadline - now) : 0) == -1) {
		if (errno == EWOULDBLOCK)
			return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "%s is locked by another program", m->f.path);
		return store_fail_sys(s, "lock %s", m->f.path);
	}
	while (os_flock(m->fd, how, false) == -1) {
		if (errno != EWOULDBLOCK)
			break;				/* a file system without this kind */
		if (os_now_ms() >= s->deadline) {
			os_fcntl_lock(m->fd, OS_LOCK_UNLOCK, 0);
			return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "%s is locked by another program", m->f.path);
		}
		nanosleep(&nap, NULL);
	}
	return STORE_OK;
}

static void
mbox_kernel_unlock(struct mbox *m)
{
	if (m->fd == -1)
		return;
	os_flock(m->fd, OS_LOCK_UNLOCK, false);
	os_fcntl_lock(m->fd, OS_LOCK_UNLOCK, 0);
}

void
mbox_unlock(struct mbox *m)
{
	mbox_kernel_unlock(m);
	mbox_undot(m);
}

static enum store_rc
mbox_lock_file(struct mbox *m, enum mbox_mode mode, bool create)
{
	struct stat	st, now;
	enum store_rc	rc;

	for (int i = 0; i < 10; i++) {
		if ((rc = mbox_open_fd(m, create, &st)) != STORE_OK)
			return rc;
		if (mode == MBOX_WRITE && !m->writable)
			return store_fail(m->f.b.s, STORE_NO, STORE_WHY_DENIED, "%s may not be written", m->f.path);
		if ((rc = mbox_kernel_lock(m, mode)) != STORE_OK)
			return rc;
		if (lstat(m->f.path, &now) == 0 && now.st_dev == m->dev && now.st_ino == m->ino)
			return STORE_OK;
		mbox_kernel_unlock(m);			/* replaced while we waited */
		mbox_close_fd(m);
	}
	return store_fail(m->f.b.s, STORE_AGAIN, STORE_WHY_NONE, "%s is replaced again and again", m->f.path);
}

enum store_rc
mbox_lock(struct mbox *m, enum mbox_mode mode, bool create)
{
	struct err	e = ERR_INIT;
	enum store_rc	rc;
	int		undone;

	if (mode == MBOX_READ && mbox_undo_pending(m->f.ul.dir))
		mode = MBOX_WRITE;			/* perhaps someone is at it now, perhaps he died */
	if (mode == MBOX_WRITE && (rc = mbox_dot(m)) != STORE_OK)
		return rc;
	if ((rc = mbox_lock_file(m, mode, create)) != STORE_OK) {
		struct store_error	keep = m->f.b.s->error;

		mbox_undot(m);
		m->f.b.s->error = keep;
		return rc;
	}
	if (mode == MBOX_READ && mbox_undo_pending(m->f.ul.dir)) {
		mbox_unlock(m);
		return mbox_lock(m, MBOX_WRITE, create);
	}
	if (mode == MBOX_WRITE && (undone = mbox_undo_recover(m->f.ul.dir, m->fd, &e)) != 0) {
		m->scanned = false;
		if (undone == -1) {
			mbox_unlock(m);
			return store_fail_err(m->f.b.s, STORE_AGAIN, STORE_WHY_NONE, &e);
		}
	}
	return STORE_OK;
}

/* --- scanning --------------------------------------------------------------------------------- */

struct gather {
	struct arena	*a;
	struct found	*x;
	size_t		 n, size;
};

static int
gather_one(void *arg, const struct mbox_msg *msg)
{
	struct gather	*g = arg;
	struct tm	 tm = msg->tm;
	struct found	*x;

	if (msg->internal)
		return 0;
	if (g->n == g->size) {
		size_t	 want = g->size == 0 ? 256 : g->size * 2;
		void	*p = realloc(g->x, want * sizeof *g->x);

		if (p == NULL)
			return -1;
		g->x = p;
		g->size = want;
	}
	x = &g->x[g->n++];
	memset(x, 0, sizeof *x);
	x->key = arena_fmt(g->a, "%016llx", (unsigned long long)msg->digest);
	x->flags = msg->flags;
	x->date = (int64_t)mktime(&tm);
	x->size = msg->wire;
	x->place = msg->place;
	return 0;
}

static enum store_rc
mbox_read_all(struct mbox *m, uint64_t at, uint64_t end, struct gather *g)
{
	struct store		*s = m->f.b.s;
	struct mbox_scan	 sc;
	char			*chunk = malloc(STORE_CHUNK);
	enum store_rc		 rc = STORE_OK;

	if (chunk == NULL)
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	mbox_scan_init(&sc, at, gather_one, g);
	while (at < end) {
		ssize_t	k = pread(m->fd, chunk, end - at < STORE_CHUNK ? (size_t)(end - at) : STORE_CHUNK, (off_t)at);

		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0) {
			rc = store_fail_sys(s, "read %s", m->f.path);
			break;
		}
		if (mbox_scan_feed(&sc, chunk, (size_t)k) == -1)
			break;
		at += (uint64_t)k;
	}
	free(chunk);
	if (rc == STORE_OK && mbox_scan_end(&sc) == -1)
		rc = sc.bad ? store_fail(s, STORE_DAMAGED, STORE_WHY_NONE, "%s is not an mbox", m->f.path) :
		    store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	return rc;
}

enum store_rc
mbox_rescan(struct mbox *m, uint64_t at, bool partial, const struct store_token *token, size_t ntoken)
{
	struct gather	g = { .a = arena_new((size_t)1 << 30) };
	struct stat	st;
	enum store_rc	rc;

	m->reading = 0;
	m->scanned = false;
	if (fstat(m->fd, &st) == -1)
		rc = store_fail_sys(m->f.b.s, "%s", m->f.path);
	else
		rc = mbox_read_all(m, at, (uint64_t)st.st_size, &g);
	for (size_t i = 0; rc == STORE_OK && i < ntoken && g.n >= ntoken; i++)
		g.x[g.n - ntoken + i].token = token[i];
	if (rc == STORE_OK && (rc = fbox_merge(&m->f, g.x, g.n, partial, NULL)) == STORE_OK) {
		m->scanned = true;
		m->size = (uint64_t)st.st_size;
		m->mtime = os_mtime(&st);
	}
	free(g.x);
	arena_free(&g.a);
	return rc;
}

/* Do we know where each message is? */
static bool
mbox_located(struct mbox *m)
{
	const struct state	*st = &m->f.b.st;

	if (m->located == st->came && m->located_generation == m->f.ul.generation)
		return true;			/* asked for each piece of each message */
	for (size_t i = 0; i < st->n; i++)
		if (!st->rec[i].dead && !st->rec[i].located)
			return false;
	m->located = st->came;
	m->located_generation = m->f.ul.generation;
	return true;
}

/* Where a scan may begin because only something was added: 0 from the start. */
static uint64_t
mbox_grown(struct mbox *m, const struct stat *st)
{
	const struct state	*s = &m->f.b.st;
	uint64_t		 last = 0;
	char			 b[8];

	if (!m->scanned || m->f.generation != m->f.ul.generation || (uint64_t)st->st_size <= m->size || s->n == 0)
		return 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->rec[i].located && s->rec[i].place.next > last)
			last = s->rec[i].place.next;
	/* the end as we knew it is an empty line, and a message begins there */
	if (last != m->size || last < 2 || pread(m->fd, b, 7, (off_t)last - 2) != 7 || memcmp(b, "\n\nFrom ", 7) != 0)
		return 0;
	return last;
}

enum store_rc
mbox_sync(struct mbox *m)
{
	struct stat	st;
	struct timespec	mt;
	uint64_t	at;
	enum store_rc	rc;

	if (fstat(m->fd, &st) == -1)
		return store_fail_sys(m->f.b.s, "%s", m->f.path);
	mt = os_mtime(&st);
	if (m->scanned && m->f.generation == m->f.ul.generation && (uint64_t)st.st_size == m->size && mt.tv_sec == m->mtime.tv_sec &&
	    mt.tv_nsec == m->mtime.tv_nsec && mbox_located(m))
		return STORE_OK;
	if ((at = mbox_grown(m, &st)) != 0 && (rc = mbox_rescan(m, at, true, NULL, 0)) != STORE_OK)
		return rc;
	return at != 0 && mbox_located(m) ? STORE_OK : mbox_rescan(m, 0, false, NULL, 0);
}

enum store_rc
mbox_refresh(struct box *b)
{
	struct mbox	*m = (struct mbox *)b;
	enum store_rc	 rc;

	rc = mbox_lock(m, MBOX_READ, false);
	if (rc == STORE_NO && b->s->error.why == STORE_WHY_NOSUCH && m->f.inbox) {
		if ((rc = fbox_lock(&m->f)) != STORE_OK)	/* no inbox yet: an empty one */
			return rc;
		rc = fbox_merge(&m->f, NULL, 0, false, NULL);
		fbox_unlock(&m->f);
		return rc;
	}
	if (rc != STORE_OK)
		return rc;
	if ((rc = fbox_lock(&m->f)) == STORE_OK) {
		rc = mbox_sync(m);
		fbox_unlock(&m->f);
	}
	mbox_unlock(m);
	return rc;
}

enum store_rc
mbox_claim(struct box *b)
{
	struct mbox	*m = (struct mbox *)b;
	enum store_rc	 rc;

	if ((rc = fbox_lock(&m->f)) != STORE_OK)
		return rc;
	rc = fbox_mark(&m->f);
	fbox_unlock(&m->f);
	return rc;
}

enum store_rc
mbox_flags(struct box *b, struct store_request *q)
{
	struct mbox	*m = (struct mbox *)b;
	struct uidline	*l = NULL;
	uint32_t	 changed = 0;
	uint64_t	 kw = 0;
	size_t		 n = 0;
	enum store_rc	 rc;

	if ((rc = fbox_lock(&m->f)) != STORE_OK)
		return rc;
	if (m->f.generation != m->f.ul.generation) {		/* others wrote the uidlist anew: places are needed again */
		fbox_unlock(&m->f);
		if ((rc = mbox_refresh(b)) != STORE_OK || (rc = fbox_lock(&m->f)) != STORE_OK)
			return rc;
	}
	if ((rc = store_plan(b, q, &l, &n)) == STORE_OK && n > 0) {
		for (size_t i = 0; i < n; i++) {
			const struct rec	*r = state_find(&b->st, l[i].uid);

			changed |= l[i].flags ^ r->r.flags;
			kw |= l[i].keywords ^ r->r.keywords;
		}
		fbox_put_flags(&m->f, l, n, true);
		rc = fbox_commit(&m->f, (changed & ~STORE_SEEN) != 0 || kw != 0);
	}
	free(l);
	fbox_unlock(&m->f);
	return rc;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The parts of a message that are its own: the header without the hidden fields, the body. */
static int
mbox_pieces(struct mbox *m, const struct mbox_place *p, struct crlf_piece *piece, size_t *n)
{
	size_t		 len = (size_t)(p->body - p->head), at = 0, nhidden = 0;
	char		*head = malloc(len + 1);
	uint64_t	 from = p->head;
	bool		 hide = false;

	*n = 0;
	if (head == NULL || pread(m->fd, head, len, (off_t)p->head) != (ssize_t)len) {
		free(head);
		return -1;
	}
	while (at < len) {
		struct str	line = str_mem(head + at, len - at);
		size_t		nl = str_chr(line, '\n');
		bool		fold = at > 0 && chr_is_blank(line.p[0]), hidden;

		line = str_first(line, nl == SIZE_MAX ? line.n : nl + 1);
		hidden = fold ? hide : mbox_hidden(line) != 0 && nhidden < MBOX_HIDDEN_MAX;
		nhidden += hidden && !fold;
		if (hidden && !hide && p->head + at > from)
			piece[(*n)++] = (struct crlf_piece){ from, p->head + at };
		if (hidden)
			from = p->head + at + line.n;
		hide = hidden;
		at += line.n;
	}
	free(head);
	if (p->end > from)
		piece[(*n)++] = (struct crlf_piece){ from, p->end };
	return 0;
}

static enum store_rc
mbox_reader(struct mbox *m, uint32_t uid)
{
	struct crlf_piece	 piece[CRLF_PIECES];
	struct rec		*r = state_find(&m->f.b.st, uid);
	size_t			 n;

	if (m->reading == uid && r != NULL)
		return STORE_OK;
	m->reading = 0;
	if (r == NULL)
		return store_fail(m->f.b.s, STORE_NO, STORE_WHY_NOSUCH, "the message is gone");
	if (mbox_pieces(m, &r->place, piece, &n) == -1)
		return store_fail(m->f.b.s, STORE_AGAIN, STORE_WHY_NONE, "message %u of %s cannot be read", uid, m->f.b.name);
	crlf_init(&m->r, m->fd, piece, n);
	m->reading = uid;
	return STORE_OK;
}

enum store_rc
mbox_read(struct box *b, uint32_t uid, uint64_t off, size_t len, struct buf *out)
{
	struct mbox	*m = (struct mbox *)b;
	enum store_rc	 rc;

	if ((rc = mbox_lock(m, MBOX_READ, false)) != STORE_OK)
		return rc;
	if ((rc = fbox_lock(&m->f)) == STORE_OK) {
		rc = mbox_sync(m);
		fbox_unlock(&m->f);
	}
	if (rc == STORE_OK && (rc = mbox_reader(m, uid)) == STORE_OK && crlf_read(&m->r, off, len, out) == -1)
		rc = store_fail(b->s, STORE_AGAIN, STORE_WHY_NONE, "message %u of %s cannot be read", uid, b->name);
	mbox_unlock(m);
	return rc;
}
