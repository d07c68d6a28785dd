/*
 * mode - what sendmail was called to do: one row a letter of -b.
 */
#ifndef SENDMAIL_MODE_H
#define SENDMAIL_MODE_H

#include "base/arena.h"
#include "conf.h"
#include "opts.h"

/* A command in its one process. */
struct cmd {
	const struct opts	*opts;
	struct arena		*arena;
	int			 argc;
	char			**argv;
	struct conf		*conf;		/* NULL in rows that load it themselves */
	struct err_list		 errors;
	int			 transcript;	/* -X; 0: none */
};

/* Load the configuration that the options mean, print what is wrong with it: 0, or EXIT_CONFIG, EXIT_OSFILE. */
int	mode_load(struct cmd *);

/* Everything after the command line was read; returns the exit code. */
int	mode_run(struct cmd *);

#endif
