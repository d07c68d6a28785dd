/*
 * attempt - bodies of the messages between spool, route, client and local.
 *
 * Every count is checked against what is left of the body before anything is allocated, so a short message can never ask for much memory.
 */
#include "attempt.h"

#include "base/enc.h"
#include "base/mac.h"
#include "proc/msg.h"
#include "queue/qfile.h"

#define TEXT_MAX	QF_VALUE_MAX		/* addresses, replies, names */
#define LIST_MAX	((uint32_t)1 << 20)

/* A count of things that take at least `each` bytes; 0 and bad when the rest cannot hold them. */
static uint32_t
attempt_count(struct msg_in *in, size_t each)
{
	uint32_t n = msg_u32(in);

	if (n > LIST_MAX || n > in->s.n / each) {
		in->bad = true;
		return 0;
	}
	return n;
}

void
df_ask_put(struct buf *b, const struct df_ask *q)
{
	msg_put_str(b, q->id);
}

int
df_ask_get(struct str body, struct df_ask *q)
{
	struct msg_in in = msg_in(body);

	q->id = msg_str(&in, TEXT_MAX);
	return msg_end(&in) ? 0 : -1;
}

static void
commit_add(struct buf *b, const struct commit *c)
{
	msg_put_str(b, c->id);
	msg_put_str(b, c->qf);
	msg_put_str(b, c->content);
	msg_put_bool(b, c->in_df);
	msg_put_u64(b, c->size);
	msg_put_u64(b, c->whole);
	msg_put_u8(b, (uint8_t)c->mode);
	msg_put_u32(b, c->from_mailer);
}

static void
commit_take(struct msg_in *in, struct commit *c)
{
	c->id = msg_str(in, TEXT_MAX);
	c->qf = msg_str(in, QF_TEXT_MAX);
	c->content = msg_str(in, ATTEMPT_INLINE);
	c->in_df = msg_bool(in);
	c->size = msg_u64(in);
	c->whole = msg_u64(in);
	c->mode = (char)msg_u8(in);
	c->from_mailer = msg_u32(in);
}

void
commit_put(struct buf *b, const struct commit *c)
{
	commit_add(b, c);
}

int
commit_get(struct str body, struct commit *c)
{
	struct msg_in in = msg_in(body);

	commit_take(&in, c);
	return msg_end(&in) ? 0 : -1;
}

void
route_ask_put(struct buf *b, const struct route_ask *q)
{
	msg_put_str(b, q->id);
	msg_put_str(b, q->qf);
	msg_put_u64(b, q->size);
	msg_put_i64(b, q->now);
	msg_put_bool(b, q->demand);
}

int
route_ask_get(struct str body, struct route_ask *q)
{
	struct msg_in in = msg_in(body);

	q->id = msg_str(&in, TEXT_MAX);
	q->qf = msg_str(&in, QF_TEXT_MAX);
	q->size = msg_u64(&in);
	q->now = msg_i64(&in);
	q->demand = msg_bool(&in);
	return msg_end(&in) ? 0 : -1;
}

static void
attempt_rcpt_put(struct buf *b, const struct attempt_rcpt *r)
{
	msg_put_u32(b, r->index);
	msg_put_str(b, r->addr);
	msg_put_str(b, r->user);
	msg_put_str(b, r->orig);
	msg_put_u32(b, r->notify);
	msg_put_str(b, r->orcpt);
	msg_put_str(b, r->home);
	msg_put_str(b, r->ctl_user);
	msg_put_u32(b, (uint32_t)r->ctl_uid);
	msg_put_u32(b, (uint32_t)r->ctl_gid);
	msg_put_str(b, r->ctl_alias);
	msg_put_str(b, r->seal);
}

static void
attempt_rcpt_take(struct msg_in *in, struct attempt_rcpt *r)
{
	r->index = msg_u32(in);
	r->addr = msg_str(in, TEXT_MAX);
	r->user = msg_str(in, TEXT_MAX);
	r->orig = msg_str(in, TEXT_MAX);
	r->notify = msg_u32(in);
	r->orcpt = msg_str(in, TEXT_MAX);
	r->home = msg_str(in, TEXT_MAX);
	r->ctl_user = msg_str(in, TEXT_MAX);
	r->ctl_uid = (uid_t)msg_u32(in);
	r->ctl_gid = (gid_t)msg_u32(in);
	r->ctl_alias = msg_str(in, TEXT_MAX);
	r->seal = msg_str(in, TEXT_MAX);
}

