/*
 * dns - questions that mail asks, on top of one question for one type.
 */
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "net/dns_int.h"
#include "proc/msg.h"

#define DNS_SEARCH_MAX	6
#define DNS_PTR_MAX	16		/* names of one address that are checked */

static dns_asker_fn	*dns_asker;
static void		*dns_asker_arg;
static struct dns_engine *dns_own;		/* dns_backend's, closed when it is no longer asked */

void
dns_set_asker(dns_asker_fn *fn, void *arg)
{
	if (dns_own != NULL && arg != dns_own)
		dns_engine_close(&dns_own);
	dns_asker = fn;
	dns_asker_arg = arg;
}

dns_asker_fn *
dns_asker_now(void **arg)
{
	*arg = dns_asker_arg;
	return dns_asker;
}

static int
dns_engine_asker(void *arg, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out, struct err *e)
{
	return dns_engine_ask(arg, name, type, a, out, e);
}

int
dns_backend(const struct dns_conf *c, struct err *e)
{
	struct dns_engine *d = dns_engine_open(c, NULL, e);

	if (d == NULL)
		return -1;
	dns_set_asker(dns_engine_asker, d);
	dns_own = d;
	return 0;
}

static bool	dns_later;

void
dns_pending(bool yes)
{
	dns_later = yes;
}

bool
dns_is_pending(void)
{
	return dns_later;
}

static int	dns_patience_ms;

void
dns_patience(int ms)
{
	dns_patience_ms = ms;
}

int
dns_patience_now(void)
{
	return dns_patience_ms;
}

int
dns_ask(struct str name, enum dns_type type, struct arena *a, struct dns_answer *out, struct err *e)
{
	dns_answer_temp(out);
	if (dns_asker == NULL)
		return err_set(e, ERR_BUG, "nobody to ask about DNS");
	return dns_asker(dns_asker_arg, name, type, a, out, e);
}

/* ---- coding for channels ---- */

static void
dns_ip_put(struct buf *b, const struct ip *ip)
{
	msg_put_u8(b, ip->family);
	if (ip->family != 0)
		buf_addmem(b, ip->a, ip->family == 4 ? 4 : 16);
}

void
dns_answer_put(struct buf *b, const struct dns_answer *d)
{
	msg_put_u8(b, (uint8_t)d->rc);
	msg_put_bool(b, d->secure);
	msg_put_str(b, d->canon);
	msg_put_u16(b, (uint16_t)d->nrr);
	for (size_t i = 0; i < d->nrr; i++) {
		const struct dns_rr *r = &d->rr[i];

		msg_put_u16(b, r->type);
		msg_put_u32(b, r->ttl);
		msg_put_u16(b, r->pref);
		msg_put_u16(b, r->weight);
		msg_put_u16(b, r->port);
		msg_put_str(b, r->name);
		msg_put_str(b, r->data);
		dns_ip_put(b, &r->ip);
	}
}

static void
dns_ip_get(struct msg_in *m, struct ip *ip)
{
	size_t n;

	memset(ip, 0, sizeof *ip);
	ip->family = msg_u8(m);
	if (ip->family != 0 && ip->family != 4 && ip->family != 6)
		m->bad = true;
	n = ip->family == 0 ? 0 : ip->family == 4 ? 4 : 16;
	for (size_t i = 0; i < n; i++)
		ip->a[i] = msg_u8(m);
}

int
dns_answer_get(struct msg_in *m, struct arena *a, struct dns_answer *out)
{
	uint8_t rc;

	memset(out, 0, sizeof *out);
	rc = msg_u8(m);
	if (rc > DNS_TEMP)
		m->bad = true;
	out->rc = (enum dns_rc)rc;
	out->secure = msg_bool(m);
	out->canon = arena_str(a, msg_str(m, DNS_TEXT_MAX));
	out->nrr = msg_u16(m);
	if (out->nrr > DNS_RR_MAX)
		m->bad = true;
	if (m->bad) {
		dns_answer_temp(out);
		return -1;
	}
	out->rr = ARENA_ARRAY(a, struct dns_rr, out->nrr + 1);
	for (size_t i = 0; i < out->nrr && !m->bad; i++) {
		struct dns_rr *r = &out->rr[i];

		r->type = msg_u16(m);
		r->ttl = msg_u32(m);
		r->pref = msg_u16(m);
		r->weight = msg_u16(m);
		r->port = msg_u16(m);
		r->name = arena_str(a, msg_str(m, DNS_TEXT_MAX));
		r->data = arena_str(a, msg_str(m, UINT16_MAX));
		dns_ip_get(m, &r->ip);
	}
	if (!m->bad)
		return 0;
	dns_answer_temp(out);
	return -1;
}

