/*
 * conv_test - messages for a hop that takes less, and for a mailbox that takes more.
 */
#include "mime/conv.h"

#include "base/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
collect(void *arg, struct str s)
{
	buf_add(arg, s);
}

static struct str
run(struct arena *m, enum conv_to to, bool raw, const char *header, struct str content)
{
	static struct buf out;
	struct conv c = { .to = to, .raw = raw, .by = STR("here id X"), .put = collect, .put_arg = &out };

	buf_done(&out);
	buf_init(&out, 0);
	assert_int_equal(conv_run(m, &c, str_c(header), content), 0);
	return buf_str(&out);
}

#define MIME	"MIME-Version: 1.0\n"
#define U	"\303\244"
#define AUTO(f, t)	"X-MIME-Autoconverted: from " f " to " t " by here id X\n"

static const struct {
	const char	*header, *content, *want;
} to7[] = {
	/* RFC 6152 3: mostly ASCII becomes quoted-printable, the rest base64, as sendmail chooses */
	{ MIME "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n", "a few " U " only, among so many letters = \n",
	  MIME "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n" AUTO("8bit", "quoted-printable")
	  "\na few =C3=A4 only, among so many letters =3D=20\n" },
	{ MIME "Content-Transfer-Encoding: 8bit\n", U U U "\nx\n",
	  MIME "Content-Type: text/plain; charset=unknown-8bit\nContent-Transfer-Encoding: base64\n" AUTO("8bit", "base64") "\nw6TDpMOkDQp4DQo=\n" },
	/* without MIME: fields are added */
	{ "Subject: x\n", U "abcdefghijklmnopqrstuvwxyz\n", "Subject: x\n" MIME "Content-Type: text/plain; charset=unknown-8bit\nContent-Transfer-Encoding: quoted-printable\n"
	  AUTO("8bit", "quoted-printable") "\n=C3=A4abcdefghijklmnopqrstuvwxyz\n" },
	/* nothing to do */
	{ "Subject: x\n", "y\n", "Subject: x\n\ny\n" },
	{ MIME "Content-Transfer-Encoding: 8bit\n", "y\n", MIME "Content-Transfer-Encoding: 8bit\n\ny\n" },
	{ MIME "Content-Type: text\n", U "abcdefghijklmnopqrstuvwxyz\n", MIME "Content-Type: text\nContent-Transfer-Encoding: quoted-printable\n"
	  AUTO("8bit", "quoted-printable") "\n=C3=A4abcdefghijklmnopqrstuvwxyz\n" },
	{ "Subject: " U "\n" MIME "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n", "--b\nContent-Transfer-Encoding: 8bit\n\ny\n--b--\n",
	  "Subject: " U "\n" MIME "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\n--b\nContent-Transfer-Encoding: 8bit\n\ny\n--b--\n" },
	/* each part by itself; what surrounds them loses its encoding */
	{ MIME "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n",
	  "pre" U "\n--b\nContent-Type: text/plain\n\n" U "abcdefghijklmnopqrstuvwxyz\n--b\nContent-Type: image/png\n\n" U U "\n--b\n\nplain\n--b--\nepi\n",
	  MIME "Content-Type: multipart/mixed; boundary=b\n\npre?" "?\n--b\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n"
	  AUTO("8bit", "quoted-printable") "\n=C3=A4abcdefghijklmnopqrstuvwxyz\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n"
	  AUTO("8bit", "base64") "\nw6TDpA==\n--b\n\nplain\n--b--\nepi\n" },
	/* messages within */
	{ MIME "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n", "Subject: in\n\n" U "abcdefghijklmnopqrstuvwxyz\n",
	  MIME "Content-Type: message/rfc822\n\nSubject: in\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n" AUTO("8bit", "quoted-printable")
	  "\n=C3=A4abcdefghijklmnopqrstuvwxyz\n" },
	{ MIME "Content-Type: message/rfc822\n\n", "Subject: in\n\nseven\n", MIME "Content-Type: message/rfc822\n\nSubject: in\n\nseven\n" },
	/* other types of message may not be encoded (RFC 2046 5.2), those of RFC 6532 3.7 may */
	{ MIME "Content-Type: message/delivery-status\n", "Reporting-MTA: x\n\nFinal-Recipient: " U "\n",
	  MIME "Content-Type: message/delivery-status\n\nReporting-MTA: x\n\nFinal-Recipient: " U "\n" },
	{ MIME "Content-Type: message/partial; id=x\nContent-Transfer-Encoding: 8bit\n", "Subject: " U "\n\n" U "\n",
	  MIME "Content-Type: message/partial; id=x\nContent-Transfer-Encoding: 8bit\n\nSubject: " U "\n\n" U "\n" },
	{ MIME "Content-Type: message/global\nContent-Transfer-Encoding: 8bit\n", "Subject: " U " in\n\nand " U " text in it\n",
	  MIME "Content-Type: message/global\nContent-Transfer-Encoding: quoted-printable\n" AUTO("8bit", "quoted-printable")
	  "\nSubject: =C3=A4 in\n\nand =C3=A4 text in it\n" },
	/* parts, but nothing said of MIME */
	{ "Content-Type: multipart/mixed; boundary=b\n", "--b\n\n" U "abcdefghijklmnopqrstuvwxyz\n--b--\n",
	  "Content-Type: multipart/mixed; boundary=b\n" MIME "\n--b\nContent-Transfer-Encoding: quoted-printable\n" AUTO("8bit", "quoted-printable")
	  "\n=C3=A4abcdefghijklmnopqrstuvwxyz\n--b--\n" },
	/* signed things are left alone */
	{ MIME "Content-Type: multipart/signed; boundary=b\n", "--b\n\n" U "\n--b--\n", MIME "Content-Type: multipart/signed; boundary=b\n\n--b\n\n" U "\n--b--\n" },
	/* encoded already */
	{ MIME "Content-Transfer-Encoding: quoted-printable\n", "=C3=A4 " U "\n", MIME "Content-Transfer-Encoding: quoted-printable\n\n=C3=A4 " U "\n" },
	{ "", "", "\n" },
};

