/*
 * parent_int - what the files of the parent share.
 *
 * It keeps root and never reads a byte that came from the network: channels of sessions pass through it unread, and what auth, the fronts and the sessions
 * say is checked against a table (parent_asked) before it is looked at.
 */
#ifndef FRONT_PARENT_INT_H
#define FRONT_PARENT_INT_H

#include "front/front_int.h"

struct parent;

/* Whether a role's loop turns. */
struct ping {
	const char		*role;
	pid_t			 pid;
	unsigned		 misses;	/* looks in a row that found no answer */
	bool			 asked, hung;	/* hung: it is being ended */
};

struct front_proc {
	struct generation	*g;
	struct chan		*chan;		/* NULL: it is not there */
	pid_t			 pid;
	uint32_t		 number;	/* in the life of the parent; auth and tickets know it by that */
	bool			 ready;
	struct ping		 ping;
};

/* One auth and one keys with their fronts: a reload starts the next generation beside the old one. */
struct generation {
	struct list		 link;
	struct parent		*p;
	struct arena		*arena;
	struct mbconf		 conf;
	struct str		 text;
	struct chan		*auth, *keys;	/* keys: NULL where there are no certificates */
	pid_t			 auth_pid, keys_pid;
	struct ping		 auth_ping, keys_ping;
	struct front_proc	 front[MB_FRONTS_MAX];
	size_t			 nfronts;
	struct share		*share;
	int			 share_fd;
	bool			 ready, old;
	char			 host[256];
	int			 sock[MB_LISTEN_MAX];
};

struct grant {
	struct list	 link;
	struct arena	*arena;
	struct mbuser	 user;
	uint8_t		 ticket[FRONT_TICKET];
	uint32_t	 front;
	uint64_t	 until;
};

struct worker {				/* a session */
	struct list	 link;
	struct parent	*p;
	struct chan	*chan;
	pid_t		 pid;
	uid_t		 uid;
	gid_t		 gid;
	bool		 spool, locked;
	char		 inbox[2100];
};

struct parent {
	const struct front_proto *proto;
	const char		*file;
	bool			 foreground;
	char			 self[4096];
	struct loop		*loop;
	struct list		 generations, grants, workers;
	struct generation	*now;		/* in force */
	struct generation	*coming;	/* started, not ready yet; what cannot be leaves `now` as it is */
	bool			 again;		/* asked for the next one meanwhile */
	struct loop_timer	*restart, *ping, *ping_kill;
	uint64_t		 pinged;	/* when we looked last */
	bool			 ping_late;
	size_t			 nworkers, ngrants;
	uint32_t		 next;
	int			 log_fd, rc;
	bool			 started;
	char			*envp[8];
};

/* parent_gen.c */
struct generation	*generation_new(struct parent *, struct err *);
int			 generation_start(struct generation *, struct err *);
/* Start fronts again that are not there. */
int			 generation_mend(struct generation *, struct err *);
/* No more connections: it ends with the last that it has. */
void			 generation_retire(struct generation *);
/* How many fronts it has. */
size_t			 generation_fronts(const struct generation *);
/* To all its roles. */
void			 generation_kill(const struct generation *, int signo);
void			 generation_free(struct generation *);

/* parent_session.c: -1: the body does not decode */
int			 parent_grant(struct parent *, struct chan *auth, struct frame *);
int			 parent_claim(struct front_proc *, struct frame *);
void			 worker_free(struct worker *);

/* parent_ping.c */
int			 parent_ping_start(struct parent *);
/* There is another configuration. */
void			 parent_ping_anew(struct parent *);

/* parent.c */
/* A new process in this role, and its channel. */
struct chan		*parent_start(struct parent *, const char *role, pid_t *, struct err *);
int			 parent_boot(struct parent *, const struct generation *, struct chan *, const struct mbuser *, struct err *);
/* All of this generation, which was coming, is ready: it takes over. */
void			 parent_take_over(struct parent *);
/* Start a role that died again, soon. */
void			 parent_soon(struct parent *);
/* The same after a while: it just failed. */
void			 parent_later(struct parent *);
/* May `who` send this? */
bool			 parent_asked(const char *who, const struct frame *);
/* It may not, or not so: that is logged, and the process ended. */
void			 parent_expel(const char *who, pid_t, const struct frame *);

#endif
