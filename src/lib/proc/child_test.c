/*
 * child_test - programs run with what they are given and nothing else; failures name their step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fd.h"
#include "proc/child.h"
#include "proc/reexec.h"
#include "proc/sig.h"

static int
sh(const char *script, struct str input, struct buf *out, int ms, int *status, struct err *e)
{
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c", (char *)(uintptr_t)script, NULL };
	char *envp[] = { (char *)(uintptr_t)"PATH=/usr/bin:/bin", NULL };
	struct child_spec c = { .path = "/bin/sh", .argv = argv, .envp = envp, .in = -1, .out = -1, .err = -1 };

	return child_run(&c, input, out, ms, status, e);
}

static void
runs(void **state)
{
	struct buf	out;
	struct err	e = ERR_INIT;
	int		status, leak = open("/dev/null", O_RDONLY);	/* not close-on-exec: must not be there */
	char		script[100];

	(void)state;
	assert_true(leak > 2);
	buf_init(&out, 1000);
	setenv("CHILD_TEST_SECRET", "1", 1);
	(void)snprintf(script, sizeof script, "cat; pwd; echo \"[$CHILD_TEST_SECRET]\"; [ -e /dev/fd/%d ] && echo leak; exit 3", leak);
	assert_int_equal(sh(script, STR("input\n"), &out, 5000, &status, &e), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	assert_string_equal(buf_c(&out), "input\n/\n[]\n");
	/* a program that reads nothing of a long input, and one that writes too much */
	char *big = calloc(1, 500000);
	buf_clear(&out);
	assert_int_equal(sh("echo done", str_mem(big, 500000), &out, 5000, &status, &e), 0);
	assert_string_equal(buf_c(&out), "done\n");
	buf_clear(&out);
	assert_int_equal(sh("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", STR(""), &out, 10000, &status, &e), -1);
	assert_int_equal(e.class, ERR_PERM);
	free(big);
	close(leak);
	buf_done(&out);
}

static void
fails(void **state)
{
	char			*argv[] = { (char *)(uintptr_t)"x", NULL };
	struct child_spec	 c = { .path = "/nonexistent/program", .argv = argv, .in = -1, .out = -1, .err = -1 };
	struct err		 e = ERR_INIT;
	struct buf		 out;
	int			 status;

	(void)state;
	assert_int_equal(child_start(&c, &e), -1);
	assert_int_equal(e.class, ERR_PERM);
	assert_non_null(strstr(e.text, "/nonexistent/program: execute"));
	c.path = "/bin/sh";
	c.dir = "/nonexistent";
	assert_int_equal(child_start(&c, &e), -1);
	assert_non_null(strstr(e.text, "change folder"));
	buf_init(&out, 1000);
	assert_int_equal(sh("sleep 30", STR(""), &out, 50, &status, &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_true(WIFSIGNALED(status));
	buf_done(&out);
}

/* As root: the program is that user and cannot come back. */
static void
drops(void **state)
{
	char		*argv[] = { (char *)(uintptr_t)"id", NULL };
	struct child_spec c = { .path = "/usr/bin/id", .argv = argv, .in = -1, .out = -1, .err = -1, .drop = true };
	struct buf	 out;
	struct err	 e = ERR_INIT;
	int		 status;
	char		 want[64];

	(void)state;
	c.uid = geteuid() == 0 ? 65534 : geteuid();
	c.gid = geteuid() == 0 ? 65533 : getegid();
	buf_init(&out, 1000);
	assert_int_equal(child_run(&c, STR(""), &out, 5000, &status, &e), 0);
	(void)snprintf(want, sizeof want, "uid=%ld", (long)c.uid);
	assert_non_null(strstr(buf_c(&out), want));
	(void)snprintf(want, sizeof want, "gid=%ld", (long)c.gid);
	assert_non_null(strstr(buf_c(&out), want));
	if (geteuid() == 0)
		assert_null(strstr(buf_c(&out), "groups=0"));
	buf_done(&out);
}

/* Our own test program, again, as a "role": it has a channel on 3 and says whether it accepts. */
static void
again(void **state)
{
	const char	*self = *state;
	static char	*env[] = { NULL };
	struct err	 e = ERR_INIT;
	int		 sock, status;
	char		 c = 0;
	pid_t		 pid;

	pid = reexec_start(self, "child_test", "test", -1, env, &sock, &e);
	assert_int_not_equal(pid, -1);
	assert_int_equal(read(sock, &c, 1), 1);
	assert_int_equal(c, 'y');
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(sock);
}

static void
flags(void **state)
{
	(void)state;
	assert_int_equal(sig_flag(SIGUSR2), 0);
	assert_false(sig_take(SIGUSR2));
	raise(SIGUSR2);
	assert_true(sig_take(SIGUSR2));
	assert_false(sig_take(SIGUSR2));
	signal(SIGUSR2, SIG_DFL);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs), cmocka_unit_test(fails), cmocka_unit_test(drops),
		cmocka_unit_test_prestate(again, argv[0]), cmocka_unit_test(flags)
	};
	struct err e = ERR_INIT;

	if (argc == 3 && strcmp(argv[1], "-role") == 0) {
		char c = reexec_accept(&e) == 0 && fcntl(4, F_GETFD) == -1 ? 'y' : 'n';

		return write(REEXEC_CHAN, &c, 1) == 1 ? 0 : 1;
	}
	sig_ignore(SIGPIPE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
