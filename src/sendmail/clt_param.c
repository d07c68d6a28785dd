/*
 * clt_param - what a server's offers make of a message: can it be sent there, in which encoding, and what MAIL and RCPT say of it.
 *
 * Content (sendmail's EightBitMode, observed): what is declared 8-bit, or is MIME, or with mode m anything, is encoded for a server without 8BITMIME; what
 * only happens to have such octets is just sent, or in mode s refused.  Addresses beyond ASCII need SMTPUTF8 (RFC 6531 3.2); a domain alone can be said
 * in its ASCII form.
 */
#include "clt_int.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/num.h"
#include "base/status.h"
#include "base/utf8.h"
#include "mime/conv.h"
#include "net/idna.h"
#include "queue/qfile.h"

static uint64_t
clt_size(const struct attempt *a)
{
	return a->size + a->header.n + 1;
}

static bool
clt_no(struct clt_fail *f, int ex, const char *status, struct str text)
{
	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_FAILED;
	f->ex = ex;
	f->status = str_c(status);
	f->text = text;
	return false;
}

static bool
clt_plan_size(struct clt_tx *t, struct clt_fail *f)
{
	const struct mailer *m = t->c->c.mailer;
	uint64_t size = clt_size(t->a);

	if (m->max_size > 0 && size > (uint64_t)m->max_size && !(t->a->flags & ATTEMPT_DSN))
		return clt_no(f, EXIT_UNAVAILABLE, "5.3.4", arena_fmt(t->arena, "Message is too large; %lld bytes max", (long long)m->max_size));
	return true;	/* what the server says of its SIZE is for SIZE= of MAIL: the decision is its own, as with sendmail */
}

static bool
clt_plan_body(struct clt_tx *t, struct clt_fail *f)
{
	const struct clt *c = t->c;
	struct str body = t->a->body;
	bool eight = str_caseeq_c(body, "8BITMIME"), seven = str_caseeq_c(body, "7BIT"), mime = conv_is_mime(t->a->header);
	bool high = (t->a->flags & ATTEMPT_8BIT) != 0 && !seven, takes = (c->offer.what & SMTP_OFFER_8BITMIME) != 0 && !mailer_has(c->c.mailer, '7');
	char mode = c->c.conf->opt.eight_bit_mode;

	t->how = CLT_AS_IS;
	t->body = SMTP_BODY_NONE;
	t->bdat = mailer_has(c->c.mailer, 'K') && (c->offer.what & SMTP_OFFER_CHUNKING) != 0 && !c->c.lmtp;
	if (str_caseeq_c(body, "BINARYMIME")) {
		if ((c->offer.what & SMTP_OFFER_CHUNKING) && (c->offer.what & SMTP_OFFER_BINARYMIME) && !c->c.lmtp) {
			t->how = CLT_RAW;
			t->body = SMTP_BODY_BINARYMIME;
			t->bdat = true;
		} else {
			t->how = takes ? CLT_TO_8BIT : CLT_TO_7BIT;
			t->body = takes && high ? SMTP_BODY_8BITMIME : SMTP_BODY_NONE;
		}
		return true;
	}
	if (mode == 's' && high && !eight && !mime && !(t->a->flags & ATTEMPT_UTF8) && !mailer_has(c->c.mailer, '8'))
		return clt_no(f, EXIT_DATAERR, "5.6.1", STR("Eight bit data not allowed"));
	if (takes) {
		if (eight || (high && mode == 'm'))
			t->body = SMTP_BODY_8BITMIME;
		if (high && mode == 'm' && !mime)
			t->how = CLT_TO_8BIT;
	} else if (high && (eight || mime || mode == 'm') && (mailer_has(c->c.mailer, '7') || !mailer_has(c->c.mailer, '8')))
		t->how = CLT_TO_7BIT;
	if (seven && (c->offer.what & SMTP_OFFER_8BITMIME))
		t->body = SMTP_BODY_7BIT;
	return true;
}

