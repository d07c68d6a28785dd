/*
 * lmdb_mod - LMDB files (liblmdb), as a module of the same shape as Berkeley DB's.
 *
 * The library insists on a name and gets /dev/fd/N for the descriptor that we hold.  Files are written whole and never again, so no locks are needed.
 * The library trusts its files: a damaged one may end the process, which is why only role lookup and commands look into them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <lmdb.h>

#include "bdb/bdb.h"

#define LMDB_ROOM	((size_t)1 << (sizeof(size_t) > 4 ? 40 : 30))	/* of addresses, not of memory */

struct bdb {
	MDB_env	*env;
	MDB_txn	*txn;
	MDB_dbi	 dbi;
	int	 fd;
};

extern const struct bdb_ops lmdb_ops;
extern const struct os_module *const angarium_module;

static int
lmdb_fail(int rc, const char *what, struct err *e)
{
	err_set(e, rc == ENOSPC || rc == EIO || rc == ENOMEM || rc == EMFILE ? ERR_TEMP : ERR_PERM, "%s: %s", what, mdb_strerror(rc));
	if (e != NULL)
		e->sys = rc > 0 ? rc : 0;
	return -1;
}

static void
lmdb_close(struct bdb *b)
{
	if (b->txn != NULL)
		mdb_txn_abort(b->txn);
	if (b->env != NULL)
		mdb_env_close(b->env);
	if (b->fd != -1)
		close(b->fd);
	free(b);
}

static struct bdb *
lmdb_start(const char *path, int fd, unsigned env_flags, unsigned txn_flags, unsigned dbi_flags, struct err *e)
{
	struct bdb	*b = calloc(1, sizeof *b);
	int		 rc = ENOMEM;

	if (b == NULL) {
		if (fd != -1)
			close(fd);
		lmdb_fail(rc, "LMDB", e);
		return NULL;
	}
	b->fd = fd;
	if ((rc = mdb_env_create(&b->env)) != 0 || (rc = mdb_env_set_mapsize(b->env, txn_flags & MDB_RDONLY ? 0 : LMDB_ROOM)) != 0 ||
	    (rc = mdb_env_open(b->env, path, env_flags | MDB_NOSUBDIR | MDB_NOLOCK, 0600)) != 0 ||
	    (rc = mdb_txn_begin(b->env, NULL, txn_flags, &b->txn)) != 0 || (rc = mdb_dbi_open(b->txn, NULL, dbi_flags, &b->dbi)) != 0) {
		lmdb_fail(rc, "not a usable LMDB file", e);
		lmdb_close(b);
		return NULL;
	}
	return b;
}

static struct bdb *
lmdb_open_fd(int fd, struct err *e)
{
	char	path[64];

	snprintf(path, sizeof path, "/dev/fd/%d", fd);
	return lmdb_start(path, fd, MDB_RDONLY, MDB_RDONLY, 0, e);
}

static MDB_val
lmdb_val(struct str s)
{
	return (MDB_val){ s.n, (void *)(size_t)(const void *)s.p };
}

static bool
lmdb_key_ok(const struct bdb *b, struct str key)
{
	return key.n > 0 && key.n <= (size_t)mdb_env_get_maxkeysize(b->env);
}

static int
lmdb_get(struct bdb *b, struct str key, struct buf *out, struct err *e)
{
	MDB_val	k = lmdb_val(key), v;
	int	rc;

	if (!lmdb_key_ok(b, key))
		return 0;
	rc = mdb_get(b->txn, b->dbi, &k, &v);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return lmdb_fail(rc, "read", e);
	buf_addmem(out, v.mv_data, v.mv_size);
	return 1;
}

static int
lmdb_each(struct bdb *b, const struct str *key, bdb_each_fn *fn, void *arg, struct err *e)
{
	MDB_cursor	*c;
	MDB_val		 k = { 0, NULL }, v;
	int		 rc, answer = 0;

	if (key != NULL && !lmdb_key_ok(b, *key))
		return 0;
	if (key != NULL)
		k = lmdb_val(*key);
	if ((rc = mdb_cursor_open(b->txn, b->dbi, &c)) != 0)
		return lmdb_fail(rc, "cursor", e);
	rc = mdb_cursor_get(c, &k, &v, key != NULL ? MDB_SET : MDB_NEXT);
	while (rc == 0 && (answer = fn(arg, str_mem(k.mv_data, k.mv_size), str_mem(v.mv_data, v.mv_size))) == 0)
		rc = mdb_cursor_get(c, &k, &v, key != NULL ? MDB_NEXT_DUP : MDB_NEXT);
	mdb_cursor_close(c);
	return answer != 0 ? answer : rc == 0 || rc == MDB_NOTFOUND ? 0 : lmdb_fail(rc, "read", e);
}

static struct bdb *
lmdb_create(const char *path, const struct bdb_how *how, uint32_t *buckets, struct err *e)
{
	struct bdb	*b;

	*buckets = 0;
	if (!how->append && access(path, F_OK) == 0) {
		err_set(e, ERR_PERM, "%s exists", path);
		return NULL;
	}
	if ((b = lmdb_start(path, -1, MDB_NOSYNC, 0, MDB_CREATE, e)) == NULL && e != NULL && e->sys == 0 && access(path, F_OK) == -1)
		e->sys = errno;
	return b;
}

static int
lmdb_put(struct bdb *b, struct str key, struct str value, unsigned flags, struct err *e)
{
	MDB_val	k = lmdb_val(key), v = lmdb_val(value);
	int	rc;

	if (!lmdb_key_ok(b, key))
		return err_set(e, ERR_PERM, "a key of %zu octets: LMDB takes 1 to %d", key.n, mdb_env_get_maxkeysize(b->env));
	rc = mdb_put(b->txn, b->dbi, &k, &v, flags & BDB_REPLACE ? 0 : MDB_NOOVERWRITE);
	return rc == 0 ? 0 : rc == MDB_KEYEXIST ? 1 : lmdb_fail(rc, "write", e);
}

static int
lmdb_del(struct bdb *b, struct str key, struct err *e)
{
	MDB_val	k = lmdb_val(key);
	int	rc = lmdb_key_ok(b, key) ? mdb_del(b->txn, b->dbi, &k, NULL) : MDB_NOTFOUND;

	return rc == 0 ? 0 : rc == MDB_NOTFOUND ? 1 : lmdb_fail(rc, "delete", e);
}

static int
lmdb_finish(struct bdb **bp, struct err *e)
{
	struct bdb	*b = *bp;
	int		 rc = mdb_txn_commit(b->txn);

	b->txn = NULL;
	if (rc != 0)
		lmdb_fail(rc, "write", e);
	lmdb_close(b);
	*bp = NULL;
	return rc == 0 ? 0 : -1;
}

const struct bdb_ops lmdb_ops = {
	{ "lmdb", BDB_VERSION }, lmdb_open_fd, lmdb_get, lmdb_each, lmdb_close, lmdb_create, lmdb_put, lmdb_del, lmdb_finish
};
const struct os_module *const angarium_module = &lmdb_ops.mod;
