/*
 * sqlquery - the query of an SQL map.
 */
#include "map/sqlquery.h"

static int
sqlquery_number(struct sqlquery *q, int digit)
{
	for (int i = 0; i < q->nparam; i++)
		if (q->digit[i] == digit)
			return i + 1;
	q->digit[q->nparam++] = digit;
	return q->nparam;
}

int
sqlquery_parse(struct str s, char mark, struct buf *out, struct sqlquery *q, struct err *e)
{
	char	quote = '\0';

	q->nparam = 0;
	s = str_trim(s);
	if (s.n > 0 && s.p[s.n - 1] == ';')
		s = str_trim(str_first(s, s.n - 1));
	if (s.n == 0)
		return err_set(e, ERR_PERM, "a query is wanted, such as SELECT value FROM table WHERE name = %%0");
	for (size_t i = 0; i < s.n; i++) {
		char	c = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : '\0';

		if (c == '\0')
			return err_set(e, ERR_PERM, "NUL in the query");
		if (quote != '\0' && c == quote)
			quote = '\0';
		else if (quote == '\0' && (c == '\'' || c == '"'))
			quote = c;
		else if (quote == '\0' && c == ';')
			return err_set(e, ERR_PERM, "one statement is wanted, not several");
		if (c != '%' || (next != '%' && !chr_is_digit(next))) {
			buf_addch(out, c);
			continue;
		}
		i++;
		if (next == '%')
			buf_addch(out, '%');
		else if (quote != '\0')
			return err_set(e, ERR_PERM, "%%%c within quotes: it is bound, and stands without them", next);
		else
			buf_addf(out, "%c%d", mark, sqlquery_number(q, next - '0'));
	}
	return buf_ok(out) && quote == '\0' ? 0 : err_set(e, ERR_PERM, "the query is too long, or a quote is not closed");
}
