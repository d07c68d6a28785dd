/*
 * hand - one message in hand: routed, delivered to its destinations, what became of it reported and written down.
 *
 *	start ─▶ Q_ROUTE ─▶ splits are committed ─▶ attempts, many at a time ─▶ reports are committed ─▶ qf rewritten or removed
 *
 * The order is what keeps mail: whatever is owed is durable in a new place before it is taken out of the old one.  If a step fails for now, the
 * message goes back to its qf file as that is; what was delivered already but could not be written down is kept in hand until it can.
 */
#include "hand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "jspool.h"
#include "lease.h"
#include "os/fd.h"
#include "queue/spool_spare.h"
#include "say.h"
#include "spoold_take.h"

#define PUT_BACK_FIRST	5		/* seconds until a message is tried again that our own roles could not handle: mostly one of them died */
#define PUT_BACK	60		/* the next time; doubles ... */
#define PUT_BACKS	8		/* ... up to about an hour */
#define SHORT_WAIT	5		/* without memory */
#define HAND_ARENA	((size_t)1 << 30)	/* of one message: what the longest envelope needs */
#define HAND_INLINE	((uint64_t)16 << 10)	/* content up to this is read when its message is: a descriptor is passed on twice, and must be closed three times */

/* ---- beginning and end ---- */

void
hand_end(struct hand *w, int64_t due)
{
	struct spoold	*s = w->s;
	struct msg	*m = w->m;

	m->hand = NULL;
	m->fresh = false;
	flow_leave(&m->flow);
	dest_arrived(s, m);
	sched_drop_kept(s, m);
	if (m->lock != -1) {
		close(m->lock);
		m->lock = -1;
	}
	again_cancel(&w->again);
	if (w->content_fd != -1)
		close(w->content_fd);
	buf_done(&w->transcript);
	buf_done(&w->part);
	arena_free(&w->arena);
	free(w->report);
	free(w);
	s->working--;
	sched_left(s, m);
	if (due == 0)
		sched_forget(s, m);
	else
		sched_at(s, m, due);
	sched_run(s);
	take_go_on(s);
}

bool
hand_park(struct job *j)
{
	struct hand	*w = j->hand;
	struct msg	*m = w->m;

	if (!w->pristine || w->again.on)
		return false;
	m->hand = NULL;
	if (m->kept == NULL && m->lock != -1) {
		close(m->lock);
		m->lock = -1;
	}
	if (w->content_fd != -1)
		close(w->content_fd);
	w->s->working--;
	sched_left(w->s, m);
	buf_done(&w->transcript);
	buf_done(&w->part);
	arena_free(&w->arena);
	free(w);
	return true;
}

/* Its record becomes a qf (and df), to be set aside as others are. */
static int
hand_lose_journal(struct hand *w, struct err *e)
{
	struct spool_dir	*d = w->s->dir[w->m->dir];
	struct str		 id = str_c(w->m->id);
	struct jrec_message	 r;
	struct buf		 b;
	int			 lock = -1, rc = -1;

	buf_init(&b, 0);
	if (jspool_read(w->s, w->m, &b, &r, e) == 0 && spill_write(w->s, w->m, r.content, r.qf, &lock, e) == 0 &&
	    spool_commit(d, id, !w->m->in_df, 'q', e) == 0 && spool_sync_dir(d, e) == 0) {
		jspool_moved(w->s, w->m);
		rc = 0;
	}
	if (lock != -1)
		close(lock);
	buf_done(&b);
	return rc;
}

/* Is there still a qf file of this message? */
static bool
hand_file_is_there(const struct hand *w)
{
	char	b[1];
	size_t	n;

	return spool_peek(w->s->dir[w->m->dir], str_c(w->m->id), 'q', b, sizeof b, &n) == 0;
}

