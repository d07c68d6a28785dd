/*
 * sandbox_test - each bit of OS_MAY_ for real: a child enters a sandbox and acts.
 *
 * A row says what the act comes to without the bit and with it: done, denied, or the
 * end of the process.  Where a sandbox is off (sanitizers, valgrind) or the kernel has
 * none, only what stays true is checked: os_sandbox_enter says so.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <sys/un.h>
#ifdef __linux__
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/syscall.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/str.h"
#include "os/fd.h"
#include "os/load.h"
#include "os/sandbox_int.h"

enum outcome { DONE, DENIED, ENDED, OFF, ODD };

static char	dir[] = "/tmp/sandbox_testXXXXXX";
static char	in[64], out[64];		/* inside and outside of the allowed paths */
static int	listener, listener_port;

static int
act_nothing(void)
{
	char	b[8];
	int	p[2];

	if (os_pipe(p) == -1 || write(p[1], "x", 1) != 1 || read(p[0], b, 1) != 1)
		return -1;
	os_random(b, sizeof b);
	return os_now_ms() > 0 && getpid() > 0 ? 0 : -1;
}

static int
act_fork(void)
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0)
		_exit(7);
	return pid == -1 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7 ? -1 : 0;
}

static int
act_exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return -1;
}

static int
open_close(const char *path, int flags)
{
	int	fd = open(path, flags, 0600);

	return fd == -1 ? -1 : close(fd);
}

static int
act_open_r(void)
{
	return open_close(in, O_RDONLY);
}

static int
act_open_r_outside(void)
{
	return open_close(out, O_RDONLY);
}

static int
act_open_w(void)
{
	return open_close(in, O_WRONLY);
}

static int
act_rename(void)
{
	char	other[80];

	snprintf(other, sizeof other, "%s.new", in);
	return rename(in, other) == -1 || rename(other, in) == -1 ? -1 : 0;
}

static int
act_create_outside(void)
{
	char	other[80];

	snprintf(other, sizeof other, "%s.new", out);
	return open_close(other, O_WRONLY|O_CREAT);
}

static int
act_inet(void)
{
	struct sockaddr_in	a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)listener_port) };
	int			s = socket(AF_INET, SOCK_STREAM, 0), rc;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (s == -1)
		return -1;
	rc = connect(s, (struct sockaddr *)&a, sizeof a);
	close(s);
	return rc;
}

static int
act_accept(void)
{
	os_fd_nonblock(listener, true);
	return accept(listener, NULL, NULL) == -1 && errno != EAGAIN ? -1 : 0;
}

static int
act_unix(void)
{
	struct sockaddr_un	a = { .sun_family = AF_UNIX };
	int			s = socket(AF_UNIX, SOCK_STREAM, 0);

	if (s == -1)
		return -1;
	snprintf(a.sun_path, sizeof a.sun_path, "%s/no-socket", dir);
	return connect(s, (struct sockaddr *)&a, sizeof a) == -1 && errno == ENOENT ? 0 : -1;
}

static int
act_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

#ifdef __linux__
/* Raw, or of a protocol that a module would be loaded for. */
static int
act_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_TCP) == -1 && errno == EPERM ? 0 : -1;
}

static int
act_seqpacket(void)
{
	return socket(AF_INET6, SOCK_SEQPACKET, 0);
}

static int
act_datagram(void)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);

	return s == -1 ? -1 : close(s);
}

static int
act_icmp(void)
{
	return socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) == -1 && errno == EPROTONOSUPPORT ? 0 : -1;
}

/* The kernel would send signals to the parent for us. */
static int
act_owner(void)
{
	return fcntl(listener, F_SETOWN, getppid()) == -1 && errno == EPERM && fcntl(listener, F_GETFL) != -1 ? 0 : -1;
}

static int
act_nice_own(void)
{
	return setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0));
}

static int
act_nice_other(void)
{
	return setpriority(PRIO_PROCESS, (id_t)getppid(), getpriority(PRIO_PROCESS, 0)) == -1 && errno == EPERM ? 0 : -1;
}

