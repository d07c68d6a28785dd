/*
 * srv_test - whole sessions over a socketpair, with a small configuration and services that live in
 * the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "os/fd.h"
#include "srv.h"
#include "srv_test_cf.h"

/* ---- services ---- */

struct test_world {
	int	 commits;		/* a pipe: what was committed is printed there */
	bool	 full;
};

static enum map_rc
test_alias(void *arg, struct str name, struct buf *value, struct err *e)
{
	(void)arg;
	if (str_caseeq_c(name, "broken"))
		return err_set(e, ERR_TEMP, "damaged"), MAP_TEMP;
	if (!str_caseeq_c(name, "list"))
		return MAP_NOTFOUND;
	(void)buf_addc(value, "joe, \"|/bin/prog\"");
	return MAP_FOUND;
}

static int
test_user(void *arg, struct str name, bool gecos, struct arena *a, struct os_user *u, struct err *e)
{
	(void)arg;
	(void)gecos;
	(void)e;
	memset(u, 0, sizeof *u);
	u->name = arena_str(a, name);
	u->gecos = STR("Joe User,,,");
	return str_eq_c(name, "joe") || str_eq_c(name, "ann");
}

static int
test_df(void *arg, struct str id, struct err *e)
{
	(void)arg;
	(void)id;
	return err_set(e, ERR_TEMP, "no df here");
}

static int
test_commit(void *arg, const struct commit *c, struct err *e)
{
	struct test_world *w = arg;

	if (w->full) {
		errno = ENOSPC;
		return err_sys(e, ERR_TEMP, "write");
	}
	assert_int_equal(os_write_all(w->commits, c->qf), 0);
	assert_int_equal(os_write_all(w->commits, STR("==\n")), 0);
	return os_write_all(w->commits, c->content);
}

/* ---- a session ---- */

struct test_line {
	const char	*say;		/* NULL: only listen */
	const char	*want;		/* the reply begins so; NULL: the connection is closed */
};

static void
test_quiet(void *arg, enum log_prio p, const char *line)
{
	(void)arg;
	(void)p;
	(void)line;
}

static int
test_server(int sock, int commits, const char *more, unsigned flags, bool full)
{
	struct test_world w = { commits, full };
	struct srv_services sv = { .arg = &w,
		.alias = test_alias,
		.user = test_user,
		.df_open = test_df,
		.commit = test_commit };
	struct conf_loader loader = { cf_ask, NULL };
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct err_list errors;
	struct stream *io = stream_new(sock, sock);
	struct park in, out;
	struct conf *conf;
	struct buf text;

	log_set_sink(test_quiet, NULL);
	buf_init(&text, 0);
	(void)buf_addc(&text, cf_text);
	(void)buf_addc(&text, more);
	err_list_init(&errors);
	conf = conf_load_text(buf_str(&text), STR("test.cf"), &loader, &errors);
	if (conf == NULL || errors.nerrors > 0) {
		for (size_t i = 0; i < errors.n; i++)
			fprintf(stderr, "line %u: %.*s\n", errors.v[i].place.line, STR_ARG(errors.v[i].text));
		return 3;
	}
	srv_local_park(&sv, conf, STR("tester"), a, &in);
	(void)srv_run(&sv, conf, io, &in, flags, a, &out);
	stream_free(&io);
	err_list_done(&errors);
	conf_free(&conf);
	buf_done(&text);
	arena_free(&a);
	return 0;
}

/* One whole reply, up to its last line; false at the end of the connection. */
static bool
test_reply(int sock, char *dst, size_t size)
{
	size_t n = 0, line = 0;

	while (n + 1 < size) {
		struct pollfd p = { sock, POLLIN, 0 };

		if (poll(&p, 1, 60000) <= 0 || read(sock, dst + n, 1) != 1)
			break;
		if (dst[n++] != '\n')
			continue;
		if (n - line < 4 || dst[line + 3] != '-')
			break;
		line = n;
	}
	dst[n] = '\0';
	return n > 0;
}

