/*
 * spoold_commit - a message on its way to the disk: into the journal or into files, and into the schedule when it is durable.
 *
 * Who asked is told then, and not before.  The envelope was parsed by the caller and is printed again here: nothing that only looks like one gets into the queue.
 */
#include "spoold_commit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "jspool.h"
#include "maillog.h"
#include "queue/spool_spare.h"
#include "spare.h"

#define KEPT_COUNT	400		/* fresh messages whose lock and text are kept: descriptors are few */

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
	unsigned	 place;		/* of the content, as open_df's */
	struct flow_one	*flow;
	bool		 journal;	/* it goes there */
	struct jref	 ref;		/* its place */
	uint64_t	 session;
	struct again	 again;		/* durable, but there was no memory to schedule it */
};

static void
committing_free(struct committing *c)
{
	if (c->lock != -1)
		close(c->lock);
	flow_leave(&c->flow);
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
		jspool_add(s, m, &c->ref, c->in_df, c->place);
	m->writer = c->session;
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
	m->flow = c->flow;
	c->flow = NULL;
	flow_take(m->flow);
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
		if (c->ref.gen == 0) {
			spare_drop(s, c->place);
			spool_abort(s->dir[c->dir], str_c(c->id));
		} else if (c->in_df)
			jspool_unlink_later(s, c->dir, str_c(c->id), 0, c->place);
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

/* The same when that one has its content in a place of the journal's. */
static int
spoold_link_place(struct spoold *s, struct committing *c, unsigned place, struct err *e)
{
	struct str id = str_c(c->id);

	if (spool_body_link(s->dir[0], place - 1, s->dir[c->dir], id, e) == -1) {
		if (e->sys != EXDEV || c->dir == 0)
			return -1;
		err_clear(e);
		c->dir = 0;
		if (spool_body_link(s->dir[0], place - 1, s->dir[0], id, e) == -1)
			return -1;
	}
	if (spool_write(s->dir[c->dir], id, STR_NONE, buf_str(&c->image), &c->lock, e) == 0)
		return 0;
	spool_remove_df(s->dir[c->dir], id);
	return -1;
}

/* Content in the same file as another message's, where its group has its files; beside it when that is on another file system. */
static int
spoold_link(struct spoold *s, struct committing *c, struct str df_of, struct err *e)
{
	struct msg	*other = sched_find(s, df_of);
	uint32_t	 from = other != NULL ? other->dir : c->dir;

	if (other != NULL && other->place != 0)
		return spoold_link_place(s, c, other->place, e);
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
	if (g->ndir == 0 || group_pick_dir(s, c->group, c->size, &to, NULL) == -1 ||
	    (df->place != 0 && spare_to_df(s, df->place, str_c(c->id), NULL) == -1))
		return;
	df->place = 0;
	if (spool_move_df(s->dir[df->dir], s->dir[to], str_c(c->id), NULL) == 0)
		df->dir = to;
}

/* ---- into the journal ---- */

static void	committing_synced(void *, const struct err *);

static int
committing_append(struct committing *c, struct err *e)
{
	const struct jrec_message r = {
		.id = str_c(c->id), .mode = memchr("biqd", c->mode, 4) != NULL ? c->mode : 'b', .in_df = c->in_df,
		.place = c->place, .size = c->size,
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
	if (c->place != 0 && spare_to_df(s, c->place, str_c(c->id), e) == -1)
		return -1;
	c->place = 0;
	if (spool_write(s->dir[c->dir], str_c(c->id), c->in_df ? STR_NONE : buf_str(&c->content), buf_str(&c->image), &c->lock, e) == -1)
		return -1;
	if (sync_commit(s->sync, c->dir, str_c(c->id), true, c->kind, committing_done, c) == 0)
		return 0;
	spool_abort(s->dir[c->dir], str_c(c->id));
	return err_set(e, ERR_TEMP, "out of memory");
}

/* The name of its df, or of its place, is durable: now the record. */
static void
committing_synced(void *arg, const struct err *e)
{
	struct committing	*c = arg;
	struct err		 why = ERR_INIT;

	if (e == NULL)
		spare_named(c->s, c->place);
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
	if (c->journal && c->in_df && !spare_is_named(s, c->place))	/* who wrote it has synced it; its name is left */
		return sync_commit(s->sync, c->dir, str_c(c->id), false, 0, committing_synced, c) == 0 ? 0 :
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

/* What is known of a message before it has a place; its image is printed. */
static struct committing *
committing_new(struct spoold *s, const struct commit *m, struct qf *q, uint64_t session, bool in_df, struct err *e)
{
	struct committing	*c = calloc(1, sizeof *c);

	if (c == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	c->s = s;
	c->lock = -1;
	c->mode = m->mode;
	c->group = group_by_name(s, q->group);
	c->plan = m->mode == 'q' && s->ngroup > 1 && !(q->flags & QF_SPLIT);
	c->kind = q->quarantine.n != 0 ? 'h' : 'q';
	c->size = m->size;
	c->created = q->created;
	c->session = session;
	c->in_df = in_df;
	buf_init(&c->image, QF_TEXT_MAX + 1);
	buf_init(&c->content, 0);
	str_copy(c->id, sizeof c->id, m->id);
	q->id = str_c(c->id);
	if (q->tries == 0)
		q->priority = order_priority(&s->order, m->whole > 0 ? m->whole : m->size, maillog_rank(s->conf, q), q->nrcpt);
	c->priority = q->priority;
	if (sched_find(s, m->id) != NULL)
		err_set(e, ERR_TEMP, "%s: this queue id is in use", c->id);
	else if (qfile_print(q, &c->image, e) == 0)
		return c;
	committing_free(c);
	return NULL;
}

/* Its folder: where the df is already, where the df is that it will be a link to, or any of the group's. */
static int
committing_place(struct committing *c, const struct commit *m, struct open_df *df, struct str df_of, struct err *e)
{
	struct spoold	*s = c->s;
	struct msg	*other;

	if (df != NULL) {
		spoold_move_df(s, c, df);
		c->dir = df->dir;
		c->place = df->place;
		c->flow = df->flow;
		df->flow = NULL;
		return 0;
	}
	if (df_of.n != 0 && (other = sched_find(s, df_of)) != NULL && (other->group == c->group || s->group[c->group].ndir == 0)) {
		c->dir = other->dir;
		return 0;
	}
	return group_pick_dir(s, c->group, m->size, &c->dir, e);
}

/* Into files: the content is another message's df, or what a descriptor has. */
static int
committing_files(struct committing *c, const struct commit *m, int content_fd, struct str df_of, struct err *e)
{
	struct spoold	*s = c->s;

	if ((df_of.n != 0 ? spoold_link(s, c, df_of, e) :
	    spool_write_from(s->dir[c->dir], m->id, content_fd, buf_str(&c->image), &c->lock, e)) == -1)
		return -1;
	if (sync_commit(s->sync, c->dir, m->id, true, c->kind, committing_done, c) == 0)
		return 0;
	spool_abort(s->dir[c->dir], m->id);
	return err_set(e, ERR_TEMP, "out of memory");
}

/* Content in memory, or in its own df already: into the journal if that takes it. */
static int
committing_content(struct committing *c, const struct commit *m, struct err *e)
{
	struct spoold	*s = c->s;

	buf_addch(&c->content, ' ');		/* even empty content is in memory: p is not NULL */
	buf_clear(&c->content);
	if (!c->in_df)
		buf_add(&c->content, m->content);
	if (!buf_ok(&c->content))
		return err_set(e, ERR_TEMP, "out of memory");
	c->journal = c->kind == 'q' && c->content.n <= (size_t)s->conf->opt.journal_max_message &&
	    (c->in_df || !spool_in_use(s->dir[c->dir], m->id));
	if (committing_start(c, e) == -1)
		return -1;
	if (c->in_df)
		buf_done(&c->content);
	return 0;
}

/*
 * The common part: into the journal, or into files.  `q` is the parsed envelope.  0: committing_done will be called; -1: nothing is left of it.
 */
static int
spoold_write(struct spoold *s, const struct commit *m, struct qf *q, struct open_df *df, int content_fd, struct str df_of,
    uint64_t session, struct committing **out, struct err *e)
{
	bool			 files = df_of.n != 0 || content_fd != -1;
	struct committing	*c = committing_new(s, m, q, session, df != NULL || files, e);

	if (c == NULL)
		return -1;
	if (committing_place(c, m, df, df_of, e) == -1 ||
	    (files ? committing_files(c, m, content_fd, df_of, e) : committing_content(c, m, e)) == -1) {
		committing_free(c);
		return -1;
	}
	s->committing++;
	*out = c;
	return 0;
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

int
spoold_commit_held(struct spoold *s, const struct commit *m, struct qf *q, struct open_df *df, uint64_t session, struct held **held, struct err *e)
{
	struct committing *c;

	if (spoold_write(s, m, q, df, -1, STR_NONE, session, &c, e) == -1)
		return -1;
	c->held = *held;
	*held = NULL;
	return 0;
}
