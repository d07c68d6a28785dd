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
spool_spare_name(char name[SPARE_NAME], enum spool_spare kind, unsigned n)
{
	(void)snprintf(name, SPARE_NAME, "journal.%s.%u", kind == SPARE_BODY ? "body" : "df", n);
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
spool_spare_keep(const struct spool_dir *d, enum spool_spare kind, struct str id, unsigned n, uint64_t most)
{
	char	df[QID_MAX], spare[SPARE_NAME];
	int	fd, rc = -1;

	if (!qid_valid(id) || qid_file(df, sizeof df, 'd', id) == -1 || (fd = spool_spare_open(d->dfd, df)) == -1)
		return -1;
	spool_spare_name(spare, kind, n);
	if (spool_spare_ours(fd, most) && renameat(d->dfd, df, d->dfd, spare) == 0)
		rc = 0;
	close(fd);
	return rc;
}

int
spool_spare_use(const struct spool_dir *d, enum spool_spare kind, unsigned n, struct str id, bool empty, int *fd)
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
	spool_spare_name(spare, kind, n);
	if ((*fd = spool_spare_open(d->dfd, spare)) == -1)
		return -1;
	if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && (!empty || st.st_size == 0 || ftruncate(*fd, 0) == 0) &&
	    (kind == SPARE_BODY || renameat(d->dfd, spare, d->dfd, df) == 0))
		return 0;
	close(*fd);
	return -1;
}

void
spool_spare_remove(const struct spool_dir *d, enum spool_spare kind, unsigned n)
{
	char	spare[SPARE_NAME];

	spool_spare_name(spare, kind, n);
	(void)unlinkat(d->dfd, spare, 0);
}

/* ---- those that hold the content of a message where they are ---- */

int
spool_body_again(const struct spool_dir *d, unsigned n, uint64_t most)
{
	char	name[SPARE_NAME];
	int	fd, rc;

	spool_spare_name(name, SPARE_BODY, n);
	if ((fd = spool_spare_open(d->dfd, name)) == -1)
		return -1;
	rc = spool_spare_ours(fd, most) ? 0 : -1;
	close(fd);
	return rc;
}

int
spool_body_size(const struct spool_dir *d, unsigned n, uint64_t *size, struct err *e)
{
	char		name[SPARE_NAME];
	struct stat	st;

	spool_spare_name(name, SPARE_BODY, n);
	if (fstatat(d->dfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(e, ERR_TEMP, "%s/%s", d->path, name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_PERM, "%s/%s: not a file", d->path, name);
	*size = (uint64_t)st.st_size;
	return 0;
}

int
spool_body_open(const struct spool_dir *d, unsigned n, int *fd, uint64_t *size, struct err *e)
{
	char		name[SPARE_NAME];
	struct stat	st;

	spool_spare_name(name, SPARE_BODY, n);
	if ((*fd = openat(d->dfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) == -1)
		return err_sys(e, ERR_TEMP, "%s/%s", d->path, name);
	if (fstat(*fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(*fd);
		*fd = -1;
		return err_set(e, ERR_PERM, "%s/%s: not a file", d->path, name);
	}
	*size = (uint64_t)st.st_size;
	return 0;
}

void
spool_body_bad(const struct spool_dir *d, unsigned n)
{
	char	bad[SPARE_NAME + 4], name[SPARE_NAME];

	spool_spare_name(name, SPARE_BODY, n);
	(void)snprintf(bad, sizeof bad, "journal.bad.body.%u", n);
	(void)renameat(d->dfd, name, d->dfd, bad);
}

int
spool_body_link(const struct spool_dir *d, unsigned n, const struct spool_dir *to, struct str id, struct err *e)
{
	char	df[QID_MAX], name[SPARE_NAME];

	if (!qid_valid(id) || qid_file(df, sizeof df, 'd', id) == -1)
		return err_set(e, ERR_PERM, "not a queue id");
	spool_spare_name(name, SPARE_BODY, n);
	return linkat(d->dfd, name, to->dfd, df, 0) == 0 ? 0 : err_sys(e, ERR_TEMP, "link %s/%s to %s/%s", d->path, name, to->path, df);
}

int
spool_body_to_df(const struct spool_dir *d, unsigned n, struct str id, struct err *e)
{
	char	df[QID_MAX], name[SPARE_NAME];

	if (!qid_valid(id) || qid_file(df, sizeof df, 'd', id) == -1)
		return err_set(e, ERR_PERM, "not a queue id");
	spool_spare_name(name, SPARE_BODY, n);
	return renameat(d->dfd, name, d->dfd, df) == 0 ? 0 : err_sys(e, ERR_TEMP, "rename %s/%s to %s", d->path, name, df);
}
