/*
 * dane - see the header.
 *
 * Records count only if every answer that led to them was validated: the MX, the server's addresses, the TLSA records (RFC 7672 2.2).  What
 * arrives is a stranger's until then; a record that is too short to be one is left out.
 */
#include "dane.h"

#include <string.h>

#include "net/dns.h"

enum dane_trust {
	DANE_ADDRS_PLAIN,	/* somebody else than the host's zone says where the server is */
	DANE_ADDRS_SIGNED,
	DANE_ADDRS_LOST		/* nothing can be told now */
};

/*
 * Are the addresses signed?  `canon`: where CNAMEs lead to.  Those of one family may fail as long as there are others; when none are to be had, a later
 * question may find them, and must not find the server unprotected then (RFC 7672 2.1.2).
 */
static enum dane_trust
dane_addrs(struct str host, struct arena *a, struct str *canon)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	bool any = false, lost = false, plain = false;
	struct dns_answer ans;

	*canon = host;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (dns_ask(host, types[i], a, &ans, NULL) == -1 || ans.rc == DNS_TEMP) {
			lost = true;
			continue;
		}
		if (ans.canon.n > 0 && !str_caseeq(ans.canon, host))
			*canon = ans.canon;
		if (ans.rc != DNS_OK)
			continue;
		any = true;
		plain = plain || !ans.secure;
	}
	return any ? (plain ? DANE_ADDRS_PLAIN : DANE_ADDRS_SIGNED) : lost ? DANE_ADDRS_LOST : DANE_ADDRS_PLAIN;
}

/* A signed alias for a name of an unsigned zone: what counts is the alias' own name (RFC 7672 2.2.2). */
static enum dane_trust
dane_alias(struct str host, struct arena *a)
{
	struct dns_answer ans;

	if (dns_ask(host, DNS_CNAME, a, &ans, NULL) == -1 || ans.rc == DNS_TEMP)
		return DANE_ADDRS_LOST;
	return ans.rc == DNS_OK && ans.secure ? DANE_ADDRS_SIGNED : DANE_ADDRS_PLAIN;
}

static void
dane_take(const struct dns_answer *ans, struct arena *a, struct dane *out)
{
	struct tls_tlsa *v = ARENA_ARRAY(a, struct tls_tlsa, DANE_RR_MAX);
	size_t n = 0;

	for (size_t i = 0; i < ans->nrr && n < DANE_RR_MAX; i++) {
		struct str d = ans->rr[i].data;
		static const size_t want[] = { 0, 32, 64 };

		if (d.n < 4)
			continue;
		v[n] = (struct tls_tlsa){ (uint8_t)d.p[0], (uint8_t)d.p[1], (uint8_t)d.p[2], arena_str(a, str_from(d, 3)) };
		if ((v[n].usage == 2 || v[n].usage == 3) && v[n].selector <= 1 && v[n].match <= 2 &&
		    (v[n].match == 0 || v[n].data.n == want[v[n].match]))
			out->usable = true;
		n++;
	}
	out->tls.rr = v;
	out->tls.nrr = n;
}

/* Under this name: true when the search is over. */
static bool
dane_at(struct str base, uint16_t port, struct arena *a, struct dane *out)
{
	struct dns_answer ans;

	out->owner = arena_fmt(a, "_%u._tcp.%.*s", (unsigned)port, STR_ARG(base));
	if (dns_ask(out->owner, DNS_TLSA, a, &ans, NULL) == -1 || ans.rc == DNS_TEMP) {
		out->state = DANE_BROKEN;
		return true;
	}
	out->state = DANE_NONE;
	if (ans.rc != DNS_OK || !ans.secure)
		return false;
	dane_take(&ans, a, out);
	out->tls.base = arena_cstr(a, base);
	out->state = DANE_RECORDS;
	return true;
}

void
dane_lookup(struct str host, uint16_t port, bool mx_secure, struct str domain, struct arena *a, struct dane *out)
{
	enum dane_trust trust;
	struct str canon;

	memset(out, 0, sizeof *out);
	out->state = DANE_INSECURE;
	if (host.n == 0 || host.p[0] == '[' || !mx_secure)
		return;
	trust = dane_addrs(host, a, &canon);
	if (trust == DANE_ADDRS_PLAIN && !str_caseeq(canon, host)) {
		trust = dane_alias(host, a);
		canon = host;
	}
	if (trust == DANE_ADDRS_LOST) {
		out->state = DANE_BROKEN;
		out->owner = arena_str(a, host);
	}
	if (trust != DANE_ADDRS_SIGNED)
		return;
	/* RFC 7672 2.2.3: the end of a signed chain of aliases first, then the name itself */
	if (str_caseeq(canon, host) || !dane_at(canon, port, a, out))
		(void)dane_at(host, port, a, out);
	if (out->state != DANE_RECORDS)
		return;
	if (!str_caseeq_c(host, out->tls.base))
		out->tls.name[out->tls.nname++] = arena_cstr(a, host);
	if (domain.n > 0 && !str_caseeq(domain, host))
		out->tls.name[out->tls.nname++] = arena_cstr(a, domain);
}
