/*
 * sandbox_seccomp - which system calls there are at all (Linux).
 *
 * A filter is a flat program made from the tables below: a call is compared with each
 * row, and the row says what comes of it.  Rows without a need are for everyone;
 * another row holds for roles with one of its bits, and for others says whether the
 * call is denied (an errno) or ends the process.  A call in no row answers ENOSYS, as an
 * older kernel would, and the C library falls back to what it used there.
 *
 * The end is a SIGSYS with a handler that names the call before it dies of it; the role
 * cannot put another handler in its place.  Arguments behind pointers cannot be looked
 * at, so which *paths* may be opened is Landlock's part.
 */
#include "os/sandbox_int.h"

#include "os_conf.h"

#if defined(__x86_64__)
#define SECCOMP_ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define SECCOMP_ARCH	AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define SECCOMP_ARCH	AUDIT_ARCH_RISCV64
#endif

#if defined(HAVE_SECCOMP_FILTER) && defined(SECCOMP_ARCH)

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <netinet/in.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define COUNT(a)	(sizeof(a) / sizeof (a)[0])

#define R		(OS_MAY_OPEN_R | OS_MAY_OPEN_W | OS_MAY_NSS | OS_MAY_EXEC)
#define W		OS_MAY_OPEN_W
#define NET		(OS_MAY_CONNECT | OS_MAY_NSS)
#define LOCAL		(OS_MAY_UNIX | OS_MAY_NSS)
#define LIBS		(OS_MAY_NSS | OS_MAY_EXEC)	/* code of others, that nobody knows beforehand */
#define END		0	/* denied by ending the process */
#define SOCK_TYPES	UINT32_C(0xf)	/* of a socket's second argument; the others are flags */
#ifndef F_SETOWN_EX	/* Linux's own, where only POSIX was asked for */
#define F_SETOWN_EX	15
#endif
#ifndef F_SETSIG
#define F_SETSIG	10
#endif
#ifndef F_NOTIFY
#define F_NOTIFY	1026
#endif

struct seccomp_row {
	int		nr;
	unsigned	need;		/* any of these bits; 0: everyone */
	int		deny;		/* errno for the others, or END */
};

