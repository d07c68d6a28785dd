/*
 * newaliases - make the alias databases anew from their texts (newaliases, sendmail -bi).
 *
 * A name goes through the rulesets: only what they call local can be an alias, and the database's key is the user they name.  Keys and values end in a NUL, and an entry "@" says that the
 * file is whole: so sendmail reads it, and so do we read sendmail's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "aliasfile.h"
#include "base/hash.h"
#include "base/status.h"
#include "blame.h"
#include "map/map_build.h"
#include "maps.h"
#include "newaliases.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/user.h"
#include "resolve.h"

#define NEWALIASES_TEXT	((size_t)256 << 20)

struct newaliases {
	const struct conf	*conf;
	struct rule_ctx		*ctx;
	struct arena		*arena;		/* of one file */
	struct hash		*seen;		/* key -> struct str value */
	const char		*file;
	bool			 append;	/* -A: equal names are joined */
	size_t			 count, longest, total;
	int			 code;
};

static void
newaliases_complain(void *arg, unsigned line, const char *what)
{
	struct newaliases	*na = arg;

	fprintf(stderr, "%s: line %u: %s\n", na->file, line, what);
	na->code = EXIT_SOFTWARE;
}

/* The user that the name stands for, or none and a complaint. */
static struct str
newaliases_key(struct newaliases *na, unsigned line, struct str name)
{
	struct resolved	r;
	char		what[512];

	rule_reset(na->ctx);
	if (resolve_addr(na->ctx, na->conf, name, RESOLVE_RCPT, &r) == -1 || r.kind == RES_ERROR)
		snprintf(what, sizeof what, "%.*s... %.*s", STR_ARG(str_first(name, 200)), STR_ARG(str_first(r.text, 200)));
	else if (r.kind != RES_MAILER || !mailer_has(&na->conf->mailers[r.mailer], 'A'))
		snprintf(what, sizeof what, "%.*s... cannot alias non-local names", STR_ARG(str_first(name, 400)));
	else
		return arena_lower(na->arena, r.user);
	newaliases_complain(na, line, what);
	return STR_NONE;
}

/* CheckAliases: is each address of the right side one?  Programs, files and lists are not looked at. */
static void
newaliases_verify(struct newaliases *na, unsigned line, struct str value)
{
	struct resolved	r;
	char		what[512];
	bool		quoted = false;
	size_t		from = 0;

	for (size_t i = 0; i <= value.n; i++) {
		if (i < value.n && value.p[i] == '"')
			quoted = !quoted;
		if (i < value.n && (quoted || value.p[i] != ','))
			continue;
		struct str	one = str_trim(str_sub(value, from, i));

		from = i + 1;
		if (one.n == 0 || one.p[0] == '|' || one.p[0] == '/' || one.p[0] == '"' || one.p[0] == '\\' || str_casestarts(one, STR(":include:")))
			continue;
		rule_reset(na->ctx);
		if (resolve_addr(na->ctx, na->conf, one, RESOLVE_RCPT, &r) != -1 && r.kind != RES_ERROR)
			continue;
		snprintf(what, sizeof what, "%.*s... %.*s", STR_ARG(str_first(one, 200)), STR_ARG(str_first(r.text, 200)));
		newaliases_complain(na, line, what);
	}
}

static int
newaliases_entry(void *arg, unsigned line, struct str name, struct str value)
{
	struct newaliases	*na = arg;
	struct str		 key = newaliases_key(na, line, name), *old;

	if (str_is_none(key))
		return 0;
	if (na->conf->opt.check_aliases)
		newaliases_verify(na, line, value);
	na->count++;
	na->total += name.n + value.n;
	if (value.n > na->longest)
		na->longest = value.n;
	if ((old = hash_get(na->seen, key)) == NULL) {
		old = ARENA_NEW(na->arena, struct str);
		hash_put(na->seen, key, old);
	} else if (na->append) {
		value = arena_fmt(na->arena, "%.*s,%.*s", STR_ARG(value), STR_ARG(*old));
	} else
		fprintf(stderr, "%s: line %u: %.*s... Warning: duplicate alias name %.*s\n", na->file, line, STR_ARG(name), STR_ARG(key));
	*old = arena_str(na->arena, value);
	return 0;
}

static int
newaliases_write(struct newaliases *na, const struct map_build_how *how, const char *path, struct err *e)
{
	struct map_build	*mb = map_build_new(path, how, e);
	struct str		 key, *value;
	void			*v;

	if (mb == NULL)
		return -1;
	for (size_t i = 0; hash_next(na->seen, &i, &key, &v);) {
		value = v;
		key = arena_str(na->arena, key);	/* copies end in the NUL that is stored */
		if (map_build_add(mb, 0, str_mem(key.p, key.n + 1), str_mem(value->p, value->n + 1), e) == -1)
			goto fail;
	}
	if (map_build_add(mb, 0, str_mem("@", 2), str_mem("@", 2), e) == -1)
		goto fail;
	return map_build_commit(&mb, e);
fail:
	map_build_abort(&mb);
	return -1;
}

