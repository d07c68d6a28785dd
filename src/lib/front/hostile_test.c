/*
 * hostile_test - plays a role of popd or imapd that was taken over, against the real parent.
 *
 * This program is the whole daemon: the parent is the real one and starts this program again as its roles, and the role that the plan names says what it
 * may not, as soon as it could (hostile_role.h).
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

#include "front/hostile_role.h"
#include "net/conn.h"
#include "net/test_port.h"
#include "net/tls_make.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "proc/sig.h"

static char	self[1024];

/* --- the test: daemons under attack ------------------------------------------------------------- */

static pid_t	alive[100];		/* daemons of the test that runs */
static size_t	nalive;

/* Certificate and key, and the module that reads them. */
static void
victim_keys(const struct victim *v)
{
	const char	*name = "localhost", *modules = getenv("ANGARIUM_MODULES");
	char		 cert[100], key[100], csr[100], module[1200], link[100];
	struct tls_make	 make = { .cert_file = cert, .key_file = key, .req_file = csr, .names = &name, .nnames = 1, .days = 2 };
	struct err	 e = ERR_INIT;
	bool		 made;

	in_dir(cert, sizeof cert, v->dir, "crt");
	in_dir(key, sizeof key, v->dir, "key");
	in_dir(csr, sizeof csr, v->dir, "csr");
	if (modules == NULL || tls_make_cert(&make, &made, &e) == -1)
		fail_msg("no key: %s", e.text);
	in_dir(module, sizeof module, modules, "tls.so");
	in_dir(link, sizeof link, v->dir, "tls.so");
	assert_int_equal(symlink(module, link), 0);
}

static void
victim_start(struct victim *v, const char *plan)
{
	/* crypt(3) of "pass", made once with openssl passwd -6 */
	static const char	hash[] = "$6$hostile$dlt2JP8NR0.6gN.dDvpaY0Pi39dELsg8Pa6T63q44Q6JzKDeTw6HixhIBAXpYJt1td0mqzYxXkL2uDsAa65mG.";
	char			text[2000], path[300], *argv[6], modules[400];

	(void)snprintf(v->dir, sizeof v->dir, "/tmp/hostile_test.XXXXXX");
	assert_non_null(mkdtemp(v->dir));
	assert_int_equal(chmod(v->dir, 0755), 0);
	assert_int_not_equal(v->port = test_port(&v->sign), -1);
	(void)snprintf(text, sizeof text, "joe:%s:%u:%u::%s\n", hash, somebody(), somebody(), v->dir);
	write_in(v->dir, "users", text);
	(void)snprintf(text, sizeof text, "O MailboxPath=%%h/box\nO UserDatabase=file:%s/users\nO AllowPlaintext=always\nO HostName=localhost\nO FrontProcesses=1\n"
	    "O Listen=Name=toy,Addr=127.0.0.1,Port=%d,Service=imap,TLS=no\n", v->dir, v->port);
	if (strncmp(plan, "keys", 4) == 0) {
		size_t	n = strlen(text);

		victim_keys(v);
		(void)snprintf(text + n, sizeof text - n, "O ServerCertFile=%s/crt\nO ServerKeyFile=%s/key\n", v->dir, v->dir);
	}
	write_in(v->dir, "cf", text);
	write_in(v->dir, "plan", plan);
	write_in(v->dir, "log", "");
	in_dir(path, sizeof path, v->dir, "log");
	if ((v->pid = fork()) == 0) {
		int	fd = open(path, O_WRONLY|O_APPEND);

		(void)dup2(fd, 1);
		(void)dup2(fd, 2);
		(void)snprintf(modules, sizeof modules, "%s", v->dir);
		(void)setenv("ANGARIUM_MODULES", modules, 1);
		in_dir(path, sizeof path, v->dir, "cf");
		argv[0] = (char *)(uintptr_t)"toyd";
		argv[1] = (char *)(uintptr_t)"-D";
		argv[2] = (char *)(uintptr_t)"-C";
		argv[3] = path;
		argv[4] = NULL;
		execv(self, argv);
		_exit(99);
	}
	assert_int_not_equal(v->pid, -1);
	alive[nalive++] = v->pid;
}

