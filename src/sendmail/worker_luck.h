/*
 * worker_luck - when a master may fork: workers that die before their first answer, and a system that gives no processes (ulimit -u).
 */
#ifndef SENDMAIL_WORKER_LUCK_H
#define SENDMAIL_WORKER_LUCK_H

#include <stdbool.h>
#include <stdint.h>

struct worker_luck {
	int		failures;	/* workers in a row that died before they answered anything */
	uint64_t	not_before;	/* ms: no fork until then */
	uint64_t	barren;		/* ms: since when the system gives us no process; 0: it does */
	uint64_t	told;		/* ms: when that was logged */
};

bool	luck_may_fork(const struct worker_luck *);
void	luck_died_young(struct worker_luck *);		/* the next one is forked later each time */
/* A fork failed, for this reason, which is logged once a minute; or one did not. */
void	luck_none(struct worker_luck *, const char *role, const char *why);
void	luck_one(struct worker_luck *);
/* None could be forked for so long that nobody should be kept waiting for it. */
bool	luck_is_barren(const struct worker_luck *);

#endif
