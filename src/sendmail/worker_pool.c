/*
 * worker_pool - the master: forks workers, hands questions to those that are free and their answers back.
 *
 * It lives on a loop.  A question of a neighbour becomes a job: it is held, and given to
 * a worker by chan_call, whose answer is forwarded.  Descriptors travel with both.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "os/load.h"
#include "proc/msg.h"
#include "req.h"
#include "worker.h"
#include "worker_int.h"
#include "worker_lend.h"

#define WORKER_QUEUE		10000
#define WORKER_PLENTY		8	/* free workers that are kept although nobody needs them */
#define WORKER_CALM_MS		3000	/* those beyond that who were not needed for so long go; never at once, for forking is what costs */
#define WORKER_STOP_MS		5000
#define WORKER_RETRY_MS		1000

/* ---- jobs ---- */

static void
job_free(struct job *j)
{
	if (j->fd != -1)
		close(j->fd);
	buf_done(&j->body);
	buf_done(&j->key);
	free(j);
}

/* Nobody will work on it: whoever is at its descriptor hears that. */
static void
pool_turn_away(const struct worker_pool *pool, uint16_t type, struct str body, int fd)
{
	if (fd != -1 && pool->ops->refused != NULL)
		pool->ops->refused(type, body, fd);
}

static void
job_refuse(const struct worker_pool *pool, struct job *j, const char *why)
{
	struct err e = ERR_INIT;

	pool_turn_away(pool, j->type, buf_str(&j->body), j->fd);
	err_set(&e, ERR_TEMP, "%s", why);
	req_release_err(&j->held, &e);
	job_free(j);
}

/* ---- birth ---- */

/* In a new worker: let go of what is the master's. */
static void
pool_forget(void *arg)
{
	struct worker_pool *pool = arg;

	LIST_EACH(it, &pool->workers)
		chan_leave(LIST_OF(it, struct worker, link)->ch);
	LIST_EACH(it, &pool->jobs) {
		struct job *j = LIST_OF(it, struct job, link);

		if (j->fd != -1)
			close(j->fd);
	}
}

static void worker_frame(void *, struct chan *, struct frame *);

static struct worker *
worker_new(struct worker_pool *pool, int sock)
{
	struct worker *w = calloc(1, sizeof *w);

	if (w == NULL || (w->ch = chan_new(sock)) == NULL) {
		close(sock);
		free(w);
		return NULL;
	}
	w->pool = pool;
	buf_init(&w->key, 0);
	if (chan_on_loop(w->ch, pool->ctx->loop, worker_frame, w, 2 * CHAN_MAX) == -1) {
		chan_free(&w->ch);
		free(w);
		return NULL;
	}
	list_append(&pool->workers, &w->link);
	pool->nworkers++;
	pool->nfree++;
	return w;
}

static struct worker *
worker_fork(struct worker_pool *pool)
{
	struct err	e = ERR_INIT;
	int		sock;

	if ((sock = worker_birth(pool->ctx, pool->ops, pool_forget, pool, &e)) == -1) {
		luck_none(&pool->luck, pool->ctx->row->name, e.text);
		return NULL;
	}
	luck_one(&pool->luck);
	return worker_new(pool, sock);
}

/* ---- work ---- */

void
worker_free(struct worker *w)
{
	struct worker_pool *pool = w->pool;

	if (worker_is_free(w))
		pool->nfree--;
	pool->nworkers--;
	list_remove(&w->link);
	chan_free(&w->ch);
	buf_done(&w->key);
	free(w);
}

/* The worker is gone, or said something without being asked. Its job's answer comes by worker_done(NULL) first. */
static void
worker_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct worker		*w = arg;
	struct worker_pool	*pool = w->pool;

	(void)ch;
	if (f != NULL) {
		if (f->fd != -1)
			close(f->fd);
		log_line(0, LOG_P_CRIT, NULL, "%s: a worker spoke unasked: ended", pool->ctx->row->name);
	}
	if (w->done == 0 && !w->retire)
		luck_died_young(&pool->luck);
	if (w->job != NULL) {		/* chan_free calls worker_done for it */
		w->retire = true;
		chan_free(&w->ch);
		return;
	}
	worker_free(w);
	pool_serve(pool);
}

/* The worker says that it could not read the question, and ended. */
static bool
job_was_bad(const struct frame *f)
{
	struct err	e = ERR_INIT;
	struct msg_in	in;

	if (!(f->flags & CHAN_ERROR))
		return false;
	in = msg_in(f->body);
	msg_err(&in, &e);
	return e.class == ERR_BUG && e.sys == WORKER_BAD;
}

