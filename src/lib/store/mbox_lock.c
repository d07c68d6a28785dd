/*
 * mbox_lock - dot-locks; see mbox_lock.h.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "store/mbox_lock.h"

enum { LOCK_EMPTY_OLD = 60, LOCK_FOREIGN_OLD = 15 * 60 };

static bool
lock_owner_lives(pid_t pid, const struct store_helper *h)
{
	if (h != NULL && h->alive != NULL)
		return h->alive(h->arg, pid);
	return kill(pid, 0) == 0 || errno != ESRCH;
}

static bool
lock_is_stale(int fd, const struct stat *st, const struct store_helper *h)
{
	char		text[256], host[128];
	struct str	rest, pid, where;
	int		n;
	int64_t		number;
	int64_t		age = (int64_t)time(NULL) - (int64_t)st->st_mtime;
	int64_t		up = (int64_t)os_uptime();

	if (up > 0 && age > up + 5)
		return true;			/* from before the boot */
	if ((n = (int)pread(fd, text, sizeof text, 0)) < 0)
		return false;
	rest = str_mem(text, (size_t)n);
	if (!str_split(&rest, '\n', &pid) || num_i64(str_trim(pid), 1, INT32_MAX, &number) == -1)
		return age > LOCK_EMPTY_OLD;
	if (str_split(&rest, '\n', &where) && (where = str_trim(where)).n > 0 &&
	    (os_hostname(host, sizeof host) == -1 || !str_eq_c(where, host)))
		return age > LOCK_FOREIGN_OLD;
	return !lock_owner_lives((pid_t)number, h);
}

/* Take a stale lock out of the way: true if it was one and is gone. */
static bool
lock_break(const char *lock, const struct store_helper *h)
{
	struct stat	st, now;
	char		aside[4200];
	int		fd, n;
	bool		stale;

	if ((fd = open(lock, O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK)) == -1)
		return errno == ENOENT;
	stale = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && lock_is_stale(fd, &st, h);
	close(fd);
	if (!stale)
		return false;
	n = snprintf(aside, sizeof aside, "%s.%ld", lock, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof aside || rename(lock, aside) == -1)
		return false;
	if (lstat(aside, &now) == 0 && !os_same_file(&now, &st))
		(void)!link(aside, lock);	/* someone was faster: give him his lock back */
	unlink(aside);
	return true;
}

static int
lock_path(char *dst, size_t size, const char *path)
{
	int	n = snprintf(dst, size, "%s.lock", path);

	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int
mbox_dotlock(const char *path, pid_t owner, const struct store_helper *h, struct err *err)
{
	char	lock[4096], tmp[4200], text[200], host[128];
	int	fd, n, rc = -1, no;

	if (lock_path(lock, sizeof lock, path) == -1)
		return err_sys(err, ERR_PERM, "lock %s", path);
	if (os_hostname(host, sizeof host) == -1)
		host[0] = '\0';
	n = snprintf(tmp, sizeof tmp, "%s.%ld.%08lx", lock, (long)getpid(), (unsigned long)os_now_ms() & 0xffffffffUL);
	if (n < 0 || (size_t)n >= sizeof tmp)
		return err_set(err, ERR_PERM, "lock %s: the name is too long", path);
	if ((fd = open(tmp, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC|O_NOFOLLOW, 0644)) == -1)
		return err_sys(err, ERR_TEMP, "create %s", lock);
	n = snprintf(text, sizeof text, "%ld\n%s\n", (long)(owner != 0 ? owner : getpid()), host);
	if (n > 0 && os_write_all(fd, str_mem(text, (size_t)n)) == 0) {
		for (int try = 0; try < 2 && rc != 0; try++) {
			if (link(tmp, lock) == 0)
				rc = 0;
			else if (errno != EEXIST)
				break;
			else if (!lock_break(lock, h)) {
				rc = 1;
				break;
			} else
				rc = 1;
		}
	}
	no = errno;
	if (rc == -1)
		err_sys(err, ERR_TEMP, "create %s", lock);
	close(fd);
	unlink(tmp);
	errno = no;
	return rc;
}

void
mbox_dotunlock(const char *path)
{
	char	lock[4096];

	if (lock_path(lock, sizeof lock, path) == 0)
		unlink(lock);
}
