/*
 * worker - the worker's side: a plain blocking loop over questions that its master hands on (worker_pool.c).
 */
#include "worker.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ask.h"
#include "base/status.h"
#include "req.h"
#include "worker_int.h"

static struct frame	 worker_question;

void
worker_bad(struct role_ctx *ctx)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_BUG, "malformed %s", req_row(worker_question.type)->name);
	e.sys = WORKER_BAD;
	(void)chan_answer_err(ctx->master, &worker_question, &e);
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
	struct pollfd p = { chan_fd(ctx->master), POLLIN, 0 };

	/* While a question is in work, all that the master says is Q_STOP; or it is gone. */
	if (!ctx->stopping && (chan_ready(ctx->master) || poll(&p, 1, 0) > 0))
		ctx->stopping = true;
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
worker_answer(struct role_ctx *ctx, struct frame *f)
{
	work_fn		*fn = worker_fn(ctx, f->type);
	struct buf	 out;
	struct err	 e = ERR_INIT;
	int		 fd = -1, rc;

	if (f->lost)
		return chan_answer_lost(ctx->master, f);
	if (fn == NULL) {
		err_set(&e, ERR_BUG, "nobody answers message %u", f->type);
		return chan_answer_err(ctx->master, f, &e);
	}
	worker_question = *f;
	buf_init(&out, CHAN_MAX);
	if (fn(ctx, f, &out, &fd, &e) == -1)
		rc = chan_answer_err(ctx->master, &worker_question, &e);
	else if (!buf_ok(&out) || out.n > CHAN_MAX) {
		err_set(&e, ERR_PERM, "the answer to %s is too long", req_row(worker_question.type)->name);
		rc = chan_answer_err(ctx->master, &worker_question, &e);
	} else
		rc = chan_answer(ctx->master, &worker_question, buf_str(&out), fd);
	if (fd != -1)
		close(fd);
	buf_done(&out);
	return rc;
}

_Noreturn void
worker_life(struct role_ctx *ctx, const struct worker_ops *ops)
{
	struct frame f;

	role_title(ctx, "idle");
	for (int n = 0; ops->recycle == 0 || n < ops->recycle; n++) {
		struct pollfd p = { chan_fd(ctx->master), POLLIN, 0 };

		if (ctx->retire || ctx->stopping)
			break;
		if (ops->idle != NULL && !chan_ready(ctx->master) && poll(&p, 1, ops->idle_ms) == 0)
			ops->idle(ctx);
		if (chan_recv(ctx->master, &f, -1, NULL) == -1 || f.type == Q_STOP)
			break;
		if (ops->deadline_ms > 0)
			alarm((unsigned)(ops->deadline_ms + 999) / 1000);
		if (worker_answer(ctx, &f) == -1)
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
