/*
 * mx_test - lists of hosts, against a name server that is a table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mx.h"
#include "net/dns.h"

static const struct {
	const char	*name;
	enum dns_type	 type;
	enum dns_rc	 rc;
	uint16_t	 pref;
	const char	*data;
} zone[] = {
	{ "two.test",	DNS_MX,	DNS_OK,	20, "b.two.test" },
	{ "two.test",	DNS_MX,	DNS_OK,	10, "a.two.test" },
	{ "null.test",	DNS_MX,	DNS_OK,	0,  "" },
	{ "us.test",	DNS_MX,	DNS_OK,	10, "a.two.test" },
	{ "us.test",	DNS_MX,	DNS_OK,	20, "me.test" },
	{ "us.test",	DNS_MX,	DNS_OK,	20, "c.two.test" },
	{ "us.test",	DNS_MX,	DNS_OK,	30, "b.two.test" },
	{ "loop.test",	DNS_MX,	DNS_OK,	10, "me.test" },
	{ "later.test",	DNS_MX,	DNS_TEMP, 0, "" },
	{ "plain.test",	DNS_MX,	DNS_NODATA, 0, "" },
	{ "plain.test",	DNS_A,	DNS_OK,	0,  "192.0.2.1" },
};

static int
test_dns(void *arg, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out, struct err *e)
{
	(void)arg;
	(void)e;
	memset(out, 0, sizeof *out);
	out->rc = DNS_NXDOMAIN;
	out->canon = name;
	out->rr = ARENA_ARRAY(a, struct dns_rr, 10);
	for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
		if (!str_eq_c(name, zone[i].name))
			continue;
		if (out->rc == DNS_NXDOMAIN)
			out->rc = DNS_NODATA;
		if (zone[i].type != type)
			continue;
		out->rc = zone[i].rc;
		if (out->rc != DNS_OK)
			continue;
		out->rr[out->nrr] = (struct dns_rr){ .type = (uint16_t)type,
			.pref = zone[i].pref,
			.name = name,
			.data = str_c(zone[i].data) };
		(void)ip_parse(str_c(zone[i].data), &out->rr[out->nrr].ip);
		out->nrr++;
	}
	return 0;
}

static bool
test_is_me(void *arg, struct str name)
{
	(void)arg;
	return str_caseeq_c(name, "me.test");
}

static const struct {
	const char	*hosts;
	bool		 no_mx;
	const char	*fallback, *smart;
	const char	*want;		/* names with blanks between, or "!" and the status */
} cases[] = {
	{ "two.test",			false, "", "",	"a.two.test b.two.test" },
	{ "two.test.",			false, "", "",	"a.two.test b.two.test" },
	{ "two.test",			true,  "", "",	"two.test" },
	{ "[two.test]",			false, "", "",	"two.test" },
	{ "[192.0.2.9]",		false, "", "",	"[192.0.2.9]" },
	{ "[IPv6:2001:db8::1]",		false, "", "",	"[IPv6:2001:db8::1]" },
	{ "[x.test]:two.test:[a.two.test]", false, "", "", "x.test a.two.test b.two.test" },
	{ "[x.test],[x.test]",		false, "", "",	"x.test" },
	{ "two.test,none.test",		false, "", "",	"a.two.test b.two.test" },
	{ "none.test,later.test",	false, "", "",	"!4.4.3" },
	{ "[IPv6:2001:db8::1],none.test", false, "", "", "[IPv6:2001:db8::1]" },
	{ "plain.test:two.test,",	false, "", "",	"plain.test a.two.test b.two.test" },
	{ "later.test",			false, "[x.test]", "", "x.test" },
	{ "null.test",			false, "", "",	"!5.1.10" },
	{ "none.test",			false, "", "",	"!5.1.2" },
	{ "later.test",			false, "", "",	"!4.4.3" },
	{ "none.test:later.test",	false, "", "",	"!4.4.3" },
	{ "plain.test",			false, "", "",	"plain.test" },
	{ "us.test",			false, "", "",	"a.two.test" },
	{ "loop.test",			false, "", "",	"!5.3.5" },
	{ "plain.test",			false, "two.test", "",	"plain.test a.two.test b.two.test" },
	{ "none.test",			false, "two.test", "",	"a.two.test b.two.test" },
	{ "us.test",			false, "two.test", "",	"a.two.test" },
	{ "null.test",			false, "two.test", "[x.test]", "!5.1.10" },
	{ "loop.test",			false, "two.test", "[x.test]", "!5.3.5" },
	{ "us.test",			false, "", "two.test",	"a.two.test two.test" },
	{ "plain.test",			false, "[f.test]", "[x.test]", "plain.test f.test x.test" },
	{ "none.test",			false, "", "[two.test]", "two.test" },
	{ "",				false, "", "",	"!5.1.2" },
};

