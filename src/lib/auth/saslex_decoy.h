/*
 * saslex_decoy - SCRAM (RFC 5802) for a user who is not there: a challenge as everybody gets it, so that nobody learns which names exist.
 *
 * Salts are made up anew each time, as the Cyrus library does for who has his password in sasldb; against accounts that are kept as SCRAM secrets, with a
 * salt each, one who asks twice could tell the difference.  Part of module saslex.
 */
#ifndef AUTH_SASLEX_DECOY_H
#define AUTH_SASLEX_DECOY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Octets of salt that this mechanism's challenges have; 0: it is none of SCRAM. */
size_t	saslex_decoy_salt(struct str mech);
/* The answer to a client's first message; -1: it has no nonce. */
int	saslex_decoy(struct str first, size_t salt, struct buf *out);
/* A key costs time to make: none of the steps that began then is over sooner than some milliseconds later.  Nothing with salt 0. */
void	saslex_decoy_wait(size_t salt, uint64_t begun_ms);

#endif
