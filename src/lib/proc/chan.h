/*
 * chan - framed messages over a socketpair, each with up to one descriptor.
 *
 * A frame: u32 length of the payload, u16 type, u16 flags, u32 tag, then the payload (at most CHAN_MAX).  The tag joins an answer to its
 * question; a side counts its own tags.  A frame that is too long, or a type the receiver's table does not allow, ends the peer: chan does the
 * first, the caller the second.  Two ways of use: blocking (workers) and on a loop (roles).
 */
#ifndef PROC_CHAN_H
#define PROC_CHAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct chan;
struct loop;

#define CHAN_MAX	((size_t)48 << 20)	/* where the longest envelope goes: half a KiB for each of its recipients; req.c limits each request further */
#define CHAN_ANSWER	0x0001			/* flags: answers the question of this tag */
#define CHAN_ERROR	0x0002			/* an answer whose payload is msg_put_err */
#define CHAN_LAST	0x0004			/* an answer: who gives it ends now, ask him nothing more */

struct frame {
	uint16_t	type;
	uint16_t	flags;
	uint32_t	tag;
	struct str	body;		/* valid until the next receive on this channel */
	int		fd;		/* -1, or the receiver's to close */
	bool		lost;		/* it brought a descriptor, and this process may have no more; an answer becomes an error that says so */
};

/* Takes over sock (closed by chan_free). */
struct chan	*chan_new(int sock);
/* The peer may send no longer bodies than this from now on (at first: CHAN_MAX); its memory in our process is bounded by that. */
void		 chan_limit(struct chan *, size_t max);
void		 chan_free(struct chan **);
int		 chan_fd(const struct chan *);

/* Blocking: 0, or -1 (the peer is gone; or timeout_ms passed; -1 waits for ever).  fd -1: none; it stays the sender's. */
int		 chan_send(struct chan *, uint16_t type, uint16_t flags, uint32_t tag, struct str body, int fd, struct err *);
int		 chan_recv(struct chan *, struct frame *, int timeout_ms, struct err *);
/* The same after a poll that said that something is there. */
int		 chan_recv_now(struct chan *, struct frame *, struct err *);
/*
 * Ask and wait for the answer with this tag; other frames that come in between are given to the channel's handler (chan_on), or, without one,
 * are an error.  An answer flagged CHAN_ERROR fills *err and gives -1.
 */
int		 chan_ask(struct chan *, uint16_t type, struct str body, int fd, struct frame *answer, int timeout_ms, struct err *);

/* On a loop: fn is called for each whole frame, with NULL once the peer is gone (the channel may be freed in it).  Sending never blocks, output is queued up to `cap` bytes, past which the peer counts as gone. */
typedef void	 chan_fn(void *arg, struct chan *, struct frame *);
int		 chan_on_loop(struct chan *, struct loop *, chan_fn *, void *arg, size_t cap);
void		 chan_on(struct chan *, chan_fn *, void *arg);
/* Queued (loop) or blocking send of an answer to `f`. */
/*
 * An answer that there is no memory or descriptor for becomes one that says so; when nothing can be sent at all the channel is lost: the other
 * side must not wait for what never comes.
 */
int		 chan_answer(struct chan *, const struct frame *f, struct str body, int fd);
int		 chan_answer_tag(struct chan *, uint16_t type, uint16_t flags, uint32_t tag, struct str body, int fd);
int		 chan_answer_short(struct chan *, uint16_t type, uint32_t tag);		/* "out of memory" */
int		 chan_answer_lost(struct chan *, const struct frame *f);	/* "no descriptors left", to a question that is f->lost */
int		 chan_answer_err(struct chan *, const struct frame *f, const struct err *);
/* From now on answers say that they are the last (CHAN_LAST). */
void		 chan_last(struct chan *);
uint32_t	 chan_next_tag(struct chan *);

/*
 * On a loop: ask, and have `done` called with the answer, or with NULL when the peer goes before it came.  An answer flagged CHAN_ERROR is handed
 * on as it is (chan_frame_err reads it).  -1: nothing was sent, done is not called.  timeout_ms < 0: none; past it done is called with NULL
 * and a late answer is dropped.  chan_free calls the `done` of every open question with NULL.  A descriptor that came with the answer is closed after
 * `done`, unless it took it and left -1 in its place.
 */
typedef void	 chan_done_fn(void *arg, struct frame *answer);
int		 chan_call(struct chan *, uint16_t type, struct str body, int fd, chan_done_fn *done, void *arg, int timeout_ms);
/* Fills *err from an answer flagged CHAN_ERROR (or NULL: the peer is gone) and gives -1; 0 for any other. */
int		 chan_frame_err(const struct frame *, struct err *);
/* Blocking use: a whole frame is already buffered, so a poll on chan_fd would wait in vain. */
bool		 chan_ready(const struct chan *);
/* Is an answer to a chan_call still to come? */
bool		 chan_waits(const struct chan *);
/* Let go of the channel in a forked child: closed without a word, nothing is called. */
void		 chan_abandon(struct chan **);
/*
 * The same where the loop is thrown away, too, and memory must stay shared with the parent: descriptors are closed, nothing is written or freed.
 */
void		 chan_leave(const struct chan *);

#endif
