/*
 * uidline_fuzz - any text as a uidlist: what a line is taken for, it is printed as, and a state that took lines prints as lines that give it again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/must.h"
#include "store/state.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
take(struct state *st, struct str text, struct arena *a)
{
	struct str	line;
	struct uidline	l, l2;
	struct buf	b;

	while (str_split(&text, '\n', &line)) {
		if (uidline_parse(a, line, &l) == -1)
			continue;
		buf_init(&b, 0);
		uidline_print(&b, &l);
		must(buf_ok(&b) && b.n > 0 && b.p[b.n - 1] == '\n');
		must(uidline_parse(a, str_mem(b.p, b.n - 1), &l2) == 0);
		must(l.what == l2.what && l.uid == l2.uid && l.modseq == l2.modseq && l.flags == l2.flags && str_eq(l.key, l2.key));
		(void)state_apply(st, &l);
		buf_done(&b);
	}
	state_settle(st);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = arena_new(ARENA_FUZZ);
	struct state	 one, two;
	struct buf	 b, b2;

	state_init(&one);
	state_init(&two);
	buf_init(&b, 0);
	buf_init(&b2, 0);
	take(&one, str_mem(p, n), a);
	for (size_t i = 1; i < one.n; i++)
		must(one.rec[i - 1].r.uid < one.rec[i].r.uid);
	if (one.n > 0)
		must(one.uidnext > one.rec[one.n - 1].r.uid);
	if (one.known && one.uidvalidity != 0) {
		state_print(&one, &b);
		take(&two, buf_str(&b), a);
		state_print(&two, &b2);
		must(str_eq(buf_str(&b), buf_str(&b2)));
	}
	buf_done(&b);
	buf_done(&b2);
	state_done(&one);
	state_done(&two);
	arena_free(&a);
	return 0;
}
