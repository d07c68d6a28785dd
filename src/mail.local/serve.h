/*
 * serve - mail.local -s: a daemon that serves the LMTP listeners of mailbox.cf.
 */
#ifndef MAIL_LOCAL_SERVE_H
#define MAIL_LOCAL_SERVE_H

#include "deliver.h"

struct serve_conf {
	const char	*file;		/* mailbox.cf, read again at SIGHUP */
	bool		 foreground;	/* -S: stay, and log to standard error */
	bool		 eightbit, keep_domain;
};

/* Until SIGTERM; gives the exit code.  *d: what the command line says of deliveries. */
int	serve_run(const struct serve_conf *, const struct delivery *d);

#endif
