/*
 * capacity - how much may be under way at one time, by the descriptors that each process may have (ulimit -n).
 *
 * A worker of smtpd costs one in its master and one in every role that it asks, and perhaps one more in spool for a large message; a delivery costs one
 * in the client's master and in the roles that it asks; a connection costs one in gate or, while it waits for a worker, in the master of
 * smtpd.  What these roles need for themselves is set aside.  Whatever comes beyond that waits or hears a 421, rather than a role running dry.
 */
#ifndef SENDMAIL_CAPACITY_H
#define SENDMAIL_CAPACITY_H

#include "conf.h"

#define CAPACITY_FILES		64	/* with fewer descriptors no daemon starts */
#define CAPACITY_SESSIONS	1000	/* sessions at work at one time, unless MaxDaemonChildren is set */
#define CAPACITY_DELIVERIES	100	/* attempts under way with other hosts */
#define CAPACITY_CONNECTIONS	20000

struct capacity {
	int	files;			/* what each process may open */
	int	sessions;		/* workers of smtpd */
	int	deliveries;		/* workers of client */
	int	connections;		/* in gate, with those that smtpd has */
	bool	tight;			/* the limit of descriptors made one of them less than it would be */
};

/* By a number of descriptors; pure. */
void	capacity_of(int files, const struct conf_opts *, struct capacity *);
/* By the limit that this process has. */
void	capacity_here(const struct conf_opts *, struct capacity *);

#endif
