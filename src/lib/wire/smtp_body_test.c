#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/smtp_body.h"

#define ALL_OFF	0u

static const struct {
	unsigned		 relax;
	const char		*in;
	enum smtp_body_rc	 rc;
	const char		*out;
	size_t			 used;		/* 0: all */
} cases[] = {
	{ ALL_OFF, "a\r\n.\r\nQUIT\r\n",	SMTP_BODY_END,		"a\n", 6 },
	{ ALL_OFF, ".\r\n",			SMTP_BODY_END,		"", 0 },
	{ ALL_OFF, "..\r\n.\r\n",		SMTP_BODY_END,		".\n", 0 },
	{ ALL_OFF, ".a\r\n..b\r\n.\r\n",	SMTP_BODY_END,		"a\n.b\n", 0 },
	{ ALL_OFF, "a.\r\n",			SMTP_BODY_MORE,		"a.\n", 0 },
	{ ALL_OFF, "a\n",			SMTP_BODY_BARE_LF,	"a", 0 },
	{ ALL_OFF, "a\n.\r\nMAIL",		SMTP_BODY_BARE_LF,	"a", 2 },
	{ ALL_OFF, "a\r\n.\n",			SMTP_BODY_BARE_LF,	"a\n", 0 },
	{ ALL_OFF, "a\r\n.\r.\r\n",		SMTP_BODY_BARE_CR,	"a\n", 5 },
	{ ALL_OFF, "a\rb",			SMTP_BODY_BARE_CR,	"a", 2 },
	{ ALL_OFF, "a\r\r\n.\r\n",		SMTP_BODY_BARE_CR,	"a", 2 },
	{ SMTP_BODY_ANYEND, "a\n.\nQUIT",	SMTP_BODY_END,		"a\n", 4 },
	{ SMTP_BODY_ANYEND, "a\n.\r\n",		SMTP_BODY_END,		"a\n", 0 },
	{ SMTP_BODY_ANYEND, "a\r.\r\n",		SMTP_BODY_BARE_CR,	"a", 2 },
	{ SMTP_BODY_LF_OK, "a\n.\r\nb\r\n.\r\n", SMTP_BODY_END,		"a\n.\nb\n", 0 },
	{ SMTP_BODY_LF_OK, "a\n.\nb\r\n.\r\n",	SMTP_BODY_END,		"a\n.\nb\n", 0 },
	{ SMTP_BODY_LF_BLANK, "a\n.\r\n.\r\n",	SMTP_BODY_END,		"a .\n", 0 },
	{ SMTP_BODY_CR_OK, "a\rb\r\n.\r\n",	SMTP_BODY_END,		"a\rb\n", 0 },
	{ SMTP_BODY_CR_BLANK, "a\r\r\n.\r\n",	SMTP_BODY_END,		"a \n", 0 },
	{ SMTP_BODY_CR_BLANK, "\r.\r\n.\r\n",	SMTP_BODY_END,		" .\n", 0 },
};

static void
test_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t cut = 1; cut < 4; cut++) {
			struct str in = str_c(cases[i].in);
			enum smtp_body_rc rc = SMTP_BODY_MORE;
			struct smtp_body s;
			size_t used = 0, n;
			struct buf b;

			buf_init(&b, 0);
			smtp_body_init(&s, cases[i].relax);
			while (rc == SMTP_BODY_MORE && used < in.n) {
				rc = smtp_body_feed(&s, str_first(str_from(in, used), cut), &b, &n);
				used += n;
			}
			if (rc != cases[i].rc || !str_eq_c(buf_str(&b), cases[i].out))
				fail_msg("case %zu cut %zu: %d '%s'", i, cut, (int)rc, buf_c(&b));
			assert_int_equal(used, cases[i].used ? cases[i].used : in.n);
			buf_done(&b);
		}
}

static void
test_counts(void **state)
{
	struct smtp_body s;
	size_t used;

	(void)state;
	smtp_body_init(&s, 0);
	assert_int_equal(smtp_body_feed(&s, str_mem("ab\0\r\n\303\251\r\n.\r\n", 12), NULL, &used),
	    SMTP_BODY_END);
	assert_true(s.has8bit && s.has_nul);
	assert_int_equal(s.size, 7);
}

