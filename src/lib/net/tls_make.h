/*
 * tls_make - keys, certificates and TLSA records made for a site that has none (sendmail --make-cert).
 */
#ifndef NET_TLS_MAKE_H
#define NET_TLS_MAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct tls_make {
	const char	*key_file;		/* written with mode 0600, or read, if it is there */
	const char	*req_file, *cert_file;	/* a request for a CA; a certificate signed with the key itself, not in the place of a CA's */
	const char *const *names;		/* DNS names, the first that fits is the common name */
	size_t		 nnames;
	int		 days;
	bool		 rsa;			/* RSA of 3072 bits instead of ECDSA P-256 */
};

/* -1: the sentence names the file and why; files that were written stay. */
int	tls_make_cert(const struct tls_make *, bool *made_key, struct err *);
/* "3 1 1 ..." of the first certificate in a file (RFC 6698 2.1.2, RFC 7671 5.1). */
int	tls_make_tlsa(const char *cert_file, char *dst, size_t size, struct err *);

#endif