/* An address for a server without SMTPUTF8: its domain may have an ASCII form, its local part has none. */
static bool
clt_addr_ascii(struct clt_tx *t, struct str addr, struct str *out)
{
	size_t at = str_rchr(addr, '@');
	struct str domain;

	*out = addr;
	if (str_is_ascii(addr))
		return true;
	if (at == SIZE_MAX || !str_is_ascii(str_first(addr, at)) || idna_to_ascii(str_from(addr, at + 1), t->arena, &domain, NULL) == -1)
		return false;
	*out = arena_fmt(t->arena, "%.*s%.*s", STR_ARG(str_first(addr, at + 1)), STR_ARG(domain));
	return true;
}

/* All addresses of the transaction as ASCII, if they have such a form: what is not said to need SMTPUTF8 gets further. */
static bool
clt_all_ascii(struct clt_tx *t)
{
	const struct attempt *a = t->a;
	struct str *to = ARENA_ARRAY(t->arena, struct str, a->nrcpt), from;

	if (!clt_addr_ascii(t, a->sender, &from))
		return false;
	for (size_t i = 0; i < a->nrcpt; i++)
		if (!clt_addr_ascii(t, a->rcpt[i].addr, &to[i]))
			return false;
	t->sender = from;
	t->addr = to;
	return true;
}

static bool
clt_plan_utf8(struct clt_tx *t, struct clt_fail *f)
{
	const struct attempt *a = t->a;
	bool said = (a->flags & ATTEMPT_UTF8) != 0, need = said && !str_is_ascii(a->header);
	struct str why;

	t->utf8 = false;
	if (!said && !t->c->c.conf->opt.smtp_utf8)
		return true;		/* octets like others */
	why = arena_fmt(t->arena, "SMTPUTF8 is required, but was not offered by host %.*s", STR_ARG(t->c->c.host));
	if (t->c->offer.what & SMTP_OFFER_SMTPUTF8) {
		t->utf8 = need || !clt_all_ascii(t);
		return true;
	}
	if (need || !clt_addr_ascii(t, a->sender, &t->sender))
		return clt_no(f, EXIT_DATAERR, "5.6.7", why);
	for (size_t i = 0; i < a->nrcpt; i++)
		if (t->res[i].outcome == 0 && !clt_addr_ascii(t, a->rcpt[i].addr, &t->addr[i]))
			clt_set(t, i, OUTCOME_FAILED, EXIT_DATAERR, STR("5.6.7"), why, STR_NONE);
	return true;
}

/* RFC 8689 4.2: only to a server that was verified and promises to do the same. */
static bool
clt_plan_tls(struct clt_tx *t, struct clt_fail *f)
{
	struct clt *c = t->c;
	struct str why;

	if ((t->a->flags & ATTEMPT_REQTLS) == 0 || c->c.lmtp)
		return true;
	if (clt_verified(c, t->arena, &why)) {
		if (c->offer.what & SMTP_OFFER_REQUIRETLS)
			return true;
		why = STR("it does not offer REQUIRETLS");
	}
	log_line(5, LOG_P_NOTICE, arena_cstr(t->arena, t->a->id), "relay=%.*s: not for a message with REQUIRETLS: %.*s", STR_ARG(c->c.host), STR_ARG(why));
	tls_session_forget(c->io);
	(void)clt_no(f, EXIT_UNAVAILABLE, "5.7.30", STR("REQUIRETLS support required"));
	f->elsewhere = true;
	return false;
}

/* RFC 2852 4.1.4: with mode R it must come back rather than go where nobody looks at the clock, or where the time left is too short to be kept. */
static bool
clt_plan_by(struct clt_tx *t, struct clt_fail *f)
{
	const struct smtp_offer *o = &t->c->offer;
	int64_t left = t->a->deliver_by - (int64_t)time(NULL);

	if (t->a->deliver_by == 0 || t->a->by_mode != 'R' || t->c->c.lmtp)
		return true;
	if ((o->what & SMTP_OFFER_DELIVERBY) == 0)
		return clt_no(f, EXIT_UNAVAILABLE, "5.4.7", STR("Server does not support Deliver By"));
	if (left < 1)
		return clt_no(f, EXIT_UNAVAILABLE, "5.4.7", STR("Message can't be delivered in time"));
	if (left < o->by_min)
		return clt_no(f, EXIT_UNAVAILABLE, "5.4.7",
		    arena_fmt(t->arena, "Message can't be delivered in time: %lld seconds are left, and the server wants %lld", (long long)left, (long long)o->by_min));
	return true;
}

