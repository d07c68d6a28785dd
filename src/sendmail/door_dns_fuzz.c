/*
 * door_dns_fuzz - coded questions and answers, and lines of ident servers, whatever they are: nothing is read past the end, and questions that are taken are names.
 */
#include <stdint.h>

#include "base/must.h"
#include "door_dns.h"
#include "ident.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct str		 s = str_mem((const char *)p, n), coded = s, user;
	struct door_question	 q;
	struct dns_answer	 ans;
	bool			 bad;

	while (door_dns_next(&coded, &q, &bad))
		must(dns_name_ok(q.name));
	(void)door_dns_find(s, STR("1.0.0.127.list.test"), DNS_A, a, &ans);
	user = ident_parse(s, 1025, 25);
	must(str_is_none(user) || (user.n > 0 && user.n <= IDENT_USER_MAX));
	arena_free(&a);
	return 0;
}