static void
attempt_add(struct buf *b, const struct attempt *a)
{
	msg_put_str(b, a->id);
	msg_put_str(b, a->mailer);
	msg_put_u32(b, a->mailer_index);
	msg_put_str(b, a->host);
	msg_put_str(b, a->sender);
	msg_put_str(b, a->auth);
	msg_put_str(b, a->envid);
	msg_put_str(b, a->body);
	msg_put_str(b, a->charset);
	msg_put_u32(b, a->flags);
	msg_put_i64(b, a->deliver_by);
	msg_put_u8(b, (uint8_t)a->by_mode);
	msg_put_bool(b, a->by_trace);
	msg_put_u32(b, a->nice);
	msg_put_i64(b, a->created);
	msg_put_str(b, a->header);
	msg_put_str(b, a->content);
	msg_put_u64(b, a->size);
	msg_put_u32(b, (uint32_t)a->nmacro);
	for (size_t i = 0; i < a->nmacro; i++) {
		msg_put_str(b, a->macro[i].name);
		msg_put_str(b, a->macro[i].value);
	}
	msg_put_u32(b, (uint32_t)a->nrcpt);
	for (size_t i = 0; i < a->nrcpt; i++)
		attempt_rcpt_put(b, &a->rcpt[i]);
}

static void
attempt_take(struct msg_in *in, struct arena *m, struct attempt *a)
{
	a->id = msg_str(in, TEXT_MAX);
	a->mailer = msg_str(in, TEXT_MAX);
	a->mailer_index = msg_u32(in);
	a->host = msg_str(in, TEXT_MAX);
	a->sender = msg_str(in, TEXT_MAX);
	a->auth = msg_str(in, TEXT_MAX);
	a->envid = msg_str(in, TEXT_MAX);
	a->body = msg_str(in, TEXT_MAX);
	a->charset = msg_str(in, TEXT_MAX);
	a->flags = msg_u32(in);
	a->deliver_by = msg_i64(in);
	a->by_mode = (char)msg_u8(in);
	a->by_trace = msg_bool(in);
	a->nice = msg_u32(in);
	a->created = msg_i64(in);
	a->header = msg_str(in, QF_TEXT_MAX);
	a->content = msg_str(in, ATTEMPT_INLINE);
	a->size = msg_u64(in);
	a->nmacro = attempt_count(in, 8);
	a->macro = ARENA_ARRAY(m, struct attempt_macro, a->nmacro);
	for (size_t i = 0; i < a->nmacro; i++) {
		a->macro[i].name = msg_str(in, TEXT_MAX);
		a->macro[i].value = msg_str(in, TEXT_MAX);
	}
	a->nrcpt = attempt_count(in, 48);
	if (a->nrcpt > ATTEMPT_RCPT_MAX) {
		in->bad = true;
		a->nrcpt = 0;
	}
	a->rcpt = ARENA_ARRAY(m, struct attempt_rcpt, a->nrcpt);
	for (size_t i = 0; i < a->nrcpt; i++)
		attempt_rcpt_take(in, &a->rcpt[i]);
}

void
attempt_put(struct buf *b, const struct attempt *a)
{
	attempt_add(b, a);
}

int
attempt_get(struct str body, struct arena *m, struct attempt *a)
{
	struct msg_in in = msg_in(body);

	attempt_take(&in, m, a);
	return msg_end(&in) ? 0 : -1;
}

static void
result_rcpt_put(struct buf *b, const struct result_rcpt *r)
{
	msg_put_u32(b, r->index);
	msg_put_u8(b, (uint8_t)r->outcome);
	msg_put_u32(b, (uint32_t)r->ex);
	msg_put_str(b, r->status);
	msg_put_str(b, r->text);
	msg_put_str(b, r->reply);
	msg_put_bool(b, r->relayed_dsn);
	msg_put_u8(b, (uint8_t)r->by);
	msg_put_str(b, r->relay);
	msg_put_str(b, r->mta);
}

