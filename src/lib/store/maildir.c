/*
 * maildir - the Maildir driver: where mailboxes are (Maildir++), made, renamed and removed.
 *
 * The inbox is a Maildir; the mailbox A/B is the folder .A.B, beside the inbox's cur/ or in FolderPath, its name in
 * modified UTF-7 (RFC 3501 5.1.3).  A level may not hold a dot.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/enc.h"
#include "os/file.h"
#include "os/watch.h"
#include "store/maildir.h"

static int
maildir_init(struct store *s, const struct store_conf *c, struct err *err)
{
	if (c->inbox == NULL || c->inbox[0] != '/')
		return err_set(err, ERR_PERM, "store: the path of a Maildir must be absolute");
	(void)s;
	return 0;
}

static void
maildir_done(struct store *s)
{
	(void)s;
}

static const char *
maildir_root(const struct store *s)
{
	return s->folders != NULL ? s->folders : s->inbox;
}

/* Path of a mailbox's folder: -1 if the driver cannot hold the name. */
static int
maildir_path(struct store *s, struct str name, char *dst, size_t size)
{
	struct buf	b, coded;
	int		rc = -1;

	if (str_eq_c(name, "INBOX"))
		return str_copy(dst, size, str_c(s->inbox));
	if (str_chr(name, '.') != SIZE_MAX)
		return -1;
	buf_init(&b, size);
	buf_init(&coded, size);
	enc_utf7m(&coded, name);
	for (size_t i = 0; i < coded.n; i++)
		if (coded.p[i] == '/')
			coded.p[i] = '.';
	buf_addf(&b, "%s/.", maildir_root(s));
	buf_add(&b, buf_str(&coded));
	if (buf_ok(&b) && buf_ok(&coded) && coded.n < 250)
		rc = str_copy(dst, size, buf_str(&b));
	buf_done(&b);
	buf_done(&coded);
	return rc;
}

