/*
 * testmode - sendmail -bt: addresses, macros, classes, maps and rulesets by hand.
 */
#ifndef SENDMAIL_TESTMODE_H
#define SENDMAIL_TESTMODE_H

#include <stdio.h>

#include "conf.h"

/* Read commands from `in` until its end or /quit; returns the exit code. */
int	testmode_run(struct conf *, FILE *in);
/* The mailers as =M shows them. */
void	testmode_mailers(const struct conf *);

#endif
