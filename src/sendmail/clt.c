/*
 * clt - see the header: opening a session and sending one message.
 */
#include "clt_int.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "base/status.h"
#include "queue/qfile.h"
#include "say.h"
#include "wire/smtp_body.h"
#include "wire/smtp_cmd.h"

#define CLT_BATCH	50	/* commands sent before their replies are read: neither side's buffers fill up */
#define CLT_BLOCK	((size_t)64 << 10)

struct clt *
clt_new(const struct clt_conf *conf, struct stream *io)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct clt *c = ARENA_NEW(a, struct clt);

	c->arena = a;
	c->c = *conf;
	c->c.host = arena_str(a, conf->host);
	c->c.addr = arena_str(a, conf->addr);
	c->c.helo = arena_str(a, conf->helo);
	if (conf->need != NULL)
		c->need = *conf->need;
	c->c.need = NULL;
	c->report_why = STR("");
	c->io = io;
	buf_init(&c->transcript, 0);
	return c;
}

void
clt_end(struct clt **cp)
{
	struct clt *c = *cp;
	struct arena *a;

	if (c == NULL)
		return;
	*cp = NULL;
	if (c->state == CLT_READY || c->state == CLT_MAIL) {	/* courtesy: the answer is not waited for */
		stream_timeout(c->io, 1000);
		if (c->c.verbose)
			say("Closing connection to %.*s", STR_ARG(c->c.host));
		clt_say(c, CLT_QUIT, STR(""));
		(void)stream_flush(c->io);
	}
	stream_free(&c->io);
	buf_done(&c->transcript);
	a = c->arena;
	arena_free(&a);
}

struct str
clt_host(const struct clt *c)
{
	return c->c.host;
}

struct str
clt_addr(const struct clt *c)
{
	return c->c.addr;
}

unsigned
clt_messages(const struct clt *c)
{
	return c->messages;
}

bool
clt_usable(struct clt *c)
{
	return c->state == CLT_READY &&
	       (c->c.mailer->max_messages == 0 ||
		   c->messages < (unsigned)c->c.mailer->max_messages) &&
	       !stream_pending(c->io); /* a 421, or its end */
}

/* ---- opening ---- */

static int
clt_hello(struct clt *c, bool esmtp, struct arena *a, struct clt_fail *f)
{
	enum clt_step_id step = c->c.lmtp ? CLT_LHLO : esmtp ? CLT_EHLO : CLT_HELO;
	struct smtp_reply r;

	memset(&c->offer, 0, sizeof c->offer);
	if (clt_ask(c, step, c->c.helo, a, &r, f) == -1)
		return -1;
	if (smtp_reply_class(&r) == 2) {
		if (step != CLT_HELO) {
			struct smtp_reply *keep = &r;

			smtp_offer_parse(keep, &c->offer);
			c->offer.auth = arena_str(c->arena, c->offer.auth);
			c->offer.name = arena_str(c->arena, c->offer.name);
		}
		c->state = CLT_READY;
		return 0;
	}
	if (step == CLT_EHLO && smtp_reply_class(&r) == 5 && c->state != CLT_DEAD)	/* RFC 5321 3.2 */
		return clt_hello(c, false, a, f);
	clt_refused(c, &r, a, f);
	c->state = CLT_DEAD;
	return -1;
}

