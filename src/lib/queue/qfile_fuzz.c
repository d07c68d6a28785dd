/*
 * qfile_fuzz - whatever is accepted prints, and the print reads back as the same print.
 */
#include "base/must.h"
#include "queue/qfile.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*m = arena_new(ARENA_FUZZ);
	struct buf	 one, two;
	struct qf	 q, r;

	buf_init(&one, 0);
	buf_init(&two, 0);
	if (n < 65536 && qfile_parse(str_mem(p, n), m, &q, NULL) == 0 && qfile_print(&q, &one, NULL) == 0) {
		must(qfile_parse(buf_str(&one), m, &r, NULL) == 0);
		must(r.nrcpt == q.nrcpt && r.nhdr == q.nhdr && r.created == q.created);
		must(str_eq(r.sender, q.sender));
		for (size_t i = 0; i < q.nrcpt; i++)
			must(str_eq(r.rcpt[i].addr, q.rcpt[i].addr) && r.rcpt[i].flags == q.rcpt[i].flags);
		for (size_t i = 0; i < q.nhdr; i++)
			must(str_eq(r.hdr[i].value, q.hdr[i].value));
		must(qfile_print(&r, &two, NULL) == 0 && str_eq(buf_str(&one), buf_str(&two)));
	}
	buf_done(&one);
	buf_done(&two);
	arena_free(&m);
	return 0;
}
