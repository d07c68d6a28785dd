/*
 * store_test - one conformance test for all drivers: what store.h promises of messages, whoever keeps it (of mailboxes: store_box_test.c).
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

/* --- promises --------------------------------------------------------------------------------- */

static void
test_empty(void **state)
{
	struct site		*t = *state;
	struct store_view	*v = view(t->s, "inbox", true);
	struct store_status	 st;
	struct store_rec	 r;

	store_view_status(v, &st);
	assert_int_equal(st.exists, 0);
	assert_true(st.uidvalidity > 0);
	assert_int_equal(st.uidnext, 1);
	assert_int_equal(store_read_index(v, 1, 0, &r, 1), 0);
	OK(t->s, store_close_view(&v));
}

static void
test_append_read(void **state)
{
	struct site		*t = *state;
	uint32_t		 u1 = append(t->s, "INBOX", M1, 0), u2 = append(t->s, "INBOX", M2, STORE_SEEN|STORE_FLAGGED);
	uint32_t		 u3 = append(t->s, "INBOX", M3, STORE_DRAFT), u4 = append(t->s, "INBOX", "a\nb\n", 0);
	struct store_view	*v = view(t->s, "INBOX", false);
	struct store_rec	 r[10];

	assert_true(u1 < u2 && u2 < u3 && u3 < u4);
	assert_int_equal(store_read_index(v, 1, 0, r, 10), 4);
	assert_int_equal(r[0].uid, u1);
	assert_int_equal(r[1].flags & STORE_FLAGS, STORE_SEEN|STORE_FLAGGED);
	assert_int_equal(r[2].flags & STORE_FLAGS, STORE_DRAFT);
	assert_int_equal(r[1].date, 1700000000);
	assert_int_equal(store_read_index(v, u2, 0, r, 2), 2);
	assert_int_equal(r[0].uid, u2);
	is_body(v, t->s, u1, M1);
	is_body(v, t->s, u2, M2);
	is_body(v, t->s, u3, M3);
	is_body(v, t->s, u4, "a\r\nb\r\n");
	is_body(v, t->s, u1, M1);
	OK(t->s, store_close_view(&v));
}

static void
test_large(void **state)
{
	struct site		*t = *state;
	struct buf		 b, got;
	struct store_view	*v;
	uint32_t		 uid;
	uint64_t		 off = 0;

	buf_init(&b, 0);
	buf_init(&got, 0);
	buf_addc(&b, "Subject: large\r\n\r\n");
	for (int i = 0; i < 40000; i++)
		buf_addf(&b, "line %d\r\n", i);
	uid = append(t->s, "INBOX", buf_c(&b), 0);
	append(t->s, "INBOX", M1, 0);
	v = view(t->s, "INBOX", false);
	for (;;) {
		size_t	was = got.n;

		OK(t->s, store_read_part(v, uid, off, 50001, &got));
		if (got.n == was)
			break;
		off = got.n;
	}
	assert_int_equal(got.n, b.n);
	assert_memory_equal(got.p, b.p, b.n);
	assert_int_equal(store_view_rec(v, uid)->size, b.n);
	OK(t->s, store_close_view(&v));
	buf_done(&b);
	buf_done(&got);
}

static void
test_uids_for_life(void **state)
{
	struct site		*t = *state;
	uint32_t		 u1 = append(t->s, "INBOX", M1, 0), u2 = append(t->s, "INBOX", M2, 0), u3;
	struct store_view	*v = view(t->s, "INBOX", true);
	struct store_status	 st, st2;

	OK(t->s, store_expunge(v, &u2, 1, NULL));
	store_view_status(v, &st);
	OK(t->s, store_close_view(&v));
	store_free(&t->s);
	t->s = site_connect(t);
	u3 = append(t->s, "INBOX", M3, 0);
	assert_true(u3 > u2);			/* the last one's uid is not given again */
	v = view(t->s, "INBOX", false);
	store_view_status(v, &st2);
	assert_int_equal(st.uidvalidity, st2.uidvalidity);
	assert_int_equal(st2.exists, 2);
	assert_true(st2.uidnext > u3);
	is_body(v, t->s, u1, M1);
	is_body(v, t->s, u3, M3);
	OK(t->s, store_close_view(&v));
}

