/*
 * map_bdb - classes hash, btree and implicit: Berkeley DB files.
 *
 * Keys may have been stored with or without their final NUL.  Unless -N or -O says which, both are tried until one of them hits; then only
 * that one.  A shared flock is held around each lookup (or around all lookups of one run of rules), for a foreign
 * makemap that rewrites a file in place.
 */
#include <fcntl.h>
#include <unistd.h>

#include "bdb/bdb.h"
#include "map/map_int.h"
#include "os/lock.h"

struct map_bdb {
	const struct bdb_ops	*ops;
	struct bdb		*db;
	bool			 try_nul, try_plain;
};

static int
map_bdb_open(struct map *m, int fd, struct err *e)
{
	struct map_bdb	*b = m->inside;
	struct err	 why = ERR_INIT;
	int		 copy;

	if (b == NULL) {
		b = m->inside = ARENA_NEW(m->arena, struct map_bdb);
		b->try_nul = !(m->flags & MF_ONLY_PLAIN);
		b->try_plain = !(m->flags & MF_ONLY_NUL);
	}
	if ((b->ops = bdb_ops(e)) == NULL)
		return -1;
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1)
		return err_sys(e, ERR_TEMP, "%s", m->path);
	os_flock(fd, OS_LOCK_SHARED, true);
	b->db = b->ops->open_fd(copy, BDB_ANY, &why);
	os_flock(fd, OS_LOCK_UNLOCK, true);
	return b->db == NULL ? err_set(e, ERR_TEMP, "%s: %s", m->path, why.text) : 0;
}

static void
map_bdb_close(struct map *m)
{
	struct map_bdb	*b = m->inside;

	if (b != NULL && b->db != NULL)
		b->ops->close(b->db);
	if (b != NULL)
		b->db = NULL;
}

static int
map_bdb_try(struct map *m, struct map_bdb *b, struct arena *a, struct str key, bool *hit, struct buf *out, struct err *e)
{
	int	rc = 0;

	if (b->try_plain && (rc = b->ops->get(b->db, key, out, e)) == 1)
		b->try_nul = m->flags & MF_ONLY_NUL;
	if (rc == 0 && b->try_nul) {
		rc = b->ops->get(b->db, str_mem(arena_str(a, key).p, key.n + 1), out, e);
		if (rc == 1)
			b->try_plain = m->flags & MF_ONLY_PLAIN;
	}
	*hit = rc == 1;
	return rc == -1 ? -1 : 0;
}

static enum map_result
map_bdb_get(struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *out, struct err *e)
{
	struct map_bdb	*b = m->inside;
	struct arena	*a = call == NULL ? arena_new(MAP_KEY_MAX * 4) : call->scratch;
	struct err	 why = ERR_INIT;
	bool		 hit = false;
	int		 rc;

	(void)args;
	(void)nargs;
	if (!m->locked)
		m->locked = os_flock(m->fd, OS_LOCK_SHARED, true) == 0;
	rc = map_bdb_try(m, b, a, key, &hit, out, &why);
	if (call == NULL || !call->hold)
		map_unlock(m);
	if (call == NULL)
		arena_free(&a);
	if (rc == -1) {
		err_set(e, ERR_TEMP, "map %.*s: %s: %s", STR_ARG(m->name), m->path, why.text);
		map_close(m);		/* tried anew at the next lookup */
		return MAPR_TEMP;
	}
	if (!hit)
		return MAPR_NONE;
	while (out->n > 0 && out->p[out->n - 1] == '\0')
		buf_truncate(out, out->n - 1);
	return MAPR_FOUND;
}

static int
map_bdb_each(struct map *m, int (*fn)(void *, struct str, struct str), void *arg, struct err *e)
{
	struct map_bdb	*b = m->inside;
	struct err	 why = ERR_INIT;
	int		 rc = b->ops->each(b->db, fn, arg, &why);

	return rc == -1 ? err_set(e, ERR_TEMP, "%s: %s", m->path, why.text) : rc;
}

const struct map_class map_class_hash = {
	"hash", MC_FILE, ".db", NULL, NULL, map_bdb_open, map_bdb_get, map_bdb_each, map_bdb_close
};
const struct map_class map_class_btree = {
	"btree", MC_FILE, ".db", NULL, NULL, map_bdb_open, map_bdb_get, map_bdb_each, map_bdb_close
};
const struct map_class map_class_implicit = {
	"implicit", MC_FILE, ".db", NULL, NULL, map_bdb_open, map_bdb_get, map_bdb_each, map_bdb_close
};
