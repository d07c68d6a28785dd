/*
 * maps - the lookup maps of one process: those of the K lines and the alias files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "aliasfile.h"
#include "ask.h"
#include "base/log.h"
#include "base/status.h"
#include "base/trace.h"
#include "blame.h"
#include "dnsconf.h"
#include "maps.h"
#include "os/file.h"
#include "os/id.h"
#include "os/user.h"
#include "proc/child.h"
#include "req.h"
#include "rule/build.h"
#include "tally.h"

#define MAPS_ALIAS_PARTS	16
#define MAPS_HOST_ALIASES	((size_t)1 << 20)
#define MAPS_PART_SHIFT	16	/* an alias file's own parts, in struct mapfd_ask */
#define MAPS_SCRATCH		((size_t)1 << 20)
#define MAPS_PROGRAM_MS		60000

struct maps {
	struct arena		*arena;
	struct arena		*scratch;	/* of one lookup */
	const struct conf	*conf;
	struct role_ctx		*ctx;		/* NULL: we open files ourselves */
	struct map_env		 env;
	struct map		**map;		/* by number; NULL where the K line is bad */
	size_t			 n;
	struct map		*alias[MAPS_ALIAS_PARTS];
	size_t			 nalias;
	bool			 hold;		/* a run of rules is going on: files that it asked stay locked */
	bool			 held;
	struct rule_ctx		*names;		/* for $=w, made at need */
	int			 depth;		/* of lookups within lookups (sequence) */
};

int
maps_open_file(const struct conf *c, const char *path, int *fd, struct err *e)
{
	unsigned	allow = blame_allow(c, BLAME_MAP);

	if (getuid() != 0 && geteuid() != 0)
		allow |= OS_SAFE_NOPATH;	/* who asks for himself harms himself */
	*fd = os_open_safe(path, O_RDONLY, 0, c->opt.has_trusted ? (uid_t)c->opt.trusted_uid : 0, allow, NULL, e);
	return *fd == -1 ? -1 : 0;
}

int
maps_open_map(const struct conf *c, struct map *m, int *fd, struct err *e)
{
	struct err	first = ERR_INIT, other = ERR_INIT;
	int		rc = maps_open_file(c, map_file(m), fd, &first);

	for (const char *path = map_file(m); rc == -1 && first.sys == ENOENT && (path = map_file_else(m, path)) != NULL;)
		if ((rc = maps_open_file(c, path, fd, &other)) == -1 && other.sys != ENOENT) {
			first = other;
			break;
		}
	if (rc == -1 && e != NULL)
		*e = first;
	return rc;
}

static int
maps_env_open(void *arg, const struct map *m, const char *path, int *fd, struct err *e)
{
	struct maps	*ms = arg;
	struct map	*own = map_index(m) < 0 ? maps_alias_part(ms, (size_t)-map_index(m) - 1) : maps_at(ms, map_index(m));

	return own == m && map_file(m) != NULL && strcmp(path, map_file(m)) == 0 ? maps_open_map(ms->conf, own, fd, e) : maps_open_file(ms->conf, path, fd, e);
}

