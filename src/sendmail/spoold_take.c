/*
 * spoold_take - what sessions bring: Q_DF, Q_ABORT and Q_COMMIT.
 *
 * What comes in is hostile: a qf text is parsed, a message from a session may not name controlling users, and an id is only good for a df that the same
 * peer opened.
 */
#include "spoold_take.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "os/load.h"
#include "proc/loop.h"
#include "queue/spool_spare.h"
#include "spare.h"
#include "spoold_commit.h"

/* ---- df files that sessions write into ---- */

static struct open_df *
spoold_find_df(struct spoold *s, const struct peer *p, struct str id)
{
	LIST_EACH(l, &s->dfs) {
		struct open_df *d = LIST_OF(l, struct open_df, link);

		if (d->peer == p && str_eq_c(id, d->id))
			return d;
	}
	return NULL;
}

static void
spoold_drop_df(struct spoold *s, struct open_df *d)
{
	flow_leave(&d->flow);
	spare_drop(s, d->place);
	spool_abort(s->dir[d->dir], str_c(d->id));
	list_remove(&d->link);
	free(d);
}

/* A file for the content of this message.  -1: there is none. */
static int
df_open(struct spoold *s, struct peer *p, struct str id, int *fd, struct err *e)
{
	struct open_df	*d;

	if (arena_is_short() || (d = calloc(1, sizeof *d)) == NULL)
		return err_set(e, ERR_TEMP, "out of memory");
	d->peer = p;
	str_copy(d->id, sizeof d->id, id);
	if (sched_find(s, id) != NULL || spoold_find_df(s, p, id) != NULL)
		err_set(e, ERR_TEMP, "%s: this queue id is in use", d->id);
	else if (group_pick_dir(s, 0, 0, &d->dir, e) == 0 &&
	    (spare_use(s, d->dir, id, p->serial, &d->place, fd) || spool_df_create(s->dir[d->dir], id, fd, e) == 0)) {
		d->flow = flow_enter(&s->flow, os_now_ms());
		list_append(&s->dfs, &d->link);
		return 0;
	}
	free(d);
	log_line(0, LOG_P_ERR, NULL, "spool: no file for content: %s", e->text);
	return -1;
}

/* ---- who waits for a file because many messages wait for their first try (flow.h) ---- */

struct df_wait {
	struct list	 link;
	struct held	*held;
	struct peer	*peer;
	uint64_t	 until;
	char		 id[QID_MAX];
};

#define DF_LOOK_MS	20u		/* content that is two seconds old tells nobody */

/* False: no memory; it is answered at once. */
static bool
df_wait(struct spoold *s, struct peer *p, const struct frame *f, struct str id)
{
	struct df_wait *w = calloc(1, sizeof *w);

	if (w == NULL || (w->held = req_hold(p, f)) == NULL) {
		free(w);
		return false;
	}
	w->peer = p;
	w->until = os_now_ms() + FLOW_WAIT_MS;
	str_copy(w->id, sizeof w->id, id);
	if (list_empty(&s->df_waits)) {
		log_line(13, LOG_P_INFO, NULL, "spool: more long content comes in than is delivered: sessions wait up to a second for a file");
		(void)loop_timer_set(s->df_timer, DF_LOOK_MS);
	}
	list_append(&s->df_waits, &w->link);
	return true;
}

static void
df_wait_end(struct spoold *s, struct df_wait *w, bool answer)
{
	struct err	e = ERR_INIT;
	int		fd;

	list_remove(&w->link);
	if (!answer)
		req_unhold(&w->held);
	else if (df_open(s, w->peer, str_c(w->id), &fd, &e) == 0) {
		req_release(&w->held, STR_NONE, fd);
		close(fd);
	} else
		req_release_err(&w->held, &e);
	free(w);
}

void
take_go_on(struct spoold *s)
{
	while (!list_empty(&s->df_waits)) {
		struct df_wait	*w = LIST_OF(s->df_waits.next, struct df_wait, link);
		uint64_t	 now = os_now_ms();

		if (!s->stopping && now < w->until && flow_full(&s->flow, now))
			break;
		df_wait_end(s, w, true);
	}
}

static void
take_look(void *arg)
{
	struct spoold *s = arg;

	take_go_on(s);
	if (!list_empty(&s->df_waits))
		(void)loop_timer_set(s->df_timer, DF_LOOK_MS);
}

void
take_init(struct spoold *s)
{
	list_init(&s->dfs);
	list_init(&s->df_waits);
	flow_init(&s->flow);
}

