/*
 * sts_policy_fuzz - whatever a web server sends as a policy, or DNS as a record: what is taken names only host names.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "wire/sts_policy.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct str in = str_mem((const char *)p, n), why, id;
	struct sts_policy policy;

	if (sts_policy_parse(in, a, &policy, &why) == 0) {
		must(policy.max_age <= STS_AGE_MAX && policy.nmx <= STS_MX_MAX);
		for (size_t i = 0; i < policy.nmx; i++)
			must(policy.mx[i].n > 0 && policy.mx[i].n < 256 &&
			    (policy.mx[i].p[0] == '*' || sts_policy_names(&policy, policy.mx[i])));
		(void)sts_policy_names(&policy, in);
	}
	if (sts_record_parse(in, &id))
		must(id.n > 0 && id.n <= 32);
	(void)tlsrpt_record_parse(in, &id);
	arena_free(&a);
	return 0;
}