/* Calls without a look at their arguments, the frequent ones first. */
static const struct seccomp_row seccomp_rows[] = {
	/* reading and writing what one holds */
	{ SYS_read, 0, END }, { SYS_write, 0, END }, { SYS_recvmsg, 0, END }, { SYS_sendmsg, 0, END },
	{ SYS_recvfrom, 0, END }, { SYS_sendto, 0, END }, { SYS_epoll_ctl, 0, END }, { SYS_epoll_pwait, 0, END },
	{ SYS_ppoll, 0, END }, { SYS_readv, 0, END }, { SYS_writev, 0, END }, { SYS_close, 0, END },
	{ SYS_fdatasync, 0, END }, { SYS_fsync, 0, END }, { SYS_pread64, 0, END },
	{ SYS_pwrite64, 0, END }, { SYS_lseek, 0, END }, { SYS_fstat, 0, END }, { SYS_fstatfs, 0, END },
	{ SYS_getdents64, 0, END }, { SYS_ftruncate, 0, END }, { SYS_flock, 0, END },
	{ SYS_fchmod, 0, END }, { SYS_sync_file_range, 0, END },
	{ SYS_dup, 0, END }, { SYS_dup3, 0, END }, { SYS_pipe2, 0, END }, { SYS_memfd_create, 0, END },
	{ SYS_shutdown, 0, END }, { SYS_getsockopt, 0, END }, { SYS_setsockopt, 0, END },
	{ SYS_getsockname, 0, END }, { SYS_getpeername, 0, END }, { SYS_pselect6, 0, END }, { SYS_epoll_create1, 0, END },
	/* memory */
	{ SYS_brk, 0, END }, { SYS_munmap, 0, END }, { SYS_mremap, 0, END }, { SYS_madvise, 0, END },
	/* time, signals, itself */
	{ SYS_clock_gettime, 0, END }, { SYS_clock_getres, 0, END }, { SYS_clock_nanosleep, 0, END },
	{ SYS_nanosleep, 0, END }, { SYS_gettimeofday, 0, END }, { SYS_getrandom, 0, END },
	{ SYS_setitimer, 0, END },	/* alarm(), on newer machines */
	{ SYS_futex, 0, END }, { SYS_sched_yield, 0, END }, { SYS_sched_getaffinity, 0, END },
	{ SYS_set_robust_list, 0, END }, { SYS_set_tid_address, 0, END },
	{ SYS_restart_syscall, 0, END }, { SYS_exit, 0, END }, { SYS_exit_group, 0, END },
	{ SYS_rt_sigprocmask, 0, END }, { SYS_rt_sigreturn, 0, END }, { SYS_wait4, 0, END },
	{ SYS_getpid, 0, END }, { SYS_getppid, 0, END }, { SYS_gettid, 0, END }, { SYS_getuid, 0, END },
	{ SYS_geteuid, 0, END }, { SYS_getgid, 0, END }, { SYS_getegid, 0, END }, { SYS_getresuid, 0, END },
	{ SYS_getresgid, 0, END }, { SYS_getgroups, 0, END },
	{ SYS_umask, 0, END }, { SYS_uname, 0, END }, { SYS_sysinfo, 0, END }, { SYS_getpriority, 0, END },
	{ SYS_seccomp, 0, END },		/* less is always allowed */
	/* what none of our own code asks for: libraries do, and without them there is no such call */
	{ SYS_preadv, LIBS, ENOSYS }, { SYS_pwritev, LIBS, ENOSYS }, { SYS_preadv2, LIBS, ENOSYS }, { SYS_pwritev2, LIBS, ENOSYS },
	{ SYS_sendfile, LIBS, ENOSYS }, { SYS_copy_file_range, LIBS, ENOSYS }, { SYS_signalfd4, LIBS, ENOSYS },
	{ SYS_timerfd_create, LIBS, ENOSYS }, { SYS_timerfd_settime, LIBS, ENOSYS }, { SYS_timerfd_gettime, LIBS, ENOSYS },
	{ SYS_mlock, LIBS, ENOSYS }, { SYS_munlock, LIBS, ENOSYS }, { SYS_membarrier, LIBS, ENOSYS },
	{ SYS_getitimer, LIBS, ENOSYS }, { SYS_rt_sigtimedwait, LIBS, ENOSYS }, { SYS_rt_sigpending, LIBS, ENOSYS },
	{ SYS_rt_sigsuspend, LIBS, ENOSYS }, { SYS_sigaltstack, LIBS, ENOSYS }, { SYS_waitid, LIBS, ENOSYS },
	{ SYS_setsid, LIBS, ENOSYS }, { SYS_setpgid, LIBS, ENOSYS }, { SYS_getpgid, LIBS, ENOSYS }, { SYS_getsid, LIBS, ENOSYS },
	{ SYS_capget, LIBS, ENOSYS }, { SYS_times, LIBS, ENOSYS }, { SYS_getrusage, LIBS, ENOSYS },
	{ SYS_msync, LIBS | W, ENOSYS }, { SYS_fallocate, LIBS | W, ENOSYS }, { SYS_fadvise64, LIBS | W, ENOSYS },	/* databases */
	{ SYS_sendmmsg, NET, ENOSYS }, { SYS_recvmmsg, NET, ENOSYS }, { SYS_eventfd2, NET, ENOSYS },	/* DNS, the web */
	/* accepting and connecting; socket() is looked at below */
	{ SYS_accept4, OS_MAY_ACCEPT, END }, { SYS_accept, OS_MAY_ACCEPT, END },
	{ SYS_listen, OS_MAY_ACCEPT, END }, { SYS_connect, NET | LOCAL, END }, { SYS_bind, NET | LOCAL, END },
	/* the file tree: a library that asks in passing is told no and lives */
	{ SYS_faccessat, R, EACCES }, { SYS_readlinkat, R, EACCES }, { SYS_statfs, R, EACCES },
	{ SYS_getcwd, R, EACCES }, { SYS_chdir, R, EACCES }, { SYS_fchdir, R, EACCES },
	{ SYS_inotify_init1, W | LIBS, EACCES }, { SYS_inotify_add_watch, W | LIBS, EACCES }, { SYS_inotify_rm_watch, W | LIBS, EACCES },
	{ SYS_mkdirat, W, EACCES }, { SYS_unlinkat, W, EACCES }, { SYS_renameat2, W, EACCES },
	{ SYS_linkat, W, EACCES }, { SYS_symlinkat, W, EACCES }, { SYS_fchmodat, W, EACCES },
	{ SYS_truncate, W, EACCES }, { SYS_utimensat, W, EACCES }, { SYS_fchown, W | OS_MAY_IDS, EPERM },
	{ SYS_fchownat, W | OS_MAY_IDS, EPERM },
	/* processes and rights */
	{ SYS_execve, OS_MAY_EXEC, END }, { SYS_execveat, OS_MAY_EXEC, END },
	{ SYS_splice, OS_MAY_EXEC, ENOSYS }, { SYS_tee, OS_MAY_EXEC, ENOSYS }, { SYS_vmsplice, OS_MAY_EXEC, ENOSYS },	/* of others' programs */
	{ SYS_kill, OS_MAY_SIGNAL, END }, { SYS_tkill, OS_MAY_SIGNAL, END },
	{ SYS_rt_sigqueueinfo, OS_MAY_SIGNAL, END }, { SYS_rt_tgsigqueueinfo, OS_MAY_SIGNAL, END },
	{ SYS_setuid, OS_MAY_IDS, END }, { SYS_setgid, OS_MAY_IDS, END }, { SYS_setreuid, OS_MAY_IDS, END },
	{ SYS_setregid, OS_MAY_IDS, END }, { SYS_setresuid, OS_MAY_IDS, END }, { SYS_setresgid, OS_MAY_IDS, END },
	{ SYS_setfsuid, OS_MAY_IDS, END }, { SYS_setfsgid, OS_MAY_IDS, END }, { SYS_setgroups, OS_MAY_IDS, END },
	{ SYS_chroot, OS_MAY_IDS, END }, { SYS_capset, OS_MAY_IDS, END },
#ifdef SYS_pidfd_send_signal
	{ SYS_pidfd_send_signal, OS_MAY_SIGNAL, END },
#endif
#ifdef SYS_landlock_create_ruleset
	{ SYS_landlock_create_ruleset, 0, END }, { SYS_landlock_add_rule, 0, END },
	{ SYS_landlock_restrict_self, 0, END },
#endif
#ifdef SYS_setrlimit
	{ SYS_setrlimit, 0, END }, { SYS_getrlimit, 0, END },
#endif
#ifdef SYS_rseq
	{ SYS_rseq, 0, END },
#endif
#ifdef SYS_close_range
	{ SYS_close_range, 0, END },
#endif
#ifdef SYS_faccessat2
	{ SYS_faccessat2, R, EACCES },
#endif
#ifdef SYS_epoll_pwait2
	{ SYS_epoll_pwait2, 0, END },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, W, EACCES },