void
hand_lose(struct hand *w, const char *why)
{
	struct err e = ERR_INIT;

	/* While we looked another program finished with it, or wrote it anew: that one is not ours to set aside. */
	if (w->m->j.gen == 0 && w->m->lock != -1 && !spool_is_named(w->s->dir[w->m->dir], str_c(w->m->id), 'q', w->m->lock)) {
		hand_end(w, hand_file_is_there(w) ? spoold_now() + PUT_BACK : 0);
		return;
	}
	log_line(0, LOG_P_CRIT, w->m->id, "SYSERR(spool): %s; kept as Qf%s", why, w->m->id);
	if (w->m->j.gen != 0 && hand_lose_journal(w, &e) == -1) {
		hand_put_back(w, e.text);
		return;
	}
	if (spool_rename(w->s->dir[w->m->dir], str_c(w->m->id), 'q', 'Q', &e) == -1)
		log_line(0, LOG_P_ERR, w->m->id, "%s", e.text);
	hand_end(w, 0);
}

void
hand_put_back(struct hand *w, const char *why)
{
	struct msg	*m = w->m;

	log_line(8, LOG_P_NOTICE, m->id, "put back into the queue: %s", why);
	if (m->put_backs < PUT_BACKS)
		m->put_backs++;		/* a message that ends its worker must not do so every minute */
	hand_end(w, spoold_now() + (m->put_backs == 1 ? PUT_BACK_FIRST : (int64_t)PUT_BACK << (m->put_backs - 2)));
}

/* Envelope and content from the journal.  0; -1: the work has ended. */
static int
hand_open_journal(struct hand *w, struct buf *text)
{
	struct jrec_message	r;
	struct err		e = ERR_INIT;
	struct buf		b;
	int			rc;

	w->trusted = false;
	buf_init(&b, 0);
	if ((rc = jspool_read(w->s, w->m, &b, &r, &e)) == 0) {
		buf_add(text, r.qf);
		if (!w->m->in_df) {
			w->content = arena_str(w->arena, str_mem(r.content.n == 0 ? "" : r.content.p, r.content.n));
			w->size = w->content.n;
		}
	} else
		hand_put_back(w, e.text);
	buf_done(&b);
	return rc;
}

/* Lock and read the qf.  0; -1: the work has ended. */
static int
hand_open(struct hand *w, struct buf *text)
{
	struct spool_dir *d = w->s->dir[w->m->dir];
	struct err	 e = ERR_INIT;
	int		 rc;

	if (w->m->kept != NULL) {
		buf_add(text, buf_str(&w->m->kept->qf));
		w->trusted = false;
		return 0;
	}
	if (w->m->j.gen != 0)
		return hand_open_journal(w, text);
	if (w->m->lock == -1 && (rc = spool_lock(d, str_c(w->m->id), 'q', &w->m->lock, &e)) != 0) {
		if (rc == -1)
			log_line(0, LOG_P_ERR, w->m->id, "%s", e.text);
		/* Another program works on it, or has finished with it. */
		log_line(20, LOG_P_DEBUG, w->m->id, "locked");
		hand_end(w, hand_file_is_there(w) ? spoold_now() + PUT_BACK : 0);
		return -1;
	}
	if (spool_read(w->m->lock, text, &w->trusted, &e) == 0)
		return 0;
	if (e.class == ERR_PERM)
		hand_lose(w, e.text);
	else
		hand_put_back(w, e.text);
	return -1;
}

/* Not much of it: into memory.  False: it goes by descriptor. */
static bool
hand_read_content(struct hand *w, int fd)
{
	char	*p;

	if (w->size > HAND_INLINE || (p = arena_alloc(w->arena, (size_t)w->size + 1)) == NULL ||
	    os_read_full(fd, p, (size_t)w->size) != (ssize_t)w->size)
		return false;
	w->content = str_mem(p, (size_t)w->size);
	return true;
}

static int
hand_df(struct hand *w, int *fd, uint64_t *size, struct err *e)
{
	return w->m->place != 0 ? spool_body_open(w->s->dir[0], w->m->place - 1u, fd, size, e) :
	    spool_df_open(w->s->dir[w->m->dir], str_c(w->m->id), fd, size, e);
}

