/*
 * map_test - every class on real files, with the answers sendmail 8.17 gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bdb/bdb.h"
#include "map/map_int.h"
#include "os/user.h"

static struct arena	*test_arena;
static char		 test_dir[] = "/tmp/map_test.XXXXXX";
static struct map	*test_maps[40];
static size_t		 test_nmaps;

static int
test_open(void *arg, const struct map *m, const char *path, int *fd, struct err *e)
{
	(void)arg;
	(void)m;
	if ((*fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(e, ERR_TEMP, "%s", path);
	return 0;
}

static int
test_user(void *arg, struct str name, struct arena *a, struct os_user *u, struct err *e)
{
	(void)arg;
	(void)a;
	if (str_eq_c(name, "sick"))
		return err_set(e, ERR_TEMP, "directory is down");
	if (!str_eq_c(name, "root"))
		return 0;
	*u = (struct os_user){ STR_INIT("root"), STR_INIT("Charlie &"), STR_INIT("/root"), STR_INIT("/bin/sh"), 0, 0 };
	return 1;
}

static struct map *
test_find(void *arg, struct str name)
{
	(void)arg;
	for (size_t i = 0; i < test_nmaps; i++)
		if (str_eq(map_name(test_maps[i]), name))
			return test_maps[i];
	return NULL;
}

static size_t
test_service(void *arg, struct str service, struct str *out, size_t max)
{
	(void)arg;
	if (!str_eq_c(service, "aliases") || max < 2)
		return 0;
	out[0] = STR("nis");
	out[1] = STR("files");
	return 2;
}

static const struct map_env test_env = {
	.open = test_open, .user = test_user, .find = test_find, .service = test_service, .blank_sub = '.', .expand_cnames = true
};

static struct map *
test_map(const char *name, const char *class, const char *args)
{
	struct err	 e = ERR_INIT;
	struct map	*m = map_new(test_arena, &test_env, (int)test_nmaps, str_c(name), str_c(class), str_c(args), "test", &e);

	if (m == NULL)
		fail_msg("%s", e.text);
	return test_maps[test_nmaps++] = m;
}

/* "value", or "-" none, or "T" temporary, "T:value" when tagged. */
static const char *
test_ask(struct map *m, const char *key, const char *a1, const char *a2)
{
	static char	 answer[1024];
	struct str	 args[2] = { str_c(a1), str_c(a2) };
	struct map_call	 call = { .scratch = test_arena };
	struct buf	 v;
	struct err	 e = ERR_INIT;
	enum map_result	 r;

	buf_init(&v, 0);
	r = map_lookup(m, &call, str_c(key), args, a1 == NULL ? 0 : a2 == NULL ? 1 : 2, &v, &e);
	snprintf(answer, sizeof answer, "%s%s", r == MAPR_NONE ? "-" : r == MAPR_TEMP ? v.n > 0 ? "T:" : "T" : "",
	    r == MAPR_NONE ? "" : buf_c(&v));
	buf_done(&v);
	return answer;
}

static char *
test_file(const char *name, const char *content)
{
	static char	path[256];
	FILE		*f;

	snprintf(path, sizeof path, "%s/%s", test_dir, name);
	if (content != NULL) {
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(content, f);
		fclose(f);
	}
	return path;
}

static void
test_bdb_build(const char *name, enum bdb_type type, const char *const kv[][2], bool nul)
{
	struct err		 e = ERR_INIT;
	struct bdb_how		 how = { .type = type };
	const struct bdb_ops	*ops = bdb_library(NULL) != NULL ? bdb_library(NULL) : &bdb_ops_own;
	struct bdb		*b;
	char			*path = test_file(name, NULL);
	uint32_t		 buckets;

	unlink(path);
	b = ops == NULL ? NULL : ops->create(path, &how, &buckets, &e);
	if (b == NULL)
		fail_msg("%s", e.text);
	for (size_t i = 0; kv[i][0] != NULL; i++)
		assert_int_equal(ops->put(b, str_mem(kv[i][0], strlen(kv[i][0]) + nul), str_mem(kv[i][1], strlen(kv[i][1]) + nul), 0, &e), 0);
	assert_int_equal(ops->finish(&b, &e), 0);
}

