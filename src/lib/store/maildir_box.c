/*
 * maildir_box - one Maildir: scanning new/ and cur/, flags in file names, reading messages.
 *
 * All of it runs under the uidlist's lock, so that programs of ours never see each other's renames half done.  Others may rename at any
 * time: a name that is not there any more leads to another scan, and a message counts as gone only after two scans missed it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "os/file.h"
#include "store/maildir.h"
#include "store/mdname.h"

struct scan {
	struct arena	*a;
	struct hash	*seen;		/* base -> index + 1 */
	struct found	*x;
	int64_t		*when;
	size_t		 n, size;
};

static int
scan_add(struct scan *s, struct str file, bool is_new)
{
	struct mdname	 m;
	struct found	*x;
	size_t		 at;

	if (mdname_parse(file, &m) == -1)
		return 0;
	file = arena_str(s->a, file);
	mdname_parse(file, &m);
	at = (size_t)(uintptr_t)hash_get(s->seen, m.base);
	if (at == 0) {
		if (s->n == s->size) {
			size_t	 want = s->size == 0 ? 256 : s->size * 2;
			void	*p = realloc(s->x, want * sizeof *s->x);

			if (p == NULL)
				return -1;
			s->x = p;
			s->size = want;
		}
		at = ++s->n;
		if (hash_put(s->seen, m.base, (void *)(uintptr_t)at) == -1)
			return -1;
	}
	x = &s->x[at - 1];		/* a file seen in new/ and then in cur/ was moved meanwhile */
	memset(x, 0, sizeof *x);
	x->key = m.base;
	x->flags = m.flags;
	x->file = file;
	x->is_new = is_new;
	x->date = m.time;
	x->token = m.token;
	return 0;
}

static int
scan_folder(struct scan *s, int dir, const char *sub)
{
	struct dirent	*e;
	DIR		*d;
	int		 fd, rc = 0;

	if ((fd = openat(dir, sub, O_RDONLY|O_DIRECTORY|O_CLOEXEC)) == -1)
		return -1;
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL)
		rc = scan_add(s, str_c(e->d_name), sub[0] == 'n');
	if (errno != 0)
		rc = -1;
	closedir(d);
	return rc;
}

/* Uids from elsewhere in their order; then arrival order: the time at the front of the name, then the name. */
static int
scan_cmp(const void *va, const void *vb)
{
	const struct found	*a = va, *b = vb;

	if (a->uid != b->uid)
		return a->uid == 0 || (b->uid != 0 && a->uid > b->uid) ? 1 : -1;
	return a->date != b->date ? (a->date < b->date ? -1 : 1) : str_cmp(a->key, b->key);
}

/* A new message: its date is the file's, its size is in the name or counted. */
static int
maildir_fill(struct fbox *f, struct found *x)
{
	struct maildir		*m = (struct maildir *)f;
	struct stat		 st;
	struct crlf		*c;
	struct crlf_piece	 whole = { 0, 0 };
	struct mdname		 name;
	char			 path[300];
	int			 fd, rc = 0;

	if (snprintf(path, sizeof path, "%s/%.*s", x->is_new ? "new" : "cur", STR_ARG(x->file)) >= (int)sizeof path)
		return -1;
	if ((fd = openat(m->dir, path, O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK)) == -1)
		return -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -1;
	}
	x->date = os_mtime(&st).tv_sec;
	if (mdname_parse(x->file, &name) == 0 && name.has_wire && name.wire >= (uint64_t)st.st_size && name.wire <= 2 * (uint64_t)st.st_size)
		x->size = name.wire;
	else if ((c = malloc(sizeof *c)) == NULL)
		rc = -1;
	else {
		whole.end = (uint64_t)st.st_size;
		crlf_init(c, fd, &whole, 1);
		rc = crlf_size(c, &x->size);
		free(c);
	}
	close(fd);
	return rc;
}

static bool
maildir_unchanged(struct maildir *m, struct timespec *nt, struct timespec *ct)
{
	struct stat	n, c;

	if (fstatat(m->dir, "new", &n, 0) == -1 || fstatat(m->dir, "cur", &c, 0) == -1)
		return false;
	*nt = os_mtime(&n);
	*ct = os_mtime(&c);
	return !m->racy && m->f.generation == m->f.ul.generation && nt->tv_sec == m->new_time.tv_sec && nt->tv_nsec == m->new_time.tv_nsec &&
	    ct->tv_sec == m->cur_time.tv_sec && ct->tv_nsec == m->cur_time.tv_nsec;
}

