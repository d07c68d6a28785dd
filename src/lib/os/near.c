/*
 * near - see the header.
 */
#include "os/near.h"

#include "os_conf.h"

#ifdef HAVE_INCOMING_CPU

#include <sys/socket.h>

#include <sched.h>
#include <stddef.h>

static cpu_set_t	near_all;		/* where we may be, while we are at one place */
static int		near_at = OS_NEAR_UNKNOWN;

int
os_near_of(int sock)
{
	socklen_t	n = sizeof(int);
	int		cpu = OS_NEAR_UNKNOWN;

	return getsockopt(sock, SOL_SOCKET, SO_INCOMING_CPU, &cpu, &n) == 0 && cpu >= 0 && cpu < CPU_SETSIZE ? cpu : OS_NEAR_UNKNOWN;
}

void
os_near(int processor)
{
	cpu_set_t	here;
	size_t		cpu = (size_t)processor;

	if (processor < 0 || processor >= CPU_SETSIZE || processor == near_at)
		return;
	if (near_at == OS_NEAR_UNKNOWN && sched_getaffinity(0, sizeof near_all, &near_all) == -1)
		return;
	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	if (CPU_ISSET(cpu, &near_all) && sched_setaffinity(0, sizeof here, &here) == 0)
		near_at = processor;
}

void
os_anywhere(void)
{
	if (near_at != OS_NEAR_UNKNOWN && sched_setaffinity(0, sizeof near_all, &near_all) == 0)
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

void
os_anywhere(void)
{
}

#endif
