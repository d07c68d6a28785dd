/*
 * maps - the lookup maps of one process: those of the K lines and the alias files.
 */
#include <unistd.h>

#include "ask.h"
#include "base/status.h"
#include "base/trace.h"
#include "dnsconf.h"
#include "maps_int.h"
#include "net/idna.h"
#include "rule/build.h"

void
maps_unlock(struct maps *ms)
{
	for (size_t i = 0; ms->held && i < ms->n; i++)
		if (ms->map[i] != NULL)
			map_unlock(ms->map[i]);
	ms->held = false;
}

void
maps_complain(struct err_list *l, const struct conf_place *place, const char *text)
{
	struct conf_message	*v;

	if (l == NULL || l->arena == NULL)
		return;
	if (l->n == l->size) {
		v = ARENA_ARRAY(l->arena, struct conf_message, l->size * 2 + 8);
		if (l->n > 0)
			memcpy(v, l->v, l->n * sizeof *v);
		l->v = v;
		l->size = l->size * 2 + 8;
	}
	l->v[l->n++] = (struct conf_message){ *place, false, arena_str(l->arena, str_c(text)) };
	l->nerrors++;
}

/* The search list of $[ $], and HOSTALIASES: a role knows the text of resolv.conf from its configuration. */
static void
maps_search(struct maps *ms)
{
	struct str	  text = ms->ctx != NULL ? ms->ctx->resolv : STR_NONE;
	const char	**list;

	if (ms->ctx == NULL)
		text = dnsconf_text(ms->arena);
	ms->env.host_aliases = dnsconf_aliases(ms->arena, text);
	dnsconf_search(ms->conf, text, ms->arena, &list, &ms->env.nsearch);
	ms->env.search = list;
}

/* $m, if it is no template. */
static struct str
maps_domain(const struct conf *c)
{
	struct str	m = rules_macro(c->rules, 'm');

	return str_is_none(m) || str_chr(m, '$') != SIZE_MAX ? STR("") : m;
}

static struct maps *
maps_new(struct arena *a, const struct conf *c, struct role_ctx *ctx, struct err_list *l)
{
	struct maps	*ms = ARENA_NEW(a, struct maps);
	struct err	 e;

	if (c->opt.smtp_utf8)
		(void)idna_load(NULL);		/* no files can be opened later */
	ms->arena = a;
	ms->scratch = arena_new(MAPS_SCRATCH);
	ms->conf = c;
	ms->ctx = ctx;
	maps_env_fill(ms);
	maps_search(ms);
	ms->env.domain = maps_domain(c);
	ms->n = c->nmaps;
	ms->map = ARENA_ARRAY(a, struct map *, c->nmaps + 1);
	for (size_t i = 0; i < c->nmaps; i++) {
		if (!c->maps[i].declared)
			continue;
		err_clear(&e);
		ms->map[i] = map_new(a, &ms->env, (int)i, c->maps[i].name, c->maps[i].class, c->maps[i].args, "", &e);
		if (ms->map[i] == NULL)
			maps_complain(l, &c->maps[i].place, e.text);
	}
	maps_aliases(ms, l);
	return ms;
}

struct maps *
maps_local(struct arena *a, const struct conf *c, struct err_list *l)
{
	return maps_new(a, c, NULL, l);
}

struct maps *
maps_role(struct role_ctx *ctx, struct err_list *l)
{
	return maps_new(ctx->arena, ctx->conf, ctx, l);
}

void
maps_close(struct maps *ms)
{
	for (size_t i = 0; i < ms->n; i++)
		if (ms->map[i] != NULL) {
			map_trace_close(ms->map[i]);
			map_close(ms->map[i]);
		}
	for (size_t i = 0; i < ms->nalias + ms->nudb; i++)
		map_close(ms->alias[i]);
	if (ms->names != NULL)
		rule_ctx_free(&ms->names);
	arena_free(&ms->scratch);
}

void
maps_check(struct maps *ms)
{
	for (size_t i = 0; i < ms->n; i++)
		if (ms->map[i] != NULL)
			map_check(ms->map[i]);
	for (size_t i = 0; i < ms->nalias + ms->nudb; i++)
		map_check(ms->alias[i]);
}

struct map *
maps_at(struct maps *ms, int map)
{
	return map < 0 || (size_t)map >= ms->n ? NULL : ms->map[map];
}

struct map *
maps_alias_part(struct maps *ms, size_t part)
{
	return part < ms->nalias + ms->nudb ? ms->alias[part] : NULL;
}

struct map *
maps_asked(struct maps *ms, uint32_t map, uint32_t part)
{
	struct map	*m;

	if (map != MAPFD_ALIASES)
		m = map <= INT32_MAX ? maps_at(ms, (int)map) : NULL;
	else {
		m = maps_alias_part(ms, part & ((1u << MAPS_PART_SHIFT) - 1));
		part >>= MAPS_PART_SHIFT;
	}
	return m == NULL ? NULL : map_part(m, part);
}

enum map_rc
maps_rc(enum map_result r)
{
	return r == MAPR_FOUND ? MAP_FOUND : r == MAPR_TEMP ? MAP_TEMP : MAP_NOTFOUND;
}

void
maps_run(void *arg, bool begins)
{
	struct maps	*ms = arg;

	maps_unlock(ms);
	ms->hold = begins;
}

