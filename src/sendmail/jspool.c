/*
 * jspool - see the header.
 *
 * A batch is synced as soon as the one before is, if at least half of the sessions that are at work wait for it; else GATHER_MS later.  With one session
 * that is at once, with fifty a sync serves dozens of messages.
 */
#include "jspool.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "os/file.h"
#include "os/load.h"
#include "spare.h"
#include "spoold_scan.h"

#define GATHER_MS	8
#define ACTIVE_MS	250		/* a session that committed so lately will do so again */
#define LAZY_MS		1000		/* until done marks are durable at the latest */
#define RETRY_MS	1000		/* while another process has the journal; when no segment can be made */
#define SESSIONS	256
#define MAKE_AGAIN_MS	10000		/* after a segment could not be made */

struct jwait {
	struct list	 link;
	struct jref	 ref;
	char		 id[QID_MAX];
	sync_done_fn	*done;
	void		*arg;
};

struct jroom {
	struct list	 link;
	jspool_room_fn	*fn;
	void		*arg;
};

struct junlink {
	struct list	 link;
	uint32_t	 dir;
	char		 id[QID_MAX];
};

/* Sessions that committed lately: a small table by their number, a collision costs nothing but a less good guess. */
static struct {
	uint64_t	session, at;
} sessions[SESSIONS];

static void	jspool_kick(struct jspool *);
static void	jspool_soon(struct jspool *);
static void	jspool_room(struct jspool *);
static void	jspool_segments(struct jspool *);

/* ---- when to sync ---- */

static void
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

