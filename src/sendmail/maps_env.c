/*
 * maps_env - how maps open files, find users, run programs, and ask role lookup for what this process may not do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

#include "aliasfile.h"
#include "ask.h"
#include "base/log.h"
#include "base/status.h"
#include "blame.h"
#include "maps_int.h"
#include "os/file.h"
#include "os/user.h"
#include "proc/child.h"
#include "req.h"
#include "tally.h"

int
maps_open_file(const struct conf *c, const char *path, int *fd, struct err *e)
{
	unsigned	allow = blame_allow(c, BLAME_MAP);

	if (getuid() != 0 && geteuid() != 0)
		allow |= OS_SAFE_NOPATH;	/* who asks for himself harms himself */
	*fd = os_open_safe(path, O_RDONLY, 0, c->opt.has_trusted ? (uid_t)c->opt.trusted_uid : 0, allow, NULL, e);
	return *fd == -1 ? -1 : 0;
}

/* One of the files that aliases may be in; what is called like a database and is none does not count: their text is read then, as by sendmail. */
static int
maps_open_one(const struct conf *c, struct map *m, const char *path, int *fd, struct err *e)
{
	if (maps_open_file(c, path, fd, e) == -1)
		return -1;
	if (map_index(m) >= 0 || map_file_else(m, path) == NULL || !map_file_is_text(*fd))
		return 0;
	close(*fd);
	*fd = -1;
	log_line(4, LOG_P_WARNING, NULL, "WARNING: %s is no alias database; reading text version", path);
	err_set(e, ERR_TEMP, "%s: no alias database", path);
	e->sys = ENOEXEC;
	return -1;
}

int
maps_open_map(const struct conf *c, struct map *m, int *fd, struct err *e)
{
	struct err	first = ERR_INIT, other = ERR_INIT;
	const char	*path = map_file(m);
	int		 rc = maps_open_one(c, m, path, fd, &first);

	while (rc == -1 && (first.sys == ENOENT || first.sys == ENOEXEC) && (path = map_file_else(m, path)) != NULL)
		if ((rc = maps_open_one(c, m, path, fd, &other)) == -1 && other.sys != ENOENT)
			first = other;
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
		r = MAPR_NONE;
		if (line.n > 0 && str_split(&line, '\n', &w)) {
			buf_add(value, w.n > 0 && w.p[w.n - 1] == '\r' ? str_first(w, w.n - 1) : w);
			r = MAPR_FOUND;
		}
	} else if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_TEMPFAIL)
		r = MAPR_NONE;
	else if (WIFSIGNALED(status))
		err_set(e, ERR_TEMP, "map %.*s: %s died of signal %d", STR_ARG(map_name(m)), argv[0], WTERMSIG(status));
	else
		err_set(e, ERR_TEMP, "map %.*s: %s says that it cannot tell now", STR_ARG(map_name(m)), argv[0]);
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

void
maps_env_fill(struct maps *ms)
{
	const struct role_ctx	*ctx = ms->ctx;
	const struct conf	*c = ms->conf;

	ms->env = (struct map_env){
		.arg = ms, .find = maps_env_find, .service = maps_env_service, .program = ctx == NULL || ctx->row->id == R_LOOKUP ? maps_env_program : NULL,
		.open = ctx == NULL || ctx->row->id == R_LOOKUP ? maps_env_open : maps_env_ask_open,
		.user = ctx == NULL || ctx->row->id == R_LOOKUP ? maps_env_user : maps_env_ask_user,
		.ask = ctx == NULL || ctx->row->id == R_LOOKUP ? NULL : maps_env_ask, .is_self = maps_env_is_self, .aliases = maps_env_aliases,
		.tally = ctx != NULL && ctx->row->id == R_SMTPD ? maps_env_tally : NULL,
		.blank_sub = c->opt.blank_sub, .expand_cnames = !c->opt.dont_expand_cnames,
		.short_ipv6 = c->opt.use_compressed_ipv6_addresses,
		.ldap_default = c->opt.ldap_default_spec, .user_database = c->opt.user_database_spec,
	};
}