/* The same through role lookup: the map is named by number, never by path. */
static int
maps_env_ask_open(void *arg, const struct map *m, const char *path, int *fd, struct err *e)
{
	struct maps		*ms = arg;
	struct mapfd_ask	 ask = { (uint32_t)map_index(m), map_part_number(m) };
	struct mapfd		 answer;
	struct frame		 f;
	struct buf		 b;
	int			 rc;

	if (map_index(m) < 0) {			/* alias parts are numbered -1, -2 ... */
		ask.map = MAPFD_ALIASES;
		ask.part = (uint32_t)(-map_index(m) - 1) | map_part_number(m) << MAPS_PART_SHIFT;
	}
	buf_init(&b, 64);
	mapfd_ask_put(&b, &ask);
	rc = req_ask(ms->ctx, R_LOOKUP, Q_MAPFD, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	if (mapfd_get(f.body, &answer) == 0 && answer.state == MAPFD_OPEN && f.fd != -1) {
		*fd = f.fd;
		return 0;
	}
	if (f.fd != -1)
		close(f.fd);
	err_set(e, ERR_TEMP, "%s: %.*s", path, STR_ARG(answer.why));
	if (e != NULL && answer.state == MAPFD_ABSENT)
		e->sys = ENOENT;
	return -1;
}

static void
maps_unlock(struct maps *ms)
{
	for (size_t i = 0; ms->held && i < ms->n; i++)
		if (ms->map[i] != NULL)
			map_unlock(ms->map[i]);
	ms->held = false;
}

/* The whole question to role lookup. */
static enum map_result
maps_env_ask(void *arg, const struct map *m, bool raw, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	struct maps		*ms = arg;
	struct map_ask		ask = { .map = (uint32_t)map_index(m), .raw = raw, .key = key };
	struct map_answer	answer;
	struct frame		f;
	struct buf		b;
	int			rc;

	maps_unlock(ms);			/* nobody waits for us while we wait for others */
	if (key.n > ASK_TEXT_MAX)
		return MAPR_NONE;
	if (map_index(m) < 0) {
		ask.map = MAPFD_ALIASES;
		ask.part = (uint32_t)(-map_index(m) - 1);
	}
	ask.nargs = (uint32_t)(nargs > MAP_ARGS_MAX ? MAP_ARGS_MAX : nargs);
	for (uint32_t i = 0; i < ask.nargs; i++)
		ask.args[i] = args[i];
	buf_init(&b, CHAN_MAX);
	map_ask_put(&b, &ask);
	rc = req_ask(ms->ctx, R_LOOKUP, Q_MAP, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1 || map_answer_get(f.body, &answer) == -1)
		return MAPR_TEMP;
	buf_add(value, answer.value);
	if (answer.rc == MAP_TEMP)
		err_set(e, ERR_TEMP, "%.*s", STR_ARG(answer.why));
	return answer.rc == MAP_FOUND ? MAPR_FOUND : answer.rc == MAP_TEMP ? MAPR_TEMP : MAPR_NONE;
}

static int
maps_env_user(void *arg, struct str name, struct arena *a, struct os_user *u, struct err *e)
{
	(void)arg;
	return os_user_by_name(name, a, u, e);
}

static int
maps_env_ask_user(void *arg, struct str name, struct arena *a, struct os_user *u, struct err *e)
{
	struct maps		*ms = arg;
	struct user_ask		 ask = { name, false };
	struct user_answer	 answer;
	struct frame		 f;
	struct buf		 b;
	int			 rc;

	buf_init(&b, ASK_TEXT_MAX);
	user_ask_put(&b, &ask);
	rc = buf_ok(&b) ? req_ask(ms->ctx, R_LOOKUP, Q_USER, buf_str(&b), -1, &f, e) : 0;
	if (!buf_ok(&b)) {
		buf_done(&b);
		return 0;			/* nobody has such a long name */
	}
	buf_done(&b);
	if (rc == -1 || user_answer_get(f.body, &answer) == -1)
		return -1;
	if (answer.rc != 1)
		return answer.rc;
	*u = (struct os_user){ arena_str(a, answer.user.name), arena_str(a, answer.user.gecos), arena_str(a, answer.user.home),
	    arena_str(a, answer.user.shell), answer.user.uid, answer.user.gid };
	return 1;
}

static struct map *
maps_env_find(void *arg, struct str name)
{
	struct maps	*ms = arg;
	int		 i = conf_map_find(ms->conf, name);

	return i < 0 ? NULL : ms->map[i];
}

/* ServiceSwitchFile: "service list..."; without the file, what sendmail takes then. */
static size_t
maps_env_service(void *arg, struct str service, struct str *out, size_t max)
{
	struct maps	*ms = arg;
	struct str	 text, line, w;
	struct err	 e = ERR_INIT;
	char		 path[1024];
	size_t		 n = 0;

	if (str_copy(path, sizeof path, ms->conf->opt.service_switch_file) == 0 && path[0] != '\0' && ms->ctx == NULL &&
	    os_slurp(path, ms->arena, (size_t)1 << 16, &text, &e) == 0)
		while (n == 0 && str_split(&text, '\n', &line))
			if (str_word(&line, &w) && str_caseeq(w, service))
				while (n < max && str_word(&line, &w) && w.p[0] != '#')
					out[n++] = w;
	if (n == 0 && str_caseeq_c(service, "hosts"))
		for (size_t i = 0; i < 3 && i < max; i++)
			out[n++] = i == 0 ? STR("dns") : i == 1 ? STR("nis") : STR("files");
	else if (n == 0 && max > 0)
		out[n++] = STR("files");
	return n;
}

/* Program maps run as DefaultUser, with nothing of ours but the first line of what they print. */
static enum map_result
maps_env_program(void *arg, const struct map *m, struct str command, struct str key, struct buf *value, struct err *e)
{
	struct maps		*ms = arg;
	struct child_spec	 spec = { .in = -1, .out = -1, .err = -1, .dir = "/" };
	char			*argv[64];
	struct buf		 out;
	struct str		 w, line;
	size_t			 n = 0;
	int			 status;
	enum map_result		 r = MAPR_TEMP;

	while (n < sizeof(argv) / sizeof(argv[0]) - 2 && str_word(&command, &w))
		argv[n++] = arena_cstr(ms->scratch, w);
	if (n == 0)
		return MAPR_NONE;
	if (str_has_nul(key))
		return MAPR_NONE;
	argv[n++] = arena_cstr(ms->scratch, key);
	argv[n] = NULL;
	spec.path = argv[0];
	spec.argv = argv;
	spec.drop = geteuid() == 0;
	spec.uid = (uid_t)ms->conf->opt.default_uid;
	spec.gid = (gid_t)ms->conf->opt.default_gid;
	buf_init(&out, MAP_VALUE_MAX);
	if (child_run(&spec, STR_NONE, &out, MAPS_PROGRAM_MS, &status, e) == -1)
		err_prefix(e, "map %.*s", STR_ARG(map_name(m)));
	else if (status == 0) {
		line = buf_str(&out);
		if (str_split(&line, '\n', &w) && w.n > 0) {
			buf_add(value, w);
			r = MAPR_FOUND;
		} else
			r = MAPR_NONE;
	} else
		r = MAPR_NONE;
	buf_done(&out);
	return r;
}

static bool
maps_env_is_self(void *arg, struct str host)
{
	struct maps	*ms = arg;

	if (ms->names == NULL && ms->conf->rules != NULL)
		ms->names = rule_ctx_new(ms->conf->rules, NULL, NULL, NULL);
	return ms->names != NULL && rule_class_has(ms->names, STR("w"), host);
}

struct maps_aliases_to {
	int	(*entry)(void *, struct str, struct str);
	void	*arg;
};

static int
maps_aliases_entry(void *arg, unsigned line, struct str name, struct str value)
{
	struct maps_aliases_to	*to = arg;

	(void)line;
	return to->entry(to->arg, name, value);
}

/* newaliases tells what is wrong with a text; here its good entries count. */
static void
maps_aliases_complain(void *arg, unsigned line, const char *what)
{
	(void)arg;
	(void)line;
	(void)what;
}

static int
maps_env_aliases(void *arg, struct str text, struct arena *a, int (*entry)(void *, struct str, struct str), void *entry_arg)
{
	struct maps_aliases_to		to = { entry, entry_arg };
	const struct aliasfile_sink	sink = { maps_aliases_entry, maps_aliases_complain, &to };

	(void)arg;
	return aliasfile_parse(text, a, &sink);
}

static int
maps_env_tally(void *arg, const struct map_tally *q, int64_t *seconds, struct err *e)
{
	struct maps	*ms = arg;

	maps_unlock(ms);
	return tally_ask(ms->ctx, q, seconds, e);
}

static void
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

/* What "ldap:" alone asks for. */
#define MAPS_LDAP_ALIASES	"-k (&(objectClass=sendmailMTAAliasObject)(sendmailMTAAliasName=aliases)" \
	"(|(sendmailMTACluster=%.*s)(sendmailMTAHost=%.*s))(sendmailMTAKey=%%0)) -v sendmailMTAAliasValue"

static struct str
maps_macro(struct maps *ms, struct str name)
{
	if (ms->names == NULL && ms->conf->rules != NULL)
		ms->names = rule_ctx_new(ms->conf->rules, NULL, NULL, NULL);
	return ms->names == NULL ? STR_NONE : rule_macro_value(ms->names, name);
}

/* "hash:-N /etc/mail/aliases", "/etc/mail/aliases", "switch:aliases", "ldap:" */
static struct map *
maps_alias_new(struct maps *ms, struct str spec, size_t i, struct err *e)
{
	struct str	class = STR("implicit"), args = str_trim(spec), cluster, host;
	size_t		colon = str_chr(args, ':');

	if (args.n > 1 && args.p[0] == '"' && args.p[args.n - 1] == '"') {
		args = str_sub(args, 1, args.n - 1);
		colon = str_chr(args, ':');
	}
	if (colon != SIZE_MAX && str_chr(str_first(args, colon), '/') == SIZE_MAX) {
		class = str_first(args, colon);
		args = str_from(args, colon + 1);
	}
	if (str_caseeq(class, STR("ldap")) && str_trim(args).n == 0) {
		cluster = maps_macro(ms, STR("{sendmailMTACluster}"));
		host = maps_macro(ms, STR("j"));
		args = arena_fmt(ms->arena, MAPS_LDAP_ALIASES, STR_ARG(cluster), STR_ARG(host));
	}
	return map_new(ms->arena, &ms->env, -(int)i - 1, arena_fmt(ms->arena, "aliases.%zu", i), class, args, "AliasFile", e);
}

/* The next part of AliasFile: commas within quotes or brackets do not end it. */
static bool
maps_alias_part_next(struct str *list, struct str *part)
{
	bool	quoted = false;
	int	depth = 0;
	size_t	i;

	if (str_is_none(*list))
		return false;
	for (i = 0; i < list->n; i++) {
		char	c = list->p[i];

		if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '(' || c == ')'))
			depth += c == '(' ? 1 : -1;
		else if (!quoted && depth <= 0 && c == ',')
			break;
	}
	*part = str_first(*list, i);
	*list = i < list->n ? str_from(*list, i + 1) : STR_NONE;
	return true;
}

