/*
 * ip_test - addresses as mail writes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "net/ip.h"

static const struct {
	const char *in, *text, *full, *arpa;		/* text NULL: refused */
} cases[] = {
	{ "192.0.2.1", "192.0.2.1", "192.0.2.1", "1.2.0.192.in-addr.arpa" },
	{ "2001:db8::1", "2001:db8::1", "IPv6:2001:db8:0:0:0:0:0:1",
	  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" },
	{ "IPv6:::1", "::1", "IPv6:0:0:0:0:0:0:0:1", NULL },
	{ "ipv6:::1", "::1", "IPv6:0:0:0:0:0:0:0:1", NULL },
	{ "IPv6:192.0.2.1", NULL, NULL, NULL },
	{ "192.0.2", NULL, NULL, NULL }, { "192.0.2.256", NULL, NULL, NULL }, { "192.0.2.1 ", NULL, NULL, NULL },
	{ "", NULL, NULL, NULL }, { "localhost", NULL, NULL, NULL }, { "1.2.3.4%1", NULL, NULL, NULL }, { ":::", NULL, NULL, NULL },
	{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", NULL, NULL, NULL },
};

static void
texts(void **state)
{
	char t[IP_TEXT], arpa[80];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct ip ip;
		int	  rc = ip_parse(str_c(cases[i].in), &ip);

		assert_int_equal(rc, cases[i].text == NULL ? -1 : 0);
		if (rc == -1)
			continue;
		assert_string_equal(ip_text(&ip, t), cases[i].text);
		assert_string_equal(ip_print(&ip, false, t), cases[i].full);
		if (cases[i].arpa != NULL) {
			assert_int_equal(ip_arpa(&ip, arpa, sizeof arpa), 0);
			assert_string_equal(arpa, cases[i].arpa);
			assert_int_equal(ip_arpa(&ip, arpa, strlen(cases[i].arpa)), -1);
		}
	}
}

static void
literals(void **state)
{
	struct ip ip;

	(void)state;
	assert_int_equal(ip_parse_literal(STR("[192.0.2.1]"), &ip), 0);
	assert_int_equal(ip.family, 4);
	assert_int_equal(ip_parse_literal(STR("[IPv6:2001:db8::1]"), &ip), 0);
	assert_int_equal(ip.family, 6);
	assert_int_equal(ip_parse_literal(STR("[]"), &ip), -1);
	assert_int_equal(ip_parse_literal(STR("[192.0.2.1"), &ip), -1);
	assert_int_equal(ip_parse_literal(STR("192.0.2.1"), &ip), -1);
	assert_int_equal(ip_parse_literal(STR("[mail.example.com]"), &ip), -1);
}

static void
networks(void **state)
{
	struct ip a, n;

	(void)state;
	assert_int_equal(ip_parse(STR("192.0.2.200"), &a), 0);
	assert_int_equal(ip_parse(STR("192.0.2.128"), &n), 0);
	assert_true(ip_in_net(&a, &n, 25));
	assert_false(ip_in_net(&a, &n, 26));
	assert_true(ip_in_net(&a, &n, 0));
	assert_false(ip_in_net(&a, &n, 33));
	assert_int_equal(ip_parse(STR("127.9.9.9"), &a), 0);
	assert_true(ip_is_loopback(&a));
	assert_int_equal(ip_parse(STR("::1"), &n), 0);
	assert_true(ip_is_loopback(&n));
	assert_false(ip_in_net(&a, &n, 0));		/* other family */
	assert_false(ip_eq(&a, &n));
}

static void
sockaddrs(void **state)
{
	struct sockaddr_storage	ss;
	struct ip		a, b;
	socklen_t		len;

	(void)state;
	assert_int_equal(ip_parse(STR("2001:db8::5"), &a), 0);
	a.port = 2525;
	len = ip_to_sockaddr(&a, &ss);
	assert_int_equal(ip_from_sockaddr((struct sockaddr *)&ss, len, &b), 0);
	assert_true(ip_eq(&a, &b));
	assert_int_equal(b.port, 2525);
	assert_int_equal(ip_from_sockaddr((struct sockaddr *)&ss, 2, &b), -1);
	/* a mapped IPv4 address is an IPv4 address */
	assert_int_equal(ip_parse(STR("::ffff:192.0.2.7"), &a), 0);
	len = ip_to_sockaddr(&a, &ss);
	assert_int_equal(ip_from_sockaddr((struct sockaddr *)&ss, len, &b), 0);
	assert_int_equal(b.family, 4);
	assert_int_equal(b.a[3], 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts), cmocka_unit_test(literals), cmocka_unit_test(networks), cmocka_unit_test(sockaddrs)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
