#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "wire/smtp_cmd.h"

/* An exact-size copy on the heap: one byte too far is an error under a checker. */
static struct str
test_input(const char *c)
{
	size_t n = strlen(c);
	char *p = malloc(n == 0 ? 1 : n);

	assert_non_null(p);
	memcpy(p, c, n);
	return str_mem(p, n);
}

static const struct {
	const char	*in, *want;	/* want: the address, or "!" and the reply */
} mails[] = {
	{ "FROM:<a@example.org> SIZE=10",	"a@example.org" },
	{ "from: <a@example.org>  ",		"a@example.org" },
	{ "FROM : <a@example.org>",		"a@example.org" },
	{ "FROM:root",				"root" },
	{ "FROM:<>",				"" },		/* RFC 5321 4.5.5 */
	{ "FROM:<\"a b>\"@x>",			"\"a b>\"@x" },
	{ "FROM:<a\\>b@x>",			"a\\>b@x" },
	{ "FROM:<a b@x>",			"a b@x" },
	{ "",					"!501 5.5.2 Syntax error in parameters scanning \"\"" },
	{ "FROM",				"!501 5.5.2 Syntax error in parameters scanning \"FROM\"" },
	{ "FROM:",				"!501 5.5.2 Syntax error in parameters scanning \"FROM\"" },
	{ "TO:<x>",				"!501 5.5.2 Syntax error in parameters scanning \"TO\"" },
	{ "FROM:<root@localhost",		"!553 5.0.0 <root@localhost... Unbalanced '<'" },
	{ "FROM:root@localhost>",		"!553 5.0.0 root@localhost>... Unbalanced '>'" },
	{ "FROM:<\"a@x>",			"!553 5.0.0 <\"a@x>... Unbalanced '\"'" },
	{ "FROM:<a@x>SIZE=1",			"!501 5.5.4 Syntax error behind address <a@x>" },
	{ "FROM:<a@x\t>",			"!553 5.1.3 Invalid character in address" },
	{ "FROM:<a@x> SIZE",			"!501 5.5.2 SIZE requires a value" },
	{ "FROM:<a@x> SIZE=",			"!501 5.5.2 SIZE requires a value" },
	{ "FROM:<a@x> SIZE=abc",		"!501 5.5.4 Syntax error in SIZE parameter value" },
	{ "FROM:<a@x> SIZE=-1",			"!552 5.2.3 Message size invalid" },
	{ "FROM:<a@x> SIZE=99999999999999999999", "!552 5.2.3 Message size exceeds maximum value" },
	{ "FROM:<a@x> BODY=foo",		"!501 5.5.4 Unknown BODY type foo" },
	{ "FROM:<a@x> BODY",			"!501 5.5.2 BODY requires a value" },
	{ "FROM:<a@x> FOO",			"!555 5.5.4 FOO parameter unrecognized" },
	{ "FROM:<a@x> FOO=BAR",			"!555 5.5.4 FOO parameter unrecognized" },
	{ "FROM:<a@x> =10",			"!555 5.5.4  parameter unrecognized" },
	{ "FROM:<a@x> RET=foo",			"!501 5.5.2 Bad argument \"foo\" to RET" },
	{ "FROM:<a@x> RET=FULL RET=HDRS",	"!501 5.5.0 Duplicate RET parameter" },
	{ "FROM:<a@x> ENVID=a+zz",		"!501 5.5.4 Syntax error in ENVID parameter value" },
	{ "FROM:<a@x> ENVID=+0D+0A",		"!501 5.5.4 Syntax error in ENVID parameter value" },
	{ "FROM:<a@x> ENVID=a ENVID=b",		"!501 5.5.0 Duplicate ENVID parameter" },
	{ "FROM:<a@x> BY=abc",			"!501 5.5.2 BY= missing ';'" },
	{ "FROM:<a@x> BY=120;X",		"!501 5.5.2 illegal by-mode 'X'" },
	{ "FROM:<a@x> BY=0;R",			"!501 5.5.4 mode R requires BY time > 0" },
	{ "FROM:<a@x> BY=99999999999;R",	"!501 5.5.2 BY=99999999999;R out of range" },
	{ "FROM:<a@x> AUTH=a+zz",		"!501 5.5.4 Syntax error in AUTH parameter value" },
	{ "FROM:<a@x> SMTPUTF8",		"a@x" },		/* RFC 6531 3.1 */
	{ "FROM:<a@x> SMTPUTF8=yes",		"!501 5.5.4 SMTPUTF8 takes no value" },
	{ "FROM:<\303\244@x> SMTPUTF8",		"\303\244@x" },
	{ "FROM:<\303\244@x>",			"!553 5.6.7 Address needs SMTPUTF8" },
	{ "FROM:<\303@x> SMTPUTF8",		"!553 5.6.7 Address is not UTF-8" },
	{ "FROM:<a@x> BODY=BINARYMIME",		"a@x" },		/* RFC 3030 3 */
	{ "FROM:<a@x> REQUIRETLS",		"a@x" },		/* RFC 8689 2 */
	{ "FROM:<a@x> REQUIRETLS=",		"!501 5.5.4 REQUIRETLS takes no value" },
	{ "FROM:<a@x> MT-PRIORITY=-9",		"a@x" },		/* RFC 6710 6 */
	{ "FROM:<a@x> MT-PRIORITY=10",		"!501 5.5.2 Syntax error in MT-PRIORITY parameter value" },
	{ "FROM:<a@x> MT-PRIORITY=-",		"!501 5.5.2 Syntax error in MT-PRIORITY parameter value" },
	{ "FROM:<a@x> MT-PRIORITY=1 MT-PRIORITY=1", "!501 5.5.4 Duplicate MT-PRIORITY parameter" },
	{ "FROM:<a@x> HOLDFOR=60",		"a@x" },		/* RFC 4865 5 */
	{ "FROM:<a@x> HOLDFOR=0",		"!501 5.5.4 Syntax error in HOLDFOR parameter value" },
	{ "FROM:<a@x> HOLDFOR=1234567890",	"!501 5.5.4 Syntax error in HOLDFOR parameter value" },
	{ "FROM:<a@x> HOLDUNTIL=2027-02-28T23:59:60.5+01:00", "a@x" },
	{ "FROM:<a@x> HOLDUNTIL=2027-02-29T10:00:00Z", "!501 5.5.4 Syntax error in HOLDUNTIL parameter value" },
	{ "FROM:<a@x> HOLDUNTIL=tomorrow",	"!501 5.5.4 Syntax error in HOLDUNTIL parameter value" },
	{ "FROM:<a@x> HOLDUNTIL=2027-02-28T10:00:00Z HOLDFOR=1", "!501 5.5.4 Duplicate HOLD parameter" },
};

