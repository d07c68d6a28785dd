/*
 * dest_shared - hosts that serve several destinations: a dead one is tried for one of them only.
 */
#ifndef SENDMAIL_DEST_SHARED_H
#define SENDMAIL_DEST_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "queue/order.h"

#define SHARED_HOSTS	8

/* The hosts of a destination, all of which its last attempt found dead; n 0: not known, or something else was wrong. */
struct dest_hosts {
	uint64_t	 id[SHARED_HOSTS];
	unsigned	 n;
};

/* Nobody was reached.  `now` as time(), now_ms as os_now_ms(). */
void	shared_failed(struct dest_hosts *, const struct attempt_result *, const struct order_conf *, int64_t now, uint64_t now_ms);
/* This host answered. */
void	shared_reached(struct str name);
/* Are all of them to be left alone?  What was found out before `after` does not count. */
bool	shared_down(const struct dest_hosts *, int64_t after, uint64_t now_ms);
/* An attempt begins: the others wait for what it finds out. */
void	shared_probe(const struct dest_hosts *, int64_t now, uint64_t now_ms);
/* Forget all. */
void	shared_revive(void);

#endif
