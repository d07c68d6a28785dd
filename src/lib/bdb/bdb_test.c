/*
 * bdb_test - files written by Berkeley DB's library and by us, read by our own reader: both orders of octets, duplicates, long items, many pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "bdb/bdb.h"
#include "bdb/bdbread.h"
#include "bdb/cdb.h"

static char	test_dir[] = "/tmp/bdb_test.XXXXXX";

static const char *
test_path(const char *name)
{
	static char	path[128];

	snprintf(path, sizeof path, "%s/%s", test_dir, name);
	return path;
}

static struct str
test_key(unsigned i)
{
	static char	key[5000];
	int		n = snprintf(key, sizeof key, "key%u", i);

	if (i % 97 == 13) {			/* some keys are longer than a page */
		memset(key + n, 'x', 4500);
		n += 4500;
	}
	return str_mem(key, (size_t)n);
}

static struct str
test_value(unsigned i)
{
	static char	value[20000];
	int		n = snprintf(value, sizeof value, "value of %u", i);

	if (i % 50 == 7) {
		memset(value + n, (int)('a' + i % 26), 15000);
		n += 15000;
	}
	return str_mem(value, (size_t)n);
}

static void
test_write(const struct bdb_ops *ops, const char *path, enum bdb_type type, unsigned flags, unsigned n, unsigned copies)
{
	struct bdb_how	 how = { .type = type, .flags = flags };
	struct err	 e = ERR_INIT;
	uint32_t	 buckets;
	struct bdb	*b;

	unlink(path);
	if ((b = ops->create(path, &how, &buckets, &e)) == NULL)
		fail_msg("%s", e.text);
	for (unsigned i = 0; i < n; i++)
		for (unsigned c = 0; c < copies; c++)
			if (ops->put(b, test_key(i), test_value(i + c), flags, &e) != 0)
				fail_msg("%s", e.text);
	assert_int_equal(ops->finish(&b, &e), 0);
}

struct test_seen {
	unsigned	 count;
	struct str	 want;
	unsigned	 first;
};

static int
test_count(void *arg, struct str key, struct str value)
{
	struct test_seen	*s = arg;

	assert_true(key.n > 3 && value.n > 9 && memcmp(key.p, "key", 3) == 0);
	s->count++;
	return 0;
}

/* Values of one key come in the order in which they were written. */
static int
test_copies(void *arg, struct str key, struct str value)
{
	struct test_seen	*s = arg;

	assert_true(str_eq(key, s->want));
	assert_true(str_eq(value, test_value(s->first + s->count)));
	s->count++;
	return 0;
}

static void
test_read(const struct bdb_ops *ops, const char *path, unsigned n, unsigned copies)
{
	struct test_seen seen = { 0, STR_NONE, 0 };
	struct err	 e = ERR_INIT;
	struct buf	 v;
	struct bdb	*b = ops->open_fd(open(path, O_RDONLY), &e);

	if (b == NULL)
		fail_msg("%s: %s", path, e.text);
	if (ops->each(b, NULL, test_count, &seen, &e) != 0)
		fail_msg("%s: %s", path, e.text);
	assert_int_equal(seen.count, n * copies);
	buf_init(&v, 0);
	for (unsigned i = 0; i < n + 50; i++) {
		buf_clear(&v);
		assert_int_equal(ops->get(b, test_key(i), &v, &e), i < n);
		if (i < n)
			assert_true(str_eq(buf_str(&v), test_value(i)));
		if (i < n && i % 31 == 0) {
			struct str	key = test_key(i);

			seen = (struct test_seen){ 0, key, i };
			assert_int_equal(ops->each(b, &key, test_copies, &seen, &e), 0);
			assert_int_equal(seen.count, copies);
		}
	}
	assert_int_equal(ops->get(b, STR(""), &v, &e), 0);
	assert_int_equal(ops->get(b, STR("zzz"), &v, &e), 0);
	buf_done(&v);
	ops->close(b);
}