static const struct {
	unsigned	 flags;
	size_t		 limit;
	const char	*in, *out;
} outs[] = {
	{ SMTP_OUT_DOTS, 0,	"a\n.b\n..\n",		"a\r\n..b\r\n...\r\n" },
	{ 0, 0,			".b\n",			".b\r\n" },
	{ SMTP_OUT_DOTS, 0,	"no end",		"no end\r\n" },
	{ SMTP_OUT_DOTS, 0,	"a\r.\rb\n",		"a . b\r\n" },
	{ SMTP_OUT_DOTS|SMTP_OUT_7BIT, 0, "\256\n\215\212\n", "..\r\n  \r\n" },	/* cut octets that become a dot, CR, LF */
	{ SMTP_OUT_FROM, 0,	"From me\nFro\nFrom\n\nFrom x",	">From me\r\nFro\r\nFrom\r\n\r\n>From x\r\n" },
	{ SMTP_OUT_FROM|SMTP_OUT_DOTS, 0, ".\nFrom",	"..\r\nFrom\r\n" },
	{ 0, 5,			"12345\n123456\n1234567890\n",	"12345\r\n1234!\r\n 56\r\n1234!\r\n 567!\r\n 890\r\n" },
	{ SMTP_OUT_DOTS, 5,	"1234.67\n",		"1234!\r\n .67\r\n" },
};

static void
test_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof outs / sizeof outs[0]; i++)
		for (size_t cut = 1; cut < 9; cut++) {
			struct str in = str_c(outs[i].in);
			struct smtp_out o;
			struct buf b;

			buf_init(&b, 0);
			smtp_out_init(&o, outs[i].flags, STR("\r\n"), outs[i].limit);
			for (size_t k = 0; k < in.n; k += cut)
				smtp_out_feed(&o, str_first(str_from(in, k), cut), &b);
			smtp_out_end(&o, &b);
			smtp_out_done(&o);
			if (!str_eq_c(buf_str(&b), outs[i].out))
				fail_msg("case %zu cut %zu: '%s'", i, cut, buf_c(&b));
			buf_done(&b);
		}
}

/* ---- whole lines are taken at once: the same must come out as octet for octet ---- */

static uint32_t seed = 1;

static size_t
any(size_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* Lines as mail has them, now and then something that only an attacker sends; most of them longer than what is taken at once. */
static void
wild(struct buf *b, bool wire, unsigned rare)
{
	static const char *const odd[] = { ".", "..", ".\r", ".\n", "\r", "\n", "\r\r\n", "\n.\n", "\n.\r\n", "\r.\r", "\303\251", "\r\n.\r", "\n\r", "\r\n.", "From " };
	size_t size = 1 + any(30000), start = b->n;

	while (b->n - start < size) {
		size_t n = any(20) == 0 ? any(9000) : any(80);

		if (any(rare) == 0)
			(void)(any(8) == 0 ? buf_addch(b, '\0') : buf_addc(b, odd[any(sizeof odd / sizeof odd[0])]));
		for (size_t i = 0; i < n; i++)
			(void)buf_addch(b, (char)('a' + i % 26));
		(void)buf_addc(b, wire ? "\r\n" : "\n");
	}
	if (wire)
		(void)buf_addc(b, any(10) == 0 ? "." : ".\r\nQUIT\r\n");
}

/* RFC 5321 4.1.1.4 and 4.5.2 as they stand, without relaxations; *used as smtp_body_feed has it. */
static enum smtp_body_rc
plainly(struct str in, struct buf *out, size_t *used)
{
	bool bol = true;

	for (size_t i = 0; i < in.n; i++) {
		char next = i + 1 < in.n ? in.p[i + 1] : '\0';

		if (bol && in.p[i] == '.') {
			bol = false;
			if (str_starts(str_from(in, i), STR(".\r\n"))) {
				*used = i + 3;
				return SMTP_BODY_END;
			}
		} else if (in.p[i] == '\r') {
			if (i + 1 == in.n)
				break;
			*used = i + 1;
			if (next != '\n')
				return SMTP_BODY_BARE_CR;
			(void)buf_addch(out, '\n');
			i++;
			bol = true;
		} else if (in.p[i] == '\n') {
			*used = i + 1;
			return SMTP_BODY_BARE_LF;
		} else {
			(void)buf_addch(out, in.p[i]);
			bol = false;
		}
	}
	*used = in.n;
	return SMTP_BODY_MORE;
}

/* In pieces of at most `cut` octets; at random sizes when `cut` is 0. */
static enum smtp_body_rc
cut_up(struct smtp_body *s, unsigned relax, struct str in, size_t cut, struct buf *out, size_t *used)
{
	enum smtp_body_rc rc = SMTP_BODY_MORE;
	size_t n;

	smtp_body_init(s, relax);
	*used = 0;
	while (rc == SMTP_BODY_MORE && *used < in.n) {
		rc = smtp_body_feed(s, str_first(str_from(in, *used), cut > 0 ? cut : 1 + any(20000)), out, &n);
		*used += n;
	}
	return rc;
}

static void
same_in(unsigned relax, struct str in)
{
	struct smtp_body slow, fast;
	enum smtp_body_rc want, rc;
	struct buf a, b;
	size_t ua, ub;

	buf_init(&a, 0);
	buf_init(&b, 0);
	want = cut_up(&slow, relax, in, 1, &a, &ua);
	if (relax == 0) {
		assert_int_equal(plainly(in, &b, &ub), want);
		assert_int_equal(ub, ua);
		assert_true(str_eq(buf_str(&a), buf_str(&b)));
	}
	for (int i = 0; i < 4; i++) {
		buf_clear(&b);
		rc = cut_up(&fast, relax, in, i == 0 ? in.n : i == 1 ? 8192 : 0, &b, &ub);
		if (rc != want || ub != ua || !str_eq(buf_str(&a), buf_str(&b)))
			fail_msg("relax %x, way %d: %d at %zu, not %d at %zu", relax, i, (int)rc, ub, (int)want, ua);
		assert_true(fast.size == slow.size);
		assert_true(fast.has8bit == slow.has8bit && fast.has_nul == slow.has_nul);
		assert_int_equal(fast.size, b.n);
	}
	buf_done(&a);
	buf_done(&b);
}

static void
test_in_same(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (unsigned i = 0; i < 300; i++) {
		buf_clear(&b);
		wild(&b, true, i % 3 == 0 ? 1000000 : i % 3 == 1 ? 30 : 400);
		same_in(i % 4 < 2 ? 0 : (unsigned)any(32), buf_str(&b));
	}
	buf_done(&b);
}

/* Each end of a line, a dot, or what smugglers try, at each place around the edge of what is taken at once and of what was read at once. */
static void
test_in_edges(void **state)
{
	static const char *const at[] = { "\r\n", "\r\n.\r\n", "\r\n..\r\n", "\r", "\n", "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r.\r\n", "\r\n\r\n.\r\n", "\r\r\n" };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof at / sizeof at[0]; i++)
		for (size_t edge = 8192 - 7; edge < 8192 + 3; edge++) {
			buf_clear(&b);
			while (b.n + 64 < edge)
				(void)buf_addc(&b, "a line of sixty-four octets, with what ends it, and no dot .. \r\n");
			while (b.n < edge)
				(void)buf_addch(&b, 'x');
			(void)buf_addc(&b, at[i]);
			(void)buf_addc(&b, "MAIL FROM:<smuggled@example.org>\r\n.\r\n");
			same_in(0, buf_str(&b));
			same_in(SMTP_BODY_ANYEND, buf_str(&b));
			same_in(SMTP_BODY_LF_OK | SMTP_BODY_CR_OK, buf_str(&b));
		}
	buf_done(&b);
}

