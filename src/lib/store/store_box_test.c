/*
 * store_box_test - as store_test.c, for mailboxes: made, renamed, removed, listed; messages copied and moved between them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "store/store_kit.h"

static void
test_boxes(void **state)
{
	struct site		*t = *state;
	struct store_id		 id, id2;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct store_box	 page[8];
	size_t			 n;

	OK(t->s, store_create_box(t->s, STR("Lists/C"), &id));
	OK(t->s, store_create_box(t->s, STR("Arch\xc3\xafve"), &id2));
	RC(t->s, store_create_box(t->s, STR("Lists/C"), &id2), STORE_NO);
	assert_int_equal(store_error(t->s)->why, STORE_WHY_EXISTS);
	RC(t->s, store_create_box(t->s, STR("INBOX"), &id2), STORE_NO);
	RC(t->s, store_create_box(t->s, STR("../x"), &id2), STORE_NO);
	RC(t->s, store_create_box(t->s, STR("a//b"), &id2), STORE_NO);
	RC(t->s, store_create_box(t->s, STR("bad\xff"), &id2), STORE_NO);
	OK(t->s, store_subscribe(t->s, STR("Lists/C"), true));
	OK(t->s, store_subscribe(t->s, STR("Nowhere"), true));
	OK(t->s, store_list_boxes(t->s, STR_NONE, a, page, 8, &n));
	assert_int_equal(n, 5);
	assert_true(str_eq_c(page[0].name, "INBOX"));
	assert_true(str_eq_c(page[1].name, "Arch\xc3\xafve"));
	assert_true(str_eq_c(page[2].name, "Lists"));
	assert_int_equal(page[2].attr & STORE_BOX_NOSELECT, STORE_BOX_NOSELECT);
	assert_int_equal(page[2].attr & STORE_BOX_CHILDREN, STORE_BOX_CHILDREN);
	assert_true(str_eq_c(page[3].name, "Lists/C"));
	assert_int_equal(page[3].attr & (STORE_BOX_SUBSCRIBED|STORE_BOX_NOSELECT|STORE_BOX_MISSING), STORE_BOX_SUBSCRIBED);
	assert_int_equal(page[4].attr & (STORE_BOX_SUBSCRIBED|STORE_BOX_MISSING), STORE_BOX_SUBSCRIBED|STORE_BOX_MISSING);
	OK(t->s, store_list_boxes(t->s, page[2].name, a, page, 8, &n));
	assert_int_equal(n, 2);
	OK(t->s, store_subscribe(t->s, STR("Nowhere"), false));
	OK(t->s, store_list_boxes(t->s, STR_NONE, a, page, 8, &n));
	assert_int_equal(n, 4);
	append(t->s, "Lists/C", M1, 0);
	OK(t->s, store_rename_box(t->s, STR("Lists"), STR("Old/Lists")));
	id2 = box(t->s, "Old/Lists/C");
	assert_memory_equal(&id, &id2, sizeof id);		/* for life */
	assert_int_equal(count(t->s, "Old/Lists/C"), 1);
	RC(t->s, store_find_box(t->s, STR("Lists/C"), &id2), STORE_NO);
	RC(t->s, store_rename_box(t->s, STR("Nix"), STR("Nax")), STORE_NO);
	RC(t->s, store_rename_box(t->s, STR("Old"), STR("Arch\xc3\xafve")), STORE_NO);
	RC(t->s, store_rename_box(t->s, STR("Old"), STR("Old/Older")), STORE_NO);
	OK(t->s, store_delete_box(t->s, STR("Old/Lists/C")));
	RC(t->s, store_delete_box(t->s, STR("Old/Lists/C")), STORE_NO);
	RC(t->s, store_delete_box(t->s, STR("INBOX")), STORE_NO);
	RC(t->s, store_find_box(t->s, STR("Old/Lists/C"), &id2), STORE_NO);
	arena_free(&a);
}

static void
test_never_the_same(void **state)
{
	struct site		*t = *state;
	struct store		*s2 = site_connect(t);
	struct store_id		 id, id2;
	struct store_status	 st, st2;
	struct store_view	*v;

	OK(t->s, store_create_box(t->s, STR("Box"), &id));
	append(t->s, "Box", M1, 0);
	OK(t->s, store_status_box(t->s, &id, &st));
	v = view(s2, "Box", true);
	OK(t->s, store_delete_box(t->s, STR("Box")));
	RC(s2, store_sync_view(v), STORE_GONE);
	OK(t->s, store_create_box(t->s, STR("Box"), &id2));
	OK(t->s, store_status_box(t->s, &id2, &st2));
	assert_true(st2.uidvalidity != st.uidvalidity);
	assert_true(memcmp(&id, &id2, sizeof id) != 0);
	RC(s2, store_sync_view(v), STORE_GONE);
	(void)store_close_view(&v);
	store_free(&s2);
}