/* So shortly before `now` that another change might leave the same time: a tick of the kernel's clock, or a second where only those are kept. */
static bool
maildir_too_fresh(const struct timespec *t, const struct timespec *now)
{
	int64_t	ms = ((int64_t)now->tv_sec - (int64_t)t->tv_sec) * 1000 + (now->tv_nsec - t->tv_nsec) / 1000000;

	return ms < (t->tv_nsec == 0 ? 2000 : 50);
}

/*
 * Our own change of cur/, made under the lock when the scan was up to date: its new time is known.  Not so for new/, where others deliver
 * without asking: that is looked at again.
 */
void
maildir_own_change(struct maildir *m, bool touched_new)
{
	struct stat	st;

	if (touched_new || m->racy || fstatat(m->dir, "cur", &st, 0) == -1)
		m->racy = true;
	else
		m->cur_time = os_mtime(&st);
}

/* Is each message we know among those found? */
static bool
scan_complete(const struct maildir *m, const struct scan *s)
{
	const struct state	*st = &m->f.b.st;

	for (size_t i = 0; i < st->n; i++)
		if (!st->rec[i].dead && !hash_has(s->seen, st->rec[i].key))
			return false;
	return true;
}

enum store_rc
maildir_scan(struct maildir *m)
{
	struct timespec	nt = { 0, 0 }, ct = { 0, 0 };
	struct scan	s = { .a = NULL };
	enum store_rc	rc = STORE_OK;
	struct timespec	now = { 0, 0 };

	if (maildir_unchanged(m, &nt, &ct))
		return STORE_OK;
	clock_gettime(CLOCK_REALTIME, &now);
	s.a = arena_new((size_t)1 << 30);
	for (int pass = 0; pass < 2; pass++) {
		if (s.seen != NULL)
			hash_free(&s.seen);
		s.n = 0;
		arena_reset(s.a);
		if ((s.seen = hash_new(NULL, HASH_BORROW)) == NULL || scan_folder(&s, m->dir, "new") == -1 || scan_folder(&s, m->dir, "cur") == -1) {
			rc = store_fail_sys(m->f.b.s, "scan %s", m->f.b.name);
			break;
		}
		if (scan_complete(m, &s))
			break;
	}
	if (rc == STORE_OK) {
		maildir_import(m, s.x, s.n);
		if (s.n > 0)
			qsort(s.x, s.n, sizeof *s.x, scan_cmp);
		if ((rc = fbox_merge(&m->f, s.x, s.n, false, maildir_fill)) == STORE_OK) {
			m->new_time = nt;
			m->cur_time = ct;
			m->racy = maildir_too_fresh(&nt, &now) || maildir_too_fresh(&ct, &now);
		}
	}
	if (s.seen != NULL)
		hash_free(&s.seen);
	free(s.x);
	arena_free(&s.a);
	return rc;
}

enum store_rc
maildir_refresh(struct box *b)
{
	struct maildir	*m = (struct maildir *)b;
	struct stat	 st;
	enum store_rc	 rc;

	if (fstat(m->dir, &st) == -1 || st.st_nlink == 0)
		return store_fail(b->s, STORE_GONE, STORE_WHY_NOSUCH, "the mailbox was deleted");
	if ((rc = fbox_lock(&m->f)) != STORE_OK)
		return rc;
	rc = maildir_scan(m);
	fbox_unlock(&m->f);
	return rc;
}

int
maildir_file(const struct rec *r, char *dst, size_t size)
{
	int	n = snprintf(dst, size, "%s/%.*s", r->is_new ? "new" : "cur", STR_ARG(r->file));

	return n < 0 || (size_t)n >= size ? -1 : 0;
}

/* Rename to what these flags ask for; a message always ends up in cur/. */
static int
maildir_rename(struct maildir *m, struct rec *r, uint32_t flags)
{
	struct arena	*a = m->f.b.st.arena;
	struct mdname	 name;
	struct str	 to;
	char		 from[300], dst[300];

	if (mdname_parse(r->file, &name) == -1)
		return -1;
	to = mdname_print(a, &name, flags);
	if (maildir_file(r, from, sizeof from) == -1 || snprintf(dst, sizeof dst, "cur/%.*s", STR_ARG(to)) >= (int)sizeof dst)
		return -1;
	if (strcmp(from, dst) != 0 && renameat(m->dir, from, m->dir, dst) == -1)
		return -1;
	r->file = to;
	r->is_new = false;
	return 0;
}