static const struct {
	const char	*in, *want;
} rcpts[] = {
	{ "TO:<root>",				"root" },
	{ "TO:<@foo:root@localhost>",		"@foo:root@localhost" },
	{ "TO:<>",				"!553 5.0.0 <>... User address required" },
	{ "TO:<root> NOTIFY=NEVER,SUCCESS",	"!501 5.5.4 Bad argument \"NEVER\"  to NOTIFY" },
	{ "TO:<root> NOTIFY=FOO",		"!501 5.5.4 Bad argument \"FOO\"  to NOTIFY" },
	{ "TO:<root> NOTIFY=",			"!501 5.5.4 Bad argument \"\"  to NOTIFY" },
	{ "TO:<root> ORCPT=root",		"!501 5.5.4 Syntax error in ORCPT parameter value" },
	{ "TO:<root> ORCPT=",			"!501 5.5.4 Syntax error in ORCPT parameter value" },
	{ "TO:<root> ORCPT=rfc822;a ORCPT=rfc822;b", "!501 5.5.0 Duplicate ORCPT parameter" },
	{ "TO:<root> FOO=BAR",			"!555 5.5.4 FOO parameter unrecognized" },
	{ "TO:<root> (comment)",		"!555 5.5.4  parameter unrecognized" },
	{ "TO:<root",				"!553 5.0.0 <root... Unbalanced '<'" },
	{ "TO:root>",				"!553 5.0.0 root>... Unbalanced '>'" },
};