static void
test_copy_move(void **state)
{
	struct site		*t = *state;
	uint32_t		 u[3] = { append(t->s, "INBOX", M1, STORE_SEEN), append(t->s, "INBOX", M2, 0), 0 }, to[3], validity;
	struct store_id		 id;
	struct store_view	*v = view(t->s, "INBOX", true), *w;
	struct str		 kw[] = { STR_INIT("one"), STR_INIT("two") };
	struct store_flagset	 set = { 0, kw, 2 }, set2 = { 0, kw + 1, 1 };
	struct store_token	 token = { { 9 } };
	const struct str	*names;

	OK(t->s, store_create_box(t->s, STR("To"), &id));
	to[0] = append(t->s, "To", M3, 0);			/* there "two" has the number 0 */
	w = view(t->s, "To", true);
	OK(t->s, store_set_flags(w, to, 1, STORE_ADD, &set2, 0, NULL, NULL, NULL));
	OK(t->s, store_expunge(w, to, 1, NULL));
	OK(t->s, store_close_view(&w));
	OK(t->s, store_set_flags(v, &u[0], 1, STORE_ADD, &set, 0, NULL, NULL, NULL));
	OK(t->s, store_set_flags(v, &u[1], 1, STORE_ADD, &set2, 0, NULL, NULL, NULL));
	u[2] = u[1] + 100;
	OK(t->s, store_copy(v, u, 3, &id, false, NULL, to, &validity));
	assert_true(to[0] > 0 && to[1] > to[0] && to[2] == 0);
	w = view(t->s, "To", false);
	is_body(w, t->s, to[0], M1);
	assert_int_equal(store_view_rec(w, to[0])->flags & STORE_FLAGS, STORE_SEEN);
	assert_int_equal(store_view_rec(w, to[0])->date, 1700000000);
	assert_int_equal(store_view_keywords(w, &names), 2);
	assert_true(str_eq_c(names[0], "two") && str_eq_c(names[1], "one"));
	assert_int_equal(store_view_rec(w, to[0])->keywords, 3);
	assert_int_equal(store_view_rec(w, to[1])->keywords, 1);
	OK(t->s, store_close_view(&w));
	OK(t->s, store_copy(v, u, 2, &id, true, &token, to, &validity));
	assert_int_equal(count(t->s, "INBOX"), 0);
	assert_int_equal(count(t->s, "To"), 4);
	{
		uint32_t	again[2];

		OK(t->s, store_copy(v, u, 2, &id, true, &token, again, &validity));	/* asked again: the same answer */
		assert_int_equal(again[0], to[0]);
		assert_int_equal(again[1], to[1]);
	}
	assert_int_equal(count(t->s, "To"), 4);
	OK(t->s, store_close_view(&v));
	append(t->s, "INBOX", M3, 0);				/* renaming INBOX moves what is in it */
	OK(t->s, store_rename_box(t->s, STR("INBOX"), STR("Was")));
	assert_int_equal(count(t->s, "INBOX"), 0);
	assert_int_equal(count(t->s, "Was"), 1);
}

static void
test_group(void **state)
{
	struct site		*t = *state;
	struct text		 x = { M1, strlen(M1) };
	struct store_source	 src = { text_read, &x, -1 };
	struct store_target	 g[3] = { { .date = 1 }, { .date = 2 }, { .date = 3 } };
	struct store_id		 id;

	OK(t->s, store_create_box(t->s, STR("Second"), &id));
	g[0].box = box(t->s, "INBOX");
	memset(&g[1].box, 0x5a, sizeof g[1].box);		/* nobody's */
	g[2].box = id;
	RC(t->s, store_append(t->s, &src, g, 3), STORE_NO);
	assert_int_equal(g[0].rc, STORE_OK);
	assert_int_equal(g[1].rc, STORE_NO);
	assert_int_equal(g[1].error.why, STORE_WHY_NOSUCH);
	assert_int_equal(g[2].rc, STORE_OK);
	assert_int_equal(count(t->s, "INBOX"), 1);
	assert_int_equal(count(t->s, "Second"), 1);
}

static void
test_match(void **state)
{
	(void)state;
	assert_true(store_name_match(STR("*"), STR("a/b")));
	assert_false(store_name_match(STR("%"), STR("a/b")));
	assert_true(store_name_match(STR("%"), STR("ab")));
	assert_true(store_name_match(STR("a/%"), STR("a/b")));
	assert_true(store_name_match(STR("a*c"), STR("a/b/c")));
	assert_true(store_name_match(STR("%/b"), STR("a/b")));
	assert_true(store_name_match(STR("*%c"), STR("a/b/c")));
	assert_false(store_name_match(STR(""), STR("a")));
	assert_true(store_name_match(STR("*a*a*a*a*a*a*a*a*a*"), STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
	assert_false(store_name_match(STR("*a*a*a*a*a*a*a*a*a*b"), STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_match),
		FOR_ALL(test_boxes), FOR_ALL(test_never_the_same), FOR_ALL(test_copy_move), FOR_ALL(test_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