/* Content and its size.  0; -1: the work has ended. */
static int
hand_open_content(struct hand *w)
{
	struct err	e = ERR_INIT;
	int		fd;

	if (w->content.p != NULL)
		return 0;
	if (w->m->kept != NULL && w->m->kept->content.p != NULL) {
		w->content = buf_str(&w->m->kept->content);
		w->size = w->content.n;
		return 0;
	}
	if (hand_df(w, &fd, &w->size, &e) == 0) {
		(void)hand_read_content(w, fd);
		close(fd);
		return 0;
	}
	if (e.sys == ENOENT || e.class == ERR_PERM)
		hand_lose(w, e.text);
	else
		hand_put_back(w, e.text);
	return -1;
}

int
hand_content(struct hand *w, struct err *e)
{
	uint64_t	size;
	int		fd;

	if (w->content.p != NULL)
		return -1;
	if (w->content_fd != -1)
		return (fd = fcntl(w->content_fd, F_DUPFD_CLOEXEC, 0)) == -1 ? err_sys(e, ERR_TEMP, "content") : fd;
	return hand_df(w, &fd, &size, e) == -1 ? -1 : fd;
}

static void hand_routed(void *arg, struct frame *f);

void
hand_start(struct spoold *s, struct msg *m)
{
	struct hand	*w = calloc(1, sizeof *w);
	struct buf	 text, b;
	struct err	 e = ERR_INIT;
	int64_t		 held;

	if (w == NULL || arena_is_short() || (w->arena = arena_new(HAND_ARENA)) == NULL) {
		free(w);
		sched_left(s, m);
		sched_at(s, m, spoold_now() + SHORT_WAIT);
		return;
	}
	w->s = s;
	w->m = m;
	w->content_fd = -1;
	m->hand = w;
	s->working++;
	buf_init(&w->transcript, ATTEMPT_TRANSCRIPT);
	buf_init(&w->part, JREC_PART_MAX);
	buf_init(&text, QF_TEXT_MAX + 1);
	if (hand_open(w, &text) == -1)
		goto out;
	if (!buf_ok(&text)) {			/* half an envelope must not be taken for a damaged one */
		hand_put_back(w, "out of memory");
		goto out;
	}
	if (qfile_parse(arena_str(w->arena, buf_str(&text)), w->arena, &w->qf, &e) == -1) {
		hand_lose(w, e.text);
		goto out;
	}
	if ((held = hand_held(&w->qf)) > spoold_now()) {
		hand_end(w, held);
		goto out;
	}
	if ((w->qf.df_dir.n != 0 && hand_adopt(w, &text) == -1) || hand_open_content(w) == -1)
		goto out;
	buf_init(&b, 0);
	route_ask_put(&b, &(struct route_ask){
		.id = str_c(m->id), .qf = buf_str(&text), .size = w->size, .now = spoold_now(), .demand = m->demand,
		.aside = spoold_aside(s)
	});
	w->demand = m->demand;
	w->plan = m->plan;
	m->plan = false;
	m->demand = false;
	if (!buf_ok(&b) || lease_call(s->ctx, R_ROUTE, Q_ROUTE, STR(""), buf_str(&b), -1, hand_routed, w) == -1)
		hand_put_back(w, "nobody to route it");
	buf_done(&b);
out:
	buf_done(&text);
}

/* ---- what route says ---- */

/* Only queued: the rest of it waits for its group's next run. */
static void
hand_planned(struct hand *w)
{
	const struct order_conf	*order = &w->s->group[w->m->group].order;
	bool			 left = false;

	for (size_t i = 0; i < w->qf.nrcpt; i++)
		left |= w->state[i].outcome != OUTCOME_SENT;
	hand_end(w, left ? order_next(order, 0, w->qf.created, (uint32_t)hash_bytes(str_c(w->m->id), 1)) : 0);
}

static void
hand_split_done(void *arg, const struct err *e)
{
	struct hand	*w = arg;
	struct err	 why = ERR_INIT;

	if (e != NULL) {
		w->failed = true;
		log_line(0, LOG_P_ERR, w->m->id, "cannot split: %s", e->text);
	}
	if (--w->open > 0)
		return;
	/* If nobody is left here the files go now, but the sender may still get a report with the content. */
	w->content_fd = hand_content(w, &why);
	if (w->failed || why.class != ERR_NONE)
		hand_put_back(w, "its parts could not be written");
	else
		hand_write_down(w, w->plan ? hand_planned : hand_jobs);		/* without those that moved to the new messages */
}