static void
test_flags(void **state)
{
	struct site		*t = *state;
	uint32_t		 u[2] = { append(t->s, "INBOX", M1, 0), append(t->s, "INBOX", M2, STORE_SEEN) };
	struct store_view	*v = view(t->s, "INBOX", true), *w;
	struct str		 kw[] = { STR_INIT("$Forwarded"), STR_INIT("work") };
	struct store_flagset	 set = { STORE_FLAGGED|STORE_ANSWERED, kw, 2 };
	const struct str	*names;
	uint64_t		 m1, m2;
	uint32_t		 failed[2];
	size_t			 n;
	struct store_rec	 r[2];

	OK(t->s, store_set_flags(v, u, 2, STORE_ADD, &set, 0, &m1, NULL, NULL));
	assert_int_equal(store_view_keywords(v, &names), 2);
	assert_true(str_eq(names[0], kw[0]));
	assert_int_equal(store_view_rec(v, u[1])->flags & STORE_FLAGS, STORE_SEEN|STORE_FLAGGED|STORE_ANSWERED);
	assert_int_equal(store_view_rec(v, u[0])->keywords, 3);
	assert_int_equal(store_view_rec(v, u[0])->modseq, m1);
	assert_int_equal(store_view_rec(v, u[1])->modseq, m1);	/* one modseq a call */
	set = (struct store_flagset){ STORE_FLAGGED, kw, 1 };
	OK(t->s, store_set_flags(v, &u[0], 1, STORE_DEL, &set, 0, &m2, NULL, NULL));
	assert_true(m2 > m1);
	assert_int_equal(store_view_rec(v, u[0])->flags & STORE_FLAGS, STORE_ANSWERED);
	assert_int_equal(store_view_rec(v, u[0])->keywords, 2);
	set = (struct store_flagset){ STORE_DELETED, NULL, 0 };
	OK(t->s, store_set_flags(v, u, 2, STORE_SET, &set, m1, NULL, failed, &n));	/* u[0] changed since m1 */
	assert_int_equal(n, 1);
	assert_int_equal(failed[0], u[0]);
	assert_int_equal(store_view_rec(v, u[1])->flags & STORE_FLAGS, STORE_DELETED);
	assert_int_equal(store_read_index(v, 1, m2, r, 2), 1);
	assert_int_equal(r[0].uid, u[1]);
	OK(t->s, store_close_view(&v));
	store_free(&t->s);				/* they are there for the next */
	t->s = site_connect(t);
	w = view(t->s, "INBOX", false);
	assert_int_equal(store_view_rec(w, u[0])->flags & STORE_FLAGS, STORE_ANSWERED);
	assert_int_equal(store_view_rec(w, u[0])->keywords, 2);
	assert_int_equal(store_view_rec(w, u[1])->flags & STORE_FLAGS, STORE_DELETED);
	is_body(w, t->s, u[0], M1);
	is_body(w, t->s, u[1], M2);
	RC(t->s, store_set_flags(w, u, 2, STORE_SET, &set, 0, NULL, NULL, NULL), STORE_NO);
	assert_int_equal(store_error(t->s)->why, STORE_WHY_DENIED);
	OK(t->s, store_close_view(&w));
}

