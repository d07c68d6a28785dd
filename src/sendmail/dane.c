/*
 * dane - see the header.
 *
 * Records count only if every answer that led to them was validated: the MX, the server's addresses, the TLSA records (RFC 7672 2.2).  What
 * arrives is a stranger's until then; a record that is too short to be one is left out.
 */
#include "dane.h"

#include <string.h>

#include "net/dns.h"

/* Are the addresses signed?  `canon`: where CNAMEs lead to.  A failure is left to whoever connects: it has no address then. */
static bool
dane_addrs_secure(struct str host, struct arena *a, struct str *canon)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct dns_answer ans;
	bool any = false;

	*canon = host;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (dns_ask(host, types[i], a, &ans, NULL) == -1 || (ans.rc != DNS_OK && ans.rc != DNS_NODATA))
			continue;
		if (ans.rc == DNS_OK && !ans.secure)
			return false;
		if (ans.rc == DNS_OK && ans.canon.n > 0)
			*canon = ans.canon;
		any = any || ans.rc == DNS_OK;
	}
	return any;
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
	struct str canon;

	memset(out, 0, sizeof *out);
	out->state = DANE_INSECURE;
	if (host.n == 0 || host.p[0] == '[' || !mx_secure || !dane_addrs_secure(host, a, &canon))
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
