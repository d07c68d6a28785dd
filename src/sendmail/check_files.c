/*
 * check_files - the files that a configuration names: there, readable, up to date, and safe from others' hands.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blame.h"
#include "check.h"
#include "filter_place.h"
#include "map/map.h"
#include "os/file.h"

/* "/etc/mail/access.db" -> "/etc/mail/access": what makemap read. */
static struct str
source_of(struct arena *a, const char *file)
{
	static const char *const	suffixes[] = { ".db", ".cdb", ".lmdb" };
	struct str			s = str_c(file);

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (str_ends(s, str_c(suffixes[i])))
			return arena_str(a, str_first(s, s.n - strlen(suffixes[i])));
	return STR_NONE;
}

static bool
is_stale(const char *file, struct str source, struct arena *a)
{
	struct stat	db, text;
	struct timespec	d, t;

	if (source.n == 0 || stat(file, &db) == -1 || stat(arena_cstr(a, source), &text) == -1 || !S_ISREG(text.st_mode))
		return false;
	d = os_mtime(&db);
	t = os_mtime(&text);
	return t.tv_sec > d.tv_sec || (t.tv_sec == d.tv_sec && t.tv_nsec > d.tv_nsec);
}

/* The i-th map that is a file, K lines first; NULL past the last. */
static struct map *
file_map(const struct conf *c, struct maps *ms, size_t i, const struct conf_place **place)
{
	struct map	*m;

	if (i < c->nmaps) {
		m = maps_at(ms, (int)i);
		*place = &c->maps[i].place;
	} else {
		size_t	parts = 0;

		while (maps_alias_part(ms, parts) != NULL)
			parts++;
		i -= c->nmaps;
		m = i < parts ? maps_alias_part(ms, i) : maps_userdb_file(ms, i - parts);
		*place = NULL;
	}
	return m;
}

/* Else it has a K line, or is a file of the user database. */
static bool
is_alias(const struct map *m, const struct conf_place *place)
{
	return place == NULL && map_part_number(m) == 0;
}

static size_t
file_maps(const struct conf *c, struct maps *ms)
{
	const struct conf_place	*place;
	size_t			 n = c->nmaps;

	while (file_map(c, ms, n, &place) != NULL)
		n++;
	return n;
}

void
check_stale(const struct conf *c, struct maps *ms, void (*say)(void *arg, const struct conf_place *, struct str), void *arg)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);

	for (size_t i = 0, n = file_maps(c, ms); i < n; i++) {
		const struct conf_place	*place;
		struct map		*m = file_map(c, ms, i, &place);
		struct str		 source;

		if (m == NULL || map_file(m) == NULL)
			continue;
		source = source_of(a, map_file(m));
		if (is_stale(map_file(m), source, a))
			say(arg, place, arena_fmt(a, "%s %.*s: %.*s is newer than %s: run %s", is_alias(m, place) ? "aliases" : "map",
			    STR_ARG(is_alias(m, place) ? STR("") : map_name(m)), STR_ARG(source), map_file(m),
			    is_alias(m, place) ? "newaliases" : "makemap"));
	}
	arena_free(&a);
}

static void
say_stale(void *arg, const struct conf_place *place, struct str text)
{
	check_say(arg, true, place, "%.*s", STR_ARG(text));
}

/* ---- who may write ---- */

static void
check_writable(struct check *c, const struct conf_place *place, const char *what, const char *path)
{
	struct stat	st;
	struct err	e = ERR_INIT;

	if (stat(path, &st) == -1)
		return;
	if (st.st_mode & S_IWOTH)
		check_say(c, true, place, "%s %s may be written by everyone", what, path);
	else if (os_path_safe(path, 0, OS_SAFE_ANYOWNER | OS_SAFE_STICKY | (blame_allow(c->conf, BLAME_MAP) & OS_SAFE_GROUPDIR), &e) == -1)
		check_say(c, true, place, "%s %s: %s: whoever may write there can replace it", what, path, e.text);
}

/* ---- maps ---- */

