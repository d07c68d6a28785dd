/*
 * milterask - see the header.
 */
#include "milterask.h"

#include "proc/form.h"

FORM(filter_ask_form, struct filter_ask, NULL, FORM_U32(struct filter_ask, filter));
FORM_PAIR(filter_ask, filter_ask, filter_ask_form)

FORM(filter_n_form, uint64_t, NULL, FORM_SELF_U64);
FORM(filter_count_form, struct filter_count, NULL,
    FORM_U32(struct filter_count, filter),
    FORM_EACH(struct filter_count, n, filter_n_form));
FORM_PAIR(filter_count, filter_count, filter_count_form)

void
filter_count_add(uint64_t sum[MILTER_COUNTS], const uint64_t n[MILTER_COUNTS])
{
	for (int i = 0; i < MILTER_COUNTS; i++)
		if (i != MILTER_N_MAX_USEC)
			sum[i] += n[i];
		else if (n[i] > sum[i])
			sum[i] = n[i];
}
