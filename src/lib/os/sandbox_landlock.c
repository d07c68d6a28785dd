/*
 * sandbox_landlock - which paths, ports and processes can still be reached (Linux 5.13 and later).
 *
 * The C library has no wrappers and older headers miss the newer rights, so numbers and
 * structures stand here as the kernel's ABI defines them.  A right the kernel does not
 * know yet is left out: the versions only add to each other.
 */
#include "os/sandbox_int.h"

#include "os_conf.h"

#include <fcntl.h>

#if defined(__linux__) && defined(O_PATH)
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

enum {
	LANDLOCK_NR_CREATE = 444, LANDLOCK_NR_ADD = 445, LANDLOCK_NR_RESTRICT = 446,
	LANDLOCK_VERSION = 1, LANDLOCK_RULE_PATH = 1
};

#define LL_EXECUTE	(UINT64_C(1) << 0)
#define LL_WRITE_FILE	(UINT64_C(1) << 1)
#define LL_READ_FILE	(UINT64_C(1) << 2)
#define LL_READ_DIR	(UINT64_C(1) << 3)
#define LL_REMOVE_DIR	(UINT64_C(1) << 4)
#define LL_REMOVE_FILE	(UINT64_C(1) << 5)
#define LL_MAKE_DIR	(UINT64_C(1) << 7)
#define LL_MAKE_REG	(UINT64_C(1) << 8)
#define LL_MAKE_SOCK	(UINT64_C(1) << 9)
#define LL_MAKE_FIFO	(UINT64_C(1) << 10)
#define LL_MAKE_SYM	(UINT64_C(1) << 12)
#define LL_FS_1		((UINT64_C(1) << 13) - 1)	/* all of the first version */
#define LL_REFER	(UINT64_C(1) << 13)		/* 2: link and rename between folders */
#define LL_TRUNCATE	(UINT64_C(1) << 14)		/* 3 */
#define LL_IOCTL_DEV	(UINT64_C(1) << 15)		/* 5 */
#define LL_BIND_TCP	(UINT64_C(1) << 0)		/* 4 */
#define LL_CONNECT_TCP	(UINT64_C(1) << 1)
#define LL_SCOPE_UNIX	(UINT64_C(1) << 0)		/* 6: abstract unix sockets of others */
#define LL_SCOPE_SIGNAL	(UINT64_C(1) << 1)

#define LL_READ		(LL_READ_FILE | LL_READ_DIR)
#define LL_WRITE	(LL_READ | LL_WRITE_FILE | LL_REMOVE_DIR | LL_REMOVE_FILE | LL_MAKE_DIR | LL_MAKE_REG | \
			 LL_MAKE_SOCK | LL_MAKE_FIFO | LL_MAKE_SYM | LL_REFER | LL_TRUNCATE)
#define LL_ON_FILE	(LL_EXECUTE | LL_WRITE_FILE | LL_READ_FILE | LL_TRUNCATE | LL_IOCTL_DEV)

struct landlock_attr {
	uint64_t	fs, net, scoped;
};

struct landlock_path {
	uint64_t	allowed;
	int32_t		fd;
} __attribute__((packed));

static int
landlock_create(const struct landlock_attr *a, size_t n, uint32_t flags)
{
	return (int)syscall(LANDLOCK_NR_CREATE, a, n, flags);
}

/* What is taken away as a whole, before rules give some of it back. */
static struct landlock_attr
landlock_handled(const struct os_sandbox *s, int version, size_t *size)
{
	struct landlock_attr	a = { .fs = LL_FS_1 };

	if (version >= 2)
		a.fs |= LL_REFER;
	if (version >= 3)
		a.fs |= LL_TRUNCATE;
	if (version >= 5)
		a.fs |= LL_IOCTL_DEV;
	if (version >= 4 && !sandbox_may(s, OS_MAY_CONNECT|OS_MAY_NSS))
		a.net = LL_BIND_TCP | LL_CONNECT_TCP;
	if (version >= 6 && !sandbox_may(s, OS_MAY_UNIX|OS_MAY_NSS))
		a.scoped |= LL_SCOPE_UNIX;
	if (version >= 6 && !sandbox_may(s, OS_MAY_SIGNAL))
		a.scoped |= LL_SCOPE_SIGNAL;
	*size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
	return a;
}

static int
landlock_allow(int ruleset, const char *path, uint64_t rights, struct err *e)
{
	struct landlock_path	rule = { .allowed = rights };
	struct stat		st;
	int			rc;

	if ((rule.fd = open(path, O_PATH|O_CLOEXEC)) == -1)
		return errno == ENOENT || errno == EACCES ? 0 : err_sys(e, ERR_TEMP, "landlock: %s", path);
	if (fstat(rule.fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= LL_ON_FILE;
	rc = rule.allowed == 0 ? 0 : (int)syscall(LANDLOCK_NR_ADD, ruleset, LANDLOCK_RULE_PATH, &rule, 0);
	if (rc == -1)
		err_sys(e, ERR_TEMP, "landlock: %s", path);
	close(rule.fd);
	return rc;
}

/* The listed paths, or everything if there is no list. */
static int
landlock_allow_all(int ruleset, const char *const *paths, uint64_t rights, struct err *e)
{
	if (paths == NULL)
		return landlock_allow(ruleset, "/", rights, e);
	for (; *paths != NULL; paths++)
		if (landlock_allow(ruleset, *paths, rights, e) == -1)
			return -1;
	return 0;
}

static int
landlock_rules(int ruleset, const struct os_sandbox *s, uint64_t fs, struct err *e)
{
	const char *const	*read_paths = sandbox_may(s, OS_MAY_NSS) ? NULL : s->read_paths;

	if (sandbox_may(s, OS_MAY_OPEN_R|OS_MAY_NSS) &&
	    landlock_allow_all(ruleset, read_paths, LL_READ & fs, e) == -1)
		return -1;
	if (sandbox_may(s, OS_MAY_OPEN_W) &&
	    landlock_allow_all(ruleset, s->write_paths, LL_WRITE & fs, e) == -1)
		return -1;
	if (sandbox_may(s, OS_MAY_EXEC))	/* a program reads its libraries */
		return landlock_allow(ruleset, "/", (LL_EXECUTE | LL_READ) & fs, e);
	return 0;
}

int
sandbox_landlock(const struct os_sandbox *s, struct err *e)
{
	struct landlock_attr	a;
	size_t			size;
	int			version, ruleset, rc = -1;

	if ((version = landlock_create(NULL, 0, LANDLOCK_VERSION)) < 1) {
		err_sys(e, ERR_NONE, "sandbox %s: no Landlock", s->role);
		return 1;
	}
	a = landlock_handled(s, version, &size);
	if ((ruleset = landlock_create(&a, size, 0)) == -1)
		return err_sys(e, ERR_TEMP, "sandbox %s: landlock", s->role);
	if (landlock_rules(ruleset, s, a.fs, e) == -1)
		goto out;
	if (syscall(LANDLOCK_NR_RESTRICT, ruleset, 0) == -1) {
		err_sys(e, ERR_TEMP, "sandbox %s: landlock", s->role);
		goto out;
	}
	rc = 0;
out:
	close(ruleset);
	return rc;
}
#else
int
sandbox_landlock(const struct os_sandbox *s, struct err *e)
{
	err_set(e, ERR_NONE, "sandbox %s: no Landlock", s->role);
	return 1;
}
#endif
