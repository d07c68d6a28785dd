/*
 * srv_xclient - XCLIENT: a trusted proxy says who the client behind it is.
 */
#ifndef SENDMAIL_SRV_XCLIENT_H
#define SENDMAIL_SRV_XCLIENT_H

#include "srv_int.h"

/* The session begins anew, as another client's. */
struct srv_again {
	struct park	in;
	bool		tls;		/* the connection has TLS; what that proved is the proxy's */
	struct str	login;		/* who the proxy says he proved to be, or empty */
};

/* Does ruleset xclient answer $#ok?  Where there is none: no. */
bool	srv_xclient_trusted(struct srv *);
void	srv_xclient(struct srv *, struct str arg);

#endif
