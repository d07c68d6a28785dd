#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/test_input.h"

static void
additions(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 0);
	assert_string_equal(buf_c(&b), "");
	assert_true(str_eq_c(buf_str(&b), ""));
	assert_int_equal(buf_add(&b, test_input("abc")), 0);
	assert_int_equal(buf_addch(&b, '-'), 0);
	assert_int_equal(buf_addnum(&b, UINT64_MAX), 0);
	assert_int_equal(buf_addf(&b, "%s%050d", "/", 7), 0);
	assert_int_equal(buf_add(&b, STR_NONE), 0);
	assert_string_equal(buf_c(&b),
	    "abc-18446744073709551615/00000000000000000000000000000000000000000000000007");
	buf_consume(&b, 4);
	buf_truncate(&b, 3);
	assert_string_equal(buf_c(&b), "184");
	buf_consume(&b, 99);
	assert_int_equal(b.n, 0);
	buf_addnum(&b, 0);
	assert_string_equal(buf_c(&b), "0");
	buf_done(&b);
	test_input_free();
}

static void
cap_holds(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_addch(&b, 'x'), 0);
	assert_true(buf_ok(&b));
	assert_int_equal(buf_addch(&b, 'y'), -1);
	assert_false(buf_ok(&b));
	buf_truncate(&b, 10);
	assert_int_equal(buf_addch(&b, 'y'), -1);
	buf_clear(&b);
	assert_int_equal(buf_addf(&b, "%0100d", 1), 0);
	assert_int_equal(buf_addf(&b, "%d", 1), -1);
	buf_clear(&b);
	assert_int_equal(buf_addf(&b, "%0101d", 1), -1);
	assert_int_equal(b.n, 0);
	buf_clear(&b);
	assert_null(buf_reserve(&b, SIZE_MAX));
	buf_done(&b);
}

static void
secrets_and_stealing(void **state)
{
	struct buf	b;
	char		*p;
	size_t		n;

	(void)state;
	buf_init_secret(&b, 0);
	for (int i = 0; i < 1000; i++)
		buf_addc(&b, "secret");
	assert_int_equal(b.n, 6000);
	buf_truncate(&b, 6);
	assert_string_equal(buf_c(&b), "secret");
	assert_int_equal(b.p[7], 0);
	p = buf_steal(&b, &n);
	assert_int_equal(n, 6);
	assert_string_equal(p, "secret");
	free(p);
	assert_int_equal(b.n, 0);
	p = buf_steal(&b, NULL);
	assert_string_equal(p, "");
	free(p);
	buf_done(&b);
}

static void
errors(void **state)
{
	struct err	e = ERR_INIT;
	char		big[ERR_TEXT * 2];

	(void)state;
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	assert_int_equal(err_set(NULL, ERR_TEMP, "x"), -1);
	assert_int_equal(err_sys(NULL, ERR_TEMP, "x"), -1);
	assert_int_equal(err_prefix(NULL, "x"), -1);
	err_clear(NULL);
	errno = ENOENT;
	assert_int_equal(err_sys(&e, ERR_PERM, "open %s", "f"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(e.sys, ENOENT);
	assert_int_equal(e.class, ERR_PERM);
	assert_string_equal(e.text, "open f: No such file or directory");
	err_prefix(&e, "line %d", 3);
	assert_string_equal(e.text, "line 3: open f: No such file or directory");
	err_set(&e, ERR_TEMP, "%s", big);
	assert_int_equal(strlen(e.text), ERR_TEXT - 1);
	assert_string_equal(e.text + ERR_TEXT - 5, "x...");
	err_prefix(&e, "%s", big);
	assert_string_equal(e.text + ERR_TEXT - 5, "x...");
	err_clear(&e);
	assert_int_equal(e.class, ERR_NONE);
}

static void
lists(void **state)
{
	struct item {
		int		v;
		struct list	link;
	} items[3] = { { .v = 1 }, { .v = 2 }, { .v = 3 } };
	struct list	head;
	int		sum = 0, order = 0;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	list_append(&head, &items[1].link);
	list_append(&head, &items[2].link);
	list_prepend(&head, &items[0].link);
	LIST_EACH(it, &head) {
		order = order * 10 + LIST_OF(it, struct item, link)->v;
		if (LIST_OF(it, struct item, link)->v == 2)
			list_remove(it);
	}
	assert_int_equal(order, 123);
	LIST_EACH(it, &head)
		sum += LIST_OF(it, struct item, link)->v;
	assert_int_equal(sum, 4);
	list_remove(&items[1].link);
	list_remove(&items[0].link);
	list_remove(&items[2].link);
	assert_true(list_empty(&head));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(additions), cmocka_unit_test(cap_holds), cmocka_unit_test(secrets_and_stealing),
		cmocka_unit_test(errors), cmocka_unit_test(lists)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
