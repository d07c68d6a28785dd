/*
 * maps_alias - AliasFile: its parts as maps, and the lookup of an alias in them.
 */
#include "maps_int.h"

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

/* Fields of the user database are maps behind the alias files: whoever opens those opens them. */
static void
maps_userdb_new(struct maps *ms, struct err_list *l)
{
	static const char *const	args[MAPS_UDB_FIELDS] = { "-z, maildrop", "mailname", "mailsender" };
	struct conf_place		here = { ms->conf->file, 0, STR_NONE };
	struct err			e = ERR_INIT;

	if (str_trim(ms->env.user_database).n == 0)
		return;
	for (size_t i = 0; i < MAPS_UDB_FIELDS; i++) {
		size_t	at = ms->nalias + i;

		ms->alias[at] = map_new(ms->arena, &ms->env, -(int)at - 1, STR("userdb"), STR("userdb"), str_c(args[i]), "UserDatabaseSpec", &e);
		if (ms->alias[at] == NULL) {
			maps_complain(l, &here, e.text);
			return;
		}
	}
	ms->nudb = MAPS_UDB_FIELDS;
}

void
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
	maps_userdb_new(ms, l);
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

struct map *
maps_userdb_file(struct maps *ms, size_t file)
{
	return ms->nudb == 0 ? NULL : map_part(ms->alias[ms->nalias], (unsigned)file + 1);
}

enum map_rc
maps_userdb(struct maps *ms, enum maps_udb field, struct str user, struct buf *value, struct err *e)
{
	if (ms->nudb == 0 || user.n == 0 || user.n > MAP_KEY_MAX || user.p[0] == ':' || str_has_nul(user))
		return MAP_NOTFOUND;		/* names with a leading colon are the data base's own */
	return maps_rc(map_get_raw(ms->alias[ms->nalias + (size_t)field], user, value, e));
}

enum map_rc
maps_mailname(struct maps *ms, struct str user, struct buf *value, struct err *e)
{
	struct buf	drop;
	enum map_rc	rc = maps_userdb(ms, MAPS_UDB_MAILNAME, user, value, e);

	if (rc != MAP_NOTFOUND || ms->nudb == 0)
		return rc;
	buf_init(&drop, MAP_VALUE_MAX);
	rc = maps_userdb(ms, MAPS_UDB_MAILDROP, user, &drop, e);
	buf_clear(&drop);
	if (rc == MAP_FOUND)
		rc = maps_rc(map_get_raw(ms->alias[ms->nalias + MAPS_UDB_MAILNAME], STR(":default"), &drop, e));
	if (rc == MAP_FOUND)
		buf_addf(value, "%.*s@%.*s", STR_ARG(user), STR_ARG(buf_str(&drop)));
	buf_done(&drop);
	return rc;
}
