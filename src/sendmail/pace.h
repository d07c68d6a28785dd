/*
 * pace - how the journal's syncs go: how many messages make a batch, and whether spool waits for the disk itself.
 *
 * Both are learned from what happened.  Sessions that were at work lately say how many messages may come, but many of them may be one client that
 * connects again and again: as soon as a batch had to begin without them, no more are waited for than came.  And a sync that takes a tenth of a
 * millisecond is over before a helper process has been woken and has answered; so while the disk is quick spool does it itself, and one slow sync
 * sends the next ones to the helper, which keeps the loop free.
 */
#ifndef SENDMAIL_PACE_H
#define SENDMAIL_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_QUICK_US	1000u		/* a sync that takes no longer is quick */
#define PACE_PROOFS	8u		/* so many quick ones in a row, and spool may sync */
#define PACE_REST	20u		/* after a slow one, not before so many times as long: a twentieth of spool's time at most is spent in them */

struct pace {
	size_t		 most;		/* no more are waited for; 0: nothing is known */
	unsigned	 quick;		/* in a row, up to PACE_PROOFS */
	uint64_t	 not_before;	/* ms */
};

/* `active` sessions were at work lately: so many messages make a batch; below 2: nobody is waited for. */
size_t	pace_want(const struct pace *, size_t active);
/* A batch of n begins, of which `want` were wanted; late: the time for it was over. */
void	pace_batch(struct pace *, size_t n, size_t want, bool late);
/* May spool wait for the next sync itself? */
bool	pace_here(const struct pace *, uint64_t now_ms);
/* A sync took so long, wherever it was done. */
void	pace_took(struct pace *, uint64_t us, uint64_t now_ms);

#endif
