/*
 * liar - imapd for test/imap/answers.t: the same program, one of whose roles, or a child of the checker's, gives wrong answers on request (proc/lie_kit.h).
 *
 * It is never installed.  Called with -answered it prints the requests that are answered, and by whom.
 */
#define main	imapd_main
static int	imapd_main(int, char **);
#include "main.c"
#undef main

#include <string.h>

#include "front/front_lie_kit.h"

int
main(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], "-answered") != 0)
		return imapd_main(argc, argv);
	lie_print_answered();
	return 0;
}
