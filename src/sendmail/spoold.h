/*
 * spoold - what the files of the spool role share: the messages it knows, the work in hand, its helpers.
 *
 * A message is in one of these hands:
 *
 *	commit	(spoold_commit.c)	its files are being made durable; unknown to everyone else
 *	sched	(sched.c)	it waits in the heap for its time
 *	work	(hand.c)	it is routed, delivered, reported on, rewritten or removed; its qf is locked
 */
#ifndef SENDMAIL_SPOOLD_H
#define SENDMAIL_SPOOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "base/hash.h"
#include "base/list.h"
#include "flow.h"
#include "queue/jrec.h"
#include "queue/order.h"
#include "queue/qfile.h"
#include "queue/qid.h"
#include "queue/spool.h"
#include "req.h"
#include "role.h"

struct sync;
struct scan_job;
struct stats;
struct spares;
struct hand;
struct dest;

/* Work that is tried again later, without asking for memory; see spoold_again.c.  All zeros: nothing is to be done. */
struct again {
	struct list	 link;
	uint64_t	 at;		/* os_now_ms */
	void		(*fn)(void *);
	void		*arg;
	bool		 on;
};

/* What a fresh message keeps in memory until its first try is over. */
struct kept {
	struct buf	 qf, content;
};

struct msg {
	char		 id[QID_MAX];
	uint32_t	 dir;		/* index of its directory */
	uint16_t	 group;		/* index into spoold.group */
	uint16_t	 heap;		/* in which it is */
	int64_t		 due;		/* INT64_MAX: never by itself */
	int64_t		 priority, created;
	uint64_t	 sort;		/* QueueSortOrder host, modification */
	size_t		 at;		/* place in its heap, SIZE_MAX: in none */
	int		 lock;		/* of the qf, -1 */
	bool		 fresh;		/* not tried yet */
	bool		 seen;		/* by the last scan */
	bool		 plan;		/* only to be divided among queue groups, not to be tried */
	bool		 runner;	/* counts against its group's Runners */
	bool		 demand;	/* chosen by a queue run for some of the queue */
	bool		 in_df;		/* in the journal: its content is in a df */
	uint16_t	 place;		/* in_df: 0, or it is in that place (spare.h) instead */
	bool		 had_df;	/* so it was, and it moved into files */
	bool		 spilling;	/* on its way from the journal into files */
	uint8_t		 put_backs;	/* times in a row that our own roles could not handle it */
	uint64_t	 writer;	/* serial of the peer that wrote its df, 0: nobody's */
	struct flow_one	*flow;		/* until it was tried once; NULL: it does not count */
	uint32_t	 sender;	/* hash of it, for fairness; 0: not known yet */
	bool		 parked;	/* in a lane of a destination */
	struct msg	*next_parked;	/* behind it in its lane, see dest.c */
	struct dest	*comes_to;	/* it was parked there, and has been taken up again */
	struct kept	*kept;
	struct hand	*hand;
	struct jref	 j;		/* gen not 0: it is in the journal and has no qf */
	struct list	 jlink;
};

#define CLOCK_BACK	10			/* seconds by which a clock is set back; less is a correction */
#define SPOOL_HAND_MAX	100			/* messages in hand at one time, beside those that wait for others ... */
#define SPOOL_HAND_ALL	1000			/* ... and with them */

struct heap {
	struct msg	**v;
	size_t		 n, room;
};

#define GROUP_NAME	64
struct qgroup {
	char		 name[GROUP_NAME];
	const struct conf_queue_group *conf;
	struct order_conf order;
	uint32_t	*dir;		/* its directories */
	size_t		 ndir, next;
	size_t		 members;	/* messages */
	size_t		 limit, running;	/* messages in hand in queue runs */
	size_t		 jobs, started;		/* in one run, which ends ... */
	int64_t		 run_ends;
};

