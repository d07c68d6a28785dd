/*
 * mbox_rewrite - change an mbox in place: Status lines, messages taken out.
 *
 * The bytes that will be overwritten are copied into the undo record and synced, and the new text is made from that copy; the mbox is written,
 * synced, and then the record cleared.  If only Status values change and the new ones fit, a few bytes are written and nothing moves: the
 * lines we write have a fixed width for that.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "os/fd.h"
#include "store/mbox.h"
#include "store/mbox_undo.h"

#define REWRITE_RANGES	2000u

struct rewrite {
	struct mbox	*m;
	struct rec	**rec;		/* by place in the file */
	size_t		 n;
	uint64_t	 old;		/* length */
	uint64_t	 from;		/* what stands before this stays where it is */
	int		 undo;
	uint64_t	 data;		/* the old bytes from `from` on begin here in the undo record */
	uint64_t	 out;		/* where the next byte goes */
	char		*chunk;
};

void
mbox_status_values(uint32_t flags, char status[MBOX_STATUS_W + 1], char xstatus[MBOX_XSTATUS_W + 1])
{
	static const struct { char c; uint32_t flag; } x[] = {
		{ 'A', STORE_ANSWERED }, { 'F', STORE_FLAGGED }, { 'D', STORE_DELETED }, { 'T', STORE_DRAFT },
	};
	size_t	n = 0;

	memcpy(status, (flags & STORE_SEEN) != 0 ? "RO" : "O ", MBOX_STATUS_W + 1);
	for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
		if ((flags & x[i].flag) != 0)
			xstatus[n++] = x[i].c;
	while (n < MBOX_XSTATUS_W)
		xstatus[n++] = ' ';
	xstatus[n] = '\0';
}

static int
rewrite_cmp(const void *a, const void *b)
{
	const struct rec	*x = *(struct rec *const *)a, *y = *(struct rec *const *)b;

	return x->place.from < y->place.from ? -1 : x->place.from > y->place.from;
}

/* Does a Status change of this message leave everything where it is? */
static bool
rewrite_fits(const struct rec *r)
{
	const struct mbox_place	*p = &r->place;

	return !p->odd && p->status != 0 && p->xstatus != 0 && p->status_len >= MBOX_STATUS_W && p->xstatus_len >= MBOX_XSTATUS_W;
}

/* Overwrite the values; the rest of their lines becomes blank. */
static int
rewrite_values(int fd, const struct rec *r)
{
	char	status[256], xstatus[256], s[MBOX_STATUS_W + 1], x[MBOX_XSTATUS_W + 1];

	mbox_status_values(r->r.flags, s, x);
	memset(status, ' ', sizeof status);
	memset(xstatus, ' ', sizeof xstatus);
	memcpy(status, s, MBOX_STATUS_W);
	memcpy(xstatus, x, MBOX_XSTATUS_W);
	return pwrite(fd, status, r->place.status_len, (off_t)r->place.status) == (ssize_t)r->place.status_len &&
	    pwrite(fd, xstatus, r->place.xstatus_len, (off_t)r->place.xstatus) == (ssize_t)r->place.xstatus_len ? 0 : -1;
}

static enum store_rc
rewrite_in_place(struct rewrite *w)
{
	struct store		*s = w->m->f.b.s;
	struct mbox_range	*range = calloc(2 * w->n + 1, sizeof *range);
	struct err		 e = ERR_INIT;
	size_t			 k = 0;
	int			 undo, bad = 0;
	uint64_t		 data;

	if (range == NULL)
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	for (size_t i = 0; i < w->n; i++)
		if (w->rec[i]->dirty) {
			range[k++] = (struct mbox_range){ w->rec[i]->place.status, w->rec[i]->place.status_len };
			range[k++] = (struct mbox_range){ w->rec[i]->place.xstatus, w->rec[i]->place.xstatus_len };
		}
	if (mbox_undo_change(w->m->f.ul.dir, w->m->fd, w->old, range, k, &undo, &data, &e) == -1) {
		free(range);
		return store_fail_err(s, STORE_AGAIN, STORE_WHY_NONE, &e);
	}
	free(range);
	close(undo);
	for (size_t i = 0; i < w->n && bad == 0; i++)
		if (w->rec[i]->dirty)
			bad = rewrite_values(w->m->fd, w->rec[i]);
	if (bad == -1 || fsync(w->m->fd) == -1)
		return store_fail_sys(s, "write %s", w->m->f.path);	/* the record takes it back */
	return STORE_OK;
}

