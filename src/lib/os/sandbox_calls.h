/*
 * sandbox_calls - for test programs: which system calls a process with these rights can still make, a line of numbers; "+" behind one: with some
 * arguments only.
 *
 *	NAME NUMBER NUMBER+ ...
 */
#ifndef OS_SANDBOX_CALLS_H
#define OS_SANDBOX_CALLS_H

#include <stdbool.h>
#include <stdio.h>

#include "os/sandbox.h"

#define SANDBOX_CALLS	470

/* 0 never, 1 sometimes, 2 always */
static inline int
sandbox_call_allowed(unsigned may, int nr)
{
	/* values that filters look for in an argument, or do not */
	static const uint64_t probes[] = {
		0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 16, 17, 21, 22, 0x11, 38, 39, 57, 0x40, 0x200, 0x1000, 0x8000, 0x541b, 0x5421, 0x5451, 0x1200011, 0x10000000,
		0x7fffffff, 0xffffffff
	};
	bool yes = false, no = false;

	for (unsigned at = 0; at < 6; at++)
		for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
			uint64_t args[6] = { 0 };

			args[at] = probes[i];
			if (os_sandbox_says(may, nr, args) == OS_SAYS_YES)
				yes = true;
			else
				no = true;
		}
	return yes ? no ? 1 : 2 : 0;
}

/* False, and a line that says so: this system has no filter of ours. */
static inline bool
sandbox_calls_known(void)
{
	const uint64_t none[6] = { 0 };
	bool known = os_sandbox_says(0, 0, none) != OS_SAYS_NOTHING;

	if (!known)
		(void)puts("no filter on this system");
	return known;
}

static inline void
sandbox_calls_print(const char *name, unsigned may)
{
	(void)printf("%s", name);
	for (int nr = 0; nr < SANDBOX_CALLS; nr++) {
		int a = sandbox_call_allowed(may, nr);

		if (a > 0)
			(void)printf(" %d%s", nr, a == 1 ? "+" : "");
	}
	(void)puts("");
}

#endif