int
maildir_sync(struct maildir *m, const char *sub)
{
	int	fd = openat(m->dir, sub, O_RDONLY|O_DIRECTORY|O_CLOEXEC), rc;

	if (fd == -1)
		return -1;
	rc = os_sync_dir(fd);
	close(fd);
	return rc;
}

enum store_rc
maildir_claim(struct box *b)
{
	struct maildir	*m = (struct maildir *)b;
	enum store_rc	 rc;

	if ((rc = fbox_lock(&m->f)) != STORE_OK)
		return rc;
	if ((rc = maildir_scan(m)) == STORE_OK) {
		for (size_t i = 0; i < b->st.n; i++)
			if (b->st.rec[i].is_new)
				(void)maildir_rename(m, &b->st.rec[i], b->st.rec[i].r.flags);
		rc = fbox_mark(&m->f);
	}
	fbox_unlock(&m->f);
	return rc;
}

enum store_rc
maildir_flags(struct box *b, struct store_request *q)
{
	struct maildir	*m = (struct maildir *)b;
	struct uidline	*l = NULL;
	uint32_t	 changed = 0;
	uint64_t	 kw = 0;
	size_t		 n = 0, k = 0;
	bool		 touched_new = false;
	enum store_rc	 rc;

	if ((rc = fbox_lock(&m->f)) != STORE_OK)
		return rc;
	if ((rc = maildir_scan(m)) == STORE_OK && (rc = store_plan(b, q, &l, &n)) == STORE_OK && n > 0) {
		for (size_t i = 0; i < n; i++) {
			struct rec	*r = state_find(&b->st, l[i].uid);

			touched_new |= r != NULL && r->is_new;
			if (r == NULL || (l[i].flags != r->r.flags && maildir_rename(m, r, l[i].flags) == -1))
				continue;	/* moved by someone else just now: the next scan knows */
			changed |= l[i].flags ^ r->r.flags;
			kw |= l[i].keywords ^ r->r.keywords;
			l[k++] = l[i];
		}
		maildir_own_change(m, touched_new);
		fbox_put_flags(&m->f, l, k, false);
		if ((changed & ~STORE_SEEN) != 0 && maildir_sync(m, "cur") == -1)
			rc = store_fail_sys(b->s, "sync %s", b->name);
		if (rc == STORE_OK)
			rc = fbox_commit(&m->f, (changed & ~STORE_SEEN) != 0 || kw != 0);
		else
			uidlist_abandon(&m->f.ul);
	}
	free(l);
	fbox_unlock(&m->f);
	return rc;
}

enum store_rc
maildir_expunge(struct box *b, const uint32_t *uids, size_t n)
{
	struct maildir	*m = (struct maildir *)b;
	uint64_t	 modseq;
	char		 file[300];
	bool		 touched_new = false;
	enum store_rc	 rc;

	if ((rc = fbox_lock(&m->f)) != STORE_OK)
		return rc;
	if ((rc = maildir_scan(m)) == STORE_OK) {
		modseq = b->st.modseq + 1;
		for (size_t i = 0; i < n && rc == STORE_OK; i++) {
			struct rec	*r = state_find(&b->st, uids[i]);
			struct uidline	 l = { .what = UIDLINE_GONE, .uid = uids[i], .modseq = modseq };

			if (r == NULL)
				continue;
			if (maildir_file(r, file, sizeof file) == -1 || (unlinkat(m->dir, file, 0) == -1 && errno != ENOENT)) {
				rc = store_fail_sys(b->s, "remove a message of %s", b->name);
				break;
			}
			l.token = r->token;
			touched_new |= r->is_new;
			(void)uidlist_add(&m->f.ul, &b->st, &l);
		}
		state_settle(&b->st);
		maildir_own_change(m, touched_new);
		if (rc == STORE_OK)
			rc = fbox_commit(&m->f, true);
		else {
			struct store_error	e = b->s->error;

			(void)fbox_commit(&m->f, true);		/* those that did go */
			b->s->error = e;
		}
	}
	fbox_unlock(&m->f);
	return rc;
}

/*
 * Somebody wrote into the file: bytes of a message never change, so this is another one.  The old uid goes, a new one comes, and who asked is told that his
 * message is gone.
 */
