/*
 * child - run a program: clean environment, only the given descriptors, one user's rights; collect how it ended.
 */
#ifndef PROC_CHILD_H
#define PROC_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct child_spec {
	const char		*path;
	char *const		*argv;
	char *const		*envp;		/* never inherited; NULL: empty */
	const char		*dir;		/* chdir first; NULL: / */
	const char		*root;		/* chroot first; NULL: none */
	int			 in, out, err;	/* become 0, 1, 2; -1: /dev/null */
	bool			 drop;		/* become user:uid:gid */
	const char		*user;
	uid_t			 uid;
	gid_t			 gid;
	int			 nice;
};

/* The process id, or -1: fork failed, or the program could not be executed (told through a close-on-exec pipe). */
pid_t	child_start(const struct child_spec *, struct err *);
/* Wait, at most timeout_ms (then SIGTERM, SIGKILL): status as of waitpid(2) in *status, -1 on failure or timeout. */
int	child_wait(pid_t, int timeout_ms, int *status, struct err *);
/* Run with `input` on 0 and collect up to out->cap bytes of 1. */
int	child_run(const struct child_spec *, struct str input, struct buf *out, int timeout_ms, int *status, struct err *);

#endif
