/*
 * tlsrpt_uri_test - places for reports, row by row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/tlsrpt_uri.h"

static void
mail(void **state)
{
	static const struct { const char *in, *want; } rows[] = {
		{ "mailto:r@example.com", "r@example.com" }, { " MailTo:r@example.com ", "r@example.com" }, { "mailto:a%2Bb@x.test", "a+b@x.test" },
		{ "mailto:r@x.test?subject=y", "r@x.test" }, { "mailto:-oQ@x.test", NULL }, { "mailto:|prog", NULL }, { "mailto:/file@x", NULL }, { "mailto:", NULL },
		{ "mailto:a%0d%0ab@x.test", NULL }, { "mailto:a%00@x.test", NULL }, { "mailto:a@x.test,b@x.test", NULL }, { "mailto:@x.test", NULL }, { "mailto:nobody", NULL },
		{ "sftp://x.test/", NULL }, { "", NULL }, { "r@example.com", NULL },
	};
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct tlsrpt_uri u;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool is = tlsrpt_uri_parse(str_c(rows[i].in), a, &u);

		if (is != (rows[i].want != NULL) || (is && (u.https || !str_eq_c(u.address, rows[i].want))))
			fail_msg("%s", rows[i].in);
	}
	arena_free(&a);
}

static void
web(void **state)
{
	static const struct { const char *in, *host, *path; int port; } rows[] = {
		{ "https://reports.example.com/v1/tlsrpt", "reports.example.com", "/v1/tlsrpt", 443 }, { "HTTPS://R.Example.com", "r.example.com", "/", 443 },
		{ "https://r.test:8443/a?b=c&d%2C#frag", "r.test", "/a?b=c&d%2C", 8443 }, { "https://r.test?x", "r.test", "/?x", 443 },
		{ "http://r.test/", NULL, NULL, 0 }, { "https:///x", NULL, NULL, 0 }, { "https://user@r.test/", NULL, NULL, 0 }, { "https://u:p@r.test/", NULL, NULL, 0 },
		{ "https://127.0.0.1/", NULL, NULL, 0 }, { "https://[::1]/", NULL, NULL, 0 }, { "https://localhost/", NULL, NULL, 0 }, { "https://10.1/", NULL, NULL, 0 },
		{ "https://r.test:0/", NULL, NULL, 0 }, { "https://r.test:65536/", NULL, NULL, 0 }, { "https://r.test:/", NULL, NULL, 0 }, { "https://r.test:80x/", NULL, NULL, 0 },
		{ "https://r..test/", NULL, NULL, 0 }, { "https://r.test./", NULL, NULL, 0 }, { "https://-r.test/", NULL, NULL, 0 }, { "https://r.test/a b", NULL, NULL, 0 },
		{ "https://r.test/\r\nHost: x", NULL, NULL, 0 }, { "https://r.test/\xc3\xa4", NULL, NULL, 0 },
	};
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct tlsrpt_uri u;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool is = tlsrpt_uri_parse(str_c(rows[i].in), a, &u);

		if (is != (rows[i].host != NULL) || (is && (!u.https || !str_eq_c(u.host, rows[i].host) || !str_eq_c(u.path, rows[i].path) || u.port != rows[i].port)))
			fail_msg("%s", rows[i].in);
	}
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(mail), cmocka_unit_test(web) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
