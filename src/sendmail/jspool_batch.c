/*
 * jspool_batch - when the journal is synced, and who is told then.
 *
 * A batch is synced as soon as the one before is, if at least half of the sessions that are at work wait for it; else GATHER_MS later.  With one session
 * that is at once, with fifty a sync serves dozens of messages.  What is learned of that, and of the disk, is in pace.c.
 */
#include "jspool_int.h"

#include <stdlib.h>

#include "base/log.h"
#include "os/load.h"
#include "spare.h"

#define GATHER_MS	8
#define ACTIVE_MS	250		/* a session that committed so lately will do so again */
#define LAZY_MS		1000		/* until done marks are durable at the latest */
#define SESSIONS	256

/* Sessions that committed lately: a small table by their number, a collision costs nothing but a less good guess. */
static struct {
	uint64_t	session, at;
} sessions[SESSIONS];

/* ---- when to sync ---- */

void
jspool_note_session(uint64_t session)
{
	size_t i = (size_t)(session * 0x9e3779b97f4a7c15u >> 32) % SESSIONS;

	sessions[i].session = session;
	sessions[i].at = os_now_ms();
}

static size_t
jspool_active(void)
{
	uint64_t	now = os_now_ms();
	size_t		n = 0;

	for (size_t i = 0; i < SESSIONS; i++)
		n += sessions[i].at != 0 && now - sessions[i].at < ACTIVE_MS;
	return n;
}

void
jspool_move(struct list *to, struct list *from)
{
	while (!list_empty(from)) {
		struct list *l = from->next;

		list_remove(l);
		list_append(to, l);
	}
}

/* ---- a batch ---- */

/* df files of messages that are over: their marks are durable now. */
void
jspool_unlink(struct jspool *js)
{
	struct err e = ERR_INIT;

	LIST_EACH(l, &js->unlinks_flying) {
		struct junlink *u = LIST_OF(l, struct junlink, link);

		if (u->place != 0)
			spare_over(js->s, u->place, u->writer);
		else if (!spare_keep(js->s, u->dir, str_c(u->id), u->writer))
			(void)spool_remove(js->s->dir[u->dir], str_c(u->id), 'q', &e);
		list_remove(&u->link);
		free(u);
	}
}

static void
jspool_synced(void *arg, const struct err *e)
{
	struct jspool	*js = arg;
	struct list	 batch;

	js->syncing = false;
	list_init(&batch);
	jspool_move(&batch, &js->flying);
	js->nflying = 0;
	journal_sync_end(js->j, &js->batch, e == NULL);
	if (e == NULL)
		jspool_unlink(js);
	else {
		log_line(0, LOG_P_CRIT, NULL, "spool: the journal cannot be made durable: %s", e->text);
		jspool_move(&js->unlinks, &js->unlinks_flying);
		/* What was written meanwhile stands in the same segments, which nobody syncs any more. */
		jspool_move(&batch, &js->waiting);
		js->nwaiting = 0;
		jspool_soon(js);
	}
	js->want = pace_want(&js->pace, jspool_active());
	LIST_EACH(l, &batch) {
		struct jwait *w = LIST_OF(l, struct jwait, link);

		list_remove(&w->link);
		if (e != NULL)
			journal_done(js->j, &w->ref, str_c(w->id));	/* its sender is told that it is not ours */
		w->done(w->arg, e);
		free(w);
	}
	jspool_segments(js);
	jspool_kick(js);
	spill_run(js->s);
	spoold_check_flush(js->s);
}

/* From the helper. */
static void
jspool_answered(void *arg, const struct err *e)
{
	struct jspool *js = arg;

	if (e == NULL)
		pace_took(&js->pace, jsync_took(js->sync), os_now_ms());
	jspool_synced(js, e);
}

/* While the disk is quick: nobody has to be woken for it. */
static void
jspool_sync_here(struct jspool *js)
{
	uint64_t	begun = os_now_us(), end;
	struct err	e = ERR_INIT;
	int		rc = journal_sync_batch(js->j, &js->batch, &e);

	end = os_now_us();
	pace_took(&js->pace, end - begun, end / 1000);
	jspool_synced(js, rc == -1 ? &e : NULL);
}

/* `here`: only from the loop, for who waits is told before this returns. */
static void
jspool_sync(struct jspool *js, bool late, bool here)
{
	if (js->syncing || js->j == NULL)
		return;
	pace_batch(&js->pace, js->nwaiting, js->want, late);
	js->gathering = js->due = js->lazily = false;
	jspool_move(&js->flying, &js->waiting);
	if (journal_marked(js->j))
		jspool_move(&js->unlinks_flying, &js->unlinks);
	js->nflying = js->nwaiting;
	js->nwaiting = 0;
	journal_sync_begin(js->j, &js->batch);
	js->syncing = true;
	if (here) {
		jspool_sync_here(js);
		return;
	}
	if (jsync_sync(js->sync, &js->batch, jspool_answered, js) == 0)
		return;
	js->unsent = true;
	if (loop_timer_set(js->gather, 0) == -1) {
		log_line(0, LOG_P_CRIT, NULL, "spool: out of memory");
		loop_stop(js->s->ctx->loop);		/* the next process begins with what is written */
	}
}

/* SuperSafe=false: whoever waits is told at once, and the disk gets it within a second. */
static void
jspool_unsafe(struct jspool *js)
{
	struct list batch;

	list_init(&batch);
	jspool_move(&batch, &js->waiting);
	js->nwaiting = 0;
	LIST_EACH(l, &batch) {
		struct jwait *w = LIST_OF(l, struct jwait, link);

		list_remove(&w->link);
		w->done(w->arg, NULL);
		free(w);
	}
	jspool_soon(js);
}

void
jspool_gathered(void *arg)
{
	struct jspool *js = arg;

	js->gathering = js->due = false;
	if (js->unsent) {
		struct err e = ERR_INIT;

		js->unsent = false;
		err_set(&e, ERR_TEMP, "the process that writes to disk is away");
		jspool_synced(js, &e);
		return;
	}
	if (js->s->conf->opt.super_safe == SUPERSAFE_NO)
		jspool_unsafe(js);
	else if (js->nwaiting > 0)
		jspool_sync(js, true, pace_here(&js->pace, os_now_ms()));
}

void
jspool_kick(struct jspool *js)
{
	if (js->nwaiting == 0)
		return;
	if (js->s->conf->opt.super_safe == SUPERSAFE_NO) {
		loop_timer_set(js->gather, 0);
		return;
	}
	if (js->syncing || js->due)
		return;
	if (js->nwaiting >= js->want || js->want < 2) {
		js->due = pace_here(&js->pace, os_now_ms()) && loop_timer_set(js->gather, 0) == 0;
		if (!js->due)
			jspool_sync(js, false, false);
	} else if (!js->gathering) {
		js->gathering = true;
		loop_timer_set(js->gather, GATHER_MS);
	}
}

/* Done marks wait for the next batch, but not for long. */
void
jspool_lazy(void *arg)
{
	struct jspool *js = arg;

	js->lazily = false;
	if (js->j != NULL && !js->syncing && (journal_dirty(js->j) || (journal_marked(js->j) && !list_empty(&js->unlinks))))
		jspool_sync(js, false, pace_here(&js->pace, os_now_ms()));
}

void
jspool_soon(struct jspool *js)
{
	if (js->lazily)
		return;
	js->lazily = true;
	loop_timer_set(js->lazy, LAZY_MS);
}
