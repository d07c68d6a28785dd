/*
 * lmtp - mail.local -l: RFC 2033 on standard input and output.
 */
#ifndef MAIL_LOCAL_LMTP_H
#define MAIL_LOCAL_LMTP_H

#include "deliver.h"

/* Until QUIT or the end of input; gives the exit code. */
int	lmtp_run(struct delivery *, bool eightbit, bool keep_domain);
/* An unlinked file for a message: descriptor or -1. */
int	message_file(struct err *);

#endif
