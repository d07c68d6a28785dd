/*
 * tlsrpt_uri_fuzz - whatever a record says: an address that may stand on a command line and in a header field, or a name and a path for a request line.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "wire/smtp_cmd.h"
#include "wire/tlsrpt_uri.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		must((unsigned char)s.p[i] > ' ' && (unsigned char)s.p[i] < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct tlsrpt_uri u;

	if (tlsrpt_uri_parse(str_mem((const char *)p, n), a, &u)) {
		printable(u.address);
		printable(u.host);
		printable(u.path);
		if (u.https) {
			must(u.host.n > 2 && u.host.n <= 253 && u.path.n > 0 && u.path.p[0] == '/' && u.port > 0 && u.port < 65536);
			must(str_chr(u.host, '@') == SIZE_MAX && str_chr(u.path, '#') == SIZE_MAX);
		} else
			must(u.address.n >= 3 && u.address.p[0] != '-' && smtp_addr_sendable(u.address));
	}
	arena_free(&a);
	return 0;
}
