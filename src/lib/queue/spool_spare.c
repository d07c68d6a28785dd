/*
 * spool_spare - see the header.
 */
#include "queue/spool_spare.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "queue/qid.h"

#define SPARE_NAME	24

static void
spool_spare_name(char name[SPARE_NAME], unsigned n)
{
	(void)snprintf(name, SPARE_NAME, "journal.df.%u", n);
}

static int
spool_spare_open(int dir, const char *name)
{
	return openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

/* A file of one name, that nobody else has open, and not longer than so. */
static bool
spool_spare_ours(int fd, uint64_t most)
{
	struct stat	st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && os_sole_user(fd) &&
	    ((uint64_t)st.st_size <= most || ftruncate(fd, (off_t)most) == 0);
}

int
spool_spare_keep(const struct spool_dir *d, struct str id, unsigned n, uint64_t most)
{
	char	df[QID_MAX], spare[SPARE_NAME];
	int	fd, rc = -1;

	if (!qid_valid(id) || qid_file(df, sizeof df, 'd', id) == -1 || (fd = spool_spare_open(d->dfd, df)) == -1)
		return -1;
	spool_spare_name(spare, n);
	if (spool_spare_ours(fd, most) && renameat(d->dfd, df, d->dfd, spare) == 0)
		rc = 0;
	close(fd);
	return rc;
}

int
spool_spare_use(const struct spool_dir *d, unsigned n, struct str id, bool empty, int *fd)
{
	static const char	kinds[] = { 'q', 'h', 'Q', 'd' };
	char			df[QID_MAX], name[QID_MAX], spare[SPARE_NAME];
	struct stat		st;

	if (!qid_valid(id) || qid_file(df, sizeof df, 'd', id) == -1)
		return -1;
	for (size_t i = 0; i < sizeof kinds; i++)
		if (qid_file(name, sizeof name, kinds[i], id) == -1 ||
		    fstatat(kinds[i] == 'd' ? d->dfd : d->qfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return -1;
	spool_spare_name(spare, n);
	if ((*fd = spool_spare_open(d->dfd, spare)) == -1)
		return -1;
	if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    (!empty || st.st_size == 0 || ftruncate(*fd, 0) == 0) && renameat(d->dfd, spare, d->dfd, df) == 0)
		return 0;
	close(*fd);
	return -1;
}

void
spool_spare_remove(const struct spool_dir *d, unsigned n)
{
	char	spare[SPARE_NAME];

	spool_spare_name(spare, n);
	(void)unlinkat(d->dfd, spare, 0);
}
