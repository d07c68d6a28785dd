/*
 * chan_int - what chan.c (frames, blocking use) and chan_loop.c (use on a loop) share.
 */
#ifndef PROC_CHAN_INT_H
#define PROC_CHAN_INT_H

#include "base/list.h"
#include "base/buf.h"
#include "proc/chan.h"
#include "proc/loop.h"

#define CHAN_HEAD	12
#define CHAN_FD		0x8000u		/* flags, on the wire only */
#define CHAN_FDS	16		/* descriptors that may wait for their frames */
#define CHAN_FIRST	((size_t)1023)		/* what is read at once at first; more, up to CHAN_READ, when that was all used */
#define CHAN_READ	(((size_t)64 << 10) - 1)	/* one less than a power of two: see buf.c */
#define CHAN_SMALL	((size_t)2048)		/* bodies that need no memory of their own to be sent */
#define CHAN_DRY_MS	5			/* without memory for what has come, look again so often */
#define CHAN_DRY_TRIES	400			/* ... and give the peer up at last: it waits for an answer */
#define CHAN_ERR_SHORT	48			/* octets of an error that needs no memory */
#define CHAN_KEEP	((size_t)512 << 10)	/* a larger buffer is given back when it is empty */

struct chan_out {			/* one frame that waits to be written */
	struct list	 link;
	struct buf	 data;
	size_t		 done;
	int		 fd;		/* -1, or ours to close */
};

struct chan_question {			/* an open chan_call */
	struct list		 link;
	struct chan		*ch;
	uint32_t		 tag;
	chan_done_fn		*done;
	void			*arg;
	struct loop_timer	*timer;
};

struct chan {
	int		 sock;
	uint32_t	 tag;
	struct buf	 in;
	size_t		 want;		/* how much to read at once */
	size_t		 max;		/* longest body that is taken */
	uint16_t	 last;		/* CHAN_LAST, or 0: goes with answers */
	size_t		 used;		/* bytes at the front of `in` that frames took already */
	unsigned	 crowded;	/* tries to send in a row for which the system had too many descriptors on their way */
	unsigned	 dry;		/* tries to read in a row for which there was no memory */
	int		 fds[CHAN_FDS];		/* OS_FD_LOST among them */
	size_t		 nfds;
	char		 said[CHAN_ERR_SHORT];	/* the body of an answer whose descriptor was lost */
	chan_fn		*fn;
	void		*arg;
	/* on a loop */
	struct loop	*loop;
	struct loop_io	*io;
	struct list	 out;
	size_t		 queued, cap;
	struct list	 questions;
	struct loop_timer *kick;	/* tells the handler of a loss found while sending */
	int		 busy;		/* depth of handlers running */
	bool		 gone;		/* nothing comes or goes any more */
	bool		 told;		/* the handler knows */
	bool		 freed;		/* chan_free was called inside a handler */
};

/* 1 a frame, 0 not yet, -1 the peer broke the rules. */
int	chan_parse(struct chan *, struct frame *);
/* Read once: 1 something came, 0 nothing now, -1 gone. */
int	chan_fill(struct chan *);
/* One write: 1 progress, 0 would block, -1 gone.  The descriptor goes with the first byte. */
int	chan_push(struct chan *, struct str data, size_t *done, int fd);
void	chan_destroy(struct chan *);
/* Call each open question's `done` with NULL. */
void	chan_fail_questions(struct chan *);
void	chan_question_end(struct chan_question *, struct frame *);
void	chan_out_free(struct chan *, struct chan_out *);
/* A frame in memory that need not live on: written at once as far as it goes. */
int	chan_send_now(struct chan *, struct str data, int fd, struct err *);
int	chan_send_queued(struct chan *, struct buf *data, int fd, struct err *);

#endif
