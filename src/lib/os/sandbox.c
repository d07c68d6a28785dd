/*
 * sandbox - give up for good what a role does not need.
 *
 * On Linux two mechanisms stand side by side: Landlock for what is behind a path, and
 * seccomp for which calls there are at all.  Either may be missing; what is left is
 * still entered.  Under a sanitizer or valgrind neither is, as their own calls would
 * be the forbidden ones.
 */
#include "os/sandbox.h"

#include "os_conf.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(HAVE_PRCTL)
#include <sys/prctl.h>
#endif
#if defined(HAVE_CAPSICUM)
#include <sys/capsicum.h>
#endif

#include "base/buf.h"
#include "base/log.h"
#include "os/fd.h"
#include "os/sandbox_int.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED
#endif

#ifdef SANDBOX_SANITIZED
static const bool	sandbox_sanitized = true;
#else
static const bool	sandbox_sanitized = false;
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif

#ifdef RUNNING_ON_VALGRIND
static bool
sandbox_valgrind(void)
{
	return RUNNING_ON_VALGRIND != 0;
}
#else
/* valgrind's core is mapped into what it runs; the environment may have been cleaned since. */
static bool
sandbox_valgrind(void)
{
	struct buf	b;
	bool		found = false;
	int		fd = open("/proc/self/maps", O_RDONLY|O_CLOEXEC);

	if (fd == -1)
		return false;
	buf_init(&b, (size_t)4 << 20);
	if (os_read_file(fd, &b) == 0)
		found = str_find(buf_str(&b), STR("/vgpreload_core")) != SIZE_MAX;
	buf_done(&b);
	close(fd);
	return found;
}
#endif

#if defined(__linux__)
static int
sandbox_native(const struct os_sandbox *s, struct err *e)
{
	struct err	why = ERR_INIT;
	int		paths, calls;

	/* so that nothing executed later gains rights; both mechanisms ask for it */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(e, ERR_TEMP, "sandbox %s: no_new_privs", s->role);
	sandbox_untraceable();
	if (sandbox_caps(s, e) == -1)
		return -1;
	if ((paths = sandbox_landlock(s, &why)) == -1) {
		*e = why;
		return -1;
	}
	if ((calls = sandbox_seccomp(s, e)) == -1)
		return -1;
	if (paths == 1)
		log_line(9, LOG_P_INFO, NULL, "%s", why.text);
	if (paths == 1 && calls == 1)
		return 1;
	if (calls == 1)
		log_line(9, LOG_P_INFO, NULL, "%s", e->text);
	err_clear(e);
	return 0;
}
#elif defined(HAVE_PLEDGE)
static int
sandbox_unveil(const char *const *paths, const char *how, struct err *e)
{
	for (; paths != NULL && *paths != NULL; paths++)
		if (unveil(*paths, how) == -1 && errno != ENOENT)
			return err_sys(e, ERR_TEMP, "unveil %s", *paths);
	return 0;
}

static int
sandbox_native(const struct os_sandbox *s, struct err *e)
{
	static const struct {
		unsigned	 may;
		const char	*promise;
	} rows[] = {
		{ OS_MAY_FORK|OS_MAY_SIGNAL,	"proc" },
		{ OS_MAY_EXEC,			"exec" },
		{ OS_MAY_OPEN_R|OS_MAY_OPEN_W,	"rpath" },
		{ OS_MAY_OPEN_W,		"wpath cpath fattr flock" },
		{ OS_MAY_OPEN_R,		"flock" },
		{ OS_MAY_CONNECT|OS_MAY_ACCEPT,	"inet" },
		{ OS_MAY_UNIX,			"unix" },
		{ OS_MAY_IDS,			"id chown" },
		{ OS_MAY_NSS,			"getpw dns rpath inet unix" },
	};
	char	promises[256];
	int	n;

	if (!sandbox_may(s, OS_MAY_NSS) && (s->read_paths != NULL || s->write_paths != NULL) &&
	    (sandbox_unveil(s->read_paths, "r", e) == -1 || sandbox_unveil(s->write_paths, "rwc", e) == -1))
		return -1;
	n = snprintf(promises, sizeof promises, "stdio recvfd sendfd");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (sandbox_may(s, rows[i].may))
			n += snprintf(promises + n, sizeof promises - (size_t)n, " %s", rows[i].promise);
	return pledge(promises, NULL) == -1 ? err_sys(e, ERR_TEMP, "sandbox %s: pledge", s->role) : 0;
}
#elif defined(HAVE_CAPSICUM)
static int
sandbox_native(const struct os_sandbox *s, struct err *e)
{
	/* capability mode knows no names at all: it fits those roles that only use what they hold */
	if (s->may & ~(unsigned)OS_MAY_ACCEPT) {
		err_set(e, ERR_NONE, "sandbox %s: not offered by this system", s->role);
		return 1;
	}
	if (cap_enter() == -1 && errno != ENOSYS)
		return err_sys(e, ERR_TEMP, "sandbox %s: cap_enter", s->role);
	return 0;
}
#else
static int
sandbox_native(const struct os_sandbox *s, struct err *e)
{
	err_set(e, ERR_NONE, "sandbox %s: not offered by this system", s->role);
	return 1;
}
#endif

