/*
 * mbox - the mbox driver: where mailboxes are, made, renamed and removed.
 *
 * The inbox is a file of its own; the mailbox A/B is the file A/B in FolderPath.  A level that has mailboxes below it is a folder, and so holds no
 * messages itself.  Names that begin with a dot, and side folders, are not mailboxes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "os/watch.h"
#include "store/mbox.h"

#define MBOX_DEPTH	16u

static int
mbox_init(struct store *s, const struct store_conf *c, struct err *err)
{
	if (c->inbox == NULL || c->inbox[0] != '/')
		return err_set(err, ERR_PERM, "store: the path of an mbox must be absolute");
	(void)s;
	return 0;
}

static void
mbox_done(struct store *s)
{
	(void)s;
}

/* -1: no mailbox of this driver can have this name. */
static int
mbox_path(struct store *s, struct str name, char *dst, size_t size)
{
	struct str	rest = name, level;
	int		n;

	if (str_eq_c(name, "INBOX"))
		return str_copy(dst, size, str_c(s->inbox));
	if (s->folders == NULL)
		return -1;
	while (str_split(&rest, '/', &level))
		if (level.p[0] == '.' || str_ends(level, STR(".lock")))
			return -1;
	n = snprintf(dst, size, "%s/%.*s", s->folders, STR_ARG(name));
	return n < 0 || (size_t)n >= size ? -1 : 0;
}

struct mbox_list {
	struct arena		*a;
	struct store_box	*list;
	size_t			 n, size;
};

static void
mbox_list_add(struct mbox_list *l, struct str name, unsigned attr)
{
	if (l->n == l->size) {
		struct store_box	*more = ARENA_ARRAY(l->a, struct store_box, l->size = l->size == 0 ? 64 : l->size * 2);

		if (l->n > 0)
			memcpy(more, l->list, l->n * sizeof *more);
		l->list = more;
	}
	l->list[l->n++] = (struct store_box){ arena_str(l->a, name), attr };
}

