/*
 * mx - see the header.
 */
#include "mx.h"

#include "base/err.h"
#include "base/num.h"
#include "base/status.h"
#include "net/dns.h"

#define MX_ADDRS_MAX	16	/* addresses of one host that are tried */

struct mx_build {
	const struct conf	*conf;
	struct arena		*arena;
	const struct mx_self	*self;
	uint64_t		 seed;
	struct mx_host		*v;
	size_t			 n;
};

uint16_t
mx_port(struct str s)
{
	static const struct { const char *name; uint16_t port; } names[] = {
		{ "smtp", 25 }, { "mail", 25 }, { "submission", 587 }, { "msa", 587 }, { "smtps", 465 }, { "submissions", 465 }, { "lmtp", 24 }
	};
	uint64_t n;

	if (num_u64(s, 1, 65535, &n) == 0)
		return (uint16_t)n;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_caseeq_c(s, names[i].name))
			return names[i].port;
	return 0;
}

static int
mx_fail_set(struct mx_fail *f, bool temp, int ex, const char *status, struct str text)
{
	*f = (struct mx_fail){ temp, ex, status, text };
	return -1;
}

static struct str
mx_undot(struct str s)
{
	return s.n > 1 && s.p[s.n - 1] == '.' ? str_first(s, s.n - 1) : s;
}

static void
mx_add(struct mx_build *b, struct str name, uint16_t pref, struct str domain, bool secure)
{
	struct mx_host *h;

	name = mx_undot(name);
	if (b->n == MX_HOSTS_MAX || name.n == 0)
		return;
	for (size_t i = 0; i < b->n; i++)
		if (str_caseeq(b->v[i].name, name))
			return;
	h = &b->v[b->n++];
	h->name = arena_str(b->arena, name);
	h->pref = pref;
	h->domain = arena_str(b->arena, domain);
	h->secure = secure;
	h->literal = ip_parse_literal(name, &h->ip) == 0;
}

/* MX records of a name.  Our own name and everything not better than it is taken out: mail would come back (RFC 5321 5.1). */
static int
mx_add_domain(struct mx_build *b, struct str name, struct mx_fail *f)
{
	struct dns_mx *mx;
	size_t n, keep, before = b->n;
	bool implicit, me = false;
	enum dns_rc rc;
	struct err e = ERR_INIT;

	if (dns_mx(name, b->seed, b->arena, &rc, &mx, &n, &implicit, &e) == -1 || rc == DNS_TEMP)
		return mx_fail_set(f, true, EXIT_TEMPFAIL, "4.4.3",
		    arena_fmt(
			b->arena, "Name server: %.*s: host name lookup failure", STR_ARG(name)));
	if (rc == DNS_NXDOMAIN)
		return mx_fail_set(f, false, EXIT_NOHOST, "5.1.2",
		    arena_fmt(b->arena, "Host unknown (Name server: %.*s: host not found)",
			STR_ARG(name)));
	if (n == 0)		/* RFC 7505 */
		return mx_fail_set(f, false, EXIT_UNAVAILABLE, "5.1.10",
		    arena_fmt(
			b->arena, "Domain %.*s does not accept mail (null MX)", STR_ARG(name)));
	keep = n;
	for (size_t i = 0; i < n && b->self != NULL; i++)
		if (b->self->is_me(b->self->arg, mx_undot(mx[i].host))) {
			me = true;
			for (keep = i; keep > 0 && mx[keep - 1].pref >= mx[i].pref; keep--)
				;
			break;
		}
	for (size_t i = 0; i < keep; i++)
		mx_add(b, mx[i].host, mx[i].pref, name, mx[i].secure);
	if (b->n > before)
		return 0;
	if (me && b->conf->opt.try_null_mx_list && !b->self->is_me(b->self->arg, name)) {
		mx_add(b, name, 0, name, mx[0].secure);
		return 0;
	}
	return mx_fail_set(f, false, EXIT_CONFIG, "5.3.5",
	    arena_fmt(b->arena, "%.*s. config error: mail loops back to me (MX problem?)",
		STR_ARG(name)));
}