static void
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
static void
jspool_unlink(struct jspool *js)
{
	struct err e = ERR_INIT;

	LIST_EACH(l, &js->unlinks_flying) {
		struct junlink *u = LIST_OF(l, struct junlink, link);

		if (!spare_keep(js->s, u->dir, str_c(u->id)))
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
	js->want = jspool_active() / 2;
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

static void
jspool_sync(struct jspool *js)
{
	if (js->syncing || js->j == NULL)
		return;
	js->gathering = js->lazily = false;
	jspool_move(&js->flying, &js->waiting);
	if (journal_marked(js->j))
		jspool_move(&js->unlinks_flying, &js->unlinks);
	js->nflying = js->nwaiting;
	js->nwaiting = 0;
	journal_sync_begin(js->j, &js->batch);
	js->syncing = true;
	if (jsync_sync(js->sync, &js->batch, jspool_synced, js) == 0)
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

static void
jspool_gathered(void *arg)
{
	struct jspool *js = arg;

	js->gathering = false;
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
		jspool_sync(js);
}

static void
jspool_kick(struct jspool *js)
{
	if (js->nwaiting == 0)
		return;
	if (js->s->conf->opt.super_safe == SUPERSAFE_NO) {
		loop_timer_set(js->gather, 0);
		return;
	}
	if (js->syncing)
		return;
	if (js->nwaiting >= js->want || js->want < 2)
		jspool_sync(js);
	else if (!js->gathering) {
		js->gathering = true;
		loop_timer_set(js->gather, GATHER_MS);
	}
}

/* Done marks wait for the next batch, but not for long. */
static void
jspool_lazy(void *arg)
{
	struct jspool *js = arg;

	js->lazily = false;
	if (js->j != NULL && !js->syncing && (journal_dirty(js->j) || (journal_marked(js->j) && !list_empty(&js->unlinks))))
		jspool_sync(js);
}

static void
jspool_soon(struct jspool *js)
{
	if (js->lazily)
		return;
	js->lazily = true;
	loop_timer_set(js->lazy, LAZY_MS);
}

/* ---- segments ---- */

/* For a while none is asked for, and messages get files. */
static void
jspool_no_segment(struct jspool *js)
{
	js->make_after = os_now_ms() + MAKE_AGAIN_MS;
	loop_timer_set(js->retry, MAKE_AGAIN_MS + 1);
}

static void
jspool_segment_made(void *arg, const struct err *e)
{
	struct jspool *js = arg;

	js->making = false;
	journal_made(js->j, &js->made, e == NULL);
	if (e != NULL) {
		log_line(0, LOG_P_ERR, NULL, "spool: no segment for the journal: %s", e->text);
		jspool_no_segment(js);
		jspool_room(js);
		return;
	}
	js->had_segment = true;
	jspool_room(js);
	if (journal_dirty(js->j) || !list_empty(&js->unlinks))
		jspool_soon(js);
}

/* Room for a segment, and as much again for everybody else? */
static bool
jspool_disk_room(struct jspool *js)
{
	struct spoold	*s = js->s;
	uint64_t	 blocks, bsize, inodes;

	return os_fs_free(s->dir[0]->fd, &blocks, &bsize, &inodes) == -1 || bsize == 0 ||
	    blocks > (uint64_t)(s->conf->opt.min_free_blocks > 0 ? s->conf->opt.min_free_blocks : 0) + 4 * js->conf.segment_size / bsize;
}

static void
jspool_segments(struct jspool *js)
{
	uint64_t gen;

	if (js->j == NULL || js->s->stopping)
		return;
	if ((gen = journal_pressed(js->j)) != 0)
		spill_upto(js->s, gen);
	if (js->making || os_now_ms() < js->make_after || !journal_wants(js->j, &js->made))
		return;
	js->making = true;
	if (jspool_disk_room(js) && jsync_make(js->make, &js->conf, &js->made, jspool_segment_made, js) == 0)
		return;
	js->making = false;
	journal_made(js->j, &js->made, false);
	jspool_no_segment(js);
}

/* ---- messages in and out ---- */

enum jspool_room
jspool_takes(struct spoold *s, size_t octets)
{
	struct jspool	*js = s->js;
	size_t		 room = jrec_room(octets + JREC_ALIGN);

	if (js->j == NULL || js->conf.segments == 0 || room > js->conf.segment_size / 4)
		return JSPOOL_NONE;
	jspool_segments(js);
	if (journal_has_room(js->j, room))
		return JSPOOL_NOW;
	/* Not for the very first one: zeros take their time, and mail is to be accepted at once. */
	return js->making && js->had_segment ? JSPOOL_SOON : JSPOOL_NONE;
}

int
jspool_await(struct spoold *s, jspool_room_fn *fn, void *arg)
{
	struct jroom *w = calloc(1, sizeof *w);

	if (w == NULL)
		return -1;
	w->fn = fn;
	w->arg = arg;
	list_append(&s->js->roomless, &w->link);
	return 0;
}

static void
jspool_room(struct jspool *js)
{
	struct list all;

	list_init(&all);
	jspool_move(&all, &js->roomless);
	LIST_EACH(l, &all) {
		struct jroom *w = LIST_OF(l, struct jroom, link);

		list_remove(&w->link);
		w->fn(w->arg);
		free(w);
	}
}

int
jspool_append(struct spoold *s, const struct jrec_message *m, uint64_t session, struct jref *ref, sync_done_fn *done, void *arg,
    struct err *e)
{
	struct jspool	*js = s->js;
	struct jwait	*w;
	int		 rc;

	if (js->j == NULL)
		return 1;
	if ((w = calloc(1, sizeof *w)) == NULL || str_copy(w->id, sizeof w->id, m->id) == -1) {
		free(w);
		return err_set(e, ERR_TEMP, "out of memory");
	}
	if ((rc = journal_append(js->j, m, ref, e)) != 0) {
		free(w);
		return rc;
	}
	w->ref = *ref;
	w->done = done;
	w->arg = arg;
	list_append(&js->waiting, &w->link);
	js->nwaiting++;
	jspool_note_session(session);
	jspool_kick(js);
	return 0;
}

void
jspool_add(struct spoold *s, struct msg *m, const struct jref *ref, bool in_df)
{
	m->j = *ref;
	m->in_df = in_df;
	list_append(&s->js->msgs, &m->jlink);
	s->js->nmsgs++;
}

int
jspool_read(struct spoold *s, struct msg *m, struct buf *b, struct jrec_message *out, struct err *e)
{
	if (s->js->j == NULL)
		return err_set(e, ERR_BUG, "no journal");
	return journal_read(s->js->j, &m->j, b, out, e);
}

static void
jspool_leave(struct spoold *s, struct msg *m)
{
	journal_done(s->js->j, &m->j, str_c(m->id));
	m->j = (struct jref){ 0 };
	list_remove(&m->jlink);
	s->js->nmsgs--;
	jspool_soon(s->js);
}

void
jspool_unlink_later(struct spoold *s, uint32_t dir, struct str id)
{
	struct junlink *u = calloc(1, sizeof *u);

	if (u == NULL || str_copy(u->id, sizeof u->id, id) == -1) {
		free(u);
		return;			/* it goes with other orphans, in some days */
	}
	u->dir = dir;
	list_append(&s->js->unlinks, &u->link);
	jspool_soon(s->js);
}

void
jspool_done(struct spoold *s, struct msg *m)
{
	if (m->in_df)
		jspool_unlink_later(s, m->dir, str_c(m->id));
	jspool_leave(s, m);
}

void
jspool_moved(struct spoold *s, struct msg *m)
{
	jspool_leave(s, m);
	m->in_df = false;
}

/* ---- what was owed when the last owner ended ---- */

static bool
jspool_find_df(struct spoold *s, struct str id, uint32_t *dir)
{
	uint64_t	size;
	int		fd;

	for (*dir = 0; *dir < s->ndir; (*dir)++)
		if (spool_df_open(s->dir[*dir], id, &fd, &size, NULL) == 0) {
			close(fd);
			return true;
		}
	*dir = 0;
	return false;
}

static int
jspool_replayed(void *arg, const struct jref *ref, const struct jrec_message *m)
{
	struct spoold		*s = arg;
	struct msg		*msg;
	struct scan_head	 h;
	uint32_t		 dir = 0;

	if (sched_find(s, m->id) != NULL) {		/* it has files already, or a place further on: one is enough */
		journal_done(s->js->j, ref, m->id);
		return 0;
	}
	if (m->in_df && !jspool_find_df(s, m->id, &dir))
		log_line(0, LOG_P_CRIT, NULL, "SYSERR(spool): %.*s: its content is gone", STR_ARG(m->id));
	if ((msg = sched_add(s, m->id, dir, group_of(s, scan_group(m->qf), dir))) == NULL)
		return -1;
	scan_head(m->qf, &h);
	msg->sort = sched_sort_key(s, m->qf, h.created);
	msg->priority = h.priority;
	msg->created = h.created;
	jspool_add(s, msg, ref, m->in_df);
	/* As files that are found at a start: a queue run begins with it, if there are queue runs. */
	sched_at(s, msg, (m->mode == 'q' || m->mode == 'd') && s->group[msg->group].order.interval == 0 ? INT64_MAX : spoold_now());
	return 0;
}

/* Take the journal, if nobody has it.  -1: not now. */
static int
jspool_take(struct jspool *js)
{
	struct spoold		*s = js->s;
	struct journal_found	 found;
	struct err		 e = ERR_INIT;

	if ((js->j = journal_open(s->dir[0]->fd, &js->conf, &e)) == NULL) {
		if (e.sys != EWOULDBLOCK)
			log_line(0, LOG_P_ERR, NULL, "spool: journal: %s", e.text);
		return -1;
	}
	if (journal_replay(js->j, jspool_replayed, s, &found, &e) == -1) {
		log_line(0, LOG_P_CRIT, NULL, "spool: the journal cannot be read: %s", e.text);
		journal_close(&js->j);
		return -1;
	}
	if (found.damaged > 0)
		log_line(0, LOG_P_CRIT, NULL, "SYSERR(spool): %zu damaged places in the journal, kept as %s/journal.bad.*", found.damaged,
		    s->dir[0]->path);
	js->had_segment = found.segments > 0;
	spares_begin(s);
	if (found.owed > 0)
		log_line(8, LOG_P_INFO, NULL, "spool: %zu messages in the journal, of %zu in %zu segments", found.owed, found.messages,
		    found.segments);
	if (js->listener != -1 && journal_publish(s->dir[0], &e) == -1)
		log_line(0, LOG_P_WARNING, NULL, "spool: nobody can ask for files of messages: %s", e.text);
	jspool_segments(js);
	return 0;
}

static void
jspool_again(void *arg)
{
	struct jspool *js = arg;

	if (js->s->stopping)
		return;
	if (js->j != NULL) {
		jspool_segments(js);
		return;
	}
	if (jspool_take(js) == -1)
		loop_timer_set(js->retry, RETRY_MS);
	else {
		spoold_first_scan(js->s);
		sched_run(js->s);
	}
}

/* ---- the process ---- */

static void
jspool_set_conf(struct jspool *js)
{
	const struct spoold	*s = js->s;
	const struct conf_opts	*o = &s->conf->opt;
	int64_t			 size = o->journal_segment_size;

	size = size < 262144 ? 262144 : size > ((int64_t)1 << 30) ? (int64_t)1 << 30 : size;
	js->conf = (struct journal_conf){
		.segment_size = (uint64_t)size, .mode = s->dir[0]->mode,
		.segments = o->journal_segments <= 0 ? 0 : o->journal_segments < 2 ? 2 : o->journal_segments > (int64_t)JOURNAL_SEGMENTS_MAX ?
		    JOURNAL_SEGMENTS_MAX : (unsigned)o->journal_segments
	};
}

void
jspool_prepare(struct spoold *s)
{
	struct err e = ERR_INIT;

	s->js->s = s;
	s->js->listener = -1;
	list_init(&s->js->waiting);
	list_init(&s->js->flying);
	list_init(&s->js->msgs);
	list_init(&s->js->roomless);
	list_init(&s->js->unlinks);
	list_init(&s->js->unlinks_flying);
	list_init(&s->js->askers);
	jspool_set_conf(s->js);
	if (s->ctx->boot->command)
		return;
	if ((s->js->listener = journal_listen(s->dir[0], &e)) == -1)
		log_line(0, LOG_P_WARNING, NULL, "spool: nobody can ask for files of messages: %s", e.text);
}

int
jspool_start(struct spoold *s, struct err *e)
{
	struct jspool *js = s->js;

	js->gather = loop_timer_new(s->ctx->loop, jspool_gathered, js);
	js->lazy = loop_timer_new(s->ctx->loop, jspool_lazy, js);
	js->retry = loop_timer_new(s->ctx->loop, jspool_again, js);
	if (js->gather == NULL || js->lazy == NULL || js->retry == NULL || spill_init(s) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	/* Journals of a time when another directory was the first. */
	for (size_t i = 1; i < s->ndir && !s->ctx->boot->command; i++)
		if (journal_flush(s->dir[i], 0, e) == -1)
			log_line(0, LOG_P_ERR, NULL, "spool: %s: its journal: %s", s->dir[i]->path, e->text);
	err_clear(e);
	if (s->ctx->boot->command || (js->conf.segments == 0 && !journal_exists(s->dir[0]->fd)))
		return 0;
	if ((js->sync = jsync_new(s, "sync of the journal", e)) == NULL || (js->make = jsync_new(s, "segments of the journal", e)) == NULL)
		return -1;
	if (jspool_take(js) == -1)
		loop_timer_set(js->retry, RETRY_MS);
	return 0;
}

void
jspool_reconf(struct spoold *s)
{
	jspool_set_conf(s->js);
}

void
jspool_stop(struct spoold *s)
{
	struct jspool		*js = s->js;
	struct journal_batch	 b;
	bool			 ok = true;

	if (js->j == NULL)
		return;
	ok = journal_marked(js->j);
	journal_sync_begin(js->j, &b);
	for (unsigned i = 0; i < b.n; i++)
		ok = journal_sync_slot(s->dir[0]->fd, b.slot[i], NULL) == 0 && ok;
	journal_sync_end(js->j, &b, ok || b.n == 0);
	jspool_move(&js->unlinks_flying, &js->unlinks);
	if (ok && !js->syncing)
		jspool_unlink(js);
	spares_end(js->s);
	if (js->listener != -1)
		unlinkat(s->dir[0]->fd, JOURNAL_SOCKET, 0);
	journal_close(&js->j);
}
