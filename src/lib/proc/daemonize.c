/*
 * daemonize - leave the terminal that started us; see daemonize.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/status.h"
#include "proc/daemonize.h"

void
daemonize(void)
{
	int	null = open("/dev/null", O_RDWR);

	switch (fork()) {
	case -1:
		perror("fork");
		exit(EXIT_OSERR);
	case 0:
		break;
	default:
		_exit(EXIT_OK);
	}
	(void)setsid();
	(void)!chdir("/");
	for (int i = 0; i < 3 && null != -1; i++)
		(void)dup2(null, i);
	if (null > 2)
		close(null);
}