/* Only those who talk to strangers are ended on a worker's word: it may itself be the one that lies. */
static void
job_punish(struct job *j)
{
	const unsigned	suspects = ROLE_BIT(R_SMTPD) | ROLE_BIT(R_CLIENT) | ROLE_BIT(R_ROUTE) | ROLE_BIT(R_COMMAND);
	struct peer	*p = j->held->peer;

	if (p != NULL && suspects & ROLE_BIT(p->role))
		peer_end(p, "a malformed request");
}

/* How many workers nobody needed, of `nfree`, when they are all alike. */
static int
pool_surplus(const struct worker_pool *pool, int nfree)
{
	return pool->ops->key == NULL ? nfree - pool->ops->spare - WORKER_PLENTY : 0;
}

static void
pool_watch_surplus(struct worker_pool *pool)
{
	if (pool->calming || pool_surplus(pool, pool->nfree) <= 0)
		return;
	pool->calming = loop_timer_set(pool->calm, WORKER_CALM_MS) == 0;
	pool->low = pool->nfree;
}

/* Those who were free all the time, the coldest first. */
static void
pool_calm(void *arg)
{
	struct worker_pool	*pool = arg;
	int			 n = pool_surplus(pool, pool->low);

	pool->calming = false;
	for (struct list *l = pool->workers.prev, *before; l != &pool->workers && n > 0; l = before) {
		struct worker *w = LIST_OF(l, struct worker, link);

		before = l->prev;
		if (worker_is_free(w) && !w->retire) {
			worker_free(w);
			n--;
		}
	}
	pool_watch_surplus(pool);
}

static void
worker_done(void *arg, struct frame *f)
{
	struct worker		*w = arg;
	struct worker_pool	*pool = w->pool;
	struct job		*j = w->job;
	struct peer		*asker = j->held->peer;

	w->job = NULL;
	pool->nfree++;
	w->done++;
	if (f == NULL) {
		/* The channel's handler follows and frees the worker. */
		if (w->done == 1)
			luck_died_young(&pool->luck);
		w->retire = true;
		log_line(1, LOG_P_WARNING, NULL, "%s: a worker died in %s", pool->ctx->row->name,
		    req_row(j->type)->name);
		job_refuse(pool, j, "the process that worked on it died");
		if (w->ch == NULL) {
			worker_free(w);
			pool_serve(pool);
		}
		return;
	}
	pool->luck.failures = 0;
	if (f->fd != -1 && !(req_row(j->type)->flags & REQ_FDOUT)) {
		close(f->fd);
		f->fd = -1;
	}
	if (f->flags & CHAN_LAST)
		w->retire = true;
	if (job_was_bad(f)) {
		w->retire = true;
		job_punish(j);
		asker = NULL;
	}
	w->retire = w->retire || (pool->ops->recycle > 0 && w->done >= pool->ops->recycle);
	worker_lend(w, asker, j->type);		/* before it has its answer: it will ask again at once */
	req_forward(&j->held, f);
	job_free(j);
	list_remove(&w->link);
	if (pool->ops->key != NULL)
		list_append(&pool->workers, &w->link);
	else
		list_prepend(&pool->workers, &w->link);	/* still warm: the next question is its */
	if (w->retire)
		worker_free(w);
	pool_watch_surplus(pool);
	pool_serve(pool);
}

static int
worker_give(struct worker *w, struct job *j)
{
	w->job = j;
	if (--w->pool->nfree < w->pool->low)
		w->pool->low = w->pool->nfree;
	w->again = str_eq(buf_str(&w->key), buf_str(&j->key));
	buf_clear(&w->key);
	buf_add(&w->key, buf_str(&j->key));
	if (chan_call(w->ch, j->type, buf_str(&j->body), j->fd, worker_done, w, -1) == -1) {
		w->job = NULL;
		w->pool->nfree++;
		return -1;
	}
	if (j->fd != -1)
		close(j->fd);
	j->fd = -1;
	buf_done(&j->body);
	return 0;
}

/* May a worker be forked now?  Not at once after others died young. */
static bool
pool_may_fork(const struct worker_pool *pool)
{
	return pool->nworkers < pool->ops->max && luck_may_fork(&pool->luck);
}