static void
test_session_full(const char *more, unsigned flags, bool full, const struct test_line *script,
    size_t n, struct buf *commits)
{
	int sock[2], tell[2], status;
	char got[8192];
	pid_t pid;

	assert_int_equal(os_socketpair(sock), 0);
	assert_int_equal(os_pipe(tell), 0);
	/* who speaks first has spoken before the server is there: else it may greet him in time */
	if (n > 0 && script[0].say != NULL)
		(void)send(sock[0], script[0].say, strlen(script[0].say), MSG_NOSIGNAL);
	assert_true((pid = fork()) != -1);
	if (pid == 0) {
		close(sock[0]);
		close(tell[0]);
		_exit(test_server(sock[1], tell[1], more, flags, full));
	}
	close(sock[1]);
	close(tell[1]);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && script[i].say != NULL)
			(void)send(sock[0], script[i].say, strlen(script[i].say), MSG_NOSIGNAL);
		if (!test_reply(sock[0], got, sizeof got))
			got[0] = '\0';
		if (script[i].want == NULL ? got[0] != '\0'
					   : got[0] == '\0' || strncmp(got, script[i].want,
								   strlen(script[i].want)) != 0)
			fail_msg("line %zu: said %s, got '%s', wanted '%s'", i,
			    script[i].say != NULL ? script[i].say : "nothing", got,
			    script[i].want != NULL ? script[i].want : "the end");
	}
	close(sock[0]);
	if (commits != NULL)
		(void)os_read_file(tell[0], commits);
	close(tell[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define N(a)	(sizeof (a) / sizeof (a)[0])
#define SESSION(more, script)	test_session_full(more, 0, false, script, N(script), NULL)

static void
test_verbs(void **state)
{
	static const struct test_line script[] = {
		{ NULL, "220 mail.test ESMTP Angarium; " },
		{ "NOOP\r\n", "250 2.0.0 OK\r\n" },
		{ "RCPT TO:<joe>\r\n", "503 5.0.0 Need MAIL before RCPT\r\n" },
		{ "DATA\r\n", "503 5.0.0 Need MAIL command\r\n" },
		{ "HELO\r\n", "501 5.0.0 HELO requires domain address\r\n" },
		{ "EHLO foo bar\r\n", "501 5.0.0 Invalid domain name\r\n" },
		{ "EHLO foo\r\n", "250-mail.test Hello tester@localhost, pleased to meet you\r\n250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n"
		    "250-EXPN\r\n250-8BITMIME\r\n250-SIZE 2000\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-DSN\r\n250-ETRN\r\n250-DELIVERBY\r\n250-LIMITS RCPTMAX=3\r\n250 HELP\r\n" },
		{ "XYZZY\r\n", "500 5.5.1 Command unrecognized: \"XYZZY\"\r\n" },
		{ "\r\n", "500 5.5.1 Command unrecognized: \"\"\r\n" },
		{ "TURN\r\n", "502 5.5.1 Command not implemented: \"TURN\"" },
		{ "HELP\r\n", "214-2.0.0 This is sendmail version" },
		{ "HELP NOOP\r\n", "214-2.0.0 NOOP\r\n214-2.0.0 \tDo nothing.\r\n214 2.0.0 End of HELP info\r\n" },
		{ "HELP foo\r\n", "504 5.3.0 HELP topic \"foo\" unknown\r\n" },
		{ "ETRN\r\n", "500 5.5.2 Parameter required\r\n" },
		{ "VRFY\r\n", "501 5.5.2 Argument required\r\n" },
		{ "VRFY joe\r\n", "250 2.1.5 Joe User <joe@mail.test>\r\n" },
		{ "VRFY nobody\r\n", "550 5.1.1 nobody... User unknown\r\n" },
		{ "VRFY list\r\n", "250 2.1.5 <list@mail.test>\r\n" },
		{ "VRFY a@b.test\r\n", "252 2.1.5 <a@b.test>\r\n" },
		{ "EXPN list\r\n", "250-2.1.5 <|/bin/prog>\r\n250 2.1.5 Joe User <joe@mail.test>\r\n" },
		{ "STARTTLS\r\n", "454 4.3.3 TLS not available" },
		{ "RSET\r\n", "250 2.0.0 Reset state\r\n" },
		{ "QUIT\r\n", "221 2.0.0 mail.test closing connection\r\n" },
		{ NULL, NULL },
	};

	(void)state;
	SESSION("", script);
}

static void
test_envelope(void **state)
{
	static const struct test_line script[] = {
		{ NULL, "220 " },
		{ "EHLO foo\r\n", "250-" },
		{ "MAIL FROM:<bad@x.test>\r\n", "550 5.7.1 <bad@x.test>... Access denied\r\n" },
		{ "MAIL FROM:<later@x.test>\r\n", "451 4.7.1 Try later\r\n" },
		{ "MAIL FROM:<a@x.test> SIZE=3000\r\n", "552 5.2.3 Message size exceeds fixed maximum" },
		{ "MAIL FROM:<a@x.test> FOO=BAR\r\n", "555 5.5.4 FOO parameter unrecognized\r\n" },
		{ "RCPT TO:<joe>\r\n", "503 5.0.0 Need MAIL before RCPT\r\n" },
		{ "MAIL FROM:<a@x.test>\r\n", "250 2.1.0 <a@x.test>... Sender ok\r\n" },
		{ "MAIL FROM:<a@x.test>\r\n", "503 5.5.0 Sender already specified\r\n" },
		{ "DATA\r\n", "503 5.0.0 Need RCPT (recipient)\r\n" },
		{ "RCPT TO:<nobody@mail.test>\r\n", "550 5.1.1 <nobody@mail.test>... User unknown\r\n" },
		{ "RCPT TO:<x@far.test>\r\n", "550 5.7.1 <x@far.test>... Relaying denied\r\n" },
		{ "RCPT TO:<broken@mail.test>\r\n", "451 4.3.0 <broken@mail.test>... Temporary failure" },
		{ "RCPT TO:<>\r\n", "553 5.0.0 <>... User address required\r\n" },
		{ "RCPT TO:<|/bin/sh>\r\n", "550 5.7.1 <|/bin/sh>... Cannot mail directly to programs\r\n" },
		{ "RCPT TO:</etc/passwd>\r\n", "550 5.7.1 </etc/passwd>... Cannot mail directly to files\r\n" },
		{ "RCPT TO:<:include:/etc/passwd>\r\n", "550 5.7.1 <:include:/etc/passwd>... Cannot mail directly to :include:s\r\n" },
		{ "RCPT TO:<joe@mail.test>\r\n", "250 2.1.5 <joe@mail.test>... Recipient ok" },
		{ "RCPT TO:<JOE@MAIL.TEST>\r\n", "250 2.1.5 <JOE@MAIL.TEST>... Recipient ok" },
		{ "RCPT TO:<list>\r\n", "250 2.1.5 <list>... Recipient ok" },
		{ "RCPT TO:<ann>\r\n", "452 4.5.3 Too many recipients\r\n" },
		{ "EHLO again\r\n", "250-" },
		{ "RCPT TO:<joe>\r\n", "503 5.0.0 Need MAIL before RCPT\r\n" },
		{ "MAIL FROM:<>\r\n", "250 2.1.0 <>... Sender ok\r\n" },
		{ "QUIT\r\n", "221 " },
	};

	(void)state;
	SESSION("", script);
}

static void
test_message(void **state)
{
	static const struct test_line script[] = {
		{ NULL, "220 " },
		{ "EHLO foo\r\n", "250-" },
		{ "MAIL FROM:<a@x.test> BODY=8BITMIME RET=HDRS ENVID=e1\r\n", "250 " },
		{ "RCPT TO:<joe> NOTIFY=NEVER ORCPT=rfc822;j+2Be\r\n", "250 " },
		{ "DATA\r\n", "354 End data with <CR><LF>.<CR><LF>\r\n" },
		{ "Subject: hi\r\nX-Long: a\r\n\tb\r\nTo: joe\r\n\r\n..dot\r\nb\303\266dy\r\n.\r\n", "250 2.0.0 " },
		{ "QUIT\r\n", "221 " },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	test_session_full("", 0, false, script, N(script), &b);
	assert_true(str_find(buf_str(&b), STR("\nS<a@x.test>\n")) != SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("joe>\n")) != SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("\nZe1\n")) != SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("\nB8BITMIME\n")) != SIZE_MAX);
	assert_true(
	    str_find(buf_str(&b),
		STR("H??Received: from foo (tester@localhost)\n\tby mail.test with ESMTP id ")) !=
	    SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("\n\tfor <joe>; ")) != SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("H?P?Return-Path: <\201g>\n")) != SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("H?F?From: a@x.test\n")) != SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("H?M?Message-Id: <2")) != SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("H??X-Long: a\n\tb\n")) != SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("==\n.dot\nb\303\266dy\n")) != SIZE_MAX);
	buf_done(&b);
}

