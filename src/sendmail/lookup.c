/*
 * lookup - the role for maps that need more than an open file, and for users.
 *
 * Database files are opened here and their descriptors handed out, by the map's index,
 * never by a path of the asker.  A file that only root may read is opened by the
 * parent for us (Q_MAPOPEN), which looks at its owner and mode, not into it.  Anything slow (programs, name services,
 * sockets) runs in forked workers with a deadline.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "maps.h"
#include "milterask.h"
#include "portask.h"
#include "os/sandbox.h"
#include "req.h"
#include "roles.h"
#include "worker.h"

#define LOOKUP_WORKERS	20
#define LOOKUP_DEADLINE	90000
#define LOOKUP_RECYCLE	1000

struct lookup {
	struct arena	*arena;		/* of this configuration's maps */
	struct maps	*maps;
};

static struct lookup lookup;

static int
lookup_load(struct role_ctx *ctx)
{
	struct err_list	errs;

	lookup.arena = arena_new(ARENA_DEFAULT);
	err_list_init(&errs);
	ctx->state = &lookup;
	lookup.maps = maps_local(lookup.arena, ctx->conf, &errs);
	err_list_done(&errs);
	return lookup.maps == NULL ? -1 : 0;
}

int
lookup_prepare(struct role_ctx *ctx, struct err *e)
{
	return lookup_load(ctx) == -1 ? err_set(e, ERR_TEMP, "no memory for maps") : 0;
}

static void
lookup_stale(void *arg, struct str map, const char *text, const char *database)
{
	(void)arg;
	if (map.n > 0)
		log_line(4, LOG_P_WARNING, NULL, "map %.*s: %s is newer than %s: run makemap", STR_ARG(map), text, database);
	else
		log_line(4, LOG_P_WARNING, NULL, "%s is newer than %s: run newaliases", text, database);
}

int
lookup_reconf(struct role_ctx *ctx)
{
	struct lookup old = lookup;

	if (lookup_load(ctx) == -1) {
		lookup = old;
		return -1;
	}
	maps_close(old.maps);
	arena_free(&old.arena);
	maps_stale(lookup.maps, lookup_stale, NULL);
	worker_renew(ctx);
	return 0;
}

/* ---- descriptors of map files ---- */

static struct map *
lookup_map(const struct mapfd_ask *ask)
{
	return maps_asked(lookup.maps, ask->map, ask->part);
}

static void
lookup_say(struct buf *b, enum mapfd_state state, const struct map *m, const char *why)
{
	struct mapfd answer = { state, STR_NONE, STR_NONE, str_c(why) };

	if (m != NULL) {
		answer.path = str_c(map_file(m));
		answer.class = map_class(m);
	}
	mapfd_put(b, &answer);
}

struct lookup_open {			/* a file that the parent opens for us */
	struct held	*held;
	struct mapfd_ask ask;
};

static void
lookup_opened(void *arg, struct frame *f)
{
	struct lookup_open	*o = arg;
	struct map		*m = lookup_map(&o->ask);
	struct err		 e = ERR_INIT;
	struct buf		 b;
	int			 fd = -1;

	buf_init(&b, 0);
	if (chan_frame_err(f, &e) == -1)
		lookup_say(&b, e.sys == ENOENT ? MAPFD_ABSENT : MAPFD_TEMP, m, e.text);
	else if ((fd = f->fd) == -1)
		lookup_say(&b, MAPFD_TEMP, m, "the parent gave no file");
	else
		lookup_say(&b, MAPFD_OPEN, m, NULL);
	req_release(&o->held, buf_str(&b), fd);
	buf_done(&b);
	free(o);
}

