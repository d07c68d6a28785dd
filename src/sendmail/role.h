/*
 * role - the roles of the daemon: who they are, and what a process in a role has in its hands.
 *
 * One binary, many processes: the parent re-executes it once per role.  A role is a row of role.c's table.  There are two kinds:
 *
 *	a loop role	(gate, resolver, spool, log) answers on its loop and must never wait: handlers in `answers`, questions by req_call;
 *	a master	(smtpd, route, client, lookup, local) relays each question to a worker that it forked after the configuration was
 *			compiled; workers are blocking code: handlers in `works`, questions by req_ask.  See worker.h.
 *
 * What a role may ask, and what it must answer, is one table: req.h.
 */
#ifndef SENDMAIL_ROLE_H
#define SENDMAIL_ROLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"
#include "base/str.h"
#include "conf.h"
#include "proc/chan.h"
#include "proc/loop.h"

enum role_id {
	R_NONE, R_PARENT, R_LOADER, R_GATE, R_SMTPD, R_LOOKUP, R_RESOLVER, R_SPOOL, R_ROUTE, R_CLIENT, R_LOCAL, R_LOG,
	R_AUTH,
	R_KEYS, R_STS, R_TALLY,
	R_COMMAND,			/* a command that started the roles for its own lifetime; it stands where smtpd does */
	R_MAX
};

#define ROLE_ON_DEMAND	(-2)	/* -q as a command: what is asked for and nothing else */
#define ROLE_OWN_ONLY	(-1)	/* a command's spool: the rest of the queue is left to those who run it */
#define ROLE_BIT(r)	(1u << (r))

struct role_ctx;
struct frame;
struct peer;
struct worker_pool;

/*
 * Answers one request on the loop.  0: answered, or will be (req_hold); -1: the body is malformed: the peer is ended.
 * A descriptor in f->fd is closed afterwards unless the handler took it and set f->fd = -1.
 */
typedef int answer_fn(struct role_ctx *, struct peer *, struct frame *f);
struct answer {
	int		 id;		/* enum req_id */
	answer_fn	*fn;
};

/*
 * Answers one request in a worker.  0: *out (and *out_fd, closed after it was sent) is the answer; -1: *e is.  A malformed body is
 * reported with worker_bad(ctx), which does not return.
 */
typedef int work_fn(struct role_ctx *, struct frame *f, struct buf *out, int *out_fd, struct err *e);
struct work {
	int		 id;
	work_fn		*fn;
};

#define ROLE_NO_SANDBOX	0x80000000u	/* it runs programs as other users, who must not inherit a sandbox */

struct role_row {
	enum role_id	 id;
	const char	*name;
	enum role_as { AS_ROLE_USER, AS_QUEUE_OWNER, AS_ROOT } as;
	bool		 empty_root;	/* chroot into an empty folder */
	unsigned	 may;		/* OS_MAY_*, of the role's loop and its workers; or ROLE_NO_SANDBOX */
	/* Hooks in the order in which they are called; any may be NULL. */
	int		(*prepare)(struct role_ctx *, struct err *);	/* configuration compiled; rights of the parent still there */
	int		(*sandbox)(struct role_ctx *, const char **read_paths, const char **write_paths, size_t max);
	int		(*run)(struct role_ctx *);			/* rights gone; returns an exit code */
	int		(*reconf)(struct role_ctx *);			/* a new configuration was compiled; NULL: the parent replaces this role */
	const struct answer *answers;	/* ends with id 0 */
	const struct work *works;	/* ends with id 0 */
};

const struct role_row *role_row(enum role_id);
const char		*role_name(enum role_id);

/* What every role's process has.  Workers have a copy from their master. */
struct role_ctx {
	const struct role_row	*row;
	const char		*argv0;
	struct arena		*arena;		/* of the process */
	const struct conf	*conf;
	struct loop		*loop;		/* NULL in workers */
	struct list		 peers;		/* struct peer */
	struct peer		*to[R_MAX];	/* the neighbour's first process; NULL while it is away */
	struct chan		*ask[R_MAX];	/* in workers: own channels */
	struct chan		*master;	/* in workers: where questions come from */
	struct chan		*lent;		/* in workers: where they come from, too, while it is lent (lease.h) */
	enum role_id		 lent_to;
	struct chan		*asked;		/* in workers: where the question in work came from */
	struct worker_pool	*pool;		/* in masters */
	struct lease_set	*leases;	/* in loop roles: other masters' workers that it has; lease.h */
	const struct answer	*answers;	/* more than row->answers (masters) */
	bool			 is_worker;
	bool			 retire;	/* in workers: end after this piece of work */
	bool			 stopping;
	bool			 foreground;	/* -bD */
	bool			 verbose;
	int			 transcript;	/* -X: traffic is copied there; 0 or -1: nowhere */
	int64_t			 queue_interval;	/* -q15m, 0: none, ROLE_OWN_ONLY */
	struct str		 cf_text;	/* what conf was compiled from */
	struct str		 hosts, resolv;	/* texts of the system's files when the configuration was loaded */
	void			*state;		/* the role's own */
	/* told when a neighbour's first process came (again) */
	void			(*peer_came)(struct role_ctx *, struct peer *);
	/* told when a peer (a neighbour or one of its workers) is gone; NULL: not interested */
	void			(*peer_gone)(struct role_ctx *, struct peer *);
	void			(*stop)(struct role_ctx *);	/* the daemon stops: finish and loop_stop; NULL: at once */
	void			(*finish)(struct role_ctx *);	/* another process took over: end when nothing is in hand; NULL: as stop */
	const struct role_boot	*boot;
	struct arena		*conf_text;	/* what conf was made of */
};

/* Entry of `-role NAME`: lives and ends the process with the role's exit code. */
int	role_main(const char *argv0, const char *name);

/* ps: "sendmail: gate: accepting connections". */
void	role_title(const struct role_ctx *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Run the loop until the role is to end: an exit code. */
int	role_loop(struct role_ctx *);
/* Q_PEER, Q_CONF, Q_STOP ...: answered alike by every role. */
extern const struct answer role_control[];
/* Log lines go to the log role through this datagram socket from now on; `wait`: when it is full, the line waits, else it is lost. */
void	role_log_sink(int fd, bool wait);
struct conf_bundle;
/* Read a sealed file, whose offset others share: the bundle borrows from *text. */
int	role_read_bundle(int fd, struct buf *text, struct conf_bundle *, struct err *);
/* Read a bundle out of a sealed file and compile it into ctx->conf; -1: ctx is as it was. */
int	role_conf_load(struct role_ctx *, int fd, struct err *);

/* dns_ask of this process goes to the resolver (workers: blocking). */
void	role_use_dns(struct role_ctx *);

#endif