static int
act_place_own(void)
{
	cpu_set_t	set;

	return sched_getaffinity(0, sizeof set, &set) == -1 ? -1 : sched_setaffinity(0, sizeof set, &set);
}

static int
act_place_other(void)
{
	cpu_set_t	set;

	return sched_getaffinity(0, sizeof set, &set) == 0 && sched_setaffinity(getppid(), sizeof set, &set) == -1 && errno == EPERM ? 0 : -1;
}

static int
act_vmsplice(void)
{
	return syscall(SYS_vmsplice, -1, NULL, 0, 0) == -1 && errno == ENOSYS ? 0 : -1;
}
#endif

static int
act_ids(void)
{
	return setuid(getuid());
}

static int
act_signal(void)
{
	return kill(getppid(), 0);
}

static int
act_chroot(void)
{
	return chroot("/") == -1 && errno != EPERM ? -1 : 0;
}

static int
act_sigsys(void)
{
	return signal(SIGSYS, SIG_IGN) == SIG_ERR ? -1 : 0;
}

static int
act_abort(void)
{
	abort();
}

static int
act_narrower(void)
{
	struct os_sandbox	s = { .role = "narrow" };
	struct err		e;

	return os_sandbox_enter(&s, &e) == -1 ? -1 : open_close(in, O_RDONLY) == -1 && errno == EACCES ? 0 : -1;
}

static int
act_unknown(void)
{
	return syscall(10000) == -1 && errno == ENOSYS ? 0 : -1;
}

static const struct row {
	const char	*name;
	int		(*act)(void);
	enum outcome	 without;
	unsigned	 may;
	enum outcome	 with;
	bool		 paths;		/* needs Landlock */
} rows[] = {
	{ "holding on",		act_nothing,		DONE,	0,		DONE,	false },
	{ "unknown call",	act_unknown,		DONE,	0,		DONE,	false },
	{ "fork",		act_fork,		ENDED,	OS_MAY_FORK,	DONE,	false },
	{ "exec",		act_exec,		ENDED,	OS_MAY_EXEC,	DONE,	false },
	{ "open to read",	act_open_r,		DENIED,	OS_MAY_OPEN_R,	DONE,	false },
	{ "read outside",	act_open_r_outside,	DENIED,	OS_MAY_OPEN_R,	DENIED,	true },
	{ "write with R",	act_open_w,		DENIED,	OS_MAY_OPEN_R,	DENIED,	false },
	{ "open to write",	act_open_w,		DENIED,	OS_MAY_OPEN_W,	DONE,	false },
	{ "rename",		act_rename,		DENIED,	OS_MAY_OPEN_W,	DONE,	false },
	{ "rename with R",	act_rename,		DENIED,	OS_MAY_OPEN_R,	DENIED,	false },
	{ "create outside",	act_create_outside,	DENIED,	OS_MAY_OPEN_W,	DENIED,	true },
	{ "connect",		act_inet,		ENDED,	OS_MAY_CONNECT,	DONE,	false },
	{ "accept",		act_accept,		ENDED,	OS_MAY_ACCEPT,	DONE,	false },
	{ "unix socket",	act_unix,		ENDED,	OS_MAY_UNIX,	DONE,	false },
	{ "raw packets",	act_packet,		ENDED,	OS_MAY_NSS,	ENDED,	false },
#ifdef __linux__
	{ "raw socket",		act_raw,		ENDED,	OS_MAY_NSS,	ENDED,	false },
	{ "rare socket",	act_seqpacket,		ENDED,	OS_MAY_CONNECT,	ENDED,	false },
	{ "datagrams",		act_datagram,		ENDED,	OS_MAY_CONNECT,	DONE,	false },
	{ "rare protocol",	act_icmp,		ENDED,	OS_MAY_CONNECT,	DONE,	false },
	{ "signals by way of a descriptor", act_owner,	DONE,	OS_MAY_NSS,	DONE,	false },
	{ "own priority",	act_nice_own,		DONE,	0,		DONE,	false },
	{ "priority of another", act_nice_other,	DONE,	OS_MAY_NSS,	DONE,	false },
	{ "own processors",	act_place_own,		DONE,	0,		DONE,	false },
	{ "processors of another", act_place_other,	DONE,	OS_MAY_NSS,	DONE,	false },
	{ "vmsplice",		act_vmsplice,		DONE,	OS_MAY_NSS,	DONE,	false },
#endif
	{ "connect with UNIX",	act_inet,		ENDED,	OS_MAY_UNIX,	ENDED,	false },
	{ "name service",	act_inet,		ENDED,	OS_MAY_NSS,	DONE,	false },
	{ "name service reads",	act_open_r_outside,	DENIED,	OS_MAY_NSS,	DONE,	false },
	{ "setuid",		act_ids,		ENDED,	OS_MAY_IDS,	DONE,	false },
	{ "chroot",		act_chroot,		ENDED,	OS_MAY_IDS,	DONE,	false },
	{ "kill",		act_signal,		ENDED,	OS_MAY_SIGNAL,	DONE,	false },
	{ "handler of SIGSYS",	act_sigsys,		ENDED,	OS_MAY_SIGNAL,	ENDED,	false },
	{ "abort",		act_abort,		ENDED,	0,		ENDED,	false },
	{ "a narrower one",	act_narrower,		DONE,	OS_MAY_OPEN_R,	DONE,	false },
};

