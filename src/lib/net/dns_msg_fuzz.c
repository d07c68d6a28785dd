/*
 * What a packet decodes to survives the way over a channel, and its names are names.
 */
#include "base/must.h"
#include "net/dns.h"
#include "proc/msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const enum dns_type types[] = { DNS_A, DNS_MX, DNS_TXT, DNS_SRV, DNS_TLSA, DNS_CNAME, DNS_ANY };
	struct arena		*a = arena_new(ARENA_FUZZ);
	struct dns_answer	 x, y;
	struct buf		 b;

	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (dns_msg_parse(str_mem(p, n), STR("example.com"), types[i], a, &x) == -1)
			continue;
		must((x.rc == DNS_OK) == (x.nrr > 0));
		buf_clear(&b);
		dns_answer_put(&b, &x);
		struct msg_in in = msg_in(buf_str(&b));

		must(dns_answer_get(&in, a, &y) == 0 && msg_end(&in));
		must(y.nrr == x.nrr && y.rc == x.rc);
		for (size_t j = 0; j < y.nrr; j++)
			must(str_eq(x.rr[j].data, y.rr[j].data) && !str_has_nul(y.rr[j].name));
	}
	struct msg_in in = msg_in(str_mem(p, n));

	(void)dns_answer_get(&in, a, &y);
	buf_done(&b);
	arena_free(&a);
	return 0;
}
