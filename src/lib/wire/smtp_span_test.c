#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/test_input.h"
#include "wire/smtp_span.h"

typedef size_t span_fn(struct smtp_span *, struct str, char *, size_t);

static uint32_t seed = 1;

static size_t
any(size_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* Lines, and now and then (one time in `rare`) what is not ordinary. */
static void
wild(struct buf *b, bool wire, size_t rare)
{
	static const char	odd[] = { '\r', '\n', '.', '\0', '\303' };
	size_t			size = any(700);

	while (b->n < size) {
		for (size_t n = any(any(4) == 0 ? 300 : 80); n > 0; n--)
			(void)buf_addch(b, any(rare) == 0 ? odd[any(sizeof odd)] : 'x');
		(void)buf_addc(b, wire ? "\r\n" : "\n");
		if (any(rare) == 0)
			(void)buf_addch(b, '.');
	}
	buf_truncate(b, size);
}

/* What was taken, octet for octet; the state it left behind is compared, too. */
static void
check_in(const struct smtp_span *was, const struct smtp_span *is, struct str taken, struct str out)
{
	bool	bol = was->bol, cr = was->cr, nul = false, high = false;
	size_t	n = 0;

	for (size_t i = 0; i < taken.n; i++) {
		char c = taken.p[i];

		assert_true(!(bol && c == '.') && cr == (c == '\n'));
		nul = nul || c == '\0';
		high = high || (c & 0x80) != 0;
		bol = c == '\n';
		cr = c == '\r';
		if (!cr) {
			assert_true(n < out.n && out.p[n] == c);
			n++;
		}
	}
	assert_int_equal(n, out.n);
	assert_true(is->bol == bol && is->cr == cr && is->nul == nul && is->high == high);
}

static void
check_out(const struct smtp_span *was, const struct smtp_span *is, struct str taken, struct str out)
{
	bool	bol = was->bol;
	size_t	n = 0, col = was->col;

	for (size_t i = 0; i < taken.n; i++) {
		char c = taken.p[i];

		assert_true(!(bol && was->dots && c == '.') && c != '\r');
		bol = c == '\n';
		col = bol ? 0 : col + 1;
		assert_true(col <= was->limit);
		if (bol) {
			assert_true(n < out.n && out.p[n] == '\r');
			n++;
		}
		assert_true(n < out.n && out.p[n] == c);
		n++;
	}
	assert_int_equal(n, out.n);
	assert_true(is->bol == bol && is->col == col);
}

static void
check(span_fn *fn, bool wire, struct str text, struct smtp_span s)
{
	struct str		in = test_input_mem(text.p, text.n);
	size_t			room = wire ? in.n : any(3) == 0 ? any(800) : 2 * in.n + SMTP_SPAN_ROOM, n;
	struct smtp_span	was = s;
	char			*to = malloc(room > 0 ? room : 1);

	assert_non_null(to);
	n = fn(&s, in, to, room);
	assert_true(n <= in.n && s.out <= room && (n > 0 || s.out == 0));
	(wire ? check_in : check_out)(&was, &s, str_first(in, n), str_mem(to, s.out));
	free(to);
	test_input_free();
}

static void
test_random(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 0);
	for (unsigned i = 0; i < 20000; i++) {
		bool			wire = i % 2 == 0;
		struct smtp_span	s = { .bol = any(2) == 0, .dots = any(2) == 0, .limit = any(2) == 0 ? SIZE_MAX : any(1000) };

		if (!s.bol && wire)
			s.cr = any(2) == 0;
		else if (!s.bol && s.limit > 1)
			s.col = 1 + any(s.limit < 900 ? s.limit - 1 : 900);
		else
			s.bol = true;
		buf_clear(&b);
		if (s.cr && any(4) > 0)
			(void)buf_addch(&b, '\n');
		wild(&b, wire, i % 5 == 0 ? 20 : 2000);
		check(wire ? smtp_span_in : smtp_span_out, wire, buf_str(&b), s);
		check(wire ? smtp_span_lines_in : smtp_span_lines_out, wire, buf_str(&b), s);
	}
	buf_done(&b);
}

/* Each octet that is not ordinary, at each place of two blocks and their edges: nothing behind it is taken. */
static void
test_edges(void **state)
{
	static const char *const	in[] = { "\r", "\n", "\r\r", "\n\r", "\r\n.", "\n." };
	static const char *const	out[] = { "\r", "\n.", "\r\n" };
	char				text[512];

	(void)state;
	for (size_t at = 0; at < 200; at++) {
		for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
			memset(text, 'x', sizeof text);
			memcpy(text + at, in[i], strlen(in[i]));
			check(smtp_span_in, true, str_mem(text, sizeof text), (struct smtp_span){ .bol = true });
			check(smtp_span_in, true, str_mem(text, sizeof text), (struct smtp_span){ .cr = true });
		}
		for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
			memset(text, 'x', sizeof text);
			memcpy(text + at, out[i], strlen(out[i]));
			check(smtp_span_out, false, str_mem(text, sizeof text), (struct smtp_span){ .bol = true, .dots = true, .limit = SIZE_MAX });
			check(smtp_span_out, false, str_mem(text, sizeof text), (struct smtp_span){ .bol = true, .limit = 100 });
		}
	}
}

/* Ordinary text is taken, but for its last octets. */
static void
test_most(void **state)
{
	char			text[2000], to[4000];
	struct smtp_span	s = { .bol = true };

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t i = 70; i < sizeof text; i += 72)
		memcpy(text + i, "\r\n", 2);
	assert_true(smtp_span_in(&s, str_mem(text, sizeof text), to, sizeof to) > sizeof text - 128);
	for (size_t i = 70; i < sizeof text; i += 72)
		text[i] = 'x';
	s = (struct smtp_span){ .bol = true, .dots = true, .limit = 990 };
	assert_true(smtp_span_out(&s, str_mem(text, sizeof text), to, sizeof to) > sizeof text - 128);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
