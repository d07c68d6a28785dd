/*
 * logger - the socket of the system logger.
 */
#include "os/logger.h"

#include <sys/stat.h>
#include <syslog.h>

#include "os/load.h"

#define LOOK_MS	1000

bool
os_logger_is_there(void)
{
#ifdef _PATH_LOG
	static bool	looked, there;
	static uint64_t	at;
	uint64_t	now = os_now_ms();
	struct stat	st;

	if (!looked || now - at >= LOOK_MS) {
		looked = true;
		at = now;
		there = stat(_PATH_LOG, &st) == 0;
	}
	return there;
#else
	return true;
#endif
}
