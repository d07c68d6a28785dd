/*
 * tlsrpt_post - a report of TLS sessions sent to a web server (RFC 8460 5.4).
 */
#ifndef SENDMAIL_TLSRPT_POST_H
#define SENDMAIL_TLSRPT_POST_H

#include "base/err.h"
#include "stscache.h"
#include "wire/tlsrpt_uri.h"

/*
 * By a process of its own, which by root has the rights of the owner of `dir' (STSDirectory).  The server must have a certificate that stscache_open's roots
 * vouch for.  0: it has taken the report; -1: not, *e says why.
 */
int	tlsrpt_post(const struct stscache *, const char *dir, const struct tlsrpt_uri *, struct str body, const char *type, struct arena *, struct err *);

#endif
