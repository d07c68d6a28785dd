/*
 * What is accepted as a number or a time is within its range and prints as something that reads the same.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/must.h"
#include "base/num.h"
#include "base/status.h"
#include "base/trace.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str	s = str_mem(p, n);
	char		text[32];
	int64_t		i, again;
	uint64_t	u;

	if (num_i64(s, -1000, INT64_MAX, &i) == 0) {
		must(i >= -1000);
		snprintf(text, sizeof text, "%" PRId64, i);
		must(num_i64(str_c(text), INT64_MIN, INT64_MAX, &again) == 0 && i == again);
	}
	if (num_u64(s, 5, UINT64_MAX, &u) == 0)
		must(u >= 5);
	if (num_any(s, INT64_MIN, INT64_MAX, &i) == 0) {
		snprintf(text, sizeof text, "%" PRId64, i);
		must(num_any(str_c(text), INT64_MIN, INT64_MAX, &again) == 0 && i == again);
	}
	if (num_time(s, 'm', &i) == 0) {
		must(i >= 0);
		must(num_time_print(text, sizeof text, i) == 0);
	}
	must(status_dsn_len(s) <= n);
	(void)status_ex_of_dsn(s);
	(void)status_by_name(s);
	(void)trace_set(s);
	return 0;
}
