/*
 * fbox - mailboxes in files: side folders, uidvalidity, merging a scan; see fbox.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/num.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "os/lock.h"
#include "store/fbox.h"

struct fbox *
fbox_new(struct store *s, size_t size, const char *path, int side, bool inbox)
{
	struct fbox	*f = calloc(1, size);
	size_t		 n = strlen(path) + 1;

	if (f == NULL || (f->path = malloc(n)) == NULL) {
		free(f);
		close(side);
		return NULL;
	}
	memcpy(f->path, path, n);
	f->b.s = s;
	f->inbox = inbox;
	f->generation = UINT32_MAX;
	uidlist_init(&f->ul, side);
	return f;
}

void
fbox_done(struct fbox *f)
{
	uidlist_done(&f->ul);
	free(f->path);
}

int
fbox_mkdirs(const char *path, mode_t mode)
{
	char	tmp[4096];
	size_t	n = strlen(path);

	if (n == 0 || n >= sizeof tmp) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(tmp, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		struct stat	st;

		if (tmp[i] != '/' && tmp[i] != '\0')
			continue;
		tmp[i] = '\0';
		if (stat(tmp, &st) == -1 && mkdir(tmp, mode) == -1 && errno != EEXIST)
			return -1;
		if (i < n)
			tmp[i] = '/';
	}
	return open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
}

int
fbox_side_path(char *dst, size_t size, const char *path)
{
	const char	*base = strrchr(path, '/');
	int		 n;

	if (base == NULL)
		n = snprintf(dst, size, FBOX_SIDE "/%s", path);
	else
		n = snprintf(dst, size, "%.*s/" FBOX_SIDE "/%s", (int)(base - path), path, base + 1);
	return n < 0 || (size_t)n >= size ? -1 : 0;
}

/* A spool that all may write to: the folder of side folders is for all of them, too. */
static void
fbox_shared(const char *side)
{
	char		dir[4096];
	const char	*name = strstr(side, "/" FBOX_SIDE "/");
	struct stat	st;

	if (name == NULL || (size_t)(name - side) + sizeof "/" FBOX_SIDE > sizeof dir)
		return;
	memcpy(dir, side, (size_t)(name - side));
	dir[name - side] = '\0';
	if (stat(dir[0] != '\0' ? dir : "/", &st) == -1 || st.st_uid == geteuid() || (st.st_mode & S_IWOTH) == 0 || (st.st_mode & S_ISVTX) == 0)
		return;
	memcpy(dir + (name - side), "/" FBOX_SIDE, sizeof "/" FBOX_SIDE);
	if (mkdir(dir, 0700) == 0)
		(void)chmod(dir, 01777);
}

/* Made by who has rights to the spool where there is one: what we made there ourselves would be ours, and in the way of others. */
static int
fbox_side_open(struct store *s, const char *side, bool inbox)
{
	int	fd = open(side, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

	if (fd == -1 && inbox && s->has_helper && s->helper.prepare != NULL && s->helper.prepare(s->helper.arg, NULL) == 0)
		fd = open(side, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);
	if (fd == -1 && inbox)
		fbox_shared(side);
	return fd != -1 ? fd : fbox_mkdirs(side, 0700);
}

int
fbox_side(struct store *s, const char *side, bool inbox)
{
	struct stat	st;
	int		fd;

	if ((fd = fbox_side_open(s, side, inbox)) == -1)
		return -1;
	if (fstat(fd, &st) == -1 || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP|S_IWOTH)) != 0) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

/* --- the user's side folder ------------------------------------------------------------------- */

static int
fbox_root(struct store *s)
{
	char	path[4096];
	int	n;

	if (strcmp(s->ops->name, "maildir") == 0)
		n = snprintf(path, sizeof path, "%s/" FBOX_SIDE_MD, s->inbox);
	else if (s->folders != NULL)
		n = snprintf(path, sizeof path, "%s/" FBOX_SIDE, s->folders);
	else
		n = fbox_side_path(path, sizeof path, s->inbox);
	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return fbox_side(s, path, false);
}

