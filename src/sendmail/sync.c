/*
 * sync - helpers of the spool role that wait for the disk, so that its loop never does.
 *
 * Each helper (disk_helper.c) knows the queue directories and nothing else.  Whatever is asked while all helpers are busy goes to the next free
 * one as one batch: many messages share one sync of the directory, and the file system's journal joins their file syncs.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/log.h"
#include "disk_helper.h"
#include "proc/msg.h"
#include "spoold.h"

#define BATCH_MAX	256
#define SYNC_DIRS	64
#define SYNC_BATCH	1		/* message type on the helper's channel */

struct sync_item {
	struct list	 link;
	uint32_t	 dir;
	char		 id[QID_MAX];
	bool		 df;
	char		 kind;
	sync_done_fn	*done;
	void		*arg;
};

struct sync_helper {
	struct sync	*sync;
	pid_t		 pid;
	struct chan	*ch;
	struct list	 batch;		/* struct sync_item, in order */
	bool		 busy, dead;
};

struct sync {
	struct spoold	*s;
	struct list	 waiting;
	struct list	 failed;	/* nobody could be given these: told from the loop, never from inside sync_commit */
	struct loop_timer *tell;
	struct sync_helper *helper;
	unsigned	 nhelper;
};

static void	sync_give(struct sync *);
static void	sync_gone(void *, struct chan *, struct frame *);

/* ---- in the helper ---- */

