/*
 * logd_pace - when log waits for a line, and when it looks for lines from time to time.
 *
 * A line that comes alone is written at once.  Under load each message says several, a millisecond apart, and to wake for each of them costs more than to
 * write it, log and its sender alike; so when lines have followed each other closely for a while, log stops listening, and takes all there are every few
 * milliseconds until there are few.  What is sent meanwhile waits in the socket, in order.
 */
#ifndef SENDMAIL_LOGD_PACE_H
#define SENDMAIL_LOGD_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define LOGD_CLOSE_MS	5u		/* lines no further apart follow each other closely */
#define LOGD_PROOFS	16u		/* so many times in a row */
#define LOGD_DOZE_MS	5u		/* how long nobody listens */
#define LOGD_FEW	3u		/* fewer in that time, and every single one is listened for again */
#define LOGD_DEAF_MS	1000u		/* woken for nothing: the socket says something that is no line */

struct logd_pace {
	uint64_t	last;		/* ms: when lines woke us */
	unsigned	quick;		/* in a row, up to LOGD_PROOFS */
};

/* `lines` came when they were listened for: for how many ms not to listen now; 0: go on listening. */
unsigned	logd_pace_heard(struct logd_pace *, unsigned lines, uint64_t now_ms);
/* `lines` came while nobody listened: the same. */
unsigned	logd_pace_found(struct logd_pace *, unsigned lines);

#endif
