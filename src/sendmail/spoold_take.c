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
	spare_drop(s, d->place);
	spool_abort(s->dir[d->dir], str_c(d->id));
	list_remove(&d->link);
	free(d);
}

int
answer_df(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold	*s = ctx->state;
	struct df_ask	 q;
	struct open_df	*d;
	struct err	 e = ERR_INIT;
	int		 fd;

	if (df_ask_get(f->body, &q) == -1 || !qid_valid(q.id) || q.id.n > QID_MAX - 3)
		return -1;
	if (arena_is_short() || (d = calloc(1, sizeof *d)) == NULL)
		return req_refuse(p, f, ERR_TEMP, "out of memory"), 0;
	d->peer = p;
	str_copy(d->id, sizeof d->id, q.id);
	if (sched_find(s, q.id) != NULL || spoold_find_df(s, p, q.id) != NULL)
		err_set(&e, ERR_TEMP, "%s: this queue id is in use", d->id);
	else if (group_pick_dir(s, 0, 0, &d->dir, &e) == 0 &&
	    (spare_use(s, d->dir, q.id, p->serial, &d->place, &fd) || spool_df_create(s->dir[d->dir], q.id, &fd, &e) == 0)) {
		list_append(&s->dfs, &d->link);
		req_answer(p, f, STR_NONE, fd);
		close(fd);
		return 0;
	}
	free(d);
	log_line(0, LOG_P_ERR, NULL, "spool: no file for content: %s", e.text);
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
