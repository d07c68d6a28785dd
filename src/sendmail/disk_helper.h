/*
 * disk_helper - forks of the spool role that wait for the disk, so that its loop never does.
 *
 * A helper has a channel to the role, the log and the descriptors it is given, and nothing else.  It ends with its channel, and signals of an
 * orderly stop do not end it: what the role still says then is done.
 */
#ifndef SENDMAIL_DISK_HELPER_H
#define SENDMAIL_DISK_HELPER_H

#include <sys/types.h>

#include "base/err.h"
#include "proc/chan.h"
#include "spoold.h"

#define DISK_HELPER_KEEP	(3 * 64)

struct disk_helper {
	struct spoold	*s;
	const char	*title;			/* its name in process listings */
	void		(*main)(struct chan *, void *arg);	/* in the helper: until the channel's end */
	chan_fn		*gone;			/* in the role: of frames that nobody asked for, and of its end (NULL) */
	void		*arg;			/* of both */
	int		 keep[DISK_HELPER_KEEP];	/* descriptors */
	size_t		 nkeep;
};

/* Its channel, on the role's loop, and its process; NULL: none was started. */
struct chan	*disk_helper_start(const struct disk_helper *, pid_t *, struct err *);
/* Its channel is freed: wait until it has come to its end, and does nothing more to the disk. */
void		 disk_helper_await(pid_t);

#endif
