/*
 * main - argv[0] and the options choose one row of mode.c; nothing else happens here.
 */
#include <sys/stat.h>

#include <stdio.h>

#include "base/arena.h"
#include "base/must.h"
#include "base/status.h"
#include "mode.h"
#include "opts.h"
#include "os/fd.h"
#include "os/load.h"
#include "role.h"

int
main(int argc, char **argv)
{
	struct opts	opts;
	struct cmd	cmd = { .argc = argc, .argv = argv };
	int		code;

	if (os_fd_std() == -1)
		return EXIT_OSERR;
	(void)umask(022);			/* as sendmail: what is made, and what programs of users make, does not depend on who started us */
	os_title_init(argc, argv);
	cmd.arena = arena_new(ARENA_DEFAULT);
	cmd.opts = &opts;
	code = opts_parse(cmd.arena, argc, argv, &opts);
	if (opts.role == NULL && opts.mode != 'd' && opts.mode != 'D')
		must_memory();
	if (code == EXIT_OK)
		code = opts.role != NULL ? role_main(opts.argv0, opts.role) : mode_run(&cmd);
	arena_free(&cmd.arena);
	return code == OPTS_DONE ? EXIT_OK : code;
}
