/*
 * deliver - one message to one user, in a child that has become this user.
 */
#ifndef MAIL_LOCAL_DELIVER_H
#define MAIL_LOCAL_DELIVER_H

#include "auth/mbconf.h"
#include "auth/mbuser.h"
#include "base/arena.h"
#include "base/err.h"
#include "os/sandbox.h"
#include "store/store.h"

struct delivery {
	const struct mbconf	*conf;
	const char		*spool;		/* -p: folder of mbox files instead of MailboxPath */
	const char		*home_file;	/* -h: an mbox of this name in the home folder instead */
	char			 hash;		/* -H: 'u', or 0 */
	int			 hash_depth;
	bool			 quota_perm;	/* -b */
	struct str		 sender;
	int			 fd;		/* the message, from offset 0, lines end in LF or CRLF */
};

/* The child that has become the user. */
#define DELIVER_MAY	(OS_MAY_OPEN_R | OS_MAY_OPEN_W)

struct outcome {
	int	ex;		/* EXIT_OK, or sysexits */
	char	dsn[8];		/* "5.2.2" */
	char	text[300];
};

/* Is there such a user?  As mbuser_find, and the name in lower case is tried. */
int	deliver_find(const struct delivery *, struct str name, struct arena *, struct mbuser *, struct err *);
/* Deliver and wait; *out tells how it went. */
void	deliver_run(const struct delivery *, const struct mbuser *, const struct store_token *, struct outcome *);

#endif
