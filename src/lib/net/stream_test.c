/*
 * stream_test - lines, limits, timeouts, in clear and under TLS; nothing crosses the handshake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/stream.h"
#include "net/tls.h"
#include "os/fd.h"
#include "proc/child.h"

static char dir[] = "/tmp/stream_test.XXXXXX";

static void
lines(void **state)
{
	struct stream	*s;
	struct str	 l;
	int		 p[2];
	char		 b[4];

	(void)state;
	assert_int_equal(os_socketpair(p), 0);
	s = stream_new(p[0], p[0]);
	stream_timeout(s, 50);
	assert_int_equal(write(p[1], "one\r\ntwo\nthree", 14), 14);
	assert_int_equal(stream_line(s, 100, &l), STREAM_OK);
	assert_true(str_eq(l, STR("one\r\n")));
	assert_true(str_eq(stream_peek(s), STR("two\nthree")));
	assert_int_equal(stream_line(s, 100, &l), STREAM_OK);
	assert_true(str_eq(l, STR("two\n")));
	assert_int_equal(stream_line(s, 100, &l), STREAM_TIMEOUT);
	assert_int_equal(write(p[1], "\r\n0123456789\r\nabcdef", 20), 20);
	assert_int_equal(stream_line(s, 100, &l), STREAM_OK);
	assert_true(str_eq(l, STR("three\r\n")));
	assert_int_equal(stream_line(s, 8, &l), STREAM_LONG);	/* what follows is the rest */
	assert_true(str_eq(l, STR("01234567")));
	assert_int_equal(stream_line(s, 8, &l), STREAM_OK);
	assert_true(str_eq(l, STR("89\r\n")));
	assert_int_equal(stream_read(s, b, 4), STREAM_OK);
	assert_memory_equal(b, "abcd", 4);
	assert_int_equal(stream_unread(s, STR("XY")), 0);
	assert_true(stream_pending(s));
	assert_int_equal(stream_some(s, 3, &l), STREAM_OK);
	assert_true(str_eq(l, STR("XYe")));
	stream_drop_input(s);
	assert_false(stream_pending(s));
	close(p[1]);
	assert_int_equal(stream_line(s, 8, &l), STREAM_EOF);
	stream_free(&s);
}

/* A line whose end stands exactly at the limit is a line. */
static void
limit(void **state)
{
	struct stream	*s;
	struct str	 l;
	int		 p[2];

	(void)state;
	assert_int_equal(os_socketpair(p), 0);
	s = stream_new(p[0], p[0]);
	stream_timeout(s, 50);
	assert_int_equal(write(p[1], "1234567\n8", 9), 9);
	assert_int_equal(stream_line(s, 8, &l), STREAM_OK);
	assert_int_equal(l.n, 8);
	stream_free(&s);
	close(p[1]);
}

/* A peer that does not read: the write ends with the timeout, not never; further ones fail at once. */
static void
writes(void **state)
{
	struct stream	*s;
	char		*big = calloc(1, (size_t)8 << 20);
	int		 p[2];

	(void)state;
	assert_int_equal(os_socketpair(p), 0);
	s = stream_new(p[0], p[0]);
	stream_timeout(s, 50);
	assert_int_equal(stream_printf(s, "%s %d\r\n", "220", 5), 0);
	assert_int_equal(stream_flush(s), 0);
	assert_int_equal(stream_write(s, str_mem(big, (size_t)8 << 20)), -1);
	assert_int_equal(stream_write(s, STR("x")), -1);
	assert_int_equal(stream_err(s)->class, ERR_TEMP);
	stream_free(&s);
	close(p[1]);
	free(big);
}

static void
connects(void **state)
{
	struct ip	ip, got;
	struct err	e = ERR_INIT;
	int		l, c, a;
	char		path[64];

	(void)state;
	assert_int_equal(ip_parse(STR("127.0.0.1"), &ip), 0);
	ip.port = 0;
	assert_int_not_equal(l = net_listen(&ip, 0, &e), -1);
	assert_int_equal(net_local(l, &ip), 0);
	assert_int_not_equal(c = net_connect(&ip, NULL, 1000, &e), -1);
	a = accept(l, NULL, NULL);
	assert_int_not_equal(a, -1);
	assert_int_equal(net_peer(c, &got), 0);
	assert_true(ip_eq(&ip, &got) && ip.port == got.port);
	close(a);
	close(c);
	close(l);
	assert_int_equal(net_connect(&ip, NULL, 1000, &e), -1);
	assert_int_equal(e.sys, ECONNREFUSED);
	(void)snprintf(path, sizeof path, "%s/sock", dir);
	assert_int_not_equal(l = net_listen_unix(path, 0600, &e), -1);
	assert_int_not_equal(c = net_connect_unix(path, 1000, &e), -1);
	close(c);
	close(l);
	assert_int_equal(net_connect_unix(path, 1000, &e), -1);
	assert_int_not_equal(l = net_listen_unix(path, 0600, &e), -1);	/* a dead socket's place is taken */
	close(l);
	unlink(path);
}

/* ---- TLS ---- */

static void
make_cert(void)
{
	char	script[600];
	char	*argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c", script, NULL };
	char	*envp[] = { (char *)(uintptr_t)"PATH=/usr/local/bin:/usr/bin:/bin", NULL };
	struct child_spec c = { .path = "/bin/sh", .argv = argv, .envp = envp, .in = -1, .out = -1, .err = -1 };
	int	status;

	(void)snprintf(script, sizeof script,
	    "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
	    "-subj '/O=Test (1)/CN=mail.example.com' -keyout key.pem -out cert.pem", dir);
	struct buf out;
	buf_init(&out, 10000);
	assert_int_equal(child_run(&c, STR(""), &out, 60000, &status, NULL), 0);
	assert_int_equal(status, 0);
	buf_done(&out);
}