static const char *const test_rows[][2] = {
	{ "foo", "bar baz" }, { "k2", "v%1x%0y%%z %2 %3 %9" }, { "a.b", "dotted" }, { "xy", "plain" }, { NULL, NULL }
};

static const char *
test_args(const char *flags, const char *file)
{
	static char	args[512];

	snprintf(args, sizeof args, "%s %s/%s", flags, test_dir, file);
	return args;
}

static void
test_hash(void **state)
{
	struct map	*m;

	(void)state;
	test_bdb_build("h.db", BDB_HASH, test_rows, false);
	test_bdb_build("n.db", BDB_BTREE, test_rows, true);
	m = test_map("h", "hash", test_args("-a<ok> -T<tmp>", "h"));
	assert_string_equal(test_ask(m, "FOO", NULL, NULL), "bar baz<ok>");
	assert_string_equal(test_ask(m, "\"f\"oo", NULL, NULL), "bar baz<ok>");
	assert_string_equal(test_ask(m, "k2", "AA", "BB"), "vAAxk2y%z BB  <ok>");
	assert_string_equal(test_ask(m, "nope", NULL, NULL), "-");
	m = test_map("hf", "hash", test_args("-f", "h.db"));
	assert_string_equal(test_ask(m, "FOO", NULL, NULL), "-");
	assert_string_equal(test_ask(m, "foo", NULL, NULL), "bar baz");
	m = test_map("hm", "hash", test_args("-m -a.x", "h"));
	assert_string_equal(test_ask(m, "FOO", NULL, NULL), "FOO.x");
	m = test_map("hq", "hash", test_args("-q", "h"));
	assert_string_equal(test_ask(m, "\"foo\"", NULL, NULL), "-");
	m = test_map("n", "btree", test_args("-T -o", "n.db"));
	assert_string_equal(test_ask(m, "foo", NULL, NULL), "bar baz");
	m = test_map("nO", "btree", test_args("-O", "n.db"));
	assert_string_equal(test_ask(m, "foo", NULL, NULL), "-");
	m = test_map("nN", "hash", test_args("-N", "n"));		/* the file knows that it is a btree */
	assert_string_equal(test_ask(m, "foo", NULL, NULL), "bar baz");
	m = test_map("imp", "implicit", test_args("", "n"));
	assert_string_equal(test_ask(m, "xy", NULL, NULL), "plain");
}

static void
test_missing_damaged(void **state)
{
	struct map	*m;
	char		 junk[9000];

	(void)state;
	m = test_map("mo", "hash", test_args("-o", "missing"));
	assert_string_equal(test_ask(m, "a", NULL, NULL), "-");
	m = test_map("mm", "hash", test_args("", "missing"));
	assert_string_equal(test_ask(m, "a", NULL, NULL), "T");
	m = test_map("mt", "hash", test_args("-t", "missing"));
	assert_string_equal(test_ask(m, "a", NULL, NULL), "-");
	memset(junk, 'x', sizeof junk - 1);
	junk[sizeof junk - 1] = '\0';
	test_file("bad.db", junk);
	m = test_map("bad", "hash", test_args("-T<TMPF>", "bad"));
	assert_string_equal(test_ask(m, "\"Key\"", NULL, NULL), "T:Key<TMPF>");
	m = test_map("bado", "hash", test_args("-o", "bad"));
	assert_string_equal(test_ask(m, "Key", NULL, NULL), "T");		/* damaged is not missing */
}