/* Bytes [from, to) of the old file go out. */
static int
rewrite_copy(struct rewrite *w, uint64_t from, uint64_t to)
{
	while (from < to) {
		size_t	want = to - from < STORE_CHUNK ? (size_t)(to - from) : STORE_CHUNK;
		ssize_t	k = pread(w->undo, w->chunk, want, (off_t)(w->data + (from - w->from)));

		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0 || pwrite(w->m->fd, w->chunk, (size_t)k, (off_t)w->out) != k)
			return -1;
		from += (uint64_t)k;
		w->out += (uint64_t)k;
	}
	return 0;
}

static int
rewrite_put(struct rewrite *w, struct str s)
{
	if (pwrite(w->m->fd, s.p, s.n, (off_t)w->out) != (ssize_t)s.n)
		return -1;
	w->out += s.n;
	return 0;
}

/* A message with its Status lines made anew, at the head of its header. */
static int
rewrite_message(struct rewrite *w, const struct rec *r)
{
	const struct mbox_place	*p = &r->place;
	size_t			 len = (size_t)(p->body - p->head), at = 0;
	char			*head = malloc(len + 1), s[MBOX_STATUS_W + 1], x[MBOX_XSTATUS_W + 1];
	struct buf		 b;
	bool			 drop = false;
	int			 rc = -1;

	buf_init(&b, len + 256);
	mbox_status_values(r->r.flags, s, x);
	buf_addf(&b, "Status: %s\nX-Status: %s\n", s, x);
	if (head == NULL || pread(w->undo, head, len, (off_t)(w->data + (p->head - w->from))) != (ssize_t)len)
		goto out;
	while (at < len) {
		struct str	line = str_mem(head + at, len - at);
		size_t		nl = str_chr(line, '\n');
		int		what = mbox_hidden(line);

		line = str_first(line, nl == SIZE_MAX ? line.n : nl + 1);
		if (at == 0 || !chr_is_blank(line.p[0]))
			drop = what == 1 || what == 2;
		if (!drop)
			buf_add(&b, line);
		at += line.n;
	}
	if (buf_ok(&b) && rewrite_copy(w, p->from, p->head) == 0 && rewrite_put(w, buf_str(&b)) == 0)
		rc = rewrite_copy(w, p->body, p->next);
out:
	free(head);
	buf_done(&b);
	return rc;
}