/* One folder and those below it; symbolic links are not followed. */
static int
mbox_walk(struct mbox_list *l, int dir, struct str prefix, unsigned depth)
{
	struct dirent	*e;
	struct stat	 st;
	DIR		*d;
	int		 fd;

	if ((d = fdopendir(dir)) == NULL) {
		close(dir);
		return -1;
	}
	while ((e = readdir(d)) != NULL) {
		struct str	name = str_c(e->d_name);

		if (name.p[0] == '.' || str_ends(name, STR(".lock")) || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (prefix.n > 0)
			name = arena_fmt(l->a, "%.*s/%s", STR_ARG(prefix), e->d_name);
		else
			name = arena_str(l->a, name);
		if (!store_name_ok(name) || (str_caseeq_c(name, "INBOX") && !str_eq_c(name, "INBOX")))
			continue;
		if (S_ISREG(st.st_mode) && !str_eq_c(name, "INBOX"))	/* the inbox is elsewhere, but may have mailboxes below it here */
			mbox_list_add(l, name, 0);
		else if (S_ISDIR(st.st_mode) && depth > 0 && (fd = openat(dirfd(d), e->d_name, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC)) != -1) {
			mbox_list_add(l, name, STORE_BOX_NOSELECT);
			(void)mbox_walk(l, fd, name, depth - 1);
		}
	}
	closedir(d);
	return 0;
}

static enum store_rc
mbox_list(struct store *s, struct arena *a, struct store_box **out, size_t *n)
{
	struct mbox_list	l = { .a = a };
	int			fd;

	*out = NULL;
	*n = 0;
	if (s->folders == NULL)
		return STORE_OK;
	if ((fd = open(s->folders, O_RDONLY|O_DIRECTORY|O_CLOEXEC)) == -1)
		return errno == ENOENT ? STORE_OK : store_fail_sys(s, "list %s", s->folders);
	if (mbox_walk(&l, fd, STR(""), MBOX_DEPTH) == -1)
		return store_fail_sys(s, "list %s", s->folders);
	*out = l.list;
	*n = l.n;
	return STORE_OK;
}

/* The folder in which `path` stands, made if it is missing. */
static int
mbox_parent(char *path)
{
	char	*slash = strrchr(path, '/');
	int	 fd;

	*slash = '\0';
	fd = fbox_mkdirs(path, 0700);
	*slash = '/';
	return fd;
}

static enum store_rc
mbox_create(struct store *s, struct str name)
{
	char	path[4096];
	int	dir, fd;

	if (mbox_path(s, name, path, sizeof path) == -1)
		return store_fail(s, STORE_NO, STORE_WHY_BAD, "an mbox cannot have this name");
	if ((dir = mbox_parent(path)) == -1)
		return errno == ENOTDIR || errno == EEXIST ?
		    store_fail(s, STORE_NO, STORE_WHY_BAD, "a mailbox with messages has no mailboxes below it") : store_fail_sys(s, "create %s", path);
	fd = open(path, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC|O_NOFOLLOW, 0600);
	if (fd == -1 || fsync(fd) == -1 || os_sync_dir(dir) == -1) {
		enum store_rc	rc = store_fail_sys(s, "create %s", path);

		if (fd != -1)
			close(fd);
		close(dir);
		return rc;
	}
	close(fd);
	close(dir);
	return STORE_OK;
}

/* What stands beside a mailbox goes where it goes. */
static void
mbox_side_rename(const char *from, const char *to)
{
	char	src[4200], dst[4200];
	int	fd;

	if (fbox_side_path(src, sizeof src, from) == -1 || fbox_side_path(dst, sizeof dst, to) == -1)
		return;
	*strrchr(dst, '/') = '\0';
	if ((fd = fbox_mkdirs(dst, 0700)) != -1)
		close(fd);
	dst[strlen(dst)] = '/';
	(void)rename(src, dst);
}

static enum store_rc
mbox_rename(struct store *s, struct str from, struct str to)
{
	char		src[4096], dst[4096];
	struct stat	st;
	int		dir;

	if (mbox_path(s, to, dst, sizeof dst) == -1)
		return store_fail(s, STORE_NO, STORE_WHY_BAD, "an mbox cannot have this name");
	if (mbox_path(s, from, src, sizeof src) == -1 || lstat(src, &st) == -1)
		return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
	if (lstat(dst, &st) == 0)
		return store_fail(s, STORE_NO, STORE_WHY_EXISTS, "the mailbox exists");
	if ((dir = mbox_parent(dst)) == -1)
		return errno == ENOTDIR || errno == EEXIST ?
		    store_fail(s, STORE_NO, STORE_WHY_BAD, "a mailbox with messages has no mailboxes below it") : store_fail_sys(s, "rename to %s", dst);
	mbox_side_rename(src, dst);		/* first: uids without a file are nothing, a file without uids gets new ones */
	if (rename(src, dst) == -1) {
		enum store_rc	rc = store_fail_sys(s, "rename %s", src);

		mbox_side_rename(dst, src);
		close(dir);
		return rc;
	}
	(void)os_sync_dir(dir);
	close(dir);
	return STORE_OK;
}

static void
mbox_side_remove(const char *path)
{
	static const char *const	files[] = { "uidlist", "uidlist.new", "uidlist.bad", "lock", "undo" };
	char				side[4200];
	int				fd;

	if (fbox_side_path(side, sizeof side, path) == -1 || (fd = open(side, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC)) == -1)
		return;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		unlinkat(fd, files[i], 0);
	close(fd);
	(void)rmdir(side);
}

static enum store_rc
mbox_remove(struct store *s, struct str name)
{
	char		path[4096];
	struct stat	st;
	int		rc;

	if (mbox_path(s, name, path, sizeof path) == -1 || lstat(path, &st) == -1)
		return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
	if (S_ISDIR(st.st_mode)) {
		char	side[4200];

		if (snprintf(side, sizeof side, "%s/" FBOX_SIDE, path) < (int)sizeof side)
			(void)rmdir(side);		/* empty by now, or there are mailboxes */
		rc = rmdir(path);
		if (rc == -1 && (errno == ENOTEMPTY || errno == EEXIST))
			return store_fail(s, STORE_NO, STORE_WHY_DENIED, "there are mailboxes below it");
	} else
		rc = unlink(path);
	if (rc == -1)
		return store_fail_sys(s, "remove %s", path);
	mbox_side_remove(path);
	return STORE_OK;
}

static enum store_rc
mbox_open(struct store *s, struct str name, struct box **out)
{
	struct mbox	*m;
	struct stat	 st;
	char		 path[4096], side[4200];
	bool		 inbox = str_eq_c(name, "INBOX");
	int		 fd;

	if (mbox_path(s, name, path, sizeof path) == -1)
		return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
	if (lstat(path, &st) == -1) {
		if (!inbox && errno == ENOENT)
			return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
		if (errno != ENOENT)
			return store_fail_sys(s, "%s", path);
	} else if (!S_ISREG(st.st_mode))
		return store_fail(s, STORE_NO, S_ISDIR(st.st_mode) && !inbox ? STORE_WHY_NOSUCH : STORE_WHY_BAD, "%s is not a plain file", path);
	if (fbox_side_path(side, sizeof side, path) == -1)
		return store_fail(s, STORE_NO, STORE_WHY_BAD, "path of the mailbox is too long");
	if ((fd = fbox_side(s, side, inbox)) == -1)
		return store_fail_sys(s, "%s", side);
	if ((m = (struct mbox *)fbox_new(s, sizeof *m, path, fd, inbox)) == NULL)
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	m->fd = -1;
	*out = &m->f.b;
	return STORE_OK;
}

static void
mbox_free(struct box *b)
{
	struct mbox	*m = (struct mbox *)b;

	mbox_unlock(m);
	if (m->fd != -1)
		close(m->fd);
	fbox_done(&m->f);
	free(m);
}

/* The file, which deliveries write, and the side folder, where sessions do. */
static int
mbox_watch(struct box *b, int watch)
{
	struct mbox	*m = (struct mbox *)b;
	char		 side[4096];

	if (fbox_side_path(side, sizeof side, m->f.path) == -1 || os_watch_add(watch, side) == -1)
		return -1;
	return os_watch_add(watch, m->f.path);
}

const struct store_ops store_mbox = {
	.name = "mbox", .caps = 0, .init = mbox_init, .done = mbox_done, .list = mbox_list, .create = mbox_create, .rename = mbox_rename,
	.remove = mbox_remove, .subscribe = fbox_subscribe, .subscribed = fbox_subscribed, .open = mbox_open, .free = mbox_free,
	.refresh = mbox_refresh, .claim = mbox_claim, .read = mbox_read, .append = mbox_append, .copy = mbox_copy, .keyword = fbox_keyword, .flags = mbox_flags,
	.expunge = mbox_expunge, .settle = mbox_settle, .watch = mbox_watch,
};
