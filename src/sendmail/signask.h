/*
 * signask - what smtpd and client want of role keys: a signature.  Bodies of Q_SIGN: net/tls_key.h; Q_KEYS' answer is identifiers of keys, one behind the other.
 */
#ifndef SENDMAIL_SIGNASK_H
#define SENDMAIL_SIGNASK_H

#include "net/tls.h"
#include "role.h"

/*
 * In a worker: signatures of this process come from role keys, and certificates of *ctx whose key is not there are not used; a context that has none
 * left (and needs one: `must') is freed.  certs: any are configured.  who: "server" or "client", for the log.
 */
void	sign_begin(struct role_ctx *, struct tls_ctx **ctx, bool certs, bool must, const char *who);

#endif
