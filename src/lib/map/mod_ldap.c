/*
 * mod_ldap - class ldap at work: OpenLDAP's library.
 *
 * A connection is kept between lookups and opened anew once when it turns out to be dead.  A search may lead to others (attributes of type DN, FILTER, URL): each
 * is done once, there are at most MOD_LDAP_SEARCHES, and all of them share one deadline.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <ldap.h>

#include "base/hash.h"
#include "map/map_ldap.h"
#include "os/load.h"

#define MOD_LDAP_SEARCHES	500

extern const struct os_module *const angarium_module;

struct mod_todo {
	struct mod_todo	*next;
	int		 type;
	struct str	 value;
};

struct mod_run {
	struct map		*m;
	struct map_ldap		*l;
	struct arena		*arena;
	uint64_t		 until;
	struct hash		*seen;
	struct mod_todo		*first, **last;
	int			 searches;
	size_t			 entries, values, before;
	struct buf		*out;
};

struct mod_search {
	const char			*base;
	int				 scope;
	const char			*filter;
	const struct ldapspec_attr	*attr;
	size_t				 nattr;
	bool				 wandering;	/* not the first one */
};

static struct timeval
mod_ldap_left(uint64_t until)
{
	uint64_t	now = os_now_ms(), left = now >= until ? 1 : until - now;

	return (struct timeval){ (time_t)(left / 1000), (suseconds_t)(left % 1000 * 1000) };
}

static void
mod_ldap_close(struct map *m)
{
	struct map_ldap	*l = m->inside;

	if (l->ld != NULL)
		ldap_unbind_ext(l->ld, NULL, NULL);
	l->ld = NULL;
}

static int
mod_ldap_fail(struct map *m, int rc, const char *what, struct err *e)
{
	struct map_ldap	*l = m->inside;

	return err_set(e, ERR_TEMP, "map %.*s: %s: %s: %s", STR_ARG(m->name), l->uri, what, ldap_err2string(rc));
}

/* SASL's sasl_interact_t; its header need not be there. */
struct mod_interact {
	unsigned long	 id;
	const char	*challenge, *prompt, *preset;
	const void	*result;
	unsigned	 len;
};

/* Kerberos knows who we are: nothing is asked that has no preset answer. */
static int
mod_ldap_interact(LDAP *ld, unsigned flags, void *defaults, void *arg)
{
	struct mod_interact	*q;

	(void)ld;
	(void)flags;
	(void)defaults;
	for (q = arg; q->id != 0; q++) {
		q->result = q->preset != NULL ? q->preset : "";
		q->len = (unsigned)strlen(q->result);
	}
	return LDAP_SUCCESS;
}

/* As -M says.  An LDAP result code. */
static int
mod_ldap_bind(struct map_ldap *l)
{
	struct berval	cred = { l->secret.n, (char *)(size_t)(const void *)l->secret.p };

	if (l->method == MAP_LDAP_GSSAPI) {
		/* The service is ldap/NAME of the URI: what reverse DNS says of its address is no proof. */
		ldap_set_option(l->ld, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON);
		if (l->secret_file != NULL && setenv("KRB5CCNAME", l->secret_file, 1) == -1)
			return LDAP_NO_MEMORY;
		return ldap_sasl_interactive_bind_s(l->ld, l->dn, "GSSAPI", NULL, NULL, LDAP_SASL_QUIET, mod_ldap_interact, NULL);
	}
	if (l->method != MAP_LDAP_SIMPLE)
		cred = (struct berval){ 0, NULL };
	return ldap_sasl_bind_s(l->ld, l->method == MAP_LDAP_SIMPLE ? l->dn : NULL, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
}

static int
mod_ldap_connect(struct map *m, uint64_t until, struct err *e)
{
	struct map_ldap	*l = m->inside;
	struct timeval	 tv = { l->connect_ms / 1000, 0 }, all = mod_ldap_left(until);
	LDAP		*ld;
	int		 version = l->version == 2 ? LDAP_VERSION2 : LDAP_VERSION3, rc;

	if ((rc = ldap_initialize(&ld, l->uri)) != LDAP_SUCCESS)
		return mod_ldap_fail(m, rc, "open", e);
	l->ld = ld;
	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(ld, LDAP_OPT_DEREF, &l->deref);
	ldap_set_option(ld, LDAP_OPT_REFERRALS, l->chase ? LDAP_OPT_ON : LDAP_OPT_OFF);
	ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, tv.tv_sec < all.tv_sec ? &tv : &all);
	ldap_set_option(ld, LDAP_OPT_TIMEOUT, &all);
	rc = mod_ldap_bind(l);
	if (rc == LDAP_SUCCESS)
		return 0;
	mod_ldap_fail(m, rc, "bind", e);
	mod_ldap_close(m);
	return -1;
}