#endif
#ifdef SYS_arch_prctl
	{ SYS_arch_prctl, 0, END },
#endif
#ifdef SYS_fork		/* the calls of old; newer machines begin without them */
	{ SYS_fork, OS_MAY_FORK, END }, { SYS_vfork, OS_MAY_FORK | OS_MAY_EXEC, END },
	{ SYS_poll, 0, END }, { SYS_select, 0, END }, { SYS_epoll_wait, 0, END }, { SYS_epoll_create, 0, END },
	{ SYS_pipe, 0, END }, { SYS_dup2, 0, END }, { SYS_time, 0, END }, { SYS_alarm, 0, END },
	{ SYS_pause, 0, END }, { SYS_getpgrp, LIBS, ENOSYS }, { SYS_eventfd, NET, ENOSYS },
	{ SYS_access, R, EACCES }, { SYS_stat, R, EACCES }, { SYS_lstat, R, EACCES }, { SYS_readlink, R, EACCES },
	{ SYS_getdents, 0, END }, { SYS_creat, W, EACCES },
	{ SYS_mkdir, W, EACCES }, { SYS_rmdir, W, EACCES }, { SYS_unlink, W, EACCES }, { SYS_rename, W, EACCES },
	{ SYS_link, W, EACCES }, { SYS_symlink, W, EACCES }, { SYS_chmod, W, EACCES }, { SYS_utime, W, EACCES },
	{ SYS_utimes, W, EACCES }, { SYS_chown, W | OS_MAY_IDS, EPERM }, { SYS_lchown, W | OS_MAY_IDS, EPERM },
#endif
};

/* Never, for nobody: only an intruder asks for these. */
static const int seccomp_never[] = {
	SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kexec_load, SYS_init_module,
	SYS_finit_module, SYS_delete_module, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_setns, SYS_unshare,
	SYS_bpf, SYS_perf_event_open, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_reboot, SYS_swapon,
	SYS_swapoff, SYS_acct, SYS_settimeofday, SYS_clock_settime, SYS_sethostname, SYS_setdomainname,
	SYS_quotactl, SYS_open_by_handle_at,
#ifdef SYS_userfaultfd
	SYS_userfaultfd,
#endif
#ifdef SYS_iopl
	SYS_iopl, SYS_ioperm,
#endif
};

