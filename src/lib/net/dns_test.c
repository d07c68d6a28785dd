/*
 * dns_test - packets are decoded or refused; MX order, canonical names, answers over channels; and both backends against a real name server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "net/dns_int.h"
#include "os/fd.h"
#include "proc/child.h"
#include "proc/loop.h"
#include "proc/msg.h"

static struct arena	*a;
static int		 server_port;
static int		 server_hold;	/* the server ends with its standard output's reader: us */

static const char zone[] =
    "example.com. MX 20 b.example.com.\n"
    "example.com. MX 10 a.example.com.\n"
    "example.com. MX 20 c.example.com.\n"
    "example.com. TXT \"v=spf1 \" \"-all\"\n"
    "a.example.com. A 192.0.2.1\n"
    "a.example.com. AAAA 2001:db8::1\n"
    "b.example.com. A 192.0.2.2\n"
    "c.example.com. A 192.0.2.3\n"
    "alias.example.com. CNAME alias2.example.com.\n"
    "alias2.example.com. CNAME a.example.com.\n"
    "null.example.com. MX 0 .\n"
    "only-a.example.com. A 192.0.2.4\n"
    "in.test. A 192.0.2.9\n"
    "_smtp._tcp.example.com. SRV 1 2 2525 a.example.com.\n"
    "_25._tcp.a.example.com. TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
    "1.2.0.192.in-addr.arpa. PTR a.example.com.\n"
    "2.2.0.192.in-addr.arpa. PTR a.example.com.\n";

/* ---- packets ---- */

/* header: an answer to one question, with `n` answers; "ex.com" MX */
#define HEAD(n)		"\0\1\x81\x80\0\1\0" n "\0\0\0\0"
#define QUESTION	"\2ex\3com\0\0\x0f\0\1"

static void
packets(void **state)
{
	static const char good[] = HEAD("\1") QUESTION "\xc0\x0c\0\x0f\0\1\0\0\0\5\0\7\0\5\2mx\xc0\x0c";
	static const struct { const char *p; size_t n; } bad[] = {
#define BAD(x)	{ x, sizeof(x) - 1 }
		BAD(""), BAD("\0\1\x81"),
		BAD("\0\1\1\0\0\1\0\0\0\0\0\0" QUESTION),			/* a question, not an answer */
		BAD(HEAD("\1") QUESTION "\xc0\x17\0\x0f\0\1\0\0\0\5\0\2\0\5"),	/* a pointer that goes forward */
		BAD(HEAD("\1") QUESTION "\xc0\x18\0\x0f\0\1\0\0\0\5\0\7\0\5\2mx\xc0\x18"),	/* to itself */
		BAD(HEAD("\1") QUESTION "\xc0\x0c\0\x0f\0\1\0\0\0\5\0\xff\0\5\2mx\xc0\x0c"),	/* longer than the packet */
		BAD(HEAD("\1") QUESTION "\xc0\x0c\0\x0f\0\1\0\0\0\5\0\x08\0\5\2mx\xc0\x0c" "x"), /* data left over */
		BAD(HEAD("\1") QUESTION "\xc0\x0c\0\1\0\1\0\0\0\5\0\5\1\2\3\4\5"),	/* an A of five octets */
		BAD(HEAD("\1") QUESTION "\x80"), BAD(HEAD("\1") "\77ex"),
		BAD(HEAD("\1") QUESTION "\xc0\x0c\0\x10\0\1\0\0\0\5\0\2\5a"),	/* a TXT string past its record */
	};
	struct dns_answer ans;

	(void)state;
	assert_int_equal(dns_msg_parse(str_mem(good, sizeof good - 1), STR("EX.com"), DNS_MX, a, &ans), 0);
	assert_int_equal(ans.rc, DNS_OK);
	assert_int_equal(ans.nrr, 1);
	assert_int_equal(ans.rr[0].pref, 5);
	assert_true(str_eq(ans.rr[0].data, STR("mx.ex.com")));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *copy = malloc(bad[i].n + 1);

		memcpy(copy, bad[i].p, bad[i].n);
		assert_int_equal(dns_msg_parse(str_mem(copy, bad[i].n), STR("ex.com"), DNS_MX, a, &ans), -1);
		free(copy);
	}
	for (size_t n = 0; n < sizeof good - 1; n++) {
		char *copy = malloc(n + 1);

		memcpy(copy, good, n);
		assert_int_equal(dns_msg_parse(str_mem(copy, n), STR("ex.com"), DNS_MX, a, &ans), -1);
		free(copy);
	}
}

