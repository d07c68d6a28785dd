/*
 * mbox_append - a message onto the end of an mbox.
 *
 * What will be added is made first in a file without a name (From_ line, quoting, the empty line behind it), so that its length and checksum can stand in
 * the undo record before the mbox is touched, and no lock is held while a slow client sends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/enc.h"
#include "os/fd.h"
#include "os/load.h"
#include "store/lfcopy.h"
#include "store/mbox.h"
#include "store/mbox_undo.h"
#include "store/tokens.h"

struct block {
	int		fd;
	uint64_t	len;
	uint32_t	crc;
};

static int
block_file(struct mbox *m)
{
	char		name[64];
	uint64_t	r;
	int		fd;

	os_random(&r, sizeof r);
	snprintf(name, sizeof name, "tmp.%016llx", (unsigned long long)r);
	if ((fd = openat(m->f.ul.dir, name, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC|O_NOFOLLOW, 0600)) != -1)
		unlinkat(m->f.ul.dir, name, 0);
	return fd;
}

static int
block_put(struct block *k, struct str s)
{
	if (os_write_all(k->fd, s) == -1)
		return -1;
	k->crc = crc32c(k->crc, s.p, s.n);
	k->len += s.n;
	return 0;
}

/* "From sender date", and the Status lines if flags come with it. */
static int
block_head(struct block *k, const struct store_target *t)
{
	char		status[MBOX_STATUS_W + 1], xstatus[MBOX_XSTATUS_W + 1], date[64];
	struct buf	b;
	time_t		when = t->date != 0 ? (time_t)t->date : time(NULL);
	struct tm	tm;
	int		rc;

	if (localtime_r(&when, &tm) == NULL || strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &tm) == 0)
		return -1;
	buf_init(&b, 4096);
	buf_addc(&b, "From ");
	if (t->sender.n == 0)
		buf_addc(&b, "MAILER-DAEMON");
	for (size_t i = 0; i < t->sender.n && i < 1000; i++) {
		unsigned char	c = (unsigned char)t->sender.p[i];

		buf_addch(&b, c <= ' ' || c == 0x7f ? '-' : (char)c);
	}
	buf_addf(&b, " %s\n", date);
	if ((t->set.flags & STORE_FLAGS) != 0) {
		mbox_status_values(t->set.flags, status, xstatus);
		buf_addf(&b, "Status: %s\nX-Status: %s\n", status, xstatus);
	}
	rc = buf_ok(&b) ? block_put(k, buf_str(&b)) : -1;
	buf_done(&b);
	return rc;
}

/* One more message into the block. */
static enum store_rc
block_message(struct mbox *m, const struct store_source *src, const struct store_target *t, struct block *k)
{
	struct lfcopy	c = { .quote = true, .strip = true };
	int		rc;

	if (k->fd == -1 || block_head(k, t) == -1)
		return store_fail_sys(m->f.b.s, "temporary file for %s", m->f.b.name);
	c.crc = k->crc;
	if ((rc = lfcopy_run(&c, src, k->fd)) == 0) {
		k->crc = c.crc;
		k->len += c.raw;
		if (!c.newline && block_put(k, STR("\n")) == -1)
			rc = -2;
		if (rc == 0 && block_put(k, STR("\n")) == -1)
			rc = -2;
	}
	if (rc == -2)
		return store_fail_sys(m->f.b.s, "temporary file for %s", m->f.b.name);
	return rc == -1 ? store_fail(m->f.b.s, STORE_AGAIN, STORE_WHY_NONE, "the message could not be read whole") : STORE_OK;
}

static enum store_rc
block_make(struct mbox *m, const struct store_source *src, const struct store_target *t, struct block *k)
{
	*k = (struct block){ .fd = block_file(m) };
	return block_message(m, src, t, k);
}

static int
block_copy(const struct block *k, int to, uint64_t at)
{
	char		*chunk = malloc(STORE_CHUNK);
	uint64_t	 done = 0;
	int		 rc = chunk == NULL ? -1 : 0;

	while (rc == 0 && done < k->len) {
		ssize_t	n = pread(k->fd, chunk, STORE_CHUNK, (off_t)done), w, put = 0;

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			rc = -1;
		while (rc == 0 && put < n) {
			w = pwrite(to, chunk + put, (size_t)(n - put), (off_t)(at + done) + put);
			if (w == -1 && errno != EINTR)
				rc = -1;
			else if (w > 0)
				put += w;
		}
		done += n > 0 ? (uint64_t)n : 0;
	}
	free(chunk);
	return rc;
}