enum { SECCOMP_MAX = 1024 };

struct seccomp_program {
	struct sock_filter	code[SECCOMP_MAX];
	unsigned short		n;
};

static void
seccomp_add(struct seccomp_program *p, struct sock_filter f)
{
	if (p->n < SECCOMP_MAX)
		p->code[p->n++] = f;
}

static void
seccomp_ret(struct seccomp_program *p, uint32_t what)
{
	seccomp_add(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

static uint32_t
seccomp_denial(int deny)
{
	return deny == END ? SECCOMP_RET_TRAP : SECCOMP_RET_ERRNO | ((uint32_t)deny & SECCOMP_RET_DATA);
}

static void
seccomp_load(struct seccomp_program *p, size_t offset)
{
	seccomp_add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* If the accumulator is v: what; else go on behind. */
static void
seccomp_if_eq(struct seccomp_program *p, uint32_t v, uint32_t what)
{
	seccomp_add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v, 0, 1));
	seccomp_ret(p, what);
}

/* If one of these bits is set: what; else go on behind. */
static void
seccomp_if_bits(struct seccomp_program *p, uint32_t bits, uint32_t what)
{
	seccomp_add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
	seccomp_ret(p, what);
}

/*
 * Rows that look at an argument: begin (a jump over the body for other calls, patched
 * by end) and the low half of the argument in the accumulator.  A body ends in a return.
 */
static unsigned short
seccomp_begin(struct seccomp_program *p, int nr, unsigned arg)
{
	unsigned short	at = p->n;

	seccomp_add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 0));
	seccomp_load(p, offsetof(struct seccomp_data, args) + 8 * arg);
	return at;
}

static void
seccomp_end(struct seccomp_program *p, unsigned short at, uint32_t rest)
{
	seccomp_ret(p, rest);
	if (p->n < SECCOMP_MAX)
		p->code[at].jf = (unsigned char)(p->n - at - 1);
}

/*
 * Of the internet's families TCP and UDP alone: root's roles could have raw sockets, and others load modules of rare protocols.
 * The accumulator is the family; a body as of seccomp_begin.
 */
static void
seccomp_internet(struct seccomp_program *p, uint32_t family)
{
	unsigned short	at = p->n;

	seccomp_add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, family, 0, 0));
	seccomp_load(p, offsetof(struct seccomp_data, args) + 8);
	seccomp_if_bits(p, SOCK_TYPES & ~(uint32_t)(SOCK_STREAM | SOCK_DGRAM), SECCOMP_RET_TRAP);
	seccomp_add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SOCK_STREAM, 0, 2));
	seccomp_if_bits(p, SOCK_DGRAM, SECCOMP_RET_TRAP);		/* both bits: SOCK_RAW */
	seccomp_load(p, offsetof(struct seccomp_data, args) + 16);
	seccomp_if_eq(p, 0, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, IPPROTO_TCP, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, IPPROTO_UDP, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, seccomp_denial(EPROTONOSUPPORT));
}

static void
seccomp_sockets(struct seccomp_program *p, const struct os_sandbox *s)
{
	unsigned short	at = seccomp_begin(p, SYS_socket, 0);

	if (sandbox_may(s, NET)) {
		seccomp_internet(p, AF_INET);
		seccomp_internet(p, AF_INET6);
		/* getaddrinfo asks which addresses there are, and does without an answer */
		seccomp_if_eq(p, AF_NETLINK, sandbox_may(s, OS_MAY_NSS) ? SECCOMP_RET_ALLOW :
		    seccomp_denial(EAFNOSUPPORT));
	}
	if (sandbox_may(s, LOCAL))
		seccomp_if_eq(p, AF_UNIX, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, SECCOMP_RET_TRAP);

	at = seccomp_begin(p, SYS_socketpair, 0);
	seccomp_if_eq(p, AF_UNIX, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, SECCOMP_RET_TRAP);
}

static void
seccomp_open_one(struct seccomp_program *p, const struct os_sandbox *s, int nr, unsigned arg)
{
	unsigned short	at = seccomp_begin(p, nr, arg);

	if (!sandbox_may(s, W))
		seccomp_if_bits(p, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY),
		    seccomp_denial(EACCES));
	seccomp_end(p, at, sandbox_may(s, R) ? SECCOMP_RET_ALLOW : seccomp_denial(EACCES));
}

