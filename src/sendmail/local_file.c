/*
 * local_file - deliver into a file: an address "/path", or a mailer with P=[FILE].
 *
 * Runs with the controlling user's rights.  The file is locked both ways while it is written; what could not be written whole is cut off again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "local_int.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/lock.h"

#define LOCAL_FILE_LOCK_MS	30000

static int
local_file_failed(struct buf *said, const char *path, const char *what)
{
	int	sys = errno;

	buf_addf(said, "%s: %s: %s\n", path, what, strerror(sys));
	return sys == ENOSPC || sys == EDQUOT || sys == EIO || sys == EMFILE || sys == ENFILE || sys == EINTR || sys == EAGAIN ? EXIT_TEMPFAIL : EXIT_CANTCREAT;
}

/* Nothing executable, no link, nothing but a file (or /dev/null). */
static int
local_file_check(int fd, const char *path, struct stat *st, struct buf *said)
{
	if (fstat(fd, st) == -1)
		return local_file_failed(said, path, "stat");
	if (S_ISCHR(st->st_mode) && strcmp(path, "/dev/null") == 0)
		return EXIT_OK;
	if (!S_ISREG(st->st_mode) || st->st_nlink != 1 || st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) {
		buf_addf(said, "%s: cannot deliver to it: %s\n", path, !S_ISREG(st->st_mode) ? "not a plain file" :
		    st->st_nlink != 1 ? "it has more than one name" : "it is a program");
		return EXIT_CANTCREAT;
	}
	return EXIT_OK;
}

static int
local_file_append(const struct local_job *j, int fd, const char *path, const struct stat *st, struct buf *said)
{
	struct err	e = ERR_INIT;

	if (S_ISREG(st->st_mode) && (os_flock(fd, OS_LOCK_EXCL, true) == -1 || os_fcntl_lock(fd, OS_LOCK_EXCL, LOCAL_FILE_LOCK_MS) == -1))
		return local_file_failed(said, path, "lock");
	off_t	end = lseek(fd, 0, SEEK_END);

	if (local_body_write(j, fd, true, &e) == 0 && (fsync(fd) == 0 || errno == EINVAL))
		return EXIT_OK;
	int	code = local_file_failed(said, path, "write");

	if (S_ISREG(st->st_mode) && end >= 0 && ftruncate(fd, end) == -1)
		buf_addf(said, "%s: a part of the message stays in it: %s\n", path, strerror(errno));
	return code;
}

/* With SafeFileEnvironment (`safe` not empty) below that folder, whatever the path says. */
static int
local_file_open(const char *path, const char *safe, mode_t mode)
{
	const int	flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int		dir, fd, sys;

	if (safe[0] == '\0')
		return open(path, flags, mode);
	if ((dir = open(safe, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	fd = os_open_below(dir, path + strspn(path, "/"), flags, mode);
	sys = errno;
	close(dir);
	errno = sys;
	return fd;
}

int
local_file(void *arg, struct buf *said)
{
	struct local_job	*j = arg;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct str		 addr = j->rcpt[0]->addr, safe = j->local->conf->opt.safe_file_environment;
	struct stat		 st;
	char			*path;
	int			 fd, code, mode = j->local->conf->opt.temp_file_mode;

	if (addr.n == 0 || addr.p[0] != '/' || str_has_nul(addr)) {
		buf_addf(said, "not a file name\n");
		return EXIT_DATAERR;
	}
	while (safe.n > 0 && safe.p[safe.n - 1] == '/')
		safe.n--;
	if (safe.n > 0 && str_starts(addr, safe) && addr.n > safe.n && addr.p[safe.n] == '/')
		addr = str_from(addr, safe.n);
	path = arena_cstr(a, addr);
	if ((fd = local_file_open(path, arena_cstr(a, safe), mode > 0 ? (mode_t)mode & 0666 : 0600)) == -1)
		return local_file_failed(said, path, safe.n > 0 ? "open below SafeFileEnvironment" : "open");
	os_fd_nonblock(fd, false);
	code = local_file_check(fd, path, &st, said);
	if (code == EXIT_OK)
		code = local_file_append(j, fd, path, &st, said);
	if (close(fd) == -1 && code == EXIT_OK)
		code = local_file_failed(said, path, "close");
	arena_free(&a);
	return code;
}
