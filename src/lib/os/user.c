/*
 * user - passwd and group.
 *
 * "No such user" ends in a bounce, so it is only said when the name service said so;
 * any doubt is a temporary failure.
 */
#include "os/user.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"

enum { USER_ROOM_FIRST = 2048, USER_ROOM_MAX = 1 << 20, USER_NAME_MAX = 256 };

static bool
user_none(int code)		/* what systems answer instead of a plain "not found" */
{
	return code == 0 || code == ENOENT || code == ESRCH;
}

static void
user_fill(const struct passwd *pw, struct arena *m, struct os_user *u)
{
	u->name = arena_str(m, str_c(pw->pw_name));
	u->gecos = arena_str(m, str_c(pw->pw_gecos == NULL ? "" : pw->pw_gecos));
	u->home = arena_str(m, str_c(pw->pw_dir == NULL ? "" : pw->pw_dir));
	u->shell = arena_str(m, str_c(pw->pw_shell == NULL ? "" : pw->pw_shell));
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
}

/* By name, or by uid if name is NULL. */
static int
user_find(const char *name, uid_t uid, struct arena *m, struct os_user *u, struct err *e)
{
	struct passwd	 pw, *found = NULL;
	char		*room = NULL, *more;
	int		 code = ERANGE, rc = -1;

	for (size_t size = USER_ROOM_FIRST; code == ERANGE && size <= USER_ROOM_MAX; size *= 2) {
		if ((more = realloc(room, size)) == NULL) {
			code = ENOMEM;
			break;
		}
		room = more;
		do {
			code = name != NULL ? getpwnam_r(name, &pw, room, size, &found) :
			    getpwuid_r(uid, &pw, room, size, &found);
		} while (code == EINTR);
	}
	if (found != NULL && code == 0) {
		user_fill(found, m, u);
		rc = 1;
	} else if (user_none(code))
		rc = 0;
	else {
		errno = code;
		if (name != NULL)
			err_sys(e, ERR_TEMP, "look up user %s", name);
		else
			err_sys(e, ERR_TEMP, "look up user %ld", (long)uid);
	}
	free(room);
	return rc;
}

int
os_user_by_name(struct str name, struct arena *m, struct os_user *u, struct err *e)
{
	char	c[USER_NAME_MAX];

	/* what cannot stand in a passwd line is no user, and is not shown to name services */
	if (name.n == 0 || str_copy(c, sizeof c, name) == -1 || str_chr(name, ':') != SIZE_MAX ||
	    str_chr(name, '\n') != SIZE_MAX || str_chr(name, '/') != SIZE_MAX)
		return 0;
	return user_find(c, 0, m, u, e);
}

int
os_user_by_uid(uid_t uid, struct arena *m, struct os_user *u, struct err *e)
{
	return user_find(NULL, uid, m, u, e);
}

/* Does the full name of this entry read as `name`? */
static bool
user_gecos_is(const struct passwd *pw, struct str name)
{
	struct str	gecos = str_c(pw->pw_gecos == NULL ? "" : pw->pw_gecos);
	char		full[USER_NAME_MAX];
	size_t		n = 0;

	gecos = str_first(gecos, str_chr(gecos, ','));
	for (size_t i = 0; i < gecos.n && n < sizeof full; i++) {
		if (gecos.p[i] != '&') {
			full[n++] = gecos.p[i];
			continue;
		}
		for (const char *c = pw->pw_name; *c != '\0' && n < sizeof full; c++)
			full[n++] = *c;
	}
	if (n == 0 || n != name.n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = name.p[i] == '.' || name.p[i] == '_' ? ' ' : name.p[i];

		if (chr_lower(c) != chr_lower(full[i]))
			return false;
	}
	return true;
}

int
os_user_by_gecos(struct str name, struct arena *m, struct os_user *u, struct err *e)
{
	struct passwd	*pw;
	int		 rc = 0;

	setpwent();
	while (rc == 0 && (errno = 0, pw = getpwent()) != NULL)
		if (user_gecos_is(pw, name)) {
			user_fill(pw, m, u);
			rc = 1;
		}
	if (rc == 0 && !user_none(errno))
		rc = err_sys(e, ERR_TEMP, "look for a full name");
	endpwent();
	return rc;
}

static int
user_find_group(const char *name, gid_t *gid, struct err *e)
{
	struct group	 gr, *found = NULL;
	char		*room = NULL, *more;
	int		 code = ERANGE, rc = -1;

	for (size_t size = USER_ROOM_FIRST; code == ERANGE && size <= USER_ROOM_MAX; size *= 2) {
		if ((more = realloc(room, size)) == NULL) {
			code = ENOMEM;
			break;
		}
		room = more;
		do {
			code = getgrnam_r(name, &gr, room, size, &found);
		} while (code == EINTR);
	}
	if (found != NULL && code == 0) {
		*gid = found->gr_gid;
		rc = 1;
	} else if (user_none(code))
		rc = 0;
	else {
		errno = code;
		err_sys(e, ERR_TEMP, "look up group %s", name);
	}
	free(room);
	return rc;
}

int
os_group_by_name(struct str name, gid_t *gid, struct err *e)
{
	char		c[USER_NAME_MAX];
	uint64_t	n;

	if (num_u64(name, 0, UINT32_MAX - 1, &n) == 0) {
		*gid = (gid_t)n;
		return 1;
	}
	if (name.n == 0 || str_copy(c, sizeof c, name) == -1 || str_chr(name, ':') != SIZE_MAX)
		return 0;
	return user_find_group(c, gid, e);
}

/* The user part: 0, or -1; *have_gid when the passwd file gave the group. */
static int
user_spec_user(struct str s, uid_t *uid, gid_t *gid, bool *have_gid, struct err *e)
{
	struct arena	*m;
	struct os_user	 u;
	uint64_t	 n;
	bool		 number = num_u64(s, 0, UINT32_MAX - 1, &n) == 0;
	int		 rc;

	if ((m = arena_new_soft(USER_ROOM_MAX)) == NULL)
		return err_set(e, ERR_TEMP, "out of memory");
	rc = number ? os_user_by_uid((uid_t)n, m, &u, e) : os_user_by_name(s, m, &u, e);
	arena_free(&m);
	*have_gid = rc == 1;
	if (rc == 1) {
		*uid = u.uid;
		*gid = u.gid;
		return 0;
	}
	if (number) {			/* a number needs no entry */
		*uid = (uid_t)n;
		return 0;
	}
	return rc == -1 ? -1 : err_set(e, ERR_PERM, "unknown user %.*s", STR_ARG(s));
}

int
os_user_spec(struct str spec, uid_t *uid, gid_t *gid, struct err *e)
{
	struct str	user;
	uid_t		u = 0;
	gid_t		g = 0;
	bool		have_gid = false;
	int		rc;

	if (!str_split(&spec, ':', &user) || user.n == 0)
		return err_set(e, ERR_PERM, "no user given");
	if (user_spec_user(user, &u, &g, &have_gid, e) == -1)
		return -1;
	if (!str_is_none(spec)) {
		if ((rc = os_group_by_name(spec, &g, e)) == -1)
			return -1;
		if (rc == 0)
			return err_set(e, ERR_PERM, "unknown group %.*s", STR_ARG(spec));
	} else if (!have_gid)
		return err_set(e, ERR_PERM, "user %.*s has no group: write user:group", STR_ARG(user));
	*uid = u;
	*gid = g;
	return 0;
}