static os_sandbox_report_fn	*sandbox_report;

void
os_sandbox_report(os_sandbox_report_fn *fn)
{
	sandbox_report = fn;
}

void
sandbox_tell(const char *line, size_t n)
{
	struct iovec	v[2] = { { (void *)(uintptr_t)line, n }, { (void *)(uintptr_t)"\n", 1 } };

	if (sandbox_report != NULL)
		sandbox_report(line, n);
	else if (writev(STDERR_FILENO, v, 2) == -1)
		return;
}

void
os_untraceable(void)
{
	if (!sandbox_sanitized && !sandbox_valgrind())		/* a sanitizer traces itself, to look for leaks */
		sandbox_untraceable();
}

int
os_sandbox_enter(const struct os_sandbox *s, struct err *e)
{
	struct err	own = ERR_INIT;
	int		rc;

	tzset();

	if (e == NULL)
		e = &own;
	if (sandbox_sanitized || sandbox_valgrind()) {
		err_set(e, ERR_NONE, "sandbox %s: off under %s", s->role,
		    sandbox_sanitized ? "a sanitizer" : "valgrind");
		rc = 1;
	} else
		rc = sandbox_native(s, e);
	if (rc == 1)
		log_line(8, LOG_P_WARNING, NULL, "%s", e->text);
	return rc;
}

/* Whether the folder holds nothing and nobody but root can change that. */
static int
sandbox_check_empty(const char *dir, struct err *e)
{
	struct dirent	*entry;
	struct stat	 st;
	DIR		*d;
	int		 fd, rc = 0;

	if ((fd = open(dir, O_RDONLY|O_DIRECTORY|O_CLOEXEC|O_NOFOLLOW)) == -1)
		return err_sys(e, ERR_TEMP, "empty root %s", dir);
	if (fstat(fd, &st) == -1 || (d = fdopendir(fd)) == NULL) {
		err_sys(e, ERR_TEMP, "empty root %s", dir);
		close(fd);
		return -1;
	}
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP|S_IWOTH)))
		rc = err_set(e, ERR_PERM, "empty root %s: others than root may write to it", dir);
	while (rc == 0 && (entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = err_set(e, ERR_PERM, "empty root %s: is not empty", dir);
	closedir(d);
	return rc;
}

#ifdef HAVE_CHROOT
int
os_chroot(const char *dir)
{
	return chdir(dir) == -1 || chroot(dir) == -1 || chdir("/") == -1 ? -1 : 0;
}
#else
int
os_chroot(const char *dir)
{
	(void)dir;
	errno = ENOSYS;
	return -1;
}
#endif

int
os_chroot_empty(const char *dir, struct err *e)
{
	if (geteuid() != 0)
		return 1;
	if (sandbox_check_empty(dir, e) == -1)
		return -1;
	tzset();				/* while its file can be found */
	return os_chroot(dir) == -1 ? err_sys(e, ERR_TEMP, "empty root %s", dir) : 0;
}
