/*
 * map_dns - classes host, dns and bestmx: the domain name system.
 *
 * host is what $[name$] asks: the canonical name, or, for [192.0.2.1], the name of the address.  dns asks for one type of record.  Questions go the process's way (dns_ask): through
 * the resolver role in a worker.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "base/utf8.h"
#include "map/map_int.h"
#include "net/dns.h"
#include "net/idna.h"

#define MAP_DNS_TRIES	4
#define MAP_DNS_RETRANS	5000
#define MAP_DNS_MOST	300000

struct map_dns {
	int		 type;
	struct str	 base;		/* -B: appended to the key */
	size_t		 limit;		/* -Z: records at most */
	int		 patience;	/* -d times -r, ms; 0: the resolver's */
};

static const struct {
	const char	*name;
	int		 type;
} map_dns_types[] = {
	{ "A", DNS_A }, { "AAAA", DNS_AAAA }, { "AFSDB", DNS_AFSDB }, { "CNAME", DNS_CNAME }, { "MX", DNS_MX }, { "NS", DNS_NS },
	{ "PTR", DNS_PTR }, { "SRV", DNS_SRV }, { "TXT", DNS_TXT }, { "TLSA", DNS_TLSA },
};

static struct map_dns *
map_dns_of(struct map *m)
{
	if (m->inside == NULL) {
		struct map_dns	*d = m->inside = ARENA_NEW(m->arena, struct map_dns);

		d->limit = SIZE_MAX;
	}
	return m->inside;
}

/* -d and -r: time and number of tries of the resolver; together, how long a question may take. */
static int
map_dns_patience(struct map *m, struct map_dns *d, struct err *e)
{
	int	tries = MAP_DNS_TRIES, ms = MAP_DNS_RETRANS;

	if (m->timeout.n > 0 && map_args_seconds(m, 'd', m->timeout, &ms, e) == -1)
		return -1;
	if (m->retry.n > 0 && num_int(m->retry, 1, 100, &tries) == -1)
		return err_set(e, ERR_PERM, "map %.*s: flag -r wants a number from 1 to 100, not \"%.*s\"", STR_ARG(m->name), STR_ARG(m->retry));
	if (m->timeout.n > 0 || m->retry.n > 0)
		d->patience = ms / 1000 * tries > MAP_DNS_MOST / 1000 ? MAP_DNS_MOST : ms * tries;
	return 0;
}

static int
map_host_parse(struct map *m, struct str rest, struct err *e)
{
	(void)rest;			/* a file name for the hosts file was allowed once */
	return map_dns_patience(m, map_dns_of(m), e);
}

static int
map_dns_flag(struct map *m, char letter, struct str v, struct str *rest, struct err *e)
{
	struct map_dns	*d = map_dns_of(m);
	uint64_t	 n;

	switch (letter) {
	case 'R':
		if (v.n == 0)
			str_word(rest, &v);
		for (size_t i = 0; i < sizeof(map_dns_types) / sizeof(map_dns_types[0]); i++)
			if (str_caseeq_c(v, map_dns_types[i].name)) {
				d->type = map_dns_types[i].type;
				return 0;
			}
		return err_set(e, ERR_PERM, "map %.*s: record type \"%.*s\" is not known", STR_ARG(m->name), STR_ARG(v));
	case 'B':
		if (v.n == 0)
			str_word(rest, &v);
		d->base = arena_str(m->arena, v);
		return 0;
	case 'Z':
		if (num_u64(v, 1, 10000, &n) == -1)
			return err_set(e, ERR_PERM, "map %.*s: -Z wants a number of records", STR_ARG(m->name));
		d->limit = (size_t)n;
		return 0;
	default:
		return 1;
	}
}

static int
map_dns_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_dns	*d = map_dns_of(m);

	if (rest.n > 0)
		return err_set(e, ERR_PERM, "map %.*s: class dns takes flags only, not \"%.*s\"", STR_ARG(m->name), STR_ARG(rest));
	if (map_dns_patience(m, d, e) == -1)
		return -1;
	return d->type != 0 ? 0 : err_set(e, ERR_PERM, "map %.*s: class dns needs -R TYPE", STR_ARG(m->name));
}

