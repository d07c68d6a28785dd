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
	bool			 me;	/* we are among somebody's MX hosts */
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
	*f = (struct mx_fail){ temp, ex, status, text, STR_NONE };
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
	bool implicit;
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
	if (n == 0) {		/* RFC 7505 */
		(void)mx_fail_set(f, false, EXIT_UNAVAILABLE, "5.1.10", STR("Service unavailable"));
		f->reply = STR("556 5.1.10 Host does not accept mail: MX 0 .");
		return -1;
	}
	keep = n;
	for (size_t i = 0; i < n && b->self != NULL; i++)
		if (b->self->is_me(b->self->arg, mx_undot(mx[i].host))) {
			b->me = true;
			for (keep = i; keep > 0 && mx[keep - 1].pref >= mx[i].pref; keep--)
				;
			break;
		}
	for (size_t i = 0; i < keep; i++)
		mx_add(b, mx[i].host, mx[i].pref, name, mx[i].secure);
	if (b->n > before)
		return 0;
	if (b->me && b->conf->opt.try_null_mx_list && !b->self->is_me(b->self->arg, name)) {
		mx_add(b, name, 0, name, mx[0].secure);
		return 0;
	}
	(void)mx_fail_set(f, false, EXIT_CONFIG, "5.3.5", STR("Local configuration error"));
	f->reply = arena_fmt(b->arena, "553 5.3.5 %.*s. config error: mail loops back to me (MX problem?)", STR_ARG(name));
	return -1;
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

/* The next element: ':' or ',' outside of brackets ends it.  *equal: a comma did, so the next one has the same preference. */
static struct str
mx_next(struct str *rest, bool *equal)
{
	struct str one;
	size_t i;
	int deep = 0;

	*equal = false;

	for (i = 0; i < rest->n; i++) {
		if (rest->p[i] == '[')
			deep++;
		else if (rest->p[i] == ']')
			deep--;
		else if ((rest->p[i] == ':' || rest->p[i] == ',') && deep <= 0) {
			*equal = rest->p[i] == ',';
			break;
		}
	}
	one = str_trim(str_first(*rest, i));
	*rest = str_from(*rest, i + 1);
	return one;
}

/* What commas joined, v[from..n[: by preference, the best of each element being equal; equals in any order. */
static void
mx_shuffle(struct mx_host *v, size_t from, size_t n, uint64_t seed)
{
	for (size_t i = n; i > from + 1; i--) {
		size_t k = from + (size_t)(dns_random(&seed) % (i - from));
		struct mx_host swap = v[i - 1];

		v[i - 1] = v[k];
		v[k] = swap;
	}
	for (size_t i = from + 1; i < n; i++) {		/* stable */
		struct mx_host h = v[i];
		size_t k = i;

		for (; k > from && v[k - 1].pref > h.pref; k--)
			v[k] = v[k - 1];
		v[k] = h;
	}
}

/* An element of such a group: what it adds to the list counts from 0. */
static int
mx_add_equal(struct mx_build *b, struct str one, bool no_mx, struct mx_fail *f)
{
	size_t from = b->n;
	uint16_t best;

	if (mx_add_one(b, one, no_mx, f) == -1)
		return -1;
	best = from < b->n ? b->v[from].pref : 0;
	for (size_t i = from; i < b->n; i++)
		b->v[i].pref = (uint16_t)(b->v[i].pref - best);
	return 0;
}

/*
 * FallbackMXhost is the worst MX of every domain, of one that nobody can look up, too; but where we are one ourselves, what is worse is not tried.
 * FallbackSmartHost comes behind all of them, marked.  A domain that wants no mail gets none.
 */
static void
mx_add_last(struct mx_build *b, bool no_mx, const struct mx_fail *f)
{
	const struct conf_opts *o = &b->conf->opt;
	struct mx_fail ignore;
	size_t before;

	if (f != NULL && (f->ex == EXIT_CONFIG || f->ex == EXIT_UNAVAILABLE))
		return;
	if (o->fallback_mx_host.n > 0 && !no_mx && !b->me)
		(void)mx_add_one(b, o->fallback_mx_host, false, &ignore);
	before = b->n;
	if (o->fallback_smart_host.n > 0)
		(void)mx_add_one(b, o->fallback_smart_host, true, &ignore);
	if (b->n > before)
		b->v[before].smart = true;
}

int
mx_list(const struct conf *conf, struct str hosts, bool no_mx, const struct mx_self *self,
    uint64_t seed, struct arena *a, struct mx_host **v, size_t *n, struct mx_fail *f)
{
	struct mx_build b = { conf, a, self, seed, ARENA_ARRAY(a, struct mx_host, MX_HOSTS_MAX), 0, false };
	struct mx_fail one;
	bool failed = false, equal = false, more;
	size_t from = 0;

	*f = (struct mx_fail){ false, EXIT_NOHOST, "5.1.2", STR("Host unknown"), STR_NONE };
	while (hosts.n > 0) {
		struct str h = mx_next(&hosts, &more);

		if (!equal)
			from = b.n;
		if (h.n > 0 && (equal || more ? mx_add_equal(&b, h, no_mx, &one) : mx_add_one(&b, h, no_mx, &one)) == -1) {
			if (!failed || one.temp)	/* what may pass counts more */
				*f = one;
			failed = true;
		}
		if (equal && !more)
			mx_shuffle(b.v, from, b.n, seed);
		equal = more;
	}
	if (equal)			/* it ended with a comma */
		mx_shuffle(b.v, from, b.n, seed);
	mx_add_last(&b, no_mx, b.n == 0 ? f : NULL);
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
			a, "Host unknown (Name server: %.*s: %s)", STR_ARG(h->name), rc == DNS_NXDOMAIN ? "host not found" : "no data known"));
	mx_mix(*v, *n, a);
	if (*n > MX_ADDRS_MAX)
		*n = MX_ADDRS_MAX;
	for (size_t i = 0; i < *n; i++)
		(*v)[i].port = port;
	return 0;
}
