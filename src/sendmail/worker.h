/*
 * worker - a master that forks workers after the configuration is compiled, and relays each question to one that is free, or lends it to who asks much.
 *
 * The master reads no stranger's byte: it hands frames on, with their descriptors, and the answers back.  Every worker has channels of its own to
 * the neighbours its role may ask.  A worker that dies in a question answers it with a temporary error; it is replaced.  After
 * `recycle` questions, or once a neighbour of it is gone, a worker ends when it is free.
 */
#ifndef SENDMAIL_WORKER_H
#define SENDMAIL_WORKER_H

#include "role.h"

struct worker_ops {
	int		 max;			/* workers at one time (more questions wait in order) */
	int		 spare;			/* kept ready */
	int		 recycle;		/* questions until it is replaced; 0: never */
	int		 deadline_ms;		/* longest time for one question, then the worker is killed; 0: none */
	int		 queue_max;		/* questions that may wait; past it they are refused with ERR_TEMP; 0: 10000 */
	/*
	 * Prefer the free worker that last worked on the same key (a kept connection).  Fills key from a body; -1: malformed, the asker is ended.
	 * NULL: any free worker.
	 */
	int		(*key)(struct role_ctx *, const struct frame *, struct buf *key);
	void		(*refused)(uint16_t type, struct str body, int fd);	/* in the master: nobody will work on this; fd stays the caller's */
	int		(*start)(struct role_ctx *);	/* in each new worker: 0, or -1 to exit */
	void		(*idle)(struct role_ctx *);	/* in a worker that waits: called after idle_ms (close kept connections) */
	int		 idle_ms;
};

/* The whole life of a master's process: forks, relays, returns the exit code. Requests in row->answers are answered by the master itself, on its loop. */
int	worker_master(struct role_ctx *, const struct worker_ops *);

/* In a master: the configuration changed; workers end when they are free and new ones take over. */
void	worker_renew(struct role_ctx *);

/* In a worker's handler: the body was malformed; tells the master, which ends the asker, and exits. */
_Noreturn void worker_bad(struct role_ctx *);
/*
 * In a worker: be so nice(1) for this piece of work.  A process that made itself modest cannot take that back: it goes on with work of its kind (the
 * pool's keys tell it apart), and should other work come to it, because there are no more processes, that is its last.
 */
void	worker_modest(struct role_ctx *, int nice);
/* In a worker: end after this piece of work. */
void	worker_retire(struct role_ctx *);
/* In a worker: has the daemon been told to stop? Long work should come to an end (421). */
bool	worker_stopping(struct role_ctx *);

#endif
