/*
 * tlsfiles - which files of certificates and keys a configuration means.
 *
 * ServerCertFile and its like name them; tls_srv_features and tls_clt_features may name more (CertFile=, KeyFile=), at a time when nobody can open
 * files any more.  So these are read in advance: what sendmail.cf itself names behind such a word, and, if there are such rulesets, whatever lies in
 * the folders of the configured ones (a map may name it).
 */
#ifndef SENDMAIL_TLSFILES_H
#define SENDMAIL_TLSFILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "conf.h"

#define TLSFILES_MAX	200

struct tlsfiles {
	const char	**v;		/* ends with NULL */
	size_t		 n;
	size_t		 literal;	/* the first so many stand in sendmail.cf itself; others are there, and may be anything */
};

/* Further certificates (key: keys) for a server's or a client's sessions. */
void	tlsfiles_extra(const struct conf *, struct str cf_text, bool server, bool key, struct arena *, struct tlsfiles *);
/* Are there, or may there be (by a ruleset's word), certificates at all? */
bool	tlsfiles_any(const struct conf *, bool server);
/* The configured ones. */
void	tlsfiles_named(const struct conf *, bool server, bool key, struct arena *, struct tlsfiles *);
/* Is a private key safe where it is? -1: the sentence says why not. */
int	tlsfiles_key_safe(const struct conf *, const char *file, struct err *);
/*
 * Folders that a role reads while it works: CACertPath and CRLPath, where certificates and revocation lists are looked for by their names' hash, and the folders that
 * symbolic links there lead to now.  At most max, then NULL.
 */
void	tlsfiles_hashed(const struct conf *, struct arena *, const char **paths, size_t max);
/* A number that is another one when one of the configured files was replaced or changed. */
uint64_t tlsfiles_stamp(const struct conf *);

#endif
