/*
 * spoold - the spool role: the only writer of the queue.
 *
 * It takes messages (Q_DF, Q_COMMIT), answers when they are durable and not before, finds those that lie in the queue directories, and lets sched.c
 * and hand.c do the rest.  What comes in is hostile: a qf text is parsed and printed again, a message from a session may not name controlling
 * users, and an id is only good for a df that the same peer opened.
 */
#include "spoold.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "jspool.h"
#include "maillog.h"
#include "os/file.h"
#include "os/load.h"
#include "roles.h"
#include "spare.h"
#include "spoold_scan.h"

#define SYNC_HELPERS	2
#define KEPT_COUNT	400		/* fresh messages whose lock and text are kept: descriptors are few */
#define STOP_MS		4000
#define RESERVE		32		/* blocks of memory for what is under way when there is no more; new work is refused then */

struct open_df {
	struct list	 link;
	struct peer	*peer;
	char		 id[QID_MAX];
	uint32_t	 dir;
};

struct flush {
	struct list	 link;
	struct held	*held;
};

/* A message on its way to the disk. */
struct committing {
	struct spoold	*s;
	struct held	*held;		/* NULL: one of our own */
	sync_done_fn	*done;
	void		*arg;
	uint32_t	 dir;
	uint16_t	 group;
	char		 id[QID_MAX];
	char		 mode;
	char		 kind;
	bool		 plan;		/* recipients may belong to several queue groups */
	int		 lock;
	uint64_t	 size;
	int64_t		 priority, created;
	struct buf	 image, content;
	bool		 in_df;
	bool		 journal;	/* it goes there */
	struct jref	 ref;		/* its place */
	uint64_t	 session;
	struct again	 again;		/* durable, but there was no memory to schedule it */
};

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
	spool_abort(s->dir[d->dir], str_c(d->id));
	list_remove(&d->link);
	free(d);
}

