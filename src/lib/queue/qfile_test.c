/*
 * qfile_test - qf files of ours and of sendmail's, and those that are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "queue/qfile.h"

static const char foreign[] =
    "V8\nT1795317053\nK0\nN0\nP90028\nB7BIT\nMUser unknown\nFbdns\n$_root@localhost\n$rESMTP\n${daemon_flags}c u\n"
    "S<me@test.example.org>\nZzz+2B\nA<>\n!\022 1200\n"
    "C::include:/var/inc\nrRFC822; list2@test.example.org\nRFD:/tmp/ooo\nrRFC822; list2@test.example.org\nRFD:\"|/bin/inc x\"\n"
    "C\nQrfc822;a+2Bb@c.d\nrRFC822; b@[1.2.3.4]\nRPFD:<b@[1.2.3.4]>\nMDeferred: no\nRPN:<a@example.org>\n"
    "Clist:1:0:list\nRFDA:u@v.w\n"
    "H?P?Return-Path: <\201g>\nH??Received: from x\n\tby y;\n\tSun\nH?D?Date: now\nH??Subject: \303\377\201x\n.\n";

static void
parse_foreign(void **state)
{
	struct arena	*m = arena_new(ARENA_DEFAULT);
	struct qf	 q;
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(qfile_parse(str_c(foreign), m, &q, &e), 0);
	assert_int_equal(q.created, 1795317053);
	assert_int_equal(q.flags, QF_DELBCC | QF_RET_HDRS | QF_NO_BODY_RET | QF_SPLIT);
	assert_true(str_eq_c(q.sender, "me@test.example.org"));
	assert_true(str_eq_c(q.envid, "zz+"));
	assert_true(str_eq_c(q.reason, "User unknown"));
	assert_int_equal(q.deliver_by, 1795317053 + 1200);
	assert_int_equal(q.by_mode, 'R');
	assert_true(q.by_trace);
	assert_true(str_eq_c(qf_macro(&q, STR("daemon_flags")), "c u"));
	assert_int_equal(q.nrcpt, 5);
	assert_true(str_eq_c(q.rcpt[0].ctl_alias, ":include:/var/inc"));
	assert_true(str_eq_c(q.rcpt[1].addr, "|/bin/inc x"));
	assert_true(q.rcpt[2].ctl_alias.n == 0);
	assert_true(str_eq_c(q.rcpt[2].orcpt, "rfc822;a+b@c.d"));
	assert_true(str_eq_c(q.rcpt[2].addr, "b@[1.2.3.4]"));
	assert_int_equal(q.rcpt[3].flags, QR_PRIMARY | QR_NOTIFY);
	assert_true(str_eq_c(q.rcpt[3].text, "Deferred: no"));
	assert_true(str_eq_c(q.rcpt[4].ctl_user, "list"));
	assert_int_equal(q.rcpt[4].ctl_uid, 1);
	assert_int_equal(q.nhdr, 4);
	assert_true(q.hdr[0].macros);
	assert_true(str_eq_c(q.hdr[0].flags, "P"));
	assert_true(str_eq_c(q.hdr[1].value, " from x\n\tby y;\n\tSun"));
	assert_true(str_eq_c(q.hdr[3].value, " \303\201x"));
	assert_false(q.hdr[3].macros);
	arena_free(&m);
}

static void
print_parses(void **state)
{
	struct arena	*m = arena_new(ARENA_DEFAULT);
	struct qf	 q, r;
	struct buf	 a, b;

	(void)state;
	buf_init(&a, 0);
	buf_init(&b, 0);
	assert_int_equal(qfile_parse(str_c(foreign), m, &q, NULL), 0);
	assert_int_equal(qfile_print(&q, &a, NULL), 0);
	assert_int_equal(qfile_parse(buf_str(&a), m, &r, NULL), 0);
	assert_int_equal(qfile_print(&r, &b, NULL), 0);
	assert_true(str_eq(buf_str(&a), buf_str(&b)));
	assert_true(str_find(buf_str(&a), STR("\nR:\"")) == SIZE_MAX);
	assert_true(str_find(buf_str(&a), STR("RFD:\"|/bin/inc x\"\nC\n")) != SIZE_MAX);
	buf_done(&a);
	buf_done(&b);
	arena_free(&m);
}

/* A value that is longer than a request for a delivery can carry: such a message would be tried for ever. */
static void
too_long(void **state)
{
	static const char	letters[] = "ZABXGdSCRQr$";
	static char		text[QF_VALUE_MAX + 200];
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct err		 e = ERR_INIT;
	struct qf		 q;
	struct buf		 b;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	buf_init(&b, 2 * sizeof text);
	for (size_t i = 0; letters[i] != '\0'; i++) {
		buf_clear(&b);
		buf_addf(&b, "V8\nT1\n%c%.*s\nS<a>\nRPFD:<b>\n.\n", letters[i], (int)QF_VALUE_MAX + 1, text);
		assert_int_equal(qfile_parse(buf_str(&b), m, &q, &e), -1);
		assert_non_null(strstr(e.text, "too long"));
		err_clear(&e);
	}
	buf_done(&b);
	arena_free(&m);
}