static void
result_rcpt_take(struct msg_in *in, struct result_rcpt *r)
{
	unsigned o;

	r->index = msg_u32(in);
	o = msg_u8(in);
	if (o < OUTCOME_SENT || o > OUTCOME_FAILED) {
		in->bad = true;
		o = OUTCOME_DEFERRED;
	}
	r->outcome = (enum outcome)o;
	r->ex = (int)(msg_u32(in) & 0x7fff);
	r->status = msg_str(in, TEXT_MAX);
	r->text = msg_str(in, TEXT_MAX);
	r->reply = msg_str(in, 4 * TEXT_MAX);
	r->relayed_dsn = msg_bool(in);
	r->by = (char)msg_u8(in);
	r->relay = msg_str(in, TEXT_MAX);
	r->mta = msg_str(in, TEXT_MAX);
}

static struct result_rcpt *
result_rcpts_take(struct msg_in *in, struct arena *m, size_t *n)
{
	struct result_rcpt *r;

	*n = attempt_count(in, 30);
	r = ARENA_ARRAY(m, struct result_rcpt, *n);
	for (size_t i = 0; i < *n; i++)
		result_rcpt_take(in, &r[i]);
	return r;
}

void
attempt_result_put(struct buf *b, const struct attempt_result *r)
{
	msg_put_str(b, r->id);
	msg_put_str(b, r->relay);
	msg_put_str(b, r->mta);
	msg_put_str(b, r->transcript);
	msg_put_i64(b, r->xdelay_ms);
	msg_put_bool(b, r->down);
	msg_put_bool(b, r->kept);
	msg_put_u32(b, r->connects);
	msg_put_u32(b, (uint32_t)r->nrcpt);
	for (size_t i = 0; i < r->nrcpt; i++)
		result_rcpt_put(b, &r->rcpt[i]);
	msg_put_u32(b, (uint32_t)r->nhost);
	for (size_t i = 0; i < r->nhost; i++) {
		msg_put_str(b, r->host[i].name);
		msg_put_i64(b, r->host[i].err);
		msg_put_i64(b, r->host[i].ex);
		msg_put_str(b, r->host[i].status);
		msg_put_str(b, r->host[i].text);
	}
}

int
attempt_result_get(struct str body, struct arena *m, struct attempt_result *r)
{
	struct msg_in in = msg_in(body);

	r->id = msg_str(&in, TEXT_MAX);
	r->relay = msg_str(&in, TEXT_MAX);
	r->mta = msg_str(&in, TEXT_MAX);
	r->transcript = msg_str(&in, 8 * TEXT_MAX);
	r->xdelay_ms = msg_i64(&in);
	r->down = msg_bool(&in);
	r->kept = msg_bool(&in);
	r->connects = msg_u32(&in);
	r->rcpt = result_rcpts_take(&in, m, &r->nrcpt);
	r->nhost = attempt_count(&in, 28);
	r->host = ARENA_ARRAY(m, struct host_result, r->nhost);
	for (size_t i = 0; i < r->nhost; i++) {
		r->host[i].name = msg_str(&in, TEXT_MAX);
		r->host[i].err = (int)(msg_i64(&in) & INT32_MAX);
		r->host[i].ex = (int)(msg_i64(&in) & INT32_MAX);
		r->host[i].status = msg_str(&in, TEXT_MAX);
		r->host[i].text = msg_str(&in, TEXT_MAX);
	}
	return msg_end(&in) ? 0 : -1;
}

void
routed_put(struct buf *b, const struct routed *r)
{
	msg_put_str(b, r->qf);
	msg_put_u32(b, (uint32_t)r->ndone);
	for (size_t i = 0; i < r->ndone; i++)
		result_rcpt_put(b, &r->done[i]);
	msg_put_u32(b, (uint32_t)r->nsplit);
	for (size_t i = 0; i < r->nsplit; i++) {
		msg_put_str(b, r->split[i].id);
		msg_put_str(b, r->split[i].qf);
	}
	msg_put_u32(b, (uint32_t)r->nattempt);
	for (size_t i = 0; i < r->nattempt; i++) {
		struct attempt a = r->attempt[i];

		/* Many attempts of one mailer share a header image: it travels once. */
		if (i > 0 && a.header.p == r->attempt[i - 1].header.p && a.header.n == r->attempt[i - 1].header.n)
			a.header = STR_NONE;
		attempt_add(b, &a);
	}
}

