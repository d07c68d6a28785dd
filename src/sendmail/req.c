/*
 * req - the table of requests, and the ways to ask and to answer.
 *
 * The table is the daemon's trust in writing.  Everything that arrives on a channel
 * passes req_check before any handler sees it.
 */
#include "req.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "ask.h"
#include "attempt.h"
#include "base/log.h"
#include "queue/qfile.h"

#define P	ROLE_BIT(R_PARENT)
#define GATE	ROLE_BIT(R_GATE)
#define SMTPD	ROLE_BIT(R_SMTPD)
#define LOOKUP	ROLE_BIT(R_LOOKUP)
#define RESOLVER ROLE_BIT(R_RESOLVER)
#define SPOOL	ROLE_BIT(R_SPOOL)
#define ROUTE	ROLE_BIT(R_ROUTE)
#define CLIENT	ROLE_BIT(R_CLIENT)
#define LOCAL	ROLE_BIT(R_LOCAL)
#define LOG	ROLE_BIT(R_LOG)
#define LOADER	ROLE_BIT(R_LOADER)
#define COMMAND	ROLE_BIT(R_COMMAND)
#define ALL	(GATE|SMTPD|LOOKUP|RESOLVER|SPOOL|ROUTE|CLIENT|LOCAL|LOG|LOADER|COMMAND)
#define MASTERS	(SMTPD|LOOKUP|ROUTE|CLIENT|LOCAL)

#define SMALL	((size_t)4 << 10)
#define TEXT	((size_t)64 << 10)
#define MAIL	(QF_TEXT_MAX + ATTEMPT_INLINE + SMALL)

#define SOON	30000
#define LATER	600000
#define EVER	(-1)

/* who may ask whom for what:   who answers, who may ask, conditions, longest body, patience in ms */
static const struct req_row req_rows[Q_MAX] = {
#define ROW(q, ...)	[q] = { q, #q, __VA_ARGS__ }
	ROW(Q_BOOT,	ALL,		P,				REQ_ONCE|REQ_NOANSWER,		TEXT,	SOON),
	ROW(Q_CONF,	ALL,		P,				REQ_FDIN|REQ_NOANSWER,		SMALL,	SOON),
	ROW(Q_PEER,	ALL,		P|MASTERS,			REQ_FDIN|REQ_MASTER|REQ_NOANSWER, SMALL, SOON),
	ROW(Q_STOP,	ALL,		P,				REQ_NOANSWER,			0,	SOON),
	ROW(Q_RETIRE,	ALL,		P,				REQ_NOANSWER,			0,	SOON),
	ROW(Q_READY,	P,		ALL,				REQ_ONCE|REQ_NOANSWER,		0,	SOON),
	ROW(Q_LOAD,	LOADER,		P,				REQ_FDIN|REQ_FDOUT,		TEXT,	LATER),
	ROW(Q_LISTEN,	GATE,		P,				REQ_FDMAY|REQ_NOANSWER,		SMALL,	SOON),
	ROW(Q_MAPOPEN,	P,		LOOKUP,				REQ_MASTER|REQ_FDOUT,		SMALL,	SOON),
	ROW(Q_LOGFD,	LOG,		P,				REQ_FDIN|REQ_ONCE|REQ_NOANSWER,	0,	SOON),

	ROW(Q_VERDICT,	SMTPD,		GATE,				0,				SMALL,	LATER),
	ROW(Q_SESSION,	SMTPD,		GATE,				REQ_FDIN|REQ_FDOUT,		TEXT,	EVER),

	ROW(Q_MAP,	LOOKUP,		SMTPD|ROUTE|CLIENT|COMMAND,	0,				TEXT,	LATER),
	ROW(Q_MAPFD,	LOOKUP,		SMTPD|ROUTE|CLIENT|COMMAND,	REQ_FDOUT,			SMALL,	SOON),
	ROW(Q_USER,	LOOKUP,		SMTPD|ROUTE|COMMAND,		0,				SMALL,	LATER),
	ROW(Q_DNS,	RESOLVER,	SMTPD|ROUTE|CLIENT|LOOKUP|COMMAND, 0,				SMALL,	LATER),

	ROW(Q_DF,	SPOOL,		SMTPD|ROUTE|COMMAND,		REQ_FDOUT,			SMALL,	LATER),
	ROW(Q_COMMIT,	SPOOL,		SMTPD|ROUTE|COMMAND,		0,				MAIL,	LATER),
	ROW(Q_ABORT,	SPOOL,		SMTPD|ROUTE|COMMAND,		REQ_NOANSWER,			SMALL,	SOON),
	ROW(Q_ROUTE,	ROUTE,		SPOOL,				0,				MAIL,	EVER),
	ROW(Q_REPORT,	ROUTE,		SPOOL,				REQ_FDMAY|REQ_FDOUT,		MAIL,	EVER),
	ROW(Q_ATTEMPT,	CLIENT,		SPOOL,				REQ_FDMAY,			MAIL,	EVER),
	ROW(Q_DELIVER,	LOCAL,		SPOOL,				REQ_FDMAY,			MAIL,	EVER),
	ROW(Q_FORWARD,	LOCAL,		ROUTE,				0,				TEXT,	LATER),
	ROW(Q_INCLUDE,	LOCAL,		ROUTE,				0,				TEXT,	LATER),
	ROW(Q_SEAL,	LOCAL,		ROUTE,				0,				TEXT,	SOON),
	ROW(Q_QRUN,	SPOOL,		P|SMTPD|COMMAND,		0,				TEXT,	LATER),
	ROW(Q_FLUSH,	SPOOL,		P|COMMAND,			0,				0,	EVER),
#undef ROW
};

