/*
 * path - is a file, and the way to it, safe to believe?
 *
 * What can be judged after opening is judged on the descriptor, so nothing can be
 * swapped in between; a file is truncated only once it has passed.  Folders are judged
 * on the real path, from the root down: whoever may write to one of them may replace
 * all below it.  A sticky folder lets nobody replace what others own; whether that makes
 * it safe the caller says.
 */
#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/fd.h"

#ifndef PATH_MAX
#define PATH_MAX	4096
#endif

static bool
path_owner_ok(uid_t is, uid_t owner, unsigned allow)
{
	return is == 0 || is == owner || is == geteuid() || (allow & OS_SAFE_ANYOWNER);
}

/* May only its owner put things there? */
static bool
path_dir_is_safe(const struct stat *st, unsigned allow)
{
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0 || ((st->st_mode & S_ISVTX) && (allow & OS_SAFE_STICKY)))
		return true;
	return (st->st_mode & S_IWOTH) == 0 && (allow & OS_SAFE_GROUPDIR);
}

static int
path_check_dir(const char *dir, uid_t owner, unsigned allow, struct err *e)
{
	struct stat	st;

	if (lstat(dir, &st) == -1)
		return err_sys(e, errno == ENOENT ? ERR_PERM : ERR_TEMP, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_PERM, "%s: not a folder", dir);
	if (!path_owner_ok(st.st_uid, owner, allow))
		return err_set(e, ERR_PERM, "%s: folder belongs to user %ld", dir, (long)st.st_uid);
	if (path_dir_is_safe(&st, allow))
		return 0;
	if ((st.st_mode & S_IWOTH) && !(allow & OS_SAFE_DIRWORLD))
		return err_set(e, ERR_PERM, "%s: folder is world writable", dir);
	if ((st.st_mode & S_IWGRP) && !(allow & OS_SAFE_DIRGROUP))
		return err_set(e, ERR_PERM, "%s: folder is group writable", dir);
	return 0;
}

/* Each folder of the absolute path `dir`, the root first. */
static int
path_check_all(char *dir, uid_t owner, unsigned allow, struct err *e)
{
	if (path_check_dir("/", owner, allow, e) == -1)
		return -1;
	for (char *p = dir + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (path_check_dir(dir, owner, allow, e) == -1)
			return -1;
		*p = '/';
	}
	return dir[1] == '\0' ? 0 : path_check_dir(dir, owner, allow, e);
}

int
os_path_safe(const char *path, uid_t owner, unsigned allow, struct err *e)
{
	char		 dir[PATH_MAX], *real;
	struct str	 s = str_c(path);
	size_t		 slash = str_rchr(s, '/');
	int		 rc;

	s = slash == SIZE_MAX ? STR(".") : str_first(s, slash == 0 ? 1 : slash);
	if (str_copy(dir, sizeof dir, s) == -1)
		return err_set(e, ERR_PERM, "%s: name too long", path);
	if ((real = realpath(dir, NULL)) == NULL)
		return err_sys(e, errno == ENOENT ? ERR_PERM : ERR_TEMP, "%s", dir);
	rc = path_check_all(real, owner, allow, e);
	free(real);
	return rc;
}

static int
path_check_file(const char *path, const struct stat *st, uid_t owner, unsigned allow, struct err *e)
{
	if (!S_ISREG(st->st_mode) && !(allow & OS_SAFE_NOTREG))
		return err_set(e, ERR_PERM, "%s: not a plain file", path);
	if (S_ISREG(st->st_mode) && st->st_nlink > 1 && !(allow & (OS_SAFE_LINK | OS_SAFE_LINKSAFE)))
		return err_set(e, ERR_PERM, "%s: has %lu links", path, (unsigned long)st->st_nlink);
	if (!path_owner_ok(st->st_uid, owner, allow))
		return err_set(e, ERR_PERM, "%s: belongs to user %ld", path, (long)st->st_uid);
	if (!S_ISREG(st->st_mode))
		return 0;		/* /dev/null is world writable */
	if ((st->st_mode & S_IWOTH) && !(allow & OS_SAFE_WORLDWRITE))
		return err_set(e, ERR_PERM, "%s: world writable", path);
	if ((st->st_mode & S_IWGRP) && !(allow & OS_SAFE_GROUPWRITE))
		return err_set(e, ERR_PERM, "%s: group writable", path);
	return 0;
}