static int
mod_ldap_open(struct map *m, int fd, struct err *e)
{
	(void)m;
	(void)fd;
	(void)e;
	return 0;			/* connected when asked */
}

/* What a value leads to, once. */
static void
mod_ldap_later(struct mod_run *r, int type, struct str value)
{
	struct mod_todo	*t;
	struct str	 id = arena_fmt(r->arena, "%d %.*s", type, STR_ARG(value));

	if (value.n == 0 || str_has_nul(value) || hash_has(r->seen, id))
		return;
	hash_put(r->seen, id, r);
	t = ARENA_NEW(r->arena, struct mod_todo);
	t->type = type;
	t->value = arena_str(r->arena, value);
	*r->last = t;
	r->last = &t->next;
}

static void
mod_ldap_value(struct mod_run *r, const char *name, struct str value)
{
	struct str	s = r->l->name_sep == '\0' ? value : arena_fmt(r->arena, "%s%c%.*s", name, r->l->name_sep, STR_ARG(value));

	if (map_value_add(r->m, r->out, r->values == 0 ? r->out->n : r->before, s) == 0 || r->m->flags & MF_SINGLE)
		r->values++;
}

static void
mod_ldap_attr(struct mod_run *r, LDAP *ld, LDAPMessage *entry, const char *name, int type)
{
	struct berval	**v;

	if (r->l->names_only) {
		if (map_value_add(r->m, r->out, r->values == 0 ? r->out->n : r->before, str_c(name)) == 0)
			r->values++;
		return;
	}
	if ((v = ldap_get_values_len(ld, entry, name)) == NULL)
		return;
	for (int i = 0; v[i] != NULL; i++) {
		struct str	value = str_mem(v[i]->bv_val, v[i]->bv_len);

		if (type == LDAPSPEC_NORMAL)
			mod_ldap_value(r, name, value);
		else
			mod_ldap_later(r, type, value);
	}
	ldap_value_free_len(v);
}

static bool
mod_ldap_is_class(LDAP *ld, LDAPMessage *entry, struct str classes)
{
	struct berval	**v;
	bool		  yes = false;

	if (classes.n == 0)
		return true;
	if ((v = ldap_get_values_len(ld, entry, "objectClass")) == NULL)
		return false;
	for (int i = 0; v[i] != NULL && !yes; i++)
		yes = ldapspec_class(classes, str_mem(v[i]->bv_val, v[i]->bv_len));
	ldap_value_free_len(v);
	return yes;
}

