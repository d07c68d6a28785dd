/*
 * gate_ask - what gate finds out about a client before it lets it speak.
 *
 * An smtpd is asked for a verdict.  What its rules want to know of DNS comes back as questions (door_dns.h); role resolver gets all of them at once, and the
 * client's ident server is asked beside them; when the last answer is there, an smtpd is asked again.  A client waits, no worker does.  Answers are kept for its next
 * connection for a few seconds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "door_dns.h"
#include "gate.h"
#include "ident.h"
#include "lease.h"
#include "os/load.h"
#include "req.h"

#define GATE_ROUNDS	6		/* the last one may wait for DNS itself */
#define GATE_KNOWN_MS	5000		/* how long answers serve the client's next connections */
#define GATE_IDENT_MAX	60
#define GATE_ASKING	16		/* verdicts asked for at one time: a flood makes no flood of workers */
#define GATE_PUSH_MS	50		/* ... unless they take so long: then as many again */

struct gate_question {
	struct gate_conn	*c;
	enum dns_type		 type;
	size_t			 n;
	char			 name[];
};

static void gate_ask_verdict(struct gate_conn *);
static void gate_ask_send(struct gate_conn *);
static void gate_failed(struct gate_conn *);

/* ---- answers ---- */

static void
gate_answered(struct gate_conn *c)
{
	if (--c->open > 0 || c->asking)
		return;
	if (!c->failed && c->rounds == 0 && gate_direct(c)) {
		gate_begin(c);
		return;
	}
	if (!c->failed) {
		gate_ask_verdict(c);
		return;
	}
	gate_verdict(c, NULL);
}

static void
gate_dns_answer(void *arg, struct frame *f)
{
	struct gate_question	*q = arg;
	struct gate_conn	*c = q->c;
	struct err		 e = ERR_INIT;
	bool			 bad = chan_frame_err(f, &e) == -1;

	door_dns_add(&c->dns, str_mem(q->name, q->n), q->type, bad ? STR_NONE : f->body);
	free(q);
	gate_answered(c);
}

static void
gate_dns_ask(struct gate_conn *c, const struct door_question *q)
{
	struct dns_question_ask	 ask = { q->name, (uint16_t)q->type, q->patience_ms };
	struct gate_question	*g = malloc(sizeof *g + q->name.n);
	struct buf		 b;

	if (g == NULL) {
		door_dns_add(&c->dns, q->name, q->type, STR_NONE);
		return;
	}
	g->c = c;
	g->type = q->type;
	g->n = q->name.n;
	memcpy(g->name, q->name.p, q->name.n);
	buf_init(&b, 0);
	dns_question_put(&b, &ask);
	c->open++;
	c->asked_dns = true;
	if (req_call(c->gate->ctx, R_RESOLVER, Q_DNS, buf_str(&b), -1, gate_dns_answer, g) == -1) {
		c->open--;
		door_dns_add(&c->dns, q->name, q->type, STR_NONE);
		free(g);
	}
	buf_done(&b);
}

static void
gate_ident_answer(void *arg, struct frame *f)
{
	struct gate_conn	*c = arg;
	struct err		 e = ERR_INIT;

	if (chan_frame_err(f, &e) == 0 && str_eq_c(f->body, IDENT_NOBODY_THERE)) {
		c->counted->no_ident = c->client;
		c->counted->no_ident_until = os_now_ms() + GATE_KNOWN_MS;
	} else if (e.class == ERR_NONE && f != NULL && f->body.n > 0 && f->body.n <= 64 && (c->ident = calloc(1, f->body.n + 1)) != NULL)
		memcpy(c->ident, f->body.p, f->body.n);
	c->ident_open = false;
	gate_answered(c);
}

static void
gate_ident_ask(struct gate_conn *c)
{
	int64_t			s = c->gate->ctx->conf->opt.timeout.ident;
	struct ident_ask	q = { c->client, c->local, (uint32_t)(s > GATE_IDENT_MAX ? GATE_IDENT_MAX : s) * 1000 };
	struct buf		b;

	if (s <= 0 || c->client.port == 0)
		return;
	if (c->came_at < c->counted->no_ident_until && ip_eq(&c->client, &c->counted->no_ident))
		return;
	buf_init(&b, 0);
	ident_ask_put(&b, &q);
	c->open++;
	c->ident_open = req_call(c->gate->ctx, R_RESOLVER, Q_IDENT, buf_str(&b), -1, gate_ident_answer, c) == 0;
	c->open -= !c->ident_open;
	buf_done(&b);
}

/* ---- the client's last answers ---- */

static void
gate_known(struct gate_conn *c)
{
	const struct gate_client *cl = c->counted;

	if (cl->dns != NULL && os_now_ms() < cl->dns_until)
		(void)buf_addmem(&c->dns, cl->dns, cl->ndns);
}