static int
clt_begin(struct clt *c, struct arena *a, struct clt_fail *f)
{
	const struct mailer *m = c->c.mailer;
	struct policy_answer features;
	struct str host = c->c.host;
	struct smtp_reply r;
	bool esmtp;
	int rc;

	if (clt_policy(c, POLICY_CLT_FEATURES, &host, 1, STR(""), a, &features, f) == -1)
		return -1;
	clt_secure_features(c, &features);
	if (clt_hear(c, CLT_GREET, STR(""), a, &r, f) == -1)
		return -1;
	if (smtp_reply_class(&r) != 2) {
		clt_refused(c, &r, a, f);
		if (f->outcome == OUTCOME_FAILED) {	/* this host does not want us; another may */
			f->outcome = OUTCOME_DEFERRED;
			f->text = arena_fmt(a, "Deferred: %.*s", STR_ARG(r.line));
			f->status = STR("4.3.2");
			f->ex = EXIT_TEMPFAIL;
		}
		c->state = CLT_DEAD;
		return -1;
	}
	esmtp = !mailer_has(m, '2') && (mailer_has(m, 'a') || str_casefind(r.text, STR("ESMTP")) != (size_t)-1);
	if (clt_hello(c, esmtp, a, f) == -1 || clt_starttls(c, a, f) == -1)
		return -1;
	if (c->tls && clt_hello(c, true, a, f) == -1)
		return -1;
	rc = clt_auth(c, a, f);
	/* a layer that came of it is a new beginning (RFC 4954 4) */
	return rc == 1 ? clt_hello(c, true, a, f) : rc;
}

int
clt_open(struct clt *c, const struct attempt *t, struct arena *a, struct clt_fail *f)
{
	int rc;

	c->now = t;
	c->fallback = c->c.conf->opt.tls_fallback_to_clear;
	memset(f, 0, sizeof *f);
	rc = clt_begin(c, a, f);
	f->fallback = rc == -1 && f->tls && c->fallback;
	c->now = NULL;
	return rc;
}

/* ---- one message ---- */

/* What is sent in one transaction: only recipients whose address can be said. */
struct clt_tx {
	struct clt		*c;
	const struct attempt	*a;
	int			 fd;
	struct arena		*arena;
	struct result_rcpt	*res;
	bool			*pending;	/* accepted by RCPT, the message's fate is theirs */
	size_t			 npending;
	bool			 progress;	/* the server answered something of this transaction */
};

static void
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

static uint64_t
clt_size(const struct attempt *a)
{
	return a->size + a->header.n + 1;
}

/* Reasons not to begin.  True: *f says why. */
static bool
clt_unfit(struct clt_tx *t, struct clt_fail *f)
{
	const struct clt *c = t->c;
	const struct mailer *m = c->c.mailer;
	uint64_t size = clt_size(t->a);

	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_FAILED;
	if (m->max_size > 0 && size > (uint64_t)m->max_size) {
		f->ex = EXIT_UNAVAILABLE;
		f->status = STR("5.2.3");
		f->text = arena_fmt(t->arena, "Message is too large; %lld bytes max", (long long)m->max_size);
	} else if (c->offer.size > 0 && size > c->offer.size) {
		f->ex = EXIT_UNAVAILABLE;
		f->status = STR("5.2.3");
		f->text = arena_fmt(t->arena, "Message is too large; %llu bytes max",
		    (unsigned long long)c->offer.size);
	} else if ((t->a->flags & ATTEMPT_8BIT) && (c->offer.what & SMTP_OFFER_8BITMIME) == 0 &&
		   c->c.conf->opt.eight_bit_mode == 's' && !mailer_has(m, '8')) {
		f->ex = EXIT_DATAERR;
		f->status = STR("5.6.3");
		f->text = STR("Eight-bit message to a seven-bit host");
	} else if (t->a->deliver_by != 0 && t->a->by_mode == 'R' && !c->c.lmtp &&
		   (c->offer.what & SMTP_OFFER_DELIVERBY) == 0) {
		f->ex = EXIT_UNAVAILABLE;	/* RFC 2852 4.1.4: it must come back rather than go where nobody looks at the clock */
		f->status = STR("5.4.7");
		f->text = STR("Deliver-by time cannot be passed on");
	} else if (!smtp_addr_sendable(t->a->sender)) {
		f->ex = EXIT_DATAERR;
		f->status = STR("5.1.7");
		f->text = STR("Sender address cannot be sent");
	} else
		return false;
	return true;
}

