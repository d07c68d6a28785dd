/*
 * Whatever is taken for a network has a possible length, nothing behind it, and is the same network when it is printed and read again.
 */
#include <stdio.h>

#include "base/must.h"
#include "map/map_int.h"
#include "net/ip.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char		text[IP_TEXT], again[IP_TEXT + 16];
	struct ip	a, b;
	unsigned	bits, same;

	if (!map_cidr_parse(str_mem(p, n), &a, &bits))
		return 0;
	must(bits <= (a.family == 6 ? 128u : 32u));
	(void)snprintf(again, sizeof again, "%s%s/%u", a.family == 6 ? "IPv6:" : "", ip_text(&a, text), bits);
	must(map_cidr_parse(str_c(again), &b, &same) && same == bits && ip_eq(&a, &b));
	must(ip_in_net(&b, &a, bits));
	return 0;
}
