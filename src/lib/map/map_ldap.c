/*
 * map_ldap - class ldap: the K line's flags over those of LDAPDefaultSpec.
 *
 * Nearly every letter has its own meaning here.
 */
#include "base/num.h"
#include "map/map_ldap.h"

static const struct {
	char		 letter;
	const char	*word;
	int		 value;
} map_ldap_words[] = {
	{ 's', "base", 0 }, { 's', "one", 1 }, { 's', "sub", 2 },
	{ 'r', "never", 0 }, { 'r', "search", 1 }, { 'r', "find", 2 }, { 'r', "always", 3 },
	{ 'M', "none", MAP_LDAP_NONE }, { 'M', "simple", MAP_LDAP_SIMPLE }, { 'M', "gssapi", MAP_LDAP_GSSAPI },
	{ 'M', "krbv4", MAP_LDAP_EXTINCT }, { 'M', "krbv41", MAP_LDAP_EXTINCT }, { 'M', "krbv42", MAP_LDAP_EXTINCT }, { 'M', "kerberos_v4", MAP_LDAP_EXTINCT },
};

static struct map_ldap *
map_ldap_of(struct map *m, struct err *e)
{
	struct map_ldap	*l = m->inside;
	struct str	 all = m->all, rest = str_trim(m->env->ldap_default);

	if (l != NULL)
		return l;
	l = m->inside = ARENA_NEW(m->arena, struct map_ldap);
	l->scope = 2;
	l->chase = true;
	l->time_ms = l->connect_ms = MAP_PATIENCE;
	if (rest.n == 0)
		return l;
	m->all = rest;
	if (map_args_flags(m, &rest, e) == -1 || str_trim(rest).n > 0) {
		if (str_trim(rest).n > 0)
			err_set(e, ERR_PERM, "\"%.*s\" is no flag", STR_ARG(rest));
		err_prefix(e, "LDAPDefaultSpec");
		l = NULL;
	}
	m->all = all;
	return l;
}

static int
map_ldap_word(struct map *m, char letter, struct str v, int *out, struct err *e)
{
	for (size_t i = 0; i < sizeof(map_ldap_words) / sizeof(map_ldap_words[0]); i++)
		if (map_ldap_words[i].letter == letter && str_caseeq_c(v, map_ldap_words[i].word)) {
			*out = map_ldap_words[i].value;
			return 0;
		}
	return err_set(e, ERR_PERM, "map %.*s: flag -%c does not know \"%.*s\"", STR_ARG(m->name), letter, STR_ARG(v));
}

static int
map_ldap_number(struct map *m, char letter, struct str v, int min, int max, int *out, struct err *e)
{
	if (num_int(v, min, max, out) == 0)
		return 0;
	return err_set(e, ERR_PERM, "map %.*s: flag -%c wants a number from %d to %d, not \"%.*s\"", STR_ARG(m->name), letter, min, max, STR_ARG(v));
}

/* Flags whose value is kept as it is. */
static const char **
map_ldap_text(struct map_ldap *l, char letter)
{
	return letter == 'H' ? &l->uri : letter == 'b' ? &l->base : letter == 'd' ? &l->dn : letter == 'P' ? &l->secret_file : NULL;
}

