/*
 * order - which message first, and when again; pure.
 */
#ifndef QUEUE_ORDER_H
#define QUEUE_ORDER_H

#include <stdint.h>

#include "queue/qfile.h"

struct order_conf {
	int64_t	interval;		/* of -q, seconds; 0: nobody runs the queue */
	int64_t	min_age, max_age;	/* MinQueueAge, MaxQueueAge */
	int64_t	recipient_factor, class_factor, retry_factor;
};

/* Initial priority: size, class (Precedence:) and number of recipients. Higher is later. */
int64_t	order_priority(const struct order_conf *, uint64_t size, int class, size_t nrcpt);
/*
 * When a message is due again: every interval, never before MinQueueAge; with MaxQueueAge the wait doubles with each try up to it.
 * `seed` spreads messages of the same moment.  INT64_MAX: never by itself.
 */
int64_t	order_next(const struct order_conf *, int tries, int64_t last_try, uint32_t seed);
/* Seconds to leave a destination alone after that many failures in a row. */
int64_t	order_back_off(const struct order_conf *, unsigned failures);
/* Precedence: special-delivery 100, first-class 0, list -30 ...: which of Timeout.queuereturn.* holds. */
enum order_class { ORDER_NORMAL, ORDER_URGENT, ORDER_NONURGENT };
/* From Priority: urgent, normal, non-urgent. */
enum order_class order_class(const struct qf *);

#endif
