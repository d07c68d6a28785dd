/*
 * clt_tx - one message over an open session: envelope in batches, content, and an answer for each recipient.
 */
#include "clt_int.h"

#include "base/must.h"
#include "base/status.h"

#define CLT_BATCH	50	/* commands sent before their replies are read: neither side's buffers fill up */

void
clt_set(struct clt_tx *t, size_t i, enum outcome o, int ex, struct str status, struct str text,
    struct str reply)
{
	t->res[i] = (struct result_rcpt){ .index = t->a->rcpt[i].index,
		.outcome = o,
		.ex = ex,
		.status = status,
		.text = text,
		.reply = reply };
	if (t->pending[i]) {
		t->pending[i] = false;
		t->npending--;
	}
}

static void
clt_set_fail(struct clt_tx *t, size_t i, const struct clt_fail *f)
{
	clt_set(t, i, f->outcome, f->ex, f->status, f->text, f->reply);
}

/* Everything that has no result yet. */
static void
clt_set_rest(struct clt_tx *t, const struct clt_fail *f)
{
	for (size_t i = 0; i < t->a->nrcpt; i++)
		if (t->res[i].outcome == 0)
			clt_set_fail(t, i, f);
}

static void
clt_rcpt_reply(struct clt_tx *t, size_t i, const struct smtp_reply *r)
{
	struct clt_fail f;

	if (smtp_reply_class(r) == 2) {
		t->pending[i] = true;
		t->npending++;
		return;
	}
	clt_refused(CLT_RCPTTO, r, t->arena, &f);
	if (r->code == 552 && str_is_none(r->dsn)) {		/* RFC 5321 4.5.3.1.10: too many recipients, from an old server */
		f.outcome = OUTCOME_DEFERRED;
		f.ex = EXIT_TEMPFAIL;
		f.status = STR("4.5.3");
		f.text = arena_fmt(t->arena, "Deferred: %.*s", STR_ARG(r->line));
	}
	clt_set_fail(t, i, &f);
}

/* The server closes with its reply to a recipient: whom it took before will get nothing, either. */
static void
clt_cut_off(struct clt_tx *t, const struct smtp_reply *r)
{
	struct clt_fail why;

	clt_refused(CLT_RCPTTO, r, t->arena, &why);
	why.outcome = OUTCOME_DEFERRED;
	for (size_t i = t->from; i < t->to; i++)
		if (t->pending[i])
			clt_set_fail(t, i, &why);
	clt_set_rest(t, &why);
}

/* What was said before the server answered what nobody asked (a farewell is no such answer). */
static bool
clt_in_step(const struct clt *c)
{
	struct str more = stream_buffered(c->io);

	return more.n == 0 || str_starts(more, STR("421"));
}

/* From some reply on each was taken for that of another command: none of them counts, and no content was sent. */
static int
clt_out_of_step(struct clt_tx *t, const struct result_rcpt *before, struct clt_fail *f)
{
	for (size_t i = t->from; i < t->to; i++) {
		t->res[i] = before[i];
		t->pending[i] = false;
	}
	t->npending = 0;
	t->c->state = CLT_DEAD;
	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_DEFERRED;
	f->ex = EXIT_PROTOCOL;
	f->status = STR("4.5.0");
	f->text = arena_fmt(t->arena, "Deferred: %.*s does not speak SMTP (replies that are none to our commands)", STR_ARG(t->c->c.host));
	return -1;
}

/* Behind the last reply to RCPT; `said`: with the recipients. */
static int
clt_data(struct clt_tx *t, bool said, const struct result_rcpt *before, struct smtp_reply *data, struct clt_fail *f)
{
	struct clt *c = t->c;

	if (!said) {
		if (!clt_in_step(c))
			return clt_out_of_step(t, before, f);
		if (t->bdat || t->npending == 0)
			return 0;
		clt_say(c, CLT_DATA, STR(""));
	}
	if (clt_hear(c, CLT_DATA, STR("DATA"), t->arena, data, f) == -1)
		return -1;
	return smtp_reply_class(data) == 2 || !clt_in_step(c) ? clt_out_of_step(t, before, f) : 0;
}

