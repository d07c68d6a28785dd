/*
 * jspool - see the header.  Here are segments, messages in and out, and the begin and end of it all.
 */
#include "jspool_int.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "os/file.h"
#include "os/load.h"
#include "spare.h"
#include "spoold_scan.h"

#define RETRY_MS	20		/* while another process has the journal, at first: it may be about to end */
#define RETRY_MAX_MS	1000
#define SEGMENTS_FEW	32u
#define MAKE_AGAIN_MS	10000		/* after a segment could not be made */

struct jroom {
	struct list	 link;
	jspool_room_fn	*fn;
	void		*arg;
};

static void	jspool_room(struct jspool *);

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
	if (!js->had_segment)
		log_line(10, LOG_P_DEBUG, NULL, "spool: the journal takes messages");
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

void
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
jspool_add(struct spoold *s, struct msg *m, const struct jref *ref, bool in_df, unsigned place)
{
	m->j = *ref;
	m->in_df = in_df;
	m->place = (uint16_t)place;
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
jspool_part(struct spoold *s, const struct jrec_part *part)
{
	if (s->js->j == NULL)
		return;
	journal_part(s->js->j, part);
	jspool_soon(s->js);
}

void
jspool_unlink_later(struct spoold *s, uint32_t dir, struct str id, uint64_t writer, unsigned place)
{
	struct junlink *u = calloc(1, sizeof *u);

	if (u == NULL || str_copy(u->id, sizeof u->id, id) == -1) {
		free(u);
		return;			/* it goes with other orphans, in some days; a place at our end */
	}
	u->dir = dir;
	u->writer = writer;
	u->place = place;
	list_append(&s->js->unlinks, &u->link);
	jspool_soon(s->js);
}

void
jspool_done(struct spoold *s, struct msg *m)
{
	if (m->place != 0 && !m->fresh)		/* a process that died may have begun to move it into files */
		spool_remove_df(s->dir[m->dir], str_c(m->id));
	if (m->in_df)
		jspool_unlink_later(s, m->dir, str_c(m->id), m->writer, m->place);
	jspool_leave(s, m);
}

void
jspool_moved(struct spoold *s, struct msg *m)
{
	jspool_leave(s, m);
	parts_moved(s, str_c(m->id));
	if (m->place != 0)		/* its df is another name of the same file: the record needs the first one until its mark is durable */
		jspool_unlink_later(s, 0, str_c(m->id), m->writer, m->place);
	m->had_df = m->in_df && m->place == 0;
	m->in_df = false;
	m->place = 0;
}

bool
jspool_keep_df(struct spoold *s, const struct msg *m)
{
	return m->had_df && s->js->j != NULL && journal_marking(s->js->j);
}

/* ---- the process ---- */

static void
jspool_take_later(struct jspool *js)
{
	loop_timer_set(js->retry, js->retry_ms);
	js->retry_ms = js->retry_ms * 2 < RETRY_MAX_MS ? js->retry_ms * 2 : RETRY_MAX_MS;
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
	/* What is known of files may be over before the journal is read to its end: their marks must be known first. */
	if (jspool_take(js, true) == -1)
		jspool_take_later(js);
	else {
		spoold_first_scan(js->s);
		sched_run(js->s);
	}
}

/* A long queue may fill a good part of a small disk: more than a few only where there is much room. */
static unsigned
jspool_segments_max(const struct spoold *s, uint64_t size)
{
	int64_t		want = s->conf->opt.journal_segments;
	uint64_t	blocks, bsize, inodes, room = UINT64_MAX;

	want = want <= 0 ? 0 : want < 2 ? 2 : want > (int64_t)JOURNAL_SEGMENTS_MAX ? (int64_t)JOURNAL_SEGMENTS_MAX : want;
	if (want > SEGMENTS_FEW && os_fs_free(s->dir[0]->fd, &blocks, &bsize, &inodes) == 0)
		room = blocks / 4 * bsize / size;
	return room >= (uint64_t)want ? (unsigned)want : room < SEGMENTS_FEW ? SEGMENTS_FEW : (unsigned)room;
}

static void
jspool_set_conf(struct jspool *js)
{
	const struct spoold	*s = js->s;
	int64_t			 size = s->conf->opt.journal_segment_size;

	size = size < 262144 ? 262144 : size > ((int64_t)1 << 30) ? (int64_t)1 << 30 : size;
	js->conf = (struct journal_conf){
		.segment_size = (uint64_t)size, .mode = s->dir[0]->mode, .segments = jspool_segments_max(s, (uint64_t)size)
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
	js->replay_timer = loop_timer_new(s->ctx->loop, jspool_replay_tick, js);
	if (js->gather == NULL || js->lazy == NULL || js->retry == NULL || js->replay_timer == NULL || spill_init(s) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	/* Journals of a time when another directory was the first. */
	for (size_t i = 1; i < s->ndir && !s->ctx->boot->command; i++)
		if (journal_flush(s->dir, s->ndir, i, 0, e) == -1)
			log_line(0, LOG_P_ERR, NULL, "spool: %s: its journal: %s", s->dir[i]->path, e->text);
	err_clear(e);
	if (s->ctx->boot->command || (js->conf.segments == 0 && !journal_exists(s->dir[0]->fd)))
		return 0;
	if ((js->sync = jsync_new(s, "sync of the journal", -1, e)) == NULL)
		return -1;
	js->retry_ms = RETRY_MS;
	if (jspool_take(js, false) == -1)
		jspool_take_later(js);
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
	journal_replay_end(&js->replay);
	journal_close(&js->j);
}
