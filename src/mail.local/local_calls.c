/*
 * local_calls - a program for tests: which system calls mail.local's processes can still make (os/sandbox_calls.h).
 */
#include "deliver.h"
#include "os/sandbox_calls.h"
#include "serve.h"

int
main(void)
{
	if (!sandbox_calls_known())
		return 0;
	sandbox_calls_print("lmtp", SERVE_MAY);
	sandbox_calls_print("delivery", DELIVER_MAY);
	return 0;
}
