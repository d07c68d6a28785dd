/*
 * sig - signals: flags for blocking code, a clean slate for children.
 *
 * On a loop, signals are events (loop_signal).  Blocking code asks flags instead.  A handler sets a flag and does nothing else.
 */
#ifndef PROC_SIG_H
#define PROC_SIG_H

#include <stdbool.h>
#include <sys/types.h>

void	sig_ignore(int signo);
/* From now on `signo` sets a flag and interrupts waits (no SA_RESTART). */
int	sig_flag(int signo);
/* Was it received since the last question?  Clears the flag. */
bool	sig_take(int signo);
/*
 * fork(2) whose child has all signals blocked until its sig_reset: one that comes at once must not run a handler of ours there, which would tell
 * this process what was meant for that one.
 */
pid_t	sig_fork(void);
/* Of ours: a write that cannot be done fails (EPIPE, EFBIG) and does not kill.  Programs of others get the default back. */
void	sig_writes_fail(bool);
/* All signals to default and unblocked, but for sig_writes_fail(true): first thing in a child. */
void	sig_reset(void);

#endif
