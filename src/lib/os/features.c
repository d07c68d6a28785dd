/*
 * features - what this system has and what we use of it, as words for people.
 */
#include "os/load.h"

#include "os_conf.h"

/* By sendmail's names where it has one. */
static const char *const features[] = {
#ifdef HAVE_FLOCK
	"HASFLOCK",
#endif
#ifdef HAVE_INITGROUPS
	"HASINITGROUPS",
#endif
#ifdef HAVE_SETRESGID
	"HASSETRESGID",
#endif
#ifdef HAVE_SETRESUID
	"HASSETRESUID",
#endif
	"HASSETSID", "HASUNAME", "HASURANDOMDEV", "HASWAITPID",
#ifdef HAVE_INOTIFY
	"INOTIFY",
#endif
#ifdef HAVE_LANDLOCK
	"LANDLOCK",
#endif
#ifdef HAVE_MEMFD_SEALS
	"MEMFD_SEALS",
#endif
#ifdef HAVE_PLEDGE
	"PLEDGE",
#endif
#ifdef HAVE_LIBSECCOMP
	"SECCOMP",
#endif
};

const char *
os_feature(size_t i)
{
	return i < sizeof features / sizeof *features ? features[i] : NULL;
}

bool
os_has_sasl(void)
{
#ifdef HAVE_LIBSASL
	return true;
#else
	return false;
#endif
}

bool
os_has_tls(void)
{
#ifdef HAVE_LIBSSL
	return true;
#else
	return false;
#endif
}
