/*
 * user - the passwd and group databases, through the system's name service.
 */
#ifndef OS_USER_H
#define OS_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

struct os_user {
	struct str	name, gecos, home, shell;
	uid_t		uid;
	gid_t		gid;
};

/* 1 found, 0 no such user, -1 could not be found out (temporary). */
int	os_user_by_name(struct str name, struct arena *, struct os_user *, struct err *);
/*
 * The first user whose full name (gecos up to a comma, with & for the capitalised login name) is `name`: case is ignored, and blanks, dots and
 * underscores in `name` are alike (MatchGECOS).  Reads the whole database: slow.
 */
int	os_user_by_gecos(struct str name, struct arena *, struct os_user *, struct err *);
int	os_user_by_uid(uid_t, struct arena *, struct os_user *, struct err *);
/* A group's id by name or number: 1, 0 or -1 as above. */
int	os_group_by_name(struct str name, gid_t *, struct err *);
/* "user", "uid", "user:group", "uid:gid": as DefaultUser and U= write it; without a group, the user's own.  0 or -1. */
int	os_user_spec(struct str spec, uid_t *, gid_t *, struct err *);

#endif