static void
test_every_flag(void **state)
{
	struct site		*t = *state;
	uint32_t		 u = append(t->s, "INBOX", M1, 0), u2 = append(t->s, "INBOX", M2, 0);

	for (unsigned f = 0; f <= STORE_FLAGS; f++) {
		struct store_view	*v = view(t->s, "INBOX", true);
		struct store_flagset	 set = { f, NULL, 0 };

		OK(t->s, store_set_flags(v, &u, 1, STORE_SET, &set, 0, NULL, NULL, NULL));
		OK(t->s, store_close_view(&v));
		if (f % 8 == 3) {
			store_free(&t->s);
			t->s = site_connect(t);
		}
		v = view(t->s, "INBOX", false);
		assert_int_equal(store_view_rec(v, u)->flags & STORE_FLAGS, f);
		assert_int_equal(store_view_rec(v, u2)->flags & STORE_FLAGS, 0);
		is_body(v, t->s, u, M1);
		is_body(v, t->s, u2, M2);
		OK(t->s, store_close_view(&v));
	}
}

static void
test_expunge(void **state)
{
	struct site		*t = *state;
	uint32_t		 u[5], gone[5], left[5];
	struct store_view	*v, *w;
	struct store		*s2 = site_connect(t);
	struct store_status	 st;
	uint64_t		 m;

	for (int i = 0; i < 5; i++) {
		char	msg[64];

		snprintf(msg, sizeof msg, "Subject: n%d\r\n\r\nbody %d\r\n", i, i);
		u[i] = append(t->s, "INBOX", msg, 0);
	}
	v = view(t->s, "INBOX", true);
	w = view(s2, "INBOX", true);
	store_view_status(w, &st);
	gone[0] = u[0];
	gone[1] = u[2];
	gone[2] = u[4];
	OK(t->s, store_expunge(v, gone, 3, &m));
	assert_true(m > st.modseq);
	OK(t->s, store_sync_view(v));
	store_view_status(v, &st);
	assert_int_equal(st.exists, 2);
	is_body(v, t->s, u[1], "Subject: n1\r\n\r\nbody 1\r\n");
	is_body(v, t->s, u[3], "Subject: n3\r\n\r\nbody 3\r\n");
	store_view_status(w, &st);
	assert_int_equal(st.exists, 5);			/* the other view stays as it is ... */
	is_body(w, s2, u[3], "Subject: n3\r\n\r\nbody 3\r\n");
	if ((store_caps(s2) & STORE_CAP_DELETED_READ) != 0)
		is_body(w, s2, u[2], "Subject: n2\r\n\r\nbody 2\r\n");
	OK(s2, store_sync_view(w));			/* ... until it syncs */
	assert_int_equal(store_read_vanished(w, m - 1, 1, left, 5), 3);
	assert_int_equal(left[0], u[0]);
	assert_int_equal(left[2], u[4]);
	assert_int_equal(store_read_vanished(w, m, 1, left, 5), 0);
	assert_null(store_view_rec(w, u[0]));
	gone[0] = u[0];					/* again: nothing happens */
	OK(s2, store_expunge(w, gone, 1, NULL));
	OK(s2, store_close_view(&w));
	OK(t->s, store_close_view(&v));
	store_free(&s2);
}

static void
test_two_sessions(void **state)
{
	struct site		*t = *state;
	struct store		*s2 = site_connect(t);
	struct store_view	*v = view(t->s, "INBOX", true), *w = view(s2, "INBOX", true);
	uint32_t		 u1 = append(t->s, "INBOX", M1, 0), u2 = append(s2, "INBOX", M2, 0);
	struct store_flagset	 seen = { STORE_SEEN, NULL, 0 }, flagged = { STORE_FLAGGED, NULL, 0 };
	unsigned		 recent;

	assert_true(u2 > u1);
	OK(t->s, store_sync_view(v));
	OK(s2, store_sync_view(w));
	recent = (store_view_rec(v, u2)->flags & STORE_RECENT) != 0;
	assert_int_equal(recent, 1);			/* one of them is told it is recent */
	assert_int_equal(store_view_rec(w, u2)->flags & STORE_RECENT, 0);
	OK(t->s, store_sync_view(v));
	assert_int_equal(store_view_rec(v, u2)->flags & STORE_RECENT, STORE_RECENT);
	OK(t->s, store_set_flags(v, &u1, 1, STORE_ADD, &seen, 0, NULL, NULL, NULL));
	OK(s2, store_set_flags(w, &u1, 1, STORE_ADD, &flagged, 0, NULL, NULL, NULL));	/* no change is lost */
	OK(t->s, store_sync_view(v));
	assert_int_equal(store_view_rec(v, u1)->flags & STORE_FLAGS, STORE_SEEN|STORE_FLAGGED);
	for (int i = 0; i < 3; i++) {			/* a message that one numbered is not numbered again by the other */
		u1 = append(s2, "INBOX", M3, 0);
		OK(t->s, store_sync_view(v));
		assert_int_equal(count(t->s, "INBOX"), 3 + i);
		OK(t->s, store_set_flags(v, &u1, 1, STORE_ADD, &seen, 0, NULL, NULL, NULL));
		is_body(v, t->s, u1, M3);
	}
	OK(t->s, store_expunge(v, &u2, 1, NULL));
	OK(s2, store_sync_view(w));
	assert_int_equal(count(s2, "INBOX"), 4);
	is_body(w, s2, u1, M3);
	OK(s2, store_close_view(&w));
	OK(t->s, store_close_view(&v));
	store_free(&s2);
}

