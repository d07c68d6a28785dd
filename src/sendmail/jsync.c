/*
 * jsync - helpers that wait for the disk on behalf of the journal.
 *
 * A helper (disk_helper.c) knows the first queue directory and nothing else.  If it ends, nothing of what it had in hand is known to be
 * durable: the system may have told it of an error that it will tell nobody else.
 */
#include <stdlib.h>

#include "base/log.h"
#include "disk_helper.h"
#include "jspool.h"
#include "os/load.h"
#include "proc/msg.h"

enum { JSYNC_SYNC = 1, JSYNC_MAKE };

struct jsync {
	struct spoold	*s;
	const char	*title;
	int		 lock;		/* -1: none; see jsync_new */
	pid_t		 pid;
	struct chan	*ch;
	uint64_t	 took;		/* us; the last one */
	jsync_done_fn	*done;		/* what is open */
	void		*arg;
	bool		 lost;		/* it ended without an answer */
};

static void	jsync_gone(void *, struct chan *, struct frame *);

/* ---- in the helper ---- */

static int
jsync_do_sync(struct spoold *s, struct msg_in *in, struct err *e)
{
	uint32_t n = msg_u32(in);
	int	 rc = 0;

	for (uint32_t i = 0; i < n && !in->bad; i++)
		if (journal_sync_slot(s->dir[0]->fd, msg_u32(in), e) == -1)
			rc = -1;
	return rc;
}

static int
jsync_do_make(struct spoold *s, struct msg_in *in, struct err *e)
{
	struct journal_conf	c = { .segment_size = msg_u64(in), .mode = (mode_t)msg_u32(in) };
	struct journal_make	m = { .slot = msg_u32(in) };

	m.life.gen = msg_u64(in);
	m.life.stamp = msg_u64(in);
	return in->bad ? -1 : journal_make_segment(s->dir[0]->fd, &c, &m, e);
}

static void
jsync_main(struct chan *ch, void *arg)
{
	struct jsync	*y = arg;
	struct frame	 f;

	while (chan_recv(ch, &f, -1, NULL) == 0) {
		struct msg_in	in = msg_in(f.body);
		struct err	e = ERR_INIT;
		struct buf	out;
		uint64_t	begun = os_now_us();
		int		rc = f.type == JSYNC_SYNC ? jsync_do_sync(y->s, &in, &e) : jsync_do_make(y->s, &in, &e);

		if (!msg_end(&in))
			break;
		buf_init(&out, 0);
		msg_put_bool(&out, rc == 0);
		msg_put_u64(&out, os_now_us() - begun);
		if (rc != 0)
			msg_put_err(&out, &e);
		if (!buf_ok(&out) || chan_send(ch, f.type, CHAN_ANSWER, f.tag, buf_str(&out), -1, NULL) == -1)
			break;
		buf_done(&out);
	}
}

/* ---- in the role ---- */

static int
jsync_fork(struct jsync *y, struct err *e)
{
	const struct disk_helper h = { .s = y->s, .title = y->title, .main = jsync_main, .gone = jsync_gone, .arg = y,
		.keep = { y->s->dir[0]->fd, y->lock }, .nkeep = y->lock != -1 ? 2 : 1 };

	y->ch = disk_helper_start(&h, &y->pid, e);
	return y->ch == NULL ? -1 : 0;
}

/* A helper says nothing unasked: this is its end.  Who waits is told when it is known to be dead. */
static void
jsync_gone(void *arg, struct chan *ch, struct frame *f)
{
	struct jsync	*y = arg;
	struct err	 e = ERR_INIT, lost = ERR_INIT;
	jsync_done_fn	*done;

	(void)ch;
	if (f != NULL)
		return;
	log_line(0, LOG_P_ERR, NULL, "spool: the process that writes to disk (%s) is gone", y->title);
	chan_free(&y->ch);
	disk_helper_await(y->pid);
	if (jsync_fork(y, &e) == -1)
		log_line(0, LOG_P_CRIT, NULL, "spool: cannot start it again: %s", e.text);
	if (!y->lost)
		return;
	y->lost = false;
	done = y->done;
	y->done = NULL;
	err_set(&lost, ERR_TEMP, "the process that writes to disk is gone");
	done(y->arg, &lost);
}

static void
jsync_answer(void *arg, struct frame *f)
{
	struct jsync	*y = arg;
	struct msg_in	 in;
	struct err	 e = ERR_INIT;
	jsync_done_fn	*done = y->done;
	bool		 ok;

	if (f == NULL) {
		y->lost = true;			/* jsync_gone goes on */
		return;
	}
	in = msg_in(f->body);
	y->done = NULL;
	ok = msg_bool(&in);
	y->took = msg_u64(&in);
	if (ok && !in.bad) {
		done(y->arg, NULL);
		return;
	}
	err_set(&e, ERR_TEMP, "the process that writes to disk gave an answer that cannot be read");
	if (!in.bad)
		msg_err(&in, &e);
	done(y->arg, &e);
}

static int
jsync_call(struct jsync *y, uint16_t what, struct buf *b, jsync_done_fn *done, void *arg)
{
	int rc = -1;

	y->done = done;
	y->arg = arg;
	if (y->ch == NULL)
		jsync_fork(y, NULL);
	if (y->ch != NULL && buf_ok(b))
		rc = chan_call(y->ch, what, buf_str(b), -1, jsync_answer, y, -1);
	buf_done(b);
	return rc;
}

int
jsync_sync(struct jsync *y, const struct journal_batch *batch, jsync_done_fn *done, void *arg)
{
	struct buf b;

	buf_init(&b, 0);
	msg_put_u32(&b, batch->n);
	for (unsigned i = 0; i < batch->n; i++)
		msg_put_u32(&b, batch->slot[i]);
	return jsync_call(y, JSYNC_SYNC, &b, done, arg);
}

uint64_t
jsync_took(const struct jsync *y)
{
	return y->took;
}

int
jsync_make(struct jsync *y, const struct journal_conf *c, const struct journal_make *m, jsync_done_fn *done, void *arg)
{
	struct buf b;

	buf_init(&b, 0);
	msg_put_u64(&b, c->segment_size);
	msg_put_u32(&b, (uint32_t)c->mode);
	msg_put_u32(&b, m->slot);
	msg_put_u64(&b, m->life.gen);
	msg_put_u64(&b, m->life.stamp);
	return jsync_call(y, JSYNC_MAKE, &b, done, arg);
}

struct jsync *
jsync_new(struct spoold *s, const char *title, int lock, struct err *e)
{
	struct jsync *y = calloc(1, sizeof *y);

	if (y == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	y->s = s;
	y->title = title;
	y->lock = lock;
	if (jsync_fork(y, e) == -1) {
		free(y);
		return NULL;
	}
	return y;
}

void
jsync_end(struct jsync **yp)
{
	struct jsync *y = *yp;

	if (y == NULL)
		return;
	if (y->ch != NULL) {
		chan_free(&y->ch);
		disk_helper_await(y->pid);
	}
	free(y);
	*yp = NULL;
}