static enum map_result
map_dns_rc(struct map *m, enum dns_rc rc, struct str key, struct err *e)
{
	if (rc != DNS_TEMP)
		return MAPR_NONE;
	if (!dns_is_pending())
		err_set(e, ERR_TEMP, "map %.*s: name server failure for %.*s", STR_ARG(m->name), STR_ARG(key));
	return MAPR_TEMP;
}

/* Addresses as macros have them, "03 01 01 7F:00:01", else the name or text. */
static void
map_dns_value(const struct map *m, const struct dns_rr *rr, struct buf *out)
{
	char	text[IP_TEXT];

	if (rr->type == DNS_A || rr->type == DNS_AAAA)
		buf_addc(out, ip_print(&rr->ip, m->env->short_ipv6, text));
	else if (rr->type == DNS_TLSA)
		for (size_t i = 0; i < rr->data.n; i++)
			buf_addf(out, "%s%02X", i == 0 ? "" : i < 4 ? " " : ":", (unsigned)(unsigned char)rr->data.p[i]);
	else
		buf_add(out, rr->data);
}

/*
 * One question, as resolvers search: a name with a dot as it is first, one without last, in between behind each domain of the search list; a dot at its
 * end: as it is.
 */
static int
map_dns_ask(const struct map *m, struct str key, struct arena *a, struct dns_answer *ans, struct err *e)
{
	bool			absolute = key.n > 1 && key.p[key.n - 1] == '.', dots, temp = false;
	const struct map_dns	*d = m->inside;
	size_t			n = m->env->nsearch;

	if (absolute)
		key.n--;
	dots = absolute || str_chr(key, '.') != SIZE_MAX;
	*ans = (struct dns_answer){ .rc = DNS_NXDOMAIN };
	for (size_t i = 0; i < n + 2; i++) {
		struct str	full = key;

		if (i == 0 || i == n + 1) {
			if ((i == 0) != dots)
				continue;
		} else if (absolute)
			continue;
		else
			full = arena_fmt(a, "%.*s.%s", STR_ARG(key), m->env->search[i - 1]);
		if (dns_ask(full, (enum dns_type)d->type, a, ans, e) == -1)
			return -1;
		if (ans->rc == DNS_OK)
			return 0;
		temp |= ans->rc == DNS_TEMP;
	}
	if (temp)
		ans->rc = DNS_TEMP;
	return 0;
}

static enum map_result
map_dns_get(struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *out, struct err *e)
{
	struct map_dns		*d = m->inside;
	struct arena		*a = call->scratch;
	struct dns_answer	 ans;
	int			 rc;

	(void)args;
	(void)nargs;
	if (d->base.n > 0)
		key = arena_fmt(a, "%.*s.%.*s", STR_ARG(key), STR_ARG(d->base));
	dns_patience(d->patience);
	rc = map_dns_ask(m, key, a, &ans, e);
	dns_patience(0);
	if (rc == -1)
		return MAPR_TEMP;
	if (ans.rc != DNS_OK)
		return map_dns_rc(m, ans.rc, key, e);
	for (size_t i = 0; i < ans.nrr && i < d->limit; i++) {
		size_t	before = out->n;

		if (i > 0)
			buf_add(out, m->delim);
		map_dns_value(m, &ans.rr[i], out);
		if (!buf_ok(out)) {		/* cut at the delimiter */
			buf_truncate(out, before);
			out->failed = false;
			break;
		}
		if (m->delim.n == 0)
			break;
	}
	return MAPR_FOUND;
}

/* HOSTALIASES (hostname(7)): another name for one without dots. */
static struct str
map_host_alias(struct str text, struct str key)
{
	struct str	line, alias, name;

	if (str_chr(key, '.') != SIZE_MAX)
		return key;
	while (str_split(&text, '\n', &line))
		if (str_word(&line, &alias) && str_caseeq(alias, key) && str_word(&line, &name))
			return str_trim(name);
	return key;
}

