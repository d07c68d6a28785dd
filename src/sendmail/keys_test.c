/*
 * keys_test - role keys, the real process: who may have what signed.
 *
 * One key is a server's, one a client's; smtpd and client ask for signatures with their own and with the other's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "net/tls_make.h"
#include "os/fd.h"
#include "proc/reexec.h"
#include "proc/sig.h"
#include "req.h"
#include "signask.h"

#define PATIENCE	20000

static char		 dir[] = "/tmp/keys_test.XXXXXX";
static char		 file[6][64];		/* server.key .csr .crt, client.key ... */
static int		 bundle, log_in, log_out;
static pid_t		 role;
static struct chan	*parent;

static int
make_bundle(void)
{
	struct conf_direct	 direct = { .map = NULL };
	struct conf_record	*rec = conf_record_new(conf_loader_direct(&direct));
	struct conf_loader	 from = conf_record_loader(rec);
	struct conf_bundle	 b;
	struct err_list		 errs;
	struct conf		*conf;
	struct buf		 out;
	char			 cf[1024];
	int			 fd;

	(void)snprintf(cf, sizeof cf,
	    "V10/Berkeley\nDjmail.example.com\nO ServerCertFile=%s\nO ServerKeyFile=%s\nO ClientCertFile=%s\nO ClientKeyFile=%s\n"
	    "Mlocal, P=/bin/true, F=lsDFM, A=true $u\nMprog, P=/bin/sh, F=lsDFM, A=sh -c $u\nS0\nR$*\t$#local $: $1\n",
	    file[2], file[0], file[5], file[3]);
	err_list_init(&errs);
	conf = conf_load_text(str_c(cf), STR("test.cf"), &from, &errs);
	assert_non_null(conf);
	memset(&b, 0, sizeof b);
	b.file = STR("test.cf");
	b.cf = str_c(cf);
	b.answers = conf_record_text(rec);
	b.hosts = STR("");
	b.resolv = STR("");
	buf_init(&out, 0);
	conf_bundle_put(&out, &b);
	fd = os_memfile("keys", buf_str(&out), NULL);
	buf_done(&out);
	conf_free(&conf);
	err_list_done(&errs);
	conf_record_free(&rec);
	return fd;
}

static void
role_start(void)
{
	static char		*env[2];
	static char		 modules[1100], program[1100];
	struct role_boot	 boot = { .role = R_KEYS, .uid = getuid(), .gid = getgid() };
	struct frame		 f;
	struct err		 e = ERR_INIT;
	struct buf		 b;
	int			 sock;

	if (getuid() == 0)
		boot.uid = boot.gid = 65534;
	if (getenv("ANGARIUM_MODULES") != NULL) {
		(void)snprintf(modules, sizeof modules, "ANGARIUM_MODULES=%s", getenv("ANGARIUM_MODULES"));
		env[0] = modules;
	}
	(void)snprintf(program, sizeof program, "%s/sendmail/sendmail", getenv("ANGARIUM_OBJ"));
	if ((role = reexec_start(program, "sendmail", "keys", log_in, env, &sock, &e)) == -1)
		fail_msg("%s", e.text);
	parent = chan_new(sock);
	buf_init(&b, 0);
	role_boot_put(&b, &boot);
	assert_int_equal(chan_send(parent, Q_BOOT, 0, 0, buf_str(&b), -1, &e), 0);
	buf_done(&b);
	assert_int_equal(chan_send(parent, Q_CONF, 0, 0, STR(""), bundle, &e), 0);
	if (chan_recv(parent, &f, PATIENCE, &e) == -1 || f.type != Q_READY)
		fail_msg("role keys does not come up: %s", e.text);
}

static struct chan *
neighbour(enum role_id from)
{
	struct peer_ask	ask = { from };
	struct buf	b;
	int		s[2];

	assert_int_equal(os_socketpair(s), 0);
	buf_init(&b, 0);
	peer_ask_put(&b, &ask);
	assert_int_equal(chan_send(parent, Q_PEER, 0, 0, buf_str(&b), s[1], NULL), 0);
	buf_done(&b);
	close(s[1]);
	return chan_new(s[0]);
}

static int
set_up(void **state)
{
	static const char *const ends[] = { "key", "csr", "crt" };
	struct err e = ERR_INIT;
	bool made;
	int s[2];

	(void)state;
	sig_ignore(SIGPIPE);
	if (mkdtemp(dir) == NULL || getenv("ANGARIUM_OBJ") == NULL)
		return -1;
	for (int i = 0; i < 6; i++)
		(void)snprintf(file[i], sizeof file[i], "%s/%s.%s", dir, i < 3 ? "server" : "client", ends[i % 3]);
	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "server.test" : "client.test";
		struct tls_make m = { .key_file = file[3 * i], .req_file = file[3 * i + 1], .cert_file = file[3 * i + 2], .names = &name, .nnames = 1, .days = 2 };

		if (tls_make_cert(&m, &made, &e) == -1)
			fail_msg("%s", e.text);
	}
	bundle = make_bundle();
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	log_in = s[0];
	log_out = s[1];
	role_start();
	return 0;
}

static int
tear_down(void **state)
{
	int status = 0;

	(void)state;
	(void)chan_send(parent, Q_STOP, 0, 0, STR(""), -1, NULL);
	chan_free(&parent);
	assert_int_equal(waitpid(role, &status, 0), role);
	assert_int_equal(status, 0);
	for (int i = 0; i < 6; i++)
		(void)unlink(file[i]);
	return rmdir(dir);
}

/* One key: that of its own side. */
static void
its_own(enum role_id from, unsigned char id[TLS_KEY_ID])
{
	struct chan *ch = neighbour(from);
	struct err e = ERR_INIT;
	struct frame f;

	if (chan_ask(ch, Q_KEYS, STR(""), -1, &f, PATIENCE, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(f.body.n, TLS_KEY_ID);
	memcpy(id, f.body.p, TLS_KEY_ID);
	chan_free(&ch);
}

static int
signature(enum role_id from, const unsigned char id[TLS_KEY_ID], size_t n, struct err *e)
{
	struct chan *ch = neighbour(from);
	struct tls_sign q = { .md = "SHA2-256", .ndata = n };
	struct frame f;
	struct buf b;
	int rc;

	memcpy(q.key, id, TLS_KEY_ID);
	buf_init(&b, 0);
	tls_sign_put(&b, &q);
	rc = chan_ask(ch, Q_SIGN, buf_str(&b), -1, &f, PATIENCE, e);
	if (rc == 0)
		assert_true(f.body.n > 60 && f.body.n < 80);
	buf_done(&b);
	chan_free(&ch);
	return rc;
}

static void
each_with_its_own(void **state)
{
	unsigned char server[TLS_KEY_ID], client[TLS_KEY_ID], none[TLS_KEY_ID] = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	its_own(R_SMTPD, server);
	its_own(R_CLIENT, client);
	assert_int_not_equal(memcmp(server, client, TLS_KEY_ID), 0);
	assert_int_equal(signature(R_SMTPD, server, 32, &e), 0);
	assert_int_equal(signature(R_CLIENT, client, 32, &e), 0);
	assert_int_equal(signature(R_SMTPD, client, 32, &e), -1);
	assert_non_null(strstr(e.text, "no such key"));
	assert_int_equal(signature(R_CLIENT, server, 32, &e), -1);
	assert_int_equal(signature(R_SMTPD, none, 32, &e), -1);
	assert_int_equal(signature(R_SMTPD, server, 31, &e), -1);	/* no digest */
	assert_int_equal(signature(R_SMTPD, server, 32, &e), 0);	/* and it lives */
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_with_its_own) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
