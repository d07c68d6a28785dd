/*
 * uidlist - the append-only file beside a mailbox that holds what must survive: UIDVALIDITY, UIDs, keywords.
 *
 * Whatever is added is applied to the state at once, but only uidlist_commit makes it true: it writes the lines, syncs, and only then may
 * a client be told.  One lock file guards it; under the lock the state is caught up with what others added.  When most of it is history it is
 * written anew and renamed.  A torn tail is cut; a bad line in the middle is skipped and the mailbox's own contents mend the rest.
 */
#ifndef STORE_UIDLIST_H
#define STORE_UIDLIST_H

#include <sys/types.h>

#include "base/buf.h"
#include "store/state.h"

struct uidlist {
	int		 dir;		/* the side folder */
	int		 fd, lock;
	dev_t		 dev;
	ino_t		 ino;
	uint64_t	 at;		/* read, or written, up to here */
	struct buf	 pending;
	size_t		 lines;
	unsigned	 generation;	/* grows when the state was built anew */
	bool		 locked, failed;
};

/* Takes the descriptor of the side folder. */
void	uidlist_init(struct uidlist *, int dir);
void	uidlist_done(struct uidlist *);
/*
 * Lock, and catch up.  A missing one is begun with a new id and the uidvalidity that fresh() gives (0: it failed).
 * OK, AGAIN (locked by others until `deadline`, os_now_ms), or NO with the reason in *err.
 */
enum store_rc uidlist_lock(struct uidlist *, struct state *, uint64_t deadline, uint32_t (*fresh)(void *arg), void *arg, struct err *);
void	uidlist_unlock(struct uidlist *);
/* -1: not applied, not queued. */
int	uidlist_add(struct uidlist *, struct state *, const struct uidline *);
/* Write what was added; sync: durable before it returns.  -1: none of it counts, the state is as the file says. */
int	uidlist_commit(struct uidlist *, struct state *, bool sync, struct err *);
/* Forget what was added since the last commit: the next lock reads the file from its start. */
void	uidlist_abandon(struct uidlist *);

#endif