int
take_start(struct spoold *s)
{
	return (s->df_timer = loop_timer_new(s->ctx->loop, take_look, s)) == NULL ? -1 : 0;
}

void
take_end(struct spoold *s)
{
	LIST_EACH(l, &s->df_waits)
		df_wait_end(s, LIST_OF(l, struct df_wait, link), false);
	loop_timer_free(&s->df_timer);
}

int
answer_df(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold	*s = ctx->state;
	struct df_ask	 q;
	struct err	 e = ERR_INIT;
	int		 fd;

	if (df_ask_get(f->body, &q) == -1 || !qid_valid(q.id) || q.id.n > QID_MAX - 3)
		return -1;
	if ((!list_empty(&s->df_waits) || flow_full(&s->flow, os_now_ms())) && !s->stopping && df_wait(s, p, f, q.id))
		return 0;
	if (df_open(s, p, q.id, &fd, &e) == 0) {
		req_answer(p, f, STR_NONE, fd);
		close(fd);
	} else
		req_answer_err(p, f, &e);
	return 0;
}

int
answer_abort(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold	*s = ctx->state;
	struct open_df	*d;
	struct df_ask	 q;

	if (df_ask_get(f->body, &q) == -1)
		return -1;
	if ((d = spoold_find_df(s, p, q.id)) != NULL)
		spoold_drop_df(s, d);
	if ((req_row(Q_ABORT)->flags & REQ_NOANSWER) == 0)
		req_answer(p, f, STR_NONE, -1);
	return 0;
}

void
spoold_peer_gone(struct role_ctx *ctx, struct peer *p)
{
	struct spoold *s = ctx->state;

	LIST_EACH(l, &s->dfs) {
		struct open_df *d = LIST_OF(l, struct open_df, link);

		if (d->peer == p)
			spoold_drop_df(s, d);
	}
	LIST_EACH(l, &s->df_waits) {
		struct df_wait *w = LIST_OF(l, struct df_wait, link);

		if (w->peer == p)
			df_wait_end(s, w, false);
	}
	spares_leave(s, p->serial);
}

/* ---- commit ---- */

/* A session may not name programs, files or whose rights they get. */
static bool
commit_is_plain(const struct qf *q)
{
	for (size_t i = 0; i < q->nrcpt; i++)
		if (q->rcpt[i].ctl_alias.n != 0 || q->rcpt[i].ctl_user.n != 0)
			return false;
	return true;
}

/* Is the df as long as the session says?  -1: it is not. */
static int
commit_check_df(struct spoold *s, const struct open_df *d, uint64_t size, struct err *e)
{
	uint64_t	have;

	if ((d->place != 0 ? spool_body_size(s->dir[d->dir], d->place - 1, &have, e) : spool_df_size(s->dir[d->dir], str_c(d->id), &have, e)) == -1)
		return -1;
	return have == size ? 0 : err_set(e, ERR_TEMP, "content is not as long as announced");
}

int
answer_commit(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold		*s = ctx->state;
	struct arena		*a;
	struct open_df		*df = NULL;
	struct commit		 m;
	struct err		 e = ERR_INIT;
	struct held		*held;
	struct qf		 q;
	int			 rc = 0;

	if (commit_get(f->body, &m) == -1 || !qid_valid(m.id) || m.id.n > QID_MAX - 3)
		return -1;
	if (m.in_df ? (df = spoold_find_df(s, p, m.id)) == NULL : m.content.n != m.size)
		return -1;
	if (arena_is_short() || (held = req_hold(p, f)) == NULL) {
		if (df != NULL)
			spoold_drop_df(s, df);
		return req_refuse(p, f, ERR_TEMP, "out of memory"), 0;
	}
	if (p->role == R_SMTPD)
		spoold_session_at(s, m.near);
	a = arena_new(ARENA_DEFAULT);
	if (qfile_parse(m.qf, a, &q, &e) == -1 || !commit_is_plain(&q)) {
		log_line(0, LOG_P_ERR, NULL, "spool: a message that nobody may send: %s", e.text);
		rc = -1;
	} else if ((df != NULL && commit_check_df(s, df, m.size, &e) == -1) ||
	    spoold_commit_held(s, &m, &q, df, p->serial, &held, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "spool: cannot save a message: %s", e.text);
		if (df != NULL)
			spoold_drop_df(s, df);
		req_release_err(&held, &e);
	} else {
		stats_from(s, m.from_mailer, &q, m.size, q.quarantine.n != 0);
		if (df != NULL) {
			list_remove(&df->link);
			free(df);
		}
	}
	req_unhold(&held);
	arena_free(&a);
	return rc;
}
