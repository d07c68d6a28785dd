/*
 * gate - what gate.c (one connection's life), gate_accept.c (how they come), gate_ask.c (what is found out about them) and gate_limit.c (listeners, counts,
 * limits) share.
 */
#ifndef SENDMAIL_GATE_H
#define SENDMAIL_GATE_H

#include "ask.h"
#include "base/hash.h"
#include "role.h"

#define GATE_BUCKETS	6		/* parts of the window in which rates are counted */

enum gate_step {
	GATE_VERDICT,			/* an smtpd was asked */
	GATE_PAUSE,			/* greet_pause */
	GATE_TARPIT,			/* a line is there, and waits */
	GATE_GREETED,			/* waiting for the first line */
	GATE_CROWD,			/* a line is there, and waits until fewer sessions like it are on their way to smtpds */
	GATE_HANDED,			/* an smtpd has it */
	GATE_PARKED			/* waiting for the next line */
};

struct gate;

struct gate_client {			/* one address */
	char		 key[24];
	uint32_t	 connections;
	uint32_t	 rate[GATE_BUCKETS];
	char		*dns;		/* DNS answers of the last verdict: door_dns.h */
	size_t		 ndns;
	uint64_t	 dns_until;	/* os_now_ms */
	struct ip	 no_ident;	/* this address of it has no ident server, */
	uint64_t	 no_ident_until;	/* ... as it said lately */
	bool		 speaks;	/* at once, when it is greeted: gate_direct.c */
};

struct gate_conn {
	struct list		 link;	/* gate->conns */
	struct gate		*gate;
	int			 fd;	/* -1 while an smtpd has it */
	struct loop_io		*io;
	struct loop_timer	*timer;
	enum gate_step		 step;
	uint32_t		 daemon;
	struct ip		 client, local;
	struct gate_client	*counted;
	uint32_t		 client_rate, total_rate, client_open, total_open;	/* when it came */
	int64_t			 started;
	struct buf		 state;	/* struct park as it will be handed over, without input */
	struct buf		 input;
	struct buf		 dns;	/* answers so far: door_dns.h */
	char			*ident;	/* or NULL */
	unsigned		 rounds;	/* verdicts that were asked for */
	int			 open;	/* questions that are not answered yet */
	bool			 ident_open, asking, failed, queued;
	bool			 asked_dns;	/* it needed DNS that was not known */
	uint64_t		 came_at;	/* os_now_ms */
	struct list		 wait;	/* gate->waiting, while queued; gate->crowd */
	unsigned		 bundled;	/* its share of gate->bundled */
	bool			 greeted, early;
	bool			 direct;	/* an smtpd has it that asked nobody */
	bool			 prompt;	/* its verdict came at once, and without a pause */
	uint64_t		 greeted_at;	/* os_now_ms */
	uint32_t		 tarpit_ms;
	int			*filters;	/* of a parked session: its connections to filters */
	size_t			 nfilters;
	char			 text[IP_TEXT + 4];	/* "[192.0.2.1]" for log lines */
};

struct gate_listener {
	struct list	 link;
	struct gate	*gate;
	int		 fd;
	struct loop_io	*io;
	uint32_t	 daemon;
	int64_t		 second;	/* of `accepted` */
	int64_t		 accepted;	/* in this second: ConnectionRateThrottle */
	int64_t		 refusing;	/* since when connections are refused, 0: they are not */
	int64_t		 told;		/* when that was last told */
	bool		 announced;	/* that it began was told */
};