/*
 * MAIL, RCPT... and DATA, several at once where the server allows it (RFC 2920): the envelope is
 * cut into batches, each is sent, then its replies are
 * read.  0: *data is the reply to DATA, or code 0 when nobody was accepted or chunks are sent, and DATA was not said.
 * -1: the session broke.
 */
static int
clt_envelope(struct clt_tx *t, struct smtp_reply *data, struct clt_fail *f)
{
	struct clt *c = t->c;
	bool many = (c->offer.what & SMTP_OFFER_PIPELINING) != 0, mail_bad = false, data_said = false;
	size_t batch = many ? CLT_BATCH : 1, said = t->from, heard = t->from, n = t->to;
	struct result_rcpt *before = ARENA_ARRAY(t->arena, struct result_rcpt, t->a->nrcpt);
	struct str mail = clt_mail_args(t), args;
	struct smtp_reply r;
	struct clt_fail why;

	memset(data, 0, sizeof *data);
	memcpy(before, t->res, t->a->nrcpt * sizeof *before);
	clt_say(c, CLT_MAILFROM, mail);
	c->state = CLT_MAIL;
	for (bool first = true; first || heard < n; first = false) {
		size_t upto = first && !many ? heard : heard + batch < n ? heard + batch : n;

		if (!first && !clt_in_step(c))
			return clt_out_of_step(t, before, f);
		for (said = heard; said < upto; said++)
			if (t->res[said].outcome == 0)
				clt_say(c, CLT_RCPTTO, clt_rcpt_args(t, said));
		if (many && said == n && !data_said && !t->bdat) {
			clt_say(c, CLT_DATA, STR(""));
			data_said = true;
		}
		if (first) {
			if (clt_hear(c, CLT_MAILFROM, clt_step_text(t->arena, CLT_MAILFROM, mail),
				t->arena, &r, f) == -1)
				return -1;
			if (r.code == 421 && c->attempts > 1 && !t->progress) {	/* it has waited long enough for more: as if it had gone before */
				clt_refused(CLT_MAILFROM, &r, t->arena, f);
				return -1;
			}
			t->progress = true;
			if (smtp_reply_class(&r) == 3)
				return clt_out_of_step(t, before, f);
			if (smtp_reply_class(&r) != 2) {
				mail_bad = true;
				clt_refused(CLT_MAILFROM, &r, t->arena, &why);
				if (!many || c->state == CLT_DEAD) {
					clt_set_rest(t, &why);
					return 0;
				}
			}
		}
		for (; heard < upto; heard++) {
			if (t->res[heard].outcome != 0)
				continue;
			args = clt_step_text(t->arena, CLT_RCPTTO, clt_rcpt_args(t, heard));
			if (clt_hear(c, CLT_RCPTTO, args, t->arena, &r, f) == -1)
				return -1;
			if (smtp_reply_class(&r) == 3)
				return clt_out_of_step(t, before, f);
			if (mail_bad)
				clt_set_fail(t, heard, &why);
			else
				clt_rcpt_reply(t, heard, &r);
			if (c->state == CLT_DEAD) {
				clt_cut_off(t, &r);
				return 0;
			}
		}
	}
	return clt_data(t, data_said, before, data, f);
}

/* What the server said with its last reply, as sendmail's log has it: an enhanced code is left out where it is one, and there is something else. */
static struct str
clt_said(const struct clt *c, const struct smtp_reply *r)
{
	return r->text.n > 0 && c->offer.what & SMTP_OFFER_ENHANCED ? r->text : str_from(r->line, 4);
}