static void
mod_ldap_entry(struct mod_run *r, LDAP *ld, LDAPMessage *entry, const struct mod_search *s)
{
	BerElement	*ber = NULL;
	char		*name;

	if (!s->wandering)
		r->entries++;
	for (size_t i = 0; i < s->nattr; i++)
		if (mod_ldap_is_class(ld, entry, s->attr[i].classes) && (!r->l->names_only || r->values == 0 || r->m->delim.n > 0))
			mod_ldap_attr(r, ld, entry, s->attr[i].name, (int)s->attr[i].type);
	if (s->nattr > 0)
		return;
	for (name = ldap_first_attribute(ld, entry, &ber); name != NULL; name = ldap_next_attribute(ld, entry, ber)) {
		if (strcasecmp(name, "objectClass") != 0)
			mod_ldap_attr(r, ld, entry, name, LDAPSPEC_NORMAL);
		ldap_memfree(name);
	}
	if (ber != NULL)
		ber_free(ber, 0);
}

/* An LDAP result code: nothing there is an answer, the rest is a failure that may pass. */
static bool
mod_ldap_nothing(int rc, bool wandering)
{
	return rc == LDAP_SUCCESS || rc == LDAP_NO_SUCH_OBJECT || rc == LDAP_SIZELIMIT_EXCEEDED || rc == LDAP_REFERRAL ||
	    (wandering && (rc == LDAP_INVALID_DN_SYNTAX || rc == LDAP_FILTER_ERROR || rc == LDAP_NO_SUCH_ATTRIBUTE));
}

/* 0, 1 the connection is dead, -1. */
static int
mod_ldap_search(struct mod_run *r, const struct mod_search *s, struct err *e)
{
	LDAP		*ld = r->l->ld;
	LDAPMessage	*res = NULL;
	char		*want[LDAPSPEC_ATTRS + 2];
	struct timeval	 tv = mod_ldap_left(r->until);
	size_t		 n = 0;
	int		 id, rc, code = LDAP_SUCCESS;

	if (++r->searches > MOD_LDAP_SEARCHES)
		return err_set(e, ERR_TEMP, "map %.*s: more than %d searches for one key", STR_ARG(r->m->name), MOD_LDAP_SEARCHES);
	for (; n < s->nattr; n++)
		want[n] = (char *)(size_t)(const void *)s->attr[n].name;
	if (n > 0)
		want[n++] = (char *)(size_t)(const void *)"objectClass";
	want[n] = NULL;
	rc = ldap_search_ext(ld, s->base, s->scope, s->filter, n > 0 ? want : NULL, r->l->names_only, NULL, NULL, &tv, r->l->limit, &id);
	if (rc == LDAP_SUCCESS) {
		rc = ldap_result(ld, id, LDAP_MSG_ALL, &tv, &res);
		if (rc == 0) {
			ldap_abandon_ext(ld, id, NULL, NULL);
			return err_set(e, ERR_TEMP, "map %.*s: %s: no answer in time", STR_ARG(r->m->name), r->l->uri);
		}
		if (rc == -1)
			ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
		rc = rc == -1 ? code : ldap_parse_result(ld, res, &code, NULL, NULL, NULL, NULL, 0);
		if (rc == LDAP_SUCCESS)
			rc = code;
	}
	for (LDAPMessage *entry = res == NULL ? NULL : ldap_first_entry(ld, res); entry != NULL; entry = ldap_next_entry(ld, entry))
		mod_ldap_entry(r, ld, entry, s);
	if (res != NULL)
		ldap_msgfree(res);
	if (mod_ldap_nothing(rc, s->wandering))
		return 0;
	mod_ldap_fail(r->m, rc, "search", e);
	return rc == LDAP_SERVER_DOWN || rc == LDAP_CONNECT_ERROR || rc == LDAP_UNAVAILABLE ? 1 : -1;
}

