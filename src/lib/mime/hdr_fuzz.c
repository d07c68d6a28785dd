/*
 * The fields of a text, one behind the other, are the text; a folded field reads back as its unfolded value.
 */
#include <stdint.h>

#include "base/must.h"
#include "mime/hdr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
fold_and_unfold(struct arena *m, struct str value)
{
	struct hdr_field	f;
	struct buf		b;
	struct str		s;

	buf_init(&b, 0);
	must(hdr_fold(&b, STR("X-Name"), value) == 0);
	s = buf_str(&b);
	must(hdr_next(&s, &f) == 1 && s.n == 0);
	must(str_eq(hdr_unfold(m, f.value), value));
	buf_done(&b);
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
		fold_and_unfold(m, hdr_unfold(m, rc == 1 ? f.value : f.whole));
	}
	must(hdr_len(all) == n - s.n && hdr_len(all) - at <= 2);
	arena_free(&m);
	return 0;
}
