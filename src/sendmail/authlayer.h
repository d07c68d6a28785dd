/*
 * authlayer - the security layer that a SASL mechanism negotiated (RFC 4422 3.7), hung into a session's stream.
 *
 * The child of role auth that served the exchange knows the keys: what goes to the wire and what comes from it takes the way through it, as frames
 * AUTH_F_WRAP and AUTH_F_UNWRAP of the exchange's channel.
 */
#ifndef SENDMAIL_AUTHLAYER_H
#define SENDMAIL_AUTHLAYER_H

#include "net/stream.h"
#include "proc/chan.h"

/* Takes over *ch; what was read in clear before and not taken yet is dropped (RFC 4954 4).  -1: no memory, *ch is the caller's. */
int	authlayer_push(struct stream *, struct chan **ch);

#endif