static void
gate_keep(const struct gate_conn *c)
{
	struct gate_client *cl = c->counted;

	if (c->rounds == 1)			/* nothing new */
		return;
	free(cl->dns);
	cl->ndns = c->dns.n;
	if ((cl->dns = malloc(c->dns.n + 1)) == NULL)
		return;
	memcpy(cl->dns, c->dns.p, c->dns.n);
	cl->dns_until = os_now_ms() + GATE_KNOWN_MS;
}

/* ---- the verdict ---- */

static void
gate_questions(struct gate_conn *c, struct str coded)
{
	struct door_question	q;
	bool			bad = false;

	c->open++;				/* answers that come at once are not the last ones */
	while (door_dns_next(&coded, &q, &bad))
		gate_dns_ask(c, &q);
	if (bad)
		log_line(0, LOG_P_CRIT, NULL, "connection from %s: malformed questions", c->text);
	gate_answered(c);
}

/* Not before the last answer is there: it would find nobody. */
static void
gate_failed(struct gate_conn *c)
{
	c->failed = true;
	c->open++;
	gate_answered(c);
}

/* Who waits gets his turn; `more`: so many even if nobody has answered. */
static void
gate_next(struct gate *g, unsigned more)
{
	while (!list_empty(&g->waiting) && (g->asking < GATE_ASKING || more > 0)) {
		struct gate_conn *c = LIST_OF(g->waiting.next, struct gate_conn, wait);

		more -= more > 0;
		gate_ask_forget(c);
		gate_ask_send(c);
	}
}

static void
gate_push(void *arg)
{
	struct gate *g = arg;

	gate_next(g, GATE_ASKING);
	if (!list_empty(&g->waiting))
		(void)loop_timer_set(g->push, GATE_PUSH_MS);
}

void
gate_ask_forget(struct gate_conn *c)
{
	if (c->queued)
		list_remove(&c->wait);
	c->queued = false;
}

int
gate_ask_init(struct gate *g)
{
	list_init(&g->waiting);
	return (g->push = loop_timer_new(g->ctx->loop, gate_push, g)) == NULL ? -1 : 0;
}

void
gate_ask_told(struct gate_conn *c, const struct verdict *v)
{
	if (v->kind == VERDICT_WAIT)
		gate_questions(c, v->questions);
	else {
		gate_keep(c);
		gate_verdict(c, v);
	}
}

static void
gate_said(void *arg, struct frame *f)
{
	struct gate_conn	*c = arg;
	struct gate		*g = c->gate;
	struct verdict		 v;
	struct err		 e = ERR_INIT;

	c->asking = false;
	g->asking--;
	if (chan_frame_err(f, &e) == -1 || verdict_get(f->body, &v) == -1) {
		log_line(1, LOG_P_NOTICE, NULL, "connection from %s: no verdict: %s", c->text, e.text);
		gate_failed(c);
	} else
		gate_ask_told(c, &v);
	gate_next(g, 0);
}

static void
gate_ask_send(struct gate_conn *c)
{
	struct verdict_ask	q = { .daemon = c->daemon, .client = c->client, .local = c->local, .client_rate = c->client_rate,
		.total_rate = c->total_rate, .client_connections = c->client_open, .total_connections = c->total_open };
	struct buf		b;
	int			rc;

	q.last = ++c->rounds >= GATE_ROUNDS;
	q.no_ident = c->ident_open;
	q.ident = c->ident != NULL ? str_c(c->ident) : STR_NONE;
	q.dns = buf_str(&c->dns);
	buf_init(&b, 0);
	verdict_ask_put(&b, &q);
	c->step = GATE_VERDICT;
	rc = buf_ok(&b) ? lease_call(c->gate->ctx, R_SMTPD, Q_VERDICT, STR(""), buf_str(&b), -1, gate_said, c) : -1;
	buf_done(&b);
	c->asking = rc == 0;
	c->gate->asking += rc == 0;
	if (rc == -1)
		gate_failed(c);
}

static void
gate_ask_verdict(struct gate_conn *c)
{
	struct gate *g = c->gate;

	if (g->asking < GATE_ASKING) {
		gate_ask_send(c);
		return;
	}
	if (list_empty(&g->waiting))
		(void)loop_timer_set(g->push, GATE_PUSH_MS);
	list_append(&g->waiting, &c->wait);
	c->queued = true;
}

void
gate_ask(struct gate_conn *c)
{
	c->came_at = os_now_ms();
	gate_known(c);
	gate_ident_ask(c);
	if (gate_direct(c))
		gate_begin(c);
	else if (!c->ident_open || !gate_direct_later(c))
		gate_ask_verdict(c);
}
