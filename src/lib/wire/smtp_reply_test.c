#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/smtp_reply.h"

static enum smtp_reply_rc
test_read(struct smtp_reply *r, struct arena *a, const char *text)
{
	struct str in = str_c(text), line;
	enum smtp_reply_rc rc = SMTP_REPLY_MORE;

	smtp_reply_init(r, a);
	while (rc == SMTP_REPLY_MORE && str_split(&in, '\n', &line))
		rc = smtp_reply_line(r, line);
	return rc;
}

static void
test_replies(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct smtp_reply r;

	(void)state;
	assert_int_equal(test_read(&r, a, "550 5.1.1 <x>... User unknown\r\n"), SMTP_REPLY_DONE);
	assert_true(r.code == 550 && str_eq_c(r.dsn, "5.1.1") && str_eq_c(r.text, "<x>... User unknown"));
	assert_true(str_eq_c(r.line, "550 5.1.1 <x>... User unknown"));
	assert_int_equal(test_read(&r, a, "250-2.0.0 one\r\n250 2.0.0 two\tx\r\n"), SMTP_REPLY_DONE);
	assert_true(r.nlines == 2 && str_eq_c(r.lines[0], "2.0.0 one") && str_eq_c(r.lines[1], "2.0.0 two x") && str_eq_c(r.text, "one"));
	assert_true(str_eq_c(r.line, "250 2.0.0 one"));
	assert_int_equal(test_read(&r, a, "550-what is wrong\r\n550-\r\n550 5.7.1 https://help.example/\r\n"), SMTP_REPLY_DONE);
	assert_true(str_eq_c(r.line, "550 what is wrong") && str_eq_c(r.text, "what is wrong") && str_eq_c(r.dsn, "5.7.1"));
	assert_int_equal(test_read(&r, a, "250\r\n"), SMTP_REPLY_DONE);
	assert_true(str_is_none(r.dsn) && r.text.n == 0);
	assert_int_equal(test_read(&r, a, "450 5.1.1 class does not fit\r\n"), SMTP_REPLY_DONE);
	assert_true(str_is_none(r.dsn));
	assert_int_equal(test_read(&r, a, "250-one\r\n251 two\r\n"), SMTP_REPLY_BAD);
	assert_int_equal(test_read(&r, a, "25 x\r\n"), SMTP_REPLY_BAD);
	assert_int_equal(test_read(&r, a, "600 x\r\n"), SMTP_REPLY_BAD);
	assert_int_equal(test_read(&r, a, "250x\r\n"), SMTP_REPLY_BAD);
	assert_int_equal(test_read(&r, a, "HTTP/1.1 400\r\n"), SMTP_REPLY_BAD);
	arena_free(&a);
}

static void
test_endless(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	enum smtp_reply_rc rc = SMTP_REPLY_MORE;
	struct smtp_reply r;

	(void)state;
	smtp_reply_init(&r, a);
	for (int i = 0; i < 10000 && rc == SMTP_REPLY_MORE; i++)
		rc = smtp_reply_line(&r, STR("250-on and on\r\n"));
	assert_int_equal(rc, SMTP_REPLY_BAD);
	assert_int_equal(r.nlines, SMTP_REPLY_LINES);
	arena_free(&a);
}

static void
test_offers(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct smtp_reply r;
	struct smtp_offer o;

	(void)state;
	assert_int_equal(test_read(&r, a,
			     "250-mx.example Hello x\r\n250-pipelining\r\n250-SIZE "
			     "1000\r\n250-AUTH PLAIN LOGIN\r\n"
			     "250-DELIVERBY 60\r\n250-UNKNOWN x\r\n250 8BITMIME\r\n"),
	    SMTP_REPLY_DONE);
	smtp_offer_parse(&r, &o);
	assert_int_equal(o.what, SMTP_OFFER_PIPELINING | SMTP_OFFER_SIZE | SMTP_OFFER_AUTH |
				     SMTP_OFFER_DELIVERBY | SMTP_OFFER_8BITMIME);
	assert_true(o.size == 1000 && o.by_min == 60 && str_eq_c(o.name, "mx.example") &&
		    str_eq_c(o.auth, "PLAIN LOGIN"));
	arena_free(&a);
}

static void
test_put(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	smtp_reply_put(&b, 250, "2.0.0", STR("one\ntwo"));
	assert_string_equal(buf_c(&b), "250-2.0.0 one\r\n250 2.0.0 two\r\n");
	buf_clear(&b);
	smtp_reply_put(&b, 354, NULL, STR("go\r\007on"));
	assert_string_equal(buf_c(&b), "354 go  on\r\n");
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
