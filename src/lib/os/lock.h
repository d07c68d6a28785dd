/*
 * lock - advisory locks on whole files.
 */
#ifndef OS_LOCK_H
#define OS_LOCK_H

#include <stdbool.h>

enum os_lock_how { OS_LOCK_SHARED, OS_LOCK_EXCL, OS_LOCK_UNLOCK };

/* flock(2), the kind that sendmail uses on qf and map files.  wait false: -1 with EWOULDBLOCK if it is taken. */
int	os_flock(int fd, enum os_lock_how, bool wait);
/* fcntl(2), as mbox programs use.  timeout_ms < 0 waits for ever, 0 tries once. */
int	os_fcntl_lock(int fd, enum os_lock_how, int timeout_ms);

#endif
