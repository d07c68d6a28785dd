/*
 * tlsrpt_mail - sendmail -bT mail-reports [YYYY-MM-DD]: a day's reports of TLS sessions to those who want them (RFC 8460 3, 5.3).
 */
#ifndef SENDMAIL_TLSRPT_MAIL_H
#define SENDMAIL_TLSRPT_MAIL_H

#include "mode.h"

/*
 * Default: yesterday, UTC.  Each domain's report goes once to the mailto: addresses of its record _smtp._tls, in the name of TLSReportAddress, and once to each
 * of its https: addresses.
 * EXIT_OK, also when there is nothing to tell; EXIT_TEMPFAIL: some could not be sent and can be tried again.
 */
int	tlsrpt_mail_run(struct cmd *);

#endif
