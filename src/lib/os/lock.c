/*
 * lock - advisory locks on whole files.
 */
#include "os/lock.h"

#include "os_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_FLOCK
#include <sys/file.h>
#endif

#include "os/load.h"

enum { LOCK_PAUSE_FIRST = 2, LOCK_PAUSE_MAX = 100 };	/* ms between tries */

static int
lock_fcntl(int fd, enum os_lock_how how, int cmd)
{
	struct flock	l = { .l_whence = SEEK_SET };
	int		rc;

	l.l_type = how == OS_LOCK_SHARED ? F_RDLCK : how == OS_LOCK_EXCL ? F_WRLCK : F_UNLCK;
	do {
		rc = fcntl(fd, cmd, &l);
	} while (rc == -1 && errno == EINTR);
	if (rc == -1 && (errno == EACCES || errno == EAGAIN))
		errno = EWOULDBLOCK;
	return rc;
}

int
os_flock(int fd, enum os_lock_how how, bool wait)
{
#ifdef HAVE_FLOCK
	int	op = how == OS_LOCK_SHARED ? LOCK_SH : how == OS_LOCK_EXCL ? LOCK_EX : LOCK_UN;
	int	rc;

	do {
		rc = flock(fd, wait ? op : op | LOCK_NB);
	} while (rc == -1 && errno == EINTR);
	return rc;
#else
	return lock_fcntl(fd, how, wait ? F_SETLKW : F_SETLK);
#endif
}

static void
lock_pause(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

int
os_fcntl_lock(int fd, enum os_lock_how how, int timeout_ms)
{
	uint64_t	end, now;
	int		pause = LOCK_PAUSE_FIRST;

	if (timeout_ms < 0)
		return lock_fcntl(fd, how, F_SETLKW);
	end = os_now_ms() + (uint64_t)timeout_ms;
	while (lock_fcntl(fd, how, F_SETLK) == -1) {
		if (errno != EWOULDBLOCK || (now = os_now_ms()) >= end)
			return -1;
		lock_pause(end - now < (uint64_t)pause ? (int)(end - now) : pause);
		if ((pause *= 2) > LOCK_PAUSE_MAX)
			pause = LOCK_PAUSE_MAX;
	}
	return 0;
}