const struct req_row *
req_row(unsigned type)
{
	return type > Q_NONE && type < Q_MAX ? &req_rows[type] : NULL;
}

bool
req_neighbours(enum role_id asker, enum role_id answerer)
{
	/* Q_PEER alone makes no neighbours: it rides on the channels that the other rows ask for. */
	for (unsigned q = Q_VERDICT; q < Q_MAX; q++)
		if (req_rows[q].at & ROLE_BIT(answerer) && req_rows[q].from & ROLE_BIT(asker))
			return true;
	return false;
}

const char *
req_check(enum role_id at, enum role_id from, bool from_worker, uint64_t *once, const struct frame *f)
{
	const struct req_row *r = req_row(f->type);

	if (r == NULL)
		return "no such request";
	if (!(r->at & ROLE_BIT(at)))
		return "a request that we do not answer";
	if (!(r->from & ROLE_BIT(from)))
		return "a request that it may not make";
	if (r->flags & REQ_MASTER && from_worker)
		return "a request that only its master may make";
	if (f->flags & (CHAN_ANSWER | CHAN_ERROR))
		return "an answer to nothing";
	if (f->fd != -1 && !(r->flags & (REQ_FDIN | REQ_FDMAY)))
		return "a descriptor that was not asked for";
	if (f->fd == -1 && r->flags & REQ_FDIN)
		return "a request without its descriptor";
	if (f->body.n > r->max)
		return "a request that is too long";
	if (r->flags & REQ_ONCE && once != NULL) {
		if (*once & (uint64_t)1 << r->id)
			return "a request that may come once, again";
		*once |= (uint64_t)1 << r->id;
	}
	return NULL;
}

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
	if (ctx->to[p->role] == p)
		ctx->to[p->role] = NULL;
	if (ctx->peer_gone != NULL)
		ctx->peer_gone(ctx, p);
	if (p->role == R_PARENT && !p->worker)		/* nobody is left to work for */
		loop_stop(ctx->loop);
	chan_free(&p->ch);
	free(p);
}

void
peer_end(struct peer *p, const char *why)
{
	if (why != NULL)
		log_line(0, LOG_P_CRIT, NULL, "%s: %s of role %s sent %s: ended", role_name(p->ctx->row->id),
		    p->worker ? "worker" : "process", role_name(p->role), why);
	peer_drop(p);
}

static void
peer_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct peer		*p = arg;
	struct role_ctx		*ctx = p->ctx;
	const struct answer	*a;
	const char		*why;

	(void)ch;
	if (f == NULL) {
		peer_end(p, NULL);
		return;
	}
	why = req_check(ctx->row->id, p->role, p->worker, &p->once, f);
	if (why == NULL && (a = peer_answer(ctx, f->type)) == NULL)
		why = "a request that nobody here answers";
	if (why == NULL && a->fn(ctx, p, f) == -1)
		why = "a malformed request";
	if (f->fd != -1)
		close(f->fd);
	if (why != NULL) {
		const struct req_row *r = req_row(f->type);

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
	struct peer *p = calloc(1, sizeof *p);

	if (p == NULL) {
		chan_free(&ch);
		err_set(e, ERR_TEMP, "no memory for a channel to role %s", role_name(role));
		return NULL;
	}
	p->ch = ch;
	p->ctx = ctx;
	p->role = role;
	p->worker = worker;
	list_init(&p->held);
	if (chan_on_loop(p->ch, ctx->loop, peer_frame, p, 2 * CHAN_MAX) == -1) {
		chan_free(&p->ch);
		free(p);
		err_set(e, ERR_TEMP, "no memory for a channel to role %s", role_name(role));
		return NULL;
	}
	list_append(&ctx->peers, &p->link);
	if (!worker)
		ctx->to[role] = p;
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
		(void)chan_send(h->peer->ch, h->type, (uint16_t)(CHAN_ANSWER | flags), h->tag, body, fd, NULL);
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