static struct str
clt_mail_args(struct clt_tx *t)
{
	const struct attempt *a = t->a;
	unsigned o = t->c->offer.what;
	struct smtp_mail m;
	struct str s;
	struct buf b;

	memset(&m, 0, sizeof m);
	m.path.addr = a->sender;
	m.has_size = (o & SMTP_OFFER_SIZE) != 0;
	m.size = clt_size(a);
	if ((o & SMTP_OFFER_8BITMIME) && !mailer_has(t->c->c.mailer, '7') &&
	    (str_caseeq(a->body, STR("8BITMIME")) || (a->flags & ATTEMPT_8BIT)))
		m.body = SMTP_BODY_8BITMIME;
	if (o & SMTP_OFFER_DSN) {
		if (a->flags & ATTEMPT_RET)
			m.ret = a->flags & ATTEMPT_HDRS ? SMTP_RET_HDRS : SMTP_RET_FULL;
		m.envid = a->envid.n > 0 ? a->envid : STR_NONE;
	}
	if ((o & SMTP_OFFER_AUTH) && !str_is_none(a->auth) &&
	    (t->c->authed || str_chr(t->c->c.conf->opt.auth_options, 'A') == SIZE_MAX))
		m.auth = a->auth;
	if ((o & SMTP_OFFER_DELIVERBY) && a->deliver_by != 0) {
		m.has_by = true;
		m.by = a->deliver_by - (int64_t)time(NULL);
		m.by_mode = a->by_mode;
		m.by_trace = a->by_trace;
		if (m.by_mode == 'R' && m.by < 1)
			m.by = 1;
	}
	buf_init(&b, 0);
	smtp_mail_print(&b, &m);
	s = arena_str(t->arena, buf_str(&b));
	buf_done(&b);
	return s;
}

static struct str
clt_rcpt_args(struct clt_tx *t, size_t i)
{
	const struct attempt_rcpt *q = &t->a->rcpt[i];
	struct smtp_rcpt r;
	struct str s;
	struct buf b;

	memset(&r, 0, sizeof r);
	r.path.addr = q->addr;
	if (t->c->offer.what & SMTP_OFFER_DSN) {
		if (q->notify & QR_NOTIFY)
			r.notify = SMTP_NOTIFY_GIVEN |
				   (q->notify & QR_SUCCESS ? SMTP_NOTIFY_SUCCESS : 0u) |
				   (q->notify & QR_FAILURE ? SMTP_NOTIFY_FAILURE : 0u) |
				   (q->notify & QR_DELAY ? SMTP_NOTIFY_DELAY : 0u);
		r.orcpt = q->orcpt.n > 0 ? q->orcpt : STR_NONE;
	}
	buf_init(&b, 0);
	smtp_rcpt_print(&b, &r);
	if (t->c->c.lmtp && (t->c->offer.what & SMTP_OFFER_XTOKEN)) {
		buf_addc(&b, " XTOKEN=");
		attempt_token(t->a, i, t->c->c.helo, &b);
	}
	s = arena_str(t->arena, buf_str(&b));
	buf_done(&b);
	return s;
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
	clt_refused(t->c, r, t->arena, &f);
	if (r->code == 552) {		/* RFC 5321 4.5.3.1.10: too many recipients, from an old server */
		f.outcome = OUTCOME_DEFERRED;
		f.ex = EXIT_TEMPFAIL;
		f.status = STR("4.5.3");
		f.text = arena_fmt(t->arena, "Deferred: %.*s", STR_ARG(r->line));
	}
	clt_set_fail(t, i, &f);
}

/*
 * MAIL, RCPT... and DATA, several at once where the server allows it (RFC 2920): the envelope is
 * cut into batches, each is sent, then its replies are
 * read.  0: *data is the reply to DATA, or code 0 when nobody was accepted and DATA was not said.
 * -1: the session broke.
 */