struct gate {
	struct role_ctx		*ctx;
	struct list		 listeners, coming, conns;	/* coming: until the last of a new set is there */
	int			 files;		/* that we may have open */
	int			 connections;	/* that we may have, with those that smtpds have */
	int			 reserve;
	uint32_t		 total;
	uint32_t		 rate[GATE_BUCKETS];
	struct hash		*clients;	/* key -> struct gate_client */
	unsigned		 bucket;
	struct loop_timer	*window;	/* turns the buckets */
	struct loop_timer	*resume;	/* listeners are watched again */
	struct list		 waiting;	/* for their turn to ask an smtpd */
	unsigned		 asking;	/* verdicts that an smtpd is asked for */
	unsigned		 direct;	/* sessions that began so and are not over */
	struct loop_timer	*push;		/* smtpds that are slow do not hold up everybody */
	struct list		 crowd;		/* gate_crowd.c: sessions whose turn comes later */
	unsigned		 bundled;	/* descriptors in bundles of sessions that smtpds have */
	bool			 paused;
	int			 load;
	int64_t			 load_at;
};

struct gate	*gate_new(struct role_ctx *);
const char	*gate_daemon_name(const struct gate *, uint32_t daemon);
bool		 gate_daemon_is_tls(const struct gate *, uint32_t daemon);

/* gate_accept.c: a listener has connections; each becomes a gate_take of ours. */
void	 gate_accept(void *, int fd, unsigned what);
/* Closed, after this line with its end. */
void	 gate_refuse_fd(int fd, const char *line);
/* fd is taken over. */
void	 gate_take(struct gate *, const struct gate_listener *, int fd, const struct ip *client);
/* Unread input would turn our close into a reset. */
void	 gate_drain(int fd);

/*
 * gate_ask.c: find out about the client what its verdict needs, with no worker waiting: `done` is gate_verdict, called once: with a verdict, or with NULL
 * when there will be none.
 */
void	 gate_ask(struct gate_conn *);
void	 gate_ask_forget(struct gate_conn *);	/* it goes */
int	 gate_ask_init(struct gate *);
void	 gate_ask_told(struct gate_conn *, const struct verdict *);	/* by an smtpd; VERDICT_WAIT: it is asked again */
void	 gate_verdict(struct gate_conn *, const struct verdict *);

/* gate_direct.c: may this connection go to an smtpd at once?  Then gate_begin hands it over. */
bool	 gate_direct(const struct gate_conn *);
/* The same, once its ident server has answered: nothing else is to be found out meanwhile. */
bool	 gate_direct_later(const struct gate_conn *);
void	 gate_begin(struct gate_conn *);
void	 gate_direct_begin(struct gate_conn *);
void	 gate_direct_end(struct gate_conn *);				/* the smtpd has it no more */
void	 gate_direct_back(struct gate_conn *, const struct park *);	/* ... and gives it back */
/* What is learned from the long way: the verdict, and when the first line is there. */
void	 gate_direct_greeted(struct gate_conn *, const struct verdict *);
void	 gate_direct_spoke(struct gate_conn *);

/* gate_crowd.c: true: it is not to be handed over now, its turn comes. */
bool	 gate_crowd_waits(struct gate_conn *);
void	 gate_crowd_leave(struct gate_conn *);		/* the smtpd has it no more, or it goes */
void	 gate_crowd_next(struct gate *);
void	 gate_hand(struct gate_conn *);			/* to an smtpd, with all that it said */

/* Count a connection of this client; -1: no memory. */
int	 gate_count(struct gate *, struct gate_conn *, const struct ip *client);
void	 gate_uncount(struct gate *, struct gate_conn *);
void	 gate_rates(const struct gate *, const struct gate_conn *, uint32_t *client_rate, uint32_t *total_rate, uint32_t *client_open,
		uint32_t *total_open);
/* While there are few connections gate runs where they come in: the last one did here. */
void	 gate_settle(const struct gate *, int processor);

/* ConnectionRateThrottle: false when this second's share is used up; the listeners rest until the next. */
bool	 gate_may_accept(struct gate *, struct gate_listener *);
/* MaxDaemonChildren, RefuseLA, memory: a 421 line in why. */
bool	 gate_is_full(struct gate *, struct gate_listener *, char *why, size_t size);
void	 gate_drop_listeners(struct gate *);

#endif
