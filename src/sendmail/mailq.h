/*
 * mailq - print the queue: -bp, and the name mailq.
 */
#ifndef SENDMAIL_MAILQ_H
#define SENDMAIL_MAILQ_H

#include "mode.h"

/* Reads the queue directories itself, with or without a daemon.  Returns the exit code. */
int	mailq_run(struct cmd *);

#endif
