/*
 * hand_write - what became of a message is written to its qf file before it leaves our hands; where that fails it is tried until it can be done.
 */
#include "hand.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "jspool.h"
#include "maillog.h"

#define RETRY_DISK_MS	10000
#define RETRY_SOON_MS	1000		/* no memory, or a helper died: it is not the disk's fault */

static void	hand_write_again(void *);

/*
 * It failed, but the new image may have got the name of the qf, or be the only one: it stays locked then, or another program's queue run would
 * deliver from it, and remove it, while we try again.
 */
static void
hand_keep_lock(struct hand *w)
{
	if (w->new_lock == -1)
		return;
	if (spool_is_named(w->s->dir[w->m->dir], str_c(w->m->id), 'q', w->new_lock)) {
		if (w->m->lock != -1)
			close(w->m->lock);
		w->m->lock = w->new_lock;
	} else
		close(w->new_lock);
	w->new_lock = -1;
}

static void
hand_written(void *arg, const struct err *e)
{
	struct hand *w = arg;

	if (e != NULL) {
		/* The old image may still be in place; the new one must get there before anyone else reads it. */
		log_line(0, LOG_P_ERR, w->m->id, "cannot write down what was delivered: %s; trying again", e->text);
		hand_keep_lock(w);
		again_at(w->s, &w->again, e->sys == ENOMEM || e->sys == 0 ? RETRY_SOON_MS : RETRY_DISK_MS, hand_write_again, w);
		return;
	}
	if (w->new_lock != -1) {
		if (w->m->lock != -1)
			close(w->m->lock);
		w->m->lock = w->new_lock;
		w->new_lock = -1;
		if (w->m->j.gen != 0)
			jspool_moved(w->s, w->m);
	}
	w->written(w);
}

static void
hand_write_again(void *arg)
{
	struct hand *w = arg;

	hand_write_down(w, w->written);
}

/* Its files go: nobody is owed anything. */
static int
hand_remove(struct hand *w, struct err *e)
{
	struct spool_dir	*d = w->s->dir[w->m->dir];
	struct str		 id = str_c(w->m->id);

	if (!jspool_keep_df(w->s, w->m))
		return spool_remove(d, id, 'q', e);
	if (spool_remove_image(d, id, 'q', e) == -1)
		return -1;
	jspool_unlink_later(w->s, w->m->dir, id, w->m->writer, 0);
	return 0;
}

/* The qf as it must be now: without those who need nothing more.  None left: the message is removed. */
void
hand_write_down(struct hand *w, void (*then)(struct hand *))
{
	struct spool_dir *d = w->s->dir[w->m->dir];
	struct qf	 q = w->qf;
	struct err	 e = ERR_INIT;
	struct buf	 b;
	bool		 journal = w->m->j.gen != 0;	/* its first try failed: now it gets files */
	struct arena_mark mark;
	int		 rc;

	w->written = then;
	w->new_lock = -1;
	mark = arena_mark(w->arena);
	q.rcpt = ARENA_ARRAY(w->arena, struct qf_rcpt, w->qf.nrcpt);
	q.nrcpt = 0;
	for (size_t i = 0; i < w->qf.nrcpt; i++)
		if (w->state[i].outcome != OUTCOME_SENT && (w->checkpoint || w->state[i].outcome != OUTCOME_FAILED))
			q.rcpt[q.nrcpt++] = w->qf.rcpt[i];		/* a failure that nobody was told of is still owed */
	buf_init(&b, QF_TEXT_MAX + 1);
	rc = q.nrcpt == 0 ? 0 : qfile_print(&q, &b, &e);
	arena_release(w->arena, mark);		/* a message of many recipients is written many times */
	if (q.nrcpt == 0 && w->checkpoint) {
		then(w);
		return;
	}
	if (q.nrcpt == 0 && w->m->j.gen != 0) {
		if (w->spilt)			/* its new qf may have got its name, but not for good: it must not outlive the record */
			spill_abort(w->s, w->m);
		jspool_done(w->s, w->m);
		hand_written(w, NULL);
		return;
	}
	if (q.nrcpt == 0) {
		hand_written(w, hand_remove(w, &e) == -1 ? &e : NULL);
		return;
	}
	w->spilt = w->spilt || journal;
	if (rc == -1 ||
	    (journal ? spill_write(w->s, w->m, w->content, buf_str(&b), &w->new_lock, &e) :
	    spool_rewrite(d, str_c(w->m->id), buf_str(&b), &w->new_lock, &e)) == -1 ||
	    sync_commit(w->s->sync, w->m->dir, str_c(w->m->id), journal && !w->m->in_df, 'q', hand_written, w) == -1) {
		if (e.class == ERR_NONE) {
			err_set(&e, ERR_TEMP, "out of memory");
			e.sys = ENOMEM;
		}
		hand_written(w, &e);
	}
	buf_done(&b);
}

/* Everything is reported and written: away with it, or back to the schedule. */
static void
hand_done(struct hand *w)
{
	struct spoold	*s = w->s;
	int64_t		 due = 0;
	bool		 left = false;

	for (size_t i = 0; i < w->qf.nrcpt; i++)
		left |= w->state[i].outcome == OUTCOME_DEFERRED;
	if (left) {
		w->m->priority = w->qf.priority;
		if (s->conf->opt.queue_sort_order == 'm')
			w->m->sort = (uint64_t)w->qf.last_try;
		due = hand_by(w, order_next(&s->group[w->m->group].order, w->qf.tries, w->qf.last_try, (uint32_t)hash_bytes(str_c(w->m->id), 1)));
	}
	else
		maillog_done(&w->qf);
	hand_end(w, due);
}

void
hand_settle(struct hand *w)
{
	struct qf	*q = &w->qf;

	if (w->checkpoint) {
		w->settle = true;
		return;
	}
	q->tries++;
	q->last_try = spoold_now();
	if (!w->m->fresh)			/* sendmail counts queue runs, not the first try */
		q->priority += w->s->conf->opt.retry_factor;
	hand_write_down(w, hand_done);
}