struct spoold {
	struct role_ctx	*ctx;
	const struct conf *conf;
	struct order_conf order;
	struct spool_dir **dir;
	size_t		 ndir;
	struct qgroup	*group;		/* [0] is mqueue */
	size_t		 ngroup;
	struct sync	*sync;
	struct jspool	*js;
	/* sched.c */
	struct hash	*msgs;		/* by id */
	struct heap	*heap;		/* fresh ones; then for each group: those that wait for their time, those whose time has come */
	size_t		 nheap;
	size_t		 turn;		/* which of them was asked last */
	size_t		 runners;	/* messages in hand in queue runs, of all groups */
	uint64_t	 lonely_since;	/* os_now_ms; a role that works for us is away */
	struct loop_timer *timer;	/* next message, or next destination */
	struct hash	*dests;
	size_t		 parked;	/* messages that wait at a destination and are in no hand */
	size_t		 active;	/* attempts with hosts of the network */
	size_t		 waiting;	/* attempts that wait for their destination */
	size_t		 coming;	/* messages that were parked and have been taken up, not there yet */
	struct dest	*crowded;	/* where the last message was parked, NULL: none was */
	size_t		 look;		/* messages that may yet be routed although they would be parked there, too */
	size_t		 ended;		/* attempts since the look timer was set */
	bool		 looking;	/* it is set */
	struct loop_timer *look_timer;
	int64_t		 clock_ahead;	/* of the clock that is never set, in seconds */
	int64_t		 demand_at;	/* the last queue run for some of the queue */
	int		 dead_fd;	/* DeadLetterDrop, -1: not set, or it cannot be opened */
	int		 stats_fd;	/* StatusFile, -1: nothing is counted */
	struct stats	*stats;		/* not written yet */
	struct loop_timer *stats_timer;
	bool		 stats_due;
	int		 hosts_fd;	/* HostStatusDirectory, -1: none */
	const char	*hosts_path;
	/* spoold.c */
	struct list	 dfs;		/* struct open_df */
	struct flow	 flow;		/* of long content */
	struct list	 df_waits;	/* struct df_wait, the first first */
	struct loop_timer *df_timer;
	struct list	 flushes;	/* struct held, as struct flush */
	uint32_t	 run_at, run_of;	/* messages of the run that a command asked for: begun, matched */
	int		 failed_ex;	/* exit code of the last recipient that failed for good */
	struct scan_job	*scan;		/* files that were found and not opened yet */
	struct loop_timer *scan_timer;
	size_t		 kept, nkept;	/* bytes, messages */
	bool		 running;	/* sched_run is at work further up */
	size_t		 committing;
	struct spares	*spares;	/* spare.c: for each directory */
	/* spoold_again.c */
	struct list	 again;
	struct loop_timer *again_timer;
	bool		 again_set;	/* it is running */
	/* hand.c */
	size_t		 working;
	/* spoold_place.c */
	uint32_t	 session_at;	/* as in struct commit */
	uint64_t	 session_until;	/* os_now_ms; it counts so long */
	bool		 stopping;
};

/* ---- spoold_again.c ---- */

int		 again_init(struct spoold *);
void		 again_at(struct spoold *, struct again *, uint64_t ms, void (*)(void *), void *arg);
void		 again_cancel(struct again *);
void		 again_look(struct spoold *);			/* what is due now, should the timer have found no memory */

/* ---- spoold_place.c ---- */

void		 spoold_session_at(struct spoold *, uint32_t near);	/* a session has brought a message: `near' as in struct commit */
/* Something is to be done with a message: where whoever does it, ourselves included, is not to run (struct route_ask); 0: anywhere. */
uint32_t	 spoold_aside(struct spoold *);

/* ---- sync.c: forked helpers make things durable ---- */

typedef void	 sync_done_fn(void *arg, const struct err *);	/* NULL: it is durable */
struct sync	*sync_new(struct spoold *, unsigned helpers, struct err *);
/* Calls done exactly once, later.  -1: no memory, done is not called.  kind 0: the names in the directory alone are made durable. */
int		 sync_commit(struct sync *, uint32_t dir, struct str id, bool df, char kind, sync_done_fn *, void *arg);

/* ---- sched.c ---- */

int		 sched_init(struct spoold *);
/* A message that is in the queue directory.  NULL: no memory.  It is in no hand: sched_at or hand_start. */
struct msg	*sched_add(struct spoold *, struct str id, uint32_t dir, uint16_t group);
struct msg	*sched_find(struct spoold *, struct str id);
void		 sched_forget(struct spoold *, struct msg *);		/* frees */
void		 sched_at(struct spoold *, struct msg *, int64_t due);	/* moves it in the heap */
int		 sched_reorder(struct spoold *);			/* QueueSortOrder, or the groups, have changed; -1: no memory */
void		 sched_left(struct spoold *, struct msg *);		/* it is in no hand any more */
/* What host and modification order need to know of a message: its first recipient's host, or when the qf was written. */
uint64_t	 sched_sort_key(const struct spoold *, struct str qf, int64_t written);
void		 sched_drop_kept(struct spoold *, struct msg *);
/* Start what is due while there is room, and set the timer. */
void		 sched_run(struct spoold *);
bool		 sched_waits(const struct msg *);			/* it is in no hand */
bool		 sched_idle(struct spoold *);			/* nothing in hand, nothing due */