static void
clt_final(struct clt_tx *t, size_t i, const struct smtp_reply *r)
{
	struct clt_fail f;

	if (smtp_reply_class(r) == 2) {
		clt_set(t, i, OUTCOME_SENT, EXIT_OK, !str_is_none(r->dsn) ? r->dsn : STR("2.0.0"),
		    arena_fmt(t->arena, "Sent (%.*s)", STR_ARG(str_first(clt_said(t->c, r), 1000))), r->line);
		t->res[i].relayed_dsn = clt_passes_dsn(t->c);
		t->res[i].by = clt_by_said(t);
	} else {
		clt_refused(CLT_DOT, r, t->arena, &f);
		clt_set_fail(t, i, &f);
	}
}

/* After the dot: one reply for all, or with LMTP one for each accepted recipient in their order (RFC 2033 4.2). */
static int
clt_outcome(struct clt_tx *t, struct clt_fail *f)
{
	struct smtp_reply r;
	bool got = false;

	for (size_t i = 0; i < t->a->nrcpt; i++) {
		if (!t->pending[i])
			continue;
		if ((!got || t->c->c.lmtp) && clt_hear(t->c, CLT_DOT, STR(""), t->arena, &r, f) == -1)
			return -1;
		got = true;
		clt_final(t, i, &r);
	}
	return 0;
}

/* Back to where the next message may begin. */
static void
clt_reset(struct clt_tx *t)
{
	struct smtp_reply r;
	struct clt_fail f;

	if (t->c->state != CLT_MAIL)
		return;
	if (clt_ask(t->c, CLT_RSET, STR(""), t->arena, &r, &f) == 0 && t->c->state != CLT_DEAD)
		t->c->state = smtp_reply_class(&r) == 2 ? CLT_READY : CLT_OVER;
}

/* The message was refused as a whole: everybody who was accepted hears it. */
static void
clt_all_refused(struct clt_tx *t, enum clt_step_id step, const struct smtp_reply *r)
{
	struct clt_fail why;

	clt_refused(step, r, t->arena, &why);
	for (size_t i = 0; i < t->a->nrcpt; i++)
		if (t->pending[i])
			clt_set_fail(t, i, &why);
}

static int
clt_transact(struct clt_tx *t, struct clt_fail *f)
{
	struct clt *c = t->c;
	struct smtp_reply data;
	int rc;

	if (clt_envelope(t, &data, f) == -1)
		return -1;
	if (data.code == 354 && t->npending == 0) {	/* pipelined DATA, nobody left: an empty message that nobody gets */
		(void)stream_write(c->io, STR(".\r\n"));
		if (clt_hear(c, CLT_DOT, STR("."), t->arena, &data, f) == -1)
			return -1;
	} else if (data.code == 354 || (t->bdat && t->npending > 0)) {
		if ((rc = clt_content(t, &data, f)) == -1 || (rc == 0 && clt_outcome(t, f) == -1))
			return -1;
		if (rc == 1)
			clt_all_refused(t, CLT_DATA, &data);
		else {
			if (c->state == CLT_MAIL)
				c->state = CLT_READY;
			c->messages++;
		}
	} else if (data.code != 0 && t->npending > 0)
		clt_all_refused(t, CLT_DATA, &data);
	clt_reset(t);
	return 0;
}

/* All of it; more than once where the server takes few recipients at a time (RFC 9422 4.2). */
static int
clt_turns(struct clt_tx *t, struct clt_fail *f)
{
	size_t max = t->c->offer.rcpt_max > 0 && t->c->offer.rcpt_max < t->a->nrcpt ? (size_t)t->c->offer.rcpt_max : t->a->nrcpt;

	for (t->from = 0; t->from < t->a->nrcpt; t->from = t->to) {
		size_t left = 0;

		for (t->to = t->from; t->to < t->a->nrcpt && left < max; t->to++)
			left += t->res[t->to].outcome == 0;
		if (left == 0)
			break;
		if (t->c->state != CLT_READY) {	/* gone after an earlier turn: the rest waits */
			memset(f, 0, sizeof *f);
			f->outcome = OUTCOME_DEFERRED;
			f->ex = EXIT_TEMPFAIL;
			f->status = STR("4.4.2");
			f->text = arena_fmt(t->arena, "Deferred: Connection closed by %.*s", STR_ARG(t->c->c.host));
			return -1;
		}
		if (clt_transact(t, f) == -1)
			return -1;
	}
	return 0;
}