static int
clt_envelope(struct clt_tx *t, struct smtp_reply *data, struct clt_fail *f)
{
	struct clt *c = t->c;
	bool many = (c->offer.what & SMTP_OFFER_PIPELINING) != 0, mail_bad = false, data_said = false;
	size_t batch = many ? CLT_BATCH : 1, said = 0, heard = 0, n = t->a->nrcpt;
	struct str mail = clt_mail_args(t), args;
	struct smtp_reply r;
	struct clt_fail why;

	memset(data, 0, sizeof *data);
	clt_say(c, CLT_MAILFROM, mail);
	c->state = CLT_MAIL;
	for (bool first = true; first || heard < n; first = false) {
		size_t upto = first && !many ? 0 : heard + batch < n ? heard + batch : n;

		for (said = heard; said < upto; said++)
			if (t->res[said].outcome == 0)
				clt_say(c, CLT_RCPTTO, clt_rcpt_args(t, said));
		if (many && said == n && !data_said) {
			clt_say(c, CLT_DATA, STR(""));
			data_said = true;
		}
		if (first) {
			if (clt_hear(c, CLT_MAILFROM, clt_step_text(t->arena, CLT_MAILFROM, mail),
				t->arena, &r, f) == -1)
				return -1;
			t->progress = true;
			if (smtp_reply_class(&r) != 2) {
				mail_bad = true;
				clt_refused(c, &r, t->arena, &why);
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
			if (mail_bad)
				clt_set_fail(t, heard, &why);
			else
				clt_rcpt_reply(t, heard, &r);
			if (c->state == CLT_DEAD) {
				clt_refused(c, &r, t->arena, &why);
				why.outcome = OUTCOME_DEFERRED;
				for (size_t i = 0; i < n; i++)
					if (t->pending[i])
						clt_set_fail(t, i, &why);
				clt_set_rest(t, &why);
				return 0;
			}
		}
	}
	if (!data_said && t->npending > 0) {
		clt_say(c, CLT_DATA, STR(""));
		data_said = true;
	}
	return data_said ? clt_hear(c, CLT_DATA, STR("DATA"), t->arena, data, f) : 0;
}

/* Header, empty line, content. */
static int
clt_content(struct clt_tx *t, struct clt_fail *f)
{
	const struct mailer *m = t->c->c.mailer;
	unsigned flags = SMTP_OUT_DOTS | (mailer_has(m, '7') ? SMTP_OUT_7BIT : 0u) |
			 (mailer_has(m, '1') ? SMTP_OUT_NONUL : 0u) |
			 (mailer_has(m, 'E') ? SMTP_OUT_FROM : 0u);
	struct stream *io = t->c->io;
	struct smtp_out o;
	struct buf b;
	uint64_t left = t->a->size;
	off_t at = 0;
	int rc = 0;

	stream_timeout(io, clt_timeout(t->c, CLT_DOT));
	buf_init(&b, 0);
	smtp_out_init(&o, flags, STR("\r\n"), m->line_limit > 0 ? (size_t)m->line_limit : 0);
	if (mailer_has(m, '6'))
		o.flags |= SMTP_OUT_7BIT;
	smtp_out_feed(&o, t->a->header, &b);
	smtp_out_feed(&o, STR("\n"), &b);
	o.flags = flags;
	if (!str_is_none(t->a->content)) {
		smtp_out_feed(&o, t->a->content, &b);
		left = 0;
	}
	while (left > 0 && rc == 0) {
		static char block[CLT_BLOCK];
		ssize_t n = pread(t->fd, block, left < sizeof block ? (size_t)left : sizeof block, at);

		if (n <= 0)
			break;
		at += n;
		left -= (uint64_t)n;
		smtp_out_feed(&o, str_mem(block, (size_t)n), &b);
		rc = buf_ok(&b) ? stream_write(io, buf_str(&b)) : -1;
		buf_clear(&b);
	}
	if (left > 0) {		/* less content than promised: it must not end as if it were whole */
		memset(f, 0, sizeof *f);
		f->outcome = OUTCOME_DEFERRED;
		f->ex = EXIT_IOERR;
		f->status = STR("4.3.0");
		f->text = STR("Deferred: content of the message cannot be read");
		t->c->state = CLT_DEAD;
		rc = -2;
	} else if (rc == 0) {
		if (t->c->c.verbose)
			say(">>> .");
		smtp_out_end(&o, &b);
		if (mailer_has(m, 'b'))
			smtp_out_feed(&o, STR("\n"), &b);
		smtp_out_dot(&o, &b);
		rc = buf_ok(&b) ? stream_write(io, buf_str(&b)) : -1;
	}
	smtp_out_done(&o);
	buf_done(&b);
	return rc == -2 ? -1 : 0;	/* a broken stream shows when the reply is read */
}

static void
clt_final(struct clt_tx *t, size_t i, const struct smtp_reply *r)
{
	struct clt_fail f;

	if (smtp_reply_class(r) == 2) {
		clt_set(t, i, OUTCOME_SENT, EXIT_OK, !str_is_none(r->dsn) ? r->dsn : STR("2.0.0"),
		    arena_fmt(t->arena, "Sent (%.*s)", STR_ARG(str_first(r->text, 300))), r->line);
		t->res[i].relayed_dsn = (t->c->offer.what & SMTP_OFFER_DSN) != 0;
	} else {
		clt_refused(t->c, r, t->arena, &f);
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
		t->c->state = smtp_reply_class(&r) == 2 ? CLT_READY : CLT_DEAD;
}

static int
clt_transact(struct clt_tx *t, struct clt_fail *f)
{
	struct clt *c = t->c;
	struct smtp_reply data;
	struct clt_fail why;

	if (clt_envelope(t, &data, f) == -1)
		return -1;
	if (data.code == 354 && t->npending == 0) {	/* pipelined DATA, nobody left: an empty message that nobody gets */
		(void)stream_write(c->io, STR(".\r\n"));
		if (clt_hear(c, CLT_DOT, STR("."), t->arena, &data, f) == -1)
			return -1;
	} else if (data.code == 354) {
		if (clt_content(t, f) == -1 || clt_outcome(t, f) == -1)
			return -1;
		if (c->state == CLT_MAIL)
			c->state = CLT_READY;
		c->messages++;
	} else if (data.code != 0 && t->npending > 0) {
		clt_refused(c, &data, t->arena, &why);
		for (size_t i = 0; i < t->a->nrcpt; i++)
			if (t->pending[i])
				clt_set_fail(t, i, &why);
	}
	clt_reset(t);
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

int
clt_send(struct clt *c, const struct attempt *a, int fd, struct arena *arena,
    struct attempt_result *res, struct clt_fail *f)
{
	struct clt_tx t = { c, a, fd, arena, ARENA_ARRAY(arena, struct result_rcpt, a->nrcpt),
		ARENA_ARRAY(arena, bool, a->nrcpt), 0, false };
	size_t sayable = 0;

	must(a->nrcpt > 0);
	buf_clear(&c->transcript);
	c->talked = false;
	clt_unsayable(&t);
	c->now = a;
	if (clt_tls_rcpts(&t, f) == -1)
		clt_set_rest(&t, f);
	for (size_t i = 0; i < a->nrcpt; i++)
		sayable += t.res[i].outcome == 0;
	if (sayable > 0 && clt_unfit(&t, f))
		clt_set_rest(&t, f);
	else if (sayable > 0 && clt_transact(&t, f) == -1) {
		c->now = NULL;
		if (!t.progress)
			return -1;
		clt_set_rest(&t, f);
	}
	c->now = NULL;
	res->rcpt = t.res;
	res->nrcpt = a->nrcpt;
	res->mta = arena_str(arena, c->c.host);
	res->relay = c->c.addr.n > 0 && !str_eq(c->c.addr, c->c.host) ?
	    arena_fmt(arena, "%.*s. %.*s", STR_ARG(c->c.host), STR_ARG(c->c.addr)) : res->mta;
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

	attempt_result_all(a, arena, f->outcome, f->ex, f->status, f->text, res);
	res->host = host;
	res->nhost = nhost;
	res->connects = connects;
	for (size_t i = 0; i < res->nrcpt; i++)
		res->rcpt[i].reply = f->reply;
}
