/*
 * scan - what lies in queue directories.
 */
#ifndef QUEUE_SCAN_H
#define QUEUE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "queue/spool.h"

/*
 * The directories that a QueueDirectory option names: "/var/spool/mqueue", or "/var/spool/mqueue/q*" (every directory that matches in the
 * last part), in order.  A name that matches nothing gives none.
 */
int	scan_dirs(struct str option, struct arena *, struct str **paths, size_t *n, struct err *);

/* Is this one of them, by its name? */
bool	scan_matches(struct str option, struct str path);

/* Append those of one more option; paths that are there already are not repeated. */
int	scan_more_dirs(struct str option, struct arena *, struct str **paths, size_t *n, struct err *);

/* One call for each queue file; kind is the first letter.  Stops when fn returns something else than 0, which it returns. */
typedef int scan_fn(void *arg, char kind, struct str id);
int	scan_files(const struct spool_dir *, scan_fn *, void *arg, struct err *);

/* What the first lines of a qf say; pure.  A cut last line is ignored. */
struct scan_head {
	int64_t	 created, last_try, priority;
	int	 tries;
};
bool	scan_head(struct str text, struct scan_head *);
/* The queue group that it names, in `text`; none. */
struct str scan_group(struct str text);

#endif
