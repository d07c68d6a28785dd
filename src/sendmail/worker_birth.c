/*
 * worker_birth - forks a worker: with a channel to its master, and one to each neighbour that its role may ask.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "base/must.h"
#include "base/status.h"
#include "net/tls.h"
#include "os/fd.h"
#include "os/rest.h"
#include "proc/sig.h"
#include "req.h"
#include "worker.h"
#include "worker_int.h"

struct worker_ends {			/* the ends that a new worker gets */
	int	master;
	int	ask[R_MAX];
};

static void
worker_ends_close(struct worker_ends *w)
{
	if (w->master != -1)
		close(w->master);
	for (int r = 0; r < R_MAX; r++)
		if (w->ask[r] != -1)
			close(w->ask[r]);
}

/* Introduce the worker to every neighbour that its role may ask. */
static int
worker_introduce(struct role_ctx *ctx, struct worker_ends *ends, struct err *e)
{
	struct peer_ask	me = { ctx->row->id };
	struct buf	b;
	int		p[2], rc = 0;

	buf_init(&b, 0);
	peer_ask_put(&b, &me);
	if (!buf_ok(&b))		/* an empty introduction would be our end */
		rc = err_set(e, ERR_TEMP, "out of memory");
	for (int r = 0; r < R_MAX && rc == 0; r++) {
		if (r == R_PARENT || ctx->to[r] == NULL || !req_neighbours(ctx->row->id, (enum role_id)r))
			continue;
		if (os_socketpair(p) == -1) {
			rc = err_sys(e, ERR_TEMP, "channels of a worker");
			break;
		}
		ends->ask[r] = p[0];
		rc = req_tell(ctx, (enum role_id)r, Q_PEER, buf_str(&b), p[1]);
		close(p[1]);
		if (rc == -1)
			err_set(e, ERR_TEMP, "role %s is away", role_name((enum role_id)r));
	}
	buf_done(&b);
	return rc;
}

static _Noreturn void
worker_child(struct role_ctx *ctx, const struct worker_ops *ops, struct worker_ends *ends)
{
	LIST_EACH(it, &ctx->peers)
		chan_leave(LIST_OF(it, struct peer, link)->ch);
	memset(ctx->to, 0, sizeof ctx->to);
	loop_leave(&ctx->loop);
	ctx->pool = NULL;
	ctx->is_worker = true;
	must_memory();
	os_rest_also(arena_rest);
	os_rest_also(rule_rest);
	os_rest_also(tls_rest);
	if ((ctx->master = chan_new(ends->master)) == NULL)
		_exit(EXIT_OSERR);
	for (int r = 0; r < R_MAX; r++)
		if (ends->ask[r] != -1 && (ctx->ask[r] = chan_new(ends->ask[r])) == NULL)
			_exit(EXIT_OSERR);
	if (ops->start != NULL && ops->start(ctx) == -1)
		_exit(EXIT_TEMPFAIL);
	worker_life(ctx, ops);
}

int
worker_birth(struct role_ctx *ctx, const struct worker_ops *ops, void (*forget)(void *), void *arg, struct err *e)
{
	struct worker_ends	ends;
	int			p[2];
	pid_t			pid;

	ends.master = -1;
	for (int r = 0; r < R_MAX; r++)
		ends.ask[r] = -1;
	if (worker_introduce(ctx, &ends, e) == -1)
		goto bad;
	if (os_socketpair(p) == -1) {
		err_sys(e, ERR_TEMP, "channel of a worker");
		goto bad;
	}
	ends.master = p[1];
	if ((pid = sig_fork()) == -1) {
		err_sys(e, ERR_TEMP, "fork a worker");
		close(p[0]);
		goto bad;
	}
	if (pid == 0) {
		close(p[0]);
		sig_reset();
		sig_ignore(SIGHUP);
		sig_ignore(SIGINT);
		forget(arg);
		worker_child(ctx, ops, &ends);
	}
	worker_ends_close(&ends);
	return p[0];
bad:
	worker_ends_close(&ends);
	return -1;
}