/* Is what people write in it, or do the keys mean something else, or does it know both forms of a domain? */
static bool
maps_has_names(const struct map *m)
{
	static const char *const others[] = { "host", "dns", "bestmx", "regex", "dequote", "arith", "arpa", "syslog", "macro", "null", "program" };

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (str_eq_c(map_class(m), others[i]))
			return false;
	return true;
}

/* A domain is the same in letters and in ASCII (RFC 5890 2.3.2.1): what is not found as it was written may stand there in the other form. */
static enum map_rc
maps_other_form(struct maps *ms, struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	struct str	ascii, letters;
	enum map_rc	rc = MAP_NOTFOUND;

	if (idna_key(key, true, ms->scratch, &ascii))
		rc = maps_rc(map_lookup(m, call, ascii, args, nargs, value, e));
	if (rc == MAP_NOTFOUND && idna_key(ascii, false, ms->scratch, &letters) && !str_eq(letters, key))
		rc = maps_rc(map_lookup(m, call, letters, args, nargs, value, e));
	return rc;
}

enum map_rc
maps_get(void *arg, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	struct maps	*ms = arg;
	struct map	*m = maps_at(ms, map);
	struct map_call	 call = { .scratch = ms->scratch, .deferred = ms->conf->opt.delivery_mode == 'd' };
	enum map_rc	 rc;

	if (m == NULL)
		return MAP_NOTFOUND;
	if (map_is_remote(m))
		maps_unlock(ms);		/* nobody waits for us while we wait for others */
	if (ms->depth == 0)
		arena_reset(ms->scratch);
	ms->depth++;
	call.hold = ms->hold && ms->depth == 1 && !map_is_remote(m);
	ms->held = ms->held || call.hold;
	rc = maps_rc(map_lookup(m, &call, key, args, nargs, value, e));
	if (rc == MAP_NOTFOUND && ms->conf->opt.smtp_utf8 && idna_key_may(key) && maps_has_names(m))
		rc = maps_other_form(ms, m, &call, key, args, nargs, value, e);
	ms->depth--;
	return rc;
}

/* -d60: "map_lookup(t, a, %0=a, %1=b) => value (0), ad=0". */
void
maps_trace(struct maps *ms, int map, struct str key, const struct str *args, size_t nargs, enum map_rc rc, const struct buf *value)
{
	static const char *const quiet[] = { "hash", "btree", "implicit", "dequote", "regex", "arith" };
	const struct map	*m = maps_at(ms, map);
	struct str	class;
	struct buf	b;
	int		status = rc == MAP_TEMP ? EXIT_TEMPFAIL : EXIT_NOHOST;

	if (m == NULL || !trace_on(60, 1))
		return;
	class = map_class(m);
	if (map_is_missing(m))
		return;
	for (size_t i = 0; rc == MAP_NOTFOUND && i < sizeof quiet / sizeof *quiet; i++)
		if (str_eq_c(class, quiet[i]))
			status = EXIT_OK;
	if (rc == MAP_NOTFOUND && str_eq_c(class, "user"))
		status = EXIT_NOUSER;
	key = map_shown_key(m, ms->scratch, key);
	buf_init(&b, MAP_VALUE_MAX * 4);
	buf_addf(&b, "map_lookup(%.*s, %.*s", STR_ARG(map_name(m)), STR_ARG(key));
	if (trace_on(60, 5)) {
		buf_addf(&b, ", %%0=%.*s", STR_ARG(key));
		for (size_t i = 0; i < nargs; i++)
			buf_addf(&b, ", %%%zu=%.*s", i + 1, STR_ARG(args[i]));
	}
	if (rc == MAP_FOUND)
		buf_addf(&b, ") => %.*s (0), ad=0\n", (int)value->n, value->n > 0 ? value->p : "");
	else
		buf_addf(&b, ") => NOT FOUND (%d), ad=0\n", status);
	if (rc == MAP_TEMP) {
		struct str	name = map_name(m);

		buf_addf(&b, "map_lookup(%.*s, %.*s) tempfail: errno=0\n", STR_ARG(name), STR_ARG(key));
	}
	trace_write(buf_str(&b));
	buf_done(&b);
}

enum map_rc
maps_lookup(void *arg, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	struct maps		*ms = arg;
	enum map_rc		 rc = maps_get(arg, map, key, args, nargs, value, e);

	if (ms->depth == 0)
		maps_trace(ms, map, key, args, nargs, rc, value);
	return rc;
}

enum map_rc
maps_raw(struct map *m, struct str key, struct buf *value, struct err *e)
{
	return maps_rc(map_get_raw(m, key, value, e));
}

void
maps_stale(struct maps *ms, void (*fn)(void *, struct str, const char *, const char *), void *arg)
{
	const char	*text;

	for (size_t i = 0; i < ms->n; i++)
		if (ms->map[i] != NULL && map_stale_source(ms->map[i], ms->arena, &text) == 1)
			fn(arg, map_name(ms->map[i]), text, map_file(ms->map[i]));
	for (size_t i = 0; i < ms->nalias; i++)
		if (map_stale_source(ms->alias[i], ms->arena, &text) == 1)
			fn(arg, STR(""), text, map_file(ms->alias[i]));
}
