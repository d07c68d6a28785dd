/*
 * worker_lend - the master's side of leases (lease.h): who is lent, to whom, and until when.
 *
 * A lent worker gets no question from its master.  What the master knows of it: that it lives (its channel), and that it comes back, because the asker says so.
 */
#ifndef SENDMAIL_WORKER_LEND_H
#define SENDMAIL_WORKER_LEND_H

#include "worker_int.h"

/* This worker answered such a question of this asker (NULL: nobody): lend it, if that is worth it. */
void	worker_lend(struct worker *, struct peer *asker, unsigned type);
/* Ask for it; NULL: for all that are lent, for somebody waits. */
void	worker_lend_recall(struct worker_pool *, struct worker *);
/* This neighbour is gone: what it had ends when it has answered. */
void	worker_lend_orphan(struct worker_pool *, const struct peer *);

answer_fn worker_lend_back;

#endif
