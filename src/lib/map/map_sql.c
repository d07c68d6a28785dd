/*
 * map_sql - classes sqlite and pgsql: their K lines.
 */
#include "map/map_sql.h"

static struct map_sql *
map_sql_of(struct map *m)
{
	struct map_sql	*s = m->inside;

	if (s == NULL) {
		s = m->inside = ARENA_NEW(m->arena, struct map_sql);
		s->patience = MAP_PATIENCE;
	}
	return s;
}

static int
map_sql_flag(struct map *m, char letter, struct str v, struct str *rest, struct err *e)
{
	struct map_sql	*s = map_sql_of(m);

	(void)rest;
	return letter == 'd' ? map_args_seconds(m, 'd', v, &s->patience, e) : 1;
}

static int
map_sql_query(struct map *m, struct str query, char mark, struct err *e)
{
	struct map_sql	*s = map_sql_of(m);
	struct buf	 b;
	int		 rc;

	buf_init(&b, MAP_VALUE_MAX);
	rc = sqlquery_parse(query, mark, &b, &s->params, e);
	s->query = arena_cstr(m->arena, buf_str(&b));
	buf_done(&b);
	return rc == 0 ? 0 : err_prefix(e, "map %.*s", STR_ARG(m->name));
}

static int
map_sqlite_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_sql	*s = map_sql_of(m);
	struct str	 file;

	if (!str_word(&rest, &file) || file.p[0] != '/' || str_has_nul(file))
		return err_set(e, ERR_PERM, "map %.*s: class sqlite wants the full name of a file, and a query", STR_ARG(m->name));
	m->path = s->where = arena_cstr(m->arena, file);
	return map_sql_query(m, rest, '?', e);
}

static int
map_pgsql_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_sql	*s = map_sql_of(m);
	struct str	 place;

	rest = str_trim(rest);
	if (rest.n == 0)
		return err_set(e, ERR_PERM, "map %.*s: class pgsql wants a connection (\"host=... dbname=...\" or a file that holds it) and a query", STR_ARG(m->name));
	m->all = rest;
	place = map_args_long(m, rest, &rest);
	s->where = arena_cstr(m->arena, place);
	if (place.n > 0 && place.p[0] == '/')
		s->where = arena_cstr(m->arena, map_secret_line(m, s->where));
	return map_sql_query(m, rest, '$', e);
}

const struct map_class map_class_sqlite = {
	"sqlite", MC_REMOTE | MC_MODULE, NULL, map_sql_flag, map_sqlite_parse, map_mod_open, map_mod_get, NULL, map_mod_close, NULL
};
const struct map_class map_class_pgsql = {
	"pgsql", MC_REMOTE | MC_MODULE, NULL, map_sql_flag, map_pgsql_parse, map_mod_open, map_mod_get, NULL, map_mod_close, NULL
};
