/*
 * hostst - what became of the last talk with a host, in files.
 */
#include "queue/hostst.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "os/fd.h"
#include "os/lock.h"

#define DEPTH_MAX	32
#define LABEL_MAX	200

/* ---- names ---- */

static bool
hostst_label_ok(struct str l)
{
	if (l.n == 0 || l.n > LABEL_MAX)
		return false;
	for (size_t i = 0; i < l.n; i++)
		if (!chr_is_alnum(l.p[i]) && strchr("-_:", l.p[i]) == NULL)
			return false;
	return true;
}

int
hostst_path(struct str host, char dst[HOSTST_PATH])
{
	struct str	rest = host;
	size_t		n = 0;

	if (rest.n > 0 && rest.p[rest.n - 1] == '.')
		rest.n--;
	if (rest.n >= 2 && rest.p[0] == '[' && rest.p[rest.n - 1] == ']')
		rest = str_sub(rest, 1, rest.n - 1);
	for (unsigned depth = 0;; depth++) {
		size_t		dot = str_rchr(rest, '.');
		struct str	label = dot == SIZE_MAX ? rest : str_from(rest, dot + 1);

		if (!hostst_label_ok(label) || depth == DEPTH_MAX || n + label.n + 3 > HOSTST_PATH)
			return -1;
		for (size_t i = 0; i < label.n; i++)
			dst[n++] = chr_lower(label.p[i]);
		if (dot == SIZE_MAX)
			break;
		dst[n++] = '.';
		dst[n++] = '/';
		rest = str_first(rest, dot);
	}
	dst[n] = '\0';
	return 0;
}

int
hostst_name(struct str path, char dst[HOSTST_PATH])
{
	size_t	n = 0;

	for (;;) {
		size_t		slash = str_rchr(path, '/');
		struct str	part = slash == SIZE_MAX ? path : str_from(path, slash + 1);

		while (part.n > 0 && part.p[part.n - 1] == '.')
			part.n--;
		if (n + part.n + 2 > HOSTST_PATH)
			return -1;
		memcpy(dst + n, part.p, part.n);
		n += part.n;
		if (slash == SIZE_MAX)
			break;
		dst[n++] = '.';
		path = str_first(path, slash);
	}
	dst[n] = '\0';
	return 0;
}

/* ---- text ---- */

