/*
 * Stepping agrees with validity, every code point prints as it was read, and an escaped log line is printable.
 */
#include "base/log.h"
#include "base/must.h"
#include "base/utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str	s = str_mem(p, n), at = s;
	struct buf	b;
	uint32_t	cp;
	size_t		len;
	char		small[40];

	buf_init(&b, 0);
	while ((len = utf8_next(at, &cp)) > 0) {
		must(utf8_add(&b, cp) == 0);
		at = str_from(at, len);
	}
	must(utf8_valid(s) == (at.n == 0));
	must(str_eq(buf_str(&b), str_first(s, n - at.n)));
	if (str_is_ascii(s))
		must(utf8_valid(s));
	log_esc(small, sizeof small, s);
	must(strlen(small) < sizeof small && utf8_valid(str_c(small)));
	for (const char *c = small; *c != '\0'; c++)
		must((unsigned char)*c >= 0x20 && *c != 0x7f);
	buf_done(&b);
	return 0;
}