static void
test_check(int rc, struct str addr, const struct smtp_bad *bad, const char *in, const char *want)
{
	char got[300];

	if (rc == 0)
		(void)snprintf(got, sizeof got, "%.*s", STR_ARG(addr));
	else
		(void)snprintf(got, sizeof got, "!%d %s %s", bad->code, bad->dsn, bad->text);
	if (strcmp(got, want) != 0)
		fail_msg("%s: got %s, not %s", in, got, want);
}

static void
test_paths(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct smtp_mail m;
	struct smtp_rcpt r;
	struct smtp_bad bad;

	(void)state;
	for (size_t i = 0; i < sizeof mails / sizeof mails[0]; i++) {
		struct str in = test_input(mails[i].in);
		int rc = smtp_mail_parse(a, in, SMTP_EXT_ALL, &m, &bad);

		test_check(rc, m.path.addr, &bad, mails[i].in, mails[i].want);
		free((void *)(uintptr_t)in.p);
	}
	for (size_t i = 0; i < sizeof rcpts / sizeof rcpts[0]; i++) {
		struct str in = test_input(rcpts[i].in);
		int rc = smtp_rcpt_parse(a, in, SMTP_EXT_ALL, &r, &bad);

		test_check(rc, r.path.addr, &bad, rcpts[i].in, rcpts[i].want);
		free((void *)(uintptr_t)in.p);
	}
	arena_free(&a);
}

static void
test_parameters(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct smtp_mail m;
	struct smtp_rcpt r;
	struct smtp_bad bad;
	struct buf b;

	(void)state;
	assert_int_equal(
	    smtp_mail_parse(a,
		STR("FROM:<a@x> size=12 body=8bitmime RET=hdrs ENVID=a+2Bb BY=60;NT AUTH=<>"),
		SMTP_EXT_ALL, &m, &bad),
	    0);
	assert_true(m.has_size && m.size == 12 && m.body == SMTP_BODY_8BITMIME && m.ret == SMTP_RET_HDRS);
	assert_true(str_eq_c(m.envid, "a+b") && str_eq_c(m.auth, "<>") && m.by == 60 &&
		    m.by_mode == 'N' && m.by_trace);
	buf_init(&b, 0);
	smtp_mail_print(&b, &m);
	assert_string_equal(
	    buf_c(&b), "From:<a@x> SIZE=12 BODY=8BITMIME RET=HDRS ENVID=a+2Bb AUTH=<> BY=60;NT");
	assert_int_equal(smtp_mail_parse(a, STR("FROM:<a@x> RET=FULL"), SMTP_EXT_SIZE, &m, &bad), -1);
	assert_int_equal(bad.code, 504);		/* it is known what that is, but not offered */

	assert_int_equal(
	    smtp_rcpt_parse(a, STR("TO:<a@x> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+3Dc@x"),
		SMTP_EXT_ALL, &r, &bad),
	    0);
	assert_int_equal(r.notify, SMTP_NOTIFY_GIVEN | SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_DELAY);
	assert_true(str_eq_c(r.orcpt, "rfc822;b=c@x"));
	buf_clear(&b);
	smtp_rcpt_print(&b, &r, false);
	assert_string_equal(buf_c(&b), "To:<a@x> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+3Dc@x");
	assert_int_equal(smtp_rcpt_parse(a, STR("TO:<a@x> NOTIFY=NEVER"), SMTP_EXT_ALL, &r, &bad), 0);
	assert_int_equal(r.notify, SMTP_NOTIFY_GIVEN);
	buf_done(&b);
	arena_free(&a);
}

