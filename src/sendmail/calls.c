/*
 * calls - a program for tests: which system calls each role of the daemon can still make (os/sandbox_calls.h).
 */
#include "authchild.h"
#include "os/sandbox.h"
#include "os/sandbox_calls.h"
#include "role.h"
#include "roles.h"

int
main(void)
{
	if (!sandbox_calls_known())
		return 0;
	for (int id = 0; id < R_MAX; id++) {
		const struct role_row *r = role_row((enum role_id)id);

		if (r != NULL && r->may & ROLE_NO_SANDBOX)
			(void)printf("%s all\n", r->name);
		else if (r != NULL)
			sandbox_calls_print(r->name, r->may);
	}
	sandbox_calls_print("lookup-worker", LOOKUP_WORKER_MAY | OS_MAY_OPEN_W);
	sandbox_calls_print("auth-child", AUTHCHILD_MAY);
	return 0;
}