/* Of a test that failed. */
static int
victims_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < nalive; i++)
		(void)kill(alive[i], SIGTERM);
	nalive = 0;
	return 0;
}

/* It lives, and a client can log in. */
static void
victim_works(const struct victim *v, const char *plan)
{
	struct ip	ip = { .family = 4, .a = { 127, 0, 0, 1 }, .port = (uint16_t)v->port };
	uint64_t	end = os_now_ms() + PATIENCE;
	char		got[200] = "";

	while (os_now_ms() < end && strstr(got, "hello joe") == NULL) {
		int		s = net_connect(&ip, NULL, 1000, NULL);
		size_t		n = 0;
		ssize_t		k;

		if (s == -1) {
			(void)poll(NULL, 0, 20);
			continue;
		}
		(void)os_write_all(s, STR("joe pass\r\n"));
		for (;;) {
			struct pollfd	p = { s, POLLIN, 0 };

			if (n >= sizeof got - 1 || poll(&p, 1, 2000) <= 0 || (k = read(s, got + n, sizeof got - 1 - n)) <= 0)
				break;
			got[n += (size_t)k] = '\0';
			if (strstr(got, "hello") != NULL || strstr(got, "no ") != NULL || strstr(got, "failed") != NULL)
				break;
		}
		close(s);
		if (strstr(got, "hello") == NULL)
			(void)poll(NULL, 0, 20);
	}
	if (strstr(got, "hello joe") == NULL) {
		log_show(v);
		fail_msg("after \"%s\" nobody can log in: %s", plan, got);
	}
}

static void
victim_stop(struct victim *v)
{
	int	status;
	pid_t	rm;

	(void)kill(v->pid, SIGTERM);
	assert_int_equal(waitpid(v->pid, &status, 0), v->pid);
	assert_true(WIFEXITED(status));
	close(v->sign);
	if ((rm = fork()) == 0) {
		execl("/bin/rm", "rm", "-rf", v->dir, (char *)NULL);
		_exit(1);
	}
	(void)waitpid(rm, NULL, 0);
	for (size_t i = 0; i < nalive; i++)
		if (alive[i] == v->pid)
			alive[i] = alive[--nalive];
}

/* --- attacks on the parent ---------------------------------------------------------------------- */

#define MANY	16

/* Each plan to a daemon of its own, MANY at a time; each time the parent must end the role, and go on. */
static void
attack_parent(char plans[][200], size_t n)
{
	static struct victim	v[MANY];

	for (size_t done = 0; done < n; done += MANY) {
		size_t	k = n - done < MANY ? n - done : MANY;

		for (size_t i = 0; i < k; i++)
			victim_start(&v[i], plans[done + i]);
		for (size_t i = 0; i < k; i++) {
			bool	session = strncmp(plans[done + i], "session", 7) == 0;

			if (strstr(plans[done + i], " 4294967295 ") != NULL)	/* too long for a frame: the channel itself ends it */
				assert_true(log_await(&v[i], session ? "the channel was closed" : "died, it is started again"));
			else if (!log_await(&v[i], "asked what it may not ask"))
				fail_msg("the parent let \"%s\" pass", plans[done + i]);
			if (!session) {
				assert_true(log_await(&v[i], "died, it is started again"));
				victim_works(&v[i], plans[done + i]);
			}
			assert_false(log_has(&v[i], "BAD", NULL));
			assert_int_equal(waitpid(v[i].pid, NULL, WNOHANG), 0);
			victim_stop(&v[i]);
		}
	}
}

static bool
may_ask(const char *role, unsigned type)
{
	return (strcmp(role, "auth") == 0 && type == FM_GRANT) || (strcmp(role, "front") == 0 && (type == FM_CLAIM || type == FM_BOOT || type == FM_RETIRE)) ||
	    (strcmp(role, "session") == 0 && type == FM_SPOOL);
}

