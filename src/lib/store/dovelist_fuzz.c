/*
 * dovelist_fuzz - any text as dovecot-uidlist and dovecot-keywords: what is taken is within its bounds.
 */
#include <stdint.h>

#include "base/must.h"
#include "store/dovelist.h"
#include "store/store.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str	rest = str_mem((const char *)p, n), line, text;
	uint32_t	a, b;
	unsigned	number;

	while (str_split(&rest, '\n', &line)) {
		if (dovelist_head(line, &a, &b))
			must(a > 0 && b > 0);
		if (dovelist_line(line, &a, &text))
			must(a > 0 && text.n > 0 && text.n < line.n && str_chr(text, ':') == SIZE_MAX && str_chr(text, '/') == SIZE_MAX);
		if (dovelist_keyword(line, &number, &text))
			must(number < DOVELIST_LETTERS && text.n > 0 && text.n <= STORE_KEYWORD_MAX);
	}
	return 0;
}