static int
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
	    (spare_use(s, d->dir, q.id, &fd) || spool_df_create(s->dir[d->dir], q.id, &fd, &e) == 0)) {
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

static int
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

static void
spoold_peer_gone(struct role_ctx *ctx, struct peer *p)
{
	struct spoold *s = ctx->state;

	LIST_EACH(l, &s->dfs) {
		struct open_df *d = LIST_OF(l, struct open_df, link);

		if (d->peer == p)
			spoold_drop_df(s, d);
	}
}

/* ---- commit ---- */

static void
committing_free(struct committing *c)
{
	if (c->lock != -1)
		close(c->lock);
	buf_done(&c->image);
	buf_done(&c->content);
	free(c);
}

static void	committing_schedule_again(void *);

/* Durable: from now on we owe it.  False: no memory; it is tried again. */
static bool
committing_schedule(struct committing *c)
{
	struct spoold	*s = c->s;
	struct msg	*m;

	if (c->kind != 'q')
		return true;		/* quarantined: nobody's turn */
	if ((m = sched_add(s, str_c(c->id), c->dir, c->group)) == NULL) {
		log_line(0, LOG_P_ERR, c->id, "out of memory: it waits for its place in the schedule");
		again_at(s, &c->again, 1000, committing_schedule_again, c);
		return false;
	}
	m->priority = c->priority;
	m->created = c->created;
	m->fresh = true;
	if (c->ref.gen != 0)
		jspool_add(s, m, &c->ref, c->in_df);
	m->sort = sched_sort_key(s, buf_str(&c->image), c->created);
	m->plan = c->plan;
	if ((c->mode == 'q' || c->mode == 'd') && !c->plan) {
		m->fresh = false;
		sched_at(s, m, order_next(&s->group[c->group].order, 0, c->created, (uint32_t)hash_bytes(str_c(c->id), 1)));
		return true;
	}
	if ((c->ref.gen != 0 || s->nkept < KEPT_COUNT) && s->kept + c->image.n + c->content.n <= (size_t)s->conf->opt.journal_memory &&
	    (m->kept = calloc(1, sizeof *m->kept)) != NULL) {
		m->kept->qf = c->image;
		m->kept->content = c->content;
		buf_init(&c->image, 0);
		buf_init(&c->content, 0);
		s->kept += m->kept->qf.n + m->kept->content.n;
		s->nkept++;
		m->lock = c->lock;
		c->lock = -1;
	}
	sched_at(s, m, spoold_now());
	return true;
}

static void
committing_schedule_again(void *arg)
{
	struct committing	*c = arg;
	struct spoold		*s = c->s;

	if (!committing_schedule(c))
		return;
	committing_free(c);
	sched_run(s);
}

static void
committing_done(void *arg, const struct err *e)
{
	struct committing	*c = arg;
	struct spoold		*s = c->s;
	bool			 over = true;

	s->committing--;
	if (e != NULL) {
		log_line(0, LOG_P_ERR, c->id, "cannot save the message: %s", e->text);
		if (c->ref.gen == 0)
			spool_abort(s->dir[c->dir], str_c(c->id));
		else if (c->in_df)
			jspool_unlink_later(s, c->dir, str_c(c->id));
		if (c->held != NULL)
			req_release_err(&c->held, e);
	} else {
		if (c->held != NULL)
			req_release(&c->held, STR_NONE, -1);
		over = committing_schedule(c);
	}
	if (c->done != NULL)
		c->done(c->arg, e);
	if (over)
		committing_free(c);
	sched_run(s);
}

/* Content in the same file as another message's, where its group has its files; beside it when that is on another file system. */
static int
spoold_link(struct spoold *s, struct committing *c, struct str df_of, struct err *e)
{
	struct msg	*other = sched_find(s, df_of);
	uint32_t	 from = other != NULL ? other->dir : c->dir;

	if (spool_write_link(s->dir[c->dir], str_c(c->id), s->dir[from], df_of, buf_str(&c->image), &c->lock, e) == 0)
		return 0;
	if (e->sys != EXDEV || from == c->dir)
		return -1;
	err_clear(e);
	c->dir = from;
	return spool_write_link(s->dir[from], str_c(c->id), s->dir[from], df_of, buf_str(&c->image), &c->lock, e);
}

/* A df that was opened before anyone knew the group goes where the group's files are, if it can. */
static void
spoold_move_df(struct spoold *s, struct committing *c, struct open_df *df)
{
	const struct qgroup	*g = &s->group[c->group];
	uint32_t		 to;

	for (size_t i = 0; i < g->ndir; i++)
		if (g->dir[i] == df->dir)
			return;
	if (g->ndir > 0 && group_pick_dir(s, c->group, c->size, &to, NULL) == 0 &&
	    spool_move_df(s->dir[df->dir], s->dir[to], str_c(c->id), NULL) == 0)
		df->dir = to;
}

/* ---- into the journal ---- */

static void	committing_synced(void *, const struct err *);

static int
committing_append(struct committing *c, struct err *e)
{
	const struct jrec_message r = {
		.id = str_c(c->id), .mode = memchr("biqd", c->mode, 4) != NULL ? c->mode : 'b', .in_df = c->in_df, .size = c->size,
		.qf = buf_str(&c->image), .content = c->in_df ? STR_NONE : buf_str(&c->content)
	};

	return jspool_append(c->s, &r, c->session, &c->ref, committing_done, c, e);
}

/* The journal has no room after all: a qf. */
static int
committing_file(struct committing *c, struct err *e)
{
	struct spoold *s = c->s;

	c->ref = (struct jref){ 0 };
	if (spool_write(s->dir[c->dir], str_c(c->id), c->in_df ? STR_NONE : buf_str(&c->content), buf_str(&c->image), &c->lock, e) == -1)
		return -1;
	if (sync_commit(s->sync, c->dir, str_c(c->id), true, c->kind, committing_done, c) == 0)
		return 0;
	spool_abort(s->dir[c->dir], str_c(c->id));
	return err_set(e, ERR_TEMP, "out of memory");
}

/* Its df is durable: now the record. */
static void
committing_synced(void *arg, const struct err *e)
{
	struct committing	*c = arg;
	struct err		 why = ERR_INIT;

	if (e == NULL && (committing_append(c, &why) == 0 || committing_file(c, &why) == 0))
		return;
	committing_done(c, e != NULL ? e : &why);
}

static void	committing_again(void *);

/* 0: committing_done will be called. */
static int
committing_start(struct committing *c, struct err *e)
{
	struct spoold	*s = c->s;
	enum jspool_room room = c->journal ? jspool_takes(s, c->image.n + c->content.n) : JSPOOL_NONE;

	if (room == JSPOOL_SOON && jspool_await(s, committing_again, c) == 0)
		return 0;
	c->journal = room == JSPOOL_NOW;
	if (c->journal && c->in_df)
		return sync_commit(s->sync, c->dir, str_c(c->id), true, 0, committing_synced, c) == 0 ? 0 :
		    err_set(e, ERR_TEMP, "out of memory");
	if (c->journal && committing_append(c, e) == 0)
		return 0;
	err_clear(e);
	return committing_file(c, e);
}

static void
committing_again(void *arg)
{
	struct committing	*c = arg;
	struct err		 e = ERR_INIT;

	if (committing_start(c, &e) == -1)
		committing_done(c, &e);
}

/*
 * The common part: into the journal, or into files.  `q` is the parsed envelope.  0: committing_done will be called; -1: nothing is left of it.
 */
static int
spoold_write(struct spoold *s, const struct commit *m, struct qf *q, struct open_df *df, int content_fd, struct str df_of,
    uint64_t session, struct committing **out, struct err *e)
{
	struct committing	*c = calloc(1, sizeof *c);
	struct msg		*other;

	if (c == NULL)
		return err_set(e, ERR_TEMP, "out of memory");
	c->s = s;
	c->lock = -1;
	c->mode = m->mode;
	c->group = group_by_name(s, q->group);
	c->plan = m->mode == 'q' && s->ngroup > 1 && !(q->flags & QF_SPLIT);
	c->kind = q->quarantine.n != 0 ? 'h' : 'q';
	c->size = m->size;
	c->created = q->created;
	c->session = session;
	c->in_df = df != NULL || df_of.n != 0 || content_fd != -1;
	buf_init(&c->image, QF_TEXT_MAX + 1);
	buf_init(&c->content, 0);
	str_copy(c->id, sizeof c->id, m->id);
	q->id = str_c(c->id);
	if (q->tries == 0)
		q->priority = order_priority(&s->order, m->whole > 0 ? m->whole : m->size, maillog_class(s->conf, q), q->nrcpt);
	c->priority = q->priority;
	if (sched_find(s, m->id) != NULL) {
		err_set(e, ERR_TEMP, "%s: this queue id is in use", c->id);
		goto bad;
	}
	if (qfile_print(q, &c->image, e) == -1)
		goto bad;
	if (df != NULL) {
		spoold_move_df(s, c, df);
		c->dir = df->dir;
	} else if (df_of.n != 0 && (other = sched_find(s, df_of)) != NULL && (other->group == c->group || s->group[c->group].ndir == 0))
		c->dir = other->dir;
	else if (group_pick_dir(s, c->group, m->size, &c->dir, e) == -1)
		goto bad;
	if (df_of.n != 0 || content_fd != -1) {
		if ((df_of.n != 0 ? spoold_link(s, c, df_of, e) :
		    spool_write_from(s->dir[c->dir], m->id, content_fd, buf_str(&c->image), &c->lock, e)) == -1)
			goto bad;
		if (sync_commit(s->sync, c->dir, m->id, true, c->kind, committing_done, c) == -1) {
			spool_abort(s->dir[c->dir], m->id);
			err_set(e, ERR_TEMP, "out of memory");
			goto bad;
		}
	} else {
		buf_addch(&c->content, ' ');		/* even empty content is in memory: p is not NULL */
		buf_clear(&c->content);
		if (!c->in_df)
			buf_add(&c->content, m->content);
		if (!buf_ok(&c->content)) {
			err_set(e, ERR_TEMP, "out of memory");
			goto bad;
		}
		c->journal = c->kind == 'q' && c->content.n <= (size_t)s->conf->opt.journal_max_message &&
		    (c->in_df || !spool_in_use(s->dir[c->dir], m->id));
		if (committing_start(c, e) == -1)
			goto bad;
		if (c->in_df)
			buf_done(&c->content);
	}
	s->committing++;
	*out = c;
	return 0;
bad:
	committing_free(c);
	return -1;
}

int
spoold_commit(struct spoold *s, const struct commit *m, int content_fd, struct str df_of, sync_done_fn *done, void *arg, struct err *e)
{
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct committing	*c;
	struct qf		 q;
	int			 rc = -1;

	if (!qid_valid(m->id) || m->id.n > QID_MAX - 3)
		err_set(e, ERR_BUG, "not a queue id");
	else if (qfile_parse(m->qf, a, &q, e) == 0 && (rc = spoold_write(s, m, &q, NULL, content_fd, df_of, 0, &c, e)) == 0) {
		c->done = done;
		c->arg = arg;
		stats_from(s, (uint32_t)s->conf->m_local + 1, &q, m->size, false);
		if (log_level() >= 12)		/* sendmail says nothing of its own */
			maillog_from(s->conf, &q, m->size);
	}
	arena_free(&a);
	return rc;
}

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
	int		fd;

	if (spool_df_open(s->dir[d->dir], str_c(d->id), &fd, &have, e) == -1)
		return -1;
	close(fd);
	return have == size ? 0 : err_set(e, ERR_TEMP, "content is not as long as announced");
}

