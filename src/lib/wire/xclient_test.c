/*
 * xclient_test - arguments of XCLIENT, row by row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/xclient.h"

static const struct { const char *in; enum xclient_id id; enum xclient_state state; const char *want; } rows[] = {
	{ "NAME=mail.example ADDR=192.0.2.1", XCLIENT_NAME, XCLIENT_GIVEN, "mail.example" },
	{ "NAME=mail.example ADDR=192.0.2.1", XCLIENT_ADDR, XCLIENT_GIVEN, "192.0.2.1" },
	{ "NAME=mail.example ADDR=192.0.2.1", XCLIENT_HELO, XCLIENT_ABSENT, "" },
	{ "name=[UNAVAILABLE] addr=IPV6:2001:db8::1", XCLIENT_NAME, XCLIENT_UNAVAILABLE, "" },
	{ "name=[unavailable] addr=ipv6:2001:db8::1", XCLIENT_ADDR, XCLIENT_GIVEN, "2001:db8::1" },
	{ "NAME=[TEMPUNAVAIL]", XCLIENT_NAME, XCLIENT_TEMPUNAVAIL, "" },
	{ "LOGIN=joe+2Buser+40example", XCLIENT_LOGIN, XCLIENT_GIVEN, "joe+user@example" },
	{ "PORT=65535 DESTPORT=25 PROTO=esmtp", XCLIENT_PORT, XCLIENT_GIVEN, "65535" },
	{ "HELO=[192.0.2.1]", XCLIENT_HELO, XCLIENT_GIVEN, "[192.0.2.1]" },
	{ "NAME=a.example NAME=b.example", XCLIENT_NAME, XCLIENT_GIVEN, "b.example" },
};

static const char *const bad[] = {
	"", " ", "NAME", "NAME=", "NAME=a+20b", "NAME=a+0Ab", "NAME=-x", "NAME=a<b", "NAME=a+ZZ", "ADDR=1.2.3.4+0D+0A", "PORT=65536", "PORT=-1", "PORT=x", "PROTO=HTTP",
	"LOGIN=a+00b", "LOGIN=+C3+A4", "HELO=a(b)", "XNAME=a", "=a", "NAME=mail.example evil", "HELO=a+0D+0ARCPT"
};

static void
values(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct smtp_bad why;
	struct xclient x;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (xclient_parse(a, str_c(rows[i].in), &x, &why) == -1 || x.v[rows[i].id].state != rows[i].state ||
		    (rows[i].state == XCLIENT_GIVEN && !str_eq_c(x.v[rows[i].id].value, rows[i].want)))
			fail_msg("%s", rows[i].in);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (xclient_parse(a, str_c(bad[i]), &x, &why) == 0 || why.code != 501)
			fail_msg("%s", bad[i]);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