static void
test_tokens(void **state)
{
	struct site		*t = *state;
	struct store_view	*v;
	uint32_t		 a, b, c;

	OK(t->s, try_append(t->s, "INBOX", M1, 0, 7, &a));
	OK(t->s, try_append(t->s, "INBOX", M1, 0, 7, &b));
	assert_int_equal(a, b);
	assert_int_equal(count(t->s, "INBOX"), 1);
	store_free(&t->s);
	t->s = site_connect(t);
	OK(t->s, try_append(t->s, "INBOX", M1, 0, 7, &b));
	assert_int_equal(a, b);
	v = view(t->s, "INBOX", true);
	OK(t->s, store_expunge(v, &a, 1, NULL));
	OK(t->s, store_close_view(&v));
	OK(t->s, try_append(t->s, "INBOX", M1, 0, 7, &c));	/* it was delivered, and read */
	assert_int_equal(a, c);
	assert_int_equal(count(t->s, "INBOX"), 0);
}

static void
test_from_lines(void **state)
{
	struct site		*t = *state;
	static const char	 m[] = "Subject: x\r\n\r\nFrom me Sun Nov 22 03:02:36 2026\r\nx\r\n\r\nFrom you Sun Nov 22 03:02:36 2026\r\n";
	static const char	 q[] = "Subject: x\r\n\r\n>From me Sun Nov 22 03:02:36 2026\r\nx\r\n\r\n>From you Sun Nov 22 03:02:36 2026\r\n";
	uint32_t		 u = append(t->s, "INBOX", m, 0);
	struct store_view	*v = view(t->s, "INBOX", false);

	assert_int_equal(count(t->s, "INBOX"), 1);
	is_body(v, t->s, u, strcmp(t->driver, "mbox") == 0 ? q : m);
	OK(t->s, store_close_view(&v));
}

static ssize_t
source_fails(void *arg, void *p, size_t n)
{
	int	*left = arg;

	(void)n;
	if ((*left)-- <= 0)
		return -1;
	memcpy(p, "half\r\n", 6);
	return 6;
}

static void
test_source_fails(void **state)
{
	struct site		*t = *state;
	int			 left = 3;
	struct store_source	 src = { source_fails, &left, -1 };
	struct store_target	 g = { .date = 1 };

	g.box = box(t->s, "INBOX");
	RC(t->s, store_append(t->s, &src, &g, 1), STORE_AGAIN);
	assert_int_equal(count(t->s, "INBOX"), 0);
}