/* One element of a host list: "name", "[name]", "[192.0.2.1]". */
static int
mx_add_one(struct mx_build *b, struct str one, bool no_mx, struct mx_fail *f)
{
	struct ip ip;

	if (one.n > 2 && one.p[0] == '[' && one.p[one.n - 1] == ']') {
		if (ip_parse_literal(one, &ip) == 0)
			mx_add(b, one, 0, STR_NONE, true);
		else
			mx_add(b, str_sub(one, 1, one.n - 1), 0, STR_NONE, true);
		return 0;
	}
	if (no_mx) {
		mx_add(b, one, 0, STR_NONE, true);
		return 0;
	}
	return mx_add_domain(b, mx_undot(one), f);
}

/* The next element: ':' outside of brackets ends it. */
static struct str
mx_next(struct str *rest)
{
	struct str one;
	size_t i;
	int deep = 0;

	for (i = 0; i < rest->n; i++) {
		if (rest->p[i] == '[')
			deep++;
		else if (rest->p[i] == ']')
			deep--;
		else if (rest->p[i] == ':' && deep <= 0)
			break;
	}
	one = str_trim(str_first(*rest, i));
	*rest = str_from(*rest, i + 1);
	return one;
}

int
mx_list(const struct conf *conf, struct str hosts, bool no_mx, const struct mx_self *self,
    uint64_t seed, struct arena *a, struct mx_host **v, size_t *n, struct mx_fail *f)
{
	struct mx_build b = { conf, a, self, seed, ARENA_ARRAY(a, struct mx_host, MX_HOSTS_MAX), 0 };
	struct mx_fail one, ignore;
	bool failed = false;

	*f = (struct mx_fail){ false, EXIT_NOHOST, "5.1.2", STR("Host unknown") };
	while (hosts.n > 0) {
		struct str h = mx_next(&hosts);

		if (h.n == 0 || mx_add_one(&b, h, no_mx, &one) == 0)
			continue;
		if (!failed || one.temp)	/* what may pass counts more */
			*f = one;
		failed = true;
	}
	if (b.n > 0 && !no_mx && conf->opt.fallback_mx_host.n > 0)
		(void)mx_add_one(&b, conf->opt.fallback_mx_host, false, &ignore);
	if (b.n == 0 && conf->opt.fallback_smart_host.n > 0)
		(void)mx_add_one(&b, conf->opt.fallback_smart_host, false, &ignore);
	*v = b.v;
	*n = b.n;
	return b.n > 0 ? 0 : -1;
}

/*
 * IPv6 first, then one of each kind in turn: where one kind leads nowhere, the other is not left waiting behind all of it.  (RFC 8305 4 has it for people
 * who wait; a message does not mind which address took it.)
 */
static void
mx_mix(struct ip *v, size_t n, struct arena *a)
{
	struct ip *old = ARENA_ARRAY(a, struct ip, n);
	size_t at[2] = { 0, 0 };

	memcpy(old, v, n * sizeof *old);
	for (size_t i = 0; i < n; i++) {
		size_t kind = i % 2;		/* 0: IPv6 */

		for (size_t turn = 0; turn < 2; turn++, kind ^= 1) {
			while (at[kind] < n && (old[at[kind]].family == 6) != (kind == 0))
				at[kind]++;
			if (at[kind] < n) {
				v[i] = old[at[kind]++];
				break;
			}
		}
	}
}

int
mx_addrs(const struct mx_host *h, uint16_t port, struct arena *a, struct ip **v, size_t *n, struct mx_fail *f)
{
	enum dns_rc rc;
	struct err e = ERR_INIT;

	if (h->literal) {
		*v = ARENA_NEW(a, struct ip);
		**v = h->ip;
		*n = 1;
	} else if (dns_addrs(h->name, true, true, a, &rc, v, n, &e) == -1 || rc == DNS_TEMP)
		return mx_fail_set(f, true, EXIT_TEMPFAIL, "4.4.3",
		    arena_fmt(a, "Name server: %.*s: host name lookup failure", STR_ARG(h->name)));
	else if (rc != DNS_OK || *n == 0)
		return mx_fail_set(f, false, EXIT_NOHOST, "5.1.2",
		    arena_fmt(
			a, "Host unknown (Name server: %.*s: host not found)", STR_ARG(h->name)));
	mx_mix(*v, *n, a);
	if (*n > MX_ADDRS_MAX)
		*n = MX_ADDRS_MAX;
	for (size_t i = 0; i < *n; i++)
		(*v)[i].port = port;
	return 0;
}
