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
#include "map/rows.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "os/lock.h"

#define MAP_BUILD_CACHE	((size_t)32 << 20)
#define MAP_BUILD_CACHE_MAX	((size_t)1 << 30)
#define MAP_BUILD_ROWS	((size_t)1 << 30)	/* octets that are kept in memory */

struct map_build {
	struct map_build_how	 how;
	const struct bdb_ops	*ops;
	struct bdb		*db;		/* NULL: not made yet */
	uint32_t		 buckets;
	struct rows		 rows;
	bool			 whole;		/* all rows are kept until the end: the file cannot be changed, only made */
	char			*path, *temp, *dir;
	int			 old;		/* locked while we append to a copy of it; or -1 */
};

static const struct {
	const char	*name, *suffix;
	enum bdb_type	 type;
} map_build_types[] = {
	{ "hash", ".db", BDB_HASH }, { "btree", ".db", BDB_BTREE }, { "implicit", ".db", BDB_HASH }, { "cdb", ".cdb", BDB_CDB }, { "lmdb", ".lmdb", BDB_LMDB },
};

enum bdb_type
map_build_type(struct str name)
{
	for (size_t i = 0; i < sizeof(map_build_types) / sizeof(map_build_types[0]); i++)
		if (str_eq_c(name, map_build_types[i].name))
			return map_build_types[i].type;
	return BDB_ANY;
}