/* What goes out is the same however it is cut, and comes in again as one message. */
static void
test_out_same(void **state)
{
	static const size_t limits[] = { 0, 40, 990 };
	struct buf in, a, b;
	struct smtp_out o;
	struct smtp_body s;
	size_t used;

	(void)state;
	buf_init(&in, 0);
	buf_init(&a, 0);
	buf_init(&b, 0);
	for (unsigned i = 0; i < 200; i++) {
		unsigned flags = i % 5 == 0 ? (unsigned)any(32) | SMTP_OUT_DOTS : i % 7 == 0 ? 0 : SMTP_OUT_DOTS;

		buf_clear(&in);
		wild(&in, false, i % 2 == 0 ? 1000000 : 60);
		for (int way = 0; way < 4; way++) {
			struct buf *out = way == 0 ? &a : &b;

			buf_clear(out);
			smtp_out_init(&o, flags, STR("\r\n"), limits[i % 3]);
			for (size_t k = 0, n; k < in.n; k += n) {
				n = way == 0 ? 1 : way == 1 ? in.n : 1 + any(20000);
				smtp_out_feed(&o, str_first(str_from(buf_str(&in), k), n), out);
			}
			smtp_out_dot(&o, out);
			smtp_out_done(&o);
			if (way > 0 && !str_eq(buf_str(&a), buf_str(&b)))
				fail_msg("body %u, flags %x, way %d: another text", i, flags, way);
		}
		if ((flags & (SMTP_OUT_DOTS | SMTP_OUT_RAWCR)) == SMTP_OUT_DOTS) {
			buf_clear(&b);
			assert_int_equal(cut_up(&s, 0, buf_str(&a), 0, &b, &used), SMTP_BODY_END);
			assert_int_equal(used, a.n);
		}
	}
	buf_done(&in);
	buf_done(&a);
	buf_done(&b);
}

static void
test_line(void **state)
{
	struct str t;

	(void)state;
	assert_int_equal(smtp_line_end(STR("NOOP\r\n"), &t), SMTP_LINE_CRLF);
	assert_true(str_eq_c(t, "NOOP"));
	assert_int_equal(smtp_line_end(STR("NOOP\n"), &t), SMTP_LINE_LF);
	assert_int_equal(smtp_line_end(STR("NO\rOP\r\n"), &t), SMTP_LINE_CR);
	assert_int_equal(smtp_line_end(STR("NOOP"), &t), SMTP_LINE_OPEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_in_same),
		cmocka_unit_test(test_in_edges),
		cmocka_unit_test(test_out_same),
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
