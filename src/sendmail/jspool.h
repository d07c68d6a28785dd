/*
 * jspool - the journal in the spool role: messages become durable in it, many with one sync, and leave it again.
 *
 * Who has been given a place (jspool_append) is told when it is durable.  Waiting for the disk is done by two forked helpers (jsync.c): one syncs, one
 * makes segments; but while syncs are quick they are done here (pace.h).  While one sync runs the next messages gather; when many sessions are at work
 * it waits a few milliseconds more for them.
 */
#ifndef SENDMAIL_JSPOOL_H
#define SENDMAIL_JSPOOL_H

#include "pace.h"
#include "queue/journal.h"
#include "spoold.h"

struct jsync;

struct jspool {
	struct spoold	*s;
	struct journal	*j;		/* NULL: another process has it, or there is to be none */
	struct journal_conf conf;
	struct journal_replay *replay;	/* it is still being found out what it owes; NULL: that is known */
	struct loop_timer *replay_timer;
	unsigned	 replay_tries;
	struct jsync	*sync, *make;
	struct list	 waiting, flying;	/* struct jwait */
	size_t		 nwaiting, nflying;
	struct journal_batch batch;
	bool		 syncing, making, had_segment;
	uint64_t	 make_after;	/* os_now_ms */
	struct journal_make made;
	size_t		 want;		/* so many make a batch */
	struct pace	 pace;
	struct list	 roomless;	/* struct jroom: they wait for a segment that is being made */
	struct list	 msgs;		/* struct msg.jlink: all that are in the journal, oldest first */
	size_t		 nmsgs;
	struct hash	*parts;		/* see parts_note; NULL: there are none */
	size_t		 parts_size;
	struct list	 unlinks, unlinks_flying;	/* struct junlink: df files that go when the marks are durable */
	struct loop_timer *gather, *lazy, *retry;
	uint64_t	 retry_ms;	/* until the next look whether the journal is free */
	bool		 gathering, due, lazily;	/* due: it is synced here, from the loop */
	bool		 unsent;	/* `flying` could not be given to the helper: told from the loop */
	int		 listener;
	/* spill.c */
	struct loop_io	*accepts;
	struct list	 askers;	/* struct spill_asker */
	uint64_t	 spill_gen;	/* messages up to this generation are to move; UINT64_MAX: all */
	size_t		 spilling;
	bool		 spill_failed;
	struct loop_timer *spill_timer;
};

/* With the parent's rights: the socket for those who ask for files. */
void		 jspool_prepare(struct spoold *);
/* At work: helpers, and what the journal still owes goes into the schedule.  -1: no memory. */
int		 jspool_start(struct spoold *, struct err *);
/* It must be known now what the journal owes (as far as it can be read). */
void		 jspool_replay_finish(struct spoold *);
/* Another configuration. */
void		 jspool_reconf(struct spoold *);
/* The last words of the process. */
void		 jspool_stop(struct spoold *);

/* Is there a place now for a message of that many octets, envelope and content?  Or soon: then jspool_await. */
enum jspool_room { JSPOOL_NONE, JSPOOL_NOW, JSPOOL_SOON };
enum jspool_room jspool_takes(struct spoold *, size_t octets);
/* fn is called when it is known whether there is room.  -1: no memory. */
typedef void	 jspool_room_fn(void *arg);
int		 jspool_await(struct spoold *, jspool_room_fn *, void *arg);
/* 0: done is called later; 1: no place; -1: it cannot be written. */
int		 jspool_append(struct spoold *, const struct jrec_message *, uint64_t session, struct jref *, sync_done_fn *, void *arg, struct err *);
/* A message in the schedule that stands there. */
void		 jspool_add(struct spoold *, struct msg *, const struct jref *, bool in_df, unsigned place);
/* Its envelope and, unless it is in a df, content, in buf; -1. */
int		 jspool_read(struct spoold *, struct msg *, struct buf *, struct jrec_message *, struct err *);
/* Nobody is owed it any more: its mark is written, and its df goes when that is durable. */
void		 jspool_done(struct spoold *, struct msg *);
/* A df, or what is in that place, whose record is marked as done: it goes when the mark is durable. */
void		 jspool_unlink_later(struct spoold *, uint32_t dir, struct str id, uint64_t writer, unsigned place);
/* It stands in durable files now. */
void		 jspool_moved(struct spoold *, struct msg *);
/* The message of that qf has a record with the same df, whose mark may not be durable: the df is to go later (jspool_unlink_later). */
bool		 jspool_keep_df(struct spoold *, const struct msg *);

/* ---- spoold_part.c: recipients that an earlier process was done with, while others of their message were not ---- */

/* From the journal: of this message, if it is still owed. */
journal_part_fn	 parts_note;
/* Is it known of the message, which is in hand, that this recipient is done?  `qf`: the time of its file, if it has one. */
bool		 parts_know(const struct spoold *, const struct msg *, uint32_t sum, int64_t qf, struct str name);
/* It has moved into files with all its recipients: what is known of them holds as before. */
void		 parts_moved(struct spoold *, struct str id);
void		 parts_forget(struct spoold *, struct str id);
void		 jspool_part(struct spoold *, const struct jrec_part *);

/* ---- spill.c ---- */

int		 spill_init(struct spoold *);
/* Messages up to this generation are to move into files, unless they are in hand. */
void		 spill_upto(struct spoold *, uint64_t gen);
/* Something has changed: go on. */
void		 spill_run(struct spoold *);
/* Is any of them still to move, now? */
bool		 spill_busy(const struct spoold *);
/* Write the files of a message that is in the journal: not durable, *lock is the qf's.  `content`: unless it is in a df. */
int		 spill_write(struct spoold *, struct msg *, struct str content, struct str image, int *lock, struct err *);
/* What such an attempt left, as long as the record counts. */
void		 spill_abort(struct spoold *, struct msg *);

/* ---- jsync.c ---- */

typedef void	 jsync_done_fn(void *arg, const struct err *);	/* NULL: done */
/*
 * `lock`: a descriptor that it holds as long as it lives, -1: none.  Who makes segments holds the journal's lock, for it may outlive us by the time that
 * the disk takes: nobody has the journal until then.
 */
struct jsync	*jsync_new(struct spoold *, const char *title, int lock, struct err *);
/* Nothing is open.  When it returns the helper is gone. */
void		 jsync_end(struct jsync **);
/* One at a time.  -1: it is away, done is not called. */
int		 jsync_sync(struct jsync *, const struct journal_batch *, jsync_done_fn *, void *arg);
/* How long its work took for which done is being called, us. */
uint64_t	 jsync_took(const struct jsync *);
int		 jsync_make(struct jsync *, const struct journal_conf *, const struct journal_make *, jsync_done_fn *, void *arg);

#endif
