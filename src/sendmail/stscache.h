/*
 * stscache - where policies of MTA-STS come from: DNS, the disk, the domain's web server (RFC 8461 3.3, 5).
 */
#ifndef SENDMAIL_STSCACHE_H
#define SENDMAIL_STSCACHE_H

#include "conf.h"
#include "stsask.h"

struct stscache {
	const char	*dir;		/* NULL: nothing is kept */
	struct str	 roots;		/* certificates (PEM) that web servers are checked with */
	int		 port;		/* of web servers: 443 */
};

/* Roots of the system and of CACertFile, read now; the folder is made if need be, for that user (-1: ours).  Messages go to the log. */
void	stscache_open(const struct conf *, struct arena *, int64_t uid, int64_t gid, struct stscache *);
/* The same for a command: nothing is kept, what is published now counts. */
void	stscache_open_nowhere(const struct conf *, struct arena *, struct stscache *);
/* Where they are kept: STSDirectory, or the place for it; NULL: nowhere. */
const char *stscache_dir(const struct conf *, struct arena *);
/* The policy of a domain.  fetch false: nobody but DNS and the disk is asked. */
void	stscache_ask(const struct stscache *, struct str domain, bool fetch, struct arena *, struct sts_answer *);
/* Addresses of a web server as struct http_ask takes them; empty: none, or not now. */
struct str stscache_addrs(struct str host, struct arena *);
/* A file of certificates that everybody trusts, or NULL. */
const char *stscache_public_ca(void);

#endif
