/*
 * srv_role - a session's services when there are roles to ask: for role smtpd's workers and for
 * `sendmail -bs` run by root.
 */
#ifndef SENDMAIL_SRV_ROLE_H
#define SENDMAIL_SRV_ROLE_H

#include "ask.h"
#include "maps.h"
#include "role.h"
#include "srv.h"

struct srv_role {
	struct role_ctx		*ctx;
	struct maps		*maps;
	struct srv_services	 sv;
	struct count_ask	 count;		/* for the statistics, not told yet */
	bool			 counted;
	struct srv_mechs {		/* what auth said could be offered, in clear and under TLS */
		int64_t		 until;
		uint32_t	 flags;
		char		 list[512];
	} mechs[4];
};

/* Fills sv but for tls and help. */
void	srv_role_init(struct srv_role *, struct role_ctx *, struct maps *);
/* A session ends, or is parked: spool is told what is to be counted.  `connection`: it was a new one. */
void	srv_role_counted(struct srv_role *, bool connection);

#endif