static void
test_replaced(void **state)
{
	static const char *const	other[][2] = { { "foo", "second" }, { NULL, NULL } };
	struct map			*m;
	char				 from[256];

	(void)state;
	test_bdb_build("r.db", BDB_HASH, test_rows, false);
	m = test_map("r", "hash", test_args("", "r"));
	assert_string_equal(test_ask(m, "foo", NULL, NULL), "bar baz");
	test_bdb_build("r2.db", BDB_HASH, other, false);
	snprintf(from, sizeof from, "%s", test_file("r2.db", NULL));
	assert_int_equal(rename(from, test_file("r.db", NULL)), 0);
	assert_string_equal(test_ask(m, "foo", NULL, NULL), "bar baz");		/* within a transaction: the same map */
	map_check(m);
	assert_string_equal(test_ask(m, "foo", NULL, NULL), "second");
}

static void
test_text(void **state)
{
	struct map	*m;

	(void)state;
	test_file("t", "k1 v1 w\nK2\tv2\n#c c\n\nk3\r\n");
	test_file("t2", "a:b:c d\nE:f\n x:y:z\n");
	m = test_map("t", "text", test_args("", "t"));
	assert_string_equal(test_ask(m, "K1", NULL, NULL), "k1");
	assert_string_equal(test_ask(m, "k2", NULL, NULL), "K2");
	assert_string_equal(test_ask(m, "k3", NULL, NULL), "k3");
	assert_string_equal(test_ask(m, "#c", NULL, NULL), "-");
	m = test_map("t1", "text", test_args("-v 1", "t"));
	assert_string_equal(test_ask(m, "k2", NULL, NULL), "v2");
	assert_string_equal(test_ask(m, "k3", NULL, NULL), "-");
	m = test_map("tc", "text", test_args("-k0 -v2 -z:", "t2"));
	assert_string_equal(test_ask(m, "a", NULL, NULL), "c d");
	assert_string_equal(test_ask(m, "e", NULL, NULL), "-");
	assert_string_equal(test_ask(m, "x", NULL, NULL), "-");
	m = test_map("seq", "sequence", "none t tc");
	assert_string_equal(test_ask(m, "a", NULL, NULL), "c d");
	m = test_map("bad0", "text", test_args("", "missing"));
	m = test_map("seqt", "sequence", "bad0 t");
	assert_string_equal(test_ask(m, "k1", NULL, NULL), "k1");
	assert_string_equal(test_ask(m, "nope", NULL, NULL), "T");
	m = test_map("self", "sequence", "self");
	assert_string_equal(test_ask(m, "nope", NULL, NULL), "-");
	test_map("ali.files", "text", test_args("-v1", "t"));
	m = test_map("ali", "switch", "aliases");
	assert_string_equal(test_ask(m, "k1", NULL, NULL), "v1");
}

static void
test_pure(void **state)
{
	static const struct { const char *op, *a, *b, *want; } sums[] = {
		{ "+", "2", "3", "5" }, { "-", "2", "3", "-1" }, { "*", "2", "3", "6" }, { "/", "7", "2", "3" }, { "/", "7", "0", "-" },
		{ "%", "7", "2", "1" }, { "%", "7", "0", "-" }, { "=", "7", "7", "TRUE" }, { "l", "7", "8", "TRUE" }, { "l", "8", "7", "FALSE" },
		{ "|", "1", "2", "3" }, { "&", "3", "2", "2" }, { "r", "1", "1", "1" }, { "r", "5", "1", "-" }, { "q", "1", "2", "-" },
		{ "+", "a", "2", "2" }, { "/", "-9223372036854775808", "-1", "-" }, { "*", "9223372036854775807", "2", "-2" }, { "+", "2", NULL, "-" },
	};
	static const struct { const char *in, *want; } quotes[] = {
		{ "\"a b\"", "-" }, { "\"a.b\"", "a.b" }, { "\"a@b\"", "a@b" }, { "abc", "-" }, { "\"a<b\"", "-" }, { "\"a(b\"", "-" },
		{ "\"a\\\"b\"", "a\\\"b" }, { "\"a\"\"b\"", "ab" }, { "\"\"", "" }, { "\"abc", "-" }, { "\"a>b<\"", "-" },
	};
	struct map	*m = test_map("ar", "arith", "");

	(void)state;
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		assert_string_equal(test_ask(m, sums[i].op, sums[i].a, sums[i].b), sums[i].want);
	m = test_map("dq", "dequote", "");
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++)
		assert_string_equal(test_ask(m, quotes[i].in, NULL, NULL), quotes[i].want);
	m = test_map("dqs", "dequote", "-s-");
	assert_string_equal(test_ask(m, "\"a b\"", NULL, NULL), "a-b");
	m = test_map("nul", "null", "");
	assert_string_equal(test_ask(m, "a", NULL, NULL), "-");
	m = test_map("pw", "user", "");
	assert_string_equal(test_ask(m, "ROOT", NULL, NULL), "root");
	assert_string_equal(test_ask(m, "none", NULL, NULL), "-");
	assert_string_equal(test_ask(m, "sick", NULL, NULL), "T");
	m = test_map("pwd", "user", "-v dir");
	assert_string_equal(test_ask(m, "root", NULL, NULL), "/root");
	m = test_map("arpa", "arpa", "");
	assert_string_equal(test_ask(m, "1.2.3.4", NULL, NULL), "4.3.2.1");
	assert_string_equal(test_ask(m, "nonsense", NULL, NULL), "-");
}

