/*
 * mbox_lock - dot-locks: FILE.lock beside an mbox, as mail programs have made them since ever.
 *
 * A lock holds the process number of its owner and, ours, a second line with the host.  It is stale if it is older than the boot, if its
 * process is dead (on this host), or if it says nothing and is older than a minute, or names another host and is older than a quarter of an hour.  A stale
 * lock is renamed before it is removed, so that two who find it do not remove a third one's fresh lock.
 */
#ifndef STORE_MBOX_LOCK_H
#define STORE_MBOX_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "store/store.h"

/* One try, no waiting, for this process (0: us).  The helper (may be NULL) is asked whether a lock's owner lives.  0: it is ours; 1: another has it; -1: it cannot be made (errno). */
int	mbox_dotlock(const char *path, pid_t owner, const struct store_helper *, struct err *);
/* Remove ours. */
void	mbox_dotunlock(const char *path);

#endif
