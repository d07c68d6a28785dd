/*
 * mod_sqlite - class sqlite at work.  The database is opened for reading only; whoever writes it may hold it for the patience of one lookup.
 */
#include <sqlite3.h>

#include "map/map_sql.h"
#include "os/load.h"

extern const struct os_module *const angarium_module;

static uint64_t	mod_sqlite_until;	/* of the lookup in hand */

static int
mod_sqlite_late(void *arg)
{
	(void)arg;
	return os_now_ms() >= mod_sqlite_until;
}

static void
mod_sqlite_close(struct map *m)
{
	struct map_sql	*s = m->inside;

	sqlite3_finalize(s->stmt);
	sqlite3_close(s->db);
	s->stmt = s->db = NULL;
}

static int
mod_sqlite_fail(struct map *m, struct err *e)
{
	struct map_sql	*s = m->inside;

	err_set(e, ERR_TEMP, "%s: %s", s->where, s->db == NULL ? "out of memory" : sqlite3_errmsg(s->db));
	return -1;
}

static int
mod_sqlite_open(struct map *m, int fd, struct err *e)
{
	struct map_sql	*s = m->inside;
	sqlite3		*db = NULL;
	sqlite3_stmt	*stmt = NULL;
	int		 rc;

	(void)fd;			/* it was looked at, and tells when the file is another one; the library opens by name */
	rc = sqlite3_open_v2(s->where, &db, SQLITE_OPEN_READONLY, NULL);
	s->db = db;
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(db, s->patience);
		sqlite3_progress_handler(db, 1000, mod_sqlite_late, NULL);
		mod_sqlite_until = os_now_ms() + (uint64_t)s->patience;
		rc = sqlite3_prepare_v2(db, s->query, -1, &stmt, NULL);
		s->stmt = stmt;
	}
	if (rc == SQLITE_OK)
		return 0;
	mod_sqlite_fail(m, e);
	mod_sqlite_close(m);
	return -1;
}

static enum map_result
mod_sqlite_get(MAP_GET_ARGS)
{
	struct map_sql	*s = m->inside;
	size_t		 before = out->n, n = 0;
	const char	*v;
	int		 rc = SQLITE_OK;

	mod_sqlite_until = os_now_ms() + (uint64_t)s->patience;
	for (int i = 0; i < s->params.nparam && rc == SQLITE_OK; i++) {
		v = map_sql_param(s, i, call->scratch, key, args, nargs);
		rc = v == NULL ? sqlite3_bind_null(s->stmt, i + 1) : sqlite3_bind_text(s->stmt, i + 1, v, -1, SQLITE_STATIC);
	}
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		if ((rc = sqlite3_step(s->stmt)) != SQLITE_ROW)
			break;
		if ((v = (const char *)sqlite3_column_text(s->stmt, 0)) == NULL)
			continue;
		if (map_value_add(m, out, n == 0 ? out->n : before, str_mem(v, (size_t)sqlite3_column_bytes(s->stmt, 0))) == 1 && !(m->flags & MF_SINGLE)) {
			rc = SQLITE_DONE;
			break;
		}
		n++;
	}
	if (rc != SQLITE_DONE)
		mod_sqlite_fail(m, e);
	sqlite3_reset(s->stmt);
	sqlite3_clear_bindings(s->stmt);
	if (rc != SQLITE_DONE) {
		err_prefix(e, "map %.*s", STR_ARG(m->name));
		return MAPR_TEMP;
	}
	return n == 0 || (m->flags & MF_SINGLE && n > 1) ? MAPR_NONE : MAPR_FOUND;
}

static const struct map_mod	mod_sqlite = { { "map_sqlite", MAP_MOD_VERSION }, mod_sqlite_open, mod_sqlite_get, mod_sqlite_close };
const struct os_module *const	angarium_module = &mod_sqlite.mod;
