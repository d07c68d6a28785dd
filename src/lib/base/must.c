/*
 * must - the end of a process that broke a promise of its own.
 */
#include "base/must.h"

#include <stdlib.h>

#include "base/log.h"

_Noreturn void
must_fail(const char *what, const char *file, int line)
{
	static int	again;

	if (!again++)
		log_line(0, LOG_P_CRIT, NULL, "%s:%d: broken promise: %s", file, line, what);
	abort();
}