static void
test_limits(void **state)
{
	static char large[3000], head[1000];
	const struct test_line script[] = {
		{ NULL, "220 " },
		{ "EHLO foo\r\n", "250-" },
		{ "MAIL FROM:<a@x.test>\r\n", "250 " }, { "RCPT TO:<joe>\r\n", "250 " }, { "DATA\r\n", "354 " },
		{ large, "552 5.2.3 Message exceeds maximum fixed size (2000)\r\n" },
		{ "MAIL FROM:<a@x.test>\r\n", "250 " }, { "RCPT TO:<joe>\r\n", "250 " }, { "DATA\r\n", "354 " },
		{ head, "552 5.6.0 Headers too large (400 max)\r\n" },
		{ "MAIL FROM:<a@x.test>\r\n", "250 " }, { "RCPT TO:<joe>\r\n", "250 " }, { "DATA\r\n", "354 " },
		{ "Received: a\r\nReceived: b\r\nReceived: c\r\nReceived: d\r\nReceived: e\r\nReceived: f\r\n\r\n.\r\n", "554 5.4.6 Too many hops 6 (5 max)" },
		{ "MAIL FROM:<a@x.test>\r\n", "250 " }, { "RCPT TO:<joe>\r\n", "250 " }, { "DATA\r\n", "354 " },
		{ "Subject: buy spam now\r\n\r\n.\r\n", "550 5.7.1 No spam\r\n" },
		{ "MAIL FROM:<quiet@x.test>\r\n", "250 " }, { "RCPT TO:<joe>\r\n", "250 " }, { "DATA\r\n", "354 " },
		{ "Subject: gone\r\n\r\n.\r\n", "250 2.0.0 " },
		{ "QUIT\r\n", "221 " },
	};
	struct buf b;

	(void)state;
	memset(large, 'x', sizeof large - 1);
	memcpy(large, "Subject: x\r\n\r\n", 14);
	memcpy(large + sizeof large - 6, "\r\n.\r\n", 6);
	memset(head, 'y', sizeof head - 1);
	memcpy(head, "X: ", 3);
	memcpy(head + sizeof head - 8, "\r\n\r\n.\r\n", 8);
	buf_init(&b, 0);
	test_session_full("", 0, false, script, N(script), &b);
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

static void
test_strict(void **state)
{
	static const struct test_line early[] = {
		{ "EHLO foo\r\nNOOP\r\n", "554 5.5.0 SMTP protocol error\r\n" }, { NULL, NULL }
	};
	static const struct test_line ehlo[] = {
		{ NULL, "220 " }, { "EHLO foo\r\nNOOP\r\n", "554 5.5.0 SMTP protocol error\r\n" }, { NULL, NULL } };
	static const struct test_line data[] = {
		{ NULL, "220 " }, { "EHLO foo\r\n", "250-" }, { "MAIL FROM:<a@x.test>\r\nRCPT TO:<joe>\r\nDATA\r\nSubject: x\r\n", "250 " },
		{ NULL, "250 " }, { NULL, "554 5.5.0 SMTP protocol error\r\n" }, { NULL, NULL } };
	static const struct test_line lf[] = {
		{ NULL, "220 " }, { "EHLO foo\n", "421 4.5.0 Bare linefeed (LF) not allowed\r\n" }, { NULL, NULL } };
	static const struct test_line cr[] = {
		{ NULL, "220 " }, { "EHLO fo\ro\r\n", "421 4.5.0 Bare carriage return (CR) not allowed\r\n" }, { NULL, NULL } };
	static const struct test_line body_lf[] = {
		{ NULL, "220 " }, { "EHLO foo\r\n", "250-" }, { "MAIL FROM:<a@x.test>\r\n", "250 " }, { "RCPT TO:<joe>\r\n", "250 " },
		{ "DATA\r\n", "354 " }, { "a\n.\r\nMAIL FROM:<b@x.test>\r\n", "421 4.5.0 Bare linefeed (LF) not allowed\r\n" }, { NULL, NULL } };
	static const struct test_line http[] = {
		{ NULL, "220 " }, { "GET / HTTP/1.1\r\n", "421 4.7.0 mail.test Rejecting open proxy tester@localhost\r\n" }, { NULL, NULL } };
	static const struct test_line relaxed[] = {
		{ NULL, "220 " }, { "EHLO foo\nNOOP\r\n", "250-" }, { NULL, "250 2.0.0 OK" }, { "MAIL FROM:<a@x.test>\r\n", "250 " },
		{ "RCPT TO:<joe>\r\n", "250 " }, { "DATA\r\n", "354 " }, { "a\n.\n", "250 2.0.0 " }, { "QUIT\r\n", "221 " } };
	static char longline[4000];
	const struct test_line toolong[] = {
		{ NULL, "220 " }, { longline, "421 4.7.0 mail.test Command too long, possible attack tester@localhost\r\n" } };

	(void)state;
	memset(longline, 'x', sizeof longline - 1);
	SESSION("", early);
	SESSION("", ehlo);
	SESSION("", data);
	SESSION("", lf);
	SESSION("", cr);
	SESSION("", body_lf);
	SESSION("", http);
	SESSION("", toolong);
	SESSION("Ssrv_features\nR$*\t$# F O\n", relaxed);
}

static void
test_failures(void **state)
{
	static const struct test_line script[] = {
		{ NULL, "220 " }, { "HELO foo\r\n", "250 mail.test Hello" }, { "MAIL FROM:<a@x.test>\r\n", "250 " }, { "RCPT TO:<joe>\r\n", "250 " },
		{ "DATA\r\n", "354 " }, { "Subject: x\r\n\r\n.\r\n", "452 4.3.1 Insufficient disk space" }, { "QUIT\r\n", "221 " } };
	static const struct test_line polite[] = {
		{ NULL, "220 " }, { "MAIL FROM:<a@x.test>\r\n", "503 5.0.0 Polite people say HELO first\r\n" },
		{ "VRFY joe\r\n", "252 2.5.2 Cannot VRFY user" }, { "EHLO x\r\n", "250-" }, { "EXPN list\r\n", "502 5.7.0 Sorry, we do not allow" },
		{ "QUIT\r\n", "221 " } };

	static const struct test_line announced[] = {	/* there is no df here */
		{ NULL, "220 " }, { "EHLO foo\r\n", "250-" },
		{ "MAIL FROM:<a@x.test> SIZE=200000\r\n", "250 " }, { "RCPT TO:<joe>\r\n", "250 " }, { "DATA\r\n", "451 4.3.0 Queue is not available" },
		{ "DATA\r\n", "503 5.0.0 Need MAIL command\r\n" },
		{ "MAIL FROM:<a@x.test> SIZE=100000\r\n", "250 " }, { "RCPT TO:<joe>\r\n", "250 " }, { "DATA\r\n", "354 " },
		{ "Subject: x\r\n\r\n.\r\n", "250 2.0.0 " }, { "QUIT\r\n", "221 " } };

	(void)state;
	test_session_full("", 0, true, script, N(script), NULL);
	SESSION("O MaxMessageSize=0\n", announced);
	SESSION("O PrivacyOptions=needmailhelo,novrfy,noexpn\n", polite);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_envelope),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
