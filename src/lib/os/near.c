/*
 * near - see the header.
 */
#include "os/near.h"

#include "os_conf.h"

#ifdef HAVE_INCOMING_CPU

#include <sys/socket.h>

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

#define NEAR_TIMES	2		/* so often a client is elsewhere before we follow: to move takes longer than a call from there */

static cpu_set_t	near_all;		/* where we may be, while we are not anywhere */
static int		near_at = OS_NEAR_UNKNOWN;
static int		near_aside = OS_NEAR_UNKNOWN;	/* where we are not */
static unsigned		near_elsewhere;

int
os_near_of(int sock)
{
	socklen_t	n = sizeof(int);
	int		cpu = OS_NEAR_UNKNOWN;

	return getsockopt(sock, SOL_SOCKET, SO_INCOMING_CPU, &cpu, &n) == 0 && cpu >= 0 && cpu < CPU_SETSIZE ? cpu : OS_NEAR_UNKNOWN;
}

/* Is it one that we may name?  Where we may be is looked at before we first leave anywhere. */
static bool
near_learn(int processor)
{
	if (processor < 0 || processor >= CPU_SETSIZE)
		return false;
	return near_at != OS_NEAR_UNKNOWN || near_aside != OS_NEAR_UNKNOWN || sched_getaffinity(0, sizeof near_all, &near_all) == 0;
}

void
os_near(int processor)
{
	cpu_set_t here;

	if (processor == near_at || !near_learn(processor)) {
		near_elsewhere = 0;
		return;
	}
	if (near_at != OS_NEAR_UNKNOWN && ++near_elsewhere < NEAR_TIMES)
		return;
	near_elsewhere = 0;
	CPU_ZERO(&here);
	CPU_SET((size_t)processor, &here);
	if (!CPU_ISSET((size_t)processor, &near_all) || sched_setaffinity(0, sizeof here, &here) == -1)
		return;
	near_at = processor;
	near_aside = OS_NEAR_UNKNOWN;
}

int
os_near_at(void)
{
	return near_at;
}

void
os_anywhere(void)
{
	if ((near_at != OS_NEAR_UNKNOWN || near_aside != OS_NEAR_UNKNOWN) && sched_setaffinity(0, sizeof near_all, &near_all) == 0)
		near_at = near_aside = OS_NEAR_UNKNOWN;
}

void
os_aside(int processor)
{
	cpu_set_t there;

	if (processor == near_aside && processor != OS_NEAR_UNKNOWN)
		return;
	if (!near_learn(processor)) {
		os_anywhere();
		return;
	}
	there = near_all;
	CPU_CLR((size_t)processor, &there);
	if (CPU_COUNT(&there) > 0 && sched_setaffinity(0, sizeof there, &there) == -1)
		return;
	near_aside = processor;		/* ... where there is no other, too: it need not be looked at again */
	near_at = OS_NEAR_UNKNOWN;
}

#else

int
os_near_of(int sock)
{
	(void)sock;
	return OS_NEAR_UNKNOWN;
}

void
os_near(int processor)
{
	(void)processor;
}

int
os_near_at(void)
{
	return OS_NEAR_UNKNOWN;
}

void
os_aside(int processor)
{
	(void)processor;
}

void
os_anywhere(void)
{
}

#endif
