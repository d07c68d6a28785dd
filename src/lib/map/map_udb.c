/*
 * map_udb - class userdb: one field of the user database (UserDatabaseSpec), "K name userdb maildrop".
 *
 * The database is a btree of keys "user:field"; a field may stand several times, in order.  The first value is the answer, or all of them, joined by -z.
 * Files of the specification are asked in order, those that are missing are empty; "@host" and Hesiod parts are refused.
 */
#include <stdio.h>

#include "map/map_int.h"

#define MAP_UDB_FILES	8

struct map_udb {
	struct str	 field;
	struct map	*file[MAP_UDB_FILES];
	size_t		 n;
};

static int
map_udb_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_udb	*u = m->inside = ARENA_NEW(m->arena, struct map_udb);
	struct str	 list = m->env->user_database, file, more;
	char		 name[64];

	if (!str_word(&rest, &u->field) || str_word(&rest, &more))
		return err_set(e, ERR_PERM, "map %.*s: class userdb wants one field name, such as maildrop", STR_ARG(m->name));
	u->field = arena_lower(m->arena, u->field);
	while (list.n > 0 && str_split(&list, ',', &file)) {
		file = str_trim(file);
		if (file.n == 0)
			continue;
		if (file.p[0] != '/' || u->n == MAP_UDB_FILES)
			return err_set(e, ERR_PERM, "UserDatabaseSpec: \"%.*s\" is not the full name of a file, or one too many", STR_ARG(file));
		snprintf(name, sizeof name, "userdb.%zu", u->n);
		u->file[u->n] = map_new(m->arena, m->env, m->index, str_c(name), STR("btree"), arena_fmt(m->arena, "-o %.*s", STR_ARG(file)),
		    "UserDatabaseSpec", e);
		if (u->file[u->n] == NULL)
			return -1;
		u->file[u->n]->part = (unsigned)u->n + 1;
		u->n++;
	}
	return 0;
}

struct map_udb_found {
	const struct map	*m;
	struct buf		*out;
	size_t			 n;
};

static int
map_udb_value(void *arg, struct str key, struct str value)
{
	struct map_udb_found	*f = arg;

	(void)key;
	while (value.n > 0 && value.p[value.n - 1] == '\0')
		value.n--;
	return map_value_add(f->m, f->out, f->n++ == 0 ? f->out->n : 0, value);
}

static enum map_result
map_udb_get(MAP_GET_ARGS)
{
	struct map_udb		*u = m->inside;
	struct map_udb_found	 found = { m, out, 0 };
	struct str		 k = arena_fmt(call->scratch, "%.*s:%.*s", STR_ARG(key), STR_ARG(u->field));
	enum map_result		 answer = MAPR_NONE;
	int			 rc;

	(void)args;
	(void)nargs;
	for (size_t i = 0; i < u->n; i++) {
		rc = map_bdb_all(u->file[i], k, map_udb_value, &found, e);
		if (found.n > 0)
			return MAPR_FOUND;
		if (rc == -1)
			answer = MAPR_TEMP;
	}
	return answer;
}

static void
map_udb_close(struct map *m)
{
	struct map_udb	*u = m->inside;

	for (size_t i = 0; i < u->n; i++)
		map_close(u->file[i]);
}

static struct map *
map_udb_file(struct map *m, unsigned part)
{
	struct map_udb	*u = m->inside;

	return part <= u->n ? u->file[part - 1] : NULL;
}

const struct map_class map_class_userdb = { "userdb", 0, NULL, NULL, map_udb_parse, NULL, map_udb_get, NULL, map_udb_close, map_udb_file };
