/*
 * spool - root's small services in a mail spool; see spool.h.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os/fd.h"
#include "store/fbox.h"
#include "store/mbox_lock.h"
#include "store/spool.h"

/* The folder above, opened and found trustworthy; *base is the last name. */
static int
spool_folder(const char *inbox, const char **base, struct err *err)
{
	char		dir[4096];
	const char	*slash = strrchr(inbox, '/');
	struct stat	st;
	int		fd;

	if (inbox[0] != '/' || slash == NULL || slash[1] == '\0' || slash[1] == '.' || (size_t)(slash - inbox) >= sizeof dir)
		return err_set(err, ERR_PERM, "%s: not a mailbox in a spool folder", inbox);
	memcpy(dir, inbox, (size_t)(slash - inbox));
	dir[slash - inbox] = '\0';
	if ((fd = open(dir, O_RDONLY|O_DIRECTORY|O_CLOEXEC)) == -1)
		return err_sys(err, ERR_TEMP, "open %s", dir);
	if (fstat(fd, &st) == -1 || st.st_uid != 0 || ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)) {
		close(fd);
		return err_set(err, ERR_PERM, "%s: must be root's, and not writable for all unless sticky", dir);
	}
	*base = slash + 1;
	return fd;
}

/* A folder for the user in `dir`. */
static int
spool_mkdir(int dir, const char *name, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat	st;
	int		fd, rc = 0;
	bool		made = mkdirat(dir, name, mode) == 0;

	if (!made && errno != EEXIST)
		return -1;
	if ((fd = openat(dir, name, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC)) == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		rc = -1;
	else if (made)
		rc = fchown(fd, uid, gid) == -1 || fchmod(fd, mode) == -1 ? -1 : 0;
	else if (st.st_uid != uid) {
		errno = EPERM;
		rc = -1;
	}
	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

/* What stands in the way there is put aside: a stranger made it, in a spool that all may write to. */
static int
spool_aside(int dir, const char *name)
{
	char	aside[300];
	int	n = snprintf(aside, sizeof aside, "%s.aside.%ld.%ld", name, (long)time(NULL), (long)getpid());

	return n < 0 || (size_t)n >= sizeof aside ? -1 : renameat(dir, name, dir, aside);
}

/* The folder of side folders.  One that a user's own delivery made, in a spool that all may write to, becomes root's with all that is in it. */
static int
spool_side(int dir)
{
	int	fd = spool_mkdir(dir, FBOX_SIDE, 0711, 0, 0);

	if (fd != -1)
		return fd;
	if (errno == EPERM && (fd = openat(dir, FBOX_SIDE, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC)) != -1) {
		if (fchown(fd, 0, 0) == 0 && fchmod(fd, 0711) == 0)
			return fd;
		close(fd);
		return -1;
	}
	return spool_aside(dir, FBOX_SIDE) == -1 ? -1 : spool_mkdir(dir, FBOX_SIDE, 0711, 0, 0);
}

/* One user's. */
static int
spool_own(int side, const char *base, uid_t uid, gid_t gid)
{
	int	fd = spool_mkdir(side, base, 0700, uid, gid);

	if (fd != -1 || (errno != EPERM && errno != ENOTDIR && errno != ELOOP))
		return fd;
	return spool_aside(side, base) == -1 ? -1 : spool_mkdir(side, base, 0700, uid, gid);
}

int
spool_prepare(const char *inbox, uid_t uid, gid_t gid, struct err *err)
{
	const char	*base;
	int		 dir, side, own, fd, rc = 0;

	if ((dir = spool_folder(inbox, &base, err)) == -1)
		return -1;
	fd = openat(dir, base, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);
	if (fd != -1) {
		if (fchown(fd, uid, gid) == -1)
			rc = err_sys(err, ERR_TEMP, "own %s", inbox);
		close(fd);
	} else if (errno != EEXIST)
		rc = err_sys(err, ERR_TEMP, "create %s", inbox);
	if (rc == 0) {
		side = spool_side(dir);
		own = side == -1 ? -1 : spool_own(side, base, uid, gid);
		if (own == -1)
			rc = err_sys(err, ERR_TEMP, "side folder of %s", inbox);
		if (side != -1)
			close(side);
		if (own != -1)
			close(own);
	}
	close(dir);
	return rc;
}

int
spool_dotlock(const char *inbox, bool on, pid_t owner, struct err *err)
{
	const char	*base;
	int		 dir;

	if ((dir = spool_folder(inbox, &base, err)) == -1)
		return -1;
	close(dir);
	if (on)
		return mbox_dotlock(inbox, owner, NULL, err);
	mbox_dotunlock(inbox);
	return 0;
}

char
spool_serve(char question, const char *inbox, uid_t uid, gid_t gid, pid_t asker, bool *locked)
{
	int	rc;

	switch (question) {
	case SPOOL_PREPARE:
		return spool_prepare(inbox, uid, gid, NULL) == 0 ? SPOOL_OK : SPOOL_BAD;
	case SPOOL_LOCK:
		if (*locked)
			return SPOOL_BAD;
		rc = spool_dotlock(inbox, true, asker, NULL);
		*locked = rc == 0;
		return rc == 0 ? SPOOL_OK : rc == 1 ? SPOOL_TAKEN : SPOOL_BAD;
	case SPOOL_UNLOCK:
		if (!*locked)
			return SPOOL_BAD;
		*locked = false;
		return spool_dotlock(inbox, false, asker, NULL) == 0 ? SPOOL_OK : SPOOL_BAD;
	default:
		return SPOOL_BAD;
	}
}

static char
spool_ask(int sock, char question)
{
	char	answer = SPOOL_BAD;

	if (os_write_all(sock, str_mem(&question, 1)) == -1 || os_read_full(sock, &answer, 1) != 1)
		return SPOOL_BAD;
	return answer;
}

static int
helper_dotlock(void *arg, bool on, struct err *err)
{
	char	answer = spool_ask(*(int *)arg, on ? SPOOL_LOCK : SPOOL_UNLOCK);

	if (answer == SPOOL_OK)
		return 0;
	return answer == SPOOL_TAKEN ? 1 : err_set(err, ERR_TEMP, "the dot-lock could not be made");
}

static int
helper_prepare(void *arg, struct err *err)
{
	return spool_ask(*(int *)arg, SPOOL_PREPARE) == SPOOL_OK ? 0 : err_set(err, ERR_TEMP, "the mailbox could not be made");
}

void
spool_helper(struct store_helper *h, int *sock)
{
	h->dotlock = helper_dotlock;
	h->prepare = helper_prepare;
	h->alive = NULL;
	h->arg = sock;
}