/* A free worker for this job: one that knows the key, else a fresh one, else the one idle for longest. */
static struct worker *
pool_choose(struct worker_pool *pool, const struct job *j)
{
	struct worker *fresh = NULL, *oldest = NULL;

	LIST_EACH(it, &pool->workers) {
		struct worker *w = LIST_OF(it, struct worker, link);

		if (!worker_is_free(w) || w->retire || w->ch == NULL)
			continue;
		if (pool->ops->key == NULL)
			return w;
		if (w->key.n > 0 && str_eq(buf_str(&w->key), buf_str(&j->key)))
			return w;
		if (w->key.n == 0 && fresh == NULL)
			fresh = w;
		if (oldest == NULL)
			oldest = w;
	}
	if (fresh != NULL)
		return fresh;
	if (pool_may_fork(pool) && (fresh = worker_fork(pool)) != NULL)
		return fresh;
	return oldest;
}

/* Who may still have a question on its way to us. */
static bool
pool_has_askers(const struct role_ctx *ctx)
{
	LIST_EACH(it, &ctx->peers) {
		const struct peer *p = LIST_OF(it, struct peer, link);

		if (p->role != R_PARENT && req_neighbours(p->role, ctx->row->id))
			return true;
	}
	return false;
}

void
pool_serve(struct worker_pool *pool)
{
	while (!list_empty(&pool->jobs)) {
		struct job	*j = LIST_OF(pool->jobs.next, struct job, link);
		struct worker	*w;

		if (j->held->peer == NULL) {		/* nobody waits for it any more */
			list_remove(&j->link);
			pool->njobs--;
			free(j->held);
			job_free(j);
			continue;
		}
		if ((w = pool_choose(pool, j)) == NULL) {
			worker_lend_recall(pool, NULL);
			break;
		}
		list_remove(&j->link);
		pool->njobs--;
		if (worker_give(w, j) == -1) {
			w->retire = true;
			list_prepend(&pool->jobs, &j->link);
			pool->njobs++;
		}
	}
	if ((pool->ctx->stopping || (pool->finishing && !pool_has_askers(pool->ctx))) && list_empty(&pool->jobs) &&
	    pool->nfree == pool->nworkers)
		loop_stop(pool->ctx->loop);
	else if (!pool->ctx->stopping && (!list_empty(&pool->jobs) || (!pool->finishing && pool->nfree < pool->ops->spare)))
		loop_timer_set(pool->more, list_empty(&pool->jobs) ? 0 : WORKER_RETRY_MS);
}

/* Everything that waits. */
static void
pool_refuse(struct worker_pool *pool, const char *why)
{
	while (!list_empty(&pool->jobs)) {
		struct job *j = LIST_OF(pool->jobs.next, struct job, link);

		list_remove(&j->link);
		pool->njobs--;
		job_refuse(pool, j, why);
	}
}

/* Are all neighbours here whom a worker will want to ask? */
static bool
pool_complete(const struct role_ctx *ctx)
{
	for (int r = 0; r < R_MAX; r++)
		if (r != R_PARENT && role_row((enum role_id)r) != NULL && ctx->to[r] == NULL &&
		    req_neighbours(ctx->row->id, (enum role_id)r))
			return false;
	return true;
}

static void
pool_more(void *arg)
{
	struct worker_pool *pool = arg;

	if (pool->nworkers == 0 && luck_is_barren(&pool->luck))
		pool_refuse(pool, "no process can be started");
	if (pool->finishing)
		pool_serve(pool);
	if (pool->ctx->stopping || pool->finishing || (list_empty(&pool->jobs) && !pool_complete(pool->ctx)))
		return;
	if (pool->nfree < pool->ops->spare && pool->nworkers < pool->ops->max &&
	    (!pool_may_fork(pool) || worker_fork(pool) == NULL)) {
		loop_timer_set(pool->more, WORKER_RETRY_MS);
		return;
	}
	pool_serve(pool);
}

/* Every request of row->works comes here. */
static int
pool_answer(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct worker_pool	*pool = ctx->pool;
	int			 limit = pool->ops->queue_max > 0 ? pool->ops->queue_max : WORKER_QUEUE;
	struct job		*j;

	if (pool->njobs >= limit || ctx->stopping) {
		pool_turn_away(pool, f->type, f->body, f->fd);
		return req_refuse(p, f, ERR_TEMP, "%s: too busy", ctx->row->name), 0;
	}
	if ((j = calloc(1, sizeof *j)) == NULL)
		return req_refuse(p, f, ERR_TEMP, "no memory"), 0;
	j->type = f->type;
	j->fd = -1;
	buf_init(&j->body, CHAN_MAX);
	buf_init(&j->key, 0);
	if (pool->ops->key != NULL && pool->ops->key(ctx, f, &j->key) == -1) {
		job_free(j);
		return -1;
	}
	buf_add(&j->body, f->body);
	if (!buf_ok(&j->body) || (j->held = req_hold(p, f)) == NULL) {
		job_free(j);
		return req_refuse(p, f, ERR_TEMP, "no memory"), 0;
	}
	j->fd = f->fd;
	f->fd = -1;
	list_append(&pool->jobs, &j->link);
	pool->njobs++;
	pool_serve(pool);
	return 0;
}