/* fstat() is newfstatat(fd, "", AT_EMPTY_PATH) in newer C libraries. */
static void
seccomp_stat_one(struct seccomp_program *p, const struct os_sandbox *s, int nr, unsigned arg)
{
	unsigned short	at = seccomp_begin(p, nr, arg);

	seccomp_if_bits(p, AT_EMPTY_PATH, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, sandbox_may(s, R) ? SECCOMP_RET_ALLOW : seccomp_denial(EACCES));
}

static void
seccomp_files(struct seccomp_program *p, const struct os_sandbox *s)
{
	seccomp_open_one(p, s, SYS_openat, 2);
#ifdef SYS_open
	seccomp_open_one(p, s, SYS_open, 1);
#endif
	seccomp_stat_one(p, s, SYS_newfstatat, 3);
#ifdef SYS_statx
	seccomp_stat_one(p, s, SYS_statx, 2);
#endif
}

/* What would make the kernel send a signal to another process in our name. */
static void
seccomp_owners(struct seccomp_program *p)
{
	static const uint32_t	cmds[] = { F_SETOWN, F_SETOWN_EX, F_SETSIG, F_NOTIFY };
	unsigned short		at = seccomp_begin(p, SYS_fcntl, 1);

	for (size_t i = 0; i < COUNT(cmds); i++)
		seccomp_if_eq(p, cmds[i], seccomp_denial(EPERM));
	seccomp_end(p, at, SECCOMP_RET_ALLOW);
}

static void
seccomp_processes(struct seccomp_program *p, const struct os_sandbox *s)
{
	unsigned short	at = seccomp_begin(p, SYS_clone, 0);

	seccomp_if_bits(p, CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
	    CLONE_NEWPID | CLONE_NEWNET, SECCOMP_RET_TRAP);
	seccomp_end(p, at, sandbox_may(s, OS_MAY_FORK|OS_MAY_EXEC) ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRAP);

	at = seccomp_begin(p, SYS_prctl, 0);
	seccomp_if_eq(p, PR_SET_NAME, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, PR_GET_NAME, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, PR_SET_PDEATHSIG, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, PR_GET_DUMPABLE, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, PR_SET_NO_NEW_PRIVS, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, PR_SET_SECCOMP, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, PR_GET_SECCOMP, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, seccomp_denial(EPERM));

	/* the limits and the place in the queue of others are not ours */
	at = seccomp_begin(p, SYS_prlimit64, 0);
	seccomp_if_eq(p, 0, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, seccomp_denial(EPERM));
	at = seccomp_begin(p, SYS_setpriority, 1);
	seccomp_if_eq(p, 0, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, seccomp_denial(EPERM));
	at = seccomp_begin(p, SYS_sched_setaffinity, 0);
	seccomp_if_eq(p, 0, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, seccomp_denial(EPERM));
}

static void
seccomp_signals(struct seccomp_program *p, const struct os_sandbox *s)
{
	unsigned short	at = seccomp_begin(p, SYS_rt_sigaction, 0);

	seccomp_if_eq(p, SIGSYS, SECCOMP_RET_TRAP);		/* our handler stays */
	seccomp_end(p, at, SECCOMP_RET_ALLOW);

	/* abort(); others' of our user are not ours to end, where no child comes with another process id and the same filter */
	at = seccomp_begin(p, SYS_tgkill, 0);
	if (!sandbox_may(s, OS_MAY_SIGNAL | OS_MAY_FORK | OS_MAY_EXEC)) {
		seccomp_add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 1, 0));
		seccomp_ret(p, SECCOMP_RET_TRAP);
	}
	seccomp_load(p, offsetof(struct seccomp_data, args) + 16);
	seccomp_if_eq(p, SIGABRT, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, sandbox_may(s, OS_MAY_SIGNAL) ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRAP);
}

static void
seccomp_memory(struct seccomp_program *p, const struct os_sandbox *s)
{
	static const int	calls[] = { SYS_mmap, SYS_mprotect };
	unsigned short		at;

	for (size_t i = 0; i < COUNT(calls); i++) {		/* new code: only name service modules */
		at = seccomp_begin(p, calls[i], 2);
		if (!sandbox_may(s, OS_MAY_NSS|OS_MAY_EXEC))
			seccomp_if_bits(p, PROT_EXEC, seccomp_denial(EACCES));
		seccomp_end(p, at, SECCOMP_RET_ALLOW);
	}
	at = seccomp_begin(p, SYS_ioctl, 1);
	seccomp_if_eq(p, FIONREAD, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, FIONBIO, SECCOMP_RET_ALLOW);
	seccomp_if_eq(p, FIOCLEX, SECCOMP_RET_ALLOW);
	seccomp_end(p, at, sandbox_may(s, OS_MAY_EXEC|OS_MAY_NSS) ? SECCOMP_RET_ALLOW : seccomp_denial(ENOTTY));
}

