/*
 * spool_test - queue files are made, rewritten and removed in the promised order, and other people's files are not touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/hash.h"
#include "queue/order.h"
#include "queue/qid.h"
#include "queue/scan.h"
#include "queue/spool.h"
#include "queue/spool_spare.h"

static char dir[64];
static struct spool_dir *d;

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/spool_test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	return (d = spool_open(dir, 0600, NULL)) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	char	cmd[128];
	const char *sub[] = { "qfTEST00001", "dfTEST00001", "tfTEST00001", "hfTEST00001", "QfTEST00001", "qfTEST00002", "dfTEST00002",
		"tfTEST00002", "journal.df.3", "note", "qf/qfTEST00001", "df/dfTEST00001", "qf", "df" };

	(void)state;
	spool_close(&d);
	for (size_t i = 0; i < sizeof sub / sizeof *sub; i++) {
		snprintf(cmd, sizeof cmd, "%s/%s", dir, sub[i]);
		if (unlink(cmd) == -1)
			rmdir(cmd);
	}
	return rmdir(dir);
}

static bool
there(const char *name)
{
	struct stat st;

	return fstatat(d->fd, name, &st, 0) == 0;
}

static void
make_and_remove(void **state)
{
	struct err	e = ERR_INIT;
	struct buf	b;
	bool		trusted;
	uint64_t	size;
	int		lock, fd, other;

	(void)state;
	assert_int_equal(spool_write(d, STR("TEST00001"), STR("content\n"), STR("V8\n"), &lock, &e), 0);
	assert_true(there("dfTEST00001") && there("tfTEST00001") && !there("qfTEST00001"));
	assert_int_equal(spool_commit(d, STR("TEST00001"), true, 'q', &e), 0);
	assert_true(there("dfTEST00001") && !there("tfTEST00001") && there("qfTEST00001"));
	assert_int_equal(spool_sync_dir(d, &e), 0);
	/* our lock holds for the installed file */
	assert_int_equal(spool_lock(d, STR("TEST00001"), 'q', &other, &e), 1);
	/* the same id again is refused and harms nothing */
	assert_int_equal(spool_write(d, STR("TEST00001"), STR("x"), STR("y"), &other, &e), -1);
	assert_int_equal(spool_df_create(d, STR("TEST00001"), &other, &e), -1);
	assert_int_equal(e.sys, EEXIST);
	assert_int_equal(spool_replace(d, STR("TEST00001"), STR("V8\nnew\n"), &lock, &e), 0);
	assert_int_equal(spool_lock(d, STR("TEST00001"), 'q', &other, &e), 1);
	close(lock);
	assert_int_equal(spool_lock(d, STR("TEST00001"), 'q', &lock, &e), 0);
	buf_init(&b, 0);
	assert_int_equal(spool_read(lock, &b, &trusted, &e), 0);
	assert_true(trusted && str_eq_c(buf_str(&b), "V8\nnew\n"));
	buf_done(&b);
	assert_int_equal(spool_df_open(d, STR("TEST00001"), &fd, &size, &e), 0);
	assert_int_equal(size, 8);
	assert_int_equal(spool_df_size(d, STR("TEST00001"), &size, &e), 0);
	assert_int_equal(size, 8);
	assert_int_equal(spool_df_size(d, STR("TEST00009"), &size, &e), -1);
	assert_int_equal(e.sys, ENOENT);
	close(fd);
	assert_int_equal(spool_remove(d, STR("TEST00001"), 'q', &e), 0);
	assert_false(there("qfTEST00001") || there("dfTEST00001"));
	close(lock);
	assert_int_equal(spool_lock(d, STR("TEST00001"), 'q', &lock, &e), 1);	/* gone */
}

