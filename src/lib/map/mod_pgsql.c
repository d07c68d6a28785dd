/*
 * mod_pgsql - class pgsql at work: libpq, never waiting longer than the map's patience.
 *
 * The connection is kept, and opened anew once when it turns out to be dead.  The session is read-only, and the server is told the deadline too.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "map/map_sql.h"
#include "os/load.h"

extern const struct os_module *const angarium_module;

static void
mod_pgsql_close(struct map *m)
{
	struct map_sql	*s = m->inside;

	if (s->db != NULL)
		PQfinish(s->db);
	s->db = NULL;
}

static int
mod_pgsql_fail(struct map *m, PGconn *c, const char *what, struct err *e)
{
	return err_set(e, ERR_TEMP, "map %.*s: %s: %.*s", STR_ARG(m->name), what, STR_ARG(str_trim(str_c(c == NULL ? "out of memory" : PQerrorMessage(c)))));
}

/* Wait for the socket: false past the deadline. */
static bool
mod_pgsql_wait(PGconn *c, short events, uint64_t until)
{
	struct pollfd	p = { PQsocket(c), events, 0 };
	uint64_t	now = os_now_ms();

	return p.fd >= 0 && now < until && poll(&p, 1, (int)(until - now)) > 0;
}

/* The result of what was sent; NULL: late or dead. */
static PGresult *
mod_pgsql_result(struct map *m, PGconn *c, uint64_t until, struct err *e)
{
	PGresult	*res, *more;
	int		 left;

	while ((left = PQflush(c)) == 1)
		if (!mod_pgsql_wait(c, POLLOUT | POLLIN, until) || !PQconsumeInput(c))
			break;
	while (left == 0 && PQisBusy(c))
		if (!mod_pgsql_wait(c, POLLIN, until) || !PQconsumeInput(c)) {
			left = -1;
			break;
		}
	if (left != 0) {
		if (os_now_ms() >= until)
			err_set(e, ERR_TEMP, "map %.*s: no answer in time", STR_ARG(m->name));
		else
			mod_pgsql_fail(m, c, "query", e);
		return NULL;
	}
	if ((res = PQgetResult(c)) == NULL) {
		mod_pgsql_fail(m, c, "query", e);
		return NULL;
	}
	while ((more = PQgetResult(c)) != NULL)
		PQclear(more);
	return res;
}

static int
mod_pgsql_setup(struct map *m, PGconn *c, uint64_t until, struct err *e)
{
	struct map_sql	*s = m->inside;
	PGresult	*res;
	char		 text[128];
	int		 rc;

	snprintf(text, sizeof text, "SET default_transaction_read_only = on; SET statement_timeout = %d", s->patience);
	if (!PQsendQuery(c, text) || (res = mod_pgsql_result(m, c, until, e)) == NULL)
		return -1;
	rc = PQresultStatus(res) == PGRES_COMMAND_OK ? 0 : mod_pgsql_fail(m, c, "setting up", e);
	PQclear(res);
	return rc;
}

static int
mod_pgsql_connect(struct map *m, uint64_t until, struct err *e)
{
	struct map_sql			*s = m->inside;
	PGconn				*c = PQconnectStart(s->where);
	PostgresPollingStatusType	 st = PGRES_POLLING_WRITING;

	s->db = c;
	if (c == NULL || PQstatus(c) == CONNECTION_BAD) {
		mod_pgsql_fail(m, c, "connect", e);
		mod_pgsql_close(m);
		return -1;
	}
	while (st == PGRES_POLLING_READING || st == PGRES_POLLING_WRITING) {
		if (!mod_pgsql_wait(c, st == PGRES_POLLING_READING ? POLLIN : POLLOUT, until))
			break;
		st = PQconnectPoll(c);
	}
	if (st == PGRES_POLLING_OK && PQsetnonblocking(c, 1) == 0 && mod_pgsql_setup(m, c, until, e) == 0)
		return 0;
	if (st == PGRES_POLLING_FAILED)
		mod_pgsql_fail(m, c, "connect", e);
	else if (st != PGRES_POLLING_OK)
		err_set(e, ERR_TEMP, "map %.*s: connect: no answer in time", STR_ARG(m->name));
	mod_pgsql_close(m);
	return -1;
}

static int
mod_pgsql_open(struct map *m, int fd, struct err *e)
{
	(void)m;
	(void)fd;
	(void)e;
	return 0;			/* connected when asked */
}

static enum map_result
mod_pgsql_rows(struct map *m, const PGresult *res, struct buf *out)
{
	size_t	before = out->n, n = 0;

	if (PQnfields(res) < 1)
		return MAPR_NONE;
	for (int i = 0; i < PQntuples(res); i++) {
		if (PQgetisnull(res, i, 0))
			continue;
		if (map_value_add(m, out, n == 0 ? out->n : before, str_mem(PQgetvalue(res, i, 0), (size_t)PQgetlength(res, i, 0))) == 1 &&
		    !(m->flags & MF_SINGLE))
			break;
		n++;
	}
	return n == 0 || (m->flags & MF_SINGLE && n > 1) ? MAPR_NONE : MAPR_FOUND;
}

static enum map_result
mod_pgsql_get(MAP_GET_ARGS)
{
	struct map_sql	*s = m->inside;
	uint64_t	 until = os_now_ms() + (uint64_t)s->patience;
	const char	*value[SQLQUERY_PARAMS];
	PGresult	*res;
	enum map_result	 r = MAPR_TEMP;
	bool		 kept, again;

	for (int i = 0; i < s->params.nparam; i++)
		value[i] = map_sql_param(s, i, call->scratch, key, args, nargs);
	do {
		kept = s->db != NULL;
		if (!kept && mod_pgsql_connect(m, until, e) == -1)
			return MAPR_TEMP;
		res = NULL;
		if (!PQsendQueryParams(s->db, s->query, s->params.nparam, NULL, value, NULL, NULL, 0))
			mod_pgsql_fail(m, s->db, "query", e);
		else
			res = mod_pgsql_result(m, s->db, until, e);
		again = kept && PQstatus(s->db) == CONNECTION_BAD && os_now_ms() < until;
		if (again) {
			PQclear(res);
			mod_pgsql_close(m);
		}
	} while (again);
	if (res != NULL && PQresultStatus(res) == PGRES_TUPLES_OK)
		r = mod_pgsql_rows(m, res, out);
	else {
		if (res != NULL)
			mod_pgsql_fail(m, s->db, "query", e);
		mod_pgsql_close(m);
	}
	PQclear(res);
	return r;
}

static const struct map_mod	mod_pgsql = { { "map_pgsql", MAP_MOD_VERSION }, mod_pgsql_open, mod_pgsql_get, mod_pgsql_close };
const struct os_module *const	angarium_module = &mod_pgsql.mod;
