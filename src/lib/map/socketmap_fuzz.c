/*
 * Whatever is taken for an answer is inside the input, ends in a comma, and is found again when the input is cut behind it; a question is a netstring.
 */
#include "base/must.h"
#include "map/socketmap.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str		in = str_mem(p, n);
	struct socketmap_answer	a, again;
	struct socketmap_place	place;
	struct buf		b;

	if (socketmap_get(in, &a) == 1) {
		must(a.taken <= n && p[a.taken - 1] == ',' && a.result.n < a.taken);
		must(socketmap_get(str_first(in, a.taken), &again) == 1 && str_eq(a.result, again.result) && a.status == again.status);
		must(socketmap_get(str_first(in, a.taken - 1), &again) == 0);
	}
	if (socketmap_place(in, &place) == 0)
		must(place.host.n > 0 && (place.kind == SOCKETMAP_UNIX || place.port > 0));
	if (n < SOCKETMAP_MAX / 2) {
		buf_init(&b, 0);
		must(socketmap_put(&b, STR("OK"), in) == 0);
		must(socketmap_get(buf_str(&b), &a) == 1 && str_eq(a.result, in) && a.taken == b.n);
		buf_done(&b);
	}
	return 0;
}