/* An empty line must stand before the block: what is missing of it. */
static struct str
mbox_gap(int fd, uint64_t size)
{
	char		end[3] = "";
	size_t		n = size < 3 ? (size_t)size : 3;
	struct str	s = str_mem(end, n);

	if (size == 0)
		return STR("");
	if (pread(fd, end, n, (off_t)(size - n)) != (ssize_t)n || end[n - 1] != '\n')
		return STR("\n\n");
	return str_ends(s, STR("\n\n")) || str_ends(s, STR("\n\r\n")) ? STR("") : STR("\n");
}

/* Under the locks: the record, the bytes, the sync.  *at: from where a scan finds it; 0, all of the mbox, if what stands in front got its empty line only now. */
static enum store_rc
mbox_add(struct mbox *m, const struct block *k, struct tokens *t, uint64_t *at)
{
	struct store	*s = m->f.b.s;
	struct stat	 st;
	struct str	 gap;
	struct err	 e = ERR_INIT;
	uint64_t	 old;
	enum store_rc	 rc = STORE_OK;

	if (fstat(m->fd, &st) == -1)
		return store_fail_sys(s, "%s", m->f.path);
	old = (uint64_t)st.st_size;
	gap = mbox_gap(m->fd, old);
	*at = gap.n > 0 ? 0 : old;
	if (mbox_undo_append(m->f.ul.dir, old, old + gap.n, k->len, k->crc, t != NULL ? &t->token : NULL, &e) == -1)
		return store_fail_err(s, STORE_AGAIN, STORE_WHY_NONE, &e);
	if ((gap.n > 0 && pwrite(m->fd, gap.p, gap.n, (off_t)old) != (ssize_t)gap.n) || block_copy(k, m->fd, old + gap.n) == -1 || fsync(m->fd) == -1) {
		rc = store_fail_sys(s, "write %s", m->f.path);
		if (ftruncate(m->fd, (off_t)old) == -1 || fsync(m->fd) == -1)
			return rc;			/* the record stays, the next opener cuts it off */
	} else if (t != NULL && tokens_note(t, TOKENS_DONE, &e) == -1)
		return store_fail_err(s, STORE_UNKNOWN, STORE_WHY_NONE, &e);	/* the next opener notes it */
	(void)mbox_undo_clear(m->f.ul.dir, false, NULL);
	return rc;
}

/*
 * A delivery: its uid is given when somebody looks.  With a token, what was delivered before is not delivered again; while the mbox is locked nobody else
 * can be at it, and what was interrupted has been settled.
 */
static enum store_rc
mbox_deliver(struct mbox *m, const struct block *k, const struct store_target *g)
{
	struct store	*s = m->f.b.s;
	struct tokens	 t;
	struct err	 e = ERR_INIT;
	uint64_t	 at;
	enum store_rc	 rc = STORE_OK;

	if (store_token_none(&g->token))
		return mbox_add(m, k, NULL, &at);
	if (tokens_begin(&t, m->f.ul.dir, &g->token, s->deadline, &e) != 0)
		return store_fail_err(s, STORE_AGAIN, STORE_WHY_NONE, &e);
	if (t.state != TOKENS_DONE)
		rc = mbox_add(m, k, &t, &at);
	tokens_end(&t);
	return rc;
}

/* The uid of what was just added at `at`. */
static enum store_rc
mbox_number(struct mbox *m, uint64_t at, struct store_target *t, uint64_t keywords)
{
	struct state	*st = &m->f.b.st;
	struct uidline	 l;
	enum store_rc	 rc;

	if ((rc = mbox_rescan(m, at, at != 0, &t->token, 1)) != STORE_OK)
		return rc;
	if (st->n == 0)
		return store_fail(m->f.b.s, STORE_DAMAGED, STORE_WHY_NONE, "%s: what was added is not a message", m->f.path);
	t->uid = st->rec[st->n - 1].r.uid;
	if (keywords == 0)
		return STORE_OK;
	l = (struct uidline){ .what = UIDLINE_FLAGS, .uid = t->uid, .flags = st->rec[st->n - 1].r.flags, .keywords = keywords };
	fbox_put_flags(&m->f, &l, 1, false);
	return fbox_commit(&m->f, true);
}

