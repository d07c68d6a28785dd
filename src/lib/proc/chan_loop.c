/*
 * chan_loop - channels on a loop: queued output, dispatch of frames, questions whose answers are called back.
 *
 * A handler may free its own channel, so a channel that is freed while a handler of it runs is only taken apart when the last of them has returned
 * (`busy`, `freed`).  A loss that is noticed while sending is told from the loop, never from inside the send.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "proc/chan_int.h"

static void chan_flush(struct chan *);

/* Nothing more can be sent or received: tell the handler soon, not from inside a send. */
static void
chan_lost(struct chan *ch)
{
	ch->gone = true;
	if (ch->io != NULL)
		loop_io_free(&ch->io);
	if (ch->kick != NULL)
		loop_timer_set(ch->kick, 0);
}

int
chan_send_queued(struct chan *ch, struct buf *data, int fd, struct err *e)
{
	struct chan_out	*o;
	size_t		 done = 0;

	if (ch->gone) {
		buf_done(data);
		return err_set(e, ERR_TEMP, "send to a role: it is gone");
	}
	if (list_empty(&ch->out)) {
		/* Mostly it goes at once, and neither the message nor its descriptor has to be kept. */
		if (chan_push(ch, buf_str(data), &done, fd) == -1) {
			buf_done(data);
			chan_lost(ch);
			return 0;			/* as if it had been queued: the loss is told from the loop */
		}
		if (done == data->n) {
			buf_done(data);
			return 0;
		}
		fd = done > 0 ? -1 : fd;
	}
	if (ch->queued + data->n > ch->cap || (o = calloc(1, sizeof *o)) == NULL) {
		buf_done(data);
		chan_lost(ch);
		return err_set(e, ERR_TEMP, "send to a role: it does not read its messages");
	}
	o->fd = -1;
	o->done = done;
	if (fd != -1 && (o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1) {
		buf_done(data);
		free(o);
		return err_sys(e, ERR_TEMP, "send a descriptor to a role");
	}
	o->data = *data;
	list_append(&ch->out, &o->link);
	ch->queued += o->data.n;
	chan_flush(ch);
	return 0;
}

int
chan_send_now(struct chan *ch, struct str data, int fd, struct err *e)
{
	struct buf	b;
	size_t		done = 0;
	int		rc = 1;

	if (ch->gone)
		return err_set(e, ERR_TEMP, "send to a role: it is gone");
	while (list_empty(&ch->out) && done < data.n && (rc = chan_push(ch, data, &done, fd)) == 1)
		;
	if (done == data.n)
		return 0;
	if (rc == -1) {
		chan_lost(ch);
		return err_sys(e, ERR_TEMP, "send to a role");
	}
	buf_init(&b, CHAN_MAX + CHAN_HEAD);
	buf_add(&b, str_from(data, done));
	if (!buf_ok(&b)) {
		buf_done(&b);
		chan_lost(ch);			/* half a frame, or no answer: the other side must not wait for it */
		errno = ENOMEM;
		return err_sys(e, ERR_TEMP, "send to a role");
	}
	return chan_send_queued(ch, &b, done > 0 ? -1 : fd, e);
}

static void
chan_flush(struct chan *ch)
{
	while (!ch->gone && !list_empty(&ch->out)) {
		struct chan_out *o = LIST_OF(ch->out.next, struct chan_out, link);
		int		 rc = chan_push(ch, buf_str(&o->data), &o->done, o->fd);

		if (rc == -1) {
			chan_lost(ch);
			return;
		}
		if (rc == 0)
			break;
		if (o->done == o->data.n)
			chan_out_free(ch, o);
	}
	if (ch->io != NULL &&
	    loop_io_set(ch->io, LOOP_READ | (list_empty(&ch->out) ? 0u : LOOP_WRITE)) == -1)
		chan_lost(ch);
}

/* ---- on a loop ---- */

static void
chan_tell_gone(struct chan *ch)
{
	ch->busy++;
	ch->gone = true;
	loop_io_free(&ch->io);
	chan_fail_questions(ch);
	if (!ch->freed && !ch->told) {
		ch->told = true;
		ch->fn(ch->arg, ch, NULL);
	}
	if (--ch->busy == 0 && ch->freed)
		chan_destroy(ch);
}

static void
chan_dispatch(struct chan *ch, struct frame *f)
{
	if (!(f->flags & CHAN_ANSWER)) {
		ch->fn(ch->arg, ch, f);
		return;
	}
	LIST_EACH(it, &ch->questions) {
		struct chan_question *q = LIST_OF(it, struct chan_question, link);

		if (q->tag == f->tag) {
			chan_question_end(q, f);
			return;
		}
	}
	if (f->fd != -1)
		close(f->fd);
}

/* All whole frames that are buffered; `filled` -1: nothing will follow them. */
static void
chan_frames(struct chan *ch, int filled)
{
	struct frame	f;
	int		rc = 0;

	ch->busy++;
	while (!ch->freed && !ch->gone && (rc = chan_parse(ch, &f)) == 1)
		chan_dispatch(ch, &f);
	if (!ch->freed && !ch->gone && (rc == -1 || filled == -1))
		chan_tell_gone(ch);
	if (--ch->busy == 0 && ch->freed)
		chan_destroy(ch);
}

static void
chan_event(void *arg, int fd, unsigned what)
{
	struct chan *ch = arg;

	(void)fd;
	if (what & LOOP_WRITE)
		chan_flush(ch);
	if (what & LOOP_READ && !ch->gone)
		chan_frames(ch, chan_fill(ch));
}

/* Something is to be told from the loop: a loss, or frames that were buffered before the loop was there. */
static void
chan_kick(void *arg)
{
	struct chan *ch = arg;

	if (ch->gone)
		chan_tell_gone(ch);
	else
		chan_frames(ch, 1);
}

int
chan_on_loop(struct chan *ch, struct loop *l, chan_fn *fn, void *arg, size_t cap)
{
	ch->loop = l;
	ch->cap = cap;
	chan_on(ch, fn, arg);
	if ((ch->kick = loop_timer_new(l, chan_kick, ch)) == NULL)
		return -1;
	if ((ch->io = loop_io_new(l, ch->sock, LOOP_READ, chan_event, ch)) == NULL)
		return -1;
	if (ch->in.n > ch->used)
		return loop_timer_set(ch->kick, 0);
	return 0;
}

bool
chan_waits(const struct chan *ch)
{
	return !list_empty(&ch->questions);
}

static void
chan_question_late(void *arg)
{
	struct chan_question	*q = arg;
	struct chan		*ch = q->ch;

	ch->busy++;
	chan_question_end(q, NULL);
	if (--ch->busy == 0 && ch->freed)
		chan_destroy(ch);
}

int
chan_call(struct chan *ch, uint16_t type, struct str body, int fd, chan_done_fn *done, void *arg, int timeout_ms)
{
	struct chan_question *q = calloc(1, sizeof *q);

	if (q == NULL)
		return -1;
	q->ch = ch;
	q->tag = chan_next_tag(ch);
	q->done = done;
	q->arg = arg;
	if (timeout_ms >= 0 && ((q->timer = loop_timer_new(ch->loop, chan_question_late, q)) == NULL ||
	    loop_timer_set(q->timer, (uint64_t)timeout_ms) == -1))
		goto bad;
	if (chan_send(ch, type, 0, q->tag, body, fd, NULL) == -1)
		goto bad;
	list_append(&ch->questions, &q->link);
	return 0;
bad:
	loop_timer_free(&q->timer);
	free(q);
	return -1;
}
