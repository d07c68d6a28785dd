/*
 * reexec - start our own program again as a role, with a fresh address space.
 *
 * The new process is called `argv[0] -role NAME` with descriptor 3 as its channel to the parent and 4 as its log channel (or closed).  It accepts
 * the role only if real and effective user are equal, and (real user is root or real and effective group are equal), and descriptor 3's peer has our real uid.
 */
#ifndef PROC_REEXEC_H
#define PROC_REEXEC_H

#include <sys/types.h>

#include "base/err.h"

#define REEXEC_CHAN	3
#define REEXEC_LOG	4

/* Returns the pid; *sock is our end of the channel.  log_fd -1: none. */
pid_t	reexec_start(const char *self, const char *argv0, const char *role, int log_fd, char *const envp[], int *sock, struct err *);
/* In the new process: 0 when the switch is acceptable, else -1 with the reason. */
int	reexec_accept(struct err *);

#endif