enum store_rc
mbox_append(struct box *b, const struct store_source *src, struct store_target *t)
{
	struct mbox	*m = (struct mbox *)b;
	struct block	 k = { .fd = -1 };
	struct rec	*had;
	uint64_t	 keywords = 0, at;
	uint32_t	 uid;
	enum store_rc	 rc;

	if ((rc = store_keywords(b, &t->set, &keywords)) != STORE_OK)
		return rc;
	if ((rc = block_make(m, src, t, &k)) == STORE_OK && (rc = mbox_lock(m, MBOX_WRITE, true)) == STORE_OK) {
		if (t->delivery)
			rc = mbox_deliver(m, &k, t);
		else if ((rc = fbox_lock(&m->f)) == STORE_OK) {
			rc = mbox_sync(m);
			if (rc == STORE_OK && ((had = state_by_token(&b->st, &t->token)) != NULL || state_gone_token(&b->st, &t->token, &uid)))
				t->uid = had != NULL ? had->r.uid : uid;
			else if (rc == STORE_OK && (rc = mbox_add(m, &k, NULL, &at)) == STORE_OK)
				rc = mbox_number(m, at, t, keywords);
			fbox_unlock(&m->f);
		}
		mbox_unlock(m);
	}
	if (k.fd != -1)
		close(k.fd);
	return rc;
}

/* --- copies ----------------------------------------------------------------------------------- */

static enum store_rc
copies_make(struct mbox *to, struct box *from, struct copy_item *it, size_t n, struct block *k)
{
	enum store_rc	rc = STORE_OK;

	*k = (struct block){ .fd = block_file(to) };
	for (size_t i = 0; i < n && rc == STORE_OK; i++) {
		struct copy_source		c = { .from = from, .uid = it[i].rec.r.uid };
		const struct store_source	src = { copy_read, &c, -1 };
		const struct store_target	t = { .set = { it[i].rec.r.flags & STORE_FLAGS, NULL, 0 }, .date = it[i].rec.r.date, .sender = STR_NONE };

		buf_init(&c.b, STORE_CHUNK * 2);
		rc = block_message(to, &src, &t, k);
		if (c.rc != STORE_OK)
			rc = c.rc;
		buf_done(&c.b);
	}
	return rc;
}

/* The uids of what was just added, in order, and their keywords. */
static enum store_rc
copies_number(struct mbox *m, uint64_t at, struct copy_item *it, size_t n)
{
	struct state		*st = &m->f.b.st;
	struct store_token	*token = calloc(n, sizeof *token);
	struct uidline		*l = calloc(n, sizeof *l);
	size_t			 had = st->n, k = 0;
	enum store_rc		 rc;

	if (token == NULL || l == NULL) {
		free(token);
		free(l);
		return store_fail(m->f.b.s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	}
	for (size_t i = 0; i < n; i++)
		token[i] = it[i].token;
	if ((rc = mbox_rescan(m, at, at != 0, token, n)) == STORE_OK && st->n != had + n)
		rc = store_fail(m->f.b.s, STORE_DAMAGED, STORE_WHY_NONE, "%s: what was added are not as many messages", m->f.path);
	for (size_t i = 0; rc == STORE_OK && i < n; i++) {
		const struct rec	*r = &st->rec[had + i];

		it[i].newuid = r->r.uid;
		if (it[i].keywords != 0)
			l[k++] = (struct uidline){ .what = UIDLINE_FLAGS, .uid = r->r.uid, .flags = r->r.flags, .keywords = it[i].keywords };
	}
	if (rc == STORE_OK && k > 0) {
		fbox_put_flags(&m->f, l, k, false);
		rc = fbox_commit(&m->f, true);
	}
	free(token);
	free(l);
	return rc;
}

enum store_rc
mbox_copy(struct box *from, struct box *to, struct copy_item *it, size_t n)
{
	struct mbox	*m = (struct mbox *)to;
	struct block	 k = { .fd = -1 };
	uint64_t	 at;
	enum store_rc	 rc;

	rc = copies_make(m, from, it, n, &k);
	to->s->deadline = os_now_ms() + (uint64_t)to->s->timeout;	/* of the locks: reading may have taken its time */
	if (rc == STORE_OK && (rc = mbox_lock(m, MBOX_WRITE, true)) == STORE_OK) {
		if ((rc = fbox_lock(&m->f)) == STORE_OK) {
			if ((rc = mbox_sync(m)) == STORE_OK && (rc = mbox_add(m, &k, NULL, &at)) == STORE_OK)
				rc = copies_number(m, at, it, n);
			fbox_unlock(&m->f);
		}
		mbox_unlock(m);
	}
	if (k.fd != -1)
		close(k.fd);
	return rc;
}
