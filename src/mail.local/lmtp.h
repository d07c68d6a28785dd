/*
 * lmtp - one LMTP session (RFC 2033): mail.local -l, and each connection of its daemon.
 */
#ifndef MAIL_LOCAL_LMTP_H
#define MAIL_LOCAL_LMTP_H

#include "deliver.h"

struct lmtp_conf {
	int		 in, out;	/* the client; closed at the end */
	bool		 eightbit;
	bool		 keep_domain;
	const char	*peer;		/* who it is, for log lines; NULL: nothing is logged */
};

/* Until QUIT or the end of input; gives the exit code.  With a peer SIGTERM ends it between two messages and never in one. */
int	lmtp_run(struct delivery *, const struct lmtp_conf *);
/* An unlinked file for a message: descriptor or -1. */
int	message_file(struct err *);

#endif
