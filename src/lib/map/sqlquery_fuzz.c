/*
 * What comes out holds as many different parameters as are counted, and no statement follows another.
 */
#include "base/must.h"
#include "map/sqlquery.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct sqlquery	q;
	struct buf	b;
	struct err	e;

	buf_init(&b, 1 << 20);
	if (sqlquery_parse(str_mem(p, n), '$', &b, &q, &e) == 0) {
		must(q.nparam >= 0 && q.nparam <= SQLQUERY_PARAMS && b.n > 0 && !str_has_nul(buf_str(&b)));
		for (int i = 0; i < q.nparam; i++)
			for (int k = 0; k < i; k++)
				must(q.digit[i] != q.digit[k]);
	}
	buf_done(&b);
	return 0;
}
