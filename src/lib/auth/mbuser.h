/*
 * mbuser - who has a mailbox: system users and virtual ones, and where it is.
 *
 * A virtual user has no account: VirtualUsers lists name:uid:gid:home.  UserDatabase=file: may say the same in
 * its passwd-like lines, name:hash:uid:gid:gecos:home.  Others are the system's.
 */
#ifndef AUTH_MBUSER_H
#define AUTH_MBUSER_H

#include <sys/types.h>

#include "auth/mbconf.h"

struct mbuser {
	struct str	name;		/* as the data base has it */
	uid_t		uid;
	gid_t		gid;
	struct str	home;
	bool		is_virtual;
};

/* May this be a user's name at all?  It becomes part of a path. */
bool	mbuser_name_ok(struct str);
/* 1 found, 0 no such user, -1 could not be found out. */
int	mbuser_find(const struct mbconf *, struct str name, struct arena *, struct mbuser *, struct err *);
/* A path pattern for this user; STR_NONE when too long. */
struct str	mbuser_path(struct arena *, const char *pattern, const struct mbuser *);
/*
 * The line of this user in text of lines name:...: its fields (at most n, the rest of the line in the last), 0 when there is none.
 */
size_t	mbuser_line(struct str text, struct str name, struct str *field, size_t n);

#endif