/* "OLD: NEW: clone: owner=boss@here.test": log tools follow a message by that. */
static void
hand_log_clone(struct hand *w, const struct split *sp)
{
	struct qf	q;
	struct buf	owner;

	if (log_level() < 5 || qfile_parse(sp->qf, w->arena, &q, NULL) == -1)
		return;
	buf_init(&owner, 0);
	qf_show(&owner, q.sender_given, q.sender);
	if (w->plan)
		log_line(5, LOG_P_INFO, w->m->id, "%.*s: split: group=%.*s", STR_ARG(sp->id), STR_ARG(q.group));
	else
		log_line(5, LOG_P_INFO, w->m->id, "%.*s: clone: owner=%s", STR_ARG(sp->id), buf_c(&owner));
	buf_done(&owner);
}

/* New messages for lists with owners; nothing is sent before they and the rest of this one are durable. */
static void
hand_splits(struct hand *w, const struct routed *r)
{
	w->open = r->nsplit + 1;
	for (size_t i = 0; i < r->nsplit; i++) {
		struct err	e = ERR_INIT;
		struct commit	c = { .id = r->split[i].id, .qf = r->split[i].qf, .in_df = true, .size = w->size, .mode = w->plan ? 'q' : 'b' };
		bool		inl = w->m->j.gen != 0 && !w->m->in_df;		/* there is no file to link to */

		if (inl) {
			c.in_df = false;
			c.content = w->content;
		}
		if (spoold_commit(w->s, &c, -1, inl ? STR_NONE : str_c(w->m->id), hand_split_done, w, &e) == -1) {
			log_line(0, LOG_P_ERR, w->m->id, "cannot split: %s", e.text);
			w->failed = true;
			w->open--;
		} else
			hand_log_clone(w, &r->split[i]);
	}
	hand_split_done(w, NULL);
}

/* -q -v: who waits sees each message begin. */
static void
hand_say_running(struct hand *w)
{
	struct spoold *s = w->s;

	if (!s->ctx->verbose || s->ctx->queue_interval != ROLE_ON_DEMAND || s->run_at >= s->run_of)
		return;
	say("%s", "");
	say("Running %s/%s (sequence %u of %u)", s->dir[w->m->dir]->path, w->m->id, (unsigned)++s->run_at, (unsigned)s->run_of);
}

static void
hand_routed(void *arg, struct frame *f)
{
	struct hand	*w = arg;
	struct routed	 r;
	struct err	 e = ERR_INIT;
	struct str	 body;

	if (chan_frame_err(f, &e) == -1) {
		hand_put_back(w, e.text);
		return;
	}
	body = arena_str(w->arena, f->body);
	if (routed_get(body, w->arena, &r) == -1 || (r.qf.p != NULL && qfile_parse(r.qf, w->arena, &w->qf, &e) == -1)) {
		hand_put_back(w, e.text[0] != '\0' ? e.text : "an answer of route that cannot be read");
		return;
	}
	w->m->put_backs = 0;
	hand_say_running(w);
	w->qf.id = str_c(w->m->id);
	w->state = ARENA_ARRAY(w->arena, struct rcpt_state, w->qf.nrcpt);
	for (size_t i = 0; r.qf.p == NULL && i < w->qf.nrcpt; i++)	/* everyone moved to a new message */
		w->state[i] = (struct rcpt_state){ .outcome = OUTCOME_SENT, .relayed_dsn = true };
	if (w->plan) {
		if (r.nsplit > 0)
			hand_splits(w, &r);
		else
			hand_planned(w);
		return;
	}
	w->attempt = r.attempt;
	w->nattempt = r.nattempt;
	if (hand_gives_up(w) || hand_late(w, spoold_now()))
		w->nattempt = 0;
	w->pristine = r.nattempt == 1 && r.ndone == 0 && r.nsplit == 0;
	w->m->sender = (uint32_t)hash_bytes(w->qf.sender, 0) | 1u;
	hand_results(w, NULL, r.done, r.ndone, STR_NONE, STR_NONE, 0);
	hand_part_leave_out(w);
	if (r.nsplit > 0)
		hand_splits(w, &r);
	else
		hand_jobs(w);
}
