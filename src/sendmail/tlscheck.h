/*
 * tlscheck - sendmail -bT: what a delivery would verify, and whether it would go on.
 *
 *	sendmail -bT example.com		as if there were a message for postmaster@example.com
 *	sendmail -bT user@example.com ...
 *	sendmail -bT report [YYYY-MM-DD [DOMAIN]]	reports of a day (RFC 8460), one a line; default: today
 *	sendmail -bT mail-reports [YYYY-MM-DD]		the same by mail, to whom wants them; default: yesterday
 */
#ifndef SENDMAIL_TLSCHECK_H
#define SENDMAIL_TLSCHECK_H

#include "mode.h"

/* EXIT_OK: every argument could be delivered; EXIT_TEMPFAIL: one could not. */
int	tlscheck_run(struct cmd *);

#endif
