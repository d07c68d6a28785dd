/*
 * local_int - what the files of role local share.
 */
#ifndef SENDMAIL_LOCAL_INT_H
#define SENDMAIL_LOCAL_INT_H

#include <stdbool.h>
#include <sys/types.h>

#include "attempt.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/mac.h"
#include "conf.h"
#include "maps.h"
#include "role.h"
#include "rule/rule.h"

struct local {
	struct role_ctx	*ctx;
	const struct conf *conf;
	struct maps	*maps;
	struct rule_ctx	*rules;
	uint8_t		 key[MAC_KEY];		/* of the seals; made by the master, so all workers have it */
};

/* Whose rights a child gets. */
struct local_who {
	bool		 keep;		/* stay as we are (mailer flag S) */
	struct str	 name;
	uid_t		 uid;
	gid_t		 gid;
	bool		 one_group;	/* DontInitGroups: without the other groups of the user */
};

#define LOCAL_ANSWER	((size_t)128 << 10)	/* what a child may say */
#define LOCAL_DELIVER_MS (30 * 60 * 1000)
#define LOCAL_READ_MS	(60 * 1000)
#define LOCAL_READ_MAX_S 3600

/*
 * Fork, become `who` for good, run fn there; what it appends to its buffer is the answer.  fn's code is the child's exit code.
 * 0 and *code; -1: no child, it was killed, it took too long or talked too much.
 */
int	local_as(const struct local_who *, int (*fn)(void *arg, struct buf *), void *arg, struct buf *answer, int timeout_ms, int *code, struct err *);

/* Is this recipient's program or file one that we named ourselves?  A seal of an earlier process is worth nothing: then the alias or list is read again. */
bool	local_sealed(struct local *, struct arena *, const struct attempt *, const struct attempt_rcpt *, struct err *);

/* One delivery, in the child that became the recipient (or root): a sysexits code, and for people what the program printed or why not. */
struct local_job {
	struct local		*local;
	const struct attempt	*a;
	const struct mailer	*mailer;
	const struct attempt_rcpt **rcpt;	/* more than one only with mailer flag m */
	size_t			 nrcpt;
	int			 content_fd;	/* -1: inline */
	bool			 seven;		/* the program speaks LMTP and did not offer 8BITMIME */
	struct str		 home;
	struct local_who	 who;
	uid_t			 file_uid;
};
static inline int
local_nice(const struct local_job *j)
{
	return j->mailer->nice + (j->a->nice < 40 ? (int)j->a->nice : 40);
}
int	local_pipe(void *job, struct buf *said);
int	local_file(void *job, struct buf *said);
/* The arguments of the mailer's program: NULL-terminated, in the arena. */
char	**local_argv(const struct local_job *, struct arena *, struct err *);

char	**local_env(const struct local_job *, struct arena *);

/* All of the job's recipients in one LMTP session with the program: out has an entry each.  -1: it could not be held. */
int	local_lmtp(struct local_job *, struct arena *, struct result_rcpt *out, struct err *);

/* The message as this mailer wants it. */
int	local_body_write(const struct local_job *, int fd, bool file, struct err *);

int	local_work_forward(struct role_ctx *, struct frame *, struct buf *, int *, struct err *);
int	local_work_include(struct role_ctx *, struct frame *, struct buf *, int *, struct err *);
int	local_work_seal(struct role_ctx *, struct frame *, struct buf *, int *, struct err *);

#endif