static bool
rewrite_is_gone(const struct rec *r, const uint32_t *uids, size_t n)
{
	size_t	lo = 0, hi = n;

	while (lo < hi) {
		size_t	mid = lo + (hi - lo) / 2;

		if (uids[mid] < r->r.uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && uids[lo] == r->r.uid;
}

static enum store_rc
rewrite_tail(struct rewrite *w, const uint32_t *gone, size_t ngone)
{
	struct store		*s = w->m->f.b.s;
	struct mbox_range	 range = { w->from, w->old - w->from };
	struct err		 e = ERR_INIT;
	uint64_t		 at = w->from;
	int			 rc = 0;

	if ((w->chunk = malloc(STORE_CHUNK)) == NULL)
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	if (mbox_undo_change(w->m->f.ul.dir, w->m->fd, w->old, &range, 1, &w->undo, &w->data, &e) == -1)
		return store_fail_err(s, STORE_AGAIN, STORE_WHY_NONE, &e);
	w->out = w->from;
	for (size_t i = 0; i < w->n && rc == 0; i++) {
		const struct rec	*r = w->rec[i];

		if (r->place.from < w->from)
			continue;
		rc = rewrite_copy(w, at, r->place.from);		/* what is no message of ours stays */
		at = r->place.next;
		if (rc == 0 && !rewrite_is_gone(r, gone, ngone))
			rc = r->dirty ? rewrite_message(w, r) : rewrite_copy(w, r->place.from, r->place.next);
	}
	if (rc == 0)
		rc = rewrite_copy(w, at, w->old);
	if (rc == 0)
		rc = ftruncate(w->m->fd, (off_t)w->out);
	if (rc == 0)
		rc = fsync(w->m->fd);
	return rc == -1 ? store_fail_sys(s, "write %s", w->m->f.path) : STORE_OK;
}

/* Under all locks, state fresh: write what is dirty, take these uids out. */
static enum store_rc
mbox_rewrite(struct mbox *m, const uint32_t *gone, size_t ngone)
{
	struct rewrite	w = { .m = m, .undo = -1 };
	struct state	*st = &m->f.b.st;
	struct stat	 sb;
	struct err	 e = ERR_INIT;
	size_t		 ndirty = 0;
	bool		 move = false;
	enum store_rc	 rc;

	if (fstat(m->fd, &sb) == -1 || (w.rec = calloc(st->n + 1, sizeof *w.rec)) == NULL)
		return store_fail_sys(m->f.b.s, "%s", m->f.path);
	w.old = w.from = (uint64_t)sb.st_size;
	for (size_t i = 0; i < st->n; i++) {
		must(st->rec[i].located && !st->rec[i].dead);	/* mbox_sync saw to that */
		w.rec[w.n++] = &st->rec[i];
	}
	qsort(w.rec, w.n, sizeof *w.rec, rewrite_cmp);
	for (size_t i = 0; i < w.n; i++) {
		bool	out = rewrite_is_gone(w.rec[i], gone, ngone);

		if (!out && !w.rec[i]->dirty)
			continue;
		ndirty += !out;
		move |= out || !rewrite_fits(w.rec[i]);
		if (w.rec[i]->place.from < w.from)
			w.from = w.rec[i]->place.from;
	}
	if (w.from == w.old)
		rc = STORE_OK;				/* nothing to do */
	else {
		rc = move || ndirty > REWRITE_RANGES ? rewrite_tail(&w, gone, ngone) : rewrite_in_place(&w);
		if (rc == STORE_OK && mbox_undo_clear(m->f.ul.dir, true, &e) == -1)
			rc = store_fail_err(m->f.b.s, STORE_AGAIN, STORE_WHY_NONE, &e);
		if (rc != STORE_OK) {			/* take it back now rather than later */
			struct store_error	keep = m->f.b.s->error;

			(void)mbox_undo_recover(m->f.ul.dir, m->fd, &e);
			m->f.b.s->error = keep;
		}
		m->scanned = false;
		m->reading = 0;
	}
	if (w.undo != -1)
		close(w.undo);
	free(w.rec);
	free(w.chunk);
	return rc;
}

/* All locks, state fresh.  *done tells whether there is anything to do at all. */
static enum store_rc
mbox_change(struct mbox *m, const uint32_t *uids, size_t n)
{
	struct state	*st = &m->f.b.st;
	struct uidline	 l = { .what = UIDLINE_GONE, .modseq = 0 };
	enum store_rc	 rc;

	if ((rc = mbox_rewrite(m, uids, n)) != STORE_OK)
		return rc;
	l.modseq = st->modseq + 1;
	for (size_t i = 0; i < n; i++) {
		const struct rec	*r = state_find(st, uids[i]);

		if (r == NULL)
			continue;
		l.uid = uids[i];
		l.token = r->token;
		(void)uidlist_add(&m->f.ul, st, &l);
	}
	state_settle(st);
	l = (struct uidline){ .what = UIDLINE_CLEAN };
	(void)uidlist_add(&m->f.ul, st, &l);
	if ((rc = fbox_commit(&m->f, n > 0)) != STORE_OK)
		return rc;
	return mbox_rescan(m, 0, false, NULL, 0);
}

static enum store_rc
mbox_locked_change(struct mbox *m, const uint32_t *uids, size_t n)
{
	enum store_rc	rc;

	if ((rc = mbox_lock(m, MBOX_WRITE, false)) != STORE_OK)
		return rc;
	if ((rc = fbox_lock(&m->f)) == STORE_OK) {
		if ((rc = mbox_sync(m)) == STORE_OK)
			rc = mbox_change(m, uids, n);
		fbox_unlock(&m->f);
	}
	mbox_unlock(m);
	return rc;
}

enum store_rc
mbox_expunge(struct box *b, const uint32_t *uids, size_t n)
{
	return mbox_locked_change((struct mbox *)b, uids, n);
}

enum store_rc
mbox_settle(struct box *b)
{
	for (size_t i = 0; i < b->st.n; i++)
		if (b->st.rec[i].dirty)
			return mbox_locked_change((struct mbox *)b, NULL, 0);
	return STORE_OK;
}
