/*
 * tlsfeat - what tls_srv_features and tls_clt_features return: "CipherList=HIGH; Options=-SSL_OP_NO_TLSv1_1; Flags=c".
 */
#ifndef SENDMAIL_TLSFEAT_H
#define SENDMAIL_TLSFEAT_H

#include "base/arena.h"
#include "base/str.h"
#include "net/tls.h"

struct tlsfeat {
	struct tls_tune	 tune;
	bool		 no_dane;		/* flag d */
	bool		 fallback_set, fallback;	/* flags C and c: TLSFallbacktoClear for this session */
};

/*
 * 0; -1: *bad is the pair that is unknown or cannot be done: a session with such features is ended, as documented.  Files of
 * CertFile and KeyFile were read in advance (tlsfiles.h).
 */
int	tlsfeat_parse(struct str text, struct arena *, struct tlsfeat *, struct str *bad);

#endif
