/*
 * tally_row_test - the greylist's decisions and the counters' windows, with a clock that the test turns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tally_row.h"

#define DAY	86400

static const struct map_tally usual = { .grey = true, .wait = 300, .retry = 2 * DAY, .keep = 36 * DAY, .good = 2 };

static void
test_words(void **state)
{
	static const struct { const char *in, *net; } nets[] = {
		{ "192.0.2.77", "192.0.2.0/24" }, { "IPv6:2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" }, { "[192.0.2.1]", "192.0.2.0/24" },
		{ "Odd Name", "odd name" }, { "", "" }
	}, senders[] = {
		{ "<Joe@Example.ORG>", "joe@example.org" }, { "<>", "" }, { "bounce-1234-55@x1.test", "bounce-#-#@x1.test" },
		{ "list+joe=here.test@far.test", "list@far.test" }, { "+x@y", "+x@y" }, { "no.at7", "no.at#" }
	};
	struct arena	*a = arena_new(ARENA_DEFAULT);

	(void)state;
	for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++)
		assert_true(str_eq_c(tally_net(str_c(nets[i].in), a), nets[i].net));
	for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++)
		assert_true(str_eq_c(tally_sender(str_c(senders[i].in), a), senders[i].net));
	assert_true(str_eq_c(tally_rcpt(STR("<Joe+1@Here>"), a), "joe+1@here"));
	arena_free(&a);
}

static void
test_grey(void **state)
{
	struct tally_row t = { .kind = 'g' }, net = { .kind = 'n' };
	bool		 good;
	int64_t		 now = 1000000;

	(void)state;
	assert_int_equal(tally_grey(&usual, now, &t, &net, &good), 300);
	assert_int_equal(tally_grey(&usual, now + 100, &t, &net, &good), 200);
	assert_int_equal(tally_grey(&usual, now + 299, &t, &net, &good), 1);
	assert_false(good);
	assert_int_equal(tally_grey(&usual, now + 300, &t, &net, &good), 0);
	assert_true(good);
	assert_int_equal(net.passed, 1);
	assert_int_equal(tally_grey(&usual, now + 301, &t, &net, &good), 0);
	assert_false(good);
	assert_int_equal(net.passed, 1);		/* a triplet counts once */
	assert_int_equal(tally_grey(&usual, now + 36 * DAY, &t, &net, &good), 0);
	assert_int_equal(tally_grey(&usual, now + 200 * DAY, &t, &net, &good), 300);	/* forgotten */

	/* who comes again too late begins anew */
	t = (struct tally_row){ .kind = 'g' };
	assert_int_equal(tally_grey(&usual, now, &t, &net, &good), 300);
	assert_int_equal(tally_grey(&usual, now + 2 * DAY, &t, &net, &good), 300);
	assert_int_equal(t.first, now + 2 * DAY);

	/* the clock was set back: not for ever */
	t.first = t.last = now + 1000;
	t.until = now + 9999;
	assert_int_equal(tally_grey(&usual, now, &t, &net, &good), 300);

	/* enough kept their word: the network is let in, and its time is renewed */
	net = (struct tally_row){ .kind = 'n', .first = now, .last = now, .until = now + DAY, .passed = 2 };
	t = (struct tally_row){ .kind = 'g' };
	assert_int_equal(tally_grey(&usual, now + 10, &t, &net, &good), 0);
	assert_true(good);
	assert_int_equal(t.first, 0);
	assert_int_equal(net.until, now + 10 + 36 * DAY);
	assert_int_equal(tally_grey(&usual, net.until, &t, &net, &good), 300);
}

static void
test_count(void **state)
{
	struct map_tally q = { .wait = 60, .limit = 3, .add = 1 };
	struct tally_row r = { .kind = 'c' };
	int64_t		 now = 6000000;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(tally_count(&q, now + i, &r), 0);
	assert_int_equal(tally_count(&q, now + 5, &r), 55);
	assert_int_equal(tally_count(&q, now + 59, &r), 1);	/* what was refused is not counted */
	assert_int_equal(tally_count(&q, now + 60, &r), 0);
	q.add = 4;
	assert_int_equal(tally_count(&q, now + 600, &r), 60);	/* more than the limit at once */
	q.add = 0;
	assert_int_equal(tally_count(&q, now + 600, &r), 0);
	q.add = 3;
	assert_int_equal(tally_count(&q, now + 1000000, &r), 0);
	q.add = 1;
	assert_true(tally_count(&q, now + 1000001, &r) > 0);
	assert_int_equal(tally_count(&q, now, &r), 0);		/* the clock was set back */
	q.wait = 1;
	r = (struct tally_row){ .kind = 'c' };
	for (int i = 0; i < 3; i++)
		assert_int_equal(tally_count(&q, now, &r), 0);
	assert_true(tally_count(&q, now, &r) > 0);
	assert_int_equal(tally_count(&q, now + 7, &r), 0);
}

static void
test_codec(void **state)
{
	struct tally_row r = { .kind = 'g', .first = 1, .last = 2, .until = 3, .word = { STR_INIT("n"), STR_INIT("s"), STR_INIT("r") }, .held = 4, .passed = 5 }, back;
	struct buf	 b, line;
	char		 k1[TALLY_KEY], k2[TALLY_KEY];

	(void)state;
	buf_init(&b, 0);
	buf_init(&line, 0);
	tally_row_put(&b, &r);
	assert_int_equal(tally_row_get(buf_str(&b), &back), 0);
	assert_true(tally_row_same(&r, &back));
	tally_row_key(&r, k1);
	tally_row_key(&back, k2);
	assert_memory_equal(k1, k2, TALLY_KEY);
	tally_row_print(&line, &back, 100);
	assert_string_equal(buf_c(&line), "known n s r first=99s last=98s expires=0s held=4 passed=5");
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(tally_row_get(str_first(buf_str(&b), n), &back), -1);
	buf_done(&b);
	buf_done(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words), cmocka_unit_test(test_grey), cmocka_unit_test(test_count), cmocka_unit_test(test_codec)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