static void
maps_aliases(struct maps *ms, struct err_list *l)
{
	struct str	list = ms->conf->opt.alias_file, spec;
	struct err	e = ERR_INIT;
	struct conf_place here = { ms->conf->file, 0, STR_NONE };

	while (maps_alias_part_next(&list, &spec)) {
		if (str_trim(spec).n == 0)
			continue;
		if (ms->nalias == MAPS_ALIAS_PARTS) {
			maps_complain(l, &here, "AliasFile: too many parts");
			return;
		}
		ms->alias[ms->nalias] = maps_alias_new(ms, spec, ms->nalias, &e);
		if (ms->alias[ms->nalias] != NULL)
			ms->nalias++;
		else
			maps_complain(l, &here, e.text);
	}
	/* Where no alias is found, the user database says where a user's mail goes: as if it were one more alias file. */
	if (str_trim(ms->env.user_database).n == 0 || ms->nalias == MAPS_ALIAS_PARTS)
		return;
	ms->alias[ms->nalias] = map_new(ms->arena, &ms->env, -(int)ms->nalias - 1, STR("userdb"), STR("userdb"), STR("-z, maildrop"), "UserDatabaseSpec", &e);
	if (ms->alias[ms->nalias] != NULL)
		ms->nalias++;
	else
		maps_complain(l, &here, e.text);
}

