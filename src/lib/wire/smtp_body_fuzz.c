/*
 * smtp_body_fuzz - whatever the machine accepts goes out as one message and comes back the same,
 * however the input is cut.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "wire/smtp_body.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Decode in pieces of `cut` octets. */
static enum smtp_body_rc
fuzz_decode(struct str in, unsigned relax, size_t cut, struct buf *out, size_t *used)
{
	struct smtp_body s;
	enum smtp_body_rc rc = SMTP_BODY_MORE;
	size_t n;

	smtp_body_init(&s, relax);
	*used = 0;
	while (rc == SMTP_BODY_MORE && *used < in.n) {
		rc = smtp_body_feed(&s, str_first(str_from(in, *used), cut), out, &n);
		must(n <= cut && (rc != SMTP_BODY_MORE || n > 0));
		*used += n;
	}
	must(s.size == out->n);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a, b, wire, back;
	struct smtp_out o;
	enum smtp_body_rc ra, rb;
	size_t ua, ub, cut;
	unsigned relax;
	struct str in;

	if (n < 2)
		return 0;
	relax = p[0] & 0x1f;
	cut = 1 + p[1] % 7;
	in = str_mem(p + 2, n - 2);
	buf_init(&a, 0);
	buf_init(&b, 0);
	buf_init(&wire, 0);
	buf_init(&back, 0);
	ra = fuzz_decode(in, relax, in.n + 1, &a, &ua);
	rb = fuzz_decode(in, relax, cut, &b, &ub);
	must(ra == rb && ua == ub && str_eq(buf_str(&a), buf_str(&b)));
	if (ra == SMTP_BODY_END) {
		smtp_out_init(&o,
		    SMTP_OUT_DOTS | (p[0] & 0x20 ? SMTP_OUT_7BIT : 0) |
			(p[0] & 0x40 ? SMTP_OUT_FROM : 0),
		    STR("\r\n"), p[0] & 0x80 ? 12 : 0);
		for (size_t i = 0; i < a.n; i += cut)
			smtp_out_feed(&o, str_first(str_from(buf_str(&a), i), cut), &wire);
		smtp_out_dot(&o, &wire);
		smtp_out_done(&o);
		must(fuzz_decode(buf_str(&wire), 0, wire.n + 1, &back, &ub) == SMTP_BODY_END && ub == wire.n);
		if ((p[0] & 0xe0) == 0 && (relax & (SMTP_BODY_CR_OK)) == 0) {
			if (a.n > 0 && a.p[a.n - 1] != '\n')
				(void)buf_addch(&a, '\n');
			must(str_eq(buf_str(&a), buf_str(&back)));
		}
	}
	buf_done(&a);
	buf_done(&b);
	buf_done(&wire);
	buf_done(&back);
	return 0;
}
