/*
 * bdb - Berkeley DB's library, the only file that knows it.
 *
 * The library wants to open files by name.  Its open hook is given a made-up name and hands out a copy of the descriptor we hold, so a sandboxed
 * worker reads a map that a neighbour opened for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <db.h>

#include "bdb/bdb.h"

#define BDB_FDNAME	"angarium-descriptor"
#define BDB_PAGE	4096u

struct bdb {
	DB		*db;
	int		 fd;		/* ours, while it is open for reading; -1 when building */
};

static int bdb_hook_fd = -1;		/* what the open hook hands out during bdb_open_fd */

static int
bdb_hook_open(const char *path, int flags, ...)
{
	va_list	ap;
	int	mode;

	if (bdb_hook_fd != -1 && strstr(path, BDB_FDNAME) != NULL)
		return fcntl(bdb_hook_fd, F_DUPFD_CLOEXEC, 3);
	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	return open(path, flags | O_CLOEXEC, mode);
}

static int
bdb_hook_exists(const char *path, int *isdir)
{
	if (isdir != NULL)
		*isdir = 0;
	if (bdb_hook_fd != -1 && strstr(path, BDB_FDNAME) != NULL)
		return 0;
	return access(path, F_OK) == 0 ? 0 : errno;
}

/* The library's own words are dropped: db_strerror says the same, and to the right place. */
static void
bdb_said(const DB_ENV *env, const char *prefix, const char *msg)
{
	(void)env;
	(void)prefix;
	(void)msg;
}

static int
bdb_fail(int rc, const char *what, struct err *e)
{
	err_set(e, rc == ENOSPC || rc == EIO || rc == EMFILE || rc == ENOMEM ? ERR_TEMP : ERR_PERM, "%s: %s", what, db_strerror(rc));
	if (e != NULL)
		e->sys = rc > 0 ? rc : 0;
	return -1;
}

