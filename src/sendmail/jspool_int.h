/*
 * jspool_int - what jspool.c, jspool_batch.c and jspool_replay.c share.
 */
#ifndef SENDMAIL_JSPOOL_INT_H
#define SENDMAIL_JSPOOL_INT_H

#include "jspool.h"

/* Whoever waits for a record. */
struct jwait {
	struct list	 link;
	struct jref	 ref;
	char		 id[QID_MAX];
	sync_done_fn	*done;
	void		*arg;
};

struct junlink {
	struct list	 link;
	uint32_t	 dir;
	uint64_t	 writer;	/* as msg's */
	unsigned	 place;		/* the same */
	char		 id[QID_MAX];
};

/* ---- jspool.c ---- */

/* A segment is made, or an old one emptied, if the journal wants one. */
void		 jspool_segments(struct jspool *);

/* ---- jspool_batch.c ---- */

void		 jspool_note_session(uint64_t session);		/* it has committed */
void		 jspool_kick(struct jspool *);			/* somebody waits: sync now, or a little later */
void		 jspool_soon(struct jspool *);			/* nobody waits: within a second */
loop_timer_fn	 jspool_gathered, jspool_lazy;			/* of js->gather, js->lazy */
void		 jspool_unlink(struct jspool *);		/* the df files whose marks are durable */
void		 jspool_move(struct list *to, struct list *from);	/* all, to its end */

/* ---- jspool_replay.c ---- */

/* Take the journal, if nobody has it.  -1: not now.  at_once: it is known then what it owes; else js->replay goes on, and spoold_known is called. */
int		 jspool_take(struct jspool *, bool at_once);
loop_timer_fn	 jspool_replay_tick;				/* of js->replay_timer */

#endif
