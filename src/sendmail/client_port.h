/*
 * client_port - our own end of connections: ClientPortOptions, and modifier b of the daemon that took the message.
 */
#ifndef SENDMAIL_CLIENT_PORT_H
#define SENDMAIL_CLIENT_PORT_H

#include "attempt.h"
#include "clt.h"
#include "conf.h"
#include "net/ip.h"
#include "role.h"

/* The row of ClientPortOptions for connections of this family (4 or 6), NULL. */
const struct conf_daemon *client_port(const struct conf *, int family);

/* What distinguishes sessions that come from an address of the message's own; none. */
struct str	client_port_key(const struct attempt *);

/*
 * A connection to `to` from there; with mailer flag R from a port that only root may have, which the parent gives.  As net_connect.
 */
int		client_port_connect(struct role_ctx *, const struct mailer *, const struct attempt *, const struct ip *to, struct arena *, int timeout_ms,
		    struct err *);

/* Buffers of a socket that was connected. */
void		client_port_buffers(const struct conf_daemon *, int sock);

/* What rules may know of it: {client_flags}, and where it is not on the loopback {if_addr_out}, {if_family_out}, {if_name_out}. */
struct clt_own	client_port_own(const struct conf *, const struct conf_daemon *, int sock, struct arena *);

/* Modifier h: the name of the address that the connection comes from, if it has a proper one; else `helo`. */
struct str	client_port_helo(const struct conf_daemon *, int sock, struct arena *, struct str helo);

#endif