static bool
maildir_is(int root, const char *folder)
{
	struct stat	st;
	char		path[300];

	return snprintf(path, sizeof path, "%s/cur", folder) < (int)sizeof path && fstatat(root, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static enum store_rc
maildir_list(struct store *s, struct arena *a, struct store_box **out, size_t *n)
{
	struct store_box	*list = NULL;
	struct dirent		*e;
	struct buf		 b;
	size_t			 size = 0;
	DIR			*d;

	*out = NULL;
	*n = 0;
	if ((d = opendir(maildir_root(s))) == NULL)
		return errno == ENOENT ? STORE_OK : store_fail_sys(s, "list %s", maildir_root(s));
	buf_init(&b, 4096);
	while ((e = readdir(d)) != NULL) {
		struct str	name = str_c(e->d_name);

		if (name.n < 2 || name.p[0] != '.' || name.p[1] == '.' || name.n > 250 || !maildir_is(dirfd(d), e->d_name))
			continue;
		buf_clear(&b);
		for (size_t i = 1; i < name.n; i++)	/* levels first, '/' is not in the base64 of IMAP */
			e->d_name[i] = e->d_name[i] == '.' ? '/' : e->d_name[i];
		if (dec_utf7m(&b, str_from(name, 1)) == -1 || !store_name_ok(buf_str(&b)) || str_caseeq_c(buf_str(&b), "INBOX"))
			continue;
		if (*n == size) {
			struct store_box	*more = ARENA_ARRAY(a, struct store_box, size = size == 0 ? 64 : size * 2);

			if (*n > 0)
				memcpy(more, list, *n * sizeof *more);
			list = more;
		}
		list[(*n)++] = (struct store_box){ arena_str(a, buf_str(&b)), 0 };
	}
	closedir(d);
	buf_done(&b);
	*out = list;
	return STORE_OK;
}

/* cur/ comes last: with it the folder is a mailbox. */
static int
maildir_make(const char *path)
{
	static const char *const	subs[] = { "tmp", "new", "cur" };
	int				dir, rc = 0;

	if ((dir = fbox_mkdirs(path, 0700)) == -1)
		return -1;
	for (size_t i = 0; i < 3 && rc == 0; i++)
		if (mkdirat(dir, subs[i], 0700) == -1 && errno != EEXIST)
			rc = -1;
	if (rc == 0)
		rc = os_sync_dir(dir);
	close(dir);
	return rc;
}

static enum store_rc
maildir_create(struct store *s, struct str name)
{
	char		path[4096], mark[4200];
	struct stat	st;
	int		fd;

	if (maildir_path(s, name, path, sizeof path) == -1)
		return store_fail(s, STORE_NO, STORE_WHY_BAD, "a Maildir folder cannot have this name");
	if (snprintf(mark, sizeof mark, "%s/cur", path) < (int)sizeof mark && stat(mark, &st) == 0)
		return store_fail(s, STORE_NO, STORE_WHY_EXISTS, "the mailbox exists");
	if (maildir_make(path) == -1)
		return store_fail_sys(s, "create %s", path);
	if (snprintf(mark, sizeof mark, "%s/maildirfolder", path) < (int)sizeof mark &&
	    (fd = open(mark, O_WRONLY|O_CREAT|O_CLOEXEC|O_NOFOLLOW, 0600)) != -1)
		close(fd);
	return STORE_OK;
}

static enum store_rc
maildir_rename_all(struct store *s, struct str from, struct str to)
{
	struct store_box	*all;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	char			 src[4096], dst[4096];
	size_t			 n, moved = 0;
	enum store_rc		 rc;

	if ((rc = maildir_list(s, a, &all, &n)) == STORE_OK)
		for (size_t i = 0; i < n; i++)
			if (str_eq(all[i].name, to) || (str_starts(all[i].name, to) && all[i].name.p[to.n] == '/'))
				rc = store_fail(s, STORE_NO, STORE_WHY_EXISTS, "the mailbox exists");
	for (size_t i = 0; rc == STORE_OK && i < n; i++) {
		struct str	name = all[i].name;

		if (!str_starts(name, from) || (name.n > from.n && name.p[from.n] != '/'))
			continue;
		if (maildir_path(s, name, src, sizeof src) == -1 || maildir_path(s, arena_cat(a, to, str_from(name, from.n)), dst, sizeof dst) == -1)
			rc = store_fail(s, STORE_NO, STORE_WHY_BAD, "a Maildir folder cannot have this name");
		else if (rename(src, dst) == -1)
			rc = store_fail_sys(s, "rename %s", src);
		else
			moved++;
	}
	if (rc == STORE_OK && moved == 0)
		rc = store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
	arena_free(&a);
	return rc;
}

/* A folder that nobody looks at any more, with all in it: at most these two levels. */
static int
maildir_clear(int dir, unsigned depth)
{
	struct dirent	*e;
	DIR		*d;
	int		 fd, rc = 0;

	if ((fd = dup(dir)) == -1 || (d = fdopendir(fd)) == NULL)
		return -1;
	rewinddir(d);
	while ((e = readdir(d)) != NULL) {
		int	sub;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || unlinkat(dir, e->d_name, 0) == 0)
			continue;
		if (depth > 0 && (sub = openat(dir, e->d_name, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC)) != -1) {
			(void)maildir_clear(sub, depth - 1);
			close(sub);
		}
		if (unlinkat(dir, e->d_name, AT_REMOVEDIR) == -1)
			rc = -1;
	}
	closedir(d);
	return rc;
}

static enum store_rc
maildir_remove(struct store *s, struct str name)
{
	char	path[4096], aside[4200];
	int	dir;

	if (maildir_path(s, name, path, sizeof path) == -1)
		return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
	if (snprintf(aside, sizeof aside, "%s/..deleted.%ld", maildir_root(s), (long)getpid()) >= (int)sizeof aside || rename(path, aside) == -1)
		return errno == ENOENT ? store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox") : store_fail_sys(s, "remove %s", path);
	if ((dir = open(aside, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC)) != -1) {
		(void)maildir_clear(dir, 2);
		close(dir);
	}
	(void)rmdir(aside);
	return STORE_OK;
}

/* What writers that died left in tmp/, a day and a half old (the Maildir convention). */
static void
maildir_sweep(int dir)
{
	struct dirent	*e;
	struct stat	 st;
	time_t		 old = time(NULL) - 36 * 3600;
	int		 fd = openat(dir, "tmp", O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);
	DIR		*d = fd == -1 ? NULL : fdopendir(fd);

	if (d == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && os_mtime(&st).tv_sec < old)
			(void)unlinkat(fd, e->d_name, 0);
	closedir(d);
}

static enum store_rc
maildir_open(struct store *s, struct str name, struct box **out)
{
	struct maildir	*m;
	char		 path[4096], side[4200];
	bool		 inbox = str_eq_c(name, "INBOX");
	struct stat	 st;
	int		 fd, dir;

	if (maildir_path(s, name, path, sizeof path) == -1)
		return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
	if (snprintf(side, sizeof side, "%s/cur", path) >= (int)sizeof side)
		return store_fail(s, STORE_NO, STORE_WHY_BAD, "path of the mailbox is too long");
	if (stat(side, &st) == -1 && (!inbox || errno != ENOENT || maildir_make(path) == -1))
		return errno == ENOENT ? store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox") : store_fail_sys(s, "%s", path);
	if ((dir = open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC)) == -1)
		return store_fail_sys(s, "%s", path);
	snprintf(side, sizeof side, "%s/" FBOX_SIDE_MD, path);
	if ((fd = fbox_side(s, side, inbox)) == -1) {
		close(dir);
		return store_fail_sys(s, "%s", side);
	}
	if ((m = (struct maildir *)fbox_new(s, sizeof *m, path, fd, inbox)) == NULL) {
		close(dir);
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	}
	m->dir = dir;
	m->fd = -1;
	m->racy = true;
	m->f.validity = maildir_old_validity;
	maildir_sweep(dir);
	*out = &m->f.b;
	return STORE_OK;
}

