/*
 * forward_fuzz - items hold no line ends and no blanks at their ends, and one item is itself again.
 */
#include <stdint.h>

#include "base/must.h"
#include "forward.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*m = arena_new(ARENA_FUZZ);
	struct str	*v, *again;
	size_t		 k, one;

	if (n > 0 && n < 65536 && forward_parse(str_mem(p + 1, n - 1), p[0] & 1, m, &v, &k) == 0)
		for (size_t i = 0; i < k && i < 100; i++) {
			must(v[i].n > 0 && str_chr(v[i], '\n') == SIZE_MAX && !str_has_nul(v[i]));
			if (forward_kind(v[i]) == FORWARD_ADDR)
				must(forward_parse(v[i], false, m, &again, &one) == 0 && one <= 1);
		}
	arena_free(&m);
	return 0;
}