static void
test_forbidden(void **state)
{
	static char			plans[90][200];
	static const char *const	roles[] = { "front", "auth", "session", "keys" };
	static const unsigned		odd[] = { 0, 255, 65535 };
	size_t				n = 0;

	(void)state;
	for (size_t r = 0; r < 4; r++) {
		for (unsigned t = FM_BOOT; t <= FM_PING; t++)
			if (!may_ask(roles[r], t))
				(void)snprintf(plans[n++], 200, "%s %u 0 0 0 -", roles[r], t);
		for (size_t i = 0; i < 3; i++)
			(void)snprintf(plans[n++], 200, "%s %u 0 0 0 -", roles[r], odd[i]);
	}
	attack_parent(plans, n);
}

static void
test_malformed(void **state)
{
	static char	plans[][200] = {
		"auth 9 0 0 1 -",					/* a grant with a descriptor, */
		"auth 9 0 0 0 -",					/* an empty one, */
		"auth 9 0 4 0 ffffffff",				/* one that promises more than there is, */
		"auth 9 0 24 0 10000000545454545454545454545454545454540100000000",
		"auth 9 2 0 0 -",					/* one that says it is an error */
		"front 10 0 16 0 54545454545454545454545454545454",	/* a claim without a descriptor */
		"front 10 0 3 1 545454",				/* a ticket too short, */
		"front 10 0 17 1 5454545454545454545454545454545454",	/* too long */
		"front 1 0 0 1 -",					/* ready, with a descriptor, */
		"front 1 0 1 0 00",					/* with a word */
		"front 3 0 0 1 -",					/* retired, with a descriptor, */
		"front 3 0 1 0 00",					/* with a word */
		"front 10 0 4294967295 0 54",				/* 4 GiB */
		"auth 9 0 4294967295 0 54",
		"keys 10 0 16 1 54545454545454545454545454545454",	/* a ticket is nothing to it */
		"keys 14 2 0 0 -",
		"keys 15 0 4 0 ffffffff",
		"keys 14 0 4294967295 0 54",
		"session 12 0 0 0 -",					/* no question at all */
		"session 12 0 2 0 5050",				/* two */
		"session 12 0 1 0 41",					/* about no process */
		"session 12 0 6 0 410100000000",
		"session 12 0 1 1 50",					/* with a descriptor */
		"session 12 0 4294967295 0 50",
	};

	(void)state;
	assert_int_equal(FM_RETIRE, 3);
	assert_int_equal(FM_GRANT, 9);
	assert_int_equal(FM_CLAIM, 10);
	assert_int_equal(FM_SPOOL, 12);
	attack_parent(plans, sizeof plans / sizeof plans[0]);
}

/* Well formed, and yet no. */
static void
test_refused(void **state)
{
	static const char *const	plans[][2] = {
		{ "auth grants", NULL }, { "front claims", "claims are through" }, { "session spool", "spool is through" },
		{ "auth sandbox", "sandbox is through" },
	};
	static struct victim		v[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		victim_start(&v[i], plans[i][0]);
	for (size_t i = 0; i < 4; i++) {
		assert_true(log_await(&v[i], plans[i][1] != NULL ? plans[i][1] : "role auth died"));
		if (log_has(&v[i], "BAD", NULL) || !log_has(&v[i], "ready", NULL)) {
			log_show(&v[i]);
			fail_msg("%s", plans[i][0]);
		}
		assert_int_equal(waitpid(v[i].pid, NULL, WNOHANG), 0);
		victim_stop(&v[i]);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_teardown(test_refused, victims_end),
		cmocka_unit_test_teardown(test_malformed, victims_end), cmocka_unit_test_teardown(test_forbidden, victims_end),
	};
	const char		*where = getenv("ANGARIUM_MODULES");

	if (argc > 1) {					/* a daemon under attack, or a role of it */
		if (argc == 3 && strcmp(argv[1], "-role") == 0 && where != NULL)
			return daemon_role(argc, argv, where);
		return front_main(argc, argv, &toy);
	}
	sig_ignore(SIGPIPE);
	if (os_self_path(argv[0], self, sizeof self) == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
