/*
 * stats - the statistics file.
 */
#include "queue/stats.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/lock.h"

long
stats_kbytes(unsigned long long bytes)
{
	return (long)(bytes / 1024 + (bytes % 1024 != 0));
}

int
stats_read(int fd, struct stats *st, struct err *e)
{
	ssize_t	n;

	memset(st, 0, sizeof *st);
	if (lseek(fd, 0, SEEK_SET) == -1 || (n = os_read_full(fd, st, sizeof *st)) == -1)
		return err_sys(e, ERR_TEMP, "read statistics");
	if (n == 0)
		return 1;
	if (st->magic != STATS_MAGIC)
		return err_set(e, ERR_PERM, "incorrect magic number");
	if (st->version != STATS_VERSION)
		return err_set(e, ERR_PERM, "version of the file (%d) is not %d", st->version, STATS_VERSION);
	if ((size_t)n != sizeof *st || st->size != (short)sizeof *st)
		return err_set(e, ERR_PERM, "file size changed");
	return 0;
}

static void
stats_sum(long *to, const long *more, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (more[i] > 0)
			to[i] = to[i] > LONG_MAX - more[i] ? LONG_MAX : to[i] + more[i];
}

int
stats_add(int fd, const struct stats *more, struct err *e)
{
	struct stats	st;
	int		rc = -1;

	if (os_flock(fd, OS_LOCK_EXCL, true) == -1)
		return err_sys(e, ERR_TEMP, "lock statistics");
	switch (stats_read(fd, &st, e)) {
	case 1:
		st.magic = STATS_MAGIC;
		st.version = STATS_VERSION;
		st.since = time(NULL);
		st.size = (short)sizeof st;
		/* fallthrough */
	case 0:
		stats_sum(&st.from, &more->from, 1);
		stats_sum(&st.to, &more->to, 1);
		stats_sum(&st.rejected, &more->rejected, 1);
		stats_sum(st.nfrom, more->nfrom, STATS_MAILERS);
		stats_sum(st.kfrom, more->kfrom, STATS_MAILERS);
		stats_sum(st.nto, more->nto, STATS_MAILERS);
		stats_sum(st.kto, more->kto, STATS_MAILERS);
		stats_sum(st.nreject, more->nreject, STATS_MAILERS);
		stats_sum(st.ndiscard, more->ndiscard, STATS_MAILERS);
		stats_sum(st.nquarantine, more->nquarantine, STATS_MAILERS);
		if (lseek(fd, 0, SEEK_SET) == -1 || os_write_all(fd, str_mem((const char *)&st, sizeof st)) == -1)
			err_sys(e, ERR_TEMP, "write statistics");
		else
			rc = 0;
		break;
	}
	(void)os_flock(fd, OS_LOCK_UNLOCK, false);
	return rc;
}

int
stats_clear(int fd, struct err *e)
{
	if (os_flock(fd, OS_LOCK_EXCL, true) == -1 || ftruncate(fd, 0) == -1)
		return err_sys(e, ERR_TEMP, "clear statistics");
	(void)os_flock(fd, OS_LOCK_UNLOCK, false);
	return 0;
}
