/*
 * cred - is this the user's password?
 *
 * Asked by a child of the auth role that lives for one exchange.  A wrong password and an unknown user take the same time: there is always one hash to
 * compute.
 */
#ifndef AUTH_CRED_H
#define AUTH_CRED_H

#include "auth/mbconf.h"
#include "base/err.h"
#include "base/str.h"

enum auth_rc {
	AUTH_OK,
	AUTH_NO,		/* wrong password, no such user */
	AUTH_TEMP,		/* it could not be found out */
	AUTH_BAD,		/* not in this form: unknown mechanism, malformed response */
	AUTH_CONTINUE		/* the other side is to answer a challenge */
};

/* Against UserDatabase=system, file or pam; peer: the client's address, "" if it is not known. */
enum auth_rc	cred_check(const struct mbconf *, struct str user, struct str password, const char *peer, struct err *);
/* Is what that needs there?  -1 and why: a module is missing. */
int		cred_ready(const struct mbconf *, struct err *);

#endif
