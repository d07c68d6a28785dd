/*
 * order - priorities and times of the queue.
 */
#include "queue/order.h"

int64_t
order_priority(const struct order_conf *c, uint64_t size, int class, size_t nrcpt)
{
	int64_t	s = size > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)size;

	return s - class * c->class_factor + (int64_t)nrcpt * c->recipient_factor;
}

int64_t
order_next(const struct order_conf *c, int tries, int64_t last_try, uint32_t seed)
{
	int64_t	wait = c->interval > c->min_age ? c->interval : c->min_age;

	if (c->interval == 0)
		return INT64_MAX;
	if (c->max_age > wait)
		for (int i = 1; i < tries && wait < c->max_age; i++)
			wait *= 2;
	if (c->max_age > 0 && wait > c->max_age)
		wait = c->max_age;
	return last_try + wait + (wait >= 60 ? (int64_t)(seed % (uint32_t)(wait > 6000 ? 100 : wait / 60 + 1)) : 0);
}

int64_t
order_back_off(const struct order_conf *c, unsigned failures)
{
	int64_t	wait = 30, max = c->interval > 0 ? c->interval : 1800;

	for (unsigned i = 1; i < failures && wait < max; i++)
		wait *= 2;
	return wait < max ? wait : max;
}

enum order_class
order_class(const struct qf *q)
{
	for (size_t i = 0; i < q->nhdr; i++) {
		if (!str_caseeq_c(q->hdr[i].name, "Priority"))
			continue;
		if (str_caseeq_c(str_trim(q->hdr[i].value), "urgent"))
			return ORDER_URGENT;
		if (str_caseeq_c(str_trim(q->hdr[i].value), "non-urgent"))
			return ORDER_NONURGENT;
	}
	return ORDER_NORMAL;
}
