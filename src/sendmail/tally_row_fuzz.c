/*
 * tally_row_fuzz - a row that is read from a damaged table is good for any question, and what is written can be read.
 */
#include <stdint.h>

#include "base/must.h"
#include "tally_row.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct map_tally	 grey = { .grey = true, .wait = 300, .retry = 86400, .keep = 864000, .good = 2 };
	const struct map_tally	 count = { .wait = 60, .limit = 3, .add = 1 };
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct tally_row	 r, back, net = { .kind = 'n' };
	struct str		 s = str_mem((const char *)p, n), once;
	struct buf		 b;
	bool			 good;

	buf_init(&b, 0);
	if (tally_row_get(s, &r) == 0) {
		if (r.kind == 'c')
			(void)tally_count(&count, 1000000, &r);
		else
			(void)tally_grey(&grey, 1000000, &r, &net, &good);
		tally_row_print(&b, &r, 1000000);
		buf_clear(&b);
		tally_row_put(&b, &r);
		must(tally_row_get(buf_str(&b), &back) == 0 && tally_row_same(&r, &back));
	}
	once = tally_sender(s, a);
	must(once.n <= s.n);
	(void)tally_net(s, a);
	buf_done(&b);
	arena_free(&a);
	return 0;
}
