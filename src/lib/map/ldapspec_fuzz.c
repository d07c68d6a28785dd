/*
 * Whatever the key is, a filter keeps its brackets: those of the key are escaped.  Attribute lists are taken or refused.
 */
#include "base/must.h"
#include "map/ldapspec.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena		*a = arena_new(ARENA_FUZZ);
	struct ldapspec_attr	 v[LDAPSPEC_ATTRS];
	struct str		 in = str_mem(p, n);
	struct buf		 b;
	struct err		 e;
	size_t			 k, open = 0, close = 0;

	buf_init(&b, 0);
	ldapspec_filter(&b, STR("(&(mail=%0)(x=%1))"), in, &in, 1, true);
	for (size_t i = 0; i < b.n; i++) {
		open += b.p[i] == '(';
		close += b.p[i] == ')';
		must(b.p[i] != '*' && b.p[i] != '\0');
	}
	must(open == 3 && close == 3);
	buf_clear(&b);
	ldapspec_filter(&b, in, STR("k"), &in, 1, n & 1);
	if (ldapspec_attrs(in, a, v, LDAPSPEC_ATTRS, &k, &e) == 0)
		for (size_t i = 0; i < k; i++)
			must(v[i].name[0] != '\0' && v[i].type <= LDAPSPEC_URL);
	(void)ldapspec_class(in, STR("a"));
	buf_done(&b);
	arena_free(&a);
	return 0;
}
