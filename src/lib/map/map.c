/*
 * map - the table of classes, and what all of them share: the key's treatment before, the value's after, and watching the file.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/trace.h"
#include "map/map_int.h"
#include "os/file.h"
#include "os/lock.h"
#include "os_conf.h"

static const struct map_class *const map_classes[] = {
	&map_class_hash, &map_class_btree, &map_class_implicit, &map_class_text, &map_class_sequence, &map_class_switch, &map_class_user,
	&map_class_host, &map_class_dns, &map_class_bestmx, &map_class_macro, &map_class_arith, &map_class_dequote, &map_class_regex,
	&map_class_null, &map_class_syslog, &map_class_arpa, &map_class_program, &map_class_passwd, &map_class_socket, &map_class_userdb,
	&map_class_cdb, &map_class_stab, &map_class_cidr, &map_class_greylist, &map_class_tally,
#ifdef HAVE_LIBLDAP
	&map_class_ldap, &map_class_ldapx,
#endif
#ifdef HAVE_LIBLMDB
	&map_class_lmdb,
#endif
#ifdef HAVE_LIBPCRE2
	&map_class_pcre,
#endif
#ifdef HAVE_LIBSQLITE
	&map_class_sqlite,
#endif
#ifdef HAVE_LIBPQ
	&map_class_pgsql,
#endif
};

/* Names that sendmail knows and this program does not have: why. */
static const struct {
	const char	*name;
	const char	*why;
} map_absent[] = {
	{ "dbm", "ndbm files are not read: make a hash map of the same text with makemap" },
	{ "ldap", "not built in (OpenLDAP's library was missing)" }, { "ldapx", "not built in (OpenLDAP's library was missing)" },
	{ "lmdb", "not built in (the LMDB library was missing)" }, { "pcre", "not built in (the PCRE2 library was missing)" },
	{ "sqlite", "not built in (the SQLite library was missing)" }, { "pgsql", "not built in (PostgreSQL's libpq was missing)" },
	{ "ph", "the PH protocol is extinct" },
	{ "nis", "NIS is extinct here: export the table with ypcat and make a hash map" },
	{ "nisplus", "NIS+ is extinct: export the table and make a hash map" },
	{ "hesiod", "Hesiod is extinct here: export the table and make a hash map" }, { "netinfo", "NetInfo is extinct" }, { "nsd", "IRIX nsd is extinct" },
};

static const struct map_class *
map_class_find(struct str name)
{
	for (size_t i = 0; i < sizeof(map_classes) / sizeof(map_classes[0]); i++)
		if (str_caseeq_c(name, map_classes[i]->name))
			return map_classes[i];
	return NULL;
}

bool
map_class_known(struct str name)
{
	return map_class_find(name) != NULL;
}

struct map *
map_new(struct arena *a, const struct map_env *env, int index, struct str name, struct str class, struct str args, const char *where, struct err *e)
{
	const struct map_class	*c = map_class_find(class);
	struct map		*m;

	if (c == NULL) {
		for (size_t i = 0; i < sizeof(map_absent) / sizeof(map_absent[0]); i++)
			if (str_caseeq_c(class, map_absent[i].name)) {
				err_set(e, ERR_PERM, "map %.*s: class %s: %s", STR_ARG(name), map_absent[i].name, map_absent[i].why);
				return NULL;
			}
		err_set(e, ERR_PERM, "map %.*s: no such map class: %.*s", STR_ARG(name), STR_ARG(class));
		return NULL;
	}
	m = ARENA_NEW(a, struct map);
	m->class = c;
	m->env = env;
	m->arena = a;
	m->args = arena_str(a, str_trim(args));
	m->name = arena_str(a, name);
	m->class_name = str_c(c->name);
	m->where = where == NULL ? "" : where;
	m->index = index;
	m->fd = -1;
	buf_init(&m->raw, MAP_VALUE_MAX);
	return map_args_parse(m, args, e) == -1 ? NULL : m;
}

void
map_close(struct map *m)
{
	map_unlock(m);
	if (m->opened && m->class->close != NULL)
		m->class->close(m);
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
	m->opened = m->missing = false;
	buf_done(&m->raw);
	buf_init(&m->raw, MAP_VALUE_MAX);
}

void
map_unlock(struct map *m)
{
	if (m->locked)
		os_flock(m->fd, OS_LOCK_UNLOCK, true);
	m->locked = false;
}

struct str
map_name(const struct map *m)
{
	return m->name;
}

struct str
map_class(const struct map *m)
{
	return m->class_name;
}

int
map_index(const struct map *m)
{
	return m->index;
}