static void
sink_none(void *arg, enum log_prio prio, const char *line)
{
	(void)arg;
	(void)prio;
	(void)line;
}

/* In a child: enter, act, and tell by the way of ending. */
static enum outcome
play(int (*act)(void), unsigned may)
{
	const char *const	paths[] = { in, "/no/such/path", NULL };
	const char *const	writes[] = { dir, NULL };
	struct os_sandbox	s = { .role = "test", .may = may, .read_paths = paths, .write_paths = writes };
	struct err		e;
	int			status, rc;
	pid_t			pid = fork();

	if (pid == 0) {
		log_set_sink(sink_none, NULL);
		if ((rc = open("/dev/null", O_WRONLY)) == -1 || dup2(rc, 2) == -1)
			_exit(ODD);
		if ((rc = os_sandbox_enter(&s, &e)) != 0)
			_exit(rc == 1 && e.text[0] != '\0' ? OFF : ODD);
		errno = 0;
		if (act() == 0)
			_exit(DONE);
		_exit(errno == EACCES || errno == EPERM ? DENIED : ODD);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGABRT))
		return ENDED;
	return WIFEXITED(status) && WEXITSTATUS(status) < ODD ? (enum outcome)WEXITSTATUS(status) : ODD;
}

/* Are calls filtered on this machine?  The others have Landlock alone. */
static bool
calls_are_filtered(void)
{
	const struct os_sandbox	s = { .role = "test", .may = ~0u };
	struct err		e;
	int			status;
	pid_t			pid = fork();

	if (pid == 0)
		_exit(sandbox_seccomp(&s, &e) == 1);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
rows_hold(void **state)
{
	static const char *const	names[] = { "done", "denied", "ended", "off", "odd" };
	enum outcome			without, with;
	bool				off = play(act_nothing, 0) == OFF;
	bool				landlock = !off && syscall(444, NULL, 0, 1) >= 1, calls = off || calls_are_filtered();
	int				bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].paths && !off && !landlock) {
			printf("# %s: this kernel has no Landlock\n", rows[i].name);
			continue;
		}
		if (!calls && (rows[i].without == ENDED || rows[i].with == ENDED)) {
			printf("# %s: no filter of calls on this machine\n", rows[i].name);
			continue;
		}
		without = play(rows[i].act, 0);
		with = play(rows[i].act, rows[i].may);
		if (off ? without == OFF && with == OFF : without == rows[i].without && with == rows[i].with)
			continue;
		printf("# %s: without %s, with %s\n", rows[i].name, names[without], names[with]);
		bad++;
	}
	if (off)
		printf("# the sandbox is off here, and says so\n");
	assert_int_equal(bad, 0);
}

