/*
 * dane - TLSA records of a mail server, found as RFC 7672 says.
 */
#ifndef SENDMAIL_DANE_H
#define SENDMAIL_DANE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "net/tls.h"

#define DANE_RR_MAX	32

enum dane_state {
	DANE_OFF,		/* not asked for */
	DANE_INSECURE,		/* DNS is not signed on the way to the server: nothing can be said */
	DANE_NONE,		/* signed, and there are no records */
	DANE_RECORDS,		/* TLS is a must; what the certificate must be, too, if one of the records can be used */
	DANE_BROKEN		/* the question failed, which is what an attacker would do: not to be delivered to now (RFC 7672 2.1.2) */
};

struct dane {
	enum dane_state	 state;
	struct tls_dane	 tls;		/* DANE_RECORDS */
	struct str	 owner;		/* "_25._tcp.mx.example.com"; DANE_BROKEN: what was asked for, perhaps the server's name */
	bool		 usable;	/* one of the records is of usage 2 or 3 */
};

/*
 * For a server at `port`.  mx_secure: the name came out of a signed answer, or from the administrator.  domain: what mail is for, or none.
 * Questions go through dns_ask.
 */
void	dane_lookup(struct str host, uint16_t port, bool mx_secure, struct str domain, struct arena *, struct dane *out);

#endif
