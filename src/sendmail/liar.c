/*
 * liar - sendmail for test/roles/answers.t: the same program, one of whose roles gives wrong answers on request (proc/lie_kit.h).
 *
 * It is never installed.  Called with -answered it prints the requests that are answered, and by whom.
 */
#define main	sendmail_main
static int	sendmail_main(int, char **);
#include "main.c"
#undef main

#include <stdio.h>

#include "proc/lie_kit.h"
#include "req.h"

int
main(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], "-answered") != 0)
		return sendmail_main(argc, argv);
	for (unsigned q = 1; q < Q_MAX; q++)
		for (int at = R_LOADER; at < R_MAX; at++)
			if (!(req_row(q)->flags & REQ_NOANSWER) && req_row(q)->at & ROLE_BIT(at))
				(void)printf("%s %u %s\n", req_row(q)->name, q, role_name((enum role_id)at));
	return 0;
}