static void
refused(void **state)
{
	static const char *const cases[] = {
		"",
		"V8\nT1\nS<a>\nRPFD:<b>\n",			/* cut off */
		"V9\nT1\nS<a>\nRPFD:<b>\n.\n",
		"V8\nTx\nS<a>\nRPFD:<b>\n.\n",
		"V8\nT1\nRPFD:<b>\n.\n",			/* no sender */
		"V8\nT1\nS<a>\n.\n",				/* no recipient */
		"V8\nT1\nS<a>\nRPFD\n.\n",
		"V8\nT1\nS<a>\nRPFD:\n.\n",
		"V8\nT1\nS<a>\nS<b>\nRPFD:<b>\n.\n",
		"V8\nT1\nS<a\n\tb>\nRPFD:<b>\n.\n",		/* a folded sender */
		"V8\nT1\nS<a>\nRPFD:<b>\n.\nRPFD:<c>\n",
		"V8\nT1\nS<a>\nRPFD:<b>\nH?P\n.\n",
		"V8\nT1\nS<a>\nRPFD:<b>\nH??no name\n.\n",
		"V8\nT1\nS<a>\nRPFD:<b>\n~\n.\n",
		"T1\nV8\nS<a>\nRPFD:<b>\n.\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena	*m = arena_new(ARENA_DEFAULT);
		size_t		 n = strlen(cases[i]);
		char		*p = malloc(n + !n);
		struct err	 e = ERR_INIT;
		struct qf	 q;

		memcpy(p, cases[i], n);
		if (qfile_parse(str_mem(p, n), m, &q, &e) != -1)
			fail_msg("accepted: %s", cases[i]);
		assert_true(e.text[0] != '\0');
		free(p);
		arena_free(&m);
	}
}

static void
print_refuses_line_breaks(void **state)
{
	struct arena	*m = arena_new(ARENA_DEFAULT);
	struct qf	 q;
	struct buf	 b;

	(void)state;
	buf_init(&b, 0);
	qf_init(&q);
	q.sender = STR("a\nRPFD:<x>");
	qf_add_rcpt(&q, m)->addr = STR("b");
	assert_int_equal(qfile_print(&q, &b, NULL), -1);
	q.sender = STR("a");
	q.rcpt[0].addr = STR("b\n.");
	assert_int_equal(qfile_print(&q, &b, NULL), -1);
	q.rcpt[0].addr = STR("b");
	struct qf_hdr *h = qf_add_hdr(&q, m);
	h->name = STR("X");
	h->value = STR(" a\n.");
	assert_int_equal(qfile_print(&q, &b, NULL), -1);
	h->value = STR(" a\n .");
	buf_clear(&b);
	assert_int_equal(qfile_print(&q, &b, NULL), 0);
	buf_done(&b);
	arena_free(&m);
}

/* Decisions hold for the recipients behind them; there is a limit to all of them together, and nothing else gets lost by it. */
static void
decisions(void **state)
{
	struct arena	*m = arena_new(4 * ARENA_DEFAULT);
	struct qf	 q;
	struct buf	 b;
	size_t		 with = 0;

	(void)state;
	assert_int_equal(qfile_parse(STR("V8\nT1\nS<a@b>\nRPFD:<c@d>\n${angarium_why}t[d]=x R/1@y:2\nRPFD:<e@d>\nRPFD:<f@d>\n"
	    "${angarium_why}\nRPFD:<g@d>\n.\n"), m, &q, NULL), 0);
	assert_int_equal(q.nmacro, 0);
	assert_true(q.rcpt[0].why.n == 0 && q.rcpt[3].why.n == 0 && str_eq(q.rcpt[1].why, q.rcpt[2].why));
	assert_true(str_eq_c(q.rcpt[1].why, "t[d]=x R/1@y:2"));
	buf_init(&b, QF_TEXT_MAX + 1);
	assert_int_equal(qfile_print(&q, &b, NULL), 0);
	assert_true(str_find(buf_str(&b), STR("RPFD:<c@d>\n${angarium_why}t[d]=x R/1@y:2\nRPFD:<e@d>\nRPFD:<f@d>\n${angarium_why}\nRPFD:<g@d>\n")) != SIZE_MAX);
	for (int i = 0; i < 20000; i++) {
		struct qf_rcpt *r = qf_add_rcpt(&q, m);

		r->addr = arena_fmt(m, "u%d@d", i);
		r->why = arena_fmt(m, "%d %0400d", i, 0);
	}
	buf_clear(&b);
	assert_int_equal(qfile_print(&q, &b, NULL), 0);
	assert_true(b.n < QF_WHY_ALL + 20000 * 50);
	assert_int_equal(qfile_parse(arena_str(m, buf_str(&b)), m, &q, NULL), 0);
	assert_int_equal(q.nrcpt, 20004);
	for (size_t i = 0; i < q.nrcpt; i++)
		with += q.rcpt[i].why.n > 0;
	assert_true(with > 1000 && with < 3000 && q.rcpt[20003].why.n == 0);
	for (size_t i = 0; i < q.nrcpt; i++) {	/* as large as another system's qf may be: it fits without the final recipients, which were not in it */
		q.rcpt[i].addr = arena_fmt(m, "%0350zu@d", i);
		q.rcpt[i].final = arena_fmt(m, "RFC822; %.*s", STR_ARG(q.rcpt[i].addr));
	}
	buf_clear(&b);
	assert_int_equal(qfile_print(&q, &b, NULL), 0);
	assert_int_equal(qfile_parse(arena_str(m, buf_str(&b)), m, &q, NULL), 0);
	assert_true(q.nrcpt == 20004 && q.rcpt[7].final.n == 0);
	buf_done(&b);
	arena_free(&m);
}

