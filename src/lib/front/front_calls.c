/*
 * front_calls - a program for tests: which system calls each kind of process of popd and imapd can still make (os/sandbox_calls.h).
 */
#include "front/front_int.h"
#include "os/sandbox_calls.h"

int
main(void)
{
	if (!sandbox_calls_known())
		return 0;
	for (size_t i = 0; role_box(i) != NULL; i++)
		sandbox_calls_print(role_box(i)->name, role_box(i)->may);
	sandbox_calls_print("checker-pam", role_may("checker") | CHECKER_PAM_MAY);
	return 0;
}
