/*
 * The fields of a text, one behind the other, are the text; an unfolded value is one line.
 */
#include <stdint.h>

#include "base/must.h"
#include "mime/hdr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* In one line, without blanks at its ends: what has none of that unfolds to itself. */
static void
unfolds(struct arena *m, struct str value)
{
	struct str	one = hdr_unfold(m, value);

	must(str_chr(one, '\n') == SIZE_MAX && str_chr(one, '\r') == SIZE_MAX && !str_has_nul(one));
	must(str_eq(hdr_unfold(m, one), one) && one.n <= value.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena		*m = arena_new(ARENA_FUZZ);
	struct str		 s = str_mem(p, n), all = s;
	struct hdr_field	 f;
	size_t			 at = 0;
	int			 rc;

	while ((rc = hdr_next(&s, &f)) != 0) {
		must(f.whole.p == all.p + at && f.whole.n > 0);
		at += f.whole.n;
		must(rc == -1 || (hdr_name_ok(f.name) && f.value.n < f.whole.n));
		unfolds(m, rc == 1 ? f.value : f.whole);
	}
	must(n - s.n - at <= 2);
	arena_free(&m);
	return 0;
}
