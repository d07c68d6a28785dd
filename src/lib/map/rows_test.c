/*
 * rows_test - rows come out in the order that was asked for, equal keys in the order in which they came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "bdb/bdb.h"
#include "map/rows.h"

#define ROWS	5000
#define KEYS	1500

static size_t	dup_last, dup_count;

static void
dup_told(void *arg, size_t line, struct str key)
{
	(void)key;
	assert_true(line > dup_last);		/* in the order of lines */
	dup_last = line;
	dup_count++;
	assert_ptr_equal(arg, &dup_count);
}

/* Keys come again and again; a value is its line. */
static void
fill(struct rows *r)
{
	char	key[32], value[32];

	*r = (struct rows){ NULL, 0, 0, NULL, 0 };
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(key, sizeof key, "key%zu", i * 7919 % KEYS);
		snprintf(value, sizeof value, "%zu", i + 1);
		assert_int_equal(rows_add(r, i + 1, str_c(key), str_c(value)), 0);
	}
	assert_int_equal(rows_add(r, ROWS + 1, STR(""), STR("")), 0);
}

static void
test_order(void **state)
{
	static const uint32_t	buckets[] = { 0, 2, 64, 1 << 20 };
	struct rows		r;

	(void)state;
	for (size_t b = 0; b < sizeof buckets / sizeof *buckets; b++) {
		fill(&r);
		assert_int_equal(rows_sort(&r, buckets[b]), 0);
		assert_int_equal(r.n, ROWS + 1);
		for (size_t i = 1; i < r.n; i++) {
			struct str	one = row_key(&r.v[i - 1]), two = row_key(&r.v[i]);

			if (str_eq(one, two))
				assert_true(r.v[i - 1].line < r.v[i].line);
			else if (buckets[b] == 0)
				assert_true(str_cmp(one, two) < 0);
			else
				assert_true((bdb_hash(one) & (buckets[b] - 1)) <= (bdb_hash(two) & (buckets[b] - 1)));
		}
		rows_clear(&r);
	}
}

static void
test_unique(void **state)
{
	struct rows	r;
	char		want[32];

	(void)state;
	for (int last = 0; last < 2; last++)
		for (uint32_t buckets = 0; buckets < 256; buckets += 128) {
			fill(&r);
			dup_last = dup_count = 0;
			assert_int_equal(rows_sort(&r, buckets), 0);
			assert_int_equal(rows_unique(&r, last == 1, dup_told, &dup_count), 0);
			assert_int_equal(r.n, KEYS + 1);
			assert_int_equal(dup_count, last == 1 ? 0 : ROWS - KEYS);	/* replaced rows are no fault */
			for (size_t i = 0; i < r.n; i++) {
				snprintf(want, sizeof want, "%zu", r.v[i].line);
				if (r.v[i].nkey > 0)
					assert_true(str_eq_c(row_value(&r.v[i]), want));
				if (last == 0)
					assert_true(r.v[i].line <= KEYS || r.v[i].nkey == 0);
				else
					assert_true(r.v[i].line > ROWS - KEYS);
			}
			rows_clear(&r);
		}
}

static void
test_delete(void **state)
{
	struct rows	r;

	(void)state;
	fill(&r);
	assert_true(rows_del(&r, STR("key3"), true));
	assert_int_equal(r.n, ROWS + 1);
	assert_true(rows_del(&r, STR("key3"), false));
	assert_false(rows_del(&r, STR("key3"), false));
	assert_true(r.n < ROWS + 1);
	rows_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_order), cmocka_unit_test(test_unique), cmocka_unit_test(test_delete) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
