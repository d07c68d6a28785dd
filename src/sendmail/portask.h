/*
 * portask - bodies of the requests for a socket with a port below 1024 (mailer flag R): Q_PORT, Q_PORTOPEN.  Pure; see ask.h for the manners.
 */
#ifndef SENDMAIL_PORTASK_H
#define SENDMAIL_PORTASK_H

#include <stdint.h>

#include "base/buf.h"

struct port_ask {
	uint8_t		family;		/* 4, 6 */
	struct str	from;		/* the address that it is to be bound to, as text; none: any */
};
void	port_ask_put(struct buf *, const struct port_ask *);
int	port_ask_get(struct str, struct port_ask *);

#endif