/* The search list of $[ $]: a role knows the text of resolv.conf from its configuration. */
static void
maps_search(struct maps *ms)
{
	struct str	  text = ms->ctx != NULL ? ms->ctx->resolv : STR_NONE;
	const char	**list;

	if (ms->ctx == NULL)
		(void)os_slurp(DNSCONF_RESOLV, ms->arena, (size_t)1 << 20, &text, NULL);
	dnsconf_search(ms->conf, text, ms->arena, &list, &ms->env.nsearch);
	ms->env.search = list;
}

/* HOSTALIASES is a command's: a daemon's roles have no environment. */
static struct str
maps_host_aliases(struct arena *a, const struct role_ctx *ctx)
{
	const char	*path = ctx == NULL && !os_id_is_setid() ? getenv("HOSTALIASES") : NULL;
	struct str	 text = STR("");

	if (path != NULL && path[0] == '/' && os_slurp(path, a, MAPS_HOST_ALIASES, &text, NULL) == -1)
		text = STR("");
	return text;
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

	ms->arena = a;
	ms->scratch = arena_new(MAPS_SCRATCH);
	ms->conf = c;
	ms->ctx = ctx;
	ms->env = (struct map_env){
		.arg = ms, .find = maps_env_find, .service = maps_env_service, .program = ctx == NULL || ctx->row->id == R_LOOKUP ? maps_env_program : NULL,
		.open = ctx == NULL || ctx->row->id == R_LOOKUP ? maps_env_open : maps_env_ask_open,
		.user = ctx == NULL || ctx->row->id == R_LOOKUP ? maps_env_user : maps_env_ask_user,
		.ask = ctx == NULL || ctx->row->id == R_LOOKUP ? NULL : maps_env_ask, .is_self = maps_env_is_self, .aliases = maps_env_aliases,
		.tally = ctx != NULL && ctx->row->id == R_SMTPD ? maps_env_tally : NULL,
		.blank_sub = c->opt.blank_sub, .expand_cnames = !c->opt.dont_expand_cnames,
		.ldap_default = c->opt.ldap_default_spec, .user_database = c->opt.user_database_spec,
	};
	ms->env.host_aliases = maps_host_aliases(a, ctx);
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
	for (size_t i = 0; i < ms->nalias; i++)
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
	for (size_t i = 0; i < ms->nalias; i++)
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
	return part < ms->nalias ? ms->alias[part] : NULL;
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

static enum map_rc
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

enum map_rc
maps_alias(struct maps *ms, struct str name, struct buf *value, size_t *part, struct err *e)
{
	enum map_result	 r;
	struct str	 key;

	if (name.n > MAP_KEY_MAX)
		return MAP_NOTFOUND;
	arena_reset(ms->scratch);
	key = arena_lower(ms->scratch, name);
	for (size_t i = 0; i < ms->nalias; i++) {
		buf_clear(value);
		r = map_get_raw(ms->alias[i], key, value, e);
		if (r == MAPR_NONE)
			continue;
		if (part != NULL)
			*part = i;
		return maps_rc(r);		/* a part that cannot be read now may hold the name: no guessing */
	}
	return MAP_NOTFOUND;
}
