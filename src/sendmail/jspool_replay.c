/*
 * jspool_replay - the journal is taken, and what it still owes goes into the schedule.
 */
#include "jspool_int.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "spare.h"
#include "spoold_scan.h"

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
	jsync_end(&js->make);
	journal_close(&js->j);
}

/* Take the journal, if nobody has it.  -1: not now. */
int
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
	if ((js->make = jsync_new(s, "segments of the journal", journal_lock(js->j), &e)) == NULL ||	/* before the schedule makes us large */
	    journal_replay(js->j, jspool_replayed, s, &found, &e) == -1) {
		log_line(0, LOG_P_CRIT, NULL, "spool: the journal cannot be read: %s", e.text);
		jspool_forget(js);
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