/* Root reads what we may not: ask the parent, by index too. */
static int
lookup_ask_parent(struct role_ctx *ctx, struct peer *p, struct frame *f, const struct mapfd_ask *ask)
{
	struct lookup_open	*o = calloc(1, sizeof *o);
	struct buf		 b;
	int			 rc = -1;

	if (o == NULL || (o->held = req_hold(p, f)) == NULL) {
		free(o);
		return -1;
	}
	o->ask = *ask;
	buf_init(&b, 0);
	mapfd_ask_put(&b, ask);
	rc = req_call(ctx, R_PARENT, Q_MAPOPEN, buf_str(&b), -1, lookup_opened, o);
	buf_done(&b);
	if (rc == -1) {
		req_unhold(&o->held);
		free(o);
	}
	return rc;
}

static int
lookup_mapfd(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct mapfd_ask	 ask;
	struct map		*m;
	struct err		 e = ERR_INIT;
	struct buf		 b;
	int			 fd = -1;

	if (mapfd_ask_get(f->body, &ask) == -1)
		return -1;
	m = lookup_map(&ask);
	buf_init(&b, 0);
	if (m == NULL)
		lookup_say(&b, ask.map == MAPFD_ALIASES ? MAPFD_NO_PART : MAPFD_ABSENT, NULL, "no such map");
	else if (map_file(m) == NULL)
		lookup_say(&b, MAPFD_NOT_A_FILE, m, NULL);
	else if (maps_open_map(ctx->conf, m, &fd, &e) == 0)
		lookup_say(&b, MAPFD_OPEN, m, NULL);
	else if (e.sys == EACCES && lookup_ask_parent(ctx, p, f, &ask) == 0)
		goto out;
	else
		lookup_say(&b, e.sys == ENOENT ? MAPFD_ABSENT : MAPFD_TEMP, m, e.text);
	(void)req_answer(p, f, buf_str(&b), fd);
out:
	if (fd != -1)
		close(fd);
	buf_done(&b);
	return 0;
}

/* ---- what only root can have, by way of the parent: sockets of filters, ports below 1024 ---- */

static void
lookup_opened_for(void *arg, struct frame *f)
{
	struct held	*held = arg;

	if (f != NULL)
		req_forward(&held, f);
	else {
		struct err e = ERR_INIT;

		err_set(&e, ERR_TEMP, "the parent is away");
		req_release_err(&held, &e);
	}
}

static int
lookup_pass_on(struct role_ctx *ctx, struct peer *p, struct frame *f, enum req_id what)
{
	struct held		*held;

	if ((held = req_hold(p, f)) == NULL)
		return req_refuse(p, f, ERR_TEMP, "out of memory"), 0;
	if (req_call(ctx, R_PARENT, what, f->body, -1, lookup_opened_for, held) == 0)
		return 0;
	req_unhold(&held);
	return req_refuse(p, f, ERR_TEMP, "the parent is away"), 0;
}

static int
lookup_filter(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct filter_ask	 ask;

	if (filter_ask_get(f->body, &ask) == -1)
		return -1;
	if (ask.filter >= ctx->conf->nfilters)		/* the asker may have the configuration of before a reload */
		return req_refuse(p, f, ERR_TEMP, "no such filter"), 0;
	return lookup_pass_on(ctx, p, f, Q_FILTEROPEN);
}

static int
lookup_port(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct port_ask		 ask;

	return port_ask_get(f->body, &ask) == -1 ? -1 : lookup_pass_on(ctx, p, f, Q_PORTOPEN);
}

const struct answer lookup_answers[] = { { Q_MAPFD, lookup_mapfd }, { Q_FILTER, lookup_filter }, { Q_PORT, lookup_port }, { 0, NULL } };

/* ---- in workers ---- */

