/*
 * flow - does more long content come in than is delivered?
 *
 * Two processors that take mail and deliver it share their time evenly, and taking is less work: a thousand megabytes come in while five hundred go out, and
 * each of those that wait stands in pages of memory that no message had before, which costs more than all that is done with it.  So content is counted from when
 * a session asks for a file until its message has been tried once; while many wait for their try, the next sessions are given a file a little later.  A message
 * counts for two seconds at most, so hosts that are slow to take mail stop nobody.
 */
#ifndef SENDMAIL_FLOW_H
#define SENDMAIL_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

#define FLOW_MOST	64u		/* young ones: as many as files that keep their pages, spare.c */
#define FLOW_TAKEN	32u		/* ... if so many of them are messages that wait to be tried, not sessions that write */
#define FLOW_YOUNG_MS	2000u
#define FLOW_WAIT_MS	1000u		/* nobody waits longer for his file */

struct flow {
	struct list	young;		/* struct flow_one, the oldest first */
	size_t		n, taken;
};

/* Content of one message; on the heap, whose it is changes with the message. */
struct flow_one;

void		 flow_init(struct flow *);
/* NULL: no memory, it does not count. */
struct flow_one	*flow_enter(struct flow *, uint64_t now_ms);
/* NULL is fine for these two.  Its message is taken and will be tried soon. */
void		 flow_take(struct flow_one *);
/* It has been tried, or there will be none; frees, and sets it NULL. */
void		 flow_leave(struct flow_one **);
/* Shall the next one wait? */
bool		 flow_full(struct flow *, uint64_t now_ms);

#endif
