/*
 * milterask - see the header.
 */
#include "milterask.h"

#include "proc/msg.h"

void
filter_ask_put(struct buf *b, const struct filter_ask *m)
{
	msg_put_u32(b, m->filter);
}

int
filter_ask_get(struct str body, struct filter_ask *m)
{
	struct msg_in in = msg_in(body);

	m->filter = msg_u32(&in);
	return msg_end(&in) ? 0 : -1;
}

void
filter_count_put(struct buf *b, const struct filter_count *m)
{
	msg_put_u32(b, m->filter);
	for (int i = 0; i < MILTER_COUNTS; i++)
		msg_put_u64(b, m->n[i]);
}

int
filter_count_get(struct str body, struct filter_count *m)
{
	struct msg_in in = msg_in(body);

	m->filter = msg_u32(&in);
	for (int i = 0; i < MILTER_COUNTS; i++)
		m->n[i] = msg_u64(&in);
	return msg_end(&in) ? 0 : -1;
}

void
filter_count_add(uint64_t sum[MILTER_COUNTS], const uint64_t n[MILTER_COUNTS])
{
	for (int i = 0; i < MILTER_COUNTS; i++)
		if (i != MILTER_N_MAX_USEC)
			sum[i] += n[i];
		else if (n[i] > sum[i])
			sum[i] = n[i];
}