static void
test_delivery(void **state)
{
	struct site		*t = *state;
	struct store		*s2 = site_connect(t);
	struct text		 x = { M1, strlen(M1) };
	struct store_source	 src = { text_read, &x, -1 };
	struct store_target	 g = { .delivery = true, .sender = STR_INIT("joe@example.org") };
	struct store_view	*v;
	struct store_rec	 r;

	if (strcmp(t->driver, "mem") == 0) {
		store_free(&s2);
		return;				/* knows no delivery without a uid */
	}
	g.box = box(s2, "INBOX");
	OK(s2, store_append(s2, &src, &g, 1));
	assert_int_equal(g.uid, 0);
	v = view(t->s, "INBOX", true);
	assert_int_equal(store_read_index(v, 1, 0, &r, 1), 1);
	assert_int_equal(r.flags, STORE_RECENT);
	assert_true(llabs((long long)(r.date - (int64_t)time(NULL))) < 100);
	is_body(v, t->s, r.uid, M1);
	OK(t->s, store_close_view(&v));
	store_free(&s2);
}

static void
test_faults(void **state)
{
	struct site		*t = *state;
	struct store_view	*v;
	struct store_flagset	 seen = { STORE_SEEN, NULL, 0 };
	uint32_t		 u, again;

	mem_plan(t->world, MEM_APPEND, MEM_AGAIN, 0, 1, 0);
	RC(t->s, try_append(t->s, "INBOX", M1, 0, 3, &u), STORE_AGAIN);
	assert_int_equal(count(t->s, "INBOX"), 0);
	mem_plan(t->world, MEM_APPEND, MEM_UNKNOWN_AFTER, 0, 1, 0);
	RC(t->s, try_append(t->s, "INBOX", M1, 0, 3, &u), STORE_UNKNOWN);
	OK(t->s, try_append(t->s, "INBOX", M1, 0, 3, &again));		/* asked again with the token */
	assert_int_equal(count(t->s, "INBOX"), 1);
	mem_plan(t->world, MEM_APPEND, MEM_UNKNOWN_BEFORE, 0, 1, 0);
	RC(t->s, try_append(t->s, "INBOX", M2, 0, 4, &u), STORE_UNKNOWN);
	OK(t->s, try_append(t->s, "INBOX", M2, 0, 4, &u));
	assert_int_equal(count(t->s, "INBOX"), 2);
	v = view(t->s, "INBOX", true);
	mem_plan(t->world, MEM_FLAGS, MEM_FAIL, 0, 1, 0);
	RC(t->s, store_set_flags(v, &u, 1, STORE_ADD, &seen, 0, NULL, NULL, NULL), STORE_NO);
	assert_int_equal(store_view_rec(v, u)->flags & STORE_SEEN, 0);
	store_set_timeout(t->s, 10);
	mem_plan(t->world, MEM_REFRESH, MEM_DELAY, 0, 1, 30);
	RC(t->s, store_sync_view(v), STORE_AGAIN);
	store_set_timeout(t->s, 5000);
	OK(t->s, store_sync_view(v));
	mem_plan(t->world, MEM_REFRESH, MEM_OTHER, 0, 1, 0);
	OK(t->s, store_sync_view(v));
	assert_int_equal(count(t->s, "INBOX"), 3);
	mem_plan(t->world, MEM_READ, MEM_DAMAGED, 0, 1, 0);
	{
		struct buf	b;

		buf_init(&b, 0);
		RC(t->s, store_read_part(v, u, 0, 10, &b), STORE_DAMAGED);
		OK(t->s, store_read_part(v, u, 0, 10, &b));
		buf_done(&b);
	}
	assert_true(mem_calls(t->world, MEM_APPEND) == 5);
	OK(t->s, store_close_view(&v));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		FOR_ALL(test_empty), FOR_ALL(test_append_read), FOR_ALL(test_large), FOR_ALL(test_uids_for_life), FOR_ALL(test_flags),
		FOR_ALL(test_every_flag), FOR_ALL(test_expunge), FOR_ALL(test_two_sessions), FOR_ALL(test_tokens),
		FOR_ALL(test_from_lines), FOR_ALL(test_source_fails),
		FOR_ALL(test_delivery),
		cmocka_unit_test_setup_teardown(test_faults, setup_mem, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
