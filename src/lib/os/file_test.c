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

#include "base/arena.h"
#include "os/file.h"
#include "os/load.h"
#include "os/lock.h"

#define OWNER	12345		/* somebody who is neither root nor we */

static char	dir[] = "/tmp/file_testXXXXXX";

static const char *
in_dir(const char *name)
{
	static char	path[4][128];
	static unsigned	i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof path[i], "%s/%s", dir, name);
	return path[i];
}

static void
put(const char *name, mode_t mode)
{
	struct err	e;

	if (os_replace(in_dir(name), STR("text"), mode, &e) == -1)
		fail_msg("%s", e.text);
}

static int
open_safe(const char *name, int flags, unsigned allow, struct err *e)
{
	int	fd = os_open_safe(in_dir(name), flags, 0600, OWNER, allow ^ OS_SAFE_STICKY, NULL, e)	/* we work in /tmp: the bit switches it off */;

	if (fd != -1)
		close(fd);
	return fd == -1 ? -1 : 0;
}

static void
safe_files(void **state)
{
	static const struct {
		const char	*name;
		unsigned	 allow;
		const char	*want;		/* part of the sentence; NULL: opens */
	} rows[] = {
		{ "plain", 0, NULL }, { "group", 0, "group writable" }, { "group", OS_SAFE_GROUPWRITE, NULL },
		{ "world", OS_SAFE_GROUPWRITE, "world writable" }, { "world", OS_SAFE_WORLDWRITE|OS_SAFE_GROUPWRITE, NULL },
		{ "link", 0, "symbolic link" }, { "link", OS_SAFE_LINK, NULL }, { "hard1", 0, "has 2 links" }, { "hard2", OS_SAFE_LINK, NULL },
		{ "fifo", 0, "not a plain file" }, { "fifo", OS_SAFE_NOTREG, NULL }, { "none", 0, "No such file" },
		{ "open/f", 0, "folder is" }, { "open/f", OS_SAFE_DIRWORLD|OS_SAFE_DIRGROUP, NULL }, { "open/f", OS_SAFE_NOPATH, NULL },
		{ "sticky/f", 0, NULL }, { "sticky/f", OS_SAFE_STICKY, "folder is world" }, { "dirlink/f", 0, NULL },
		{ "link", OS_SAFE_LINKSAFE, NULL }, { "open/l", OS_SAFE_LINKSAFE|OS_SAFE_DIRWORLD|OS_SAFE_DIRGROUP, "symbolic link" },
		{ "open/l", OS_SAFE_LINK|OS_SAFE_DIRWORLD|OS_SAFE_DIRGROUP, NULL }, { "groupdir/f", 0, "folder is group" },
		{ "groupdir/f", OS_SAFE_GROUPDIR, NULL }, { "groupdir/f", OS_SAFE_DIRGROUP, NULL }, { "groupdir/l", OS_SAFE_GROUPDIR|OS_SAFE_LINKSAFE, NULL },
		{ "groupdir/l", OS_SAFE_DIRGROUP|OS_SAFE_LINKSAFE, "symbolic link" }, { "open/f", OS_SAFE_GROUPDIR, "folder is world" }, { "none/f", 0, "No such file" }, { "plain/f", 0, "" },
	};
	struct err	e;
	int		rc;

	(void)state;
	put("plain", 0644);
	put("group", 0664);
	put("world", 0666);
	put("hard1", 0600);
	assert_int_equal(link(in_dir("hard1"), in_dir("hard2")), 0);
	assert_int_equal(symlink("plain", in_dir("link")), 0);
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	assert_int_equal(mkdir(in_dir("open"), 0700), 0);
	assert_int_equal(mkdir(in_dir("sticky"), 0700), 0);
	put("open/f", 0600);
	put("sticky/f", 0600);
	assert_int_equal(symlink("f", in_dir("open/l")), 0);
	assert_int_equal(mkdir(in_dir("groupdir"), 0700), 0);
	put("groupdir/f", 0600);
	assert_int_equal(symlink("f", in_dir("groupdir/l")), 0);
	assert_int_equal(chmod(in_dir("groupdir"), 0770), 0);
	assert_int_equal(chmod(in_dir("open"), 0777), 0);
	assert_int_equal(chmod(in_dir("sticky"), 01777), 0);
	assert_int_equal(symlink("sticky", in_dir("dirlink")), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		e = ERR_INIT;
		rc = open_safe(rows[i].name, O_RDONLY, rows[i].allow, &e);
		if ((rc == 0) != (rows[i].want == NULL))
			fail_msg("%s with %x: %s", rows[i].name, rows[i].allow, e.text);
		if (rc == -1 && strstr(e.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].name, e.text);
	}
}