static void
seccomp_make(struct seccomp_program *p, const struct os_sandbox *s)
{
	p->n = 0;
	seccomp_load(p, offsetof(struct seccomp_data, arch));
	seccomp_add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_ARCH, 1, 0));
	seccomp_ret(p, SECCOMP_RET_KILL_PROCESS);		/* another machine's calls */
	seccomp_load(p, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < COUNT(seccomp_rows); i++)
		seccomp_if_eq(p, (uint32_t)seccomp_rows[i].nr,
		    seccomp_rows[i].need == 0 || sandbox_may(s, seccomp_rows[i].need) ? SECCOMP_RET_ALLOW :
		    seccomp_denial(seccomp_rows[i].deny));
	for (size_t i = 0; i < COUNT(seccomp_never); i++)
		seccomp_if_eq(p, (uint32_t)seccomp_never[i], SECCOMP_RET_TRAP);
	seccomp_owners(p);
	seccomp_memory(p, s);
	seccomp_files(p, s);
	seccomp_sockets(p, s);
	seccomp_processes(p, s);
	seccomp_signals(p, s);
	seccomp_ret(p, seccomp_denial(ENOSYS));
}

size_t
sandbox_seccomp_code(const struct os_sandbox *s, const void **code)
{
	static struct seccomp_program p;

	seccomp_make(&p, s);
	*code = p.code;
	return p.n;
}

static char	seccomp_role[32] = "?";

/* Only what is allowed in a signal handler, then death by the same signal. */
static void
seccomp_violation(int signo, siginfo_t *info, void *context)
{
	char		 line[128];
	size_t		 n = 0, d = 0;
	unsigned	 nr = (unsigned)info->si_syscall;
	char		 digits[10];
	const char	*parts[] = { "sandbox ", seccomp_role, ": forbidden system call " };

	(void)signo;
	(void)context;
	for (size_t i = 0; i < COUNT(parts); i++)
		for (const char *c = parts[i]; *c != '\0' && n < sizeof line - 16; c++)
			line[n++] = *c;
	do {
		digits[d++] = (char)('0' + nr % 10);
	} while ((nr /= 10) > 0);
	while (d > 0)
		line[n++] = digits[--d];
	sandbox_tell(line, n);
	/* SA_RESETHAND and the mask: the next SIGSYS, blocked, ends the process */
	for (;;)
		syscall(SYS_ptrace, 0, 0, 0, 0);
}

static int
seccomp_catch(const struct os_sandbox *s, struct err *e)
{
	struct sigaction	sa;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0)	/* narrower once more: the handler cannot be set again */
		return 0;
	if (str_copy(seccomp_role, sizeof seccomp_role, str_c(s->role)) == -1)
		str_copy(seccomp_role, sizeof seccomp_role, STR("role"));
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = seccomp_violation;
	sa.sa_flags = SA_SIGINFO | (int)SA_RESETHAND;
	sigfillset(&sa.sa_mask);
	return sigaction(SIGSYS, &sa, NULL) == -1 ? err_sys(e, ERR_TEMP, "sandbox %s: SIGSYS", s->role) : 0;
}

int
sandbox_seccomp(const struct os_sandbox *s, struct err *e)
{
	static struct seccomp_program	p;
	struct sock_fprog		prog;

	seccomp_make(&p, s);
	if (p.n >= SECCOMP_MAX)
		return err_set(e, ERR_BUG, "sandbox %s: filter too long", s->role);
	if (seccomp_catch(s, e) == -1)
		return -1;
	prog = (struct sock_fprog){ .len = p.n, .filter = p.code };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS) {
		err_set(e, ERR_NONE, "sandbox %s: the kernel has no seccomp filters", s->role);
		return 1;
	}
	return err_sys(e, ERR_TEMP, "sandbox %s: seccomp", s->role);
}
#else
int
sandbox_seccomp(const struct os_sandbox *s, struct err *e)
{
	err_set(e, ERR_NONE, "sandbox %s: no system call filter on this system", s->role);
	return 1;
}
#endif