/* ---- spoold_group.c: queue groups ---- */

/* Once the directories are open, and for a new configuration. */
int		 groups_init(struct spoold *, struct err *);
answer_fn	 answer_status, answer_filtercount, answer_filterstat;	/* the latter: spoold_filter.c */
uint16_t	 group_by_name(const struct spoold *, struct str name);		/* 0, mqueue, when there is none */
uint16_t	 group_of(const struct spoold *, struct str name, uint32_t dir);
/* The next of its directories with room, in turn. */
int		 group_pick_dir(struct spoold *, uint16_t group, uint64_t need, uint32_t *dir, struct err *);

/* ---- dest.c: where to, and how much at a time ---- */

struct job {
	struct list	 link;
	struct hand	*hand;
	struct attempt	*attempt;
	struct dest	*dest;
	uint64_t	 started;	/* os_now_ms */
	bool		 demand;	/* a person or ETRN asked for this message: what was down before that is tried again */
};
int		 dest_init(struct spoold *);
/*
 * Wait for a slot of the attempt's destination; hand_job_start is called then, or hand_job_skip when it is down.  False: too many wait
 * there already; the message was given out of hand (hand_park) and comes again by the schedule.
 */
bool		 dest_join(struct spoold *, struct job *);
/* A message that had been parked need not be waited for any more: it is gone, or went elsewhere. */
void		 dest_arrived(struct spoold *, struct msg *);
/* The attempt is over.  `r` NULL: it could not be made. */
void		 dest_leave(struct spoold *, struct job *, const struct attempt_result *r);
/*
 * May a waiting message be begun?  While they all seem to go where there is no room any more, to route them would be in vain: then as many
 * as have room there, and a few to find out whether others are among them.
 */
bool		 dest_may_look(struct spoold *);
/* Forget what is known about dead hosts (a queue run asked for by a person). */
void		 dest_revive(struct spoold *);

/* ---- spoold_host.c: what is known of hosts beyond this process ---- */

/* Open HostStatusDirectory, if it is set and there. */
void		 hosts_open(struct spoold *);
/* Has this destination failed within Timeout.hoststatus, and after `after`?  Then why. */
bool		 hosts_down(struct spoold *, struct str host, int64_t after, char *status, size_t status_size, char *text, size_t text_size);
/* Write down what an attempt for `host` (the mailer's) has found out. */
void		 hosts_note(struct spoold *, struct str host, const struct attempt_result *);
/* SingleThreadDelivery: 0 and *lock (-1 when nothing is kept of this host), 1: another process talks with it. */
int		 hosts_lock(struct spoold *, struct str host, int *lock);

/* ---- spoold_stats.c: StatusFile ---- */

/* With the rights of the parent: the file is often root's. */
void		 stats_open(struct spoold *);
/* spoold_dead.c: DeadLetterDrop is opened before rights are dropped, and written to for as long as the daemon lives. */
void		 dead_open(struct spoold *);
struct hand;
/* The message goes to its end.  -1: it could not, and a log line says why. */
int		 dead_letter(struct hand *);
void		 stats_from(struct spoold *, uint32_t mailer, const struct qf *, uint64_t size, bool quarantined);	/* mailer plus 1 */
void		 stats_to(struct spoold *, const struct attempt *, const struct attempt_result *);
answer_fn	 answer_count;
void		 stats_write(struct spoold *);		/* what was counted goes into the file */

/* ---- hand.c, report.c ---- */

void		 hand_start(struct spoold *, struct msg *);
/* Give the message out of hand until its destination has room; false: it must stay. */
bool		 hand_park(struct job *);
void		 hand_job_start(struct job *);
void		 hand_job_skip(struct job *, struct str status, struct str text);

/* ---- spoold_commit.c ---- */

/* A message made by ourselves (a DSN, a split envelope); done when durable, and then it is scheduled at once. */
int		 spoold_commit(struct spoold *, const struct commit *, int content_fd, struct str df_of, sync_done_fn *, void *arg, struct err *);

/* ---- spoold.c ---- */

void		 spoold_check_flush(struct spoold *);
/* What the journal owes is known: now the directories. */
void		 spoold_known(struct spoold *);
int64_t		 spoold_now(void);

#endif
