/*
 * worker_int - what worker.c (a worker's side), worker_birth.c and worker_pool.c (the master) share.
 */
#ifndef SENDMAIL_WORKER_INT_H
#define SENDMAIL_WORKER_INT_H

#include "base/list.h"
#include "req.h"
#include "worker.h"
#include "worker_luck.h"

#define WORKER_BAD	0x4d424144	/* err.sys of the error that says: the question was malformed */

struct job {
	struct list	 link;		/* pool->jobs while it waits */
	struct held	*held;
	uint16_t	 type;
	struct buf	 body, key;
	int		 fd;
};

struct worker {
	struct list		 link;	/* pool->workers; free ones in order of last use */
	struct worker_pool	*pool;
	struct chan		*ch;
	struct job		*job;	/* what it works on for us */
	struct buf		 key;
	int			 done;	/* questions answered */
	bool			 retire;
	bool			 again;	/* its last two questions had the same key */
	/* worker_lend.c */
	bool			 lent, recalled;
	struct peer		*lent_to;	/* NULL: gone */
	uint32_t		 lease;
};

struct worker_pool {
	struct role_ctx		*ctx;
	const struct worker_ops	*ops;
	struct list		 workers, jobs;
	int			 nworkers, nfree, njobs;
	struct answer		*answers;
	struct loop_timer	*more;		/* fork spare workers, or try again */
	struct loop_timer	*deadline;	/* of an orderly stop */
	struct loop_timer	*calm;		/* set while there are more free workers than WORKER_PLENTY */
	int			 low;		/* the fewest free workers since it was set */
	bool			 calming, finishing;	/* finishing: no more than what is in hand */
	struct worker_luck	 luck;
	/* worker_lend.c */
	uint32_t		 leases;	/* counts */
	int			 recent;	/* questions answered since recent_from */
	uint64_t		 recent_from, lend_after;	/* ms */
};

static inline bool
worker_is_free(const struct worker *w)
{
	return w->job == NULL && !w->lent;
}

void		worker_free(struct worker *);
/* Give out what waits; end, if that is due. */
void		pool_serve(struct worker_pool *);

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