/* ---- the master ---- */

/* Workers have what they were born with: after a change they end as soon as they are free. */
static void
pool_renew(struct worker_pool *pool)
{
	LIST_EACH(it, &pool->workers) {
		struct worker *w = LIST_OF(it, struct worker, link);

		w->retire = true;
		if (w->lent)
			worker_lend_recall(pool, w);
		else if (w->job == NULL)
			worker_free(w);
	}
	pool_serve(pool);
}

void
worker_renew(struct role_ctx *ctx)
{
	if (ctx->pool != NULL)
		pool_renew(ctx->pool);
}

static void
pool_peer_came(struct role_ctx *ctx, struct peer *p)
{
	if (req_neighbours(ctx->row->id, p->role))
		pool_renew(ctx->pool);
}

static void
pool_peer_gone(struct role_ctx *ctx, struct peer *p)
{
	worker_lend_orphan(ctx->pool, p);
	if (ctx->pool->finishing)
		loop_timer_set(ctx->pool->more, 0);
}

static void
pool_stop(struct role_ctx *ctx)
{
	struct worker_pool *pool = ctx->pool;

	LIST_EACH(it, &pool->workers) {
		struct worker *w = LIST_OF(it, struct worker, link);

		w->retire = true;
		if (!worker_is_free(w))
			(void)chan_send(w->ch, Q_STOP, 0, 0, STR(""), -1, NULL);
		else
			worker_free(w);
	}
	pool_refuse(pool, "the mail system is stopping");
	loop_timer_set(pool->deadline, WORKER_STOP_MS);
	pool_serve(pool);
}

/* Another master took our place: the questions we have are ours to the end. */
static void
pool_finish(struct role_ctx *ctx)
{
	ctx->pool->finishing = true;
	pool_renew(ctx->pool);
}

static void
pool_late(void *arg)
{
	struct worker_pool *pool = arg;

	loop_stop(pool->ctx->loop);
}

static void
pool_reap(void *arg, int signo)
{
	struct worker_pool	*pool = arg;
	int			 status;
	pid_t			 pid;

	(void)signo;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (WIFSIGNALED(status))
			log_line(0, LOG_P_CRIT, NULL, "%s: worker %ld was ended by signal %d", pool->ctx->row->name,
			    (long)pid, WTERMSIG(status));
}

int
worker_master(struct role_ctx *ctx, const struct worker_ops *ops)
{
	struct worker_pool	*pool = calloc(1, sizeof *pool);
	size_t			 n = 0;

	if (pool == NULL)
		return EXIT_OSERR;
	while (ctx->row->works[n].fn != NULL)
		n++;
	pool->ctx = ctx;
	pool->ops = ops;
	list_init(&pool->workers);
	list_init(&pool->jobs);
	pool->answers = calloc(n + 2, sizeof pool->answers[0]);
	pool->more = loop_timer_new(ctx->loop, pool_more, pool);
	pool->deadline = loop_timer_new(ctx->loop, pool_late, pool);
	pool->calm = loop_timer_new(ctx->loop, pool_calm, pool);
	if (pool->answers == NULL || pool->more == NULL || pool->deadline == NULL || pool->calm == NULL ||
	    loop_signal(ctx->loop, SIGCHLD, pool_reap, pool) == -1)
		return EXIT_OSERR;
	for (size_t i = 0; i < n; i++)
		pool->answers[i] = (struct answer){ ctx->row->works[i].id, pool_answer };
	pool->answers[n] = (struct answer){ Q_BACK, worker_lend_back };
	ctx->answers = pool->answers;
	ctx->pool = pool;
	ctx->peer_came = pool_peer_came;
	ctx->peer_gone = pool_peer_gone;
	ctx->stop = pool_stop;
	ctx->finish = pool_finish;
	role_title(ctx, "ready");
	/* Spare workers wait until the neighbours are introduced: pool_peer_came. */
	pool_serve(pool);
	return role_loop(ctx);
}
