/*
 * lease - a worker that its master lends to a role that asks much: questions go to it directly, and no master is woken for them.
 *
 * The asker's side, for roles on a loop (spool, gate).  A master that is asked often sends Q_LEND: a channel to one of its workers, for questions of one key
 * (worker.h), one question at a time.  What finds no lent worker that is free goes to the master as ever.  A lent worker is given back (Q_BACK) when nobody
 * needed it for LEASE_IDLE_MS, when its master wants it back (Q_RECALL) and when the master is replaced; it is gone when it says with an
 * answer that this was its last (CHAN_LAST).  The master's side is worker_lend.h.
 */
#ifndef SENDMAIL_LEASE_H
#define SENDMAIL_LEASE_H

#include "base/buf.h"
#include "proc/chan.h"
#include "req.h"
#include "role.h"

#define LEASE_MAX	8		/* of one master's workers at one asker */
#define LEASE_KEY_MAX	((size_t)512)
#define LEASE_IDLE_MS	1000

/* Q_LEND to the asker; to the worker: struct peer_ask, who the asker is. */
struct lease_lend {
	uint32_t	 id;		/* the master's */
	struct str	 key;		/* the questions that it is meant for */
};
void	lease_lend_put(struct buf *, const struct lease_lend *);
int	lease_lend_get(struct str, struct lease_lend *);

/* Q_RECALL */
struct lease_id {
	uint32_t	 id;
};
void	lease_id_put(struct buf *, const struct lease_id *);
int	lease_id_get(struct str, struct lease_id *);

/* Q_BACK */
struct lease_back {
	uint32_t	 id;
	enum lease_how {
		LEASE_FREE,		/* it waits for work */
		LEASE_ENDS,		/* it ends, or should: it said so, or its channel is closed, or a question is given up that it may still work on */
		LEASE_BAD		/* it spoke without being asked */
	} how;
};
void	lease_back_put(struct buf *, const struct lease_back *);
int	lease_back_get(struct str, struct lease_back *);

/*
 * As req_call, which it is when no lent worker of that role with this key is free.  When a lent one dies with the question `done` gets an error,
 * as from a master whose worker died.
 */
int	lease_call(struct role_ctx *, enum role_id at, enum req_id, struct str key, struct str body, int fd, chan_done_fn *done, void *arg);

/* Another master takes its place, or it is gone: what it lent gets no more questions. */
void	lease_lender_leaves(struct peer *);
void	lease_lender_gone(struct peer *);

/* How many of that role's workers it has; give all back, and their memory. */
int	lease_lent(const struct role_ctx *, enum role_id);
void	lease_forget(struct role_ctx *);

/* A Q_LEND whose channel did not come through, for want of descriptors: it is given back at once. */
void	lease_lost(struct peer *, const struct frame *);

answer_fn lease_answer_lend, lease_answer_recall;

#endif