struct map *
map_part(struct map *m, unsigned part)
{
	return part == 0 ? m : m->class->file == NULL ? NULL : m->class->file(m, part);
}

unsigned
map_part_number(const struct map *m)
{
	return m->part;
}

const char *
map_file(const struct map *m)
{
	return m->path;
}

bool
map_is_optional(const struct map *m)
{
	return m->flags & MF_OPTIONAL;
}

bool
map_joins(const struct map *m)
{
	return m->flags & MF_APPEND;
}

bool
map_is_remote(const struct map *m)
{
	return m->class->traits & MC_REMOTE;
}

void
map_check(struct map *m)
{
	struct map	*part;

	m->checked = false;
	for (unsigned i = 1; m->class->file != NULL && (part = m->class->file(m, i)) != NULL; i++)
		part->checked = false;
}

/* Was the file replaced (no name any more) or written into since we opened it? */
static bool
map_stale(struct map *m)
{
	struct stat	st;

	if (m->missing)
		return true;
	if (m->fd == -1)
		return false;
	if (fstat(m->fd, &st) == -1 || st.st_nlink == 0)
		return true;
	return st.st_size != m->st.st_size || os_mtime(&st).tv_sec != os_mtime(&m->st).tv_sec ||
	    os_mtime(&st).tv_nsec != os_mtime(&m->st).tv_nsec;
}

int
map_open(struct map *m, struct err *e)
{
	int	fd = -1;

	if (m->opened && !m->checked && map_stale(m))
		map_close(m);
	m->checked = true;
	if (m->opened) {
		map_trace_first(m);
		return 0;
	}
	map_trace_open(m);
	if (m->path != NULL) {
		struct err	why = ERR_INIT;

		if (m->env->open(m->env->arg, m, m->path, &fd, &why) == -1) {
			if (why.sys == ENOENT && trace_on(38, 2))
				trace_printf("\tmissing map file: %s\n", strerror(ENOENT));
			if (m->flags & MF_OPTIONAL && why.sys == ENOENT) {
				m->opened = m->missing = true;
				map_trace_opened(m, strerror(ENOENT));
				return 0;
			}
			map_trace_opened(m, "");
			return err_set(e, ERR_TEMP, "map %.*s: %s", STR_ARG(m->name), why.text);
		}
		m->fd = fd;
		if (fstat(fd, &m->st) == -1)
			return err_sys(e, ERR_TEMP, "map %.*s: %s", STR_ARG(m->name), m->path);
	}
	m->opened = true;
	if (m->class->open != NULL && m->class->open(m, fd, e) == -1) {
		err_prefix(e, "map %.*s", STR_ARG(m->name));
		map_trace_opened(m, "");
		map_close(m);
		return -1;
	}
	map_trace_opened(m, NULL);
	return 0;
}

int
map_rewrite(struct buf *out, struct str v, struct str key, const struct str *args, size_t nargs)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] != '%' || i + 1 == v.n) {
			buf_addch(out, v.p[i]);
			continue;
		}
		char	c = v.p[++i];

		if (c == '%')
			buf_addch(out, '%');
		else if (c == '0')
			buf_add(out, key);
		else if (chr_is_digit(c)) {
			if ((size_t)(c - '0') <= nargs)
				buf_add(out, args[c - '1']);
		} else {
			buf_addch(out, '%');
			buf_addch(out, c);
		}
	}
	return buf_ok(out) ? 0 : -1;
}

/* The key as the class wants it: without quotes, in lower case, unless its flags say otherwise. */
static struct str
map_key(const struct map *m, struct arena *a, struct str key)
{
	char	*p;
	size_t	 n = 0;

	if (m->class->traits & MC_NOKEYPREP)
		return key;
	p = arena_bytes(a, key.n + 1);
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] == '"' && !(m->flags & MF_KEEPQUOTES))
			continue;
		if (key.p[i] == '\\' && i + 1 < key.n && !(m->flags & MF_KEEPQUOTES))
			i++;
		p[n++] = m->flags & MF_KEEPCASE || m->class->traits & MC_NOFOLD ? key.p[i] : chr_lower(key.p[i]);
	}
	return str_mem(p, n);
}

static struct str
map_unquoted(struct arena *a, struct str key)
{
	char	*p = arena_bytes(a, key.n + 1);
	size_t	 n = 0;

	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] == '"')
			continue;
		if (key.p[i] == '\\' && i + 1 < key.n)
			i++;
		p[n++] = key.p[i];
	}
	return str_mem(p, n);
}

bool
map_is_missing(const struct map *m)
{
	return m->missing;
}

struct str
map_shown_key(const struct map *m, struct arena *a, struct str key)
{
	return m->class == &map_class_dequote || m->flags & MF_KEEPQUOTES ? key : map_unquoted(a, key);
}

