/*
 * confined_test - plays a front that was taken over, against the real auth, keys and session, and tries the switch into a role.
 *
 * The test is their parent, and introduces itself as their front.
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
#include <sys/wait.h>
#include <unistd.h>

#include "front/hostile_kit.h"
#include "net/tls_key.h"
#include "net/tls_make.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "proc/reexec.h"
#include "proc/sig.h"

static char	self[1024];

/* --- attacks on auth and session ---------------------------------------------------------------- */

static const char	conf_text[] = "O MailboxPath=%h/box\nO UserDatabase=file:/nonexistent/users\nO AllowPlaintext=always\n";

/* `more`: behind the configuration. */
static struct chan *
role_start_with(const char *role, const char *more, pid_t *pid)
{
	char			 text[1200], modules[1100];
	struct front_boot	boot = { .conf_name = STR_INIT("cf"), .host = STR_INIT("localhost"), .log_stderr = true };
	char			*env[] = { (char *)(uintptr_t)"ASAN_OPTIONS=detect_leaks=0", modules, NULL };	/* a role's memory ends with it */
	struct err		 e = ERR_INIT;
	struct chan		*ch;
	struct buf		 b;
	int			 sock;

	(void)snprintf(text, sizeof text, "%s%s", conf_text, more);
	(void)snprintf(modules, sizeof modules, "ANGARIUM_MODULES=%s", getenv("ANGARIUM_MODULES") != NULL ? getenv("ANGARIUM_MODULES") : "");
	boot.conf_text = str_c(text);
	boot.user.name = STR("joe");
	boot.user.uid = somebody();
	boot.user.gid = somebody();
	boot.user.home = STR("/nonexistent");
	boot.user.is_virtual = true;
	if ((*pid = reexec_start(self, "toyd", role, -1, env, &sock, &e)) == -1)
		fail_msg("%s", e.text);
	ch = chan_new(sock);
	assert_non_null(ch);
	buf_init(&b, 0);
	front_boot_put(&b, &boot);
	assert_int_equal(chan_send(ch, FM_BOOT, 0, 0, buf_str(&b), -1, &e), 0);
	buf_done(&b);
	return ch;
}

static struct chan *
role_start(const char *role, pid_t *pid)
{
	return role_start_with(role, "", pid);
}

/* Another front's channel to it. */
static int
role_front(struct chan *parent, uint32_t number)
{
	struct buf	b;
	int		s[2];

	assert_int_equal(os_socketpair(s), 0);
	buf_init(&b, 0);
	if (number > 0)
		msg_put_u32(&b, number);
	assert_int_equal(chan_send(parent, FM_CHANNEL, 0, 0, buf_str(&b), s[1], NULL), 0);
	buf_done(&b);
	close(s[1]);
	return s[0];
}

static void
role_try(struct chan *parent, unsigned type, unsigned flags, uint32_t length, struct str body, bool fd)
{
	int	s = role_front(parent, 7);

	put_frame(s, type, flags, length, body, fd ? s : -1);
	if (!ended(s, PATIENCE))
		fail_msg("it took %u with %zu bytes", type, body.n);
	close(s);
}

