/*
 * bdb_old_test - files of release 1.85, written here by hand in both orders of octets: a btree of two leaves with duplicates across them and long items, a hash table with
 * pages that go on and long pairs.  (The reader was also tried on files that a 1.85 library wrote.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "bdb/bdbread.h"

#define PAGE	512

static unsigned char	file[16 * PAGE];
static bool		big;		/* order of octets of the file being written */

static void
put(size_t at, uint32_t v, int n)
{
	for (int i = 0; i < n; i++)
		file[at + (size_t)(big ? n - 1 - i : i)] = (unsigned char)(v >> (8 * i));
}

static void
put_big(size_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		file[at + (size_t)(3 - i)] = (unsigned char)(v >> (8 * i));
}

/* ---- btree ---- */

static void
page(uint32_t pgno, uint32_t next, uint32_t kind)
{
	put(pgno * PAGE, pgno, 4);
	put(pgno * PAGE + 8, next, 4);
	put(pgno * PAGE + 12, kind, 4);
	put(pgno * PAGE + 16, 20, 2);
	put(pgno * PAGE + 18, PAGE, 2);
}

static size_t
number(size_t at)
{
	return big ? (size_t)file[at] << 8 | file[at + 1] : (size_t)file[at + 1] << 8 | file[at];
}

/* Room for an item of n octets on the page; where it is. */
static size_t
item(uint32_t pgno, size_t n)
{
	size_t	lower = number(pgno * PAGE + 16), upper = number(pgno * PAGE + 18) - n;

	put(pgno * PAGE + lower, (uint32_t)upper, 2);
	put(pgno * PAGE + 16, (uint32_t)lower + 2, 2);
	put(pgno * PAGE + 18, (uint32_t)upper, 2);
	return pgno * PAGE + upper;
}

static void
leaf(uint32_t pgno, const char *key, const char *value)
{
	size_t	at = item(pgno, 9 + strlen(key) + strlen(value));

	put(at, (uint32_t)strlen(key), 4);
	put(at + 4, (uint32_t)strlen(value), 4);
	memcpy(file + at + 9, key, strlen(key));
	memcpy(file + at + 9 + strlen(key), value, strlen(value));
}

static void
inner(uint32_t pgno, const char *key, uint32_t child)
{
	size_t	at = item(pgno, 9 + strlen(key));

	put(at, (uint32_t)strlen(key), 4);
	put(at + 4, child, 4);
	memcpy(file + at + 9, key, strlen(key));
}

static size_t
btree(void)
{
	size_t	at;

	memset(file, 0, sizeof file);
	put(0, 0x00053162, 4);
	put(4, 3, 4);
	put(8, PAGE, 4);
	page(1, 0, 1);
	page(2, 3, 2);
	page(3, 0, 2);
	page(4, 5, 4);
	page(5, 0, 4);
	inner(1, "", 2);
	inner(1, "dup", 3);
	leaf(2, "aa", "1");
	leaf(2, "bb", "2");
	leaf(2, "dup", "one");
	leaf(3, "dup", "two");
	leaf(3, "dup", "three");
	at = item(3, 9 + 4 + 8);			/* "long": its value is 600 octets on pages 4 and 5 */
	put(at, 4, 4);
	put(at + 4, 8, 4);
	file[at + 8] = 1;
	memcpy(file + at + 9, "long", 4);
	put(at + 13, 4, 4);
	put(at + 17, 600, 4);
	memset(file + 4 * PAGE + 20, 'x', PAGE - 20);
	memset(file + 5 * PAGE + 20, 'y', PAGE - 20);
	leaf(3, "zz", "9");
	return 6 * PAGE;
}

/* ---- hash ---- */

static uint32_t
hash(const char *key)
{
	uint32_t	h = 0;

	for (; *key != '\0'; key++)
		h = h * 33 + (unsigned char)*key;
	return h;
}

