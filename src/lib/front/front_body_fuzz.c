/*
 * front_body_fuzz - a body that decodes encodes to the same bytes: nothing in it is overlooked, nothing is read in two ways.
 */
#include "base/must.h"
#include "front/front_body.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define EACH(name)							\
	do {								\
		struct name x;						\
		buf_clear(&b);						\
		if (name##_get(s, &x) == 0) {				\
			name##_put(&b, &x);				\
			must(str_eq(buf_str(&b), s));			\
		}							\
	} while (0)

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str	 s = str_mem(p, n);
	struct buf	 b;

	buf_init(&b, 0);
	EACH(front_boot);
	EACH(front_begin);
	EACH(front_step);
	EACH(front_found);
	EACH(front_said);
	EACH(front_grant);
	EACH(front_start);
	buf_done(&b);
	return 0;
}
