/*
 * srv_role - a session's services when there are roles to ask: for role smtpd's workers and for
 * `sendmail -bs` run by root.
 */
#ifndef SENDMAIL_SRV_ROLE_H
#define SENDMAIL_SRV_ROLE_H

#include "maps.h"
#include "role.h"
#include "srv.h"

struct srv_role {
	struct role_ctx		*ctx;
	struct maps		*maps;
	struct srv_services	 sv;
};

/* Fills sv but for tls and help. */
void	srv_role_init(struct srv_role *, struct role_ctx *, struct maps *);

#endif