/* ---- MX ---- */

uint64_t
dns_random(uint64_t *seed)			/* splitmix64 */
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Shuffle first, then a stable sort by preference: equals stay shuffled. */
static void
dns_mx_order(struct dns_mx *mx, size_t n, uint64_t seed)
{
	for (size_t i = n; i > 1; i--) {
		size_t		j = (size_t)(dns_random(&seed) % i);
		struct dns_mx	t = mx[i - 1];

		mx[i - 1] = mx[j];
		mx[j] = t;
	}
	for (size_t i = 1; i < n; i++) {
		struct dns_mx	t = mx[i];
		size_t		j = i;

		for (; j > 0 && mx[j - 1].pref > t.pref; j--)
			mx[j] = mx[j - 1];
		mx[j] = t;
	}
}

int
dns_mx(struct str domain, uint64_t seed, struct arena *a, enum dns_rc *rc, struct dns_mx **out, size_t *n, bool *implicit,
    struct err *e)
{
	struct dns_answer ans;

	*out = NULL;
	*n = 0;
	*implicit = false;
	*rc = DNS_TEMP;
	if (dns_ask(domain, DNS_MX, a, &ans, e) == -1)
		return -1;
	*rc = ans.rc;
	if (ans.rc == DNS_NODATA) {		/* RFC 5321 5.1: the name itself */
		*out = ARENA_NEW(a, struct dns_mx);
		(*out)->host = ans.canon.n > 0 ? ans.canon : arena_str(a, domain);
		(*out)->secure = ans.secure;
		*n = 1;
		*implicit = true;
		*rc = DNS_OK;
		return 0;
	}
	if (ans.rc != DNS_OK)
		return 0;
	*out = ARENA_ARRAY(a, struct dns_mx, ans.nrr);
	for (size_t i = 0; i < ans.nrr; i++) {
		if (ans.rr[i].data.n == 0) {
			if (ans.nrr == 1)	/* RFC 7505: takes no mail */
				return 0;
			continue;
		}
		(*out)[*n].host = ans.rr[i].data;
		(*out)[*n].secure = ans.secure;
		(*out)[(*n)++].pref = ans.rr[i].pref;
	}
	dns_mx_order(*out, *n, seed);
	return 0;
}

/* ---- addresses ---- */

int
dns_addrs(struct str host, bool v4, bool v6, struct arena *a, enum dns_rc *rc, struct ip **out, size_t *n, struct err *e)
{
	struct dns_answer	ans[2];
	bool			want[2] = { v6, v4 };
	size_t			total = 0;

	*out = NULL;
	*n = 0;
	*rc = DNS_NODATA;
	for (int i = 0; i < 2; i++) {
		dns_answer_temp(&ans[i]);
		if (!want[i])
			continue;
		if (dns_ask(host, i == 0 ? DNS_AAAA : DNS_A, a, &ans[i], e) == -1) {
			*rc = DNS_TEMP;
			return -1;
		}
		total += ans[i].nrr;
		/* A temporary failure counts more than "no such name", an address more than both. */
		if (ans[i].rc == DNS_TEMP || (ans[i].rc == DNS_NXDOMAIN && *rc != DNS_TEMP))
			*rc = ans[i].rc;
	}
	if (total == 0)
		return 0;
	*out = ARENA_ARRAY(a, struct ip, total);
	for (int i = 0; i < 2; i++)
		for (size_t j = 0; want[i] && j < ans[i].nrr; j++)
			(*out)[(*n)++] = ans[i].rr[j].ip;
	*rc = DNS_OK;
	return 0;
}

