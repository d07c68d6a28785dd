/*
 * parent - the process that keeps root: binds, starts and replaces the roles, hears signals; it never reads a stranger's byte.
 */
#ifndef SENDMAIL_PARENT_H
#define SENDMAIL_PARENT_H

#include "ask.h"
#include "role.h"

struct parent_args {
	int			 argc;		/* our own command line: for the pid file, and for a new start on SIGHUP */
	char			**argv;
	const char		*cf;		/* path of the sendmail.cf */
	const struct conf_override *over;	/* -O, -o, -M */
	size_t			 nover;
	bool			 foreground;	/* -bD */
	bool			 verbose;
	bool			 no_listen;	/* -q15m without -bd: no gate, no smtpd */
	bool			 no_pid_file;	/* -bD in tests and commands */
	int64_t			 queue_interval;	/* -q15m; 0: none */
	const char		*trace;		/* -d, or NULL */
};

/* The daemon; returns its exit code (in the foreground process at once, once the daemon is on its way). */
int	parent_daemon(const struct parent_args *);

/*
 * Run the roles (but gate and smtpd) for the time of `body`, which runs in a child of its own with R_COMMAND's rights: it asks by req_ask, its
 * configuration is ctx->conf.  What it returns is the exit code.  When it has ended, spool is asked to finish what is in hand (Q_FLUSH) and
 * everything stops.
 */
typedef int parent_body_fn(struct role_ctx *, void *arg);
int	parent_command(const struct parent_args *, parent_body_fn *, void *arg);

/* ---- what the parent's files share ---- */

#define PARENT_SOCKETS	64

struct proc {				/* a process in a role */
	struct list	 link;
	enum role_id	 role;
	pid_t		 pid;
	struct peer	*peer;		/* NULL: its channel is gone */
	int64_t		 started;	/* ms */
	bool		 ready, leaving;	/* leaving: replaced or told to stop */
};

struct parent_socket {
	uint32_t	 daemon;
	struct ip	 ip;		/* family 0: path */
	char		 path[108];
	int		 fd;
};

struct parent {
	struct role_ctx		 ctx;		/* our own: role R_PARENT */
	const struct parent_args *args;
	char			 self[1024];
	int64_t			 self_time;	/* of the binary, to see a new one */
	uint64_t		 self_ino;
	int			 conf_fd;	/* the sealed file that roles get */
	char			**env;		/* of roles */
	uid_t			 role_uid, queue_uid, root_uid;
	gid_t			 role_gid, queue_gid, root_gid;
	char			 role_user[64], queue_user[64], root_user[64];
	int			 log_in, log_out;	/* datagrams: roles write log_in, log reads log_out */
	struct list		 procs;
	unsigned		 wanted;	/* ROLE_BITs that are to run */
	struct parent_socket	 sock[PARENT_SOCKETS];
	size_t			 nsock;
	struct loop_timer	*retry[R_MAX];
	int			 failures[R_MAX];
	struct loop_timer	*phase_timer;
	int			 phase;		/* of an orderly stop; 0: none */
	bool			 reexec;	/* start anew after the stop */
	bool			 reloading;
	int			 code;		/* exit code */
	/* of a command */
	pid_t			 body_pid;
	bool			 flushed;
	struct maps		*maps;
	struct arena		*maps_arena;
};

/* parent_conf.c: through the loader, into a sealed file; messages go to stderr and the log. -1: nothing has changed. */
int	parent_conf_load(struct parent *, struct err *);
int	parent_users(struct parent *, struct err *);
answer_fn parent_answer_mapopen;

/* parent_listen.c */
int	parent_listen(struct parent *, struct err *);	/* bind what is new, close what is gone */
int	parent_send_sockets(struct parent *);		/* to gate */

/* parent_pid.c */
int	parent_pid_file(struct parent *, struct err *);
void	parent_pid_remove(struct parent *);

/* parent.c */
struct proc *parent_start_role(struct parent *, enum role_id, struct err *);
int	parent_connect_role(struct parent *, struct proc *);

#endif