static void
test_regex(void **state)
{
	struct map	*m;

	(void)state;
	m = test_map("re", "regex", "-s1,2 -a@X ^([a-z]+)([0-9]+)$");
	assert_string_equal(test_ask(m, "ABC123", NULL, NULL), "ABC$|123@X");
	assert_string_equal(test_ask(m, "123", NULL, NULL), "-");
	m = test_map("ren", "regex", "-n -a@N abc");
	assert_string_equal(test_ask(m, "xabcx", NULL, NULL), "-");
	assert_string_equal(test_ask(m, "zz", NULL, NULL), "@N");
	m = test_map("rem", "regex", "-m -a@M abc");
	assert_string_equal(test_ask(m, "xabcx", NULL, NULL), "xabcx@M");
	m = test_map("res", "regex", "-s abc(d?)");
	assert_string_equal(test_ask(m, "xabcd", NULL, NULL), "abcd$|d");
	assert_string_equal(test_ask(m, "xabc", NULL, NULL), "abc$|");
	m = test_map("red", "regex", "-s1,2 -d- (a+)(b+)");
	assert_string_equal(test_ask(m, "xaabbx", NULL, NULL), "aa-bb");
	m = test_map("ref", "regex", "-f -m abc");
	assert_string_equal(test_ask(m, "ABC", NULL, NULL), "-");
}

static void
test_refused(void **state)
{
	static const struct { const char *class, *args; } bad[] = {
		{ "nosuch", "x" }, { "dbm", "/x" }, { "hash", "" }, { "hash", "-j /a" }, { "hash", "-ox /a" },
		{ "regex", "" }, { "regex", "(a" }, { "regex", "-s5 (a)" }, { "regex", "-sx (a)" }, { "dns", "" }, { "dns", "-R BOGUS" },
		{ "user", "-v color" }, { "sequence", "" }, { "switch", "" }, { "program", "ls" }, { "arith", "x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err	e = ERR_INIT;

		assert_null(map_new(test_arena, &test_env, 0, STR("m"), str_c(bad[i].class), str_c(bad[i].args), "test", &e));
		assert_true(strstr(e.text, "map m") != NULL);
	}
}

static int
test_setup(void **state)
{
	(void)state;
	test_arena = arena_new(ARENA_DEFAULT);
	return mkdtemp(test_dir) == NULL ? -1 : 0;
}

static int
test_teardown(void **state)
{
	static const char *const	names[] = { "h.db", "n.db", "bad.db", "r.db", "t", "t2" };

	(void)state;
	for (size_t i = 0; i < test_nmaps; i++)
		map_close(test_maps[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(test_file(names[i], NULL));
	arena_free(&test_arena);
	return rmdir(test_dir);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_hash), cmocka_unit_test(test_missing_damaged), cmocka_unit_test(test_replaced), cmocka_unit_test(test_text),
		cmocka_unit_test(test_pure), cmocka_unit_test(test_regex), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
