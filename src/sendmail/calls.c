/*
 * calls - a program for tests: which system calls each role can still make, as numbers; "+" behind one: with some arguments only.
 *
 *	ROLE NUMBER NUMBER+ ...
 */
#include <stdio.h>

#include "os/sandbox.h"
#include "role.h"

#define CALLS	470

/* Values that filters look for in an argument, or do not. */
static const uint64_t probes[] = {
	0, 1, 2, 3, 4, 5, 8, 10, 15, 16, 17, 21, 22, 0x11, 38, 39, 57, 0x40, 0x200, 0x1000, 0x8000, 0x541b, 0x5421, 0x5451, 0x1200011, 0x10000000,
	0x7fffffff, 0xffffffff
};

/* 0 never, 1 sometimes, 2 always */
static int
call_allowed(unsigned may, int nr)
{
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

int
main(void)
{
	const uint64_t none[6] = { 0 };

	if (os_sandbox_says(0, 0, none) == OS_SAYS_NOTHING) {
		(void)puts("no filter on this system");
		return 0;
	}
	for (int id = 0; id < R_MAX; id++) {
		const struct role_row *r = role_row((enum role_id)id);

		if (r == NULL)
			continue;
		(void)printf("%s", r->name);
		for (int nr = 0; nr < CALLS && !(r->may & ROLE_NO_SANDBOX); nr++) {
			int a = call_allowed(r->may, nr);

			if (a > 0)
				(void)printf(" %d%s", nr, a == 1 ? "+" : "");
		}
		(void)printf("%s\n", r->may & ROLE_NO_SANDBOX ? " all" : "");
	}
	return 0;
}