/* ---- whatever is printed can be read again ---- */

static uint32_t dice_state;

static unsigned
dice(unsigned n)
{
	dice_state = dice_state * 1664525u + 1013904223u;
	return (dice_state >> 8) % n;
}

static struct str
junk(struct arena *m)
{
	static const char	 bytes[] = "\n\0\t ?:{}\"<>|/\\@.a\x81\xff\x01,;()R$HS!+=";
	size_t			 n = dice(30) == 0 ? QF_VALUE_MAX - 20 + dice(40) : dice(4) == 0 ? 0 : dice(12);
	bool			 clean = dice(3) != 0;
	char			*p = arena_bytes(m, n + 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = clean ? (char)('a' + dice(26)) : bytes[dice(sizeof bytes - 1)];
	return str_mem(p, n);
}

static void
hostile(void **state)
{
	struct buf	b;
	unsigned	good = 0;

	(void)state;
	buf_init(&b, QF_TEXT_MAX + 1);
	for (dice_state = 1; good < 3000; ) {
		struct arena	*m = arena_new(ARENA_DEFAULT);
		struct qf	 q, back;
		struct err	 e = ERR_INIT;
		struct qf_rcpt	*r;
		struct qf_hdr	*h;

		qf_init(&q);
		q.sender = junk(m);
		for (unsigned i = dice(2); i < 2; i++) {
			assert_non_null(r = qf_add_rcpt(&q, m));
			r->addr = junk(m);
			r->given = dice(4) == 0 ? junk(m) : STR_NONE;
			r->text = junk(m);
			switch (dice(6)) {
			case 0:	r->orcpt = junk(m); break;
			case 1:	r->final = junk(m); break;
			case 2:	r->ctl_alias = junk(m); break;
			case 3:	r->ctl_alias = junk(m);
				r->ctl_user = STR("u");
				break;
			case 4:	r->why = junk(m); break;
			}
		}
		switch (dice(9)) {
		case 0:	q.envid = junk(m); break;
		case 1:	q.auth = junk(m); break;
		case 2:	q.quarantine = junk(m); break;
		case 3:	q.body = junk(m); break;
		case 4:	q.group = junk(m); break;
		case 5:	assert_non_null(qf_set_macro(&q, m, junk(m), junk(m))); break;
		case 6:
			assert_non_null(h = qf_add_hdr(&q, m));
			h->name = junk(m);
			h->value = junk(m);
			h->flags = dice(3) == 0 ? junk(m) : STR_NONE;
			break;
		case 7:	q.reason = junk(m); break;
		}
		buf_clear(&b);
		if (qfile_print(&q, &b, &e) == 0) {
			good++;
			if (qfile_parse(buf_str(&b), m, &back, &e) == -1)
				fail_msg("%s: %s", e.text, buf_c(&b));
			assert_int_equal(back.nrcpt, q.nrcpt);
			assert_true(str_eq(back.sender, q.sender) || q.sender_given.n != 0);
		} else
			assert_true(e.class != ERR_NONE && e.text[0] != '\0');
		arena_free(&m);
	}
	buf_done(&b);
}

/* Replies to thousands of recipients do not keep the rest from being written. */
static void
many_texts(void **state)
{
	static char	 long_text[4000];
	struct arena	*m = arena_new((size_t)1 << 30);
	struct qf	 q;
	struct buf	 b;

	(void)state;
	memset(long_text, 'x', sizeof long_text);
	qf_init(&q);
	for (int i = 0; i < 100000; i++) {
		struct qf_rcpt *r = qf_add_rcpt(&q, m);

		r->addr = arena_fmt(m, "a-name-of-some-length-%d@a-domain-of-some-length.example", i);
		r->text = str_mem(long_text, sizeof long_text);
	}
	buf_init(&b, QF_TEXT_MAX + 1);
	assert_int_equal(qfile_print(&q, &b, NULL), 0);
	assert_int_equal(qfile_parse(arena_str(m, buf_str(&b)), m, &q, NULL), 0);
	assert_int_equal(q.nrcpt, 100000);
	buf_done(&b);
	arena_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_foreign),
		cmocka_unit_test(print_parses),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_long),
		cmocka_unit_test(print_refuses_line_breaks),
		cmocka_unit_test(decisions),
		cmocka_unit_test(hostile),
		cmocka_unit_test(many_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