static void
test_to7(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof to7 / sizeof to7[0]; i++) {
		struct arena *m = arena_new(ARENA_DEFAULT);
		struct str got = run(m, CONV_7BIT, false, to7[i].header, str_c(to7[i].content));

		assert_string_equal(arena_cstr(m, got), to7[i].want);
		arena_free(&m);
	}
}

/* RFC 3030 3: binary content for a hop that takes lines. */
static void
test_binary(void **state)
{
	static const char content[] = "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nl" U "ne\r\n\r\n--b\r\n"
	    "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\r\n\n.\r\r\n--b--\r\n";
	static const char want[] = MIME "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\n--b\nContent-Type: text/plain\n"
	    "Content-Transfer-Encoding: 8bit\n\nl" U "ne\n\n--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
	    AUTO("binary", "base64") "\nAA0KCi4N\n--b--\n";
	struct arena *m = arena_new(ARENA_DEFAULT);
	struct str got;

	(void)state;
	got = run(m, CONV_8BIT, true, MIME "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: binary\n", str_mem(content, sizeof content - 1));
	assert_string_equal(arena_cstr(m, got), want);
	arena_free(&m);
}

/* 8-bit content that says nothing, for a hop that takes it: it gets its fields. */
static void
test_unlabelled(void **state)
{
	struct arena *m = arena_new(ARENA_DEFAULT);

	(void)state;
	assert_string_equal(arena_cstr(m, run(m, CONV_8BIT, false, "Subject: x\n", STR(U "\n"))),
	    "Subject: x\n" MIME "Content-Type: text/plain; charset=unknown-8bit\nContent-Transfer-Encoding: 8bit\n\n" U "\n");
	assert_string_equal(arena_cstr(m, run(m, CONV_8BIT, false, "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n", STR(U "\n"))),
	    "Content-Type: text/plain\n" MIME "Content-Transfer-Encoding: 8bit\n\n" U "\n");
	arena_free(&m);
}

static void
test_long(void **state)
{
	struct arena *m = arena_new(ARENA_DEFAULT);
	char *line = arena_bytes(m, 3000);

	(void)state;
	memset(line, 'x', 3000);
	for (struct str s = run(m, CONV_8BIT, true, MIME "Content-Transfer-Encoding: binary\n", str_mem(line, 3000)), l; str_split(&s, '\n', &l);)
		assert_true(l.n <= 76);
	arena_free(&m);
}

static void
test_widen(void **state)
{
	struct buf out;
	struct conv c = { .by = STR("here id X"), .put = collect, .put_arg = &out };
	struct arena *m = arena_new(ARENA_DEFAULT);

	(void)state;
	buf_init(&out, 0);
	assert_true(conv_widen(m, &c, STR(MIME "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n"), STR("a=C3=A4=\nb=20\n")));
	assert_string_equal(arena_cstr(m, buf_str(&out)), MIME "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n"
	    AUTO("quoted-printable", "8bit") "\na" U "b \n");
	buf_clear(&out);
	assert_false(conv_widen(m, &c, STR(MIME "Content-Type: text/html\nContent-Transfer-Encoding: base64\n"), STR("YQ==\n")));
	assert_false(conv_widen(m, &c, STR("Content-Transfer-Encoding: base64\n"), STR("YQ==\n")));
	assert_false(conv_widen(m, &c, STR(MIME "Content-Transfer-Encoding: base64\n"), STR("AAAA\n")));
	assert_false(conv_widen(m, &c, STR(MIME "Content-Transfer-Encoding: base64\n"), STR("YQ==\n\n-- the list's footer\n")));
	assert_false(conv_widen(m, &c, STR(MIME "Content-Transfer-Encoding: base64\n"), STR("text, \"really\"\n")));
	assert_false(conv_widen(m, &c, STR(MIME "Content-Transfer-Encoding: quoted-printable\n"), STR("a = b =zz\n")));
	assert_false(conv_widen(m, &c, STR(MIME "Content-Transfer-Encoding: quoted-printable\n"), STR(U "=20\n")));
	assert_int_equal(out.n, 0);
	buf_done(&out);
	arena_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to7), cmocka_unit_test(test_binary), cmocka_unit_test(test_long), cmocka_unit_test(test_unlabelled), cmocka_unit_test(test_widen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
