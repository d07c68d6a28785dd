/*
 * Packets of filters, both directions: the first octet says which.  Whatever is taken apart is put together to the same.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "wire/milter_pkt.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str in = str_mem(p, n), data, some;
	struct milter_pkt a, b;
	struct buf out;
	size_t used;
	char letter;
	bool answer;
	uint32_t stage;

	if (n == 0)
		return 0;
	answer = p[0] & 1;
	in = str_from(in, 1);
	buf_init(&out, 0);
	while (milter_frame(in, MILTER_MAX, &letter, &data, &used) == 1) {
		must(used <= in.n && used == data.n + 5);
		if (milter_parse(letter, answer, data, &a) == 0) {
			buf_clear(&out);
			must(milter_put(&out, answer, &a) == 0);
			must(milter_frame(buf_str(&out), UINT32_MAX, &letter, &data, &used) == 1 && used == out.n);
			must(milter_parse(letter, answer, data, &b) == 0 && milter_equal(&a, &b));
			some = b.rest;
			while (milter_string(&some, &data))
				must(!str_has_nul(data));
			some = b.rest;
			while (milter_symlist(&some, &stage, &data))
				must(!str_has_nul(data));
		}
		must(milter_frame(in, MILTER_MAX, &letter, &data, &used) == 1);
		in = str_from(in, used);
	}
	buf_done(&out);
	return 0;
}
