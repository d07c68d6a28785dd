/*
 * Networks as keys: which texts are some, and what they come to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "map/map_int.h"
#include "net/ip.h"

static const struct {
	const char	*in, *net;	/* NULL: no network */
	unsigned	 bits;
} cases[] = {
	{ "192.0.2.1", "192.0.2.1", 32 },
	{ "192.0.2.77/27", "192.0.2.64", 27 },
	{ "10.1.39.1/19", "10.1.32.0", 19 },
	{ "10.1", "10.1.0.0", 16 },
	{ "10", "10.0.0.0", 8 },
	{ "255.255.255.255/0", "0.0.0.0", 0 },
	{ "IPv6:2001:db8::/32", "2001:db8::", 32 },
	{ "ipv6:2001:db8:ffff::/44", "2001:db8:fff0::", 44 },
	{ "IPv6:2001:db8", "2001:db8::", 32 },
	{ "IPv6:2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", 128 },
	{ "IPv6:2001:db8:1:2:3:4:5:7/127", "2001:db8:1:2:3:4:5:6", 127 },
	{ "IPv6:::1", "::1", 128 },
	{ "IPv6:::/1", "::", 1 },
	{ "10.1.2.3.4", NULL, 0 },
	{ "10.1.2.3/33", NULL, 0 },
	{ "10.1.2.3/", NULL, 0 },
	{ "10.1.2.300", NULL, 0 },
	{ "IPv6:2001:db8::/129", NULL, 0 },
	{ "IPv6:1:2:3:4:5:6:7:8:9", NULL, 0 },
	{ "IPv6:", NULL, 0 },
	{ "example.com", NULL, 0 },
	{ "user@10.1.2.3", NULL, 0 },
	{ "", NULL, 0 },
	{ "/8", NULL, 0 },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char		*p = test_malloc(strlen(cases[i].in) + 1), text[IP_TEXT];
		struct ip	 ip;
		unsigned	 bits = 999;

		memcpy(p, cases[i].in, strlen(cases[i].in));
		if (map_cidr_parse(str_mem(p, strlen(cases[i].in)), &ip, &bits) != (cases[i].net != NULL))
			fail_msg("%s", cases[i].in);
		if (cases[i].net != NULL) {
			assert_string_equal(ip_text(&ip, text), cases[i].net);
			assert_int_equal(bits, cases[i].bits);
		}
		test_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_parse) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
