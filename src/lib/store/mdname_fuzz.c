/*
 * mdname_fuzz - any file name in a Maildir: what is printed with other flags reads back as the same message with those flags.
 */
#include <stdint.h>

#include "base/must.h"
#include "store/mdname.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = arena_new(ARENA_FUZZ);
	struct mdname	 m, m2;

	if (mdname_parse(str_mem(p, n), &m) == 0)
		for (uint32_t f = 0; f <= STORE_FLAGS; f += 5) {
			struct str	s = mdname_print(a, &m, f);

			if (s.n > 255)
				continue;
			must(mdname_parse(s, &m2) == 0);
			must(str_eq(m.base, m2.base) && m2.flags == f && m2.has_info);
			must(m.has_wire == m2.has_wire && m.wire == m2.wire && m.time == m2.time);
		}
	arena_free(&a);
	return 0;
}