static void
check_map(struct check *c, struct map *m, const struct conf_place *place)
{
	bool		 alias = is_alias(m, place);
	struct str	 name = alias ? STR("AliasFile") : place == NULL ? STR("UserDatabaseSpec") : arena_fmt(c->arena, "map %.*s", STR_ARG(map_name(m)));
	const char	*file = map_file(m);
	struct str	 source = source_of(c->arena, file);
	struct err	 e = ERR_INIT;
	struct stat	 st;

	if (stat(file, &st) == -1 && errno == ENOENT) {
		if (map_is_optional(m) && (source.n == 0 || stat(arena_cstr(c->arena, source), &st) == -1))
			return;
		check_say(c, map_is_optional(m) || place == NULL, place, "%.*s: %s is missing%s", STR_ARG(name), file,
		    source.n == 0 ? "" : alias ? ": run newaliases" : ": run makemap");
		return;
	}
	if (access(file, R_OK) == -1 && geteuid() != 0)
		return;				/* somebody else's to read */
	if (map_open(m, &e) == -1)
		check_say(c, false, place, "%s", e.text);
	check_writable(c, place, arena_cstr(c->arena, name), file);
	if (source.n > 0)
		check_writable(c, place, arena_cstr(c->arena, arena_fmt(c->arena, "source of %.*s", STR_ARG(name))),
		    arena_cstr(c->arena, source));
}

static void
check_auth_info(struct check *c, struct str path)
{
	struct err	e = ERR_INIT;

	if (path.n > 0 && path.p[0] == '/' && blame_auth_info(c->conf, arena_cstr(c->arena, path), &e) == -1 && e.sys != EACCES)
		check_say(c, true, NULL, "DefaultAuthInfo: %s", e.text);
}

static void
check_queue(struct check *c, const struct conf_queue_group *g)
{
	const char	*dir = arena_cstr(c->arena, g->path);
	struct stat	 st;

	if (g->path.n == 0 || strpbrk(dir, "*?[") != NULL)
		return;
	if (stat(dir, &st) == -1) {
		if (errno == ENOENT)
			check_say(c, true, g->place.line > 0 ? &g->place : NULL, "queue %.*s: folder %s is missing", STR_ARG(g->name), dir);
	} else if (!S_ISDIR(st.st_mode))
		check_say(c, false, g->place.line > 0 ? &g->place : NULL, "queue %.*s: %s is no folder", STR_ARG(g->name), dir);
	else if (st.st_mode & S_IWOTH)
		check_say(c, true, g->place.line > 0 ? &g->place : NULL, "queue %.*s: %s may be written by everyone", STR_ARG(g->name), dir);
}

/* ---- programs of mailers ---- */

/* Several mailers may share one (uux): it is named once, with the first of them. */
static bool
is_earlier_program(const struct conf *c, const struct mailer *m)
{
	for (size_t i = 0; i < c->nmailers && &c->mailers[i] != m; i++)
		if (c->mailers[i].kind == MAILER_PROG && c->mailers[i].root.n == 0 && str_eq(c->mailers[i].path, m->path))
			return true;
	return false;
}

static void
check_program(struct check *c, const struct mailer *m)
{
	const char	*path = arena_cstr(c->arena, m->path);
	struct stat	 st;

	if (m->kind != MAILER_PROG || m->root.n > 0 || is_earlier_program(c->conf, m))
		return;			/* the path is another root's */
	if (stat(path, &st) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			check_say(c, true, &m->place, "mailer %.*s: program %s is missing", STR_ARG(m->name), path);
	} else if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		check_say(c, true, &m->place, "mailer %.*s: %s is no program", STR_ARG(m->name), path);
}

void
check_files(struct check *c)
{
	const struct conf_opts	*o = &c->conf->opt;
	struct map		*m;
	const struct conf_place	*place;

	for (size_t i = 0, n = file_maps(c->conf, c->maps); i < n; i++)
		if ((m = file_map(c->conf, c->maps, i, &place)) != NULL && map_file(m) != NULL)
			check_map(c, m, place);
	check_stale(c->conf, c->maps, say_stale, c);
	for (size_t i = 0; i < c->conf->nsources; i++)
		if (c->conf->sources[i].kind == SOURCE_FILE)
			check_writable(c, &c->conf->sources[i].place, "class file", arena_cstr(c->arena, c->conf->sources[i].text));
	check_writable(c, NULL, "configuration", arena_cstr(c->arena, c->conf->file));
	check_auth_info(c, o->default_auth_info);
	for (size_t i = 0; i < c->conf->ngroups; i++)
		check_queue(c, &c->conf->groups[i]);
	for (size_t i = 0; i < c->conf->nmailers; i++)
		check_program(c, &c->conf->mailers[i]);
	for (size_t i = 0; i < c->conf->nfilters; i++) {
		struct err	  e = ERR_INIT;
		enum filter_place p = filter_place(c->conf, &c->conf->filters[i], &e);

		if (p != FILTER_SAFE)
			check_say(c, p == FILTER_MISSING, &c->conf->filters[i].place, "%s", e.text);
	}
}
