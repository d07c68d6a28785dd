/*
 * stsd - role sts: policies of MTA-STS, and counts for reports.
 *
 * Workers ask DNS and web servers; the master counts.  What it may write is one folder.
 */
#include <string.h>

#include "ask.h"
#include "base/log.h"
#include "base/status.h"
#include "net/http.h"
#include "req.h"
#include "roles.h"
#include "secure.h"
#include "stscache.h"
#include "tlsrpt.h"
#include "worker.h"

#define STS_WORKERS	8
#define STS_RECYCLE	200
#define STS_DEADLINE_MS	90000
#define STS_FLUSH_MS	20000

struct stsd {
	struct role_ctx		*ctx;
	struct stscache		 cache;
	struct tlsrpt		*report;
	struct loop_timer	*flush;
};

int
sts_prepare(struct role_ctx *ctx, struct err *e)
{
	static struct stsd d;
	struct err why = ERR_INIT;

	(void)e;
	ctx->state = &d;
	d.ctx = ctx;
	stscache_open(ctx->conf, ctx->arena, (int64_t)ctx->boot->uid, (int64_t)ctx->boot->gid, &d.cache);
	if (secure_sts(ctx->conf) && http_load(&why) == -1)
		log_line(1, LOG_P_ERR, NULL, "MTA-STS: policies cannot be fetched: %s", why.text);
	return 0;
}

int
sts_sandbox(struct role_ctx *ctx, const char **read_paths, const char **write_paths, size_t max)
{
	const struct stsd *d = ctx->state;

	(void)max;
	read_paths[0] = write_paths[0] = d->cache.dir;
	read_paths[1] = write_paths[1] = NULL;
	return 0;
}

static int
sts_answer_note(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct stsd *d = ctx->state;
	struct tlsrpt_note n;

	(void)p;
	if (tlsrpt_note_get(f->body, &n) == -1)
		return -1;
	if (d->report != NULL)
		tlsrpt_add(d->report, &n);
	return 0;
}

const struct answer sts_answers[] = { { Q_TLSRPT, sts_answer_note }, { 0, NULL } };

static int
sts_work(struct role_ctx *ctx, struct frame *f, struct buf *out, int *fd, struct err *e)
{
	struct stsd *d = ctx->state;
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct sts_answer ans;
	struct str domain;

	(void)fd;
	(void)e;
	if (sts_ask_get(arena_str(a, f->body), &domain) == -1)
		worker_bad(ctx);
	stscache_ask(&d->cache, domain, true, a, &ans);
	sts_answer_put(out, &ans);
	arena_free(&a);
	return 0;
}

const struct work sts_works[] = { { Q_STS, sts_work }, { 0, NULL } };

static void
sts_flush(void *arg)
{
	struct stsd *d = arg;

	tlsrpt_flush(d->report);
	loop_timer_set(d->flush, STS_FLUSH_MS);
}

static int
sts_start(struct role_ctx *ctx)
{
	struct stsd *d = ctx->state;

	d->report = NULL;		/* the master's */
	role_use_dns(ctx);
	return 0;
}

int
sts_run(struct role_ctx *ctx)
{
	struct stsd *d = ctx->state;
	struct worker_ops ops = { .max = STS_WORKERS, .spare = secure_sts(ctx->conf) ? 1 : 0, .recycle = STS_RECYCLE,
		.deadline_ms = STS_DEADLINE_MS, .start = sts_start };
	int code;

	d->report = tlsrpt_new(d->cache.dir);
	if ((d->flush = loop_timer_new(ctx->loop, sts_flush, d)) == NULL)
		return EXIT_OSERR;
	loop_timer_set(d->flush, STS_FLUSH_MS);
	code = worker_master(ctx, &ops);
	tlsrpt_flush(d->report);
	return code;
}
