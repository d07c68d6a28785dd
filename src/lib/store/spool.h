/*
 * spool - what root does for a user in a mail spool folder that is not the user's: make the mailbox, its side folder, the dot-lock.
 *
 * Asked by mail.local's children and by sessions through their parent (struct store_helper is the asker's side, over a socketpair); the path and the user
 * were fixed when the process was started, a question holds nothing but its letter.  The folder must be root's, and not writable for the world unless it is sticky.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "store/store.h"

/* The root side. */
int	spool_prepare(const char *inbox, uid_t, gid_t, struct err *);
/* 0 done, 1 another has it, -1. */
int	spool_dotlock(const char *inbox, bool on, pid_t owner, struct err *);

/* Questions as bytes, and what is answered: SPOOL_OK, SPOOL_TAKEN, SPOOL_BAD. */
#define SPOOL_PREPARE	'P'
#define SPOOL_LOCK	'L'
#define SPOOL_UNLOCK	'U'
#define SPOOL_ALIVE	'A'	/* a session's: a process number follows, SPOOL_OK means it is dead */
#define SPOOL_OK	'0'
#define SPOOL_TAKEN	'1'
#define SPOOL_BAD	'x'
/* Carry one question out: the answer.  *locked keeps what must be undone when the asker dies. */
char	spool_serve(char question, const char *inbox, uid_t, gid_t, pid_t asker, bool *locked);

/* The asker's side over a socketpair; arg is a pointer to its descriptor. */
void	spool_helper(struct store_helper *, int *sock);

#endif
