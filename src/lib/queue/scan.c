/*
 * scan - walk queue directories.  Names that are not of queue files are passed over.
 */
#include "queue/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "queue/qid.h"

#define DIRS_MAX	4096

/* The order of a directory is nobody's promise, and the journal is in the first of ours. */
static int
scan_by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int
scan_glob(struct str dir, const char *pattern, struct arena *m, struct str **paths, size_t *n, struct err *e)
{
	struct dirent	*de;
	DIR		*d = opendir(arena_cstr(m, dir));

	if (d == NULL)
		return err_sys(e, ERR_PERM, "queue directory %.*s", STR_ARG(dir));
	*paths = ARENA_ARRAY(m, struct str, DIRS_MAX);
	while ((de = readdir(d)) != NULL && *n < DIRS_MAX) {
		struct str	path;
		struct stat	st;

		if (de->d_name[0] == '.' || fnmatch(pattern, de->d_name, 0) != 0)
			continue;
		path = arena_fmt(m, "%.*s/%s", STR_ARG(dir), de->d_name);
		if (stat(path.p, &st) == 0 && S_ISDIR(st.st_mode))
			(*paths)[(*n)++] = path;
	}
	closedir(d);
	if (*n > 1)
		qsort(*paths, *n, sizeof **paths, scan_by_name);
	return 0;
}

int
scan_dirs(struct str option, struct arena *m, struct str **paths, size_t *n, struct err *e)
{
	size_t	slash = str_rchr(option, '/');

	*n = 0;
	while (option.n > 1 && option.p[option.n - 1] == '/')
		option.n--;
	slash = str_rchr(option, '/');
	if (option.n == 0)
		return err_set(e, ERR_PERM, "no queue directory");
	if (slash != SIZE_MAX && str_chr(str_from(option, slash + 1), '*') != SIZE_MAX)
		return scan_glob(slash == 0 ? STR("/") : str_first(option, slash), arena_cstr(m, str_from(option, slash + 1)), m, paths, n, e);
	*paths = ARENA_ARRAY(m, struct str, 1);
	(*paths)[0] = arena_str(m, option);
	*n = 1;
	return 0;
}

bool
scan_matches(struct str option, struct str path)
{
	char	pattern[256], name[256];
	size_t	slash, at = str_rchr(path, '/');

	while (option.n > 1 && option.p[option.n - 1] == '/')
		option.n--;
	slash = str_rchr(option, '/');
	if (slash == SIZE_MAX || str_chr(str_from(option, slash + 1), '*') == SIZE_MAX)
		return str_eq(option, path);
	if (at == SIZE_MAX || !str_eq(str_first(path, at), str_first(option, slash)) ||
	    str_copy(pattern, sizeof pattern, str_from(option, slash + 1)) == -1 || str_copy(name, sizeof name, str_from(path, at + 1)) == -1)
		return false;
	return fnmatch(pattern, name, 0) == 0;
}

int
scan_more_dirs(struct str option, struct arena *m, struct str **paths, size_t *n, struct err *e)
{
	struct str	*more, *all;
	size_t		 nmore;

	if (scan_dirs(option, m, &more, &nmore, e) == -1)
		return -1;
	all = ARENA_ARRAY(m, struct str, *n + nmore);
	if (*n > 0)
		memcpy(all, *paths, *n * sizeof *all);
	*paths = all;
	for (size_t i = 0; i < nmore; i++) {
		bool known = false;

		for (size_t k = 0; k < *n; k++)
			known = known || str_eq(all[k], more[i]);
		if (!known)
			all[(*n)++] = more[i];
	}
	return 0;
}

static int
scan_one(int dirfd, bool data, scan_fn *fn, void *arg, struct err *e)
{
	struct dirent	*de;
	DIR		*d;
	int		 fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd == -1 || (d = fdopendir(fd)) == NULL) {
		err_sys(e, ERR_TEMP, "queue directory");
		if (fd != -1)
			close(fd);
		return -1;
	}
	while (rc == 0 && (errno = 0, de = readdir(d)) != NULL) {
		struct str name = str_c(de->d_name);

		if (name.n < 3 || !chr_is_alpha(name.p[0]) || name.p[1] != 'f' || !qid_valid(str_from(name, 2)))
			continue;
		if (data && name.p[0] != 'd')
			continue;
		rc = fn(arg, name.p[0], str_from(name, 2));
	}
	if (rc == 0 && errno != 0)
		rc = err_sys(e, ERR_TEMP, "read queue directory");
	closedir(d);
	return rc;
}

int
scan_files(const struct spool_dir *d, scan_fn *fn, void *arg, struct err *e)
{
	int	rc = scan_one(d->qfd, false, fn, arg, e);

	if (rc == 0 && d->dfd != d->qfd)
		rc = scan_one(d->dfd, true, fn, arg, e);
	return rc;
}

bool
scan_head(struct str text, struct scan_head *h)
{
	struct str	line;
	int64_t		v;
	bool		created = false;

	*h = (struct scan_head){ 0 };
	while (str_split(&text, '\n', &line) && text.p != NULL) {
		if (line.n == 0 || strchr("SRH.", line.p[0]) != NULL)
			break;
		if (strchr("TKNP", line.p[0]) == NULL || num_i64(str_from(line, 1), -INT64_MAX / 4, INT64_MAX / 4, &v) == -1)
			continue;
		switch (line.p[0]) {
		case 'T':	h->created = v; created = true; break;
		case 'K':	h->last_try = v; break;
		case 'P':	h->priority = v; break;
		case 'N':	h->tries = v < 0 ? 0 : v > 1000000 ? 1000000 : (int)v; break;
		}
	}
	return created;
}

struct str
scan_group(struct str text)
{
	struct str	line;

	while (str_split(&text, '\n', &line) && text.p != NULL) {
		if (line.n == 0 || strchr("SRH.", line.p[0]) != NULL)
			break;
		if (line.p[0] == 'G')
			return str_from(line, 1);
	}
	return STR_NONE;
}
