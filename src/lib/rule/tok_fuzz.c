/*
 * What sound text tokenises to, joins to text that tokenises to the same; no text yields more than there is room for.
 */
#include "base/must.h"
#include "rule/rule_int.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena		*m = arena_new(ARENA_FUZZ);
	struct tok_chars	 chars;
	struct rule_tok		*a = ARENA_ARRAY(m, struct rule_tok, RULE_MAXATOM), *b = ARENA_ARRAY(m, struct rule_tok, RULE_MAXATOM);
	static const unsigned	 flags[] = { 0, TOK_COMMENTS, TOK_META | TOK_LOOSE | TOK_COMMENTS, TOK_META };

	tok_chars_set(&chars, STR(".:%@!^/[]+"));
	for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
		struct tok_in	in = { &chars, flags[f], 0, m, NULL, NULL };
		enum tok_fault	fault;
		size_t		used;
		int		na = tok_scan(&in, str_mem(p, n), a, RULE_MAXATOM, &used, &fault);

		must(na <= RULE_MAXATOM && used <= n);
		for (int i = 0; i < na; i++)
			must(a[i].n > 0 && a[i].n <= 256);
		if (na >= 0 && fault == TOK_OK && flags[f] == 0) {
			struct buf	t;
			int		nb;

			buf_init(&t, 0);
			tok_join(&chars, a, (size_t)na, ' ', &t);
			nb = tok_scan(&in, arena_str(m, buf_str(&t)), b, RULE_MAXATOM, NULL, &fault);
			must(nb == na && fault == TOK_OK);
			for (int i = 0; i < na; i++)
				must(str_eq(str_mem(a[i].p, a[i].n), str_mem(b[i].p, b[i].n)));
			buf_done(&t);
		}
		in.delim = ',';
		(void)tok_scan(&in, str_mem(p, n), a, RULE_MAXATOM, &used, &fault);
		must(used <= n);
	}
	arena_free(&m);
	return 0;
}
