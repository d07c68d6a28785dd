/*
 * id - who we are, and how to become less for good.
 */
#ifndef OS_ID_H
#define OS_ID_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Become uid:gid for good: supplementary groups of `name` (NULL: gid alone), then gid, then uid, real, effective and saved; then it is
 * verified that root and the old groups cannot be regained.  Not root and already uid:gid: nothing to do.  -1: exit at once.
 */
int	os_id_drop(const char *name, uid_t, gid_t, struct err *);
/* Effective ids back to the real ones for good (set-user/group-id program that must not use its rights). */
int	os_id_drop_setid(struct err *);
bool	os_id_is_setid(void);		/* real and effective ids differ, or the kernel says secure mode */

#endif
