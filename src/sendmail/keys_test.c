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
#include "net/tls_key.h"
#include "net/tls_make.h"
#include "proc/sig.h"
#include "req.h"
#include "role_kit.h"
#include "signask.h"

#define PATIENCE	20000

static char		 dir[] = "/tmp/keys_test.XXXXXX";
static char		 file[6][64];		/* server.key .csr .crt, client.key ... */
static struct role_kit	 kit;
static struct target	 keys;

static int
set_up(void **state)
{
	static const char *const ends[] = { "key", "csr", "crt" };
	struct err e = ERR_INIT;
	bool made;
	char cf[1024];

	(void)state;
	sig_ignore(SIGPIPE);
	if (mkdtemp(dir) == NULL)
		return -1;
	for (int i = 0; i < 6; i++)
		(void)snprintf(file[i], sizeof file[i], "%s/%s.%s", dir, i < 3 ? "server" : "client", ends[i % 3]);
	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "server.test" : "client.test";
		struct tls_make m = { .key_file = file[3 * i], .req_file = file[3 * i + 1], .cert_file = file[3 * i + 2], .names = &name, .nnames = 1, .days = 2 };

		if (tls_make_cert(&m, &made, &e) == -1)
			fail_msg("%s", e.text);
	}
	(void)snprintf(cf, sizeof cf,
	    "V10/Berkeley\nDjmail.example.com\nO ServerCertFile=%s\nO ServerKeyFile=%s\nO ClientCertFile=%s\nO ClientKeyFile=%s\n"
	    "Mlocal, P=/bin/true, F=lsDFM, A=true $u\nMprog, P=/bin/sh, F=lsDFM, A=sh -c $u\nS0\nR$*\t$#local $: $1\n",
	    file[2], file[0], file[5], file[3]);
	if (role_kit_init(&kit, cf, STR(""), STR("")) == -1)
		return -1;
	target_start(&kit, &keys, R_KEYS, PATIENCE);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	target_stop(&kit, &keys, PATIENCE);
	for (int i = 0; i < 6; i++)
		(void)unlink(file[i]);
	return rmdir(dir);
}

/* One key: that of its own side. */
static void
its_own(enum role_id from, unsigned char id[TLS_KEY_ID])
{
	struct chan *ch = chan_new(target_peer(&keys, from));
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
	struct chan *ch = chan_new(target_peer(&keys, from));
	static const unsigned char text[64];
	struct tls_sign q = { .md = "SHA2-256", .data = text, .ndata = n };
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
