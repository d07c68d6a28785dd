/*
 * map_dns_test - class dns: which names are asked, and what values look like, as sendmail 8.17 shows them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "map/map_int.h"
#include "net/dns.h"

static struct buf	 test_asked;
static const char	*test_known;		/* the name that exists */
static enum dns_rc	 test_else;		/* the answer to others */

static int
test_asker(void *arg, struct str name, enum dns_type type, struct arena *a, struct dns_answer *ans, struct err *e)
{
	(void)arg;
	(void)e;
	buf_addf(&test_asked, "%s%.*s", test_asked.n > 0 ? " " : "", STR_ARG(name));
	*ans = (struct dns_answer){ .rc = test_else };
	if (!str_eq_c(name, test_known))
		return 0;
	ans->rc = DNS_OK;
	ans->nrr = 2;
	ans->rr = ARENA_ARRAY(a, struct dns_rr, 2);
	for (int i = 0; i < 2; i++) {
		ans->rr[i].type = (uint16_t)type;
		ans->rr[i].data = type == DNS_TLSA ? STR("\003\001\001\177\000\012") : i == 0 ? STR("one") : STR("two");
		if (type == DNS_A || type == DNS_AAAA)
			assert_int_equal(ip_parse(type == DNS_A ? STR("192.0.2.1") : STR("2001:db8::1"), &ans->rr[i].ip), 0);
	}
	return 0;
}

static void
test_dns(void **state)
{
	static const char *const	 search[] = { "in.test", "out.test" };
	static const struct {
		const char	*args, *key, *known;
		const char	*asked, *want;		/* NULL: not found */
		bool		 compressed;
	} cases[] = {
		{ "-R NS -z,", "a.test", "a.test", "a.test", "one,two", false },
		{ "-R NS", "a.test", "a.test", "a.test", "one", false },
		{ "-R MX -z, -Z1", "a.test", "a.test", "a.test", "one", false },
		{ "-R A -a.OK", "a.test", "a.test", "a.test", "192.0.2.1.OK", false },
		{ "-R AAAA", "a.test", "a.test", "a.test", "IPv6:2001:db8:0:0:0:0:0:1", false },
		{ "-R AAAA", "a.test", "a.test", "a.test", "IPv6:2001:db8::1", true },
		{ "-R TLSA", "a.test", "a.test", "a.test", "03 01 01 7F:00:0A", false },
		{ "-R A", "a.test", "a.test.out.test", "a.test a.test.in.test a.test.out.test", "192.0.2.1", false },
		{ "-R A", "a", "a.out.test", "a.in.test a.out.test", "192.0.2.1", false },
		{ "-R A", "a", "a", "a.in.test a.out.test a", "192.0.2.1", false },
		{ "-R A", "a.test.", "a.test.in.test", "a.test", NULL, false },
		{ "-R A -B bl.test.", "a", "none", "a.bl.test", NULL, false },
		{ "-R A -B bl.test", "a", "none", "a.bl.test a.bl.test.in.test a.bl.test.out.test", NULL, false },
	};

	(void)state;
	dns_set_asker(test_asker, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena		*a = arena_new(ARENA_DEFAULT);
		struct map_env		 env = { .search = search, .nsearch = 2, .short_ipv6 = cases[i].compressed };
		struct map_call		 call = { .scratch = a };
		struct err		 e = ERR_INIT;
		struct map		*m = map_new(a, &env, 0, STR("d"), STR("dns"), str_c(cases[i].args), "test", &e);
		struct buf		 value;

		assert_non_null(m);
		buf_init(&value, 1000);
		buf_init(&test_asked, 1000);
		test_known = cases[i].known;
		test_else = DNS_NXDOMAIN;
		assert_int_equal(map_lookup(m, &call, str_c(cases[i].key), NULL, 0, &value, &e), cases[i].want == NULL ? MAPR_NONE : MAPR_FOUND);
		assert_string_equal(buf_c(&test_asked), cases[i].asked);
		if (cases[i].want != NULL)
			assert_string_equal(buf_c(&value), cases[i].want);
		else {				/* one server in trouble: nobody can tell */
			test_else = DNS_TEMP;
			assert_int_equal(map_lookup(m, &call, str_c(cases[i].key), NULL, 0, &value, &e), MAPR_TEMP);
		}
		map_close(m);
		buf_done(&test_asked);
		buf_done(&value);
		arena_free(&a);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = { cmocka_unit_test(test_dns) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