int
routed_get(struct str body, struct arena *m, struct routed *r)
{
	struct msg_in in = msg_in(body);

	r->qf = msg_str(&in, QF_TEXT_MAX);
	r->done = result_rcpts_take(&in, m, &r->ndone);
	r->nsplit = attempt_count(&in, 8);
	r->split = ARENA_ARRAY(m, struct split, r->nsplit);
	for (size_t i = 0; i < r->nsplit; i++) {
		r->split[i].id = msg_str(&in, TEXT_MAX);
		r->split[i].qf = msg_str(&in, QF_TEXT_MAX);
	}
	r->nattempt = attempt_count(&in, 64);
	r->attempt = ARENA_ARRAY(m, struct attempt, r->nattempt);
	for (size_t i = 0; i < r->nattempt; i++) {
		attempt_take(&in, m, &r->attempt[i]);
		if (i > 0 && r->attempt[i].header.p == NULL)
			r->attempt[i].header = r->attempt[i - 1].header;
	}
	return msg_end(&in) ? 0 : -1;
}

void
report_ask_put(struct buf *b, const struct report_ask *q)
{
	msg_put_str(b, q->id);
	msg_put_str(b, q->qf);
	msg_put_str(b, q->content);
	msg_put_u64(b, q->size);
	msg_put_i64(b, q->now);
	msg_put_i64(b, q->give_up);
	msg_put_str(b, q->transcript);
	msg_put_bool(b, q->copy);
	msg_put_u32(b, (uint32_t)q->nrcpt);
	for (size_t i = 0; i < q->nrcpt; i++) {
		msg_put_u32(b, q->rcpt[i].index);
		msg_put_u8(b, (uint8_t)q->rcpt[i].kind);
		msg_put_str(b, q->rcpt[i].status);
		msg_put_str(b, q->rcpt[i].text);
		msg_put_str(b, q->rcpt[i].reply);
		msg_put_str(b, q->rcpt[i].mta);
		msg_put_str(b, q->rcpt[i].mailer);
		msg_put_str(b, q->rcpt[i].action);
	}
}

int
report_ask_get(struct str body, struct arena *m, struct report_ask *q)
{
	struct msg_in in = msg_in(body);

	q->id = msg_str(&in, TEXT_MAX);
	q->qf = msg_str(&in, QF_TEXT_MAX);
	q->content = msg_str(&in, ATTEMPT_INLINE);
	q->size = msg_u64(&in);
	q->now = msg_i64(&in);
	q->give_up = msg_i64(&in);
	q->transcript = msg_str(&in, 8 * TEXT_MAX);
	q->copy = msg_bool(&in);
	q->nrcpt = attempt_count(&in, 25);
	q->rcpt = ARENA_ARRAY(m, struct report_rcpt, q->nrcpt);
	for (size_t i = 0; i < q->nrcpt; i++) {
		unsigned k;

		q->rcpt[i].index = msg_u32(&in);
		k = msg_u8(&in);
		if (k < REPORT_FAILED || k > REPORT_SENT) {
			in.bad = true;
			k = REPORT_FAILED;
		}
		q->rcpt[i].kind = (enum report_kind)k;
		q->rcpt[i].status = msg_str(&in, TEXT_MAX);
		q->rcpt[i].text = msg_str(&in, TEXT_MAX);
		q->rcpt[i].reply = msg_str(&in, 4 * TEXT_MAX);
		q->rcpt[i].mta = msg_str(&in, TEXT_MAX);
		q->rcpt[i].mailer = msg_str(&in, TEXT_MAX);
		q->rcpt[i].action = msg_str(&in, TEXT_MAX);
	}
	return msg_end(&in) ? 0 : -1;
}

void
reported_put(struct buf *b, const struct reported *r)
{
	msg_put_bool(b, r->some);
	commit_add(b, &r->commit);
	msg_put_str(b, r->note);
	msg_put_bool(b, r->copy);
	msg_put_bool(b, r->lost);
}