static void
test_lists(void **state)
{
	struct mx_self self = { test_is_me, NULL };

	(void)state;
	dns_set_asker(test_dns, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *a = arena_new(ARENA_DEFAULT);
		struct conf *c = ARENA_NEW(a, struct conf);
		struct mx_host *v;
		struct mx_fail f;
		struct buf got;
		size_t n;

		c->opt.fallback_mx_host = str_c(cases[i].fallback);
		c->opt.fallback_smart_host = str_c(cases[i].smart);
		buf_init(&got, 0);
		if (mx_list(c, str_c(cases[i].hosts), cases[i].no_mx, &self, 7, a, &v, &n, &f) == -1)
			(void)buf_addf(&got, "!%s", f.status);
		else
			for (size_t k = 0; k < n; k++)
				(void)buf_addf(&got, "%s%.*s", k ? " " : "", STR_ARG(v[k].name));
		if (!str_eq_c(buf_str(&got), cases[i].want))
			fail_msg("%s: got %s, not %s", cases[i].hosts, buf_c(&got), cases[i].want);
		buf_done(&got);
		arena_free(&a);
	}
}

/* What commas join is equal, whatever its MX records say; each order is there, and colons still separate. */
static void
test_equals(void **state)
{
	bool seen[6] = { false };
	struct conf *c;
	struct arena *a = arena_new(ARENA_DEFAULT);

	(void)state;
	dns_set_asker(test_dns, NULL);
	c = ARENA_NEW(a, struct conf);
	for (uint64_t seed = 0; seed < 200; seed++) {
		static const char *const orders[] = { "abx", "axb", "xab" };
		char got[8] = "";
		struct mx_host *v;
		struct mx_fail f;
		size_t n, k = 0;

		assert_int_equal(mx_list(c, STR("two.test,[x.test]:[last.test],[l.test]"), false, NULL, seed, a, &v, &n, &f), 0);
		assert_int_equal(n, 5);
		for (size_t i = 0; i < 3; i++)
			got[i] = v[i].name.p[0];
		while (k < 3 && strcmp(got, orders[k]) != 0)
			k++;
		assert_true(k > 0 && k < 3);		/* b is worse than the two */
		seen[k] = true;
		assert_true(v[3].name.p[0] == 'l' && v[4].name.p[0] == 'l');
		seen[3 + (v[3].name.n == 6)] = true;
	}
	assert_true(seen[1] && seen[2] && seen[3] && seen[4]);
	arena_free(&a);
}

static void
test_addresses(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct mx_host h = { .name = STR("plain.test") };
	struct mx_fail f;
	struct ip *v;
	size_t n;

	(void)state;
	dns_set_asker(test_dns, NULL);
	assert_int_equal(mx_addrs(&h, 25, a, &v, &n, &f), 0);
	assert_int_equal(n, 1);
	assert_int_equal(v[0].port, 25);
	h.name = STR("none.test");
	assert_int_equal(mx_addrs(&h, 25, a, &v, &n, &f), -1);
	assert_false(f.temp);
	assert_int_equal(mx_port(STR("smtp")), 25);
	assert_int_equal(mx_port(STR("2525")), 2525);
	assert_int_equal(mx_port(STR("0")), 0);
	assert_int_equal(mx_port(STR("70000")), 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_equals),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
