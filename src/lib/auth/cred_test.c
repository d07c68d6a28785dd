/*
 * cred_test - passwords against a file of users; exchanges; who may be a user; the configuration's errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "auth/mbuser.h"
#include "auth/sasl.h"

/* of "secret" */
#define HASH	"$6$angariumtest$UkSgG5FZf5XHT22hgY/Bt0FfP/eJ7UFUPQ3bAxtFjVLvAWm/m2D5dGyU1cUfVQex0LerwsBUyS3CCH.Br/CT8/"

static char	path[64];
static struct mbconf	conf;

static int
setup(void **state)
{
	static const char	text[] = "# users\njoe:" HASH ":1000:1000:Joe:/home/joe:/bin/sh\nann:!" HASH ":1001:1001::/home/ann\nempty::1002:1002::/home/e\n"
				    "short:" HASH "\nroot:" HASH ":0:0::/root\nbad:" HASH ":x:1::/home/bad\nrel:" HASH ":5:5::home\nstar:*\n";
	int			fd;

	(void)state;
	snprintf(path, sizeof path, "/tmp/cred_test.XXXXXX");
	if ((fd = mkstemp(path)) == -1 || write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1)
		return -1;
	close(fd);
	mbconf_default(&conf);
	conf.users = MB_USERS_FILE;
	conf.user_file = path;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void
test_passwords(void **state)
{
	static const struct { const char *user, *password; enum auth_rc want; } cases[] = {
		{ "joe", "secret", AUTH_OK }, { "joe", "Secret", AUTH_NO }, { "joe", "", AUTH_NO }, { "ann", "secret", AUTH_NO }, { "ann", "!secret", AUTH_NO },
		{ "empty", "", AUTH_NO }, { "short", "secret", AUTH_OK }, { "nobody", "secret", AUTH_NO }, { "", "secret", AUTH_NO }, { "# users", "", AUTH_NO },
		{ "jo", "secret", AUTH_NO }, { "joe:" HASH, "secret", AUTH_NO }, { "../joe", "secret", AUTH_NO }, { "star", "*", AUTH_NO },
	};
	struct err	e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(cred_check(&conf, str_c(cases[i].user), str_c(cases[i].password), "", &e), cases[i].want);
	assert_int_equal(cred_check(&conf, STR("joe"), str_mem("secret\0x", 8), "", &e), AUTH_NO);
	conf.user_file = "/nonexistent/users";
	assert_int_equal(cred_check(&conf, STR("joe"), STR("secret"), "", &e), AUTH_TEMP);
	conf.user_file = path;
}

static void
test_exchanges(void **state)
{
	static const struct { const char *mech, *initial; size_t n; bool plain; enum auth_rc want; } cases[] = {
		{ "PLAIN", "\0joe\0secret", 11, true, AUTH_OK }, { "plain", "joe\0joe\0secret", 14, true, AUTH_OK }, { "PLAIN", "ann\0joe\0secret", 14, true, AUTH_NO },
		{ "PLAIN", "\0joe\0secret", 11, false, AUTH_BAD }, { "PLAIN", "joe", 3, true, AUTH_BAD }, { "PLAIN", "\0joe", 4, true, AUTH_BAD },
		{ "PLAIN", "\0\0secret", 8, true, AUTH_BAD }, { "PLAIN", "\0joe\0sec\0ret", 12, true, AUTH_BAD }, { "CRAM-MD5", "", 0, true, AUTH_BAD },
		{ "", "", 0, true, AUTH_BAD }, { "LOGIN", "joe", 3, true, AUTH_CONTINUE }, { "LOGIN", "", 0, true, AUTH_BAD },
	};
	struct err	e = ERR_INIT;
	struct buf	out;

	(void)state;
	buf_init(&out, 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sasl	*x = sasl_exchange_new(&conf, "imap", "localhost", &e);

		assert_non_null(x);
		assert_int_equal(sasl_exchange_begin(x, str_c(cases[i].mech), str_mem(cases[i].initial, cases[i].n), cases[i].plain, &out, &e), cases[i].want);
		if (cases[i].want == AUTH_OK)
			assert_true(str_eq_c(sasl_exchange_user(x), "joe"));
		if (cases[i].want == AUTH_CONTINUE) {
			assert_int_equal(sasl_exchange_step(x, STR("secret"), &out, &e), AUTH_OK);
			assert_int_equal(sasl_exchange_step(x, STR("secret"), &out, &e), AUTH_BAD);	/* it is over */
		}
		sasl_exchange_free(&x);
	}
	buf_done(&out);
}

static void
test_users(void **state)
{
	static const struct { const char *name; int want; } cases[] = {
		{ "joe", 1 }, { "root", -1 }, { "bad", -1 }, { "rel", -1 }, { "nobody.at.all", 0 }, { ".joe", 0 }, { "-joe", 0 }, { "a/b", 0 }, { "joe@..", 0 },
		{ "joe@.x", 0 }, { "a b", 0 }, { "", 0 }, { "joe@", 0 },
	};
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct mbuser	 u;
	struct err	 e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(mbuser_find(&conf, str_c(cases[i].name), a, &u, &e), cases[i].want);
	assert_int_equal(mbuser_find(&conf, STR("joe"), a, &u, &e), 1);
	assert_int_equal(u.uid, 1000);
	assert_true(str_eq_c(mbuser_path(a, "%h/Maildir", &u), "/home/joe/Maildir"));
	u.name = STR("joe@example.org");
	assert_true(str_eq_c(mbuser_path(a, "/var/%d/%n/%u%%", &u), "/var/example.org/joe/joe@example.org%"));
	arena_free(&a);
}

static void
test_conf(void **state)
{
	static const struct { const char *text, *want; } cases[] = {		/* NULL: it loads */
		{ "", NULL }, { "\n# x\n  \nO LogLevel=5\n", NULL }, { "O loglevel = 5", NULL },
		{ "O Listen=Name=a, Port=143, Service=imap, TLS=no\nO Listen=Port=144,Service=pop3", NULL },
		{ "X", "line 1: expected" }, { "O", "line 1: expected" }, { "O Foo=1", "line 1: there is no option \"Foo\"" }, { "O LogLevel", "line 1: an option" },
		{ "\nO LogLevel=x", "line 2: \"x\" is no number" }, { "O LogLevel=1\nO LogLevel=2", "line 2: LogLevel is set a second time" },
		{ "O MailboxFormat=mbx", "line 1: \"mbx\"" }, { "O MailboxPath=", "line 1: MailboxPath may not be empty" },
		{ "O MailboxPath=mail", "line 1: mail: a path begins" }, { "O MailboxPath=/var/%x", "line 1: /var/%x: only" },
		{ "O UserDatabase=file:users", "line 1: UserDatabase" }, { "O LoginTimeout=0", "line 1: \"0\" is no time" },
		{ "O RoleTimeout=0", NULL }, { "O RoleTimeout=-1", "line 1: \"-1\" is no time" },
		{ "O Listen=Name=a", "line 1: a listener needs a Port" }, { "O Listen=Port=99999", "line 1: \"99999\"" }, { "O Listen=Foo=1", "line 1: Listen knows no" },
		{ "O Listen=Port", "line 1: Listen is" }, { "O ServerCertFile=/a", "go together" },
		{ "#line 9 \"x.mc\"\nO LogLevel=1\nO Foo=1", "line 3 (x.mc line 10): there is no" },
	};
	struct arena	*a = arena_new(ARENA_DEFAULT);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct mbconf	c;
		struct err	e = ERR_INIT;
		int		rc = mbconf_parse(a, str_c(cases[i].text), "m.cf", &c, &e);

		if (cases[i].want == NULL)
			assert_int_equal(rc, 0);
		else {
			assert_int_equal(rc, -1);
			if (strstr(e.text, cases[i].want) == NULL)
				fail_msg("%s: not \"%s\"", e.text, cases[i].want);
		}
	}
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_passwords), cmocka_unit_test(test_exchanges), cmocka_unit_test(test_users), cmocka_unit_test(test_conf),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
