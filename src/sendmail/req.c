/*
 * req - the ways to ask and to answer.
 *
 * Everything that arrives on a channel passes req_check before any handler sees it.
 */
#include "req.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "lease.h"
#include "os/load.h"
#include "proc/msg.h"

#define REQ_LAME_MS	100
#define REQ_COMPLAIN	60	/* seconds between log lines about lost requests */
#define REQ_BUSY_MS	100	/* the shortest Timeout.role is a second */
#define REQ_WORKER_OPEN	16	/* a worker waits for each answer, but for those it gave up */

/* ---- neighbours ---- */

static const struct answer *
peer_answer(const struct role_ctx *ctx, unsigned type)
{
	const struct answer *lists[] = { ctx->answers, ctx->row->answers, role_control };

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		for (const struct answer *a = lists[i]; a != NULL && a->fn != NULL; a++)
			if ((unsigned)a->id == type)
				return a;
	return NULL;
}

/*
 * If the neighbour died the parent knows, and will introduce the next one.  If it lives - one of us had no memory to send or to read - nobody else
 * would ever join us again.
 */
static void
peer_tell_lost(struct role_ctx *ctx, enum role_id role)
{
	const char me = (char)role;		/* as peer_ask_put has it: there may be no memory */

	if (ctx->row->id != R_PARENT && !ctx->stopping && ctx->to[R_PARENT] != NULL && req_row(Q_LOST)->from & ROLE_BIT(ctx->row->id))
		(void)req_tell(ctx, R_PARENT, Q_LOST, str_mem(&me, 1), -1);
}

static void
peer_drop(struct peer *p)
{
	struct role_ctx *ctx = p->ctx;

	LIST_EACH(it, &p->held)
	{
		struct held *h = LIST_OF(it, struct held, link);

		list_remove(&h->link);
		h->peer = NULL;
	}
	list_remove(&p->link);
	lease_lender_gone(p);
	if (ctx->to[p->role] == p) {
		ctx->to[p->role] = NULL;
		if (p->role != R_PARENT)
			peer_tell_lost(ctx, p->role);
	}
	if (ctx->peer_gone != NULL)
		ctx->peer_gone(ctx, p);
	if (p->role == R_PARENT && !p->worker)		/* nobody is left to work for */
		loop_stop(ctx->loop);
	loop_timer_free(&p->lame);
	chan_free(&p->ch);
	free(p);
}

/* ---- a neighbour's first process gave way to another ---- */

static void
peer_lame(void *arg)
{
	struct peer *p = arg;

	if (chan_waits(p->ch))
		loop_timer_set(p->lame, REQ_LAME_MS);
	else
		peer_drop(p);
}

/*
 * Questions go to the new one from now on.  The old one may only leave when no question is on its way to it, and that we alone know: it
 * waits until we close (worker.c).
 */
static void
peer_supersede(struct peer *p)
{
	if (p->lame != NULL || !req_neighbours(p->ctx->row->id, p->role))
		return;
	lease_lender_leaves(p);
	if ((p->lame = loop_timer_new(p->ctx->loop, peer_lame, p)) != NULL)
		loop_timer_set(p->lame, 0);
}

void
peer_end(struct peer *p, const char *why)
{
	if (why != NULL)
		log_line(0, LOG_P_CRIT, NULL, "%s: %s of role %s sent %s: ended", role_name(p->ctx->row->id),
		    p->worker ? "worker" : "process", role_name(p->role), why);
	peer_drop(p);
}

/* The request is as gone as its descriptor: who asked hears it; the other end of what was handed over without a question sees that it was closed. */
static void
req_lost(const struct role_ctx *ctx, struct chan *ch, const struct frame *f)
{
	static time_t		 told;
	const struct req_row	*r = req_row(f->type);
	time_t			 now = time(NULL);

	if (now - told >= REQ_COMPLAIN) {
		told = now;
		log_line(0, LOG_P_ERR, NULL, "%s: no descriptors left (ulimit -n): %s was lost", ctx->row->name, r != NULL ? r->name : "a request");
	}
	if (f->tag != 0)
		(void)chan_answer_lost(ch, f);
}

static void
peer_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct peer		*p = arg;
	struct role_ctx		*ctx = p->ctx;
	const struct answer	*a;
	const struct req_row	*r = f == NULL ? NULL : req_row(f->type);
	const char		*why;

	if (f == NULL) {
		peer_end(p, NULL);
		return;
	}
	if (f->lost) {
		req_lost(ctx, ch, f);
		if (r != NULL && r->id == Q_LEND && r->from & ROLE_BIT(p->role))
			lease_lost(p, f);
		return;
	}
	why = req_check(ctx->row->id, p->role, p->worker, &p->once, f);
	if (why == NULL && (a = peer_answer(ctx, f->type)) == NULL)
		why = "a request that nobody here answers";
	if (why == NULL && p->worker && p->nheld >= REQ_WORKER_OPEN)
		why = "one question after the other without waiting";
	if (why == NULL && a->fn(ctx, p, f) == -1)
		why = "a malformed request";
	if (f->fd != -1)
		close(f->fd);
	if (why != NULL) {
		log_line(0, LOG_P_CRIT, NULL, "request %s", r != NULL ? r->name : "unknown");
		peer_end(p, why);
	}
}

struct peer *
peer_new(struct role_ctx *ctx, enum role_id role, bool worker, int sock, struct err *e)
{
	struct chan *ch = chan_new(sock);

	if (ch == NULL) {
		close(sock);
		err_set(e, ERR_TEMP, "no memory for a channel to role %s", role_name(role));
		return NULL;
	}
	return peer_adopt(ctx, role, worker, ch, e);
}