/* A pair at the end of a hash page. */
static void
pair(uint32_t pgno, const char *key, const char *value)
{
	size_t	base = pgno * PAGE, n = number(base), end = n == 0 ? PAGE : number(base + 2 * n);

	if (n > 0 && end < 4)
		fail_msg("the page goes on already");
	memcpy(file + base + end - strlen(key), key, strlen(key));
	put(base + 2 * (n + 1), (uint32_t)(end - strlen(key)), 2);
	end -= strlen(key) + strlen(value);
	memcpy(file + base + end, value, strlen(value));
	put(base + 2 * (n + 2), (uint32_t)end, 2);
	put(base, (uint32_t)n + 2, 2);
}

/* Page numbers in the table's chains. */
static uint32_t
address(uint32_t pgno)
{
	return 1 << 11 | (pgno - 2);
}

/* A page of a long pair: a part of n times c at its end; next 0: the last one. */
static void
part(uint32_t pgno, char c, size_t n, uint32_t tag, uint32_t next)
{
	size_t	base = pgno * PAGE;

	memset(file + base + PAGE - n, c, n);
	put(base, next == 0 ? 2 : 4, 2);
	put(base + 2, (uint32_t)(PAGE - n), 2);
	put(base + 4, tag, 2);
	if (next != 0)
		put(base + 6, address(next), 2);
}

/* The last part of a key has n times c of the value in front of it; room: and that is all of it. */
static void
value_front(uint32_t pgno, char c, size_t n, bool room)
{
	size_t	base = pgno * PAGE, end = number(base + 2);

	memset(file + base + end - n, c, n);
	put(base + 8, (uint32_t)(end - n), 2);
	put(base + 10, room ? 7 : 0, 2);
}

/* Behind page 3: a key of three pages, its value from a page of its own on; then a value that goes on; then one that does not; a short pair. */
static void
long_pairs(void)
{
	part(4, 'k', PAGE - 16, 1, 5);
	part(5, 'k', PAGE - 16, 1, 6);
	part(6, 'k', 20, 2, 7);
	part(7, 'v', PAGE - 16, 2, 8);
	part(8, 'v', 100, 3, 9);
	part(9, 'l', 300, 3, 10);
	value_front(9, 'w', PAGE - 300 - 14, false);
	part(10, 'w', 1, 3, 11);
	part(11, 'm', 400, 3, 12);
	value_front(11, 'x', 50, true);
	pair(12, "p", "behind the long ones");
	put(3 * PAGE + 2 * (number(3 * PAGE) + 1), address(4), 2);
	put(3 * PAGE + 2 * (number(3 * PAGE) + 2), 0, 2);
	put(3 * PAGE, (uint32_t)number(3 * PAGE) + 2, 2);
}

static size_t
hashed(void)
{
	char	key[24], value[24];

	memset(file, 0, sizeof file);
	put_big(0, 0x00061561);
	put_big(4, 2);
	put_big(8, big ? 4321 : 1234);
	put_big(12, PAGE);
	put_big(40, 1);			/* buckets 0 and 1 */
	put_big(44, 1);
	put_big(48, 0);
	put_big(60, 1);			/* one page of head */
	put_big(64, 0xe9d5f0d4);	/* not the test key's: looked through, unless below */
	for (int i = 0; i < 16; i++) {
		snprintf(key, sizeof key, "key%d", i);
		snprintf(value, sizeof value, "value%d", i);
		pair(1 + (hash(key) & 1), key, value);
	}
	put(PAGE + 2 * (number(PAGE) + 1), 1 << 11 | 1, 2);	/* bucket 0 goes on at page 3 */
	put(PAGE + 2 * (number(PAGE) + 2), 0, 2);
	put(PAGE, (uint32_t)number(PAGE) + 2, 2);
	for (const char *p = "bdfh"; *p != '\0'; p++) {		/* even hashes */
		snprintf(key, sizeof key, "%c", *p);
		pair(3, key, "on the next page");
	}
	long_pairs();
	return 13 * PAGE;
}

/* ---- reading ---- */

static int
join(void *arg, struct str key, struct str value)
{
	struct buf	*b = arg;

	buf_addf(b, "%.*s=%.*s ", STR_ARG(key), STR_ARG(str_first(value, 20)));
	return 0;
}