static void
names(void **state)
{
	char long_label[70], long_name[300];

	(void)state;
	memset(long_label, 'a', 64);
	long_label[64] = '\0';
	memset(long_name, 'a', sizeof long_name);
	for (size_t i = 50; i < sizeof long_name; i += 50)
		long_name[i] = '.';
	assert_true(dns_name_ok(STR("example.com")));
	assert_true(dns_name_ok(STR("_25._tcp.a")));
	assert_true(dns_name_ok(str_mem(long_name, 253)));
	assert_false(dns_name_ok(str_mem(long_name, 254)));
	assert_false(dns_name_ok(str_c(long_label)));
	assert_false(dns_name_ok(STR("")));
	assert_false(dns_name_ok(STR(".")));
	assert_false(dns_name_ok(STR("a..b")));
	assert_false(dns_name_ok(STR("a b")));
	assert_false(dns_name_ok(STR("a.")));
	assert_false(dns_name_ok(STR("a\\b")));
}

static void
search(void **state)
{
	const char	**list;
	size_t		  n;

	(void)state;
	dns_search_list(STR("nameserver 127.0.0.1\n# search no\ndomain one.example\nsearch a.example b.example. # x\n"), a, &list, &n);
	assert_int_equal(n, 2);
	assert_string_equal(list[0], "a.example");
	assert_string_equal(list[1], "b.example");
}

/* ---- a real server ---- */

