/*
 * watch - changes of files as readable descriptors; see watch.h.
 */
#include "os/watch.h"

#include "os_conf.h"

#include <errno.h>
#include <unistd.h>

#ifdef HAVE_INOTIFY
#include <sys/inotify.h>

int
os_watch_new(void)
{
	return inotify_init1(IN_CLOEXEC|IN_NONBLOCK);
}

int
os_watch_add(int watch, const char *path)
{
	/* not who opens and closes: looking would then be a change */
	return inotify_add_watch(watch, path, IN_MODIFY|IN_CREATE|IN_DELETE|IN_MOVED_FROM|IN_MOVED_TO|IN_DELETE_SELF|IN_MOVE_SELF) == -1 ? -1 : 0;
}

void
os_watch_clear(int watch)
{
	char	events[4096];

	while (read(watch, events, sizeof events) > 0)
		continue;
}
#else
int
os_watch_new(void)
{
	errno = ENOSYS;
	return -1;
}

int
os_watch_add(int watch, const char *path)
{
	(void)watch;
	(void)path;
	errno = ENOSYS;
	return -1;
}

void
os_watch_clear(int watch)
{
	(void)watch;
}
#endif