static void
test_auth(void **state)
{
	static const struct str	bodies[] = {
		STR_INIT("\377"), STR_INIT("\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"),
		STR_INIT("\1\0\0\0\5\0\0\0PLAIN\377\377\377\377"), STR_INIT("\1\0\0\0\1\0\0\0y\1\0\0\0z and more")
	};
	static const unsigned	may[] = { FM_MECHS, FM_BEGIN, FM_STEP, FM_CANCEL };
	struct chan		*parent, *front;
	struct frame		 f;
	pid_t			 pid;
	int			 keep, status;

	(void)state;
	parent = role_start("auth", &pid);
	keep = role_front(parent, 1);			/* the last front takes auth along */
	for (unsigned t = 0; t <= 300; t++) {
		bool	known = false;

		for (size_t i = 0; i < 4; i++)
			known |= may[i] == t;
		if (!known && (t <= FM_PING + 1 || t == 255 || t == 300))
			role_try(parent, t, 0, 0, STR(""), false);
	}
	for (size_t i = 0; i < 4; i++) {
		role_try(parent, may[i], 0, 0, STR(""), true);
		role_try(parent, may[i], 0, UINT32_MAX, STR("x"), false);
		for (size_t k = 0; k < sizeof bodies / sizeof bodies[0]; k++)
			role_try(parent, may[i], 0, (uint32_t)bodies[k].n, bodies[k], false);
	}
	for (size_t i = 1; i < 3; i++)
		role_try(parent, may[i], 0, 0, STR(""), false);
	front = chan_new(keep);
	assert_int_equal(chan_ask(front, FM_MECHS, STR(""), -1, &f, PATIENCE, NULL), 0);	/* it lives */
	chan_free(&front);
	chan_free(&parent);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Keys are there to sign with, and for nothing else. */
static void
test_keys(void **state)
{
	static const struct str	bodies[] = {
		STR_INIT(""), STR_INIT("\377"), STR_INIT("\377\377\377\377\377\377\377\377"), STR_INIT("\40\0\0\0too short"), STR_INIT("\1\0\0\0x\0\0\0\0\0\0\0\0\0\0\0\0\0")
	};
	char			 dir[] = "/tmp/confined.XXXXXX", conf[300], cert[100], key[100], csr[100];
	const char		*name = "localhost";
	struct tls_make		 make = { .cert_file = cert, .key_file = key, .req_file = csr, .names = &name, .nnames = 1, .days = 2 };
	static const unsigned char digest[32];
	struct tls_sign		 q = { .md = "SHA2-256", .data = digest, .ndata = sizeof digest };
	struct err		 e = ERR_INIT;
	struct chan		*parent, *front;
	struct frame		 f;
	struct buf		 b;
	bool			 made;
	pid_t			 pid;
	int			 keep, status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(cert, sizeof cert, "%s/crt", dir);
	(void)snprintf(key, sizeof key, "%s/key", dir);
	(void)snprintf(csr, sizeof csr, "%s/csr", dir);
	if (tls_make_cert(&make, &made, &e) == -1)
		fail_msg("%s", e.text);
	(void)snprintf(conf, sizeof conf, "O ServerCertFile=%s\nO ServerKeyFile=%s\n", cert, key);
	parent = role_start_with("keys", conf, &pid);
	keep = role_front(parent, 1);
	for (unsigned t = 0; t <= FM_PING + 2; t++)
		if (t != FM_KEYS && t != FM_SIGN)
			role_try(parent, t, 0, 0, STR(""), false);
	role_try(parent, FM_KEYS, 0, 1, STR("x"), false);
	role_try(parent, FM_KEYS, 0, 0, STR(""), true);
	role_try(parent, FM_SIGN, 0, UINT32_MAX, STR("x"), false);
	for (size_t k = 0; k < sizeof bodies / sizeof bodies[0]; k++)
		role_try(parent, FM_SIGN, 0, (uint32_t)bodies[k].n, bodies[k], false);
	front = chan_new(keep);
	assert_int_equal(chan_ask(front, FM_KEYS, STR(""), -1, &f, PATIENCE, NULL), 0);
	assert_int_equal(f.body.n, TLS_KEY_ID);			/* what it is called, and no more */
	memcpy(q.key, f.body.p, TLS_KEY_ID);
	for (int known = 1; known >= 0; known--) {
		buf_init(&b, 0);
		q.key[0] ^= (unsigned char)!known;
		tls_sign_put(&b, &q);
		assert_int_equal(chan_ask(front, FM_SIGN, buf_str(&b), -1, &f, PATIENCE, NULL), 0);
		assert_int_equal(f.body.n > 0, known);
		buf_done(&b);
	}
	chan_free(&front);
	chan_free(&parent);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	(void)unlink(cert);
	(void)unlink(key);
	(void)unlink(csr);
	assert_int_equal(rmdir(dir), 0);
}

static void
session_try(unsigned type, struct str body, bool fd)
{
	struct chan	*parent;
	pid_t		 pid;
	int		 s, status, p[2];
	char		 got[100];

	assert_int_equal(os_socketpair(p), 0);
	parent = role_start("session", &pid);
	s = role_front(parent, 0);
	put_frame(s, type, 0, (uint32_t)body.n, body, fd ? p[1] : -1);
	close(p[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		fail_msg("a session began with %u and %zu bytes", type, body.n);
	assert_int_equal(read(p[0], got, sizeof got), 0);		/* the client heard nothing */
	close(p[0]);
	close(s);
	chan_free(&parent);
}

static void
test_session(void **state)
{
	static const char	good[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0";	/* no resume, no peer, no TLS, no input */

	(void)state;
	session_try(FM_START, STR(""), true);
	session_try(FM_START, STR("\377\377\377\377"), true);
	session_try(FM_START, str_mem(good, 13), false);
	session_try(FM_START, str_mem("\0\0\0\0\0\0\0\0\0\0\0\0\0x", 14), true);
	session_try(FM_SPOOL, str_mem(good, 13), true);
	session_try(FM_BOOT, str_mem(good, 13), true);
}

/* --- the switch --------------------------------------------------------------------------------- */

static void
test_switch(void **state)
{
	static const char *const	roles[] = { "front", "auth", "keys", "session" };
	int				p[2], s[2], null = open("/dev/null", O_RDWR|O_CLOEXEC);

	(void)state;
	assert_int_equal(os_pipe(p), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(switch_run(self, "toyd", roles[i], -1, getuid()), 77);
		assert_int_equal(switch_run(self, "toyd", roles[i], null, getuid()), 77);
		assert_int_equal(switch_run(self, "toyd", roles[i], p[0], getuid()), 77);
		assert_int_equal(os_socketpair(s), 0);		/* our own channel, but no boot message on it */
		assert_int_equal(write(s[0], "\0\0\0\0\1\0\0\0\0\0\0\0", 12), 12);
		assert_int_not_equal(switch_run(self, "toyd", roles[i], s[1], getuid()), 0);
		close(s[0]);
		close(s[1]);
		if (getuid() == 0) {				/* a channel that root made, in an ordinary user's hands */
			assert_int_equal(os_socketpair(s), 0);
			assert_int_equal(switch_run(self, "toyd", roles[i], s[1], NOBODY), 77);
			close(s[0]);
			close(s[1]);
		}
	}
	close(p[0]);
	close(p[1]);
	close(null);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_switch), cmocka_unit_test(test_auth), cmocka_unit_test(test_keys), cmocka_unit_test(test_session) };

	if (argc > 1)
		return front_main(argc, argv, &toy);	/* a role of ours */
	sig_ignore(SIGPIPE);
	if (os_self_path(argv[0], self, sizeof self) == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
