/*
 * worker_int - what worker.c (a worker's side) and worker_pool.c (the master) share.
 */
#ifndef SENDMAIL_WORKER_INT_H
#define SENDMAIL_WORKER_INT_H

#include "worker.h"

#define WORKER_BAD	0x4d424144	/* err.sys of the error that says: the question was malformed */

/* Answer questions until this worker is to end. */
_Noreturn void	worker_life(struct role_ctx *, const struct worker_ops *);

#endif