static void
foreign_owner(void **state)
{
	struct err	e;

	(void)state;
	if (geteuid() != 0) {			/* /etc/passwd is root's, and that is fine for all */
		assert_int_not_equal(os_open_safe("/etc/passwd", O_RDONLY, 0, OWNER, OS_SAFE_NOPATH, NULL, &e), -1);
		return;
	}
	put("foreign", 0600);
	assert_int_equal(chown(in_dir("foreign"), OWNER + 1, OWNER), 0);
	assert_int_equal(open_safe("foreign", O_RDONLY, 0, &e), -1);
	assert_non_null(strstr(e.text, "belongs to user"));
	assert_int_equal(open_safe("foreign", O_RDONLY, OS_SAFE_ANYOWNER, &e), 0);
	assert_int_equal(chown(in_dir("foreign"), OWNER, OWNER), 0);
	assert_int_equal(open_safe("foreign", O_RDONLY, 0, &e), 0);
	assert_int_equal(mkdir(in_dir("theirs"), 0755), 0);
	put("theirs/f", 0600);
	assert_int_equal(chown(in_dir("theirs"), OWNER + 1, OWNER), 0);
	assert_int_equal(open_safe("theirs/f", O_RDONLY, 0, &e), -1);
	assert_non_null(strstr(e.text, "folder belongs"));
}

