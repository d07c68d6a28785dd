/*
 * worker - the worker's side: a plain blocking loop over questions that its master hands on (worker_pool.c).
 */
#include "worker.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "base/status.h"
#include "os/rest.h"
#include "req.h"
#include "worker_int.h"

static struct frame	 worker_question;

void
worker_bad(struct role_ctx *ctx)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_BUG, "malformed %s", req_row(worker_question.type)->name);
	e.sys = WORKER_BAD;
	chan_last(ctx->asked);
	(void)chan_answer_err(ctx->asked, &worker_question, &e);
	_exit(EXIT_PROTOCOL);
}

void
worker_modest(struct role_ctx *ctx, int nice)
{
	static int mine;

	if (!ctx->is_worker)
		return;
	if (nice > mine) {
		(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + nice - mine);
		mine = nice;
	} else if (nice < mine)
		ctx->retire = true;
}

void
worker_retire(struct role_ctx *ctx)
{
	ctx->retire = true;
}

bool
worker_stopping(struct role_ctx *ctx)
{
	struct pollfd	p = { chan_fd(ctx->master), POLLIN, 0 };
	struct frame	f;

	while (!ctx->stopping && (chan_ready(ctx->master) || poll(&p, 1, 0) > 0)) {
		/* While it has a question from us all that the master says is Q_STOP; if it lent us, Q_RETIRE, too.  Or it is gone. */
		if (ctx->asked == ctx->lent && chan_recv_now(ctx->master, &f, NULL) == 0 && f.type == Q_RETIRE)
			ctx->retire = true;
		else
			ctx->stopping = true;
	}
	return ctx->stopping;
}

static work_fn *
worker_fn(const struct role_ctx *ctx, unsigned type)
{
	for (const struct work *w = ctx->row->works; w != NULL && w->fn != NULL; w++)
		if ((unsigned)w->id == type)
			return w->fn;
	return NULL;
}

static int
worker_answer(struct role_ctx *ctx, struct frame *f, bool last)
{
	work_fn		*fn = worker_fn(ctx, f->type);
	struct buf	 out;
	struct err	 e = ERR_INIT;
	int		 fd = -1, rc;

	if (f->lost) {
		if (last)
			chan_last(ctx->asked);
		return chan_answer_lost(ctx->asked, f);
	}
	if (fn == NULL) {
		err_set(&e, ERR_BUG, "nobody answers message %u", f->type);
		return chan_answer_err(ctx->asked, f, &e);
	}
	worker_question = *f;
	buf_init(&out, CHAN_MAX);
	rc = fn(ctx, f, &out, &fd, &e);
	if (last || ctx->retire || ctx->stopping)
		chan_last(ctx->asked);
	if (rc == -1)
		rc = chan_answer_err(ctx->asked, &worker_question, &e);
	else if (!buf_ok(&out) || out.n > CHAN_MAX) {
		err_set(&e, ERR_PERM, "the answer to %s is too long", req_row(worker_question.type)->name);
		rc = chan_answer_err(ctx->asked, &worker_question, &e);
	} else
		rc = chan_answer(ctx->asked, &worker_question, buf_str(&out), fd);
	if (fd != -1)
		close(fd);
	buf_done(&out);
	return rc;
}

/* ---- where questions come from ---- */

/* From now on from this channel, too; until its other end is closed. */
static int
worker_lent(struct role_ctx *ctx, struct frame *f)
{
	struct peer_ask who;

	chan_free(&ctx->lent);
	if (f->fd == -1 || peer_ask_get(f->body, &who) == -1 || (ctx->lent = chan_new(f->fd)) == NULL)
		return -1;
	ctx->lent_to = who.role;
	chan_limit(ctx->lent, req_longest(ctx->row->id, who.role));
	return 0;
}

/* The master says something.  1: it asks, 0: something else, -1: it is time to go. */
static int
worker_master_says(struct role_ctx *ctx, struct frame *f)
{
	if (chan_recv_now(ctx->master, f, NULL) == -1 || f->type == Q_STOP || f->type == Q_RETIRE)
		return -1;
	if (f->type == Q_LEND)
		return worker_lent(ctx, f);
	ctx->asked = ctx->master;
	return 1;
}

/* He to whom we are lent asks, or gives us back.  He is a stranger to us: what he asks passes the table, as it does at the master. */
static int
worker_lent_asks(struct role_ctx *ctx, struct frame *f)
{
	const char *why;

	if (chan_recv_now(ctx->lent, f, NULL) == -1) {
		chan_free(&ctx->lent);
		return 0;
	}
	ctx->asked = ctx->lent;
	if (f->lost)
		return 1;
	if ((why = req_check(ctx->row->id, ctx->lent_to, false, NULL, f)) == NULL && worker_fn(ctx, f->type) == NULL)
		why = "a request that nobody here answers";
	if (why != NULL) {
		log_line(0, LOG_P_CRIT, NULL, "%s: role %s sent a lent worker %s: ended", ctx->row->name, role_name(ctx->lent_to), why);
		return -1;
	}
	return 1;
}

/* Wait for a question.  -1: it is time to go. */
static int
worker_next(struct role_ctx *ctx, const struct worker_ops *ops, struct frame *f)
{
	bool idle = ops->idle != NULL;
	int  rc = 0;

	while (rc == 0) {
		struct pollfd	p[2] = { { chan_fd(ctx->master), POLLIN, 0 }, { -1, POLLIN, 0 } };
		bool		ready = chan_ready(ctx->master), lent = ctx->lent != NULL && chan_ready(ctx->lent);
		int		n = 0;

		if (ctx->lent != NULL)
			p[1].fd = chan_fd(ctx->lent);
		if (!ready && !lent && (n = os_wait(p, 2, idle ? ops->idle_ms : -1)) == 0) {
			ops->idle(ctx);
			idle = false;
			continue;
		}
		ready = ready || p[0].revents != 0;
		if (lent || p[1].revents != 0) {
			rc = worker_lent_asks(ctx, f);
			ctx->retire = ctx->retire || (rc == 1 && ready);	/* whatever the master has to say, it is: come home */
		} else if (ready)
			rc = worker_master_says(ctx, f);
	}
	return rc;
}

_Noreturn void
worker_life(struct role_ctx *ctx, const struct worker_ops *ops)
{
	struct frame f;

	role_title(ctx, "idle");
	for (int n = 0; ops->recycle == 0 || n < ops->recycle; n++) {
		if (ctx->retire || ctx->stopping || worker_next(ctx, ops, &f) == -1)
			break;
		if (ops->deadline_ms > 0)
			alarm((unsigned)(ops->deadline_ms + 999) / 1000);
		if (worker_answer(ctx, &f, n + 1 == ops->recycle) == -1)
			break;
		if (ops->deadline_ms > 0)
			alarm(0);
		if (f.fd != -1)
			close(f.fd);
	}
	if (ops->idle != NULL)
		ops->idle(ctx);
	_exit(EXIT_OK);
}