static void
split_shares_content(void **state)
{
	struct err	e = ERR_INIT;
	uint64_t	size;
	int		lock, fd;

	(void)state;
	assert_int_equal(spool_write(d, STR("TEST00001"), STR("abc"), STR("V8\n"), &lock, &e), 0);
	close(lock);
	assert_int_equal(spool_write_link(d, STR("TEST00002"), d, STR("TEST00001"), STR("V8\n"), &lock, &e), 0);
	close(lock);
	assert_int_equal(spool_commit(d, STR("TEST00002"), true, 'h', &e), 0);
	assert_true(there("qfTEST00002") == false);
	spool_abort(d, STR("TEST00001"));
	assert_int_equal(spool_df_open(d, STR("TEST00002"), &fd, &size, &e), 0);
	assert_int_equal(size, 3);
	close(fd);
	spool_abort(d, STR("TEST00002"));
	assert_false(there("hfTEST00002"));
}

static void
names_lead_nowhere_else(void **state)
{
	struct err	e = ERR_INIT;
	int		fd;
	char		path[128];

	(void)state;
	assert_int_equal(spool_df_create(d, STR("../x"), &fd, &e), -1);
	assert_int_equal(spool_df_create(d, STR("a/b/c/d"), &fd, &e), -1);
	assert_int_equal(spool_df_create(d, STR("aaaaabbbbbcccccdddddeeeee"), &fd, &e), -1);
	snprintf(path, sizeof path, "%s/qfTEST00001", dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(spool_lock(d, STR("TEST00001"), 'q', &fd, &e), -1);
}

static int
count(void *arg, char kind, struct str id)
{
	int *n = arg;

	assert_true(kind == 'q' || kind == 'd' || kind == 't');
	assert_true(str_starts(id, STR("TEST")));
	++*n;
	return 0;
}

static void
scanning(void **state)
{
	struct scan_head h;
	struct err	e = ERR_INIT;
	struct arena	*m = arena_new(ARENA_DEFAULT);
	struct str	*paths;
	size_t		npath;
	int		n = 0, fd, lock;

	(void)state;
	assert_int_equal(spool_write(d, STR("TEST00001"), STR("abc"), STR("V8\n"), &lock, &e), 0);
	close(lock);
	assert_int_equal(spool_commit(d, STR("TEST00001"), true, 'q', &e), 0);
	assert_int_equal(spool_df_create(d, STR("TEST00002"), &fd, &e), 0);
	close(fd);
	close(openat(d->fd, "note", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(scan_files(d, count, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_true(scan_head(STR("V8\nT100\nK200\nN3\nP-5\nF\n$_x\nSx\nT999\n"), &h));
	assert_int_equal(h.created, 100);
	assert_int_equal(h.last_try, 200);
	assert_int_equal(h.tries, 3);
	assert_int_equal(h.priority, -5);
	assert_false(scan_head(STR("V8\nT1"), &h));		/* a cut line says nothing */
	assert_int_equal(scan_dirs(str_c(dir), m, &paths, &npath, &e), 0);
	assert_int_equal(npath, 1);
	assert_int_equal(scan_dirs(STR("/tmp/spool_test.*"), m, &paths, &npath, &e), 0);
	assert_true(npath >= 1);
	assert_int_equal(scan_dirs(STR("/nowhere/q*"), m, &paths, &npath, &e), -1);
	assert_true(scan_matches(STR("/var/q/qd*"), STR("/var/q/qd1")));
	assert_true(scan_matches(STR("/var/q/"), STR("/var/q")));
	assert_false(scan_matches(STR("/var/q/qd*"), STR("/var/q/x1")));
	assert_false(scan_matches(STR("/var/q/qd*"), STR("/var/p/qd1")));
	assert_false(scan_matches(STR("/var/q"), STR("/var/q1")));
	arena_free(&m);
}

static void
sub_directories(void **state)
{
	struct err	e = ERR_INIT;
	struct spool_dir *s;
	int		lock;

	(void)state;
	assert_int_equal(mkdirat(d->fd, "qf", 0700), 0);
	assert_int_equal(mkdirat(d->fd, "df", 0700), 0);
	assert_non_null(s = spool_open(dir, 0600, &e));
	assert_int_equal(spool_write(s, STR("TEST00001"), STR("abc"), STR("V8\n"), &lock, &e), 0);
	close(lock);
	assert_int_equal(spool_commit(s, STR("TEST00001"), true, 'q', &e), 0);
	assert_int_equal(spool_sync_dir(s, &e), 0);
	assert_true(there("qf/qfTEST00001") && there("df/dfTEST00001"));
	spool_close(&s);
}

static void
ids(void **state)
{
	struct hash	*all = hash_new(NULL, 0);
	char		 a[QID_MAX];

	(void)state;
	for (int i = 0; i < 20000; i++) {		/* more than the sequences of five seconds */
		qid_next(a);
		assert_int_equal(strlen(a), QID_LEN);
		assert_true(qid_valid(str_c(a)) && !hash_has(all, str_c(a)));
		assert_int_equal(hash_put(all, str_c(a), a), 0);
	}
	hash_free(&all);
	assert_false(qid_valid(STR("abc")));
	assert_false(qid_valid(STR("abcdef.")));
}

static void
times(void **state)
{
	struct order_conf c = { .interval = 900, .recipient_factor = 30000, .class_factor = 1800, .retry_factor = 90000 };

	(void)state;
	assert_int_equal(order_priority(&c, 108, 0, 4), 120108);
	assert_int_equal(order_priority(&c, 100, -60, 1), 100 + 60 * 1800 + 30000);
	assert_true(order_next(&c, 1, 1000, 7) >= 1900 && order_next(&c, 9, 1000, 7) <= 1900 + 16);
	c.max_age = 7200;
	assert_true(order_next(&c, 3, 0, 0) >= 3600 && order_next(&c, 30, 0, 99) <= 7200 + 100);
	c.interval = 0;
	assert_true(order_next(&c, 1, 1000, 7) == INT64_MAX);
	assert_int_equal(order_back_off(&c, 1), 30);
	assert_int_equal(order_back_off(&c, 25), 1800);
}

/* A file is kept for another message only when nobody else can look into it, and is as short as asked for, or empty. */
static void
spares(void **state)
{
	char	path[128];
	int	fd, other, one;
	struct stat st;

	(void)state;
	assert_int_equal(spool_df_create(d, STR("TEST00001"), &fd, NULL), 0);
	assert_int_equal(write(fd, "secret", 6), 6);
	assert_int_equal(spool_spare_keep(d, SPARE_DF, STR("TEST00001"), 3, 4), -1);		/* its writer has it open */
	(void)snprintf(path, sizeof path, "%s/dfTEST00001", dir);
	assert_int_not_equal(other = open(path, O_RDONLY), -1);
	close(fd);
	assert_int_equal(spool_spare_keep(d, SPARE_DF, STR("TEST00001"), 3, 4), -1);		/* a reader */
	close(other);
	assert_int_equal(spool_write_link(d, STR("TEST00002"), d, STR("TEST00001"), STR("V8\n"), &one, NULL), 0);
	assert_int_equal(spool_spare_keep(d, SPARE_DF, STR("TEST00001"), 3, 4), -1);		/* another message's content */
	close(one);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 6);
	spool_abort(d, STR("TEST00002"));
	if (spool_spare_keep(d, SPARE_DF, STR("TEST00001"), 3, 4) == -1)
		return;		/* a system that does not tell who has a file open */
	assert_int_equal(stat(path, &st), -1);
	close(openat(d->fd, "qfTEST00002", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(spool_spare_use(d, SPARE_DF, 3, STR("TEST00002"), false, &fd), -1);	/* in use */
	assert_int_equal(spool_spare_use(d, SPARE_DF, 3, STR("../x"), false, &fd), -1);
	assert_int_equal(spool_spare_use(d, SPARE_DF, 2, STR("TEST00001"), false, &fd), -1);
	assert_int_equal(spool_spare_use(d, SPARE_DF, 3, STR("TEST00001"), false, &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(spool_spare_use(d, SPARE_DF, 3, STR("TEST00003"), false, &other), -1);
	close(fd);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(spool_spare_keep(d, SPARE_DF, STR("TEST00001"), 3, 4), 0);
	assert_int_equal(spool_spare_use(d, SPARE_DF, 3, STR("TEST00003"), true, &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	close(fd);
	spool_abort(d, STR("TEST00003"));
	spool_abort(d, STR("TEST00002"));
}

/* The same file holds one message after the other under its own name; one that waits longer has it as its df, too, or instead. */
static void
bodies(void **state)
{
	char		path[128], df[128];
	int		fd, lock;
	struct stat	st;
	uint64_t	size;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/journal.body.7", dir);
	(void)snprintf(df, sizeof df, "%s/dfTEST00002", dir);
	assert_int_equal(spool_df_create(d, STR("TEST00001"), &fd, NULL), 0);
	assert_int_equal(write(fd, "secret", 6), 6);
	close(fd);
	if (spool_spare_keep(d, SPARE_BODY, STR("TEST00001"), 7, 6) == -1) {
		spool_abort(d, STR("TEST00001"));
		return;		/* a system that does not tell who has a file open */
	}
	assert_int_equal(spool_spare_use(d, SPARE_BODY, 7, STR("../x"), false, &fd), -1);
	assert_int_equal(spool_spare_use(d, SPARE_BODY, 6, STR("TEST00002"), false, &fd), -1);
	assert_int_equal(spool_spare_use(d, SPARE_BODY, 7, STR("TEST00002"), false, &fd), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(stat(df, &st), -1);
	assert_int_equal(spool_body_size(d, 7, &size, NULL), 0);
	assert_int_equal(size, 6);
	assert_int_equal(spool_body_again(d, 7, 4), -1);		/* its writer has it open */
	close(fd);
	assert_int_equal(spool_body_open(d, 7, &fd, &size, NULL), 0);
	assert_int_equal(size, 6);
	assert_int_equal(write(fd, "x", 1), -1);			/* for reading */
	assert_int_equal(spool_body_again(d, 7, 4), -1);
	close(fd);
	assert_int_equal(spool_body_link(d, 7, d, STR("TEST00002"), NULL), 0);
	assert_int_equal(spool_body_link(d, 7, d, STR("TEST00002"), NULL), -1);
	assert_int_equal(spool_body_again(d, 7, 4), -1);		/* another name */
	assert_int_equal(spool_write(d, STR("TEST00002"), STR_NONE, STR("V8\n"), &lock, NULL), 0);
	close(lock);
	spool_spare_remove(d, SPARE_BODY, 7);
	assert_int_equal(stat(df, &st), 0);
	assert_int_equal(st.st_size, 6);
	assert_int_equal(spool_body_open(d, 7, &fd, &size, NULL), -1);
	assert_int_equal(spool_spare_keep(d, SPARE_BODY, STR("TEST00002"), 7, 6), 0);
	assert_int_equal(spool_body_again(d, 7, 4), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(spool_body_to_df(d, 7, STR("TEST00002"), NULL), 0);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(spool_body_to_df(d, 7, STR("TEST00002"), NULL), -1);
	spool_abort(d, STR("TEST00002"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(make_and_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(split_shares_content, setup, teardown),
		cmocka_unit_test_setup_teardown(names_lead_nowhere_else, setup, teardown),
		cmocka_unit_test_setup_teardown(scanning, setup, teardown),
		cmocka_unit_test_setup_teardown(sub_directories, setup, teardown),
		cmocka_unit_test_setup_teardown(spares, setup, teardown),
		cmocka_unit_test_setup_teardown(bodies, setup, teardown),
		cmocka_unit_test(ids),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
