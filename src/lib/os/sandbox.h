/*
 * sandbox - give up for good what a role does not need: seccomp and Landlock, pledge, Capsicum.
 *
 * Unknown system calls answer ENOSYS, forbidden ones end the process.  Off only under sanitizers and valgrind (then
 * os_sandbox_enter logs so and returns 1).  Kernels without a mechanism: logged once, returns 1.
 *
 * Opening a path that is not allowed is denied with EACCES, as libraries ask in passing; a forbidden socket, program, identity, signal or
 * one of the calls that only an intruder needs ends the process by SIGSYS, after one line to os_sandbox_report.  Children and executed programs
 * inherit the sandbox: a role that starts programs as other users must not enter one.  It may be entered again, for less.  Threads
 * count as forks.
 */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define OS_MAY_FORK	0x0001	/* fork and wait, no exec */
#define OS_MAY_EXEC	0x0002	/* includes OPEN_R anywhere: a program reads its libraries */
#define OS_MAY_OPEN_R	0x0004	/* open files for reading below paths[] (Landlock), or anywhere if there are none */
#define OS_MAY_OPEN_W	0x0008	/* create, write, rename, unlink below paths[] */
#define OS_MAY_CONNECT	0x0010	/* internet client sockets */
#define OS_MAY_ACCEPT	0x0020	/* accept on sockets it holds */
#define OS_MAY_UNIX	0x0040	/* connect to unix sockets */
#define OS_MAY_IDS	0x0080	/* setuid and so on, chroot */
#define OS_MAY_SIGNAL	0x0100	/* kill(2) at others */
#define OS_MAY_NSS	0x0200	/* what name service libraries may want: includes OPEN_R, CONNECT, UNIX */

struct os_sandbox {
	const char		*role;		/* for log lines */
	unsigned		 may;
	const char *const	*read_paths;	/* NULL-terminated, or NULL */
	const char *const	*write_paths;
};

/*
 * Where a violation is told just before the end; in a signal handler, so only what signal(7) calls safe.  `line` has no newline.
 * NULL: descriptor 2.
 */
typedef void os_sandbox_report_fn(const char *line, size_t n);
void	os_sandbox_report(os_sandbox_report_fn *);
/*
 * The C library reads what it would read later (the time zone) first.
 * 0 entered, 1 not available or switched off (reason in err.text), -1 failed: exit.
 */
int	os_sandbox_enter(const struct os_sandbox *, struct err *);
/* Processes of the same user may not trace this one, nor read its memory; os_sandbox_enter does this, too.  For a role without a sandbox. */
void	os_untraceable(void);
/* What the filter of system calls would say, without entering it. */
enum os_sandbox_says { OS_SAYS_YES, OS_SAYS_NO, OS_SAYS_END, OS_SAYS_UNKNOWN, OS_SAYS_NOTHING };	/* NOTHING: this system has no filter of ours */
enum os_sandbox_says os_sandbox_says(unsigned may, int nr, const uint64_t args[6]);
/* chroot and chdir to it: for a child that runs a mailer with R=.  -1 with errno. */
int	os_chroot(const char *dir);
/* chroot to an empty, unwritable folder and chdir to it; not root: 1 and nothing done. */
int	os_chroot_empty(const char *dir, struct err *);

#endif
