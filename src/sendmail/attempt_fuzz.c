/*
 * attempt_fuzz - bodies between spool, route, client and local: whatever is read prints, and the print reads as the same.
 */
#include <stdint.h>

#include "attempt.h"
#include "authask.h"
#include "base/must.h"
#include "policy.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define ROUND(type, get, put)								\
	do {										\
		struct type x, y;							\
		if (get(body, m, &x) == -1)						\
			break;								\
		put(&one, &x);								\
		must(buf_ok(&one) && get(buf_str(&one), m, &y) == 0);			\
		put(&two, &y);								\
		must(str_eq(buf_str(&one), buf_str(&two)));				\
	} while (0)
#define FLAT(type)									\
	do {										\
		struct type x;								\
		if (type##_get(body, &x) == 0) {					\
			type##_put(&one, &x);						\
			must(str_eq(buf_str(&one), body));				\
		}									\
	} while (0)

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*m = arena_new(ARENA_FUZZ);
	struct buf	 one, two;
	struct str	 body = n == 0 ? STR("") : str_mem(p + 1, n - 1);

	buf_init(&one, 0);
	buf_init(&two, 0);
	if (n > 0 && n < 65536) {
		switch (p[0] % 14) {
		case 0:	ROUND(attempt, attempt_get, attempt_put); break;
		case 1:	ROUND(attempt_result, attempt_result_get, attempt_result_put); break;
		case 2:	ROUND(routed, routed_get, routed_put); break;
		case 3:	ROUND(report_ask, report_ask_get, report_ask_put); break;
		case 4:	ROUND(list_answer, list_answer_get, list_answer_put); break;
		case 5:	FLAT(df_ask); break;
		case 6:	FLAT(route_ask); break;
		case 7:	FLAT(list_ask); break;
		case 8:	FLAT(seal_ask); break;
		case 9:	ROUND(policy_ask, policy_ask_get, policy_ask_put); break;
		case 10: ROUND(policy_answer, policy_answer_get, policy_answer_put); break;
		case 11: FLAT(auth_ask); break;
		case 12: FLAT(auth_say); break;
		case 13: FLAT(auth_said); break;
		}
	}
	buf_done(&one);
	buf_done(&two);
	arena_free(&m);
	return 0;
}
