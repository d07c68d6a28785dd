/*
 * qrun - queue runs as a command: -q, -qR..., and -q15m without a daemon that listens.
 */
#ifndef SENDMAIL_QRUN_H
#define SENDMAIL_QRUN_H

#include "mode.h"

/* With an interval it becomes a daemon that only runs the queue; else one run, and the roles end with it.  Returns the exit code. */
int	qrun_run(struct cmd *, const char *cf);

#endif