static void
maildir_free(struct box *b)
{
	struct maildir	*m = (struct maildir *)b;

	if (m->fd != -1)
		close(m->fd);
	close(m->dir);
	fbox_done(&m->f);
	free(m);
}

static enum store_rc
maildir_settle(struct box *b)
{
	(void)b;			/* flags are in the names at once */
	return STORE_OK;
}

static int
maildir_watch(struct box *b, int watch)
{
	static const char *const	subs[] = { "new", "cur", FBOX_SIDE_MD };
	struct maildir			*m = (struct maildir *)b;
	char				 path[4096];

	for (size_t i = 0; i < sizeof subs / sizeof subs[0]; i++) {
		int	n = snprintf(path, sizeof path, "%s/%s", m->f.path, subs[i]);

		if (n < 0 || (size_t)n >= sizeof path || os_watch_add(watch, path) == -1)
			return -1;
	}
	return 0;
}

const struct store_ops store_maildir = {
	.name = "maildir", .caps = STORE_CAP_NEST, .init = maildir_init, .done = maildir_done, .list = maildir_list, .create = maildir_create,
	.rename = maildir_rename_all, .remove = maildir_remove, .subscribe = fbox_subscribe, .subscribed = fbox_subscribed,
	.open = maildir_open, .free = maildir_free, .refresh = maildir_refresh, .claim = maildir_claim, .read = maildir_read,
	.append = maildir_append, .copy = maildir_copy, .keyword = fbox_keyword, .flags = maildir_flags, .expunge = maildir_expunge, .settle = maildir_settle, .watch = maildir_watch,
};