static enum store_rc
maildir_renumber(struct maildir *m, uint32_t uid, int64_t date, uint64_t size)
{
	struct box	*b = &m->f.b;
	struct rec	*r, *fresh;
	enum store_rc	 rc;

	m->reading = 0;
	if ((rc = fbox_lock(&m->f)) != STORE_OK)
		return rc;
	if ((r = state_find(&b->st, uid)) != NULL) {
		struct uidline	gone = { .what = UIDLINE_GONE, .uid = uid, .modseq = b->st.modseq + 1 };
		struct uidline	l = { .what = UIDLINE_MSG, .uid = b->st.uidnext, .modseq = gone.modseq, .date = date, .size = size, .flags = r->r.flags,
				    .keywords = r->r.keywords, .key = r->key };
		struct str	file = r->file;
		bool		is_new = r->is_new, located = r->located;

		if (uidlist_add(&m->f.ul, &b->st, &l) == 0 && uidlist_add(&m->f.ul, &b->st, &gone) == 0)
			rc = fbox_commit(&m->f, true);
		else
			uidlist_abandon(&m->f.ul);
		if (rc == STORE_OK && (fresh = state_find(&b->st, l.uid)) != NULL) {
			fresh->file = file;
			fresh->is_new = is_new;
			fresh->located = located;
		}
		state_settle(&b->st);
	}
	fbox_unlock(&m->f);
	return rc != STORE_OK ? rc : store_fail(b->s, STORE_NO, STORE_WHY_NOSUCH, "the message was changed by another program, and has a new uid");
}

/* Is the size that we know still right?  Asked where the file's own size or time say otherwise, and then it is counted. */
static enum store_rc
maildir_check(struct maildir *m, uint32_t uid, const struct stat *st)
{
	const struct rec	*r = state_find(&m->f.b.st, uid);
	struct mdname		 name;
	uint64_t		 size;

	if (r == NULL || mdname_parse(r->file, &name) == -1 ||
	    (name.has_raw ? name.raw == (uint64_t)st->st_size : os_mtime(st).tv_sec == r->r.date))
		return STORE_OK;
	if (crlf_size(&m->r, &size) == -1)
		return store_fail_sys(m->f.b.s, "read message %u of %s", uid, m->f.b.name);
	return size == r->r.size ? STORE_OK : maildir_renumber(m, uid, os_mtime(st).tv_sec, size);
}

/* Make `r` stand for this message. */
static enum store_rc
maildir_reader(struct maildir *m, uint32_t uid)
{
	struct crlf_piece	 whole = { 0, 0 };
	struct stat		 st;
	struct rec		*r;
	char			 file[300];
	enum store_rc		 rc;

	if (m->reading == uid)
		return STORE_OK;
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
	m->reading = 0;
	for (int try = 0; try < 2 && m->fd == -1; try++) {
		if (try > 0) {
			m->racy = true;
			if ((rc = maildir_refresh(&m->f.b)) != STORE_OK)
				return rc;
		}
		if ((r = state_find(&m->f.b.st, uid)) == NULL)
			return store_fail(m->f.b.s, STORE_NO, STORE_WHY_NOSUCH, "the message is gone");
		if (maildir_file(r, file, sizeof file) == -1)
			return store_fail(m->f.b.s, STORE_DAMAGED, STORE_WHY_NONE, "name of a message is too long");
		m->fd = openat(m->dir, file, O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);
		if (m->fd == -1 && errno != ENOENT)
			return store_fail_sys(m->f.b.s, "open message %u of %s", uid, m->f.b.name);
	}
	if (m->fd == -1 || fstat(m->fd, &st) == -1)
		return store_fail(m->f.b.s, STORE_NO, STORE_WHY_NOSUCH, "the message is gone");
	whole.end = (uint64_t)st.st_size;
	crlf_init(&m->r, m->fd, &whole, 1);
	if ((rc = maildir_check(m, uid, &st)) != STORE_OK)
		return rc;
	m->reading = uid;
	return STORE_OK;
}

enum store_rc
maildir_read(struct box *b, uint32_t uid, uint64_t off, size_t len, struct buf *out)
{
	struct maildir	*m = (struct maildir *)b;
	enum store_rc	 rc;

	if ((rc = maildir_reader(m, uid)) != STORE_OK)
		return rc;
	if (crlf_read(&m->r, off, len, out) == -1)
		return store_fail(b->s, STORE_AGAIN, STORE_WHY_NONE, "message %u of %s cannot be read", uid, b->name);
	return STORE_OK;
}