/* A uidvalidity that this user's mailboxes never had. */
static uint32_t
fbox_validity(void *arg)
{
	struct store	*s = arg;
	char		 text[32];
	uint64_t	 last = 0, now = (uint64_t)time(NULL);
	ssize_t		 n;
	int		 dir, fd;

	if ((dir = fbox_root(s)) == -1)
		return (uint32_t)now;		/* no folder of his own: the clock alone */
	fd = openat(dir, "uidvalidity", O_RDWR|O_CREAT|O_CLOEXEC|O_NOFOLLOW, 0600);
	close(dir);
	if (fd == -1)
		return (uint32_t)now;
	os_flock(fd, OS_LOCK_EXCL, true);
	if ((n = pread(fd, text, sizeof text, 0)) > 0)
		(void)num_u64(str_trim(str_mem(text, (size_t)n)), 0, UINT32_MAX - 1, &last);
	if (now <= last)
		now = last + 1;
	n = snprintf(text, sizeof text, "%010llu\n", (unsigned long long)now);
	if (n < 0 || pwrite(fd, text, (size_t)n, 0) != n || fsync(fd) == -1)
		now = 0;
	close(fd);
	return (uint32_t)now;
}

static uint32_t
fbox_first_validity(void *arg)
{
	struct fbox	*f = arg;
	uint32_t	 fresh = fbox_validity(f->b.s), old = f->validity != NULL ? f->validity(f) : 0;

	return old != 0 && fresh != 0 ? old : fresh;
}

static int
fbox_subs_read(int dir, struct arena *a, struct str **out, size_t *n)
{
	struct buf	b;
	struct str	rest, line;
	size_t		max = 1;
	int		fd = openat(dir, "subscriptions", O_RDONLY|O_CLOEXEC|O_NOFOLLOW), rc = 0;

	*n = 0;
	*out = NULL;
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	buf_init(&b, (size_t)4 << 20);
	rc = os_read_file(fd, &b);
	close(fd);
	for (size_t i = 0; i < b.n; i++)
		max += b.p[i] == '\n';
	*out = ARENA_ARRAY(a, struct str, max);
	rest = buf_str(&b);
	while (str_split(&rest, '\n', &line))
		if (store_name_ok(line) && *n < max)
			(*out)[(*n)++] = arena_str(a, line);
	buf_done(&b);
	return rc;
}

enum store_rc
fbox_subscribed(struct store *s, struct arena *a, struct str **out, size_t *n)
{
	int	dir, rc;

	*out = NULL;
	*n = 0;
	if ((dir = fbox_root(s)) == -1)
		return STORE_OK;		/* nowhere to keep them: none */
	rc = fbox_subs_read(dir, a, out, n);
	close(dir);
	return rc == -1 ? store_fail_sys(s, "subscriptions") : STORE_OK;
}

static int
fbox_subs_write(int dir, const struct str *subs, size_t n)
{
	struct buf	b;
	int		fd, rc = -1;

	buf_init(&b, (size_t)4 << 20);
	for (size_t i = 0; i < n; i++) {
		buf_add(&b, subs[i]);
		buf_addch(&b, '\n');
	}
	fd = openat(dir, "subscriptions.new", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC|O_NOFOLLOW, 0600);
	if (fd != -1 && buf_ok(&b) && os_write_all(fd, buf_str(&b)) == 0 && fsync(fd) == 0 &&
	    renameat(dir, "subscriptions.new", dir, "subscriptions") == 0)
		rc = os_sync_dir(dir);
	if (fd != -1)
		close(fd);
	buf_done(&b);
	return rc;
}

enum store_rc
fbox_subscribe(struct store *s, struct str name, bool on)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct str	*subs, *more;
	size_t		 n, k = 0;
	int		 dir, lock = -1, rc = -1;

	if ((dir = fbox_root(s)) != -1 && (lock = openat(dir, "subscriptions.lock", O_RDWR|O_CREAT|O_CLOEXEC|O_NOFOLLOW, 0600)) != -1 &&
	    os_flock(lock, OS_LOCK_EXCL, true) == 0 && fbox_subs_read(dir, a, &subs, &n) == 0) {
		more = ARENA_ARRAY(a, struct str, n + 1);
		for (size_t i = 0; i < n; i++)
			if (!str_eq(subs[i], name))
				more[k++] = subs[i];
		if (on)
			more[k++] = name;
		rc = k == n && on == (n > 0 && str_eq(subs[n - 1], name)) ? 0 : fbox_subs_write(dir, more, k);
	}
	if (lock != -1)
		close(lock);
	if (dir != -1)
		close(dir);
	arena_free(&a);
	return rc == -1 ? store_fail_sys(s, "subscriptions") : STORE_OK;
}

