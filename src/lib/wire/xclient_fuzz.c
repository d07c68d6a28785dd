/*
 * xclient_fuzz - whatever a proxy says: what is taken can stand in a log line, a header and a rule.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "wire/xclient.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new(ARENA_FUZZ);
	struct smtp_bad bad;
	struct xclient x;

	if (xclient_parse(a, str_mem((const char *)p, n), &x, &bad) == 0) {
		for (size_t i = 0; i < XCLIENT_ATTRS; i++) {
			must((x.v[i].state == XCLIENT_GIVEN) == (x.v[i].value.n > 0));
			must(x.v[i].value.n <= XCLIENT_VALUE_MAX);
			for (size_t k = 0; k < x.v[i].value.n; k++)
				must((unsigned char)x.v[i].value.p[k] > 0x20 && (unsigned char)x.v[i].value.p[k] < 0x7f);
		}
	} else
		must(bad.code == 501 && bad.text[0] != '\0');
	arena_free(&a);
	return 0;
}
