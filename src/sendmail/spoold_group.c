/*
 * spoold_group - queue groups: their directories, how much of each may be in hand, and to which group a message belongs.
 *
 * A message says its group itself (G line); one that does not belongs to the group of the directory it lies in.  A group that is no longer
 * configured is the default group, mqueue, which is always the first.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "os/file.h"
#include "os/load.h"
#include "queue/scan.h"
#include "spoold.h"

/* How many of its messages may be in hand in queue runs.  Runners=0: none, unless they are asked for. */
static size_t
group_limit(const struct conf_queue_group *g, int64_t max_runners)
{
	if (!g->declared)
		return max_runners > 0 ? (size_t)max_runners : SIZE_MAX;
	if (g->has_runners && g->runners <= 0)
		return 0;
	if (!conf_flag(&g->flags, 'f'))
		return 1;			/* one after the other */
	if (g->has_runners)
		return (size_t)g->runners;
	return max_runners > 0 ? (size_t)max_runners : SIZE_MAX;
}

static void
group_set(struct spoold *s, struct qgroup *g, const struct conf_queue_group *c)
{
	const struct conf_opts *o = &s->conf->opt;

	g->conf = c;
	g->order = s->order;
	if (c->interval > 0)
		g->order.interval = c->interval;
	g->limit = group_limit(c, o->max_runners_per_queue);
	g->jobs = c->jobs > 0 ? (size_t)c->jobs : o->max_queue_run_size > 0 ? (size_t)o->max_queue_run_size : SIZE_MAX;
}

/* Which of the open directories are this group's.  By name: those above them may not be looked at any more. */
static int
group_dirs(struct spoold *s, struct qgroup *g, struct err *e)
{
	if ((g->dir = calloc(s->ndir + 1, sizeof *g->dir)) == NULL)
		return err_set(e, ERR_TEMP, "out of memory");
	for (size_t d = 0; d < s->ndir; d++)
		if (scan_matches(g->conf->path, str_c(s->dir[d]->path)))
			g->dir[g->ndir++] = (uint32_t)d;
	return 0;
}

int
groups_init(struct spoold *s, struct err *e)
{
	const struct conf	*c = s->conf;
	struct qgroup		*old = s->group, *v = calloc(c->ngroups, sizeof *v);
	size_t			 nold = s->ngroup;
	struct msg		*m;
	struct str		 key;
	void			*val;

	if (v == NULL)
		return err_set(e, ERR_TEMP, "out of memory");
	for (size_t i = 0; i < c->ngroups; i++) {
		group_set(s, &v[i], &c->groups[i]);
		(void)str_copy(v[i].name, sizeof v[i].name, str_first(c->groups[i].name, sizeof v[i].name - 1));
		if (group_dirs(s, &v[i], e) == -1) {
			for (size_t k = 0; k <= i; k++)
				free(v[k].dir);
			free(v);
			return -1;
		}
		if (v[i].ndir == 0 && i > 0)
			log_line(0, LOG_P_WARNING, NULL, "queue group %s: no directory %.*s; its messages go to the default group's", v[i].name,
			    STR_ARG(c->groups[i].path));
	}
	s->group = v;
	s->ngroup = c->ngroups;
	if (old == NULL)
		return 0;
	/* A new configuration: the messages know their group by its number. */
	for (size_t i = 0; hash_next(s->msgs, &i, &key, &val);) {
		m = val;
		m->group = group_by_name(s, str_c(m->group < nold ? old[m->group].name : ""));
		if (m->runner)
			v[m->group].running++;
	}
	for (size_t i = 0; i < nold; i++)
		free(old[i].dir);
	free(old);
	return 0;
}

uint16_t
group_by_name(const struct spoold *s, struct str name)
{
	for (size_t i = 0; name.n != 0 && i < s->ngroup; i++)
		if (str_caseeq_c(name, s->group[i].name))
			return (uint16_t)i;
	return 0;
}

uint16_t
group_of(const struct spoold *s, struct str name, uint32_t dir)
{
	if (name.n != 0)
		return group_by_name(s, name);
	for (size_t i = 0; i < s->ngroup; i++)
		for (size_t k = 0; k < s->group[i].ndir; k++)
			if (s->group[i].dir[k] == dir)
				return (uint16_t)i;
	return 0;
}

int
answer_status(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold		*s = ctx->state;
	struct status_answer	 a = { 0 };
	struct buf		 b;

	for (size_t i = 0; i < s->ngroup && i < STATUS_MAX; i++)
		a.v[a.n++] = s->group[i].members;
	buf_init(&b, 0);
	status_answer_put(&b, &a);
	req_answer(p, f, buf_str(&b), -1);
	buf_done(&b);
	return 0;
}

static int
group_check_room(struct spoold *s, uint32_t dir, uint64_t need, struct err *e)
{
	uint64_t	blocks, bsize, inodes;

	if (os_now_ms() < s->dir[dir]->roomy && need < OS_FS_PLENTY / 2)
		return 0;
	if (s->conf->opt.min_free_blocks <= 0 || os_fs_free(s->dir[dir]->fd, &blocks, &bsize, &inodes) == -1 || bsize == 0)
		return 0;
	if (blocks > (uint64_t)s->conf->opt.min_free_blocks + OS_FS_PLENTY / bsize)
		s->dir[dir]->roomy = os_now_ms() + OS_FS_PLENTY_MS;
	if (blocks > (uint64_t)s->conf->opt.min_free_blocks + need / bsize)
		return 0;
	err_set(e, ERR_TEMP, "queue directory %s: low on space", s->dir[dir]->path);
	e->sys = ENOSPC;
	return -1;
}

int
group_pick_dir(struct spoold *s, uint16_t group, uint64_t need, uint32_t *dir, struct err *e)
{
	struct qgroup *g = &s->group[s->group[group].ndir > 0 ? group : 0];

	for (size_t i = 0; i < g->ndir; i++) {
		*dir = g->dir[g->next++ % g->ndir];
		if (group_check_room(s, *dir, need, e) == 0) {
			err_clear(e);
			return 0;
		}
	}
	return -1;
}
