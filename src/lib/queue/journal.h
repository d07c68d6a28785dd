/*
 * journal - where fresh messages become durable: segments in a queue directory, appended to by one process.
 *
 * The owner (role spool) appends messages and done marks with journal_append and journal_done, both of which only write; whoever waits for the disk is
 * another process, which runs journal_make_segment and journal_sync_slot, unless the disk is quick (journal_sync_batch).  What was appended is durable when the journal_sync_end of a batch
 * that began after it says so.
 *
 * Segments live in the order of their generations.  The oldest one, once none of its messages is owed any more, is begun anew: its own record is
 * rewritten and synced, which ends every record in it, before anything is appended.  Done marks stand in the segment of their message or in a
 * younger one, so the order keeps them as long as they are needed.  States after a crash: doc/spool.md.
 */
#ifndef QUEUE_JOURNAL_H
#define QUEUE_JOURNAL_H

#include <sys/types.h>

#include "base/err.h"
#include "queue/jrec.h"

struct journal;

struct journal_conf {
	uint64_t	 segment_size;	/* octets; rounded to JREC_ALIGN */
	unsigned	 segments;	/* at most so many */
	mode_t		 mode;		/* of their files */
};

#define JOURNAL_SEGMENTS_MAX	1000u
#define JOURNAL_LOCK		"journal.lock"
#define JOURNAL_SOCKET		"journal.sock"

/* Take the directory's journal for writing; `dir` stays open.  NULL; e->sys EWOULDBLOCK: another process has it. */
struct journal	*journal_open(int dir, const struct journal_conf *, struct err *);
/* Only look: no lock, nothing is changed; a daemon may be writing meanwhile. */
struct journal	*journal_look(int dir, struct err *);
void		 journal_close(struct journal **);
/*
 * The lock's descriptor.  Whoever makes segments for the owner holds it, too: nobody else takes the journal before he is over, and no segment of the
 * next owner can be replaced by one of his.
 */
int		 journal_lock(const struct journal *);
/* Are there any segments?  (Without one there is nothing to replay.) */
bool		 journal_exists(int dir);

/*
 * Every message that is still owed, youngest first; something else than 0 from fn ends it.  Once.  What is damaged is kept in
 * journal.bad.GENERATION.OFFSET beside the segments (but when only looking) and counted.
 *
 * In steps: when it has begun it is known where the youngest segment ends, and the owner may append while he goes on, a segment a step.  A step that
 * failed, or in which fn said something else than 0, may be tried again: it goes on with that segment, or with that message.
 */
typedef int	 journal_fn(void *arg, const struct jref *, const struct jrec_message *);
struct journal_found {
	size_t		 messages, owed, damaged, segments;
};
struct journal_replay;
/* Parts (jrec.h) of messages that no mark has taken away, at `time`, in no order; before the message itself.  Something else than 0: no memory. */
typedef int	 journal_part_fn(void *arg, const struct jrec_part *, int64_t time);
void		 journal_replay_parts(struct journal *, journal_part_fn *);	/* before it begins; `arg` is the replay's */
struct journal_replay *journal_replay_begin(struct journal *, journal_fn *, void *arg, struct err *);
int		 journal_replay_step(struct journal_replay *, struct err *);	/* 1: there is more, 0: that was all, -1 */
struct journal_found journal_replay_found(const struct journal_replay *);	/* until now */
void		 journal_replay_end(struct journal_replay **);
/* All of it, before anything is appended. */
int		 journal_replay(struct journal *, journal_fn *, void *arg, struct journal_found *, struct err *);
/* Every record of every segment, for people.  `damage`: what could not be read (r is NULL then). */
typedef void	 journal_record_fn(void *arg, uint32_t slot, const struct jrec *r, struct str damage, uint64_t at);
int		 journal_walk(struct journal *, journal_record_fn *, void *arg, struct err *);

/* 0; 1: no room now; -1: it cannot be written (nothing was promised). */
int		 journal_append(struct journal *, const struct jrec_message *, struct jref *, struct err *);
/* Nobody is owed this message any more.  The mark is written at once, or as soon as there is room. */
void		 journal_done(struct journal *, const struct jref *, struct str id);
/* Some of its recipients are done: written now, or never. */
void		 journal_part(struct journal *, const struct jrec_part *);
/* The message again; strings borrow from the buffer. */
int		 journal_read(struct journal *, const struct jref *, struct buf *, struct jrec_message *, struct err *);

/* ---- syncing: begin in the owner, journal_sync_slot for each slot elsewhere (or journal_sync_batch), end in the owner; one batch at a time ---- */

#define JOURNAL_BATCH	16
struct journal_batch {
	uint32_t	 slot[JOURNAL_BATCH];
	unsigned	 n;
	uint64_t	 gen[JOURNAL_BATCH];
};
bool		 journal_dirty(const struct journal *);
/* Does every done mark stand in a segment?  Then the next batch makes all of them durable. */
bool		 journal_marked(const struct journal *);
/* Is any done mark not durable yet? */
bool		 journal_marking(const struct journal *);
void		 journal_sync_begin(struct journal *, struct journal_batch *);
/* Not ok: nothing more is written to these segments (what the system forgot cannot be known), and their done marks are written again elsewhere. */
void		 journal_sync_end(struct journal *, const struct journal_batch *, bool ok);
int		 journal_sync_slot(int dir, uint32_t slot, struct err *);
/* The same in the owner, who waits: all slots of the batch. */
int		 journal_sync_batch(const struct journal *, const struct journal_batch *, struct err *);

/* ---- segments ---- */

struct journal_make {
	uint32_t	 slot;
	struct jrec_life life;
};
/* Is a segment needed?  Then it is being made from now on, until journal_made. */
bool		 journal_wants(struct journal *, struct journal_make *);
void		 journal_made(struct journal *, const struct journal_make *, bool ok);
/* A new file of zeros, or an old one begun anew; durable. */
int		 journal_make_segment(int dir, const struct journal_conf *, const struct journal_make *, struct err *);
/* The generation up to which messages should move to files of their own, for its segments are wanted; 0: none. */
uint64_t	 journal_pressed(const struct journal *);
/* Owed messages in a damaged segment's generation or older ones should move, too: the same, for segments that failed. */
size_t		 journal_owed(const struct journal *);
bool		 journal_has_room(struct journal *, size_t room);

/* ---- other programs ---- */

/*
 * Have every message in the journal of directory v[at] put into files of its own, for programs that work with files: by the daemon that owns it, or, if
 * there is none, by ourselves.  `v`: all queue directories that are known, for long content stands in any of them, and so may files that were durable
 * before the daemon could mark the message as done.  0 done, -1 not (someone else has it and does not answer; what has no content here stays there).
 */
struct spool_dir;
int		 journal_flush(struct spool_dir *const *v, size_t n, size_t at, int timeout_ms, struct err *);
/*
 * The socket where the owner is asked for that: bound (-1: not) by whoever may become the owner, and given its name when he is.  It is the asker's
 * right to the directory that lets him in.
 */
int		 journal_listen(const struct spool_dir *, struct err *);
int		 journal_publish(const struct spool_dir *, struct err *);

#endif
