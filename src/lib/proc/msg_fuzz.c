/*
 * A body that an error or a list of strings decodes from, whole, encodes to the same bytes.
 */
#include "base/must.h"
#include "proc/msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct msg_in	in = msg_in(str_mem(p, n));
	struct buf	b;

	buf_init(&b, 0);
	while (!in.bad && in.s.n > 0) {
		struct str s = msg_str(&in, 1000);

		if (!in.bad)
			msg_put_str(&b, s);
	}
	if (msg_end(&in))
		must(str_eq(buf_str(&b), str_mem(p, n)));
	buf_clear(&b);
	in = msg_in(str_mem(p, n));
	bool	 yes = msg_bool(&in);
	uint16_t u = msg_u16(&in);
	int64_t	 i = msg_i64(&in);
	struct err e = ERR_INIT;

	msg_err(&in, &e);
	if (msg_end(&in)) {
		msg_put_bool(&b, yes);
		msg_put_u16(&b, u);
		msg_put_i64(&b, i);
		must(b.n == 11 && memcmp(b.p, p, 11) == 0);
		must(e.class <= ERR_BUG);
	}
	buf_done(&b);
	return 0;
}