bool
clt_plan(struct clt_tx *t, struct clt_fail *f)
{
	const struct attempt *a = t->a;

	t->sender = a->sender;
	t->addr = ARENA_ARRAY(t->arena, struct str, a->nrcpt);
	for (size_t i = 0; i < a->nrcpt; i++)
		t->addr[i] = a->rcpt[i].addr;
	if (!smtp_addr_sendable(a->sender))
		return clt_no(f, EXIT_DATAERR, "5.1.7", STR("Sender address cannot be sent"));
	return clt_plan_by(t, f) && clt_plan_size(t, f) && clt_plan_tls(t, f) && clt_plan_body(t, f) && clt_plan_utf8(t, f);
}

/* MT-PRIORITY of the message (RFC 6710), if it has one. */
static bool
clt_priority(const struct attempt *a, int *out)
{
	for (size_t i = 0; i < a->nmacro; i++)
		if (str_eq_c(a->macro[i].name, "mt_priority"))
			return num_int(a->macro[i].value, -9, 9, out) == 0;
	return false;
}

struct str
clt_mail_args(struct clt_tx *t)
{
	const struct attempt *a = t->a;
	unsigned o = t->c->offer.what;
	struct smtp_mail m;
	struct str s;
	struct buf b;

	memset(&m, 0, sizeof m);
	m.path.addr = t->sender;
	m.has_size = (o & SMTP_OFFER_SIZE) != 0;
	m.size = clt_size(a);
	m.body = t->body;
	m.utf8 = t->utf8;
	m.require_tls = (a->flags & ATTEMPT_REQTLS) != 0 && (o & SMTP_OFFER_REQUIRETLS) != 0;
	m.has_priority = (o & SMTP_OFFER_MTPRIORITY) != 0 && clt_priority(a, &m.priority);
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

/* Behind a mailer with flag l is the mailbox: success is ours to report. */
bool
clt_passes_dsn(const struct clt *c)
{
	return (c->offer.what & SMTP_OFFER_DSN) != 0 && !mailer_has(c->c.mailer, 'l');
}

char
clt_by_said(const struct clt_tx *t)
{
	if (t->a->deliver_by == 0 || t->c->c.lmtp || mailer_has(t->c->c.mailer, 'l'))
		return 0;
	if ((t->c->offer.what & SMTP_OFFER_DELIVERBY) == 0)
		return t->a->by_mode == 'N' ? 'N' : 0;
	return t->a->by_trace ? 'T' : 0;
}

struct str
clt_rcpt_args(struct clt_tx *t, size_t i)
{
	const struct attempt_rcpt *q = &t->a->rcpt[i];
	struct smtp_rcpt r;
	struct str s;
	struct buf b;

	memset(&r, 0, sizeof r);
	r.path.addr = t->addr[i];
	if (clt_passes_dsn(t->c)) {
		if (q->notify & QR_NOTIFY)
			r.notify = SMTP_NOTIFY_GIVEN |
				   (q->notify & QR_SUCCESS ? SMTP_NOTIFY_SUCCESS : 0u) |
				   (q->notify & QR_FAILURE ? SMTP_NOTIFY_FAILURE : 0u) |
				   (q->notify & QR_DELAY ? SMTP_NOTIFY_DELAY : 0u);
		if (clt_by_said(t) == 'N' && (r.notify & ~SMTP_NOTIFY_GIVEN || r.notify == 0))	/* nobody looks at the clock from here on */
			r.notify |= r.notify == 0 ? SMTP_NOTIFY_GIVEN | SMTP_NOTIFY_FAILURE | SMTP_NOTIFY_DELAY : SMTP_NOTIFY_DELAY;
		r.orcpt = q->orcpt.n > 0 ? q->orcpt : STR_NONE;
	}
	buf_init(&b, 0);
	smtp_rcpt_print(&b, &r, t->utf8);
	if (t->c->c.lmtp && (t->c->offer.what & SMTP_OFFER_XTOKEN)) {
		buf_addc(&b, " XTOKEN=");
		attempt_token(t->a, i, t->c->c.helo, &b);
	}
	s = arena_str(t->arena, buf_str(&b));
	buf_done(&b);
	return s;
}
