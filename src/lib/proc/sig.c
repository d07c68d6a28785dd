/*
 * sig - signals as flags.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "proc/sig.h"

#define SIG_MAX	65

static volatile sig_atomic_t sig_seen[SIG_MAX];

static void
sig_handler(int signo)
{
	if (signo > 0 && signo < SIG_MAX)
		sig_seen[signo] = 1;
}

static int
sig_set(int signo, void (*fn)(int))
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = fn;
	sigemptyset(&sa.sa_mask);
	return sigaction(signo, &sa, NULL);
}

void
sig_ignore(int signo)
{
	(void)sig_set(signo, SIG_IGN);
}

int
sig_flag(int signo)
{
	if (signo <= 0 || signo >= SIG_MAX)
		return -1;
	sig_seen[signo] = 0;
	return sig_set(signo, sig_handler);
}

bool
sig_take(int signo)
{
	if (signo <= 0 || signo >= SIG_MAX || !sig_seen[signo])
		return false;
	sig_seen[signo] = 0;
	return true;
}

pid_t
sig_fork(void)
{
	sigset_t	all, old;
	pid_t		pid;
	int		keep;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	keep = errno;
	if (pid != 0)
		sigprocmask(SIG_SETMASK, &old, NULL);
	errno = keep;
	return pid;
}

void
sig_writes_fail(bool on)
{
	(void)sig_set(SIGPIPE, on ? SIG_IGN : SIG_DFL);
	(void)sig_set(SIGXFSZ, on ? SIG_IGN : SIG_DFL);
}

void
sig_reset(void)
{
	sigset_t none;

	for (int i = 1; i < SIG_MAX; i++)
		if (i != SIGKILL && i != SIGSTOP && i != SIGSYS)	/* SIGSYS is the sandbox's */
			(void)sig_set(i, SIG_DFL);
	sig_writes_fail(true);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