static struct bdb *
bdb_new(struct err *e)
{
	struct bdb	*b = calloc(1, sizeof *b);
	int		 rc;

	if (b == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	b->fd = -1;
	if ((rc = db_create(&b->db, NULL, 0)) != 0) {
		bdb_fail(rc, "Berkeley DB", e);
		free(b);
		return NULL;
	}
	b->db->set_errcall(b->db, bdb_said);
	return b;
}

static void
bdb_close(struct bdb *b)
{
	if (b->db != NULL)
		b->db->close(b->db, DB_NOSYNC);
	if (b->fd != -1)
		close(b->fd);
	free(b);
}

static struct bdb *
bdb_open_fd(int fd, struct err *e)
{
	struct bdb	*b;
	DBTYPE		 type;
	int		 rc;

	if ((b = bdb_new(e)) == NULL) {
		close(fd);
		return NULL;
	}
	b->fd = fd;
	db_env_set_func_open(bdb_hook_open);
	db_env_set_func_exists(bdb_hook_exists);
	bdb_hook_fd = fd;
	rc = b->db->open(b->db, NULL, BDB_FDNAME, NULL, DB_UNKNOWN, DB_RDONLY, 0);
	bdb_hook_fd = -1;
	if (rc == 0 && (rc = b->db->get_type(b->db, &type)) == 0 && type != DB_HASH && type != DB_BTREE) {
		err_set(e, ERR_PERM, "neither a hash nor a btree file");
		bdb_close(b);
		return NULL;
	}
	if (rc != 0) {
		bdb_fail(rc, "not a usable Berkeley DB file", e);
		bdb_close(b);
		return NULL;
	}
	return b;
}

static DBT
bdb_dbt(struct str s)
{
	DBT	d;

	memset(&d, 0, sizeof d);
	d.data = (void *)(size_t)(const void *)s.p;
	d.size = (u_int32_t)s.n;
	return d;
}

static int
bdb_get(struct bdb *b, struct str key, struct buf *out, struct err *e)
{
	DBT	k = bdb_dbt(key), v;
	int	rc;

	memset(&v, 0, sizeof v);
	rc = b->db->get(b->db, NULL, &k, &v, 0);
	if (rc == DB_NOTFOUND || rc == DB_KEYEMPTY)
		return 0;
	if (rc != 0)
		return bdb_fail(rc, "read", e);
	buf_addmem(out, v.data, v.size);
	return 1;
}

static int
bdb_each(struct bdb *b, const struct str *key, bdb_each_fn *fn, void *arg, struct err *e)
{
	DBC	*c;
	DBT	 k, v;
	int	 rc, answer = 0;

	if ((rc = b->db->cursor(b->db, NULL, &c, 0)) != 0)
		return bdb_fail(rc, "cursor", e);
	memset(&k, 0, sizeof k);
	memset(&v, 0, sizeof v);
	if (key != NULL)
		k = bdb_dbt(*key);
	rc = c->get(c, &k, &v, key != NULL ? DB_SET : DB_NEXT);
	while (rc == 0 && (answer = fn(arg, str_mem(k.data, k.size), str_mem(v.data, v.size))) == 0)
		rc = c->get(c, &k, &v, key != NULL ? DB_NEXT_DUP : DB_NEXT);
	c->close(c);
	if (answer == 0 && rc != DB_NOTFOUND)
		return bdb_fail(rc, "read", e);
	return answer;
}

/*
 * The table is made in its final size: as many buckets, a power of two, as hold the rows.  The fill factor is set higher than they will be filled, for a bucket more
 * than the power of two would double the file.
 */
static int
bdb_size(struct bdb *b, const struct bdb_how *how, uint32_t *buckets)
{
	uint64_t	fill = (BDB_PAGE - 32) / (how->row + 8), want;
	int		rc;

	if (fill < 1)
		fill = 1;
	want = (how->nelem - 1) / fill + 1;
	for (*buckets = 2; *buckets < want && *buckets < (uint32_t)1 << 24;)
		*buckets *= 2;
	if ((rc = b->db->set_pagesize(b->db, BDB_PAGE)) != 0 || (rc = b->db->set_h_ffactor(b->db, (u_int32_t)fill * 4)) != 0)
		return rc;
	return b->db->set_h_nelem(b->db, *buckets * (u_int32_t)fill * 4);
}

static struct bdb *
bdb_create(const char *path, const struct bdb_how *how, uint32_t *buckets, struct err *e)
{
	struct bdb	*b;
	int		 rc = 0;

	*buckets = 0;
	if ((b = bdb_new(e)) == NULL)
		return NULL;
	if (how->cache > 0)
		rc = b->db->set_cachesize(b->db, (u_int32_t)(how->cache >> 30), (u_int32_t)(how->cache & 0x3fffffff), 1);
	if (rc == 0 && how->flags & BDB_DUP)
		rc = b->db->set_flags(b->db, DB_DUP);
	if (rc == 0 && how->type == BDB_HASH && !how->append && how->nelem > 0 && how->nelem < UINT32_MAX)
		rc = bdb_size(b, how, buckets);
	if (rc == 0)
		rc = b->db->open(b->db, NULL, path, NULL, how->append ? DB_UNKNOWN : how->type == BDB_BTREE ? DB_BTREE : DB_HASH,
		    how->append ? 0 : DB_CREATE | DB_EXCL, 0640);
	if (rc != 0) {
		bdb_fail(rc, path, e);
		bdb_close(b);
		return NULL;
	}
	return b;
}

static int
bdb_put(struct bdb *b, struct str key, struct str value, unsigned flags, struct err *e)
{
	DBT	k = bdb_dbt(key), v = bdb_dbt(value);
	int	rc = b->db->put(b->db, NULL, &k, &v, flags & (BDB_REPLACE | BDB_DUP) ? 0 : DB_NOOVERWRITE);

	if (rc == DB_KEYEXIST)
		return 1;
	return rc == 0 ? 0 : bdb_fail(rc, "write", e);
}

static int
bdb_del(struct bdb *b, struct str key, struct err *e)
{
	DBT	k = bdb_dbt(key);
	int	rc = b->db->del(b->db, NULL, &k, 0);

	if (rc == DB_NOTFOUND)
		return 1;
	return rc == 0 ? 0 : bdb_fail(rc, "delete", e);
}

static int
bdb_finish(struct bdb **bp, struct err *e)
{
	struct bdb	*b = *bp;
	int		 rc = b->db->sync(b->db, 0), rc2;

	rc2 = b->db->close(b->db, 0);
	b->db = NULL;
	if (rc == 0)
		rc = rc2;
	if (rc != 0)
		bdb_fail(rc, "write", e);
	bdb_close(b);
	*bp = NULL;
	return rc == 0 ? 0 : -1;
}

extern const struct bdb_ops bdb_ops_linked;
const struct bdb_ops bdb_ops_linked = {
	{ "bdb", BDB_VERSION }, bdb_open_fd, bdb_get, bdb_each, bdb_close, bdb_create, bdb_put, bdb_del, bdb_finish
};