static void
hostst_copy(char *dst, size_t size, struct str s)
{
	size_t	n = 0;

	for (size_t i = 0; i < s.n && n + 1 < size; i++) {
		unsigned char c = (unsigned char)s.p[i];

		dst[n++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	dst[n] = '\0';
}

int
hostst_parse(struct str text, struct hostst *h)
{
	struct str	line;
	bool		version = false;
	int64_t		v;

	*h = (struct hostst){ 0 };
	while (str_split(&text, '\n', &line) && line.n > 0) {
		struct str rest = str_from(line, 1);

		switch (line.p[0]) {
		case 'V':
			version = num_i64(rest, 0, 0, &v) == 0;
			break;
		case 'E': case 'H': case 'S': case 'U':
			if (num_i64(rest, INT32_MIN, INT64_MAX / 4, &v) == -1 || (line.p[0] != 'U' && v > INT32_MAX))
				return -1;
			if (line.p[0] == 'U')
				h->used = v;
			else
				*(line.p[0] == 'E' ? &h->err : line.p[0] == 'H' ? &h->herr : &h->ex) = (int)v;
			break;
		case 'D':
			hostst_copy(h->status, sizeof h->status, rest);
			break;
		case 'R':
			hostst_copy(h->text, sizeof h->text, rest);
			break;
		case '.':
			return version ? 0 : -1;
		default:
			return -1;
		}
		if (!version)
			return -1;
	}
	return version ? 0 : -1;
}

void
hostst_print(const struct hostst *h, struct buf *b)
{
	char	status[sizeof h->status], text[sizeof h->text];

	hostst_copy(status, sizeof status, str_c(h->status));
	hostst_copy(text, sizeof text, str_c(h->text));
	buf_addf(b, "V0\nE%d\nH%d\nS%d\n", h->err, h->herr, h->ex);
	if (status[0] != '\0')
		buf_addf(b, "D%s\n", status);
	if (text[0] != '\0')
		buf_addf(b, "R%s\n", text);
	buf_addf(b, "U%lld\n.\n", (long long)h->used);
}

/* ---- files ---- */

static int
hostst_read(int fd, struct hostst *h)
{
	struct buf	b;
	int		rc = -1;

	buf_init(&b, HOSTST_FILE);
	if (os_read_file(fd, &b) == 0 && b.n > 0)
		rc = hostst_parse(buf_str(&b), h);
	else if (b.n == 0)
		rc = 1;				/* just made, by who holds the lock */
	buf_done(&b);
	return rc;
}

int
hostst_load(int dir, struct str host, struct hostst *h)
{
	char	path[HOSTST_PATH];
	int	fd, rc;

	*h = (struct hostst){ 0 };
	if (hostst_path(host, path) == -1 || (fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) == -1)
		return 0;
	rc = hostst_read(fd, h);
	close(fd);
	return rc == 0 ? 1 : rc == 1 ? 0 : -1;
}

/* The file, made with the folders above it if need be. */
static int
hostst_open(int dir, struct str host, int *fd, struct err *e)
{
	char	path[HOSTST_PATH];

	if (hostst_path(host, path) == -1)
		return err_set(e, ERR_PERM, "%.*s: no name for host status", STR_ARG(host));
	for (int again = 0; again < 2; again++) {
		if ((*fd = openat(dir, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644)) != -1)
			return 0;
		if (errno != ENOENT)
			break;
		for (char *p = strchr(path, '/'); p != NULL; p = strchr(p + 1, '/')) {
			*p = '\0';
			if (mkdirat(dir, path, 0755) == -1 && errno != EEXIST)
				return err_sys(e, ERR_TEMP, "host status directory %s", path);
			*p = '/';
		}
	}
	return err_sys(e, ERR_TEMP, "host status file %s", path);
}

int
hostst_store(int dir, struct str host, const struct hostst *h, struct err *e)
{
	struct buf	b;
	int		fd, rc = 0;

	if (hostst_open(dir, host, &fd, e) == -1)
		return -1;
	buf_init(&b, HOSTST_FILE);
	hostst_print(h, &b);
	if (!buf_ok(&b) || ftruncate(fd, 0) == -1 || os_write_all(fd, buf_str(&b)) == -1)
		rc = err_sys(e, ERR_TEMP, "write host status of %.*s", STR_ARG(host));
	buf_done(&b);
	close(fd);
	return rc;
}

void
hostst_drop(int dir, struct str host)
{
	char	path[HOSTST_PATH];

	if (hostst_path(host, path) == 0)
		(void)unlinkat(dir, path, 0);
}

int
hostst_lock(int dir, struct str host, int *fd, struct err *e)
{
	*fd = -1;
	if (hostst_open(dir, host, fd, e) == -1)
		return -1;
	if (os_flock(*fd, OS_LOCK_EXCL, false) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return 1;
}

/* ---- all of them ---- */

struct walk {
	hostst_walk_fn	*fn;
	void		*arg;
	int64_t		 before;	/* purge: what is older goes; 0: no purge */
};

static void
walk_file(struct walk *w, int dir, const char *name, const char *path)
{
	char		host[HOSTST_PATH];
	struct hostst	h = { 0 };
	struct stat	st;
	bool		locked;
	int		fd, rc;

	if ((fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) == -1)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		locked = os_flock(fd, OS_LOCK_EXCL, false) == -1;
		if (w->before != 0) {
			if (!locked && (int64_t)st.st_mtime < w->before)
				(void)unlinkat(dir, name, 0);
		} else if (hostst_name(str_c(path), host) == 0) {
			rc = hostst_read(fd, &h);
			w->fn(w->arg, host, &h, rc != -1, locked);
		}
	}
	close(fd);
}

static int
walk_dir(struct walk *w, int at, const char *name, const char *path, unsigned depth, struct err *e)
{
	struct dirent	*de;
	struct stat	 st;
	DIR		*d;
	char		 sub[HOSTST_PATH];
	int		 fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1 || (d = fdopendir(fd)) == NULL) {
		err_sys(e, ERR_TEMP, "host status directory %s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	while ((de = readdir(d)) != NULL) {
		int n = snprintf(sub, sizeof sub, "%s%s%s", path, path[0] == '\0' ? "" : "/", de->d_name);

		if (de->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof sub ||
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (S_ISREG(st.st_mode))
			walk_file(w, dirfd(d), de->d_name, sub);
		else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			(void)walk_dir(w, dirfd(d), de->d_name, sub, depth + 1, NULL);
			if (w->before != 0)
				(void)unlinkat(dirfd(d), de->d_name, AT_REMOVEDIR);	/* only if it is empty */
		}
	}
	closedir(d);
	return 0;
}

int
hostst_walk(int dir, hostst_walk_fn *fn, void *arg, struct err *e)
{
	struct walk w = { .fn = fn, .arg = arg };

	return walk_dir(&w, dir, ".", "", 0, e);
}

int
hostst_purge(int dir, int64_t age, struct err *e)
{
	struct walk w = { .before = (int64_t)time(NULL) - age + (age == 0) };

	return walk_dir(&w, dir, ".", "", 0, e);
}
