/*
 * worker_int - what worker.c (a worker's side), worker_birth.c and worker_pool.c (the master) share.
 */
#ifndef SENDMAIL_WORKER_INT_H
#define SENDMAIL_WORKER_INT_H

#include "worker.h"

#define WORKER_BAD	0x4d424144	/* err.sys of the error that says: the question was malformed */

/* Answer questions until this worker is to end. */
_Noreturn void	worker_life(struct role_ctx *, const struct worker_ops *);

/*
 * Fork a worker, introduced to every neighbour that its role may ask.  In the child forget(arg) lets go of what
 * is the master's, then ops->start and the worker's life follow; it does not come back.
 * Returns the master's end of the channel, the caller's, or -1 with e set.
 */
int		worker_birth(struct role_ctx *, const struct worker_ops *, void (*forget)(void *), void *arg,
		    struct err *e);

#endif
