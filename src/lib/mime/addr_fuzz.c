/*
 * Whatever is read as a list of good addresses prints as a list that reads the same; nothing read points outside of its text.
 */
#include <stdint.h>

#include "base/must.h"
#include "mime/addr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
same(struct str a, struct str b)
{
	return str_is_none(a) == str_is_none(b) && str_eq(a, b);
}

static void
print_and_parse(struct arena *m, const struct addr_list *l)
{
	struct addr_list	again;
	struct buf		b;

	buf_init(&b, 0);
	must(addr_print(&b, l) == 0);
	must(addr_parse(m, buf_str(&b), &again) == 0 && again.n == l->n);
	for (size_t i = 0; i < l->n; i++)
		must(l->v[i].kind == again.v[i].kind && same(l->v[i].name, again.v[i].name) &&
		    same(l->v[i].local, again.v[i].local) && same(l->v[i].domain, again.v[i].domain) &&
		    same(l->v[i].route, again.v[i].route) && !again.v[i].bad);
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena		*m = arena_new(ARENA_FUZZ * 4);
	struct str		 s = str_mem(p, n);
	struct addr_list	 l;
	bool			 good;

	good = addr_parse(m, s, &l) == 0;
	for (size_t i = 0; i < l.n; i++) {
		good = good && !l.v[i].bad;
		if (l.v[i].raw.n > 0)
			must(l.v[i].raw.p >= s.p && l.v[i].raw.p + l.v[i].raw.n <= s.p + s.n);
	}
	if (good && n < 10000)
		print_and_parse(m, &l);
	(void)addr_parse_colon(m, s, true, &l);
	for (size_t i = 0; i < l.n; i++)
		must(l.v[i].kind == ADDR_MAILBOX && l.v[i].raw.p >= s.p && l.v[i].raw.p + l.v[i].raw.n <= s.p + s.n);
	must(addr_only(m, s).n <= 3 * n + 2);
	arena_free(&m);
	return 0;
}
