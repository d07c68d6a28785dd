/*
 * keep_mod - tables in an LMDB file, as a module; see keep.h.
 *
 * A transaction begins with the first question and ends with the commit: a reader's, or the writer's.  The file's own lock keeps writers apart, and what a
 * writer that died had begun is not in the file.
 */
#include <errno.h>
#include <stdlib.h>

#include <lmdb.h>

#include "bdb/keep.h"

struct keep {
	MDB_env		*env;
	MDB_txn		*txn;
	MDB_dbi		 dbi;
	bool		 has_dbi, read;
};

extern const struct keep_ops keep_ops_lmdb;
extern const struct os_module *const angarium_module;

static int
keep_fail(int rc, const char *what, struct err *e)
{
	err_set(e, ERR_TEMP, "%s: %s", what, mdb_strerror(rc));
	if (e != NULL)
		e->sys = rc > 0 ? rc : 0;
	return -1;
}

static void
keep_close(struct keep *k)
{
	if (k->txn != NULL)
		mdb_txn_abort(k->txn);
	if (k->env != NULL)
		mdb_env_close(k->env);
	free(k);
}

static int
keep_begin(struct keep *k, struct err *e)
{
	int	rc;

	if (k->txn != NULL)
		return 0;
	if ((rc = mdb_txn_begin(k->env, NULL, k->read ? MDB_RDONLY : 0, &k->txn)) != 0) {
		k->txn = NULL;
		return keep_fail(rc, "begin", e);
	}
	if (!k->has_dbi && (rc = mdb_dbi_open(k->txn, NULL, k->read ? 0 : MDB_CREATE, &k->dbi)) != 0)
		return keep_fail(rc, "open the table", e);
	k->has_dbi = true;
	return 0;
}

static struct keep *
keep_open(const char *path, size_t room, unsigned flags, struct err *e)
{
	struct keep	*k = calloc(1, sizeof *k);
	int		 rc = ENOMEM, dead;

	if (k == NULL) {
		keep_fail(rc, path, e);
		return NULL;
	}
	k->read = flags & KEEP_READ;
	if ((rc = mdb_env_create(&k->env)) != 0 || (!k->read && (rc = mdb_env_set_mapsize(k->env, room)) != 0) ||
	    (rc = mdb_env_open(k->env, path, MDB_NOSUBDIR | MDB_NOTLS | (k->read ? MDB_RDONLY : 0u), 0640)) != 0) {
		keep_fail(rc, path, e);
		keep_close(k);
		return NULL;
	}
	(void)mdb_reader_check(k->env, &dead);
	if (keep_begin(k, e) == -1) {
		keep_close(k);
		return NULL;
	}
	return k;
}

static MDB_val
keep_val(struct str s)
{
	return (MDB_val){ s.n, (void *)(size_t)(const void *)s.p };
}

static int
keep_get(struct keep *k, struct str key, struct buf *out, struct err *e)
{
	MDB_val	kv = keep_val(key), v;
	int	rc;

	if (keep_begin(k, e) == -1)
		return -1;
	if ((rc = mdb_get(k->txn, k->dbi, &kv, &v)) == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return keep_fail(rc, "read", e);
	return buf_addmem(out, v.mv_data, v.mv_size) == -1 ? err_set(e, ERR_TEMP, "no memory") : 1;
}

static int
keep_put(struct keep *k, struct str key, struct str value, struct err *e)
{
	MDB_val	kv = keep_val(key), v = keep_val(value);
	int	rc;

	if (keep_begin(k, e) == -1)
		return -1;
	return (rc = mdb_put(k->txn, k->dbi, &kv, &v, 0)) == 0 ? 0 : keep_fail(rc, "write", e);
}

static int
keep_del(struct keep *k, struct str key, struct err *e)
{
	MDB_val	kv = keep_val(key);
	int	rc;

	if (keep_begin(k, e) == -1)
		return -1;
	rc = mdb_del(k->txn, k->dbi, &kv, NULL);
	return rc == 0 || rc == MDB_NOTFOUND ? 0 : keep_fail(rc, "delete", e);
}

static int
keep_each(struct keep *k, struct str from, keep_each_fn *fn, void *arg, struct err *e)
{
	MDB_cursor	*c;
	MDB_val		 kv = keep_val(from), v;
	int		 rc, answer = 0;

	if (keep_begin(k, e) == -1)
		return -1;
	if ((rc = mdb_cursor_open(k->txn, k->dbi, &c)) != 0)
		return keep_fail(rc, "cursor", e);
	rc = mdb_cursor_get(c, &kv, &v, from.n > 0 ? MDB_SET_RANGE : MDB_FIRST);
	while (rc == 0 && (answer = fn(arg, str_mem(kv.mv_data, kv.mv_size), str_mem(v.mv_data, v.mv_size))) == 0)
		rc = mdb_cursor_get(c, &kv, &v, MDB_NEXT);
	mdb_cursor_close(c);
	return answer != 0 ? answer : rc == 0 || rc == MDB_NOTFOUND ? 0 : keep_fail(rc, "read", e);
}

static size_t
keep_count(struct keep *k)
{
	MDB_stat	st;

	return keep_begin(k, NULL) == 0 && mdb_stat(k->txn, k->dbi, &st) == 0 ? st.ms_entries : 0;
}

static int
keep_commit(struct keep *k, struct err *e)
{
	int	rc = k->txn != NULL ? mdb_txn_commit(k->txn) : 0;

	k->txn = NULL;
	return rc == 0 ? 0 : keep_fail(rc, "commit", e);
}

const struct keep_ops keep_ops_lmdb = { { "keep", KEEP_VERSION }, keep_open, keep_get, keep_put, keep_del, keep_each, keep_count, keep_commit, keep_close };
const struct os_module *const angarium_module = &keep_ops_lmdb.mod;