static int
lookup_map_work(struct role_ctx *ctx, struct frame *f, struct buf *out, int *fd, struct err *e)
{
	struct map_ask		ask;
	struct map_answer	ans = { MAP_TEMP, STR_NONE, STR_NONE };
	struct map		*m;
	struct buf		value;

	(void)fd;
	if (map_ask_get(f->body, &ask) == -1 || (ask.map == MAPFD_ALIASES ? !ask.raw : ask.map >= ctx->conf->nmaps))
		worker_bad(ctx);
	buf_init(&value, MAP_VALUE_MAX);
	maps_check(lookup.maps);
	m = ask.map == MAPFD_ALIASES ? maps_alias_part(lookup.maps, ask.part) : maps_at(lookup.maps, (int)ask.map);
	if (ask.raw)
		ans.rc = m == NULL ? MAP_NOTFOUND : (uint8_t)maps_raw(m, ask.key, &value, e);
	else
		ans.rc = (uint8_t)maps_lookup(lookup.maps, (int)ask.map, ask.key, ask.args, ask.nargs, &value, e);
	if (ans.rc != MAP_NOTFOUND)
		ans.value = buf_str(&value);		/* with -T a temporary failure has one too */
	if (ans.rc == MAP_TEMP)
		ans.why = str_c(e->text);
	map_answer_put(out, &ans);
	buf_done(&value);
	return 0;
}

static int
lookup_user_work(struct role_ctx *ctx, struct frame *f, struct buf *out, int *fd, struct err *e)
{
	struct user_ask		 ask;
	struct user_answer	 ans;
	struct arena		*a = arena_new(ARENA_DEFAULT);

	(void)fd;
	if (user_ask_get(f->body, &ask) == -1)
		worker_bad(ctx);
	memset(&ans, 0, sizeof ans);
	ans.rc = ask.by_gecos ? os_user_by_gecos(ask.name, a, &ans.user, e) : os_user_by_name(ask.name, a, &ans.user, e);
	user_answer_put(out, &ans);
	arena_free(&a);
	return 0;
}

const struct work lookup_works[] = { { Q_MAP, lookup_map_work }, { Q_USER, lookup_user_work }, { 0, NULL } };

/* Programs of map class program do what they like, under no filter of ours. */
static bool
lookup_runs_programs(const struct conf *conf)
{
	for (size_t i = 0; i < conf->nmaps; i++)
		if (str_caseeq_c(conf->maps[i].class, "program"))
			return true;
	return str_casefind(conf->opt.alias_file, STR("program:")) != SIZE_MAX;
}

/* A data base of SQLite in WAL mode has files beside it that readers write. */
static size_t
lookup_written(struct role_ctx *ctx, const char **dirs, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < ctx->conf->nmaps && n + 1 < max; i++) {
		struct map	*m = str_caseeq_c(ctx->conf->maps[i].class, "sqlite") ? maps_at(lookup.maps, (int)i) : NULL;
		struct str	 file = m == NULL || map_file(m) == NULL ? STR("") : str_c(map_file(m));
		size_t		 slash = str_rchr(file, '/');

		if (slash != SIZE_MAX && slash > 0)
			dirs[n++] = arena_cstr(ctx->arena, str_first(file, slash));
	}
	dirs[n] = NULL;
	return n;
}

/* Whoever answers for LDAP, SQL or a socket map is a stranger: what he sends is read where no more than such questions can be asked. */
static int
lookup_start(struct role_ctx *ctx)
{
	const char		*writes[16];
	size_t			 n = lookup_written(ctx, writes, sizeof writes / sizeof writes[0]);
	struct os_sandbox	 box = { "lookup", LOOKUP_WORKER_MAY | (n > 0 ? OS_MAY_OPEN_W : 0), NULL, writes };
	struct err		 e = ERR_INIT;

	role_use_dns(ctx);
	if (lookup_runs_programs(ctx->conf))
		return 0;
	if (os_sandbox_enter(&box, &e) != -1)
		return 0;
	log_line(0, LOG_P_ERR, NULL, "lookup: %s", e.text);
	return -1;
}

int
lookup_run(struct role_ctx *ctx)
{
	static const struct worker_ops ops = {
		.max = LOOKUP_WORKERS, .spare = 1, .recycle = LOOKUP_RECYCLE, .deadline_ms = LOOKUP_DEADLINE,
		.start = lookup_start
	};

	maps_stale(lookup.maps, lookup_stale, NULL);
	return worker_master(ctx, &ops);
}
