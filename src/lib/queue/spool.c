/*
 * spool - queue files in crash-safe order.  See spool.h for the order, doc/spool.md for the states.
 *
 * Names come from qid_file alone, and every open is relative to the directory and refuses symbolic links, so a queue directory that
 * someone else could write to would still not lead elsewhere; spool_open refuses such a directory all the same.
 */
#include "queue/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/file.h"
#include "os/lock.h"
#include "queue/qfile.h"
#include "queue/qid.h"

static int
spool_sub(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

mode_t
spool_file_mode(int queue_file_mode)
{
	mode_t	mode = queue_file_mode > 0 ? (mode_t)queue_file_mode & 0777 : 0600;

	(void)umask(022 & ~mode);
	return mode;
}

struct spool_dir *
spool_open(const char *path, mode_t mode, struct err *e)
{
	struct spool_dir	*d = calloc(1, sizeof *d);
	struct stat		 st;

	if (d == NULL || (d->path = strdup(path)) == NULL) {
		free(d);
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	d->mode = mode;
	d->transcripts = true;
	if ((d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 || fstat(d->fd, &st) == -1) {
		err_sys(e, ERR_PERM, "queue directory %s", path);
		goto bad;
	}
	if (st.st_mode & S_IWOTH) {
		err_set(e, ERR_PERM, "queue directory %s: everybody may write to it", path);
		goto bad;
	}
	d->give = geteuid() == 0 && st.st_uid != 0;
	d->uid = st.st_uid;
	d->gid = st.st_gid;
	if ((d->qfd = spool_sub(d->fd, "qf")) == -1)
		d->qfd = d->fd;
	if ((d->dfd = spool_sub(d->fd, "df")) == -1)
		d->dfd = d->fd;
	return d;
bad:
	if (d->fd != -1)
		close(d->fd);
	free(d->path);
	free(d);
	return NULL;
}

void
spool_close(struct spool_dir **dp)
{
	struct spool_dir *d = *dp;

	if (d == NULL)
		return;
	if (d->qfd != d->fd)
		close(d->qfd);
	if (d->dfd != d->fd)
		close(d->dfd);
	close(d->fd);
	free(d->path);
	free(d);
	*dp = NULL;
}

static int
spool_dir_of(const struct spool_dir *d, char kind)
{
	return kind == 'd' ? d->dfd : d->qfd;
}

static int
spool_openat(const struct spool_dir *d, char kind, struct str id, int flags, struct err *e)
{
	char	name[QID_MAX];
	int	fd;

	if (!qid_valid(id) || qid_file(name, sizeof name, kind, id) == -1)
		return err_set(e, ERR_PERM, "not a queue id");
	fd = openat(spool_dir_of(d, kind), name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, d->mode);
	if (fd == -1)
		err_sys(e, ERR_TEMP, "%s/%s", d->path, name);
	else if ((flags & O_CREAT) != 0 && d->give)
		(void)!fchown(fd, d->uid, d->gid);
	return fd;
}

static void
spool_unlink(const struct spool_dir *d, char kind, struct str id)
{
	char	name[QID_MAX];

	if (qid_file(name, sizeof name, kind, id) == 0)
		unlinkat(spool_dir_of(d, kind), name, 0);
}

static bool
spool_exists(const struct spool_dir *d, char kind, struct str id)
{
	char		name[QID_MAX];
	struct stat	st;

	return qid_file(name, sizeof name, kind, id) == 0 && fstatat(spool_dir_of(d, kind), name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int
spool_df_create(const struct spool_dir *d, struct str id, int *fd, struct err *e)
{
	if (spool_exists(d, 'q', id) || spool_exists(d, 'h', id) || spool_exists(d, 'Q', id)) {
		err_set(e, ERR_TEMP, "%.*s: this queue id is in use", STR_ARG(id));
		e->sys = EEXIST;
		return -1;
	}
	*fd = spool_openat(d, 'd', id, O_RDWR | O_CREAT | O_EXCL, e);
	return *fd == -1 ? -1 : 0;
}

int
spool_df_size(const struct spool_dir *d, struct str id, uint64_t *size, struct err *e)
{
	char		name[QID_MAX];
	struct stat	st;

	if (!qid_valid(id) || qid_file(name, sizeof name, 'd', id) == -1)
		return err_set(e, ERR_PERM, "not a queue id");
	if (fstatat(d->dfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(e, ERR_TEMP, "%s/%s", d->path, name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_PERM, "%s/%s: not a file", d->path, name);
	*size = (uint64_t)st.st_size;
	return 0;
}

int
spool_df_open(const struct spool_dir *d, struct str id, int *fd, uint64_t *size, struct err *e)
{
	struct stat	st;

	if ((*fd = spool_openat(d, 'd', id, O_RDONLY, e)) == -1)
		return -1;
	if (fstat(*fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(*fd);
		*fd = -1;
		return err_set(e, ERR_PERM, "%s/df%.*s: not a file", d->path, STR_ARG(id));
	}
	*size = (uint64_t)st.st_size;
	return 0;
}

/* A new file with this content, not synced; *fd stays open (locked if asked for). */
static int
spool_put(const struct spool_dir *d, char kind, struct str id, struct str content, bool lock, int *fd, struct err *e)
{
	if ((*fd = spool_openat(d, kind, id, O_RDWR | O_CREAT | O_EXCL, e)) == -1)
		return -1;
	if ((!lock || os_flock(*fd, OS_LOCK_EXCL, false) == 0) && os_write_all(*fd, content) == 0)
		return 0;
	err_sys(e, ERR_TEMP, "write %s/%cf%.*s", d->path, kind, STR_ARG(id));
	close(*fd);
	*fd = -1;
	spool_unlink(d, kind, id);
	return -1;
}

static int
spool_copy(int from, int to, const char *path, struct err *e)
{
	char	 b[32768];
	off_t	 at = 0;
	ssize_t	 n;

	while ((n = pread(from, b, sizeof b, at)) > 0) {
		if (os_write_all(to, str_mem(b, (size_t)n)) == -1)
			return err_sys(e, ERR_TEMP, "write df in %s", path);
		at += n;
	}
	return n == 0 ? 0 : err_sys(e, ERR_TEMP, "read content");
}

/* The image goes last; without it a df that we made goes, too. */
static int
spool_put_image(const struct spool_dir *d, struct str id, struct str image, bool made, int *lock, struct err *e)
{
	if (spool_exists(d, 'q', id))
		return err_set(e, ERR_TEMP, "%.*s: this queue id is in use", STR_ARG(id));
	if (spool_put(d, 't', id, image, true, lock, e) == 0)
		return 0;
	if (made)
		spool_unlink(d, 'd', id);
	return -1;
}

int
spool_write(const struct spool_dir *d, struct str id, struct str content, struct str image, int *lock, struct err *e)
{
	int	fd;

	if (spool_exists(d, 'q', id) || spool_exists(d, 't', id))
		return err_set(e, ERR_TEMP, "%.*s: this queue id is in use", STR_ARG(id));
	if (content.p != NULL) {
		if (spool_put(d, 'd', id, content, false, &fd, e) == -1)
			return -1;
		close(fd);
	}
	return spool_put_image(d, id, image, content.p != NULL, lock, e);
}

int
spool_write_from(const struct spool_dir *d, struct str id, int content, struct str image, int *lock, struct err *e)
{
	int	fd;

	if (spool_df_create(d, id, &fd, e) == -1)
		return -1;
	if (spool_copy(content, fd, d->path, e) == -1) {
		close(fd);
		spool_unlink(d, 'd', id);
		return -1;
	}
	close(fd);
	return spool_put_image(d, id, image, true, lock, e);
}

int
spool_write_link(const struct spool_dir *d, struct str id, const struct spool_dir *of, struct str df_of, struct str image, int *lock, struct err *e)
{
	char	from[QID_MAX], to[QID_MAX];

	if (!qid_valid(id) || !qid_valid(df_of) || qid_file(from, sizeof from, 'd', df_of) == -1 || qid_file(to, sizeof to, 'd', id) == -1)
		return err_set(e, ERR_PERM, "not a queue id");
	if (linkat(of->dfd, from, d->dfd, to, 0) == -1)
		return err_sys(e, ERR_TEMP, "link %s/%s to %s/%s", of->path, from, d->path, to);
	return spool_put_image(d, id, image, true, lock, e);
}

int
spool_copy_df(const struct spool_dir *from, const struct spool_dir *to, struct str id, struct err *e)
{
	uint64_t	size;
	int		in, out, rc = -1;

	if (spool_df_open(from, id, &in, &size, e) == -1)
		return -1;
	spool_unlink(to, 'd', id);
	if ((out = spool_openat(to, 'd', id, O_RDWR | O_CREAT | O_EXCL, e)) != -1) {
		if (spool_copy(in, out, to->path, e) == 0)
			rc = fsync(out) == 0 && os_sync_dir(to->dfd) == 0 ? 0 : err_sys(e, ERR_TEMP, "sync df in %s", to->path);
		close(out);
		if (rc == -1)
			spool_unlink(to, 'd', id);
	}
	close(in);
	return rc;
}

void
spool_remove_df(const struct spool_dir *d, struct str id)
{
	spool_unlink(d, 'd', id);
}

void
spool_df_bad(const struct spool_dir *d, struct str id)
{
	char	bad[QID_MAX + 12], name[QID_MAX];

	if (!qid_valid(id) || qid_file(name, sizeof name, 'd', id) == -1)
		return;
	(void)snprintf(bad, sizeof bad, "journal.bad.%s", name);
	(void)renameat(d->dfd, name, d->dfd, bad);
}

int
spool_move_df(const struct spool_dir *from, const struct spool_dir *to, struct str id, struct err *e)
{
	char	name[QID_MAX];

	if (!qid_valid(id) || qid_file(name, sizeof name, 'd', id) == -1)
		return err_set(e, ERR_PERM, "not a queue id");
	if (linkat(from->dfd, name, to->dfd, name, 0) == -1)
		return err_sys(e, ERR_TEMP, "link %s/%s to %s", from->path, name, to->path);
	(void)unlinkat(from->dfd, name, 0);
	return 0;
}

static int
spool_sync_file(const struct spool_dir *d, char kind, struct str id, struct err *e)
{
	int	fd = spool_openat(d, kind, id, O_RDONLY, e);

	if (fd == -1)
		return -1;
	if (fdatasync(fd) == -1) {	/* its length and place included, its times not */
		err_sys(e, ERR_TEMP, "sync %s/%cf%.*s", d->path, kind, STR_ARG(id));
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int
spool_move(const struct spool_dir *d, struct str id, char from, char to, struct err *e)
{
	char	a[QID_MAX], b[QID_MAX];

	if (!qid_valid(id) || qid_file(a, sizeof a, from, id) == -1 || qid_file(b, sizeof b, to, id) == -1)
		return err_set(e, ERR_PERM, "not a queue id");
	if (renameat(d->qfd, a, d->qfd, b) == -1)
		return err_sys(e, ERR_TEMP, "rename %s/%s to %s", d->path, a, b);
	return 0;
}

int
spool_commit(const struct spool_dir *d, struct str id, bool df, char kind, struct err *e)
{
	if ((df && spool_sync_file(d, 'd', id, e) == -1) || spool_sync_file(d, 't', id, e) == -1)
		return -1;
	return spool_move(d, id, 't', kind, e);
}

int
spool_sync_dir(const struct spool_dir *d, struct err *e)
{
	if (os_sync_dir(d->qfd) == -1 || (d->dfd != d->qfd && os_sync_dir(d->dfd) == -1))
		return err_sys(e, ERR_TEMP, "sync queue directory %s", d->path);
	return 0;
}

void
spool_write_soon(const struct spool_dir *d, struct str id)
{
	int	fd = spool_openat(d, 'd', id, O_RDONLY, NULL);

	if (fd == -1)
		return;
	os_write_soon(fd);
	close(fd);
}

void
spool_abort_image(const struct spool_dir *d, struct str id)
{
	spool_unlink(d, 't', id);	/* first: a helper of a process that died can no longer make it a qf */
	spool_unlink(d, 'q', id);
	spool_unlink(d, 'h', id);
}

void
spool_abort(const struct spool_dir *d, struct str id)
{
	spool_abort_image(d, id);
	spool_unlink(d, 'd', id);
}

bool
spool_in_use(const struct spool_dir *d, struct str id)
{
	return spool_exists(d, 'q', id) || spool_exists(d, 'd', id);
}

int
spool_rewrite(const struct spool_dir *d, struct str id, struct str image, int *lock, struct err *e)
{
	spool_unlink(d, 't', id);	/* we hold the lock of the qf: a tf is of a process that died */
	return spool_put(d, 't', id, image, true, lock, e);
}

int
spool_replace(const struct spool_dir *d, struct str id, struct str image, int *lock, struct err *e)
{
	int	fd;

	if (spool_rewrite(d, id, image, &fd, e) == -1)
		return -1;
	if (fsync(fd) == -1) {
		err_sys(e, ERR_TEMP, "sync %s/tf%.*s", d->path, STR_ARG(id));
		goto bad;
	}
	if (spool_move(d, id, 't', 'q', e) == -1)
		goto bad;
	if (*lock != -1)
		close(*lock);
	*lock = fd;
	return spool_sync_dir(d, e);
bad:
	spool_unlink(d, 't', id);
	close(fd);
	return -1;
}

int
spool_remove_image(const struct spool_dir *d, struct str id, char kind, struct err *e)
{
	char	name[QID_MAX];

	if (!qid_valid(id) || qid_file(name, sizeof name, kind, id) == -1)
		return err_set(e, ERR_PERM, "not a queue id");
	spool_unlink(d, 't', id);	/* of a process that died, whose helper may be about to give it the name of the qf */
	if (unlinkat(d->qfd, name, 0) == -1 && errno != ENOENT)
		return err_sys(e, ERR_TEMP, "remove %s/%s", d->path, name);
	if (d->transcripts)
		spool_unlink(d, 'x', id);
	return 0;
}

int
spool_remove(const struct spool_dir *d, struct str id, char kind, struct err *e)
{
	if (spool_remove_image(d, id, kind, e) == -1)
		return -1;
	spool_unlink(d, 'd', id);
	return 0;
}

int
spool_rename(const struct spool_dir *d, struct str id, char from, char to, struct err *e)
{
	if (spool_move(d, id, from, to, e) == -1)
		return -1;
	return spool_sync_dir(d, e);
}

bool
spool_is_named(const struct spool_dir *d, struct str id, char kind, int lock)
{
	struct stat	mine, named;
	char		name[QID_MAX];

	return qid_file(name, sizeof name, kind, id) == 0 && fstat(lock, &mine) == 0 &&
	    fstatat(d->qfd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && os_same_file(&mine, &named);
}

int
spool_lock(const struct spool_dir *d, struct str id, char kind, int *lock, struct err *e)
{
	/* One that a sendmail left may be root's, and only readable for us; nothing is written to it, and flock does not mind. */
	if ((*lock = spool_openat(d, kind, id, O_RDWR, e)) == -1 && errno == EACCES && (*lock = spool_openat(d, kind, id, O_RDONLY, e)) != -1)
		err_clear(e);
	if (*lock == -1)
		return errno == ENOENT ? 1 : -1;
	/* Rewritten or removed while we came: the name no longer means our file. */
	if (os_flock(*lock, OS_LOCK_EXCL, false) == 0 && spool_is_named(d, id, kind, *lock))
		return 0;
	close(*lock);
	*lock = -1;
	return 1;
}

int
spool_read(int lock, struct buf *text, bool *trusted, struct err *e)
{
	struct stat	st;

	if (fstat(lock, &st) == -1 || lseek(lock, 0, SEEK_SET) == -1)
		return err_sys(e, ERR_TEMP, "queue file");
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > QF_TEXT_MAX)
		return err_set(e, ERR_PERM, "not a queue file, or too long a one");
	*trusted = (st.st_uid == 0 || st.st_uid == geteuid()) && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
	if (os_read_file(lock, text) == -1)
		return err_sys(e, ERR_TEMP, "read queue file");
	return 0;
}

int
spool_peek(const struct spool_dir *d, struct str id, char kind, char *dst, size_t size, size_t *n)
{
	int	fd = spool_openat(d, kind, id, O_RDONLY, NULL);
	ssize_t	r;

	if (fd == -1)
		return -1;
	r = os_read_full(fd, dst, size);
	close(fd);
	if (r == -1)
		return -1;
	*n = (size_t)r;
	return 0;
}