/* Long pairs alone: letter and length. */
static int
join_long(void *arg, struct str key, struct str value)
{
	struct buf	*b = arg;

	if (key.n > 100)
		buf_addf(b, "%c%zu=%c%zu ", key.p[0], key.n, value.p[0], value.n);
	return 0;
}

static struct bdbread *
opened(size_t n)
{
	struct err	e = ERR_INIT;
	struct bdbread	*r = bdbread_open_mem(str_mem(file, n), &e);

	if (r == NULL)
		fail_msg("%s", e.text);
	return r;
}

static void
test_btree(void **state)
{
	struct bdbread	*r;
	struct buf	 b;
	struct str	 dup = STR("dup");

	(void)state;
	buf_init(&b, 0);
	for (int i = 0; i < 2; i++) {
		big = i == 1;
		r = opened(btree());
		buf_clear(&b);
		assert_int_equal(bdbread_each(r, NULL, join, &b, NULL), 0);
		assert_string_equal(buf_c(&b), "aa=1 bb=2 dup=one dup=two dup=three long=xxxxxxxxxxxxxxxxxxxx zz=9 ");
		buf_clear(&b);
		assert_int_equal(bdbread_each(r, &dup, join, &b, NULL), 0);
		assert_string_equal(buf_c(&b), "dup=one dup=two dup=three ");
		buf_clear(&b);
		assert_int_equal(bdbread_get(r, STR("long"), &b, NULL), 1);
		assert_int_equal(b.n, 600);
		assert_true(b.p[PAGE - 21] == 'x' && b.p[PAGE - 20] == 'y');
		assert_int_equal(bdbread_get(r, STR("cc"), &b, NULL), 0);
		assert_int_equal(bdbread_get(r, STR("zzz"), &b, NULL), 0);
		assert_int_equal(bdbread_get(r, STR(""), &b, NULL), 0);
		bdbread_close(r);
	}
	buf_done(&b);
}

static void
test_hash(void **state)
{
	struct bdbread	*r;
	struct buf	 b;
	char		 key[24], value[24];

	(void)state;
	buf_init(&b, 0);
	for (int i = 0; i < 4; i++) {
		big = i & 1;
		size_t n = hashed();
		if (i & 2) {				/* with the test key's hash: by bucket */
			uint32_t	h = hash("%$sniglet^&") * 33;

			put_big(64, h);
		}
		r = opened(n);
		for (int k = 0; k < 18; k++) {
			snprintf(key, sizeof key, "key%d", k);
			snprintf(value, sizeof value, "value%d", k);
			buf_clear(&b);
			assert_int_equal(bdbread_get(r, str_c(key), &b, NULL), k < 16);
			if (k < 16)
				assert_string_equal(buf_c(&b), value);
		}
		assert_int_equal(bdbread_get(r, STR("d"), &b, NULL), 1);
		buf_clear(&b);
		assert_int_equal(bdbread_each(r, NULL, join_long, &b, NULL), 0);
		assert_string_equal(buf_c(&b), "k1012=v596 l300=w199 m400=x50 ");
		buf_clear(&b);
		assert_int_equal(bdbread_get(r, STR("p"), &b, NULL), 1);
		bdbread_close(r);
	}
	buf_done(&b);
}

/* Each octet is changed in turn: an answer, or an error, never a fall. */
static void
test_damage(void **state)
{
	struct bdbread	*r;
	struct buf	 b;

	(void)state;
	buf_init(&b, 0);
	for (int kind = 0; kind < 2; kind++) {
		size_t	n = kind == 0 ? btree() : hashed();

		for (size_t i = 0; i < n; i++) {
			unsigned char	old = file[i];

			file[i] = (unsigned char)(old ^ 0x55);
			if ((r = bdbread_open_mem(str_mem(file, n), NULL)) != NULL) {
				(void)bdbread_each(r, NULL, join, &b, NULL);
				(void)bdbread_get(r, STR("dup"), &b, NULL);
				buf_clear(&b);
				bdbread_close(r);
			}
			file[i] = old;
		}
	}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_btree), cmocka_unit_test(test_hash), cmocka_unit_test(test_damage) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