/* RFC 6533 3: ORCPT of type utf-8, on UTF-8 sessions and on others. */
static void
test_utf8_orcpt(void **state)
{
	static const struct { const char *in, *orcpt, *ascii, *utf8; } rows[] = {
		{ "TO:<a@x> ORCPT=utf-8;\\x{E4}\\x{2B}b@x", "utf-8;\303\244+b@x", "To:<a@x> ORCPT=utf-8;\\x{E4}\\x{2B}b@x", "To:<a@x> ORCPT=utf-8;\303\244\\x{2B}b@x" },
		{ "TO:<a@x> ORCPT=utf-8;\303\244@x", "utf-8;\303\244@x", "To:<a@x> ORCPT=utf-8;\\x{E4}@x", "To:<a@x> ORCPT=utf-8;\303\244@x" },
		{ "TO:<a@x> ORCPT=utf-8;\\x{0A}@x", NULL, NULL, NULL },
		{ "TO:<a@x> ORCPT=utf-8;\\x{D800}@x", NULL, NULL, NULL },
		{ "TO:<a@x> ORCPT=utf-8;\\x41", NULL, NULL, NULL },
		{ "TO:<a@x> ORCPT=utf-8;\303", NULL, NULL, NULL },
	};
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct smtp_rcpt r;
	struct smtp_bad bad;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int rc = smtp_rcpt_parse(a, str_c(rows[i].in), SMTP_EXT_ALL | SMTP_EXT_UTF8_NOW, &r, &bad);

		assert_int_equal(rc, rows[i].orcpt == NULL ? -1 : 0);
		if (rc == -1)
			continue;
		assert_true(str_eq_c(r.orcpt, rows[i].orcpt));
		for (int utf8 = 0; utf8 < 2; utf8++) {
			buf_clear(&b);
			smtp_rcpt_print(&b, &r, utf8);
			assert_string_equal(buf_c(&b), utf8 ? rows[i].utf8 : rows[i].ascii);
		}
	}
	assert_int_equal(smtp_rcpt_parse(a, STR("TO:<a@x> ORCPT=utf-8;\303\244@x"), SMTP_EXT_ALL, &r, &bad), -1);
	buf_done(&b);
	arena_free(&a);
}

static void
test_release(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct smtp_mail m;
	struct smtp_bad bad;
	struct buf b;

	(void)state;
	assert_int_equal(smtp_mail_parse(a, STR("FROM:<> HOLDUNTIL=2024-02-29T00:30:00+01:00 MT-PRIORITY=-3 SMTPUTF8 REQUIRETLS"), SMTP_EXT_ALL, &m, &bad), 0);
	assert_int_equal(m.hold_until, 1709163000);
	buf_init(&b, 0);
	smtp_mail_print(&b, &m);
	assert_string_equal(buf_c(&b), "From:<> SMTPUTF8 REQUIRETLS MT-PRIORITY=-3 HOLDUNTIL=2024-02-28T23:30:00Z");
	buf_done(&b);
	arena_free(&a);
}

static void
test_words(void **state)
{
	struct str verb, arg;

	(void)state;
	assert_true(smtp_cmd_split(STR(" NOOP\t x y "), &verb, &arg));
	assert_true(str_eq_c(verb, "NOOP") && str_eq_c(arg, "x y"));
	assert_false(smtp_cmd_split(STR("  "), &verb, &arg));
	assert_true(smtp_helo_valid(STR("foo_bar.com")) && smtp_helo_valid(STR("[IPv6:::1]")));
	assert_false(smtp_helo_valid(STR("foo bar")) || smtp_helo_valid(STR("@@@")) ||
		     smtp_helo_valid(STR("")));
	assert_true(smtp_addr_sendable(STR("\"a b\"@x")) && smtp_addr_sendable(STR("")));
	assert_false(smtp_addr_sendable(STR("a@x> SIZE=1")) ||
		     smtp_addr_sendable(STR("a\r\nRSET")) || smtp_addr_sendable(STR("a\\")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_utf8_orcpt),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
