/*
 * spoold_scan - what lies in the queue directories, brought into the schedule.
 */
#ifndef SENDMAIL_SPOOLD_SCAN_H
#define SENDMAIL_SPOOLD_SCAN_H

#include "ask.h"
#include "spoold.h"

/* At the start: leftovers of a crash are cleared away, and everything there is scheduled. */
void	spoold_first_scan(struct spoold *);
/* Later: what other programs put there or took away. */
void	spoold_scan(struct spoold *);
/* Both only list the directories; files are opened a few at a time.  All of them now: */
void	spoold_scan_finish(struct spoold *);
/* Make those that match due now; how many. */
uint32_t spoold_qrun(struct spoold *, const struct qrun_ask *);

/* Do all terms hold for this message? */
bool	 qrun_matches(const struct qrun_ask *, struct str id, const struct qf *);

#endif