static int
answer_commit(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold		*s = ctx->state;
	struct arena		*a;
	struct committing	*c;
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
	    spoold_write(s, &m, &q, df, -1, STR_NONE, (uint64_t)(uintptr_t)p, &c, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "spool: cannot save a message: %s", e.text);
		if (df != NULL)
			spoold_drop_df(s, df);
		req_release_err(&held, &e);
	} else {
		c->held = held;
		held = NULL;
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

/* ---- queue runs, and waiting for the end ---- */

static int
answer_qrun(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold	*s = ctx->state;
	struct qrun_ask	 q;
	struct buf	 b;

	if (qrun_ask_get(f->body, &q) == -1)
		return -1;
	if (q.nterm == 0)
		dest_revive(s);
	else
		s->demand_at = spoold_now();
	spoold_scan_finish(s);
	spoold_scan(s);
	spoold_scan_finish(s);
	buf_init(&b, 0);
	s->run_at = 0;
	s->run_of = spoold_qrun(s, &q);
	qrun_answer_put(&b, &(struct qrun_answer){ .matched = s->run_of });
	req_answer(p, f, buf_str(&b), -1);
	buf_done(&b);
	sched_run(s);
	return 0;
}

void
spoold_check_flush(struct spoold *s)
{
	struct buf b;

	if (s->stopping && s->committing == 0 && s->working == 0 && !s->js->syncing && !spill_busy(s)) {
		stats_write(s);
		loop_stop(s->ctx->loop);
	}
	if (list_empty(&s->flushes) || !sched_idle(s))
		return;
	LIST_EACH(l, &s->flushes) {
		struct flush *w = LIST_OF(l, struct flush, link);

		list_remove(&w->link);
		buf_init(&b, 0);
		msg_put_u32(&b, (uint32_t)s->failed_ex);
		req_release(&w->held, buf_str(&b), -1);
		buf_done(&b);
		free(w);
	}
}

static int
answer_flush(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold	*s = ctx->state;
	struct flush	*w;

	if (f->body.n != 0)
		return -1;
	if ((w = calloc(1, sizeof *w)) == NULL || (w->held = req_hold(p, f)) == NULL) {
		free(w);
		req_refuse(p, f, ERR_TEMP, "out of memory");
		return 0;
	}
	list_append(&s->flushes, &w->link);
	spoold_check_flush(s);
	return 0;
}

/* ---- the role ---- */

static void
spoold_order(struct spoold *s)
{
	const struct conf_opts *o = &s->conf->opt;

	s->order = (struct order_conf){
		.interval = s->ctx->queue_interval > 0 ? s->ctx->queue_interval : 0, .min_age = o->min_queue_age, .max_age = o->max_queue_age,
		.recipient_factor = o->recipient_factor, .class_factor = o->class_factor, .retry_factor = o->retry_factor
	};
}

int
spool_prepare(struct role_ctx *ctx, struct err *e)
{
	struct spoold	*s = calloc(1, sizeof *s);
	struct str	*paths;
	size_t		 n;
	int		 mode = ctx->conf->opt.queue_file_mode;

	if (arena_reserve(RESERVE) == -1 || s == NULL || (s->js = calloc(1, sizeof *s->js)) == NULL || sched_init(s) == -1 || dest_init(s) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	list_init(&s->dfs);
	list_init(&s->flushes);
	s->ctx = ctx;
	s->conf = ctx->conf;
	ctx->state = s;
	ctx->peer_gone = spoold_peer_gone;
	spoold_order(s);
	hosts_open(s);
	stats_open(s);
	dead_open(s);
	if (scan_dirs(s->conf->opt.queue_directory, ctx->arena, &paths, &n, e) == -1)
		return -1;
	if (n == 0)
		return err_set(e, ERR_PERM, "queue directory %.*s: there is none", STR_ARG(s->conf->opt.queue_directory));
	for (size_t i = 0; i < s->conf->ngroups; i++)
		if (s->conf->groups[i].path.n != 0 && scan_more_dirs(s->conf->groups[i].path, ctx->arena, &paths, &n, e) == -1)
			return -1;
	s->dir = ARENA_ARRAY(ctx->arena, struct spool_dir *, n);
	for (s->ndir = 0; s->ndir < n; s->ndir++)
		if ((s->dir[s->ndir] = spool_open(arena_cstr(ctx->arena, paths[s->ndir]), mode > 0 ? (mode_t)mode & 0777 : 0600, e)) == NULL)
			return -1;
	jspool_prepare(s);
	return groups_init(s, e) == -1 ? -1 : sched_reorder(s) == -1 ? err_set(e, ERR_TEMP, "out of memory") : 0;
}

int
spool_sandbox(struct role_ctx *ctx, const char **read_paths, const char **write_paths, size_t max)
{
	struct spoold	*s = ctx->state;
	size_t		 n = 0;

	(void)read_paths;
	for (size_t i = 0; i < s->ndir && n + 1 < max; i++)
		write_paths[n++] = s->dir[i]->path;
	if (s->hosts_fd != -1 && n + 1 < max)
		write_paths[n++] = s->hosts_path;
	return 0;
}

static void
spoold_tick(void *arg)
{
	again_look(arg);
	sched_run(arg);
}

static void
spoold_scan_tick(void *arg)
{
	struct spoold	*s = arg;
	int64_t		 next = s->order.interval > 0 && s->order.interval < 300 ? s->order.interval : 300;

	if (s->stopping) {
		loop_stop(s->ctx->loop);
		return;
	}
	again_look(s);
	spoold_scan(s);
	loop_timer_set(s->scan_timer, (uint64_t)next * 1000);
	sched_run(s);
}

static void
spoold_stop(struct role_ctx *ctx)
{
	struct spoold *s = ctx->state;

	s->stopping = true;
	loop_timer_set(s->scan_timer, STOP_MS);
	spill_upto(s, UINT64_MAX);
	spoold_check_flush(s);
}

int
spool_run(struct role_ctx *ctx)
{
	struct spoold	*s = ctx->state;
	struct err	 e = ERR_INIT;
	int		 rc;

	ctx->stop = spoold_stop;
	s->timer = loop_timer_new(ctx->loop, spoold_tick, s);
	s->scan_timer = loop_timer_new(ctx->loop, spoold_scan_tick, s);
	if (s->timer == NULL || s->scan_timer == NULL || again_init(s) == -1 || (s->sync = sync_new(s, SYNC_HELPERS, &e)) == NULL ||
	    jspool_start(s, &e) == -1) {
		log_line(0, LOG_P_CRIT, NULL, "spool: %s", e.text);
		return 75;
	}
	role_title(ctx, "ready");
	if (ctx->queue_interval != ROLE_OWN_ONLY) {
		spoold_first_scan(s);
		spoold_scan_tick(s);
	}
	rc = loop_run(ctx->loop) == -1 ? 75 : 0;
	jspool_stop(s);
	return rc;
}

/* What is opened with the parent's rights, and before the sandbox: another place for it needs another process. */
static bool
spoold_must_begin_anew(const struct conf_opts *was, const struct conf_opts *is)
{
	return !str_eq(was->status_file, is->status_file) || !str_eq(was->host_status_directory, is->host_status_directory);
}

int
spool_reconf(struct role_ctx *ctx)
{
	struct spoold	*s = ctx->state;
	struct err	 e = ERR_INIT;
	bool		 anew = spoold_must_begin_anew(&s->conf->opt, &ctx->conf->opt);

	s->conf = ctx->conf;
	spoold_order(s);
	jspool_reconf(s);
	if (groups_init(s, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "spool: the old queue groups stay: %s", e.text);
		return -1;			/* they still point into the old configuration */
	}
	if (sched_reorder(s) == -1) {
		log_line(0, LOG_P_CRIT, NULL, "spool: out of memory");
		loop_stop(ctx->loop);		/* the next process begins with the journal and the files */
	}
	if (anew) {
		log_line(4, LOG_P_NOTICE, NULL, "spool: StatusFile or HostStatusDirectory has changed: another process opens it");
		spoold_stop(ctx);
	}
	return 0;
}

const struct answer spool_answers[] = {
	{ Q_DF,		answer_df },
	{ Q_COMMIT,	answer_commit },
	{ Q_ABORT,	answer_abort },
	{ Q_QRUN,	answer_qrun },
	{ Q_FLUSH,	answer_flush },
	{ Q_COUNT,	answer_count },
	{ Q_STATUS,	answer_status },
	{ Q_FILTERCOUNT, answer_filtercount },
	{ Q_FILTERSTAT,	answer_filterstat },
	{ 0, NULL }
};
