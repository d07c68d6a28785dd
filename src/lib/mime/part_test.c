#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/test_input.h"
#include "mime/part.h"

#define T	test_input

/* "number type/subtype head start+len body start+len/lf/lines" a line. */
static void
show(struct buf *b, const struct part *p, int depth)
{
	struct str	t = part_type(p), s = part_subtype(p);

	buf_addf(b, "%*s%.*s/%.*s %zu+%zu %zu+%zu/%zu/%zu\n", depth, "", STR_ARG(t), STR_ARG(s), p->header.start,
	    p->header.len, p->body.start, p->body.len, p->body.lf, p->body.lines);
	for (p = p->child; p != NULL; p = p->next)
		show(b, p, depth + 1);
}

static void
tree_is(const char *message, const char *want)
{
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct part_scan	*scan;
	struct str		 s;
	struct buf		 b;

	buf_init(&b, 0);
	for (size_t step = 1; step < 2000; step = step < 20 ? step + 1 : step * 10) {
		scan = part_scan_new(m);
		for (s = str_c(message); s.n > 0; s = str_from(s, step))
			assert_int_equal(part_scan_add(scan, test_input_mem(s.p, s.n < step ? s.n : step)), 0);
		buf_clear(&b);
		show(&b, part_scan_end(scan), 0);
		assert_string_equal(buf_c(&b), want);
		test_input_free();
	}
	buf_done(&b);
	arena_free(&m);
}

static void
single(void **state)
{
	(void)state;
	tree_is("", "text/plain 0+0 0+0/0/0\n");
	tree_is("A: b\r\n\r\nline\r\nlast", "text/plain 0+8 8+10/0/1\n");
	tree_is("A: b\n\nline\nlast\n", "text/plain 0+6 6+10/2/2\n");
	tree_is("A: b\nC: d", "text/plain 0+9 9+0/0/0\n");
	tree_is("\nbody", "text/plain 0+1 1+4/0/0\n");
	tree_is("Content-Type: text/html\n\n\r\r\n", "text/html 0+25 25+3/0/1\n");
	tree_is("Content-Type: multipart/mixed\n\n--\n", "multipart/mixed 0+31 31+3/1/1\n");
	tree_is("Content-Type: multipart/mixed; boundary=x\n\nno parts\n", "multipart/mixed 0+43 43+9/1/1\n");
}

static void
nested(void **state)
{
	(void)state;
	tree_is("Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\npre\r\n--x\r\n\r\none\r\n--x  \r\n"
	    "Content-Type: multipart/alternative; boundary=xy\r\n\r\n--xy\r\n\r\na\r\n\r\n--xy--\r\nepi\r\n--xy\r\n\r\n--x--\r\nend\r\n",
	    "multipart/mixed 0+47 47+122/0/17\n"
	    " text/plain 57+2 59+3/0/0\n"
	    " multipart/alternative 71+52 123+32/0/7\n"
	    "  text/plain 129+2 131+3/0/1\n");
	/* an outer delimiter ends what is inside; a header may be cut off by one */
	tree_is("Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\nX: y\n--o\n\nz\n",
	    "multipart/mixed 0+43 43+63/8/8\n"
	    " multipart/mixed 47+43 90+8/1/1\n"
	    "  text/plain 94+5 99+0/0/0\n"
	    " text/plain 103+1 104+2/1/1\n");
}

static void
messages(void **state)
{
	(void)state;
	tree_is("Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: s\n\nt\n--d\nContent-Type: text/plain\n\nu\n--d--\n",
	    "multipart/digest 0+44 44+57/10/10\n"
	    " message/rfc822 48+1 49+13/2/2\n"
	    "  text/plain 49+12 61+1/0/0\n"
	    " text/plain 67+26 93+1/0/0\n");
	tree_is("Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n",
	    "message/rfc822 0+30 30+56/6/6\n"
	    " multipart/mixed 30+43 73+13/4/4\n"
	    "  text/plain 77+1 78+1/0/0\n");
	tree_is("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nxxxx\n",
	    "message/rfc822 0+64 64+5/1/1\n");
}

static void
fields_and_numbers(void **state)
{
	struct arena	*m = arena_new(ARENA_DEFAULT);
	struct part	*r, *p;

	(void)state;
	r = part_parse(m, T("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-ID: <i>\nContent-Description: a\n b\n"
	    "Content-Disposition: inline; x=y\nContent-Transfer-Encoding: QUOTED-printable\n\n.\n--b\nContent-Type: message/rfc822\n\n"
	    "Subject: in\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\n1\n--c\n\n2\n--c--\n--b\nContent-Type: message/rfc822\n\n"
	    "Subject: plain\n\ntext\n--b--\n"));
	p = part_find(r, STR("1"));
	assert_true(str_eq_c(p->id, "<i>") && str_eq_c(p->description, "a b") && p->xfer == XFER_QP &&
	    str_eq_c(p->disposition.type, "inline") && str_eq_c(p->encoding, "QUOTED-printable"));
	assert_true(str_is_none(p->md5));
	assert_ptr_equal(part_find(r, STR("")), r);
	assert_true(part_find(r, STR("2"))->message);
	assert_ptr_equal(part_find(r, STR("2.2")), r->child->next->child->child->next);
	assert_ptr_equal(part_find(r, STR("3.1")), part_find(r, STR("3"))->child);
	assert_true(str_starts(part_find(r, STR("3.1"))->head, STR("Subject: plain")));
	assert_null(part_find(r, STR("3.2")));
	assert_null(part_find(r, STR("3.1.1")));
	assert_null(part_find(r, STR("4")));
	assert_null(part_find(r, STR("0")));
	assert_null(part_find(r, STR("1.1")));
	assert_null(part_find(r, STR("1.")));
	assert_null(part_find(r, STR("x")));
	r = part_parse(m, T("A: b\n\nc"));
	assert_ptr_equal(part_find(r, STR("1")), r);
	assert_null(part_find(r, STR("2")));
	assert_null(part_find(r, STR("1.1")));
	arena_free(&m);
	test_input_free();
}

static void
limits(void **state)
{
	struct arena	*m = arena_new(ARENA_DEFAULT);
	struct buf	 b;
	struct part	*r, *p;
	size_t		 n = 0;

	(void)state;
	buf_init(&b, 0);
	for (int i = 0; i < 200; i++)
		buf_addf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	for (p = r = part_parse(m, buf_str(&b)); p != NULL; p = p->child)
		n++;
	assert_int_equal(n, PART_DEPTH_MAX + 1);
	buf_clear(&b);
	for (int i = 0; i < 200; i++)
		buf_addc(&b, "Content-Type: message/rfc822\n\n");
	for (n = 0, p = part_parse(m, buf_str(&b)); p != NULL; p = p->child)
		n++;
	assert_int_equal(n, PART_DEPTH_MAX + 1);
	buf_clear(&b);
	buf_addc(&b, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < PART_COUNT_MAX + 10; i++)
		buf_addc(&b, "--b\n\n");
	r = part_parse(m, buf_str(&b));
	assert_int_equal(r->nchild, PART_COUNT_MAX - 1);
	buf_clear(&b);
	for (int i = 0; i < 40000; i++)
		buf_addc(&b, "X: 12345\n");
	buf_addc(&b, "\nbody");
	r = part_parse(m, buf_str(&b));
	assert_true(r->head_cut && r->head.n == PART_HEAD_MAX && r->header.len == 360001 && r->body.len == 4);
	buf_done(&b);
	arena_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single), cmocka_unit_test(nested), cmocka_unit_test(messages),
		cmocka_unit_test(fields_and_numbers), cmocka_unit_test(limits)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
