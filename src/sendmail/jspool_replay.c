/*
 * jspool_replay - the journal is taken, and what it still owes goes into the schedule.
 *
 * At a start only the youngest segment is read at once; then mail is taken, and the others are read one at a time in between.  Until all are known
 * nobody's turn comes but that of fresh mail, and the directories are not looked at: what has files and a record, because only the mark was
 * lost, must be known to have both before it is delivered from one of them.
 */
#include "jspool_int.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "queue/scan.h"
#include "spare.h"
#include "spoold_scan.h"

#define STEP_AGAIN_MS	1000		/* after a segment could not be read, or there was no memory for its messages */
#define STEP_TRIES	30		/* then it and those before it are left as they are */

/* Its df, as long as the record says; another is none of its content. */
static bool
jspool_find_df(struct spoold *s, const struct jrec_message *m, uint32_t *dir)
{
	uint64_t	size;
	int		fd;

	for (*dir = 0; *dir < s->ndir; (*dir)++) {
		if (spool_df_open(s->dir[*dir], m->id, &fd, &size, NULL) == -1)
			continue;
		close(fd);
		if (size == m->size)
			return true;
		log_line(0, LOG_P_CRIT, NULL, "SYSERR(spool): %s/df%.*s: %llu octets, not %llu; kept as journal.bad.df%.*s", s->dir[*dir]->path, STR_ARG(m->id),
		    (unsigned long long)size, (unsigned long long)m->size, STR_ARG(m->id));
		spool_df_bad(s->dir[*dir], m->id);
	}
	*dir = 0;
	return false;
}

/* Its place further on holds the same?  Mail may be taken while we read, and an identifier comes twice if a clock or the numbers of processes do. */
static bool
jspool_is_twin(struct spoold *s, struct msg *have, const struct jrec_message *m)
{
	struct jrec_message	r;
	struct buf		b;
	bool			same;

	buf_init(&b, 0);
	same = jspool_read(s, have, &b, &r, NULL) == 0 && r.in_df == m->in_df && r.place == m->place && str_eq(r.qf, m->qf) && str_eq(r.content, m->content);
	buf_done(&b);
	return same;
}

/* It has files already, or a place further on: one is enough. */
static void
jspool_replayed_twice(struct spoold *s, struct msg *have, const struct jref *ref, const struct jrec_message *m)
{
	if (have->j.gen == ref->gen && have->j.at == ref->at && have->j.slot == ref->slot)
		return;
	if (have->j.gen == 0 || jspool_is_twin(s, have, m)) {
		journal_done(s->js->j, ref, m->id);
		if (m->place != 0 && spare_claim(s, m->place, m->size))
			jspool_unlink_later(s, 0, m->id, 0, m->place);
	} else
		log_line(0, LOG_P_CRIT, have->id, "SYSERR(spool): two messages have this identifier; the older one stays in the journal until the next start");
}

static int
jspool_replayed(void *arg, const struct jref *ref, const struct jrec_message *m)
{
	struct spoold		*s = arg;
	struct msg		*msg;
	struct scan_head	 h;
	uint32_t		 dir = 0;
	unsigned		 place = 0;

	if ((msg = sched_find(s, m->id)) != NULL) {
		jspool_replayed_twice(s, msg, ref, m);
		return 0;
	}
	if (m->place != 0 && spare_claim(s, m->place, m->size))
		place = m->place;
	else if (m->in_df && !jspool_find_df(s, m, &dir))
		log_line(0, LOG_P_CRIT, NULL, "SYSERR(spool): %.*s: its content is gone", STR_ARG(m->id));
	if ((msg = sched_add(s, m->id, dir, group_of(s, scan_group(m->qf), dir))) == NULL) {
		spare_unclaim(s, place);
		return -1;
	}
	scan_head(m->qf, &h);
	msg->sort = sched_sort_key(s, m->qf, h.created);
	msg->priority = h.priority;
	msg->created = h.created;
	jspool_add(s, msg, ref, m->in_df, place);
	list_remove(&msg->jlink);		/* the youngest come first, and go behind those that come */
	list_prepend(&s->js->msgs, &msg->jlink);
	/* As files that are found at a start: a queue run begins with it, if there are queue runs. */
	sched_at(s, msg, (m->mode == 'q' || m->mode == 'd') && s->group[msg->group].order.interval == 0 ? INT64_MAX : spoold_now());
	return 0;
}

