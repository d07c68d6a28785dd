/*
 * watch - a descriptor that becomes readable when files or folders change: inotify.
 *
 * A hint and no more: changes are merged, may be told late, twice or (network file systems, full queues) not at all.  Who is told looks for himself; who is
 * not told looks now and then.
 */
#ifndef OS_WATCH_H
#define OS_WATCH_H

#include <stdbool.h>

/* A new descriptor, non-blocking, or -1 with errno: this system has none, or no more for this user (ENOSYS, EMFILE). */
int	os_watch_new(void);
/* Also tell of changes of this file, or in this folder; asking again for the same changes nothing.  -1 with errno. */
int	os_watch_add(int watch, const char *path);
/* Take what was told. */
void	os_watch_clear(int watch);

#endif