/* A URL: its base, scope, filter and attributes, on this connection. */
static int
mod_ldap_url(struct mod_run *r, struct str value, struct err *e)
{
	struct ldapspec_attr	 attr[LDAPSPEC_ATTRS];
	struct mod_search	 s = { .attr = attr, .wandering = true };
	LDAPURLDesc		*u;
	int			 rc;

	if (ldap_url_parse(arena_cstr(r->arena, value), &u) != LDAP_URL_SUCCESS)
		return 0;			/* leads nowhere: no error */
	s.base = u->lud_dn;
	s.scope = u->lud_scope == LDAP_SCOPE_DEFAULT ? LDAP_SCOPE_BASE : u->lud_scope;
	s.filter = u->lud_filter == NULL ? "(objectClass=*)" : u->lud_filter;
	for (char **a = u->lud_attrs; a != NULL && *a != NULL && s.nattr < LDAPSPEC_ATTRS; a++)
		attr[s.nattr++] = (struct ldapspec_attr){ *a, LDAPSPEC_NORMAL, STR_NONE };
	rc = mod_ldap_search(r, &s, e);
	ldap_free_urldesc(u);
	return rc;
}

static int
mod_ldap_wander(struct mod_run *r, const struct mod_search *first, struct err *e)
{
	struct mod_search	s;
	int			rc = 0;

	for (struct mod_todo *t = r->first; t != NULL && rc == 0; t = t->next) {
		if (r->values > 0 && r->m->delim.n == 0 && !(r->m->flags & MF_SINGLE))
			return 0;		/* one value is all that is wanted */
		s = *first;
		s.wandering = true;
		if (t->type == LDAPSPEC_DN) {
			s.base = t->value.p;	/* arena copies end in a NUL */
			s.scope = LDAP_SCOPE_BASE;
			s.filter = "(objectClass=*)";
		} else if (t->type == LDAPSPEC_FILTER)
			s.filter = t->value.p;
		rc = t->type == LDAPSPEC_URL ? mod_ldap_url(r, t->value, e) : mod_ldap_search(r, &s, e);
	}
	return rc;
}

/* 1 found, 0 nothing, -1, or 2: the connection was dead. */
static int
mod_ldap_run(struct map *m, struct arena *a, const char *filter, uint64_t until, struct buf *out, struct err *e)
{
	struct map_ldap		*l = m->inside;
	struct mod_run		 r = { .m = m, .l = l, .arena = a, .until = until, .out = out, .before = out->n };
	struct mod_search	 s = { l->base, l->scope, filter, l->attr, l->nattr, false };
	int			 rc;

	r.seen = hash_new(a, 0);
	r.last = &r.first;
	if ((rc = mod_ldap_search(&r, &s, e)) == 0)
		rc = mod_ldap_wander(&r, &s, e);
	if (rc != 0)
		return rc == 1 ? 2 : -1;
	if (m->flags & MF_SINGLE && (r.entries > 1 || (r.values > 1 && m->delim.n == 0)))
		return 0;
	return r.values > 0;
}

static enum map_result
mod_ldap_get(MAP_GET_ARGS)
{
	struct map_ldap	*l = m->inside;
	uint64_t	 until = os_now_ms() + (uint64_t)l->time_ms;
	size_t		 before = out->n;
	struct buf	 f;
	bool		 kept;
	int		 rc;

	buf_init(&f, MAP_VALUE_MAX);
	ldapspec_filter(&f, l->filter, key, args, nargs, l->multi);
	if (!buf_ok(&f) || str_has_nul(buf_str(&f))) {
		buf_done(&f);
		return MAPR_NONE;
	}
	do {
		kept = l->ld != NULL;
		buf_truncate(out, before);
		rc = !kept && mod_ldap_connect(m, until, e) == -1 ? -1 : mod_ldap_run(m, call->scratch, buf_c(&f), until, out, e);
		if (rc == 2 || rc == -1)
			mod_ldap_close(m);
	} while (rc == 2 && kept);
	buf_done(&f);
	return rc == 1 ? MAPR_FOUND : rc == 0 ? MAPR_NONE : MAPR_TEMP;
}

static const struct map_mod	mod_ldap = { { "map_ldap", MAP_MOD_VERSION }, mod_ldap_open, mod_ldap_get, mod_ldap_close };
const struct os_module *const	angarium_module = &mod_ldap.mod;