struct peer *
peer_adopt(struct role_ctx *ctx, enum role_id role, bool worker, struct chan *ch, struct err *e)
{
	static uint64_t serial;
	struct peer *p = calloc(1, sizeof *p);

	if (p == NULL) {
		chan_free(&ch);			/* the other side sees it, and says so to the parent */
		err_set(e, ERR_TEMP, "no memory for a channel to role %s", role_name(role));
		return NULL;
	}
	p->ch = ch;
	p->ctx = ctx;
	p->role = role;
	p->serial = ++serial;
	p->worker = worker;
	list_init(&p->held);
	chan_limit(ch, req_longest(ctx->row->id, role));
	if (chan_on_loop(p->ch, ctx->loop, peer_frame, p, 2 * CHAN_MAX) == -1) {
		chan_free(&p->ch);
		free(p);
		err_set(e, ERR_TEMP, "no memory for a channel to role %s", role_name(role));
		return NULL;
	}
	list_append(&ctx->peers, &p->link);
	if (!worker) {
		if (ctx->to[role] != NULL && ctx->row->id != R_PARENT)
			peer_supersede(ctx->to[role]);
		ctx->to[role] = p;
	}
	return p;
}

/* ---- answering ---- */

int
req_answer(struct peer *p, const struct frame *f, struct str body, int fd)
{
	return chan_answer(p->ch, f, body, fd);
}

int
req_answer_err(struct peer *p, const struct frame *f, const struct err *e)
{
	return chan_answer_err(p->ch, f, e);
}

int
req_refuse(struct peer *p, const struct frame *f, enum err_class class, const char *fmt, ...)
{
	struct err	e = ERR_INIT;
	va_list		ap;

	va_start(ap, fmt);
	err_vset(&e, class, fmt, ap);
	va_end(ap);
	return req_answer_err(p, f, &e);
}

struct held *
req_hold(struct peer *p, const struct frame *f)
{
	struct held *h = malloc(sizeof *h);

	if (h == NULL)
		return NULL;
	h->peer = p;
	h->type = f->type;
	h->tag = f->tag;
	list_append(&p->held, &h->link);
	p->nheld++;
	return h;
}

static void
held_answer(struct held **hp, uint16_t flags, struct str body, int fd)
{
	struct held *h = *hp;

	*hp = NULL;
	if (h == NULL)
		return;
	if (h->peer != NULL) {
		list_remove(&h->link);
		h->peer->nheld--;
		(void)chan_answer_tag(h->peer->ch, h->type, flags, h->tag, body, fd);
	}
	free(h);
}

void
req_unhold(struct held **hp)
{
	struct held *h = *hp;

	*hp = NULL;
	if (h == NULL)
		return;
	if (h->peer != NULL) {
		list_remove(&h->link);
		h->peer->nheld--;
	}
	free(h);
}

void
req_release(struct held **hp, struct str body, int fd)
{
	held_answer(hp, 0, body, fd);
}

void
req_release_err(struct held **hp, const struct err *e)
{
	struct buf b;

	buf_init(&b, 0);
	msg_put_err(&b, e);
	if (!buf_ok(&b) && *hp != NULL && (*hp)->peer != NULL) {
		(void)chan_answer_short((*hp)->peer->ch, (*hp)->type, (*hp)->tag);
		req_unhold(hp);
	}
	held_answer(hp, CHAN_ERROR, buf_str(&b), -1);
	buf_done(&b);
}

void
req_forward(struct held **hp, const struct frame *f)
{
	held_answer(hp, f->flags & CHAN_ERROR, f->body, f->fd);
}

/* ---- asking ---- */

int
req_call(struct role_ctx *ctx, enum role_id at, enum req_id q, struct str body, int fd, chan_done_fn *done, void *arg)
{
	const struct req_row *r = req_row(q);

	if (r == NULL || ctx->to[at] == NULL)
		return -1;
	return chan_call(ctx->to[at]->ch, (uint16_t)q, body, fd, done, arg, r->timeout_ms);
}

int
req_tell(struct role_ctx *ctx, enum role_id at, enum req_id q, struct str body, int fd)
{
	struct chan *ch = ctx->ask[at] != NULL ? ctx->ask[at] : ctx->to[at] != NULL ? ctx->to[at]->ch : NULL;

	return ch == NULL ? -1 : chan_send(ch, (uint16_t)q, 0, 0, body, fd, NULL);
}

void
req_busy(struct role_ctx *ctx)
{
	static uint64_t	told;
	uint64_t	now = os_now_ms();

	if (now - told < REQ_BUSY_MS)
		return;
	told = now;
	(void)req_tell(ctx, R_PARENT, Q_BUSY, STR(""), -1);
}

int
req_ask(struct role_ctx *ctx, enum role_id at, enum req_id q, struct str body, int fd, struct frame *f, struct err *e)
{
	const struct req_row	*r = req_row(q);
	struct err		 mine = ERR_INIT;

	if (r == NULL || ctx->ask[at] == NULL) {
		ctx->retire = true;
		return err_set(e, ERR_TEMP, "role %s is away", role_name(at));
	}
	if (chan_ask(ctx->ask[at], (uint16_t)q, body, fd, f, r->timeout_ms, &mine) == 0) {
		if (f->fd == -1 || r->flags & REQ_FDOUT)
			return 0;
		close(f->fd);
		f->fd = -1;
		return err_set(e, ERR_BUG, "role %s answered %s with a descriptor", role_name(at), r->name);
	}
	/* An answer that says no leaves the channel in order; anything else does not. */
	if (!(f->flags & CHAN_ERROR)) {
		chan_free(&ctx->ask[at]);
		ctx->retire = true;
	}
	err_prefix(&mine, "%s", role_name(at));
	if (e != NULL)
		*e = mine;
	return -1;
}