/* What the filter says of calls that are nothing to try: the same user's others, and what a kernel has that we know nothing of. */
static void
others_are_out_of_reach(void **state)
{
#ifdef __linux__
	const uint64_t	self[6] = { (uint64_t)getpid(), (uint64_t)getpid(), SIGABRT }, other[6] = { (uint64_t)getppid(), (uint64_t)getppid(), SIGABRT };
	const uint64_t	none[6] = { 0 };
	const unsigned	may = OS_MAY_FORK | OS_MAY_OPEN_R | OS_MAY_OPEN_W | OS_MAY_CONNECT | OS_MAY_ACCEPT | OS_MAY_UNIX | OS_MAY_NSS;
	static const int	unknown[] = { 425, 426, 427, 434, 438, 440 };	/* io_uring_*, pidfd_open, pidfd_getfd, process_madvise: the same numbers everywhere */

	(void)state;
	if (os_sandbox_says(0, SYS_read, none) == OS_SAYS_NOTHING)
		return;
	assert_int_equal(os_sandbox_says(0, SYS_tgkill, self), OS_SAYS_YES);
	assert_int_equal(os_sandbox_says(0, SYS_tgkill, other), OS_SAYS_END);
	assert_int_equal(os_sandbox_says(OS_MAY_FORK, SYS_tgkill, self), OS_SAYS_YES);
	assert_int_equal(os_sandbox_says(may, SYS_kill, other), OS_SAYS_END);
	assert_int_equal(os_sandbox_says(may, SYS_ptrace, other), OS_SAYS_END);
	assert_int_equal(os_sandbox_says(may, SYS_process_vm_readv, other), OS_SAYS_END);
	assert_int_equal(os_sandbox_says(may, SYS_keyctl, none), OS_SAYS_END);
	assert_int_equal(os_sandbox_says(may, SYS_userfaultfd, none), OS_SAYS_END);
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_int_equal(os_sandbox_says(may, unknown[i], none), OS_SAYS_UNKNOWN);
#else
	(void)state;
#endif
}

static void
violation_is_named(void **state)
{
	struct os_sandbox	s = { .role = "tester" };
	struct err		e;
	char			line[128] = "";
	int			p[2], status;
	pid_t			pid;

	(void)state;
	if (!calls_are_filtered()) {
		printf("# no filter of calls on this machine\n");
		return;
	}
	assert_int_equal(os_pipe(p), 0);
	if ((pid = fork()) == 0) {
		dup2(p[1], 2);
		log_set_sink(sink_none, NULL);
		if (os_sandbox_enter(&s, &e) == 1)
			os_write_all(2, str_c(e.text));
		else
			act_fork();
		_exit(0);
	}
	close(p[1]);
	assert_true(os_read_full(p[0], line, sizeof line - 1) > 0);
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_non_null(strstr(line, "sandbox tester: "));
}

/* "CapEff:" of a process, -1. */
static long long
caps_of(pid_t pid, const char *which)
{
	char		path[64], text[4096], *at;
	int		fd;

	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	if ((fd = open(path, O_RDONLY)) == -1)
		return -1;
	memset(text, 0, sizeof text);
	(void)os_read_full(fd, text, sizeof text - 1);
	close(fd);
	return (at = strstr(text, which)) == NULL ? -1 : strtoll(at + strlen(which), NULL, 16);
}