void
fbox_subscribe_first(struct store *s, const struct str *names, size_t n)
{
	struct stat	st;
	int		dir = fbox_root(s);

	if (dir == -1)
		return;
	if (n > 0 && fstatat(dir, "subscriptions", &st, AT_SYMLINK_NOFOLLOW) == -1 && errno == ENOENT)
		(void)fbox_subs_write(dir, names, n);
	close(dir);
}

/* --- the uidlist ------------------------------------------------------------------------------ */

enum store_rc
fbox_lock(struct fbox *f)
{
	struct err	e = ERR_INIT;
	enum store_rc	rc;

	rc = uidlist_lock(&f->ul, &f->b.st, f->b.s->deadline, fbox_first_validity, f, &e);
	return rc == STORE_OK ? rc : store_fail_err(f->b.s, rc == STORE_NO ? STORE_AGAIN : rc, STORE_WHY_NONE, &e);
}

void
fbox_unlock(struct fbox *f)
{
	uidlist_unlock(&f->ul);
}

enum store_rc
fbox_commit(struct fbox *f, bool sync)
{
	struct err	e = ERR_INIT;

	if (uidlist_commit(&f->ul, &f->b.st, sync, &e) == 0)
		return STORE_OK;
	return store_fail_err(f->b.s, STORE_AGAIN, STORE_WHY_NONE, &e);
}

enum store_rc
fbox_keyword(struct box *b, struct str name)
{
	struct fbox	*f = (struct fbox *)b;
	struct uidline	 l = { .what = UIDLINE_KEYWORD, .key = name };
	enum store_rc	 rc;

	if ((rc = fbox_lock(f)) != STORE_OK)
		return rc;
	if (state_keyword(&b->st, name) == -1) {
		l.uid = (uint32_t)b->st.nkw;
		if (b->st.nkw < STORE_KEYWORDS && uidlist_add(&f->ul, &b->st, &l) == 0)
			rc = fbox_commit(f, false);
	}
	fbox_unlock(f);
	return rc;
}

enum store_rc
fbox_mark(struct fbox *f)
{
	struct uidline	l = { .what = UIDLINE_RECENT, .uid = f->b.st.uidnext - 1 };

	if (f->b.st.recent >= l.uid)
		return STORE_OK;
	(void)uidlist_add(&f->ul, &f->b.st, &l);
	return fbox_commit(f, false);
}

enum store_rc
fbox_put_flags(struct fbox *f, struct uidline *l, size_t n, bool dirty)
{
	uint64_t	modseq = f->b.st.modseq + 1;

	for (size_t i = 0; i < n; i++) {
		l[i].modseq = modseq;
		l[i].dirty = dirty;
		(void)uidlist_add(&f->ul, &f->b.st, &l[i]);
	}
	return STORE_OK;
}

/* --- merging ---------------------------------------------------------------------------------- */

struct merge {
	struct hash	*h;		/* key -> index of the first record + 1 */
	size_t		*next;		/* further records of the same key, +1 */
	bool		*seen;
};

static size_t
merge_take(struct merge *m, const struct found *x)
{
	size_t	i = (size_t)(uintptr_t)hash_get(m->h, x->key);

	if (i == 0)
		return SIZE_MAX;
	i--;
	m->seen[i] = true;
	if (m->next[i] != 0)
		hash_put(m->h, x->key, (void *)(uintptr_t)m->next[i]);
	else
		hash_del(m->h, x->key);
	return i;
}

