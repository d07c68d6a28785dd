/*
 * spoold - the spool role: the only writer of the queue.
 *
 * It takes messages (spoold_take.c), answers when they are durable and not before (spoold_commit.c), finds those that lie in the queue directories
 * (spoold_scan.c), and lets sched.c and hand.c do the rest.  Here it begins, is asked for queue runs, gets another configuration, and ends.
 */
#include "spoold.h"

#include <stdlib.h>

#include "ask.h"
#include "base/log.h"
#include "jspool.h"
#include "proc/msg.h"
#include "queue/scan.h"
#include "roles.h"
#include "spoold_scan.h"
#include "spoold_take.h"

#define SYNC_HELPERS	2
#define STOP_MS		4000
#define STOP_FILES	5000		/* messages that a clean stop moves from the journal into files */
#define RESERVE		32		/* blocks of memory for what is under way when there is no more; new work is refused then */

struct flush {
	struct list	 link;
	struct held	*held;
};

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
	jspool_replay_finish(s);
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
	mode_t		 mode = spool_file_mode(ctx->conf->opt.queue_file_mode);

	if (arena_reserve(RESERVE) == -1 || s == NULL || (s->js = calloc(1, sizeof *s->js)) == NULL || sched_init(s) == -1 || dest_init(s) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	take_init(s);
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
		if ((s->dir[s->ndir] = spool_open(arena_cstr(ctx->arena, paths[s->ndir]), mode, e)) == NULL)
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

void
spoold_known(struct spoold *s)
{
	if (s->ctx->queue_interval != ROLE_OWN_ONLY) {
		spoold_first_scan(s);
		spoold_scan_tick(s);
	} else
		sched_run(s);
}

static void
spoold_stop(struct role_ctx *ctx)
{
	struct spoold *s = ctx->state;

	s->stopping = true;
	loop_timer_set(s->scan_timer, STOP_MS);
	/* Another program may find files; what is more than can be written in the time stays where it is safe, too. */
	if (s->js->nmsgs <= STOP_FILES)
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
	if (s->timer == NULL || s->scan_timer == NULL || again_init(s) == -1 || take_start(s) == -1 || (s->sync = sync_new(s, SYNC_HELPERS, &e)) == NULL ||
	    jspool_start(s, &e) == -1) {
		log_line(0, LOG_P_CRIT, NULL, "spool: %s", e.text);
		return 75;
	}
	role_title(ctx, "ready");
	if (s->js->replay == NULL)
		spoold_known(s);
	rc = loop_run(ctx->loop) == -1 ? 75 : 0;
	take_end(s);
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