/* Does the path stand in a folder where only its owner makes links? */
static bool
path_link_is_safe(const char *path, unsigned allow)
{
	char		dir[PATH_MAX];
	struct stat	st;
	struct str	s = str_c(path);
	size_t		slash = str_rchr(s, '/');

	s = slash == SIZE_MAX ? STR(".") : str_first(s, slash == 0 ? 1 : slash);
	return str_copy(dir, sizeof dir, s) == 0 && stat(dir, &st) == 0 && path_dir_is_safe(&st, allow);
}

int
os_open_safe(const char *path, int flags, mode_t mode, uid_t owner, unsigned allow, struct stat *st, struct err *e)
{
	int		how = (flags & ~O_TRUNC) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat	own;
	int		fd;

	if (st == NULL)
		st = &own;
	if (!(allow & OS_SAFE_NOPATH) && os_path_safe(path, owner, allow, e) == -1)
		return -1;
	if (!(allow & OS_SAFE_LINK) && !((allow & OS_SAFE_LINKSAFE) && path_link_is_safe(path, allow)))
		how |= O_NOFOLLOW;
	if ((fd = open(path, how, mode)) == -1) {
		if (errno == ELOOP || errno == EMLINK)
			return err_set(e, ERR_PERM, "%s: is a symbolic link", path);
		return err_sys(e, errno == ENOENT || errno == EACCES || errno == ENOTDIR ? ERR_PERM :
		    ERR_TEMP, "%s", path);
	}
	if (fstat(fd, st) == -1) {
		err_sys(e, ERR_TEMP, "%s", path);
		goto bad;
	}
	if (path_check_file(path, st, owner, allow, e) == -1)
		goto bad;
	if ((flags & O_TRUNC) && S_ISREG(st->st_mode) && ftruncate(fd, 0) == -1) {
		err_sys(e, ERR_TEMP, "truncate %s", path);
		goto bad;
	}
	if (!(flags & O_NONBLOCK) && os_fd_nonblock(fd, false) == -1) {
		err_sys(e, ERR_TEMP, "%s", path);
		goto bad;
	}
	return fd;
bad:
	close(fd);
	return -1;
}

#ifdef O_PATH
#define PATH_STEP	O_PATH		/* a folder that may be passed, but not read */
#elif defined O_SEARCH
#define PATH_STEP	O_SEARCH
#else
#define PATH_STEP	O_RDONLY
#endif

int
os_open_below(int dirfd, const char *path, int flags, mode_t mode)
{
	int	at = dirfd, fd = -1, sys;

	for (;;) {
		char		part[NAME_MAX + 1];
		size_t		n = strcspn(path, "/"), more = strspn(path + n, "/");
		struct str	name = str_mem(path, n);
		bool		last = path[n + more] == '\0';

		if (str_copy(part, sizeof part, name) == -1)
			errno = ENAMETOOLONG;
		else if (strcmp(part, "..") == 0)
			errno = EACCES;
		else if (last && more > 0)
			errno = EISDIR;
		else if (last)
			fd = openat(at, part, flags | O_CLOEXEC | O_NOFOLLOW, mode);
		else if (n == 0 || strcmp(part, ".") == 0)
			fd = at;
		else
			fd = openat(at, part, PATH_STEP | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		sys = errno;
		if (at != dirfd && at != fd)
			close(at);
		errno = sys;
		if (last || fd == -1)
			return fd;
		at = fd;
		fd = -1;
		path += n + more;
	}
}