static int
serve(void **state)
{
	char	*argv[] = { (char *)(uintptr_t)"python3", NULL, (char *)(uintptr_t)"-s", (char *)(uintptr_t)"30", NULL };
	char	*envp[] = { (char *)(uintptr_t)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	struct child_spec c = { .path = "/usr/bin/env", .argv = argv, .envp = envp, .err = 2 };
	const char *top = getenv("ANGARIUM_TOP");
	char	path[1024], line[20] = "";
	int	in[2], out[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	a = arena_new(ARENA_DEFAULT);
	(void)snprintf(path, sizeof path, "%s/test/lib/dns.py", top != NULL ? top : "../../..");
	argv[1] = path;
	char *full[] = { (char *)(uintptr_t)"env", argv[0], argv[1], argv[2], argv[3], NULL };
	c.argv = full;
	assert_int_equal(os_pipe(in), 0);
	assert_int_equal(os_pipe(out), 0);
	c.in = in[0];
	c.out = out[1];
	struct err e = ERR_INIT;
	if (child_start(&c, &e) == -1)
		fail_msg("%s", e.text);
	close(in[0]);
	close(out[1]);
	assert_int_equal(os_write_all(in[1], str_c(zone)), 0);
	close(in[1]);
	for (size_t n = 0; n < sizeof line - 1 && read(out[0], line + n, 1) == 1 && line[n] != '\n'; n++)
		;
	server_hold = out[0];
	assert_int_equal(num_int(str_trim(str_c(line)), 1, 65535, &server_port), 0);
	return 0;
}

static void
ask_all(void)
{
	struct dns_answer	 ans;
	struct dns_mx		*mx;
	struct ip		*ip, addr;
	enum dns_rc		 rc;
	size_t			 n;
	bool			 implicit, matches;
	struct str		 name;
	const char *const	 list[] = { "example.com" };
	struct err		 e = ERR_INIT;

	assert_int_equal(dns_mx(STR("Example.COM"), 1, a, &rc, &mx, &n, &implicit, &e), 0);
	assert_int_equal(rc, DNS_OK);
	assert_int_equal(n, 3);
	assert_false(implicit);
	assert_true(str_eq(mx[0].host, STR("a.example.com")));
	assert_int_equal(dns_mx(STR("only-a.example.com"), 1, a, &rc, &mx, &n, &implicit, &e), 0);
	assert_true(rc == DNS_OK && n == 1 && implicit);
	assert_int_equal(dns_mx(STR("null.example.com"), 1, a, &rc, &mx, &n, &implicit, &e), 0);
	assert_true(rc == DNS_OK && n == 0 && !implicit);
	assert_int_equal(dns_mx(STR("nowhere.example.com"), 1, a, &rc, &mx, &n, &implicit, &e), 0);
	assert_int_equal(rc, DNS_NXDOMAIN);
	assert_int_equal(dns_addrs(STR("a.example.com"), true, true, a, &rc, &ip, &n, &e), 0);
	assert_true(rc == DNS_OK && n == 2);
	assert_int_equal(dns_addrs(STR("alias.example.com"), true, false, a, &rc, &ip, &n, &e), 0);
	assert_true(rc == DNS_OK && n == 1 && ip[0].a[3] == 1);
	assert_int_equal(dns_ask(STR("alias.example.com"), DNS_A, a, &ans, &e), 0);
	assert_true(str_eq(ans.canon, STR("a.example.com")));
	assert_int_equal(dns_ask(STR("in.test"), DNS_A, a, &ans, &e), 0);
	assert_int_equal(ans.rc, DNS_OK);
	assert_int_equal(dns_ask(STR("example.com"), DNS_TXT, a, &ans, &e), 0);
	assert_true(ans.nrr == 1 && str_eq(ans.rr[0].data, STR("v=spf1 -all")));
	assert_int_equal(dns_ask(STR("_smtp._tcp.example.com"), DNS_SRV, a, &ans, &e), 0);
	assert_true(ans.nrr == 1 && ans.rr[0].pref == 1 && ans.rr[0].weight == 2 && ans.rr[0].port == 2525);
	assert_int_equal(dns_ask(STR("_25._tcp.a.example.com"), DNS_TLSA, a, &ans, &e), 0);
	assert_true(ans.nrr == 1 && ans.rr[0].data.n == 35 && ans.rr[0].data.p[0] == 3);
	assert_int_equal(dns_ask(STR("a.example.com"), DNS_TXT, a, &ans, &e), 0);
	assert_int_equal(ans.rc, DNS_NODATA);
	assert_int_equal(dns_ask(STR("not a name"), DNS_A, a, &ans, &e), 0);
	assert_int_equal(ans.rc, DNS_NXDOMAIN);
	/* reverse: one that leads back, one that does not, one from the hosts file */
	assert_int_equal(ip_parse(STR("192.0.2.1"), &addr), 0);
	assert_int_equal(dns_reverse(&addr, a, &rc, &name, &matches, &e), 0);
	assert_true(rc == DNS_OK && matches && str_eq(name, STR("a.example.com")));
	assert_int_equal(ip_parse(STR("192.0.2.2"), &addr), 0);
	assert_int_equal(dns_reverse(&addr, a, &rc, &name, &matches, &e), 0);
	assert_true(rc == DNS_OK && !matches);
	assert_int_equal(ip_parse(STR("198.51.100.7"), &addr), 0);
	assert_int_equal(dns_reverse(&addr, a, &rc, &name, &matches, &e), 0);
	assert_true(rc == DNS_OK && matches && str_eq(name, STR("host.here")));
	/* the hosts file alone: no MX is not "no such domain" */
	assert_int_equal(dns_mx(STR("other"), 1, a, &rc, &mx, &n, &implicit, &e), 0);
	assert_true(rc == DNS_OK && implicit);
	/* canonical names */
	assert_int_equal(dns_canon(STR("a"), list, 1, true, a, &rc, &name, &e), 0);
	assert_true(rc == DNS_OK && str_eq(name, STR("a.example.com")));
	assert_int_equal(dns_canon(STR("alias.example.com"), list, 1, true, a, &rc, &name, &e), 0);
	assert_true(rc == DNS_OK && str_eq(name, STR("a.example.com")));
	assert_int_equal(dns_canon(STR("alias.example.com"), list, 1, false, a, &rc, &name, &e), 0);
	assert_true(str_eq(name, STR("alias.example.com")));
	assert_int_equal(dns_canon(STR("nope"), list, 1, true, a, &rc, &name, &e), 0);
	assert_int_equal(rc, DNS_NXDOMAIN);
	assert_int_equal(dns_canon(STR("a."), list, 1, true, a, &rc, &name, &e), 0);
	assert_int_equal(rc, DNS_NXDOMAIN);
}

static struct dns_conf
conf(void)
{
	struct dns_conf c = { .server = "127.0.0.1", .port = server_port, .timeout_ms = 30000,
		.hosts = STR_INIT("127.0.0.1 localhost\n198.51.100.7\thost.here other # comment\nbad line\n::1 localhost\n") };

	return c;
}

static void
with_unbound(void **state)
{
	struct dns_conf		 c = conf();
	struct err		 e = ERR_INIT;
	struct dns_engine	*d;

	(void)state;
	if ((d = dns_engine_open(&c, NULL, &e)) == NULL)
		fail_msg("%s", e.text);
	if (strcmp(dns_engine_name(d), "dns_unbound") != 0)
		print_message("without libunbound: dns_resolv is tried twice\n");
	dns_engine_close(&d);
	assert_int_equal(dns_backend(&c, &e), 0);
	ask_all();
}

struct resolv {
	struct dns_hosts	*hosts;
	void			*ctx;
};

static struct dns_answer *resolv_out;
static struct str	  resolv_name;
static enum dns_type	  resolv_type;
static bool		  resolv_known;

static void
resolv_done(void *arg, const void *p, size_t n, bool secure)
{
	(void)arg;
	(void)secure;
	if (p == NULL || dns_msg_parse(str_mem(p, n), resolv_name, resolv_type, a, resolv_out) == -1)
		dns_answer_temp(resolv_out);
	if (resolv_out->rc == DNS_NXDOMAIN && resolv_known)
		resolv_out->rc = DNS_NODATA;
}

static int
resolv_asker(void *arg, struct str name, enum dns_type type, struct arena *m, struct dns_answer *out, struct err *e)
{
	struct resolv	*r = arg;
	char		 text[DNS_NAME_MAX + 2];

	if (!dns_name_ok(name)) {
		memset(out, 0, sizeof *out);
		out->rc = DNS_NXDOMAIN;
		return 0;
	}
	if (dns_hosts_ask(r->hosts, name, type, m, out, &resolv_known))
		return 0;
	resolv_out = out;
	resolv_name = name;
	resolv_type = type;
	assert_int_equal(str_copy(text, sizeof text, name), 0);
	return dns_resolv_ops.ask(r->ctx, text, (int)type, resolv_done, NULL, e);
}

static void
with_resolv(void **state)
{
	struct dns_conf	c = conf();
	struct err	e = ERR_INIT;
	struct resolv	r;

	(void)state;
	r.hosts = dns_hosts_new(c.hosts);
	assert_non_null(r.hosts);
	r.ctx = dns_resolv_ops.open(&c, NULL, &e);
	assert_non_null(r.ctx);
	dns_set_asker(resolv_asker, &r);
	ask_all();
	dns_resolv_ops.close(r.ctx);
	dns_hosts_free(&r.hosts);
}

/* ---- on a loop ---- */

struct waiting {
	struct loop	*loop;
	int		 open, ok, temp;
};

static void
came(void *arg, const struct dns_answer *ans)
{
	struct waiting		*w = arg;
	struct dns_answer	 copy;
	struct buf		 b;
	struct msg_in		 in;

	/* over a channel it is the same */
	buf_init(&b, 0);
	dns_answer_put(&b, ans);
	in = msg_in(buf_str(&b));
	assert_int_equal(dns_answer_get(&in, a, &copy), 0);
	assert_true(msg_end(&in));
	assert_int_equal(copy.rc, ans->rc);
	assert_int_equal(copy.nrr, ans->nrr);
	for (size_t i = 0; i < copy.nrr; i++)
		assert_true(str_eq(copy.rr[i].data, ans->rr[i].data) && ip_eq(&copy.rr[i].ip, &ans->rr[i].ip));
	for (size_t n = 0; n < b.n; n++) {
		in = msg_in(str_first(buf_str(&b), n));
		assert_true(dns_answer_get(&in, a, &copy) == -1 || !msg_end(&in) || n == b.n);
	}
	buf_done(&b);
	if (ans->rc == DNS_OK)
		w->ok++;
	if (ans->rc == DNS_TEMP)
		w->temp++;
	if (--w->open == 0)
		loop_stop(w->loop);
}

static void
on_loop(void **state)
{
	struct dns_conf		 c = conf();
	struct waiting		 w = { .loop = loop_new() };
	struct err		 e = ERR_INIT;
	struct dns_engine	*d;

	(void)state;
	d = dns_engine_open(&c, w.loop, &e);
	assert_non_null(d);
	if (dns_engine_blocks(d)) {
		dns_engine_close(&d);
		loop_free(&w.loop);
		print_message("without libunbound nothing runs on a loop\n");
		return;
	}
	w.open = 4;
	assert_int_equal(dns_engine_start(d, STR("example.com"), DNS_MX, came, &w, &e), 0);
	assert_int_equal(dns_engine_start(d, STR("a.example.com"), DNS_AAAA, came, &w, &e), 0);
	assert_int_equal(dns_engine_start(d, STR("other"), DNS_A, came, &w, &e), 0);
	assert_int_equal(dns_engine_start(d, STR("not a name"), DNS_A, came, &w, &e), 0);
	assert_int_equal(loop_run(w.loop), 0);
	assert_int_equal(w.ok, 3);
	dns_engine_close(&d);
	/* a server that is silent: the time limit counts */
	c.port = 1;
	c.server = "127.0.0.1";
	c.timeout_ms = 200;
	w.open = 1;
	d = dns_engine_open(&c, w.loop, &e);
	assert_non_null(d);
	assert_int_equal(dns_engine_start(d, STR("example.com"), DNS_MX, came, &w, &e), 0);
	if (w.open > 0)
		assert_int_equal(loop_run(w.loop), 0);
	assert_int_equal(w.temp, 1);
	dns_engine_close(&d);
	loop_free(&w.loop);
}

static int
unserve(void **state)
{
	(void)state;
	close(server_hold);
	arena_free(&a);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets), cmocka_unit_test(names), cmocka_unit_test(search), cmocka_unit_test(with_unbound),
		cmocka_unit_test(with_resolv), cmocka_unit_test(on_loop)
	};

	return cmocka_run_group_tests(tests, serve, unserve);
}
