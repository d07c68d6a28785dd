/*
 * hostst_test - names, texts and files of host status.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "queue/hostst.h"

static void
test_names(void **state)
{
	static const struct {
		const char *host, *path;
	} t[] = {
		{ "host.example.com", "com./example./host" }, { "Host.Example.COM.", "com./example./host" },
		{ "[192.0.2.1]", "1./2./0./192" }, { "[IPv6:2001:db8::1]", "ipv6:2001:db8::1" }, { "localhost", "localhost" },
	};
	static const char *const bad[] = { "", ".", "..", "a..b", "../x", "a/b", "a.b/../c", ".a", "[", "[]", "a b", "x\n", "a\1b" };
	char	dst[HOSTST_PATH], back[HOSTST_PATH], deep[200];

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(hostst_path(str_c(t[i].host), dst), 0);
		assert_string_equal(dst, t[i].path);
	}
	assert_int_equal(hostst_name(str_c("com./example./host"), back), 0);
	assert_string_equal(back, "host.example.com");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(hostst_path(str_c(bad[i]), dst), -1);
	memset(deep, '.', sizeof deep);
	for (size_t i = 0; i < sizeof deep; i += 2)
		deep[i] = 'a';
	assert_int_equal(hostst_path(str_mem(deep, sizeof deep - 1), dst), -1);
}

static void
test_text(void **state)
{
	static const char real[] = "V0\nE0\nH0\nS0\nD2.0.0\nR250 2.0.0 fine\nU1795326984\n.\n";	/* as sendmail 8.17 wrote it */
	struct hostst	h;
	struct buf	b;

	(void)state;
	assert_int_equal(hostst_parse(STR(real), &h), 0);
	assert_int_equal(h.used, 1795326984);
	assert_string_equal(h.status, "2.0.0");
	buf_init(&b, 0);
	hostst_print(&h, &b);
	assert_string_equal(buf_c(&b), real);
	buf_done(&b);
	assert_int_equal(hostst_parse(STR("junk\n"), &h), -1);
	assert_int_equal(hostst_parse(STR("V1\nE0\n.\n"), &h), -1);
	assert_int_equal(hostst_parse(STR(""), &h), -1);
	assert_int_equal(hostst_parse(STR("V0\nS99999999999\n.\n"), &h), -1);
	assert_int_equal(hostst_parse(STR("V0\nS75\nRa\tb\n"), &h), 0);
	assert_int_equal(h.ex, 75);
	assert_string_equal(h.text, "a b");
}

struct seen {
	int	n, locked, bad;
};

static void
see(void *arg, const char *host, const struct hostst *h, bool ok, bool locked)
{
	struct seen *s = arg;

	(void)h;
	if (!ok)
		s->bad++;
	else
		assert_string_equal(host, "mx.example.com");
	s->n++;
	s->locked += locked;
}

static void
test_files(void **state)
{
	char			tmp[] = "/tmp/hostst.XXXXXX";
	struct hostst		h = { .ex = 75, .status = "4.4.1", .text = "Deferred", .used = 5 }, got;
	struct seen		seen = { 0 };
	struct err		e = ERR_INIT;
	struct timespec		old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	int			dir, lock, other;

	(void)state;
	assert_non_null(mkdtemp(tmp));
	assert_true((dir = open(tmp, O_RDONLY | O_DIRECTORY)) != -1);
	assert_int_equal(hostst_load(dir, STR("mx.example.com"), &got), 0);
	assert_int_equal(hostst_store(dir, STR("mx.example.com"), &h, &e), 0);
	assert_int_equal(hostst_load(dir, STR("MX.example.com."), &got), 1);
	assert_string_equal(got.text, "Deferred");
	assert_int_equal(hostst_lock(dir, STR("mx.example.com"), &lock, &e), 0);
	assert_int_equal(hostst_lock(dir, STR("mx.example.com"), &other, &e), 1);
	assert_int_equal(hostst_walk(dir, see, &seen, &e), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.locked, 1);
	close(lock);
	assert_int_equal(hostst_store(dir, STR("../x"), &h, &e), -1);
	assert_int_equal(hostst_purge(dir, 100, &e), 0);
	assert_int_equal(hostst_load(dir, STR("mx.example.com"), &got), 1);
	assert_int_equal(utimensat(dir, "com./example./mx", old, 0), 0);
	assert_int_equal(hostst_purge(dir, 100, &e), 0);
	assert_int_equal(hostst_load(dir, STR("mx.example.com"), &got), 0);
	assert_int_equal(faccessat(dir, "com.", F_OK, 0), -1);
	close(dir);
	assert_int_equal(rmdir(tmp), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_text), cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
