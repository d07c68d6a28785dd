/*
 * What a decoder accepts, its encoder gives back to the byte; what an encoder wrote, its decoder takes.
 */
#include "base/enc.h"
#include "base/must.h"

typedef int	code_fn(struct buf *, struct str);

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct {
		code_fn	*enc, *dec;
		bool	 folds;			/* several texts decode to the same */
	} codes[] = {
		{ enc_b64, dec_b64, false }, { enc_hex, dec_hex, true }, { enc_xtext, dec_xtext, true },
		{ enc_utf7m, dec_utf7m, false },
	};
	struct buf	a, b;

	buf_init(&a, 0);
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		buf_clear(&a);
		buf_clear(&b);
		if (codes[i].dec(&a, str_mem(p, n)) == 0) {
			must(codes[i].enc(&b, buf_str(&a)) == 0);
			must(codes[i].folds || str_eq(buf_str(&b), str_mem(p, n)));
		} else
			must(a.n == 0);
		buf_clear(&a);
		buf_clear(&b);
		if (codes[i].enc(&a, str_mem(p, n)) == 0)
			must(codes[i].dec(&b, buf_str(&a)) == 0 && str_eq(buf_str(&b), str_mem(p, n)));
	}
	buf_done(&a);
	buf_done(&b);
	return 0;
}
