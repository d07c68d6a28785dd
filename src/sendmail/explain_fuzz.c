/*
 * A question of /explain, whatever is in it, is understood or refused; rows of any text give a picture that holds no character XML forbids,
 * and as many closing tags as opening ones.
 */
#include <string.h>

#include "base/must.h"
#include "explain.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static size_t
fuzz_count(struct str s, struct str what)
{
	size_t	n = 0, at;

	for (; (at = str_find(s, what)) != SIZE_MAX; s = str_from(s, at + what.n))
		n++;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct explain_rows	 rows = { .arena = a };
	struct explain_ask	 ask;
	struct err		 e = ERR_INIT;
	struct str		 text = str_mem(p, n), line;
	struct buf		 b;

	if (explain_parse(text, &ask, &e) == 0)
		must(ask.nto > 0 || !str_is_none(ask.from) || !str_is_none(ask.client_addr));
	must(ask.nto <= EXPLAIN_RCPTS);
	while (str_split(&text, '\n', &line))
		explain_rows_add(&rows, (enum explain_row_kind)(line.n % (ROW_BAD + 1)), str_first(line, line.n / 2), str_from(line, line.n / 2));
	buf_init(&b, (size_t)8 << 20);
	explain_text(&rows, &b);
	buf_clear(&b);
	explain_svg(&rows, &b);
	must(buf_ok(&b));
	for (size_t i = 0; i < b.n; i++)
		must((unsigned char)b.p[i] >= 32 || b.p[i] == '\n');
	must(fuzz_count(buf_str(&b), STR("<text ")) == fuzz_count(buf_str(&b), STR("</text>")));
	must(fuzz_count(buf_str(&b), STR("<tspan")) == fuzz_count(buf_str(&b), STR("</tspan>")));
	buf_done(&b);
	arena_free(&a);
	return 0;
}
