/*
 * parent_int - what the parent's files share.
 */
#ifndef SENDMAIL_PARENT_INT_H
#define SENDMAIL_PARENT_INT_H

#include <limits.h>
#include <sys/stat.h>

#include "parent.h"
#include "req.h"

#define PARENT_SOCKETS	CONF_DAEMONS

struct maps;

struct proc {				/* a process in a role */
	struct list	 link;
	enum role_id	 role;
	pid_t		 pid;
	struct peer	*peer;		/* NULL: its channel is gone */
	int64_t		 started;	/* ms */
	bool		 ready, leaving;	/* leaving: replaced, or told to stop */
	bool		 asked;		/* a Q_PING is on its way */
	bool		 hung;		/* it did not answer: being killed */
	int		 misses;	/* looks in a row that found no answer */
};

struct parent_socket {
	uint32_t	 daemon;
	struct ip	 ip;		/* family 0: path */
	char		 path[108];
	int		 fd;
};

struct parent;

struct parent_retry {
	struct parent		*parent;
	enum role_id		 role;
	struct loop_timer	*timer;
	int			 failures;
};

struct parent {
	struct role_ctx		 ctx;		/* our own: role R_PARENT */
	const struct parent_args *args;
	char			 self[1024];
	char			 control[108];	/* the control socket, "" none */
	char			 cf[PATH_MAX];	/* args->cf from any folder */
	int64_t			 self_time;	/* of the binary, to see a new one */
	ino_t			 self_ino;
	const char		*empty;		/* an empty folder */
	int			 conf_fd;	/* the sealed file that roles get */
	struct stat		 hosts_st, resolv_st;	/* the system's files, as they are in conf_fd */
	uint64_t		 tls_stamp, tls_seen;	/* of certificates and keys: in use; at the last look */
	struct loop_timer	*watch;		/* looks whether they changed */
	char			**env;		/* of roles */
	uid_t			 role_uid, queue_uid, root_uid;
	gid_t			 role_gid, queue_gid, root_gid;
	char			 role_user[64], queue_user[64], root_user[64];
	int			 log_in, log_out;	/* datagrams: roles write log_in, log reads log_out */
	struct list		 procs;
	struct parent_socket	 sock[PARENT_SOCKETS];
	size_t			 nsock;
	struct parent_retry	 retry[R_MAX];
	struct loop_timer	*ping, *ping_kill;	/* parent_ping.c */
	uint64_t		 pinged;	/* the last look, ms */
	struct loop_timer	*phase_timer;
	int			 phase;		/* of an orderly stop; 0: none */
	bool			 reexec;	/* start anew after the stop */
	bool			 reloading;	/* stderr is nobody's any more */
	bool			 role_by_default; /* no RoleUser: DefaultUser stands in */
	bool			 settled;	/* all roles were ready once */
	int			 code;		/* exit code */
	struct maps		*maps;		/* for Q_MAPOPEN: paths only */
	struct arena		*maps_arena;
	/* of a command */
	parent_body_fn		*body;
	void			*body_arg;
	pid_t			 body_pid;
	int			 report;	/* where its exit code, or that of the start, is told; -1 */
};

/* parent.c */
int	parent_init(struct parent *, const struct parent_args *, struct err *);
int	parent_start(struct parent *, unsigned wanted, struct err *);
int	parent_queue(struct parent *, struct err *);	/* -1: a queue directory that is not there, or not for us */
int	parent_queue_code(const struct err *);		/* the exit code then */

void	parent_renew_tls(struct parent *);

/* parent_proc.c */
#define PARENT_RETRY_MS	500
extern const struct role_row parent_row;
struct proc *parent_proc(struct parent *, enum role_id);	/* who is in this role and stays; NULL */
struct proc *parent_start_role(struct parent *, enum role_id, struct err *);
int	parent_introduce(struct proc *, struct proc *);	/* a channel between the two */
int	parent_tell(struct proc *, enum req_id, struct str body, int fd);
void	parent_peer_gone(struct role_ctx *, struct peer *);
void	parent_retry(void *);				/* timer of a struct parent_retry */
void	parent_child(void *, int signo);		/* SIGCHLD */
void	parent_stop(struct parent *, const char *why);	/* begin an orderly stop */
void	parent_phase_late(void *);			/* timer */

/* parent_conf.c: through the loader, into a sealed file; messages go to stderr and the log. -1: nothing has changed. */
int	parent_conf_load(struct parent *, struct err *);
answer_fn parent_answer_mapopen;
void	parent_filters_print(struct str body, struct buf *);	/* parent_filters.c: the answer of Q_FILTERSTAT as lines */
answer_fn parent_answer_filteropen;	/* parent_filter.c */
answer_fn parent_answer_portopen;	/* parent_port.c */
/* parent_class.c: open what the F lines of `first` name and send it to a loader, over a blocking channel. */
int	parent_class_files(const struct conf *first, struct chan *, struct err *);
/* Timer: when resolv.conf or the hosts file changed, roles that look at them get them anew. */
void	parent_watch(void *);
#define PARENT_WATCH_MS	3000

/* parent_listen.c */
int	parent_listen(struct parent *, struct err *);	/* bind what is new, close what is gone */
int	parent_listen_first(struct parent *, struct err *);	/* the same at the start: what is in use is waited for, five seconds */
/* parent_inherit.c: sockets that were bound by who started us become p->sock; or are left to the program that follows us: from which descriptor on all can be closed. */
void	parent_inherit(struct parent *);
int	parent_bequeath(struct parent *);
bool	parent_inherited_both(const struct parent_socket *have, const struct parent_socket *want);	/* "[::]:25" for "0.0.0.0:25" */
int	parent_send_sockets(struct parent *);		/* to gate */
bool	parent_is_empty(const char *dir);		/* a folder of root's with nothing in it */

/* parent_control.c: bind the control socket that the configuration names, let go of another. */
void	parent_control(struct parent *);
void	parent_control_remove(struct parent *);

/* parent_ping.c: roles that do not answer any more are ended, and so replaced. */
int	parent_ping_start(struct parent *);
void	parent_ping_anew(struct parent *);		/* another configuration */
answer_fn parent_answer_busy;

/* parent_mend.c: two roles lost their channel, and both may live. */
answer_fn parent_answer_lost;

/* parent_pid.c */
int	parent_pid_file(struct parent *, struct err *);
void	parent_pid_remove(struct parent *);

/* parent_command.c */
void	parent_body_ended(struct parent *, int code);

#endif