int
dns_reverse(const struct ip *ip, struct arena *a, enum dns_rc *rc, struct str *name, bool *matches, struct err *e)
{
	struct dns_answer	ans, fwd;
	char			arpa[80];
	bool			temp = false;

	*name = STR_NONE;
	*matches = false;
	*rc = DNS_NXDOMAIN;
	if (ip_arpa(ip, arpa, sizeof arpa) == -1)
		return 0;
	*rc = DNS_TEMP;
	if (dns_ask(str_c(arpa), DNS_PTR, a, &ans, e) == -1)
		return -1;
	*rc = ans.rc;
	if (ans.rc != DNS_OK)
		return 0;
	*name = ans.rr[0].data;
	for (size_t i = 0; i < ans.nrr && i < DNS_PTR_MAX; i++) {
		if (dns_ask(ans.rr[i].data, ip->family == 4 ? DNS_A : DNS_AAAA, a, &fwd, e) == -1)
			return -1;
		if (fwd.rc == DNS_TEMP)
			temp = true;
		for (size_t j = 0; j < fwd.nrr; j++) {
			struct ip f = fwd.rr[j].ip;

			f.scope = ip->scope;
			if (ip_eq(&f, ip)) {
				*name = ans.rr[i].data;
				*matches = true;
				return 0;
			}
		}
	}
	if (temp)
		*rc = DNS_TEMP;
	return 0;
}

/* ---- canonical names ---- */

/* Does this full name exist for mail: 1 (*out filled), 0, -1 temporary. */
static int
dns_canon_try(struct str name, bool expand, struct arena *a, struct str *out, struct err *e)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_MX };
	bool temp = false;

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct dns_answer ans;

		if (dns_ask(name, types[i], a, &ans, e) == -1)
			return -1;
		if (ans.rc == DNS_OK) {
			/* the name as it was asked keeps its case */
			*out = expand && ans.canon.n > 0 && !str_caseeq(ans.canon, name) ? ans.canon : arena_str(a, name);
			return 1;
		}
		if (ans.rc == DNS_NXDOMAIN)
			break;
		if (ans.rc == DNS_TEMP)
			temp = true;
	}
	return temp ? -1 : 0;
}

int
dns_canon(struct str name, const char *const *search, size_t nsearch, bool expand, struct arena *a, enum dns_rc *rc,
    struct str *out, struct err *e)
{
	bool	absolute = name.n > 0 && name.p[name.n - 1] == '.', dots, temp = false;
	int	r;

	*out = STR_NONE;
	*rc = DNS_TEMP;
	if (dns_asker == NULL)
		return err_set(e, ERR_BUG, "nobody to ask about DNS");
	if (absolute)
		name.n--;
	dots = str_chr(name, '.') != SIZE_MAX;
	/* ndots:1 - a name with a dot is tried as it is first, one without only last. */
	for (size_t i = 0; i < nsearch + 2; i++) {
		struct str	full = name;
		bool		bare = i == 0 || i == nsearch + 1;

		if (bare ? (i == 0) != (dots || absolute) : absolute)
			continue;
		if (!bare)
			full = arena_fmt(a, "%.*s.%s", STR_ARG(name), search[i - 1]);
		if (!dns_name_ok(full) && str_is_ascii(full))	/* the resolver knows names of other scripts */
			continue;
		if ((r = dns_canon_try(full, expand, a, out, e)) == 1) {
			*rc = DNS_OK;
			return 0;
		}
		if (r == -1)
			temp = true;
	}
	*rc = temp ? DNS_TEMP : DNS_NXDOMAIN;
	return 0;
}

int
dns_search_list(struct str text, struct arena *a, const char ***list, size_t *n)
{
	struct str line, word, key;

	*list = ARENA_ARRAY(a, const char *, DNS_SEARCH_MAX);
	*n = 0;
	while (str_split(&text, '\n', &line)) {
		line = str_first(line, str_chr(line, '#'));
		if (!str_word(&line, &key) || (!str_eq_c(key, "search") && !str_eq_c(key, "domain")))
			continue;
		*n = 0;				/* the last line counts */
		while (str_word(&line, &word) && *n < DNS_SEARCH_MAX) {
			word = str_rtrim(word);
			if (word.n > 0 && word.p[word.n - 1] == '.')
				word.n--;
			if (dns_name_ok(word))
				(*list)[(*n)++] = arena_cstr(a, word);
		}
	}
	return 0;
}
