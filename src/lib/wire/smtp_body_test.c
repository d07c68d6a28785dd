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
	assert_int_equal(s.lines, 2);
	assert_int_equal(s.longest, 3);
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
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