static enum map_result
map_host_ask(struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *out, struct err *e)
{
	struct arena	*a = call->scratch;
	struct str	 name = STR_NONE;
	struct ip	 ip;
	enum dns_rc	 rc;
	bool		 matches;

	(void)args;
	(void)nargs;
	if (key.n > 2 && key.p[0] == '[') {
		size_t	close = str_chr(key, ']');	/* what follows it does not matter */

		if (close != SIZE_MAX && ip_parse_literal(str_first(key, close + 1), &ip) == 0) {
			if (dns_reverse(&ip, a, &rc, &name, &matches, e) == -1)
				return MAPR_TEMP;
		} else
			return MAPR_NONE;
	} else {
		map_trace_canon(key);
		if (dns_canon(map_host_alias(m->env->host_aliases, key), m->env->search, m->env->nsearch, m->env->expand_cnames, a, &rc, &name, e) == -1)
			return MAPR_TEMP;
		map_trace_canoned(key, rc == DNS_OK ? name : STR_NONE);
	}
	if (rc != DNS_OK || name.n == 0)
		return map_dns_rc(m, rc, key, e);
	if (!str_is_ascii(key))
		(void)idna_key(name, false, a, &name);	/* in letters, as it was asked for */
	buf_add(out, name);
	if (str_chr(name, '.') == SIZE_MAX && m->env->domain.n > 0 && key.p[0] != '[')
		buf_addf(out, ".%.*s", STR_ARG(m->env->domain));
	return MAPR_FOUND;
}

static enum map_result
map_host_get(MAP_GET_ARGS)
{
	struct map_dns	*d = m->inside;
	enum map_result	 r;

	dns_patience(d->patience);
	r = map_host_ask(m, call, key, args, nargs, out, e);
	dns_patience(0);
	return r;
}

/* This machine comes first among those of the best preference. */
static void
map_bestmx_self(const struct map *m, struct dns_mx *mx, size_t n)
{
	struct dns_mx	self;

	for (size_t i = 1; i < n && mx[i].pref == mx[0].pref; i++)
		if (m->env->is_self != NULL && !m->env->is_self(m->env->arg, mx[0].host) && m->env->is_self(m->env->arg, mx[i].host)) {
			self = mx[i];
			mx[i] = mx[0];
			mx[0] = self;
		}
}

/* The most wanted mail exchanger; with -z all, in an order that does not change. */
static enum map_result
map_bestmx_get(struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *out, struct err *e)
{
	struct arena	*a = call->scratch;
	struct dns_mx	*mx;
	enum dns_rc	 rc;
	size_t		 n;
	bool		 implicit;

	(void)args;
	(void)nargs;
	if (key.n > 1 && key.p[key.n - 1] == '.')
		key.n--;
	if (dns_mx(key, 0, a, &rc, &mx, &n, &implicit, e) == -1)
		return MAPR_TEMP;
	if (rc != DNS_OK || n == 0)
		return map_dns_rc(m, rc, key, e);
	map_bestmx_self(m, mx, n);
	for (size_t i = 0; i < (m->delim.n > 0 ? n : 1); i++) {
		if (i > 0)
			buf_add(out, m->delim);
		buf_add(out, mx[i].host);
		buf_addch(out, '.');
	}
	return MAPR_FOUND;
}

const struct map_class map_class_host = { "host", MC_NOFOLD, NULL, NULL, map_host_parse, NULL, map_host_get, NULL, NULL, NULL };
const struct map_class map_class_dns = { "dns", MC_NOFOLD, NULL, map_dns_flag, map_dns_parse, NULL, map_dns_get, NULL, NULL, NULL };
const struct map_class map_class_bestmx = { "bestmx", MC_NOARGS, NULL, NULL, NULL, NULL, map_bestmx_get, NULL, NULL, NULL };
