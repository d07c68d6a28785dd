/*
 * map_bdb - classes hash, btree, cdb, lmdb and implicit: database files.
 *
 * Keys may have been stored with or without their final NUL.  Unless -N or -O says which, both are tried until one of them hits; then only
 * that one.  A shared flock is held around each lookup (or around all lookups of one run of rules), for a foreign
 * makemap that rewrites a file in place.
 *
 * implicit is what an alias file without a class is: FILE.db, else FILE.cdb, else, for aliases, the text itself.
 */
#include <fcntl.h>
#include <unistd.h>

#include "bdb/bdb.h"
#include "bdb/bdbread.h"
#include "bdb/cdb.h"
#include "map/map_int.h"
#include "os/lock.h"

struct map_bdb {
	const struct bdb_ops	*ops;
	struct bdb		*db;
	struct map_stab		*text;		/* implicit: there is only a text */
	bool			 try_nul, try_plain;
};

bool
map_file_is_text(int fd)
{
	unsigned char	head[BDBREAD_HEAD];
	ssize_t		n = pread(fd, head, sizeof head, 0);

	return n >= 0 && !bdbread_is_database(str_mem(head, (size_t)n)) && !cdb_is(fd);
}

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
	if (m->class == &map_class_implicit && m->index < 0 && map_file_is_text(fd))
		return map_stab_load(m, fd, &b->text, e);
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1)
		return err_sys(e, ERR_TEMP, "%s", m->path);
	os_flock(fd, OS_LOCK_SHARED, true);
	b->ops = m->class == &map_class_lmdb ? bdb_lmdb(&why) : &bdb_ops_own;
	if (b->ops == NULL)
		close(copy);
	else
		b->db = b->ops->open_fd(copy, &why);
	os_flock(fd, OS_LOCK_UNLOCK, true);
	return b->db == NULL ? err_set(e, ERR_TEMP, "%s: %s", m->path, why.text) : 0;
}

static void
map_bdb_close(struct map *m)
{
	struct map_bdb	*b = m->inside;

	if (b == NULL)
		return;
	if (b->db != NULL)
		b->ops->close(b->db);
	b->db = NULL;
	map_stab_free(&b->text);
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
map_bdb_failed(struct map *m, const struct err *why, struct err *e)
{
	err_set(e, ERR_TEMP, "map %.*s: %s: %s", STR_ARG(m->name), m->path, why->text);
	map_close(m);			/* tried anew at the next lookup */
	return MAPR_TEMP;
}

static enum map_result
map_bdb_get(MAP_GET_ARGS)
{
	struct map_bdb	*b = m->inside;
	struct err	 why = ERR_INIT;
	bool		 hit = false;
	int		 rc;

	(void)args;
	(void)nargs;
	if (b->text != NULL)
		return map_stab_find(b->text, key, out);
	if (!m->locked)
		m->locked = os_flock(m->fd, OS_LOCK_SHARED, true) == 0;
	rc = map_bdb_try(m, b, call->scratch, key, &hit, out, &why);
	if (!call->hold)
		map_unlock(m);
	if (rc == -1)
		return map_bdb_failed(m, &why, e);
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
	int		 rc;

	if (b->text != NULL)
		return map_stab_all(b->text, fn, arg);
	rc = b->ops->each(b->db, NULL, fn, arg, &why);
	return rc == -1 ? err_set(e, ERR_TEMP, "%s: %s", m->path, why.text) : rc;
}

int
map_bdb_all(struct map *m, struct str key, int (*fn)(void *, struct str, struct str), void *arg, struct err *e)
{
	struct map_bdb	*b;
	struct err	 why = ERR_INIT;
	int		 rc;

	if (map_open(m, e) == -1)
		return -1;
	if (m->missing)
		return 0;
	b = m->inside;
	os_flock(m->fd, OS_LOCK_SHARED, true);
	rc = b->ops->each(b->db, &key, fn, arg, &why);
	os_flock(m->fd, OS_LOCK_UNLOCK, true);
	if (rc == -1)
		(void)map_bdb_failed(m, &why, e);
	return rc;
}

const char *
map_file_else(struct map *m, const char *path)
{
	struct str	p = str_c(path);

	if (m->class != &map_class_implicit)
		return NULL;
	if (str_ends(p, STR(".db")))
		return arena_fmt(m->arena, "%.*s.cdb", STR_ARG(str_first(p, p.n - 3))).p;
	if (str_ends(p, STR(".cdb")) && m->index < 0)
		return arena_cstr(m->arena, str_first(p, p.n - 4));
	return NULL;
}

#define MAP_BDB(name, traits, suffix)	{ name, traits, suffix, NULL, NULL, map_bdb_open, map_bdb_get, map_bdb_each, map_bdb_close, NULL }
const struct map_class map_class_hash = MAP_BDB("hash", MC_FILE, ".db");
const struct map_class map_class_btree = MAP_BDB("btree", MC_FILE, ".db");
const struct map_class map_class_cdb = MAP_BDB("cdb", MC_FILE, ".cdb");
const struct map_class map_class_implicit = MAP_BDB("implicit", MC_FILE, ".db");
/* Its library may fall over a damaged file: not in a session. */
const struct map_class map_class_lmdb = MAP_BDB("lmdb", MC_FILE | MC_REMOTE, ".lmdb");
