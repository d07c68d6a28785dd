/*
 * Decoded words and parameters are UTF-8; what we encode decodes to itself; decoding in pieces is decoding at once.
 */
#include "base/must.h"
#include "base/utf8.h"
#include "mime/charset.h"
#include "mime/ctype.h"
#include "mime/word.h"
#include "mime/xfer.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
parameters(struct str s)
{
	struct arena	*m = arena_new(ARENA_FUZZ);
	struct ctype	 c;

	for (int i = 0; i < 2; i++) {
		must((i == 0 ? ctype_parse(m, s, &c) : ctype_parse_disposition(m, s, &c)) == 0);
		for (size_t k = 0; k < c.nparam; k++)
			must(!str_is_none(ctype_raw(&c, arena_cstr(m, c.param[k].name))) || str_has_nul(c.param[k].name));
	}
	arena_free(&m);
}

static void
words(struct str s)
{
	struct buf	a;

	buf_init(&a, 0);
	must(word_decode(&a, s) == 0 && utf8_valid(buf_str(&a)));
	buf_clear(&a);
	must(charset_clean(&a, s) == 0 && utf8_valid(buf_str(&a)));
	buf_done(&a);
}

static void
transfer(enum xfer how, struct str s)
{
	struct xfer_dec	d;
	struct xfer_enc	e;
	struct buf	a, b;

	buf_init(&a, 0);
	buf_init(&b, 0);
	must(xfer_decode(&a, how, s) == 0);
	xfer_dec_init(&d, how);
	for (size_t i = 0; i < s.n; i++)
		must(xfer_dec_add(&d, &b, str_sub(s, i, i + 1)) == 0);
	must(xfer_dec_end(&d, &b) == 0 && str_eq(buf_str(&a), buf_str(&b)));
	buf_clear(&a);
	buf_clear(&b);
	xfer_enc_init(&e, how, false);
	must(xfer_enc_add(&e, &a, s) == 0 && xfer_enc_end(&e, &a) == 0);
	must(xfer_decode(&b, how, buf_str(&a)) == 0 && str_eq(buf_str(&b), s));
	buf_done(&a);
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	parameters(str_mem(p, n));
	words(str_mem(p, n));
	transfer(XFER_QP, str_mem(p, n));
	transfer(XFER_BASE64, str_mem(p, n));
	(void)xfer_by_name(str_mem(p, n));
	return 0;
}
