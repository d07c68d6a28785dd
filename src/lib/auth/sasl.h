/*
 * sasl - one authentication exchange on the server's side (RFC 4422).
 *
 * PLAIN and LOGIN are read here, their password checked by cred.h or by the Cyrus library; other mechanisms are that library's
 * (saslex.h), which is used for UserDatabase=sasldb and wherever SASLConfDir is set.  No security layer is ever negotiated.  Responses and challenges
 * are bytes; base64 is the protocol's.
 */
#ifndef AUTH_SASL_H
#define AUTH_SASL_H

#include "auth/cred.h"
#include "base/buf.h"

struct sasl;

/* service "imap", "pop"; host: our name.  NULL: the module is missing or does not start. */
struct sasl	*sasl_exchange_new(const struct mbconf *, const char *service, const char *host, struct err *);
/* Who asks, for what checks passwords: an address. */
void		 sasl_exchange_peer(struct sasl *, struct str);
void		 sasl_exchange_free(struct sasl **);
/* Mechanisms that can be offered, blank separated; plain: also those that send passwords in clear. */
int		 sasl_mechanisms(struct sasl *, bool plain, struct buf *, struct err *);
/* initial: STR_NONE if the client sent none.  CONTINUE: *out is the challenge.  OK: sasl_exchange_user. */
enum auth_rc	 sasl_exchange_begin(struct sasl *, struct str mech, struct str initial, bool plain, struct buf *out, struct err *);
enum auth_rc	 sasl_exchange_step(struct sasl *, struct str response, struct buf *out, struct err *);
/* Who it is, for mbuser_find. */
struct str	 sasl_exchange_user(const struct sasl *);

#endif
