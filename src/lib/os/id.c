/*
 * id - users and groups of the process.
 *
 * A drop is groups, then gid, then uid; afterwards every way back is tried, and one
 * that works is a failure, whatever the calls before answered.
 */
#include "os/id.h"

#include "os_conf.h"

#include <grp.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/auxv.h>
#endif

static int
id_set_gid(gid_t gid)
{
#ifdef HAVE_SETRESGID
	return setresgid(gid, gid, gid);
#else
	return setregid(gid, gid) == -1 ? -1 : setgid(gid);
#endif
}

static int
id_set_uid(uid_t uid)
{
#ifdef HAVE_SETRESUID
	return setresuid(uid, uid, uid);
#else
	return setreuid(uid, uid) == -1 ? -1 : setuid(uid);
#endif
}

static bool
id_is(uid_t uid, gid_t gid)
{
#if defined(HAVE_SETRESUID) && defined(HAVE_SETRESGID)
	uid_t	ru, eu, su;
	gid_t	rg, eg, sg;

	if (getresuid(&ru, &eu, &su) == -1 || getresgid(&rg, &eg, &sg) == -1)
		return false;
	return ru == uid && eu == uid && su == uid && rg == gid && eg == gid && sg == gid;
#else
	return getuid() == uid && geteuid() == uid && getgid() == gid && getegid() == gid;
#endif
}

/* True if what was given up can be had again.  Trying is the only proof. */
static bool
id_regain(uid_t uid, gid_t gid, uid_t old_uid, gid_t old_gid)
{
	if (uid == 0)
		return false;
	if (setuid(0) == 0 || seteuid(0) == 0)
		return true;
	if (old_uid != uid && (setuid(old_uid) == 0 || seteuid(old_uid) == 0))
		return true;
	if (gid != 0 && (setgid(0) == 0 || setegid(0) == 0))
		return true;
	return old_gid != gid && (setgid(old_gid) == 0 || setegid(old_gid) == 0);
}

static int
id_set_groups(const char *name, gid_t gid, struct err *e)
{
#ifdef HAVE_INITGROUPS
	if (name != NULL) {
		if (initgroups(name, gid) == -1)
			return err_sys(e, ERR_TEMP, "groups of %s", name);
		return 0;
	}
#else
	(void)name;
#endif
#ifdef HAVE_SETGROUPS
	return setgroups(1, &gid) == -1 ? err_sys(e, ERR_TEMP, "set groups") : 0;
#else
	(void)gid;
	return err_set(e, ERR_PERM, "this system cannot give up groups");
#endif
}

int
os_id_drop(const char *name, uid_t uid, gid_t gid, struct err *e)
{
	uid_t	old_uid = geteuid();
	gid_t	old_gid = getegid();

	if (old_uid != 0) {
		if (id_is(uid, gid))
			return 0;
		return err_set(e, ERR_PERM, "cannot become %ld:%ld: we are not root but %ld:%ld",
		    (long)uid, (long)gid, (long)old_uid, (long)old_gid);
	}
	if (id_set_groups(name, gid, e) == -1)
		return -1;
	if (id_set_gid(gid) == -1 || id_set_uid(uid) == -1)
		return err_sys(e, ERR_TEMP, "become %ld:%ld", (long)uid, (long)gid);
	if (!id_is(uid, gid) || id_regain(uid, gid, old_uid, old_gid))
		return err_set(e, ERR_BUG, "became %ld:%ld, but not for good", (long)uid, (long)gid);
	return 0;
}

int
os_id_drop_setid(struct err *e)
{
	uid_t	uid = getuid(), old_uid = geteuid();
	gid_t	gid = getgid(), old_gid = getegid();

	if (id_set_gid(gid) == -1 || id_set_uid(uid) == -1)
		return err_sys(e, ERR_TEMP, "return to %ld:%ld", (long)uid, (long)gid);
	if (!id_is(uid, gid))
		return err_set(e, ERR_BUG, "returned to %ld:%ld, but not for good", (long)uid, (long)gid);
	if (uid != 0 && ((old_uid != uid && seteuid(old_uid) == 0) || (old_gid != gid && setegid(old_gid) == 0)))
		return err_set(e, ERR_BUG, "returned to %ld:%ld, but not for good", (long)uid, (long)gid);
	return 0;
}

bool
os_id_is_setid(void)
{
	if (getuid() != geteuid() || getgid() != getegid())
		return true;
#if defined(__linux__)
	return getauxval(AT_SECURE) != 0;
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) || defined(__APPLE__)
	return issetugid() != 0;
#else
	return false;
#endif
}
