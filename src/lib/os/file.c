/*
 * file - reading, replacing and looking at files.
 */
#include "os/file.h"

#include "os_conf.h"

#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __FreeBSD__
#include <sys/sysctl.h>
#endif

#include "base/arena.h"
#include "base/buf.h"
#include "os/fd.h"
#include "os/load.h"

int
os_sync_dir(int dirfd)
{
	if (fsync(dirfd) == 0 || errno == EINVAL)	/* EINVAL: file systems that do it by themselves */
		return 0;
	return -1;
}

int
os_slurp(const char *path, struct arena *m, size_t max, struct str *out, struct err *e)
{
	struct buf	b;
	int		fd, rc = -1;

	if ((fd = open(path, O_RDONLY|O_CLOEXEC)) == -1)
		return err_sys(e, errno == ENOENT || errno == EACCES ? ERR_PERM : ERR_TEMP, "%s", path);
	buf_init(&b, max);
	if (os_read_file(fd, &b) == -1) {
		err_sys(e, errno == EFBIG ? ERR_PERM : ERR_TEMP, "read %s", path);
		goto out;
	}
	*out = arena_str(m, buf_str(&b));
	if (str_is_none(*out)) {
		err_set(e, ERR_TEMP, "read %s: out of memory", path);
		goto out;
	}
	rc = 0;
out:
	buf_done(&b);
	close(fd);
	return rc;
}

/* "folder/.name.random" beside path; dir gets the folder. */
static int
file_temp_name(const char *path, char *dir, char *tmp, size_t size)
{
	const char	*slash = strrchr(path, '/');
	uint64_t	 salt;
	int		 n, m;

	os_random(&salt, sizeof salt);
	if (slash == NULL) {
		n = snprintf(dir, size, ".");
		m = snprintf(tmp, size, ".%s.%016llx", path, (unsigned long long)salt);
	} else {
		n = snprintf(dir, size, "%.*s", (int)(slash == path ? 1 : slash - path), path);
		m = snprintf(tmp, size, "%.*s/.%s.%016llx", (int)(slash - path), path, slash + 1,
		    (unsigned long long)salt);
	}
	return n < 0 || m < 0 || (size_t)n >= size || (size_t)m >= size ? -1 : 0;
}

int
os_replace(const char *path, struct str content, mode_t mode, struct err *e)
{
	char	dir[4096], tmp[4096];
	int	fd = -1, dfd = -1, rc = -1;

	if (file_temp_name(path, dir, tmp, sizeof tmp) == -1)
		return err_set(e, ERR_PERM, "%s: name too long", path);
	if ((dfd = open(dir, O_RDONLY|O_DIRECTORY|O_CLOEXEC)) == -1)
		return err_sys(e, ERR_TEMP, "open %s", dir);
	if ((fd = open(tmp, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC|O_NOFOLLOW, 0600)) == -1) {
		err_sys(e, ERR_TEMP, "create %s", tmp);
		goto out;
	}
	if (os_write_all(fd, content) == -1 || fchmod(fd, mode) == -1 || fsync(fd) == -1) {
		err_sys(e, ERR_TEMP, "write %s", tmp);
		goto gone;
	}
	rc = close(fd);
	fd = -1;
	if (rc == -1 || rename(tmp, path) == -1) {
		rc = err_sys(e, ERR_TEMP, "install %s", path);
		goto gone;
	}
	if (os_sync_dir(dfd) == -1)
		rc = err_sys(e, ERR_TEMP, "sync %s", dir);
	goto out;
gone:
	unlink(tmp);
out:
	if (fd != -1)
		close(fd);
	close(dfd);
	return rc;
}

bool
os_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

struct timespec
os_mtime(const struct stat *st)
{
#ifdef HAVE_ST_MTIM
	return st->st_mtim;
#else
	return (struct timespec){ .tv_sec = st->st_mtime };
#endif
}

int
os_fs_free(int dirfd, uint64_t *blocks, uint64_t *bsize, uint64_t *inodes)
{
	struct statvfs	v;

	if (fstatvfs(dirfd, &v) == -1)
		return -1;
	*blocks = (uint64_t)v.f_bavail;
	*bsize = (uint64_t)(v.f_frsize > 0 ? v.f_frsize : v.f_bsize);
	*inodes = (uint64_t)v.f_favail;
	return 0;
}

int
os_fs_free_at(const char *path, uint64_t *blocks, uint64_t *bsize)
{
	struct statvfs	v;

	if (statvfs(path, &v) == -1)
		return -1;
	*blocks = (uint64_t)v.f_bavail;
	*bsize = (uint64_t)(v.f_frsize > 0 ? v.f_frsize : v.f_bsize);
	return 0;
}

/* What the kernel says; -1 when it cannot. */
static int
file_self_kernel(char *dst, size_t size)
{
#if defined(__linux__)
	ssize_t	n = readlink("/proc/self/exe", dst, size);

	if (n <= 0 || (size_t)n >= size)
		return -1;
	dst[n] = '\0';
	return 0;
#elif defined(__FreeBSD__)
	int	mib[4] = { CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1 };

	return sysctl(mib, 4, dst, &size, NULL, 0);
#else
	(void)dst;
	(void)size;
	return -1;
#endif
}

int
os_self_path(const char *argv0, char *dst, size_t size)
{
	if (file_self_kernel(dst, size) == 0)
		return 0;
	if (argv0 == NULL || argv0[0] != '/')
		return -1;
	return str_copy(dst, size, str_c(argv0));
}

void
os_write_soon(int fd)
{
#ifdef SYNC_FILE_RANGE_WRITE		/* Linux */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
	(void)fd;
#endif
}

bool
os_sole_user(int fd)
{
#ifdef F_SETLEASE			/* Linux: a lease for writing is only given to the one who has the file open alone */
	return fcntl(fd, F_SETLEASE, F_WRLCK) == 0 && fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
#else
	(void)fd;
	return false;
#endif
}
