/*
 * sandbox_caps - what is left of root's rights (Linux capabilities) in a role that keeps the user id, and who may look into a role.
 *
 * The other two mechanisms bound what a role can ask for; this is what the kernel would grant it.  A role that becomes other users, or runs programs,
 * needs all of them.
 */
#include "os/sandbox_int.h"

#include "os_conf.h"

#if defined(__linux__) && defined(HAVE_PRCTL)

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define CAP(c)		(UINT64_C(1) << (c))
#define CAPS_FILES	(CAP(CAP_CHOWN) | CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH) | CAP(CAP_FOWNER) | CAP(CAP_FSETID))
#define CAPS_NSS	(CAP(CAP_NET_BIND_SERVICE) | CAP(CAP_AUDIT_WRITE))	/* NIS wants a port that is root's; libraries that check passwords write audit records */

/* Who needs nothing at all: what it holds is enough. */
static const struct {
	unsigned	need;
	uint64_t	keep;
} caps_rows[] = {
	{ OS_MAY_OPEN_R,		CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH) },
	{ OS_MAY_OPEN_W | OS_MAY_NSS,	CAPS_FILES },
	{ OS_MAY_NSS,			CAPS_NSS },
};

static int
caps_set(const struct os_sandbox *s, uint64_t keep, struct err *e)
{
	struct __user_cap_header_struct	h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct	d[2];
	uint32_t			any = 0;

	memset(d, 0, sizeof d);
	if (syscall(SYS_capget, &h, d) == -1)
		return errno == ENOSYS ? 0 : err_sys(e, ERR_TEMP, "sandbox %s: capget", s->role);
	for (size_t i = 0; i < 2; i++) {
		uint32_t half = (uint32_t)(keep >> (32 * i));

		any |= d[i].permitted & ~half;
		d[i].permitted &= half;
		d[i].effective = d[i].permitted;
		d[i].inheritable = 0;
	}
	if (any != 0 && syscall(SYS_capset, &h, d) == -1)
		return err_sys(e, ERR_TEMP, "sandbox %s: capset", s->role);
	return 0;
}

int
sandbox_caps(const struct os_sandbox *s, struct err *e)
{
	uint64_t keep = 0;

	/* Who is in a sandbox has done this, and may not do it again. */
	if (sandbox_may(s, OS_MAY_IDS | OS_MAY_EXEC) || prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0)
		return 0;
	for (size_t i = 0; i < sizeof caps_rows / sizeof caps_rows[0]; i++)
		if (sandbox_may(s, caps_rows[i].need))
			keep |= caps_rows[i].keep;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	/* Not without CAP_SETPCAP, and who lacks that has none to give up. */
	for (unsigned c = 0; c < 64 && prctl(PR_CAPBSET_READ, c, 0, 0, 0) != -1; c++)
		if ((keep & CAP(c)) == 0)
			(void)prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	return caps_set(s, keep, e);
}

void
sandbox_untraceable(void)
{
	/* 2, the system's choice: a core may be written, for root alone */
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
#else
int
sandbox_caps(const struct os_sandbox *s, struct err *e)
{
	(void)s;
	(void)e;
	return 0;
}

void
sandbox_untraceable(void)
{
}
#endif
