/*
 * dane_test - which of a server's TLSA records count, by what is signed on the way to them (RFC 7672 2), against a name server that is a table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dane.h"
#include "net/dns.h"

#define H32	"\x01\x02\x03\x04\x05\x06\x07\x08\x01\x02\x03\x04\x05\x06\x07\x08\x01\x02\x03\x04\x05\x06\x07\x08\x01\x02\x03\x04\x05\x06\x07\x08"

enum { PLAIN, SIGNED };

static const struct row {
	const char	*name;
	enum dns_type	 type;
	enum dns_rc	 rc;
	int		 secure;
	const char	*canon;
	struct str	 data;
} zone[] = {
	{ "good.test", DNS_A, DNS_OK, SIGNED, NULL, STR_INIT("") },
	{ "_25._tcp.good.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\1" H32) },
	{ "_26._tcp.good.test", DNS_TLSA, DNS_OK, PLAIN, NULL, STR_INIT("\3\1\1" H32) },
	{ "_27._tcp.good.test", DNS_TLSA, DNS_TEMP, PLAIN, NULL, STR_INIT("") },
	{ "_28._tcp.good.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\1\1\1" H32) },
	{ "_29._tcp.good.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\1short") },
	{ "_30._tcp.good.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\3" H32) },
	{ "_31._tcp.good.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\2\1" H32) },
	{ "_32._tcp.good.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\2\0\2" H32 H32) },
	{ "_33._tcp.good.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3") },
	{ "plain.test", DNS_A, DNS_OK, PLAIN, NULL, STR_INIT("") },
	{ "_25._tcp.plain.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\1" H32) },
	{ "six.test", DNS_AAAA, DNS_OK, SIGNED, NULL, STR_INIT("") },
	{ "_25._tcp.six.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\1" H32) },
	/* one family cannot be asked for: the other one will do */
	{ "half.test", DNS_A, DNS_TEMP, PLAIN, NULL, STR_INIT("") },
	{ "half.test", DNS_AAAA, DNS_OK, SIGNED, NULL, STR_INIT("") },
	{ "_25._tcp.half.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\1" H32) },
	{ "lost.test", DNS_A, DNS_TEMP, PLAIN, NULL, STR_INIT("") },
	{ "_25._tcp.lost.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\1" H32) },
	/* aliases: all signed, with records at the end, or at the beginning */
	{ "alias.test", DNS_A, DNS_OK, SIGNED, "good.test", STR_INIT("") },
	{ "alias2.test", DNS_A, DNS_OK, SIGNED, "bare.test", STR_INIT("") },
	{ "_25._tcp.alias2.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\1" H32) },
	/* ... to a name of an unsigned zone */
	{ "away.test", DNS_A, DNS_OK, PLAIN, "plain.test", STR_INIT("") },
	{ "away.test", DNS_CNAME, DNS_OK, SIGNED, NULL, STR_INIT("") },
	{ "_25._tcp.away.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\1" H32) },
	{ "away2.test", DNS_A, DNS_OK, PLAIN, "plain.test", STR_INIT("") },
	{ "away2.test", DNS_CNAME, DNS_OK, PLAIN, NULL, STR_INIT("") },
	{ "_25._tcp.away2.test", DNS_TLSA, DNS_OK, SIGNED, NULL, STR_INIT("\3\1\1" H32) },
	{ "away3.test", DNS_A, DNS_OK, PLAIN, "plain.test", STR_INIT("") },
	{ "away3.test", DNS_CNAME, DNS_TEMP, PLAIN, NULL, STR_INIT("") },
};

static int
test_dns(void *arg, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out, struct err *e)
{
	(void)arg;
	(void)e;
	memset(out, 0, sizeof *out);
	out->rc = DNS_NODATA;
	out->secure = true;
	out->canon = name;
	out->rr = ARENA_ARRAY(a, struct dns_rr, 10);
	for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
		if (!str_eq_c(name, zone[i].name))
			continue;
		if (zone[i].canon != NULL)
			out->canon = str_c(zone[i].canon);
		if (zone[i].type != type)
			continue;
		out->rc = zone[i].rc;
		out->secure = zone[i].secure == SIGNED;
		if (out->rc == DNS_OK)
			out->rr[out->nrr++] = (struct dns_rr){ .type = (uint16_t)type, .name = name, .data = zone[i].data };
	}
	return 0;
}

static const struct {
	const char	*host;
	uint16_t	 port;
	bool		 mx_secure;
	enum dane_state	 want;
	bool		 usable;
	const char	*base;
	size_t		 names;		/* beside `base` */
} cases[] = {
	{ "good.test", 25, true, DANE_RECORDS, true, "good.test", 1 },
	{ "good.test", 25, false, DANE_INSECURE, false, NULL, 0 },	/* 2.2.1: who is asked must be signed, too */
	{ "[192.0.2.1]", 25, true, DANE_INSECURE, false, NULL, 0 },
	{ "good.test", 26, true, DANE_NONE, false, NULL, 0 },		/* records that are not signed are none */
	{ "good.test", 27, true, DANE_BROKEN, false, NULL, 0 },		/* 2.1.2 */
	{ "good.test", 99, true, DANE_NONE, false, NULL, 0 },
	{ "good.test", 28, true, DANE_RECORDS, false, "good.test", 1 },	/* 3.1.3: PKIX-EE is not usable, and TLS a must */
	{ "good.test", 29, true, DANE_RECORDS, false, "good.test", 1 },
	{ "good.test", 30, true, DANE_RECORDS, false, "good.test", 1 },
	{ "good.test", 31, true, DANE_RECORDS, false, "good.test", 1 },
	{ "good.test", 32, true, DANE_RECORDS, true, "good.test", 1 },
	{ "good.test", 33, true, DANE_RECORDS, false, "good.test", 1 },
	{ "plain.test", 25, true, DANE_INSECURE, false, NULL, 0 },	/* 2.2.2: addresses of an unsigned zone */
	{ "six.test", 25, true, DANE_RECORDS, true, "six.test", 1 },
	{ "half.test", 25, true, DANE_RECORDS, true, "half.test", 1 },
	{ "lost.test", 25, true, DANE_BROKEN, false, NULL, 0 },
	{ "nowhere.test", 25, true, DANE_INSECURE, false, NULL, 0 },
	{ "alias.test", 25, true, DANE_RECORDS, true, "good.test", 2 },	/* 2.2.3 */
	{ "alias2.test", 25, true, DANE_RECORDS, true, "alias2.test", 1 },
	{ "away.test", 25, true, DANE_RECORDS, true, "away.test", 1 },	/* 2.2.2: a signed alias, whatever it leads to */
	{ "away2.test", 25, true, DANE_INSECURE, false, NULL, 0 },
	{ "away3.test", 25, true, DANE_BROKEN, false, NULL, 0 },
};

static void
test_lookup(void **state)
{
	(void)state;
	dns_set_asker(test_dns, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *a = arena_new(ARENA_DEFAULT);
		struct dane d;

		dane_lookup(str_c(cases[i].host), cases[i].port, cases[i].mx_secure, STR("domain.test"), a, &d);
		if (d.state != cases[i].want || d.usable != cases[i].usable || d.tls.nname != cases[i].names ||
		    (cases[i].base != NULL && strcmp(d.tls.base, cases[i].base) != 0))
			fail_msg("%s, port %u: state %d, usable %d, %zu names", cases[i].host, cases[i].port, (int)d.state, d.usable, d.tls.nname);
		arena_free(&a);
	}
	dns_set_asker(NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lookup) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
