/*
 * tlsrpt_uri - see the header.
 */
#include "wire/tlsrpt_uri.h"

#include <string.h>

#include "base/num.h"
#include "wire/smtp_cmd.h"

#define URI_MAX	500

static int
uri_hex(char c)
{
	return chr_is_digit(c) ? c - '0' : chr_lower(c) >= 'a' && chr_lower(c) <= 'f' ? chr_lower(c) - 'a' + 10 : -1;
}

/* What stands behind "mailto:"; parameters of it do not count. */
static bool
uri_mailto(struct str s, struct arena *a, struct tlsrpt_uri *u)
{
	char *p;
	size_t n = 0;

	if (str_chr(s, '?') != SIZE_MAX)
		s = str_first(s, str_chr(s, '?'));
	p = arena_bytes(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '%' && i + 2 < s.n && uri_hex(s.p[i + 1]) >= 0 && uri_hex(s.p[i + 2]) >= 0) {
			p[n++] = (char)(uri_hex(s.p[i + 1]) * 16 + uri_hex(s.p[i + 2]));
			i += 2;
		} else
			p[n++] = s.p[i];
	p[n] = '\0';
	s = str_mem(p, n);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x21 || (unsigned char)s.p[i] > 0x7e || strchr("<>()[],;:\\\"|!%`", s.p[i]) != NULL)
			return false;
	if (s.n > 254 || s.n < 3 || s.p[0] == '-' || s.p[0] == '/' || str_chr(s, '@') == SIZE_MAX || str_chr(s, '@') == 0 || !smtp_addr_sendable(s))
		return false;
	u->address = s;
	return true;
}

/* A name with a dot, the last label of which is no number: addresses are not gone to. */
static bool
uri_host_ok(struct str s)
{
	size_t dot = SIZE_MAX;

	if (s.n == 0 || s.n > 253 || s.p[0] == '.' || s.p[0] == '-' || s.p[s.n - 1] == '.' || str_find(s, STR("..")) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!chr_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.')
			return false;
		dot = s.p[i] == '.' ? i : dot;
	}
	return dot != SIZE_MAX && !chr_is_digit(s.p[dot + 1]);
}

/* What stands behind "https://": no user, no fragment. */
static bool
uri_https(struct str s, struct arena *a, struct tlsrpt_uri *u)
{
	struct str host, path = STR("/");
	uint64_t port = 443;
	size_t at = 0;

	while (at < s.n && strchr("/?#", s.p[at]) == NULL)
		at++;
	host = str_first(s, at);
	s = str_from(s, at);
	if (str_chr(s, '#') != SIZE_MAX)
		s = str_first(s, str_chr(s, '#'));
	if (s.n > 0)
		path = s.p[0] == '/' ? arena_str(a, s) : arena_fmt(a, "/%.*s", STR_ARG(s));
	if ((at = str_chr(host, ':')) != SIZE_MAX) {
		if (num_u64(str_from(host, at + 1), 1, 65535, &port) == -1)
			return false;
		host = str_first(host, at);
	}
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < 0x21 || (unsigned char)path.p[i] > 0x7e || strchr("<>\"\\`{}|^", path.p[i]) != NULL)
			return false;
	if (!uri_host_ok(host))
		return false;
	u->https = true;
	u->host = arena_lower(a, host);
	u->path = path;
	u->port = (int)port;
	return true;
}

bool
tlsrpt_uri_parse(struct str uri, struct arena *a, struct tlsrpt_uri *u)
{
	struct str s = str_trim(uri);

	memset(u, 0, sizeof *u);
	if (s.n > URI_MAX)
		return false;
	if (str_casestarts(s, STR("mailto:")))
		return uri_mailto(str_from(s, 7), a, u);
	return str_casestarts(s, STR("https://")) && uri_https(str_from(s, 8), a, u);
}