/* Root in a role has the rights over files that the role has, and no others; and nobody of its user looks into it. */
static void
rights_are_given_up(void **state)
{
#ifdef __linux__
	static const struct { unsigned may; long long keep; } left[] = {
		{ 0, 0 }, { OS_MAY_OPEN_R | OS_MAY_FORK, 0x6 }, { OS_MAY_OPEN_R | OS_MAY_OPEN_W | OS_MAY_ACCEPT, 0x1f }, { OS_MAY_NSS, 0x2000041f },
		{ OS_MAY_IDS, -1 }, { OS_MAY_EXEC, -1 }
	};
	const char *const	paths[] = { in, NULL };
	long long		mine = caps_of(getpid(), "CapEff:"), bound = caps_of(getpid(), "CapBnd:");

	(void)state;
	if (play(act_nothing, 0) == OFF || !calls_are_filtered() || mine == -1) {
		printf("# no sandbox, or not all of one, on this machine\n");
		return;
	}
	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
		struct os_sandbox	s = { .role = "test", .may = left[i].may, .read_paths = paths };
		struct err		e;
		int			p[2], q[2], status;
		char			c;
		pid_t			pid;

		assert_true(os_pipe(p) == 0 && os_pipe(q) == 0);
		if ((pid = fork()) == 0) {
			log_set_sink(sink_none, NULL);
			close(p[0]);
			close(q[1]);
			if (os_sandbox_enter(&s, &e) == -1 || write(p[1], prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 ? "1" : "0", 1) != 1)
				_exit(1);
			_exit(read(q[0], &c, 1) == 0 ? 0 : 1);
		}
		close(p[1]);
		close(q[0]);
		assert_int_equal(os_read_full(p[0], &c, 1), 1);
		assert_int_equal(c, '0');
		assert_int_equal(caps_of(pid, "CapEff:"), mine & left[i].keep);
		assert_int_equal(caps_of(pid, "CapPrm:"), caps_of(getpid(), "CapPrm:") & left[i].keep);
		if (mine & 0x100)		/* CAP_SETPCAP */
			assert_int_equal(caps_of(pid, "CapBnd:"), bound & left[i].keep);
		close(q[1]);
		close(p[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
#else
	(void)state;
#endif
}

static void
chroot_wants_an_empty_folder(void **state)
{
	struct err	e = ERR_INIT;

	(void)state;
	if (geteuid() != 0) {
		assert_int_equal(os_chroot_empty(dir, &e), 1);
		return;
	}
	assert_int_equal(os_chroot_empty(dir, &e), -1);
	assert_non_null(strstr(e.text, "not empty"));
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(os_chroot_empty(dir, &e), -1);
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(os_chroot_empty("/no/such/folder", &e), -1);
}

static void
chroot_works(void **state)
{
	char	sub[80];
	int	status;
	pid_t	pid;

	(void)state;
	snprintf(sub, sizeof sub, "%s/empty", dir);
	assert_int_equal(mkdir(sub, 0755), 0);
	if ((pid = fork()) == 0)
		_exit(os_chroot_empty(sub, NULL) != (geteuid() == 0 ? 0 : 1) ? 1 :
		    geteuid() == 0 && open("/etc/passwd", O_RDONLY) != -1 ? 2 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(rmdir(sub), 0);
	assert_int_equal(status, 0);
}

static int
set_up(void **state)
{
	struct sockaddr_in	a = { .sin_family = AF_INET };
	socklen_t		n = sizeof a;

	(void)state;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (mkdtemp(dir) == NULL || (listener = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    bind(listener, (struct sockaddr *)&a, n) == -1 || listen(listener, 64) == -1 ||
	    getsockname(listener, (struct sockaddr *)&a, &n) == -1)
		return -1;
	listener_port = ntohs(a.sin_port);
	snprintf(in, sizeof in, "%s/in", dir);
	snprintf(out, sizeof out, "%s.out", dir);
	return open_close(in, O_WRONLY|O_CREAT) == -1 || open_close(out, O_WRONLY|O_CREAT) == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(in);
	unlink(out);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(violation_is_named),
		cmocka_unit_test(others_are_out_of_reach),
		cmocka_unit_test(rights_are_given_up),
		cmocka_unit_test(chroot_wants_an_empty_folder),
		cmocka_unit_test(chroot_works),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