static void
clt_unsayable(struct clt_tx *t)
{
	for (size_t i = 0; i < t->a->nrcpt; i++)
		if (t->a->rcpt[i].addr.n == 0 || !smtp_addr_sendable(t->a->rcpt[i].addr))
			clt_set(t, i, OUTCOME_FAILED, EXIT_DATAERR, STR("5.1.3"),
			    STR("Recipient address cannot be sent"), STR_NONE);
}

/* The rules may want more of a server for a certain recipient (tls_rcpt). */
static int
clt_tls_rcpts(struct clt_tx *t, struct clt_fail *f)
{
	struct str *arg = ARENA_ARRAY(t->arena, struct str, t->a->nrcpt);
	struct policy_answer ans;
	struct clt_fail why;

	for (size_t i = 0; i < t->a->nrcpt; i++)
		arg[i] = t->a->rcpt[i].addr;
	if (clt_policy(t->c, POLICY_TLS_RCPT, arg, t->a->nrcpt, STR_NONE, t->arena, &ans, f) == -1)
		return -1;
	for (size_t i = 0; i < ans.n; i++)
		if (ans.v[i].refused && t->res[i].outcome == 0) {
			clt_policy_fail(&ans.v[i], t->arena, &why);
			clt_log_policy(t->c, "tls_rcpt", arg[i], &why);
			clt_set_fail(t, i, &why);
		}
	return 0;
}

struct str
clt_relay(struct arena *a, struct str host, struct str addr)
{
	if (addr.n == 0)
		return arena_str(a, host);
	return arena_fmt(a, "%.*s%s %.*s", STR_ARG(host), host.n > 0 && host.p[0] == '[' ? "" : ".", STR_ARG(addr));
}

int
clt_send(struct clt *c, const struct attempt *a, int fd, struct arena *arena,
    struct attempt_result *res, struct clt_fail *f)
{
	struct clt_tx t = { .c = c, .a = a, .fd = fd, .arena = arena, .res = ARENA_ARRAY(arena, struct result_rcpt, a->nrcpt),
		.pending = ARENA_ARRAY(arena, bool, a->nrcpt) };
	size_t sayable = 0;

	must(a->nrcpt > 0);
	c->attempts++;
	buf_clear(&c->transcript);
	c->talked = false;
	clt_unsayable(&t);
	c->now = a;
	if (clt_tls_rcpts(&t, f) == -1)
		clt_set_rest(&t, f);
	if (!clt_plan(&t, f)) {
		if (f->elsewhere) {
			c->now = NULL;
			return -1;
		}
		clt_set_rest(&t, f);
	}
	for (size_t i = 0; i < a->nrcpt; i++)
		sayable += t.res[i].outcome == 0;
	if (sayable > 0 && clt_turns(&t, f) == -1) {
		c->now = NULL;
		if (!t.progress)
			return -1;
		clt_set_rest(&t, f);
	}
	c->now = NULL;
	res->rcpt = t.res;
	res->nrcpt = a->nrcpt;
	res->mta = arena_str(arena, c->c.host);
	res->relay = clt_relay(arena, c->c.host, c->c.addr);
	res->transcript = arena_str(arena, buf_str(&c->transcript));
	return 0;
}

void
clt_fail_result(const struct attempt *a, struct arena *arena, const struct clt_fail *f,
    struct attempt_result *res)
{
	struct host_result *host = res->host;
	size_t nhost = res->nhost;
	uint32_t connects = res->connects;
	struct str relay = res->relay;

	attempt_result_all(a, arena, f->outcome, f->ex, f->status, f->text, res);
	res->host = host;
	res->nhost = nhost;
	res->connects = connects;
	res->relay = relay;
	for (size_t i = 0; i < res->nrcpt; i++)
		res->rcpt[i].reply = f->reply;
}
