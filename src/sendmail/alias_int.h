/*
 * alias_int - what the files behind alias.h share.
 */
#ifndef SENDMAIL_ALIAS_INT_H
#define SENDMAIL_ALIAS_INT_H

#include "alias.h"

/* The node has ended: deferred when ex or status is that of a temporary failure. */
void	alias_fail_c(struct alias_set *, struct alias_rcpt *, int ex, const char *status, const char *text);
/*
 * Take the place (mailer, host, user).  0: it is ours; -1: the node has ended.  An address that leads back to itself has its place, too, and *asked says
 * what led there: only what comes after that is asked now.  In a loop of several addresses a real user among them gets the message: the node becomes
 * his.
 */
int	alias_claim(struct alias_set *, struct alias_rcpt *, enum alias_by *asked);
void	alias_nobody(struct alias_rcpt *);
/* When all is expanded: lists that lead back to themselves, or to nobody, have failed where nobody else is in them; else it does not matter. */
void	alias_loops(struct alias_set *);
/* Is there such an account?  As alias_ops.user. */
int	alias_user(struct alias_set *, const struct alias_rcpt *, struct os_user *);
/*
 * Without MeToo the sender of a message gets no copy of it out of a list, unless he is all the list: has x his place?  It is free again then, for
 * who names him directly.
 */
bool	alias_is_sender(struct alias_set *, struct alias_rcpt *);

#endif
