/*
 * serve - mail.local -s: a daemon that serves the LMTP listeners of mailbox.cf.
 */
#ifndef MAIL_LOCAL_SERVE_H
#define MAIL_LOCAL_SERVE_H

#include "deliver.h"

/* The daemon, which starts deliveries and keeps root for them. */
#define SERVE_MAY	(OS_MAY_FORK | OS_MAY_IDS | OS_MAY_OPEN_R | OS_MAY_OPEN_W | OS_MAY_SIGNAL | OS_MAY_NSS)

struct serve_conf {
	const char	*file;		/* mailbox.cf, read again at SIGHUP */
	bool		 foreground;	/* -S: stay, and log to standard error */
	bool		 eightbit, keep_domain;
};

/* Until SIGTERM; gives the exit code.  *d: what the command line says of deliveries. */
int	serve_run(const struct serve_conf *, const struct delivery *d);

#endif