static int
map_ldap_flag(struct map *m, char letter, struct str v, struct str *rest, struct err *e)
{
	struct map_ldap	*l = map_ldap_of(m, e);
	const char	**text;

	if (l == NULL)
		return -1;
	if (strchr("hHbdkvPMrscplwZ", letter) != NULL)
		v = map_args_long(m, v, rest);
	if (str_has_nul(v))
		return err_set(e, ERR_PERM, "map %.*s: flag -%c: NUL", STR_ARG(m->name), letter);
	if ((text = map_ldap_text(l, letter)) != NULL) {
		*text = arena_cstr(m->arena, v);
		return 0;
	}
	switch (letter) {
	case 'h':
		l->hosts = v;
		l->uri = NULL;
		return 0;
	case 'p':
		return map_ldap_number(m, letter, v, 1, 65535, &l->port, e);
	case 'k':
		l->filter = v;
		return 0;
	case 'v':
		if (ldapspec_attrs(v, m->arena, l->attr, LDAPSPEC_ATTRS, &l->nattr, e) == 0)
			return 0;
		return err_prefix(e, "map %.*s: flag -v", STR_ARG(m->name));
	case 'M':
		if (map_ldap_word(m, letter, str_casestarts(v, STR("LDAP_AUTH_")) ? str_from(v, 10) : v, &l->method, e) == -1)
			return -1;
		if (l->method != MAP_LDAP_EXTINCT)
			return 0;
		return err_set(e, ERR_PERM, "map %.*s: Kerberos 4 is extinct, OpenLDAP has no such bind any more: use -M GSSAPI, with -P for Kerberos 5's tickets", STR_ARG(m->name));
	case 'r':
		return map_ldap_word(m, letter, v, &l->deref, e);
	case 's':
		return map_ldap_word(m, letter, v, &l->scope, e);
	case 'c':
		return map_args_seconds(m, letter, v, &l->connect_ms, e);
	case 'l':
		return map_args_seconds(m, letter, v, &l->time_ms, e);
	case 'w':
		return map_ldap_number(m, letter, v, 2, 3, &l->version, e);
	case 'Z':
		return map_ldap_number(m, letter, v, 0, 1000000, &l->limit, e);
	case 'R':
		l->chase = false;
		return 0;
	case 'n':
		l->names_only = true;
		return 0;
	case 'V':
		l->name_sep = v.n == 0 ? '\0' : v.p[0] != '\\' || v.n < 2 ? v.p[0] : v.p[1] == 'n' ? '\n' : v.p[1] == 't' ? '\t' : v.p[1];
		return 0;
	case 'K':
		l->multi = true;
		return 0;
	case 'x':			/* what ldapsearch calls simple authentication */
		return 0;
	default:
		return 1;
	}
}

/* "a b:390" and a port make "ldap://a:port ldap://b:390". */
static const char *
map_ldap_uri(struct map *m, const struct map_ldap *l)
{
	struct str	hosts = l->hosts, w, uri = STR("");

	while (str_word(&hosts, &w)) {
		bool	own = str_chr(w, ':') != SIZE_MAX || l->port == 0;

		if (own)
			uri = arena_fmt(m->arena, "%.*s%sldap://%.*s", STR_ARG(uri), uri.n > 0 ? " " : "", STR_ARG(w));
		else
			uri = arena_fmt(m->arena, "%.*s%sldap://%.*s:%d", STR_ARG(uri), uri.n > 0 ? " " : "", STR_ARG(w), l->port);
	}
	return uri.n > 0 ? arena_cstr(m->arena, uri) : NULL;
}

static int
map_ldap_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_ldap	*l = map_ldap_of(m, e);

	if (l == NULL)
		return -1;
	if (rest.n > 0)
		return err_set(e, ERR_PERM, "map %.*s: class ldap takes flags only, not \"%.*s\"; values with blanks are quoted", STR_ARG(m->name), STR_ARG(rest));
	if (l->filter.n == 0)
		return err_set(e, ERR_PERM, "map %.*s: class ldap needs -k FILTER", STR_ARG(m->name));
	if (l->method != MAP_LDAP_GSSAPI && l->secret_file != NULL)
		l->secret = map_secret_line(m, l->secret_file);
	if (l->uri == NULL)
		l->uri = map_ldap_uri(m, l);
	if (l->uri == NULL)
		l->uri = "ldap://localhost";
	if (m->index < 0 && m->delim.n == 0)
		m->delim = STR(",");		/* all values of an alias count */
	return 0;
}

#define MAP_LDAP(name)	{ name, MC_REMOTE | MC_MODULE, NULL, map_ldap_flag, map_ldap_parse, map_mod_open, map_mod_get, NULL, map_mod_close, NULL }
const struct map_class map_class_ldap = MAP_LDAP("ldap");
const struct map_class map_class_ldapx = MAP_LDAP("ldapx");
