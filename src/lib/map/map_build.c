/*
 * map_build - make a database anew, and put it in place at once.
 *
 * The library makes the temporary file itself, exclusively, under a name nobody can guess, in the folder of the final one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "map/map_build.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "os/lock.h"

#define MAP_BUILD_CACHE	((size_t)32 << 20)

struct map_build {
	struct map_build_how	 how;
	const struct bdb_ops	*ops;
	struct bdb		*db;
	char			*path, *temp, *dir;
	int			 old;		/* locked while we append to a copy of it; or -1 */
};

enum bdb_type
map_build_type(struct str name)
{
	if (str_eq_c(name, "hash") || str_eq_c(name, "implicit"))
		return BDB_HASH;
	return str_eq_c(name, "btree") ? BDB_BTREE : BDB_ANY;
}

static void
map_build_free(struct map_build **mp)
{
	struct map_build	*m = *mp;

	if (m == NULL)
		return;
	if (m->db != NULL)
		m->ops->close(m->db);
	if (m->temp != NULL)
		unlink(m->temp);
	if (m->old != -1)
		close(m->old);
	free(m->path);
	free(m->temp);
	free(m->dir);
	free(m);
	*mp = NULL;
}

static int
map_build_names(struct map_build *m, const char *path, struct err *e)
{
	struct buf	b;
	struct str	p = str_c(path);
	uint64_t	r;
	size_t		slash, n;
	int		rc = -1;

	if (str_ends(p, STR(".db")))
		p.n -= 3;
	slash = str_rchr(p, '/');
	os_random(&r, sizeof r);
	buf_init(&b, 4096);
	buf_addf(&b, "%.*s.db", STR_ARG(p));
	if (!buf_ok(&b) || (m->path = buf_steal(&b, &n)) == NULL)
		goto out;
	buf_add(&b, slash == SIZE_MAX ? STR("./") : str_first(p, slash + 1));
	buf_addf(&b, ".%.*s.%016" PRIx64 ".db", STR_ARG(slash == SIZE_MAX ? p : str_from(p, slash + 1)), r);
	if (!buf_ok(&b) || (m->temp = buf_steal(&b, &n)) == NULL)
		goto out;
	buf_add(&b, slash == SIZE_MAX ? STR(".") : slash == 0 ? STR("/") : str_first(p, slash));
	if (!buf_ok(&b) || (m->dir = buf_steal(&b, &n)) == NULL)
		goto out;
	rc = 0;
out:
	buf_done(&b);
	return rc == 0 ? 0 : err_set(e, ERR_PERM, "file name is too long");
}

/* Is what stands there now something we may replace? */
static int
map_build_old(struct map_build *m, struct err *e)
{
	struct stat	st;
	unsigned	allow = OS_SAFE_DIRGROUP | OS_SAFE_DIRWORLD | OS_SAFE_ANYOWNER;

	if (lstat(m->path, &st) == -1)
		return errno == ENOENT ? 0 : err_sys(e, ERR_PERM, "%s", m->path);
	if (!m->how.unsafe && !S_ISREG(st.st_mode))
		return err_set(e, ERR_PERM, "%s is not a plain file", m->path);
	if (!m->how.unsafe && st.st_nlink > 1)
		return err_set(e, ERR_PERM, "%s has %lu hard links", m->path, (unsigned long)st.st_nlink);
	if (!m->how.append)
		return 0;
	if ((m->old = os_open_safe(m->path, O_RDONLY, 0, geteuid(), allow, NULL, e)) == -1)
		return -1;
	return os_flock(m->old, OS_LOCK_EXCL, true) == -1 ? err_sys(e, ERR_TEMP, "lock %s", m->path) : 0;
}

static int
map_build_copy(struct map_build *m, struct err *e)
{
	char	block[16384];
	ssize_t	n;
	int	fd = open(m->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1)
		return err_sys(e, ERR_PERM, "%s", m->temp);
	while ((n = read(m->old, block, sizeof block)) > 0)
		if (os_write_all(fd, str_mem(block, (size_t)n)) == -1) {
			n = -1;
			break;
		}
	if (n == -1)
		err_sys(e, ERR_TEMP, "copy %s", m->path);
	if (close(fd) == -1 && n != -1)
		return err_sys(e, ERR_TEMP, "copy %s", m->path);
	return n == -1 ? -1 : 0;
}

struct map_build *
map_build_new(const char *path, const struct map_build_how *how, struct err *e)
{
	struct map_build	*m = calloc(1, sizeof *m);
	struct err		 why = ERR_INIT;

	if (m == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	m->how = *how;
	m->old = -1;
	if ((m->ops = bdb_ops(e)) == NULL || map_build_names(m, path, e) == -1 || map_build_old(m, e) == -1 ||
	    (m->old != -1 && map_build_copy(m, e) == -1))
		goto fail;
	m->db = m->ops->create(m->temp, how->type, m->old != -1, how->flags, how->cache > 0 ? how->cache : MAP_BUILD_CACHE, 0, &why);
	if (m->db == NULL) {
		err_set(e, why.class, "%s", why.text);
		if (e != NULL)
			e->sys = why.sys;
		goto fail;
	}
	return m;
fail:
	map_build_free(&m);
	return NULL;
}

int
map_build_put(struct map_build *m, struct str key, struct str value, struct err *e)
{
	return m->ops->put(m->db, key, value, m->how.flags, e);
}

int
map_build_del(struct map_build *m, struct str key, struct err *e)
{
	return m->ops->del(m->db, key, e);
}

const char *
map_build_path(const struct map_build *m)
{
	return m->path;
}

static int
map_build_install(struct map_build *m, struct err *e)
{
	int	fd, dir, rc = -1;

	if ((fd = open(m->temp, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return err_sys(e, ERR_TEMP, "%s", m->temp);
	if (m->how.chown && fchown(fd, m->how.uid, m->how.gid) == -1)
		err_sys(e, ERR_PERM, "change the owner of %s", m->path);
	else if (fchmod(fd, m->how.mode) == -1 || fsync(fd) == -1)
		err_sys(e, ERR_TEMP, "write %s", m->path);
	else
		rc = 0;
	if (close(fd) == -1 && rc == 0)
		rc = err_sys(e, ERR_TEMP, "write %s", m->path);
	if (rc == -1)
		return -1;
	if (rename(m->temp, m->path) == -1)
		return err_sys(e, ERR_TEMP, "install %s", m->path);
	free(m->temp);
	m->temp = NULL;
	if ((dir = open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return err_sys(e, ERR_TEMP, "sync %s", m->dir);
	if (os_sync_dir(dir) == -1)
		rc = err_sys(e, ERR_TEMP, "sync %s", m->dir);
	close(dir);
	return rc;
}

int
map_build_commit(struct map_build **mp, struct err *e)
{
	struct map_build	*m = *mp;
	int			 rc;

	rc = m->ops->finish(&m->db, e);
	if (rc == 0)
		rc = map_build_install(m, e);
	map_build_free(mp);
	return rc;
}

void
map_build_abort(struct map_build **mp)
{
	map_build_free(mp);
}
