/*
 * must - the end of a process that broke a promise of its own, or got no memory.
 */
#include "base/must.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"

static bool	must_hard;

_Noreturn void
must_fail(const char *what, const char *file, int line)
{
	static int	again;

	if (!again++)
		log_line(0, LOG_P_CRIT, NULL, "%s:%d: broken promise: %s", file, line, what);
	abort();
}

_Noreturn void
must_memory_end(const char *file, int line)
{
	log_line(0, LOG_P_CRIT, NULL, "out of memory (%s:%d)", file, line);
	_exit(EXIT_TEMPFAIL);
}

void
must_memory(void)
{
	must_hard = true;
}

void
must_memory_short(void)
{
	if (must_hard)
		must_memory_end("buf", 0);
}