static const char *
file(const char *name)
{
	static char	path[4][80];
	static unsigned	i;

	(void)snprintf(path[++i % 4], sizeof path[0], "%s/%s", dir, name);
	return path[i % 4];
}

static void
tls_server(int fd)
{
	struct tls_conf	 c = { .cert_file = file("cert.pem"), .key_file = file("key.pem") };
	struct err	 e = ERR_INIT;
	struct tls_ctx	*ctx = tls_server_new(&c, &e);
	struct stream	*s = stream_new(fd, fd);
	struct str	 l;

	stream_timeout(s, 60000);
	if (ctx == NULL) {
		(void)fprintf(stderr, "%s\n", e.text);
		_exit(2);
	}
	/* the plain command and what was sent behind it, which must be forgotten */
	if (stream_line(s, 100, &l) != STREAM_OK || !str_eq(l, STR("STARTTLS\r\n")))
		_exit(3);
	if (!str_eq(stream_peek(s), STR("INJECTED\r\n")))
		_exit(4);
	stream_printf(s, "220 go\r\n");
	stream_flush(s);
	if (tls_accept(ctx, s, 60000, &e) == -1) {
		(void)fprintf(stderr, "%s\n", e.text);
		_exit(5);
	}
	while (stream_line(s, 1000, &l) == STREAM_OK) {
		if (str_starts(l, STR("INJECTED")))
			_exit(6);
		stream_write(s, l);
		if (!stream_pending(s))
			stream_flush(s);
	}
	stream_free(&s);
	tls_ctx_free(&ctx);
	_exit(0);
}

static void
tls(void **state)
{
	struct tls_conf	 c = { .ca_file = NULL };
	struct err	 e = ERR_INIT;
	struct tls_ctx	*ctx;
	struct tls_info	 info;
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct stream	*s;
	struct str	 l;
	int		 p[2], status;
	pid_t		 pid;

	(void)state;
	make_cert();
	assert_int_equal(os_socketpair(p), 0);
	if ((pid = fork()) == 0) {
		close(p[0]);
		tls_server(p[1]);
	}
	close(p[1]);
	c.ca_file = file("cert.pem");
	ctx = tls_client_new(&c, &e);
	assert_non_null(ctx);
	s = stream_new(p[0], p[0]);
	stream_timeout(s, 60000);
	stream_printf(s, "STARTTLS\r\nINJECTED\r\n");
	assert_int_equal(stream_flush(s), 0);
	assert_int_equal(stream_line(s, 100, &l), STREAM_OK);
	assert_int_equal(tls_info(s, a, &info), -1);
	assert_false(tls_is_on(s));
	if (tls_connect(ctx, s, "mail.example.com", 60000, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(tls_info(s, a, &info), 0);
	assert_true(tls_is_on(s));
	assert_true(str_eq(info.version, STR("TLSv1.3")));
	assert_true(str_eq(info.verify, STR("OK")));
	assert_true(str_eq(info.cn_subject, STR("mail.example.com")));
	assert_true(str_eq(info.cert_subject, STR("/O=Test+20+281+29/CN=mail.example.com")));
	assert_true(info.bits >= 128);
	for (int i = 0; i < 2000; i++)
		stream_printf(s, "line %d of many, all in one go\r\n", i);
	assert_int_equal(stream_flush(s), 0);
	for (int i = 0; i < 2000; i++) {
		char want[80];

		(void)snprintf(want, sizeof want, "line %d of many, all in one go\r\n", i);
		assert_int_equal(stream_line(s, 1000, &l), STREAM_OK);
		assert_true(str_eq_c(l, want));
	}
	stream_timeout(s, 50);
	assert_int_equal(stream_line(s, 1000, &l), STREAM_TIMEOUT);
	stream_free(&s);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	tls_ctx_free(&ctx);
	arena_free(&a);
}

static void
tls_told(void *arg, const char *why)
{
	(void)str_copy(arg, 200, str_first(str_c(why), 199));
}

static void
tls_bad(void **state)
{
	char		told[200] = "";
	struct tls_conf	c = { .cert_file = file("nothing.pem") };
	struct err	e = ERR_INIT;
	struct tls_ctx	*ctx;
	struct stream	*s;
	int		p[2];

	(void)state;
	assert_null(tls_server_new(&c, &e));
	assert_non_null(strstr(e.text, "nothing.pem"));
	c.cert_file = file("cert.pem");
	c.key_file = file("cert.pem");
	assert_null(tls_server_new(&c, &e));
	c.key_file = file("key.pem");
	c.ciphers = "NOSUCHCIPHER";
	c.refused = tls_told;
	c.refused_arg = told;
	assert_non_null(ctx = tls_server_new(&c, &e));
	assert_non_null(strstr(told, "NOSUCHCIPHER"));
	tls_ctx_free(&ctx);
	/* a peer that speaks no TLS, and one that says nothing */
	c.ciphers = NULL;
	assert_non_null(ctx = tls_server_new(&c, &e));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(os_socketpair(p), 0);
		s = stream_new(p[0], p[0]);
		if (i == 0)
			assert_int_equal(write(p[1], "EHLO x\r\n\r\n\r\n", 12), 12);
		assert_int_equal(tls_accept(ctx, s, 100, &e), -1);
		assert_non_null(strstr(e.text, "handshake"));
		stream_free(&s);
		close(p[1]);
	}
	tls_ctx_free(&ctx);
}

static int
setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return mkdtemp(dir) == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(file("key.pem"));
	(void)unlink(file("cert.pem"));
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines), cmocka_unit_test(limit), cmocka_unit_test(writes), cmocka_unit_test(connects),
		cmocka_unit_test(tls), cmocka_unit_test(tls_bad)
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