const char *
map_build_suffix(enum bdb_type type)
{
	for (size_t i = 0; i < sizeof(map_build_types) / sizeof(map_build_types[0]); i++)
		if (map_build_types[i].type == type)
			return map_build_types[i].suffix;
	return ".db";
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
	rows_clear(&m->rows);
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
	struct str	p = str_c(path), suffix = str_c(map_build_suffix(m->how.type));
	uint64_t	r;
	size_t		slash, n;
	int		rc = -1;

	if (str_ends(p, suffix))
		p.n -= suffix.n;
	slash = str_rchr(p, '/');
	os_random(&r, sizeof r);
	buf_init(&b, 4096);
	buf_addf(&b, "%.*s%.*s", STR_ARG(p), STR_ARG(suffix));
	if (!buf_ok(&b) || (m->path = buf_steal(&b, &n)) == NULL)
		goto out;
	buf_add(&b, slash == SIZE_MAX ? STR("./") : str_first(p, slash + 1));
	buf_addf(&b, ".%.*s.%016" PRIx64 "%.*s", STR_ARG(slash == SIZE_MAX ? p : str_from(p, slash + 1)), r, STR_ARG(suffix));
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

/* As if it were written in place: mode, owner and group are its administrator's. */
static void
map_build_inherit(struct map_build *m, const struct stat *st)
{
	m->how.mode = st->st_mode & 0777;
	if (geteuid() != 0)
		return;
	if (!m->how.chown)
		m->how.uid = st->st_uid;
	m->how.gid = st->st_gid;
	m->how.chown = true;
}

/* Nothing stands there: what the umask leaves. */
static int
map_build_fresh(struct map_build *m)
{
	mode_t	mask = umask(077);

	(void)umask(mask);
	m->how.mode &= ~mask;
	return 0;
}

/* Is what stands there now something we may replace? */
static int
map_build_old(struct map_build *m, struct err *e)
{
	struct stat	st;
	unsigned	allow = OS_SAFE_DIRGROUP | OS_SAFE_DIRWORLD | OS_SAFE_ANYOWNER;

	if (lstat(m->path, &st) == -1)
		return errno == ENOENT && (!m->how.append || m->how.create) ? map_build_fresh(m) : err_sys(e, ERR_PERM, "%s", m->path);
	if (!m->how.unsafe && !S_ISREG(st.st_mode))
		return err_set(e, ERR_PERM, "%s is not a plain file", m->path);
	if (!m->how.unsafe && st.st_nlink > 1)
		return err_set(e, ERR_PERM, "%s has %lu hard links", m->path, (unsigned long)st.st_nlink);
	if (S_ISREG(st.st_mode))
		map_build_inherit(m, &st);
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

/* The database itself, sized for the rows that are known. */
static int
map_build_start(struct map_build *m, struct err *e)
{
	struct bdb_how	how = { .type = m->how.type, .flags = m->how.flags, .append = m->old != -1 && !m->whole, .cache = m->how.cache };

	if (m->rows.n > 0) {
		how.nelem = m->rows.n;
		how.row = m->rows.octets / m->rows.n + 1;
	}
	if (how.cache == 0)
		how.cache = m->rows.octets * 2 > MAP_BUILD_CACHE ? m->rows.octets * 2 > MAP_BUILD_CACHE_MAX ? MAP_BUILD_CACHE_MAX : m->rows.octets * 2 : MAP_BUILD_CACHE;
	m->db = m->ops->create(m->temp, &how, &m->buckets, e);
	return m->db == NULL ? -1 : 0;
}

/* Can a file be made in the folder at all?  Told at once, before the rows are read. */
static int
map_build_try(struct map_build *m, struct err *e)
{
	int	fd;

	if (m->old != -1)
		return 0;
	if ((fd = open(m->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1) {
		err_sys(e, ERR_PERM, "%s", m->path);
		return -1;
	}
	close(fd);
	unlink(m->temp);
	return 0;
}

static int
map_build_keep(void *arg, struct str key, struct str value)
{
	return rows_add(arg, 0, key, value);
}

/* Take what the old file holds, to be written again. */
static int
map_build_load(struct map_build *m, struct err *e)
{
	struct bdb	*db;
	int		 rc, fd;

	if ((fd = fcntl(m->old, F_DUPFD_CLOEXEC, 3)) == -1 || lseek(fd, 0, SEEK_SET) == -1)
		return err_sys(e, ERR_TEMP, "%s", m->path);
	if ((db = bdb_ops_own.open_fd(fd, e)) == NULL)
		return -1;
	rc = bdb_ops_own.each(db, NULL, map_build_keep, &m->rows, e);
	bdb_ops_own.close(db);
	return rc == 0 ? 0 : err_set(e, ERR_TEMP, "%s: cannot be read whole", m->path);
}

/* How to begin with an old file: a copy that is changed, or its rows. */
static int
map_build_begin(struct map_build *m, struct err *e)
{
	m->whole = m->ops == &bdb_ops_own;
	if (m->old == -1)
		return map_build_try(m, e);
	if (m->whole)
		return map_build_load(m, e);
	return map_build_copy(m, e) == -1 ? -1 : map_build_start(m, e);
}

struct map_build *
map_build_new(const char *path, const struct map_build_how *how, struct err *e)
{
	struct map_build	*m = calloc(1, sizeof *m);

	if (m == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	m->how = *how;
	m->old = -1;
	if ((m->ops = bdb_ops_new(how->type, e)) == NULL || map_build_names(m, path, e) == -1 || map_build_old(m, e) == -1 || map_build_begin(m, e) == -1)
		map_build_free(&m);
	return m;
}

/* The way in which the file takes rows fastest. */
static int
map_build_sort(struct map_build *m, struct err *e)
{
	bool	hash = m->how.type == BDB_HASH && m->ops != &bdb_ops_own;

	if (rows_sort(&m->rows, hash ? m->buckets > 0 ? m->buckets : (uint32_t)1 << 20 : 0) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	return 0;
}

static void
map_build_dup(void *arg, size_t line, struct str key)
{
	struct map_build	*m = arg;

	if (m->how.dup != NULL)
		m->how.dup(m->how.dup_arg, line, key);
}

int
map_build_flush(struct map_build *m, struct err *e)
{
	int	rc;

	if (m->db == NULL && map_build_start(m, e) == -1)
		return -1;
	if (map_build_sort(m, e) == -1)
		return -1;
	if (!(m->how.flags & BDB_DUP) && rows_unique(&m->rows, m->how.flags & BDB_REPLACE, map_build_dup, m) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	for (size_t i = 0; i < m->rows.n; i++) {
		if ((rc = m->ops->put(m->db, row_key(&m->rows.v[i]), row_value(&m->rows.v[i]), m->how.flags, e)) == -1)
			return err_prefix(e, "line %zu", m->rows.v[i].line);
		if (rc == 1)			/* it stands in the file that is added to */
			map_build_dup(m, m->rows.v[i].line, row_key(&m->rows.v[i]));
	}
	rows_clear(&m->rows);
	return 0;
}

int
map_build_add(struct map_build *m, size_t line, struct str key, struct str value, struct err *e)
{
	if (m->rows.octets > MAP_BUILD_ROWS && !m->whole && map_build_flush(m, e) == -1)
		return -1;
	return rows_add(&m->rows, line, key, value) == -1 ? err_set(e, ERR_TEMP, "out of memory") : 0;
}

int
map_build_put(struct map_build *m, struct str key, struct str value, struct err *e)
{
	bool	there;

	if (m->whole) {
		there = rows_del(&m->rows, key, !(m->how.flags & BDB_REPLACE));
		if (there && !(m->how.flags & (BDB_REPLACE | BDB_DUP)))
			return 1;
		return rows_add(&m->rows, m->rows.n, key, value) == -1 ? err_set(e, ERR_TEMP, "out of memory") : 0;
	}
	if (m->db == NULL && map_build_start(m, e) == -1)
		return -1;
	return m->ops->put(m->db, key, value, m->how.flags, e);
}

int
map_build_del(struct map_build *m, struct str key, struct err *e)
{
	if (m->whole)
		return rows_del(&m->rows, key, false) ? 0 : 1;
	if (m->db == NULL && map_build_start(m, e) == -1)
		return -1;
	return m->ops->del(m->db, key, e);
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
	int			 rc = 0;

	if (m->rows.n > 0 || m->db == NULL)
		rc = map_build_flush(m, e);
	if (rc == 0)
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
