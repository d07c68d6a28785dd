/*
 * map_sql - classes sqlite and pgsql: what their K lines say, for the modules that do the work.
 *
 *	K name sqlite [flags] FILE QUERY
 *	K name pgsql [flags] "CONNECTION" QUERY		or the name of a file whose first line it is
 *
 * The first column of the first row is the value; with -z of all rows, joined; with -1 several rows are none.  A NULL is no row.
 */
#ifndef MAP_MAP_SQL_H
#define MAP_MAP_SQL_H

#include "map/map_int.h"
#include "map/sqlquery.h"

struct map_sql {
	const char	*where;		/* file, or connection string */
	const char	*query;
	struct sqlquery	 params;
	int		 patience;	/* -d, ms */
	void		*db, *stmt;	/* the module's */
};

/* The text of parameter i (from 0): key or argument, as a C string; NULL when there is no such argument or it holds a NUL. */
static inline const char *
map_sql_param(const struct map_sql *s, int i, struct arena *a, struct str key, const struct str *args, size_t nargs)
{
	int		digit = s->params.digit[i];
	struct str	v = digit == 0 ? key : (size_t)digit <= nargs ? args[digit - 1] : STR_NONE;

	return str_is_none(v) || str_has_nul(v) ? NULL : arena_cstr(a, v);
}

#endif