/* The directories that `used` names; what lies in one that failed has failed. */
static void
sync_do_dirs(struct spoold *s, const bool *used, const struct sync_item *v, size_t n, struct err *errs)
{
	for (uint32_t d = 0; d < s->ndir; d++) {
		struct err e = ERR_INIT;

		if (!used[d % SYNC_DIRS] || spool_sync_dir(s->dir[d], &e) == 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (v[i].dir == d && errs[i].class == ERR_NONE)
				errs[i] = e;
	}
}

/* Items up to n; what failed has its error.  The disk works on all content while we wait for something else. */
static void
sync_do_batch(struct spoold *s, const struct sync_item *v, size_t n, struct err *errs)
{
	bool	used[SYNC_DIRS] = { false };

	for (size_t i = 0; i < n; i++) {
		errs[i] = ERR_INIT;
		if (v[i].dir >= s->ndir)
			err_set(&errs[i], ERR_BUG, "no such queue directory");
		else if (v[i].df && n > 1)
			spool_write_soon(s->dir[v[i].dir], str_c(v[i].id));
		used[v[i].dir % SYNC_DIRS] = true;
	}
	for (size_t i = 0; i < n; i++)
		if (errs[i].class != ERR_NONE)
			continue;
		else if (v[i].kind != 0)
			(void)spool_commit(s->dir[v[i].dir], str_c(v[i].id), v[i].df, v[i].kind, &errs[i]);
	sync_do_dirs(s, used, v, n, errs);
}

static void
sync_helper_main(struct chan *ch, void *arg)
{
	static struct sync_item	 item[BATCH_MAX];
	static struct err	 errs[BATCH_MAX];
	struct spoold		*s = ((struct sync_helper *)arg)->sync->s;
	struct frame		 f;

	while (chan_recv(ch, &f, -1, NULL) == 0) {
		struct msg_in	in = msg_in(f.body);
		struct buf	out;
		uint32_t	n = msg_u32(&in);

		if (n > BATCH_MAX)
			break;
		for (uint32_t i = 0; i < n; i++) {
			item[i].dir = msg_u32(&in);
			item[i].df = msg_bool(&in);
			item[i].kind = (char)msg_u8(&in);
			if (str_copy(item[i].id, sizeof item[i].id, msg_str(&in, QID_MAX)) == -1)
				in.bad = true;
		}
		if (!msg_end(&in))
			break;
		sync_do_batch(s, item, n, errs);
		buf_init(&out, 0);
		for (uint32_t i = 0; i < n; i++) {
			msg_put_bool(&out, errs[i].class == ERR_NONE);
			if (errs[i].class != ERR_NONE)
				msg_put_err(&out, &errs[i]);
		}
		if (!buf_ok(&out) || chan_send(ch, f.type, CHAN_ANSWER, f.tag, buf_str(&out), -1, NULL) == -1)
			break;
		buf_done(&out);
	}
}

/* ---- in the role ---- */

static int
sync_helper_start(struct sync_helper *h, struct err *e)
{
	struct spoold		*s = h->sync->s;
	struct disk_helper	 d = { .s = s, .title = "sync", .main = sync_helper_main, .gone = sync_gone, .arg = h };

	for (size_t i = 0; i < s->ndir && d.nkeep + 3 <= DISK_HELPER_KEEP; i++) {
		d.keep[d.nkeep++] = s->dir[i]->fd;
		d.keep[d.nkeep++] = s->dir[i]->qfd;
		d.keep[d.nkeep++] = s->dir[i]->dfd;
	}
	if ((h->ch = disk_helper_start(&d, &h->pid, e)) == NULL)
		return -1;
	h->dead = false;
	return 0;
}

static void
sync_finish(struct sync_item *it, const struct err *e)
{
	sync_done_fn	*done = it->done;
	void		*arg = it->arg;

	list_remove(&it->link);
	free(it);
	done(arg, e);
}

static void
sync_move(struct list *to, struct list *from)
{
	while (!list_empty(from)) {
		struct list *l = from->next;

		list_remove(l);
		list_append(to, l);
	}
}

/* Nothing of what it had in hand is known to be durable. */
static void
sync_lost(struct sync_helper *h)
{
	struct list	batch;
	struct err	lost = ERR_INIT;

	list_init(&batch);
	sync_move(&batch, &h->batch);
	err_set(&lost, ERR_TEMP, "the process that writes to disk is gone");
	while (!list_empty(&batch))
		sync_finish(LIST_OF(batch.next, struct sync_item, link), &lost);
}

/*
 * A helper says nothing unasked: this is its end.  Only when it is known to be dead (if it was we who could not go on, it ends its batch first) are
 * those told who wait: a name that it gives a file after that would be in the way of their next try.
 */
static void
sync_gone(void *arg, struct chan *ch, struct frame *f)
{
	struct sync_helper	*h = arg;
	struct err		 e = ERR_INIT;

	(void)ch;
	if (f != NULL)
		return;
	log_line(0, LOG_P_ERR, NULL, "spool: the process that writes to disk is gone");
	chan_free(&h->ch);
	h->dead = true;
	disk_helper_await(h->pid);
	h->busy = false;
	if (sync_helper_start(h, &e) == -1)
		log_line(0, LOG_P_CRIT, NULL, "spool: cannot start it again: %s", e.text);
	sync_lost(h);
	sync_give(h->sync);
}

static void
sync_answer(void *arg, struct frame *f)
{
	struct sync_helper	*h = arg;
	struct list		 batch;
	struct msg_in		 in;
	struct err		 bad = ERR_INIT;

	if (f == NULL) {
		h->dead = true;
		return;				/* sync_gone goes on */
	}
	in = msg_in(f->body);
	list_init(&batch);
	sync_move(&batch, &h->batch);
	h->busy = false;
	err_set(&bad, ERR_TEMP, "the process that writes to disk gave an answer that cannot be read");
	while (!list_empty(&batch)) {
		struct sync_item	*it = LIST_OF(batch.next, struct sync_item, link);
		struct err		 e = bad;

		if (msg_bool(&in)) {
			sync_finish(it, NULL);
			continue;
		}
		if (!in.bad)
			msg_err(&in, &e);
		sync_finish(it, &e);
	}
	sync_give(h->sync);
}

static void
sync_tell(void *arg)
{
	struct sync	*y = arg;
	struct err	 e = ERR_INIT;

	err_set(&e, ERR_TEMP, "no process to write to disk");
	while (!list_empty(&y->failed))
		sync_finish(LIST_OF(y->failed.next, struct sync_item, link), &e);
}

static void
sync_fail(struct sync *y, struct list *items)
{
	sync_move(&y->failed, items);
	if (loop_timer_set(y->tell, 0) == -1) {
		log_line(0, LOG_P_CRIT, NULL, "spool: out of memory");
		loop_stop(y->s->ctx->loop);		/* the next process begins with the journal and the files */
	}
}

static void
sync_send(struct sync_helper *h)
{
	struct buf	 b;
	uint32_t	 n = 0;

	LIST_EACH(l, &h->sync->waiting) {
		if (n++ == BATCH_MAX)
			break;
		list_remove(l);
		list_append(&h->batch, l);
	}
	if (n > BATCH_MAX)
		n = BATCH_MAX;
	buf_init(&b, 0);
	msg_put_u32(&b, n);
	LIST_EACH(l, &h->batch) {
		struct sync_item *it = LIST_OF(l, struct sync_item, link);

		msg_put_u32(&b, it->dir);
		msg_put_bool(&b, it->df);
		msg_put_u8(&b, (uint8_t)it->kind);
		msg_put_str(&b, str_c(it->id));
	}
	h->busy = true;
	if (!buf_ok(&b) || chan_call(h->ch, SYNC_BATCH, buf_str(&b), -1, sync_answer, h, -1) == -1) {
		h->busy = false;		/* if it is gone sync_gone will say so */
		sync_fail(h->sync, &h->batch);
	}
	buf_done(&b);
}

static void
sync_give(struct sync *y)
{
	unsigned	alive = 0;

	for (unsigned i = 0; i < y->nhelper && !list_empty(&y->waiting); i++) {
		struct sync_helper *h = &y->helper[i];

		if (h->dead && h->ch == NULL && !h->busy)
			sync_helper_start(h, NULL);
		if (!h->dead && !h->busy)
			sync_send(h);
		alive += (!h->dead && h->ch != NULL) || h->busy;
	}
	/* Nobody there: refuse rather than let senders wait for ever. */
	if (alive == 0 && !list_empty(&y->waiting))
		sync_fail(y, &y->waiting);
}

struct sync *
sync_new(struct spoold *s, unsigned helpers, struct err *e)
{
	struct sync *y = calloc(1, sizeof *y);

	if (y == NULL || (y->helper = calloc(helpers, sizeof *y->helper)) == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	y->s = s;
	y->nhelper = helpers;
	list_init(&y->waiting);
	list_init(&y->failed);
	if ((y->tell = loop_timer_new(s->ctx->loop, sync_tell, y)) == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	for (unsigned i = 0; i < helpers; i++) {
		y->helper[i].sync = y;
		list_init(&y->helper[i].batch);
		if (sync_helper_start(&y->helper[i], e) == -1)
			return NULL;
	}
	return y;
}

int
sync_commit(struct sync *y, uint32_t dir, struct str id, bool df, char kind, sync_done_fn *done, void *arg)
{
	struct sync_item *it = calloc(1, sizeof *it);

	if (it == NULL)
		return -1;
	if (str_copy(it->id, sizeof it->id, id) == -1) {
		free(it);
		return -1;
	}
	it->dir = dir;
	it->df = df;
	it->kind = kind;
	it->done = done;
	it->arg = arg;
	list_append(&y->waiting, &it->link);
	sync_give(y);
	return 0;
}
