/*
 * tlsrpt - what sessions became, counted, for reports to other domains (RFC 8460).
 *
 * A day's counts are in a file "tlsrpt.YYYY-MM-DD" (UTC) beside the policies: a line is a count and the fields of struct tlsrpt_note, separated by
 * tabs, what would break a line written as \t \n \\.  `sendmail -bT report' makes the reports.
 */
#ifndef SENDMAIL_TLSRPT_H
#define SENDMAIL_TLSRPT_H

#include <stdio.h>

#include "base/err.h"
#include "stsask.h"

struct tlsrpt;
struct tlsrpt	*tlsrpt_new(const char *dir);	/* NULL: no memory, or no folder */
void		 tlsrpt_add(struct tlsrpt *, const struct tlsrpt_note *);
void		 tlsrpt_flush(struct tlsrpt *);

/*
 * Reports of a day, one JSON object for each domain (`only', or all).  org, contact: who we are.  How many; -1: no such file; *e.
 */
int	tlsrpt_report(const char *dir, const char *day, struct str only, struct str org, struct str contact, FILE *out, struct err *e);

#endif