static void
merge_known(struct fbox *f, struct rec *r, struct found *x, uint64_t modseq)
{
	r->located = true;
	r->place = x->place;
	r->is_new = x->is_new;
	if (!str_eq(r->file, x->file))
		r->file = arena_str(f->b.st.arena, x->file);
	if (!r->dirty && r->r.flags != x->flags) {
		struct uidline	l = { .what = UIDLINE_FLAGS, .uid = r->r.uid, .modseq = modseq, .flags = x->flags, .keywords = r->r.keywords };

		(void)uidlist_add(&f->ul, &f->b.st, &l);
	}
}

/* No uid below this one. */
static int
merge_floor(struct fbox *f, uint32_t uid)
{
	struct uidline	l = { .what = UIDLINE_FLOOR, .uid = uid, .modseq = f->b.st.modseq };

	return uidlist_add(&f->ul, &f->b.st, &l);
}

static enum store_rc
merge_new(struct fbox *f, struct found *x, uint64_t modseq)
{
	struct uidline	 l = { .what = UIDLINE_MSG, .uid = f->b.st.uidnext, .modseq = modseq, .date = x->date, .size = x->size, .flags = x->flags,
			    .token = x->token, .key = x->key, .keywords = x->keywords };
	struct rec	*r;

	if (x->uid > l.uid && merge_floor(f, x->uid) == 0)
		l.uid = x->uid;
	if (uidlist_add(&f->ul, &f->b.st, &l) == -1)
		return store_fail(f->b.s, STORE_DAMAGED, STORE_WHY_NONE, "%s: no uid left", f->b.name);
	r = &f->b.st.rec[f->b.st.n - 1];
	r->located = true;
	r->place = x->place;
	r->is_new = x->is_new;
	r->file = arena_str(f->b.st.arena, x->file);
	return STORE_OK;
}

enum store_rc
fbox_merge(struct fbox *f, struct found *x, size_t n, bool partial, int (*fill)(struct fbox *, struct found *))
{
	struct state	*st = &f->b.st;
	struct merge	 m;
	uint64_t	 modseq = st->modseq + 1;
	enum store_rc	 rc = STORE_OK;
	size_t		 old;
	bool		 fresh = false;

	state_settle(st);
	old = st->n;
	m.h = hash_new(NULL, HASH_BORROW);
	m.next = calloc(old + 1, sizeof *m.next);
	m.seen = calloc(old + 1, sizeof *m.seen);
	if (m.h == NULL || m.next == NULL || m.seen == NULL) {
		rc = store_fail(f->b.s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
		goto out;
	}
	for (size_t i = old; i-- > 0;) {		/* the lowest uid of equals comes to stand first */
		if (partial && st->rec[i].located)
			continue;			/* known to stand before what was scanned */
		m.next[i] = (size_t)(uintptr_t)hash_get(m.h, st->rec[i].key);
		hash_put(m.h, st->rec[i].key, (void *)(uintptr_t)(i + 1));
	}
	for (size_t i = 0; i < n; i++) {
		size_t	at = merge_take(&m, &x[i]);

		if (at != SIZE_MAX)
			merge_known(f, &st->rec[at], &x[i], modseq);
		else if (fill == NULL || fill(f, &x[i]) == 0) {
			fresh = true;
			if (x[i].uid == 0 && f->floor > st->uidnext)
				(void)merge_floor(f, f->floor);
			if ((rc = merge_new(f, &x[i], modseq)) != STORE_OK)
				goto out;
		}
	}
	for (size_t i = 0; !partial && i < old; i++)
		if (!m.seen[i]) {
			struct uidline	l = { .what = UIDLINE_GONE, .uid = st->rec[i].r.uid, .modseq = modseq, .token = st->rec[i].token };

			(void)uidlist_add(&f->ul, st, &l);
		}
	if (f->floor > st->uidnext)
		(void)merge_floor(f, f->floor);
	if (f->told > st->recent) {
		struct uidline	l = { .what = UIDLINE_RECENT, .uid = f->told };

		(void)uidlist_add(&f->ul, st, &l);
	}
	f->floor = f->told = 0;
	rc = fbox_commit(f, fresh);
	state_settle(st);
	f->generation = f->ul.generation;
out:
	if (rc != STORE_OK)
		uidlist_abandon(&f->ul);
	if (m.h != NULL)
		hash_free(&m.h);
	free(m.next);
	free(m.seen);
	return rc;
}