/* The text, locked, so that two newaliases do not work on it at once. */
static int
newaliases_read(struct newaliases *na, struct str *text, struct err *e)
{
	struct buf	b;
	unsigned	allow = blame_allow(na->conf, BLAME_ALIASES) | (geteuid() != 0 ? OS_SAFE_NOPATH : 0);
	int		fd, rc;

	if ((fd = os_open_safe(na->file, O_RDONLY, 0, na->conf->opt.has_trusted ? (uid_t)na->conf->opt.trusted_uid : geteuid(), allow, NULL, e)) == -1)
		return -1;
	buf_init(&b, NEWALIASES_TEXT);
	rc = os_read_file(fd, &b);
	if (rc == 0)
		*text = arena_str(na->arena, buf_str(&b));
	else
		err_sys(e, ERR_TEMP, "%s", na->file);
	buf_done(&b);
	close(fd);
	return rc;
}

/* To who asked, and to syslog, as sendmail does. */
static void
newaliases_tell(const struct newaliases *na, bool quiet)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct os_user	 me;
	struct str	 who;

	who = os_user_by_uid(getuid(), a, &me, NULL) == 1 ? me.name : arena_fmt(a, "UID %lu", (unsigned long)getuid());
	if (!quiet)
		printf("%s: %zu aliases, longest %zu bytes, %zu bytes total\n", na->file, na->count, na->longest, na->total);
	if (getenv("ANGARIUM_LOG") == NULL && na->conf->opt.log_level > 7) {
		openlog("sendmail", LOG_PID, LOG_MAIL);
		syslog(LOG_NOTICE, "alias database %s rebuilt by %.*s", na->file, STR_ARG(who));
		syslog(LOG_INFO, "%s: %zu aliases, longest %zu bytes, %zu bytes total", na->file, na->count, na->longest, na->total);
	}
	arena_free(&a);
}

static int
newaliases_part(struct newaliases *na, struct map *m, bool append, bool quiet)
{
	const struct aliasfile_sink	sink = { newaliases_entry, newaliases_complain, na };
	struct map_build_how		how = { .type = map_build_type(map_class(m)), .flags = BDB_REPLACE, .mode = 0640 };
	struct str			text, path = str_c(map_file(m));
	size_t				suffix;
	struct err			e = ERR_INIT;

	suffix = strlen(map_build_suffix(how.type));
	if (how.type == BDB_ANY || path.n <= suffix)
		return EXIT_OK;			/* a class that has no text to be made from */
	na->arena = arena_new(NEWALIASES_TEXT * 4);
	na->seen = hash_new(na->arena, 0);
	na->file = arena_cstr(na->arena, str_first(path, path.n - suffix));
	na->append = append;
	na->count = na->longest = na->total = 0;
	na->code = EXIT_OK;
	if (geteuid() == 0 && na->conf->opt.has_trusted) {
		how.chown = true;
		how.uid = (uid_t)na->conf->opt.trusted_uid;
		how.gid = (gid_t)-1;
	}
	if (newaliases_read(na, &text, &e) == -1) {
		fprintf(stderr, "newaliases: cannot open %s: %s\n", na->file, e.sys != 0 ? strerror(e.sys) : e.text);
		na->code = e.sys == ENOENT ? EXIT_OK : EXIT_NOINPUT;
	} else {
		aliasfile_parse(text, na->arena, &sink);
		if (newaliases_write(na, &how, map_file(m), &e) == -1) {
			fprintf(stderr, "newaliases: %s: %s; the old database stays\n", na->file, e.text);
			na->code = EXIT_CANTCREAT;
		} else
			newaliases_tell(na, quiet);
	}
	arena_free(&na->arena);
	return na->code;
}

int
newaliases_run(const struct conf *conf, bool quiet)
{
	struct newaliases	 na = { .conf = conf };
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct err_list		 errors;
	struct maps		*ms;
	struct map		*m;
	int			 code = EXIT_OK, one;

	err_list_init(&errors);
	ms = maps_local(a, conf, &errors);
	na.ctx = rule_ctx_new(conf->rules, NULL, maps_lookup, ms);
	if (maps_alias_part(ms, 0) == NULL)
		fprintf(stderr, "newaliases: no alias file is configured (O AliasFile)\n");
	for (size_t i = 0; (m = maps_alias_part(ms, i)) != NULL; i++)
		if ((one = newaliases_part(&na, m, map_joins(m), quiet)) != EXIT_OK)
			code = one;
	rule_ctx_free(&na.ctx);
	maps_close(ms);
	err_list_done(&errors);
	arena_free(&a);
	return fflush(stdout) == 0 ? code : EXIT_IOERR;
}