/* The library writes, both read; without it only our own files. */
static void
test_formats(void **state)
{
	static const struct {
		const char	*name;
		enum bdb_type	 type;
		unsigned	 flags, n, copies;
	} cases[] = {
		{ "h1", BDB_HASH, 0, 1, 1 }, { "h2", BDB_HASH, 0, 5000, 1 }, { "b1", BDB_BTREE, 0, 1, 1 }, { "b2", BDB_BTREE, 0, 5000, 1 },
		{ "d1", BDB_BTREE, BDB_DUP, 100, 3 }, { "d2", BDB_BTREE, BDB_DUP, 40, 700 }, { "d3", BDB_HASH, BDB_DUP, 100, 3 },
		{ "d4", BDB_HASH, BDB_DUP, 40, 300 }, { "h0", BDB_HASH, 0, 0, 1 }, { "b0", BDB_BTREE, 0, 0, 1 },
	};
	const struct bdb_ops	*lib = bdb_library(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (lib != NULL) {
			test_write(lib, test_path(cases[i].name), cases[i].type, cases[i].flags, cases[i].n, cases[i].copies);
			test_read(lib, test_path(cases[i].name), cases[i].n, cases[i].copies);
			test_read(&bdb_ops_own, test_path(cases[i].name), cases[i].n, cases[i].copies);
		}
		test_write(&bdb_ops_own, test_path("c"), BDB_CDB, cases[i].flags, cases[i].n, cases[i].copies);
		test_read(&bdb_ops_own, test_path("c"), cases[i].n, cases[i].copies);
	}
}

/* Files of the two kinds are told apart. */
static void
test_kind(void **state)
{
	const struct bdb_ops	*lib = bdb_library(NULL);
	int			 fd;

	(void)state;
	test_write(&bdb_ops_own, test_path("c"), BDB_CDB, 0, 3, 1);
	fd = open(test_path("c"), O_RDONLY);
	assert_true(cdb_is(fd));
	close(fd);
	if (lib == NULL)
		return;
	test_write(lib, test_path("h"), BDB_HASH, 0, 3, 1);
	fd = open(test_path("h"), O_RDONLY);
	assert_false(cdb_is(fd));
	close(fd);
}

/* Each octet of a small file is changed in turn: an answer, or an error, never a fall. */
static void
test_damage(void **state)
{
	static char		 file[64 << 10];
	const struct bdb_ops	*lib = bdb_library(NULL);
	struct bdbread		*r;
	struct buf		 v;
	ssize_t			 n;
	int			 fd;

	(void)state;
	if (lib == NULL)
		lib = &bdb_ops_own;
	for (int type = BDB_HASH; type <= BDB_BTREE; type++) {
		test_write(lib, test_path("x"), (enum bdb_type)type, 0, 20, 1);
		fd = open(test_path("x"), O_RDONLY);
		n = read(fd, file, sizeof file);
		close(fd);
		assert_true(n > 512);
		buf_init(&v, 0);
		for (ssize_t i = 0; i < n; i += i < 600 ? 1 : 7) {
			char	old = file[i];

			file[i] = (char)~old;
			if ((r = bdbread_open_mem(str_mem(file, (size_t)n), NULL)) != NULL) {
				for (unsigned k = 0; k < 20; k++)
					(void)bdbread_get(r, test_key(k), &v, NULL);
				bdbread_close(r);
			}
			file[i] = old;
		}
		for (ssize_t cut = 0; cut < n; cut += 100)
			if ((r = bdbread_open_mem(str_mem(file, (size_t)cut), NULL)) != NULL) {
				(void)bdbread_get(r, test_key(1), &v, NULL);
				bdbread_close(r);
			}
		buf_done(&v);
	}
}

static void
test_hashes(void **state)
{
	(void)state;
	assert_int_equal(bdb_hash(STR("")), 0);
	assert_int_equal(bdb_hash(STR("a")), 0x61);
	assert_int_equal(cdb_hash(STR("")), 5381);
	assert_int_equal(cdb_hash(STR("a")), 5381 * 33 ^ 'a');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats), cmocka_unit_test(test_kind), cmocka_unit_test(test_damage), cmocka_unit_test(test_hashes),
	};
	char	command[64];
	int	rc;

	if (mkdtemp(test_dir) == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	for (const char *p = "h1 h2 b1 b2 d1 d2 d3 d4 h0 b0 c h x"; *p != '\0'; p += strcspn(p, " "), p += *p == ' ') {
		snprintf(command, sizeof command, "%.*s", (int)strcspn(p, " "), p);
		unlink(test_path(command));
	}
	rmdir(test_dir);
	return rc;
}