static enum map_result
map_failed(struct map *m, struct arena *a, struct str key, struct buf *value, struct err *e)
{
	if (m->flags & MF_NOTEMP)
		return MAPR_NONE;
	if (e != NULL && e->text[0] != '\0')
		log_line(3, LOG_P_ERR, NULL, "%s", e->text);
	if (m->has_temp_tag) {
		buf_clear(value);
		buf_add(value, map_unquoted(a, key));
		buf_add(value, m->temp_tag);
	}
	return MAPR_TEMP;
}

enum map_result
map_lookup(struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	struct buf	raw;		/* the map's own for this while: a map may ask itself through another */
	struct str	k;
	enum map_result	r;
	size_t		before = value->n;

	if (m->flags & MF_NODEFER && call->deferred) {
		return map_failed(m, call->scratch, key, value, NULL);
	}
	if (key.n > MAP_KEY_MAX)
		return MAPR_NONE;
	if (m->class->traits & MC_REMOTE && m->env->ask != NULL) {
		r = m->env->ask(m->env->arg, m, false, key, args, nargs, value, e);
		return r == MAPR_TEMP && value->n == before ? map_failed(m, call->scratch, key, value, e) : r;
	}
	if (map_open(m, e) == -1)
		return map_failed(m, call->scratch, key, value, e);
	if (m->missing)
		return MAPR_NONE;
	raw = m->raw;
	buf_init(&m->raw, MAP_VALUE_MAX);
	buf_clear(&raw);
	k = map_key(m, call->scratch, key);
	if (trace_on(38, 2))
		map_trace_lookup(m, k, args, nargs);
	r = m->class->get(m, call, k, args, nargs, &raw, e);
	if (r == MAPR_FOUND && !buf_ok(&raw)) {
		err_set(e, ERR_TEMP, "map %.*s: value is longer than %zu bytes", STR_ARG(m->name), MAP_VALUE_MAX);
		r = MAPR_TEMP;
	}
	if (r == MAPR_TEMP)
		r = map_failed(m, call->scratch, key, value, e);
	else if (r == MAPR_FOUND && m->class->traits & MC_NOREWRITE)
		buf_add(value, buf_str(&raw));
	else if (r == MAPR_FOUND) {
		if (m->flags & MF_MATCH)
			buf_add(value, map_shown_key(m, call->scratch, key));
		else if (m->class->traits & MC_LITERAL)
			buf_add(value, buf_str(&raw));
		else
			map_rewrite(value, buf_str(&raw), map_shown_key(m, call->scratch, key), args, nargs);	/* %0 in its own case */
		buf_add(value, m->tag);
		if (m->after_sub != '\0')
			for (size_t i = before; i < value->n; i++)
				if (value->p[i] == ' ')
					value->p[i] = m->after_sub;
	}
	buf_done(&m->raw);
	if (raw.size > 4096)
		buf_done(&raw);
	m->raw = raw;
	return r;
}

enum map_result
map_get_raw(struct map *m, struct str key, struct buf *value, struct err *e)
{
	struct map_call	call = { .raw = true };
	enum map_result	r;

	if (m->class->traits & MC_REMOTE && m->env->ask != NULL)
		return m->env->ask(m->env->arg, m, true, key, NULL, 0, value, e);
	if (map_open(m, e) == -1)
		return MAPR_TEMP;
	if (m->missing)
		return MAPR_NONE;
	call.scratch = arena_new(MAP_VALUE_MAX * 16);
	r = m->class->get(m, &call, key, NULL, 0, value, e);
	arena_free(&call.scratch);
	return r;
}

int
map_stale_source(const struct map *m, struct arena *a, const char **source)
{
	const char	*suffix = m->class->suffix;
	struct stat	 made, text;
	struct str	 path = str_c(m->path);

	if (suffix == NULL || m->path == NULL || !str_ends(path, str_c(suffix)))
		return -1;
	path.n -= strlen(suffix);
	*source = arena_cstr(a, path);
	if (stat(m->path, &made) == -1 || stat(*source, &text) == -1 || !S_ISREG(text.st_mode))
		return -1;
	return os_mtime(&text).tv_sec > os_mtime(&made).tv_sec;
}

int
map_each(struct map *m, int (*fn)(void *, struct str, struct str), void *arg, struct err *e)
{
	if (map_open(m, e) == -1)
		return -1;
	if (m->missing)
		return 0;
	if (m->class->each == NULL)
		return err_set(e, ERR_PERM, "map %.*s: a map of class %s cannot be listed", STR_ARG(m->name), m->class->name);
	return m->class->each(m, fn, arg, e);
}