/* It could not be read to its end, and will be read again from its beginning. */
static void
jspool_forget(struct jspool *js)
{
	while (!list_empty(&js->msgs)) {
		struct msg *m = LIST_OF(js->msgs.next, struct msg, jlink);

		list_remove(&m->jlink);
		js->nmsgs--;
		m->j = (struct jref){ 0 };
		sched_forget(js->s, m);
	}
	LIST_EACH(l, &js->unlinks)
		if (LIST_OF(l, struct junlink, link)->place != 0) {
			list_remove(l);
			free(LIST_OF(l, struct junlink, link));
		}
	spares_forget(js->s);
	jsync_end(&js->make);
	journal_close(&js->j);
}

/* ---- segment by segment ---- */

static void
jspool_replay_over(struct jspool *js)
{
	struct spoold		*s = js->s;
	struct journal_found	 found = journal_replay_found(js->replay);
	struct err		 e = ERR_INIT;

	journal_replay_end(&js->replay);
	if (found.damaged > 0)
		log_line(0, LOG_P_CRIT, NULL, "SYSERR(spool): %zu damaged places in the journal, kept as %s/journal.bad.*", found.damaged,
		    s->dir[0]->path);
	if (found.owed > 0)
		log_line(8, LOG_P_INFO, NULL, "spool: %zu messages in the journal, of %zu in %zu segments", found.owed, found.messages,
		    found.segments);
	if (js->listener != -1 && journal_publish(s->dir[0], &e) == -1)
		log_line(0, LOG_P_WARNING, NULL, "spool: nobody can ask for files of messages: %s", e.text);
	jspool_segments(js);
}

/* False: it goes on in a moment. */
static bool
jspool_replay_step(struct jspool *js)
{
	struct err	e = ERR_INIT;
	int		rc = journal_replay_step(js->replay, &e);

	if (rc == 0) {
		spares_known(js->s);
		jspool_replay_over(js);
		return true;
	}
	if (rc == -1) {
		log_line(0, LOG_P_CRIT, NULL, "spool: the journal cannot be read: %s; trying again", e.class == ERR_NONE ? "out of memory" : e.text);
		if (e.sys != 0 && e.sys != ENOMEM && ++js->replay_tries == STEP_TRIES) {
			log_line(0, LOG_P_CRIT, NULL, "SYSERR(spool): what the journal owes there stays until the next start");
			jspool_replay_over(js);
			return true;
		}
	}
	loop_timer_set(js->replay_timer, rc == -1 ? STEP_AGAIN_MS : 0);
	return false;
}

void
jspool_replay_tick(void *arg)
{
	struct jspool *js = arg;

	if (js->replay != NULL && !js->s->stopping && jspool_replay_step(js))
		spoold_known(js->s);
}

void
jspool_replay_finish(struct spoold *s)
{
	struct jspool	*js = s->js;
	struct err	 e = ERR_INIT;
	int		 rc = 1;

	while (js->replay != NULL && rc == 1) {
		req_busy(s->ctx);
		if ((rc = journal_replay_step(js->replay, &e)) == 0) {
			spares_known(s);
			jspool_replay_over(js);
			spoold_known(s);
		}
	}
}

/* Take the journal, if nobody has it.  -1: not now. */
int
jspool_take(struct jspool *js, bool at_once)
{
	struct spoold	*s = js->s;
	struct err	 e = ERR_INIT;
	int		 rc = 1;

	if ((js->j = journal_open(s->dir[0]->fd, &js->conf, &e)) == NULL) {
		if (e.sys != EWOULDBLOCK)
			log_line(0, LOG_P_ERR, NULL, "spool: journal: %s", e.text);
		return -1;
	}
	journal_replay_parts(js->j, parts_note);
	if (spares_begin(s) == 0 &&
	    (js->make = jsync_new(s, "segments of the journal", journal_lock(js->j), &e)) != NULL &&	/* before the schedule makes us large */
	    (js->replay = journal_replay_begin(js->j, jspool_replayed, s, &e)) != NULL)
		while (at_once && (rc = journal_replay_step(js->replay, &e)) == 1)
			continue;
	if (js->replay == NULL || rc == -1) {
		log_line(0, LOG_P_CRIT, NULL, "spool: the journal cannot be read: %s", e.class == ERR_NONE ? "out of memory" : e.text);
		journal_replay_end(&js->replay);
		jspool_forget(js);
		return -1;
	}
	js->had_segment = journal_replay_found(js->replay).segments > 0;
	if (rc == 0) {
		spares_known(s);
		jspool_replay_over(js);
	} else
		loop_timer_set(js->replay_timer, 0);
	return 0;
}
