/*
 * form_fuzz - what a form reads is within its rows, and prints so that it reads as the same.
 */
#include "base/must.h"
#include "form_kit.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = arena_new(ARENA_FUZZ);
	struct buf	 one, two;
	struct kit	 x, y;

	buf_init(&one, 0);
	buf_init(&two, 0);
	if (form_get(str_mem(p, n), &kit, a, &x) == 0) {
		must(x.u8 <= 6 && x.upto <= 100 && x.code >= 0 && x.code <= 0x7fff && x.errnum >= 0 && x.found >= -1 && x.found <= 1);
		must(x.colour >= KIT_RED && x.colour <= KIT_BLUE && x.letter != '!' && !str_has_nul(x.text) && x.why.n <= 4);
		must(x.nsome <= 2 && x.nlist <= 3 && x.line.n <= 20 && x.local == 0);
		form_put(&one, &kit, &x);
		must(one.n == n && form_get(buf_str(&one), &kit, a, &y) == 0);
		form_put(&two, &kit, &y);
		must(str_eq(buf_str(&one), buf_str(&two)));
	}
	buf_done(&one);
	buf_done(&two);
	arena_free(&a);
	return 0;
}