int
reported_get(struct str body, struct reported *r)
{
	struct msg_in in = msg_in(body);

	r->some = msg_bool(&in);
	commit_take(&in, &r->commit);
	r->note = msg_str(&in, TEXT_MAX);
	r->copy = msg_bool(&in);
	r->lost = msg_bool(&in);
	return msg_end(&in) ? 0 : -1;
}

void
list_ask_put(struct buf *b, const struct list_ask *q)
{
	msg_put_str(b, q->user);
	msg_put_str(b, q->detail);
	msg_put_str(b, q->path);
	msg_put_str(b, q->via);
}

int
list_ask_get(struct str body, struct list_ask *q)
{
	struct msg_in in = msg_in(body);

	q->user = msg_str(&in, TEXT_MAX);
	q->detail = msg_str(&in, TEXT_MAX);
	q->path = msg_str(&in, TEXT_MAX);
	q->via = msg_str(&in, TEXT_MAX);
	return msg_end(&in) ? 0 : -1;
}

void
list_answer_put(struct buf *b, const struct list_answer *a)
{
	msg_put_u8(b, (uint8_t)a->state);
	msg_put_str(b, a->path);
	msg_put_str(b, a->text);
	msg_put_str(b, a->ctl_user);
	msg_put_u32(b, (uint32_t)a->ctl_uid);
	msg_put_u32(b, (uint32_t)a->ctl_gid);
	msg_put_u32(b, (uint32_t)a->nitem);
	for (size_t i = 0; i < a->nitem; i++) {
		msg_put_str(b, a->item[i].addr);
		msg_put_str(b, a->item[i].seal);
	}
}

int
list_answer_get(struct str body, struct arena *m, struct list_answer *a)
{
	struct msg_in in = msg_in(body);
	unsigned s = msg_u8(&in);

	if (s < LIST_NONE || s > LIST_BAD)
		return -1;
	a->state = (enum list_state)s;
	a->path = msg_str(&in, TEXT_MAX);
	a->text = msg_str(&in, TEXT_MAX);
	a->ctl_user = msg_str(&in, TEXT_MAX);
	a->ctl_uid = (uid_t)msg_u32(&in);
	a->ctl_gid = (gid_t)msg_u32(&in);
	a->nitem = attempt_count(&in, 8);
	a->item = ARENA_ARRAY(m, struct list_item, a->nitem);
	for (size_t i = 0; i < a->nitem; i++) {
		a->item[i].addr = msg_str(&in, TEXT_MAX);
		a->item[i].seal = msg_str(&in, TEXT_MAX);
	}
	return msg_end(&in) ? 0 : -1;
}

void
seal_ask_put(struct buf *b, const struct seal_ask *q)
{
	msg_put_str(b, q->addr);
	msg_put_str(b, q->alias);
}

int
seal_ask_get(struct str body, struct seal_ask *q)
{
	struct msg_in in = msg_in(body);

	q->addr = msg_str(&in, TEXT_MAX);
	q->alias = msg_str(&in, TEXT_MAX);
	return msg_end(&in) ? 0 : -1;
}

void
attempt_result_all(const struct attempt *a, struct arena *m, enum outcome o, int ex, struct str status, struct str text, struct attempt_result *r)
{
	*r = (struct attempt_result){ .id = a->id };
	r->nrcpt = a->nrcpt;
	r->rcpt = ARENA_ARRAY(m, struct result_rcpt, a->nrcpt);
	for (size_t i = 0; i < a->nrcpt; i++)
		r->rcpt[i] = (struct result_rcpt){
			.index = a->rcpt[i].index, .outcome = o, .ex = ex, .status = status, .text = text
		};
}

void
attempt_token(const struct attempt *a, size_t i, struct str host, struct buf *out)
{
	static const uint8_t	key[MAC_KEY] = { 'a', 'n', 'g', 'a', 'r', 'i', 'u', 'm', ' ', 't', 'o', 'k', 'e', 'n', 0, 1 };
	uint8_t			name[MAC_SIZE];
	struct buf		b;

	buf_init(&b, 0);
	msg_put_str(&b, host);
	msg_put_str(&b, a->id);
	msg_put_i64(&b, a->created);
	msg_put_str(&b, a->rcpt[i].addr);
	mac_siphash128(key, buf_str(&b), name);
	(void)enc_hex(out, str_mem(name, sizeof name));
	buf_done(&b);
}