static void
creating_and_truncating(void **state)
{
	struct stat	st;
	struct err	e;

	(void)state;
	assert_int_equal(open_safe("new", O_WRONLY|O_CREAT, 0, &e), 0);
	put("precious", 0666);
	assert_int_equal(open_safe("precious", O_WRONLY|O_TRUNC, 0, &e), -1);
	assert_int_equal(stat(in_dir("precious"), &st), 0);
	assert_int_equal(st.st_size, 4);		/* judged before it is cut */
	assert_int_equal(chmod(in_dir("precious"), 0600), 0);
	assert_int_equal(open_safe("precious", O_WRONLY|O_TRUNC, 0, &e), 0);
	assert_int_equal(stat(in_dir("precious"), &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void
replacing(void **state)
{
	struct arena	*m = arena_new(ARENA_DEFAULT);
	struct stat	 a, b;
	struct str	 s;
	struct err	 e;
	uint64_t	 blocks, size, inodes;
	char		 self[4096];
	int		 fd;

	(void)state;
	put("file", 0640);
	assert_int_equal(stat(in_dir("file"), &a), 0);
	assert_int_equal(a.st_mode & 0777, 0640);
	assert_true(os_mtime(&a).tv_sec == a.st_mtime);
	assert_int_equal(os_replace(in_dir("file"), STR("other"), 0600, &e), 0);
	assert_int_equal(stat(in_dir("file"), &b), 0);
	assert_true(os_same_file(&a, &a) && b.st_size == 5);
	assert_int_equal(os_slurp(in_dir("file"), m, 100, &s, &e), 0);
	assert_true(str_eq_c(s, "other"));
	assert_int_equal(os_slurp(in_dir("file"), m, 4, &s, &e), -1);
	assert_int_equal(os_slurp(in_dir("nothing"), m, 4, &s, &e), -1);
	assert_int_equal(e.class, ERR_PERM);
	assert_int_equal(os_replace(in_dir("no/file"), STR("x"), 0600, &e), -1);
	assert_true((fd = open(dir, O_RDONLY)) != -1);
	assert_int_equal(os_sync_dir(fd), 0);
	assert_int_equal(os_fs_free(fd, &blocks, &size, &inodes), 0);
	assert_true(size >= 512);
	close(fd);
	assert_int_equal(os_self_path("file_test", self, sizeof self), 0);
	assert_true(self[0] == '/' && access(self, X_OK) == 0);
	arena_free(&m);
}

static int
locked_elsewhere(bool flocks, enum os_lock_how how, int timeout)
{
	int	status, fd;
	pid_t	pid = fork();

	if (pid == 0) {
		fd = open(in_dir("lock"), O_RDWR);
		if ((flocks ? os_flock(fd, how, false) : os_fcntl_lock(fd, how, timeout)) == 0)
			_exit(0);
		_exit(errno == EWOULDBLOCK ? 1 : 2);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void
locks(void **state)
{
	int	fd, other;

	(void)state;
	put("lock", 0600);
	fd = open(in_dir("lock"), O_RDWR);
	assert_int_equal(os_flock(fd, OS_LOCK_SHARED, true), 0);
	assert_int_equal(locked_elsewhere(true, OS_LOCK_SHARED, 0), 0);
	assert_int_equal(locked_elsewhere(true, OS_LOCK_EXCL, 0), 1);
	assert_int_equal(os_flock(fd, OS_LOCK_UNLOCK, true), 0);
	assert_int_equal(locked_elsewhere(true, OS_LOCK_EXCL, 0), 0);
	assert_int_equal(os_fcntl_lock(fd, OS_LOCK_EXCL, -1), 0);
	assert_int_equal(locked_elsewhere(false, OS_LOCK_SHARED, 0), 1);
	assert_int_equal(locked_elsewhere(false, OS_LOCK_EXCL, 30), 1);
	assert_int_equal(os_fcntl_lock(fd, OS_LOCK_UNLOCK, 0), 0);
	assert_int_equal(locked_elsewhere(false, OS_LOCK_EXCL, 1000), 0);
	other = open(in_dir("lock"), O_RDONLY);
	assert_int_equal(os_fcntl_lock(other, OS_LOCK_EXCL, 0), -1);	/* not open for writing: no wait */
	assert_int_not_equal(errno, EWOULDBLOCK);
	close(other);
	close(fd);
}

static int
see_interface(void *arg, const char *name, const char *addr)
{
	assert_true(name[0] != '\0' && addr[0] != '\0');
	if (strcmp(addr, "127.0.0.1") == 0)
		(*(int *)arg)++;
	return 0;
}

static void
machine(void **state)
{
	struct err	e;
	uint64_t	t = os_now_ms(), a = 0, b = 0;
	char		name[256];
	int		loopback = 0;

	(void)state;
	assert_true(t > 0 && os_now_ms() >= t);
	assert_true(os_load_avg() >= 0);
	assert_int_equal(os_hostname(name, sizeof name), 0);
	assert_true(name[0] != '\0');
	assert_int_equal(os_hostname(name, 0), -1);
	os_random(&a, sizeof a);
	os_random(&b, sizeof b);
	assert_true(a != b);
	assert_int_equal(os_interfaces(see_interface, &loopback, &e), 0);
}

static void
open_below(void **state)
{
	static const struct { const char *path; int sys; } cases[] = {	/* sys 0: it opens */
		{ "in", 0 }, { "sub/in", 0 }, { "sub//./in", 0 }, { "./in", 0 },
		{ "", ENOENT }, { "none", ENOENT }, { "..", EACCES }, { "../below/in", EACCES }, { "sub/../in", EACCES },
		{ "in/x", ENOTDIR }, { "sub/", EISDIR }, { "out/in", ENOTDIR }, { "outfile", ELOOP },
	};
	char	long_name[600];
	int	d, fd;

	(void)state;
	assert_int_equal(mkdir(in_dir("below"), 0755), 0);
	assert_int_equal(mkdir(in_dir("below/sub"), 0711), 0);
	close(open(in_dir("below/in"), O_CREAT | O_WRONLY, 0600));
	close(open(in_dir("below/sub/in"), O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink("..", in_dir("below/out")), 0);
	assert_int_equal(symlink("in", in_dir("below/outfile")), 0);
	d = open(in_dir("below"), O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		fd = os_open_below(d, cases[i].path, O_RDONLY, 0);
		if ((fd != -1) != (cases[i].sys == 0) || (fd == -1 && errno != cases[i].sys && !(errno == ELOOP && cases[i].sys == ENOTDIR)))
			fail_msg("%s: %d, %s", cases[i].path, fd, strerror(errno));
		if (fd != -1)
			close(fd);
	}
	memset(long_name, 'x', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	assert_int_equal(os_open_below(d, long_name, O_RDONLY, 0), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	close(d);
}

static int
set_up(void **state)
{
	(void)state;
	umask(022);
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = {
		"plain", "group", "world", "hard1", "hard2", "link", "fifo", "open/f", "open/l", "open", "groupdir/f", "groupdir/l", "groupdir", "sticky/f", "sticky", "dirlink",
		"foreign", "theirs/f", "theirs", "new", "precious", "file", "lock",
		"below/in", "below/sub/in", "below/out", "below/outfile", "below/sub", "below"
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		remove(in_dir(names[i]));
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(safe_files), cmocka_unit_test(foreign_owner), cmocka_unit_test(creating_and_truncating),
		cmocka_unit_test(replacing), cmocka_unit_test(open_below), cmocka_unit_test(locks), cmocka_unit_test(machine)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
