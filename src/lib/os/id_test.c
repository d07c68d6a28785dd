#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/id.h"
#include "os/load.h"
#include "os/module.h"
#include "os/user.h"

static struct arena	*m;
static char		*program, **arguments;

static int
in_child(int (*fn)(void))
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int
child_drop(void)
{
	struct err	e = ERR_INIT;
	gid_t		groups[64];
	int		n;

	if (os_id_drop(NULL, 4711, 4712, &e) == -1)
		return 1;
	n = getgroups(64, groups);
	if (getuid() != 4711 || geteuid() != 4711 || getgid() != 4712 || getegid() != 4712)
		return 2;
	if (n > 1 || (n == 1 && groups[0] != 4712))
		return 3;
	if (setuid(0) == 0 || setgid(0) == 0 || seteuid(0) == 0)
		return 4;
	if (os_id_drop(NULL, 4711, 4712, &e) != 0)	/* already there */
		return 5;
	return os_id_drop(NULL, 4713, 4712, &e) == -1 && e.class == ERR_PERM ? 0 : 6;
}

static int
child_drop_setid(void)
{
	struct err	e;

	/* as a set-group-id program started by 4711:4712 */
	if (setresgid(4712, 4799, 4799) == -1 || setresuid(4711, 4711, 4711) == -1)
		return 1;
	if (!os_id_is_setid() || os_id_drop_setid(&e) == -1)
		return 2;
	if (getegid() != 4712 || setegid(4799) == 0)
		return 3;
	return 0;
}

static int
child_stay(void)
{
	struct err	e;

	return os_id_drop(NULL, getuid(), getgid(), &e) == 0 && os_id_drop(NULL, 4711, 4712, &e) == -1 ? 0 : 1;
}

static void
dropping(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		assert_int_equal(in_child(child_drop), 0);
		assert_int_equal(in_child(child_drop_setid), 0);
	} else
		assert_int_equal(in_child(child_stay), 0);
	assert_false(os_id_is_setid());
}

static void
users(void **state)
{
	struct os_user	u;
	struct err	e;
	gid_t		gid = 77;
	uid_t		uid = 77;

	(void)state;
	assert_int_equal(os_user_by_name(STR("root"), m, &u, &e), 1);
	assert_true(u.uid == 0 && u.gid == 0 && str_eq_c(u.name, "root") && u.home.n > 0);
	assert_int_equal(os_user_by_uid(0, m, &u, &e), 1);
	assert_true(str_eq_c(u.name, "root"));
	assert_int_equal(os_user_by_name(STR("no-such-user-here"), m, &u, &e), 0);
	assert_int_equal(os_user_by_name(STR(""), m, &u, &e), 0);
	assert_int_equal(os_user_by_name(STR("root\0x"), m, &u, &e), 0);
	assert_int_equal(os_user_by_name(STR("root:x"), m, &u, &e), 0);
	assert_int_equal(os_user_by_name(STR("../root"), m, &u, &e), 0);
	assert_int_equal(os_user_by_uid(2000123456, m, &u, &e), 0);
	assert_int_equal(os_group_by_name(STR("0"), &gid, &e), 1);
	assert_int_equal(gid, 0);
	assert_int_equal(os_group_by_name(STR("daemon"), &gid, &e), 1);
	assert_int_equal(os_group_by_name(STR("no-such-group"), &gid, &e), 0);
	assert_int_equal(os_user_spec(STR("root"), &uid, &gid, &e), 0);
	assert_true(uid == 0 && gid == 0);
	assert_int_equal(os_user_spec(STR("1234:5678"), &uid, &gid, &e), 0);
	assert_true(uid == 1234 && gid == 5678);
	assert_int_equal(os_user_spec(STR("root:daemon"), &uid, &gid, &e), 0);
	assert_int_equal(uid, 0);
	assert_int_equal(os_user_spec(STR("2000123456"), &uid, &gid, &e), -1);
	assert_non_null(strstr(e.text, "no group"));
	assert_int_equal(os_user_spec(STR("no-such-user:0"), &uid, &gid, &e), -1);
	assert_int_equal(os_user_spec(STR("root:no-such-group"), &uid, &gid, &e), -1);
	assert_int_equal(os_user_spec(STR(""), &uid, &gid, &e), -1);
	assert_int_equal(os_user_spec(STR(":0"), &uid, &gid, &e), -1);
}

static void
modules(void **state)
{
	struct err	e = ERR_INIT;

	(void)state;
	setenv("ANGARIUM_MODULES", "/nonexistent", 1);
	assert_null(os_module_open("none", 1, &e));
	assert_int_equal(e.class, ERR_PERM);
	assert_null(os_module_open("../../evil", 1, &e));
	assert_int_equal(e.class, ERR_BUG);
}

/* What ps would show, where there is a /proc to ask. */
static size_t
command_line(char *line, size_t size)
{
	FILE	*f = fopen("/proc/self/cmdline", "r");
	size_t	 n;

	if (f == NULL)
		return 0;
	n = fread(line, 1, size - 1, f);
	fclose(f);
	line[n] = '\0';
	return n;
}

static void
title(void **state)
{
	const char	*preload = getenv("LD_PRELOAD");
	char		 line[256] = "";

	(void)state;
	os_title_set("testing: %d titles", 3);
	/* valgrind makes up a /proc/self/cmdline that does not change */
	if (command_line(line, sizeof line) > 0 && (preload == NULL || strstr(preload, "vgpreload") == NULL))
		assert_string_equal(line, "testing: 3 titles");
	assert_non_null(getenv("PATH"));
	assert_string_equal(program, arguments[0]);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dropping), cmocka_unit_test(users), cmocka_unit_test(modules), cmocka_unit_test(title)
	};
	int	rc;

	if ((program = strdup(argv[0])) == NULL)
		return 1;
	os_title_init(argc, argv);
	arguments = argv;
	m = arena_new(ARENA_DEFAULT);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(&m);
	free(program);
	return rc;
}
