/*
 * dsn - delivery status notifications: failures, delays, receipts, as multipart/report (RFC 3461 to 3464).
 *
 * Made by the route role, committed by spool.  A report about a message without a sender goes to DoubleBounceAddress; a report about such a
 * report goes nowhere: a message with the macro {double_bounce} is never reported on.  What it says is dsn_text.c's.
 */
#include <inttypes.h>
#include <time.h>

#include "base/utf8.h"
#include "dsn.h"
#include "hand.h"
#include "maillog.h"
#include "mime/addr.h"
#include "os/fd.h"
#include "queue/qid.h"
#include "reqtls.h"
#include "route.h"
#include "worker.h"

#define ERRORS_TO_MAX	100
#define MARK		"double_bounce"

static void
dsn_header(struct dsn *d, struct qf *q, const char *flags, const char *name, struct str value)
{
	struct qf_hdr *h = qf_add_hdr(q, d->m);

	h->flags = flags == NULL ? STR_NONE : str_c(flags);
	h->name = str_c(name);
	h->value = arena_fmt(d->m, " %.*s", STR_ARG(value));
}

static struct str
dsn_subject(struct dsn *d)
{
	if (d->q.copy || d->twice)
		return STR("Postmaster notify: see transcript for details");
	switch (d->worst) {
	case REPORT_FAILED:
		return STR("Returned mail: see transcript for details");
	case REPORT_DELAYED:
		return arena_fmt(d->m, "Warning: could not send message for past %.*s", STR_ARG(dsn_span(d, dsn_warned_after(d))));
	case REPORT_SENT:
		break;
	}
	return STR("Return receipt");
}

static void
dsn_headers(struct dsn *d, struct qf *q, struct str to)
{
	struct str	date = dsn_date(d, d->q.now), daemon = rule_macro_value(d->rules, STR("n"));
	struct str	version = arena_str(d->m, rule_macro_value(d->rules, STR("v")));
	time_t		t = (time_t)d->q.now;
	struct tm	tm;
	char		stamp[32] = "0";
	struct qf_hdr	*h;

	daemon = arena_str(d->m, daemon.n != 0 ? daemon : STR("MAILER-DAEMON"));
	h = qf_add_hdr(q, d->m);
	*h = (struct qf_hdr){ .flags = STR("P"), .name = STR("Return-Path"), .value = STR(" <\201g>"), .macros = true };
	dsn_header(d, q, NULL, "Received", arena_fmt(d->m, "from localhost (localhost)\n\tby %.*s (%.*s/%.*s) id %s;\n\t%.*s", STR_ARG(d->host),
	    STR_ARG(version), STR_ARG(arena_str(d->m, rule_macro_value(d->rules, STR("Z")))), d->id, STR_ARG(date)));
	dsn_header(d, q, "D", "Date", date);
	/* without a domain, as the rules for the header of each mailer give it one where that is wanted */
	dsn_header(d, q, "F", "From", arena_fmt(d->m, "Mail Delivery Subsystem <%.*s>", STR_ARG(daemon)));
	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(stamp, sizeof stamp, "%Y%m%d%H%M", &tm);
	dsn_header(d, q, "M", "Message-Id", arena_fmt(d->m, "<%s.%s@%.*s>", stamp, d->id, STR_ARG(d->host)));
	dsn_header(d, q, NULL, "To", to);
	if (d->mime) {
		dsn_header(d, q, NULL, "MIME-Version", STR("1.0"));
		dsn_header(d, q, NULL, "Content-Type",
		    arena_fmt(d->m, "multipart/report; report-type=delivery-status;\n\tboundary=\"%.*s\"", STR_ARG(d->boundary)));
	}
	if (d->has8bit && d->mime)
		dsn_header(d, q, NULL, "Content-Transfer-Encoding", STR("8bit"));
	dsn_header(d, q, NULL, "Subject", dsn_subject(d));
	dsn_header(d, q, NULL, "Auto-Submitted", d->q.copy || d->twice ? STR("auto-generated (postmaster-notification)") : d->worst == REPORT_FAILED ? STR("auto-generated (failure)") :
	    d->worst == REPORT_DELAYED ? STR("auto-generated (warning-timeout)") : STR("auto-generated (return-receipt)"));
}

static void
dsn_rcpt(struct dsn *d, struct qf *q, struct str addr)
{
	struct qf_rcpt *r = qf_add_rcpt(q, d->m);

	r->addr = addr;
	r->flags = QR_PRIMARY | QR_FAILURE | QR_DELAY;
}

/* An address of an option, with macros. */
static struct str
dsn_expand(struct dsn *d, struct str template)
{
	struct buf	b;
	struct str	s = template;

	buf_init(&b, 4096);
	rule_reset(d->rules);
	if (rule_expand(d->rules, template, &b) == 0)
		s = arena_str(d->m, str_trim(buf_str(&b)));
	buf_done(&b);
	return s;
}

/* UseErrorsTo: those whom the message itself names.  How many. */
static size_t
dsn_errors_to(struct dsn *d, struct qf *q)
{
	struct addr_list	l;
	size_t			n = 0;

	if (!d->rt->conf->opt.use_errors_to || d->qf.sender.n == 0)
		return 0;
	for (size_t i = 0; i < d->qf.nhdr; i++)
		if (str_caseeq_c(d->qf.hdr[i].name, "Errors-To") && addr_parse(d->m, d->qf.hdr[i].value, &l) == 0)
			for (size_t k = 0; k < l.n && n < ERRORS_TO_MAX; k++)
				if (l.v[k].kind == ADDR_MAILBOX && !l.v[k].bad) {
					dsn_rcpt(d, q, addr_spec(d->m, &l.v[k]));
					n++;
				}
	return n;
}

/* Who hears of it; false: nobody, and *note says why. */
static bool
dsn_addressee(struct dsn *d, struct str *to, bool *twice, struct str *note)
{
	const struct conf_opts *o = &d->rt->conf->opt;

	*twice = false;
	if (d->q.copy) {
		*to = dsn_expand(d, o->postmaster_copy);
		*note = STR_NONE;
		return to->n != 0;
	}
	if (d->qf.sender.n != 0) {
		*to = o->dont_prune_routes ? d->qf.sender : dsn_prune(d->m, d->qf.sender);
		return true;
	}
	*note = STR_NONE;
	if (d->worst != REPORT_FAILED)
		return false;
	if (qf_macro(&d->qf, STR(MARK)).n != 0) {
		*note = STR("a report to the postmaster could not be delivered either");
		return false;
	}
	*twice = true;
	*to = o->double_bounce_set || o->double_bounce_address.n != 0 ? dsn_expand(d, o->double_bounce_address) : STR("postmaster");
	if (to->n != 0)
		return true;
	*note = STR("double bounce dropped: DoubleBounceAddress is empty");
	return false;
}

/* The addressee as people are shown him: in brackets if that is how the sender was given. */
static struct str
dsn_shown(struct dsn *d, struct str to)
{
	if (d->q.copy || d->twice || (d->qf.sender_given.n != 0 && str_eq(to, d->qf.sender)))
		return to;
	return arena_fmt(d->m, "<%.*s>", STR_ARG(to));
}

int64_t
dsn_warned_after(const struct dsn *d)
{
	int64_t	limit = d->rt->conf->opt.timeout.queuewarn[report_time_class(&d->qf)];

	return limit > 0 && d->q.now - d->qf.created >= limit ? limit : d->q.now - d->qf.created;
}

static enum report_kind
dsn_worst(const struct report_ask *q)
{
	enum report_kind	k = REPORT_SENT;

	for (size_t i = 0; i < q->nrcpt; i++)
		if (q->rcpt[i].kind < k)
			k = q->rcpt[i].kind;
	return k;
}

static int
dsn_make(struct dsn *d, struct reported *out, int *out_fd, struct err *e)
{
	const struct conf_opts	*o = &d->rt->conf->opt;
	const struct report_rcpt *worst;
	struct qf		 q;
	struct buf		 text;
	struct str		 to;
	bool			 secret, late;

	out->some = false;
	d->worst = dsn_worst(&d->q);
	if (!dsn_addressee(d, &to, &d->twice, &out->note)) {
		out->lost = d->worst == REPORT_FAILED && qf_macro(&d->qf, STR(MARK)).n != 0;
		return 0;
	}
	qid_next(d->id);
	d->host = arena_str(d->m, rule_macro_value(d->rules, STR("j")));
	d->boundary = arena_fmt(d->m, "%s.%" PRId64 "/%.*s", d->id, d->q.now, STR_ARG(d->host));
	qf_init(&q);
	secret = reqtls_report(d->rt->conf, &d->qf, &q, d->m);
	/* a binary body is no part of a message of lines */
	d->with_body = d->worst == REPORT_FAILED && !d->q.copy && !secret && !str_eq_c(d->qf.body, "BINARYMIME") && !(d->qf.flags & QF_NO_BODY_RET) && !(o->privacy & PRIV_NOBODYRETN) &&
	    d->q.size <= DSN_RETURN_MAX;
	dsn_for_people(d);
	dsn_for_programs(d);
	if (dsn_returned(d, e) == -1)
		return -1;
	q.created = d->q.now;
	q.id = str_c(d->id);
	q.sender = STR("");
	q.flags = QF_RESPONSE | (d->has8bit ? QF_HAS8BIT : 0) | (d->utf8 ? QF_UTF8 : 0);
	q.body = d->has8bit ? STR("8BITMIME") : STR_NONE;
	qf_set_macro(&q, d->m, STR("_"), STR("localhost"));
	qf_set_macro(&q, d->m, STR("r"), STR("internal"));
	if (d->twice || d->q.copy)	/* of a copy that fails nobody is told */
		qf_set_macro(&q, d->m, STR(MARK), STR("yes"));
	if (d->q.copy || dsn_errors_to(d, &q) == 0) {
		dsn_rcpt(d, &q, to);
		if (str_eq(to, d->qf.sender))
			q.rcpt[q.nrcpt - 1].given = d->qf.sender_given;
	}
	out->copy = d->worst == REPORT_FAILED && o->postmaster_copy.n != 0 && !d->twice && !d->q.copy && maillog_class(d->rt->conf, &d->qf) >= 0;
	dsn_headers(d, &q, dsn_shown(d, to));
	buf_init(&text, QF_TEXT_MAX + 1);
	if (qfile_print(&q, &text, e) == -1)
		return -1;
	out->some = true;
	out->commit = (struct commit){ .id = str_c(d->id), .qf = arena_str(d->m, buf_str(&text)), .size = d->body.n, .mode = 'b' };
	buf_done(&text);
	if (d->body.n <= ATTEMPT_INLINE)
		out->commit.content = buf_str(&d->body);
	else if ((*out_fd = os_memfile("report", buf_str(&d->body), e)) == -1)
		return -1;
	worst = &d->q.rcpt[0];
	for (size_t i = 0; i < d->q.nrcpt && worst->kind != d->worst; i++)
		worst = &d->q.rcpt[i];
	late = d->worst == REPORT_FAILED && str_eq_c(worst->status, "4.4.7");
	out->note = arena_fmt(d->m, "%s: %.*s", d->twice || d->q.copy ? "postmaster notify" : d->worst == REPORT_DELAYED || late ? "sender notify" : "DSN",
	    STR_ARG(d->worst == REPORT_DELAYED ? dsn_subject(d) : d->worst == REPORT_SENT ? STR("Return receipt") : worst->text));
	if (late && str_starts(worst->text, STR("Message could not be delivered for")))
		out->note = arena_fmt(d->m, "sender notify: Cannot send message for%.*s", STR_ARG(str_from(worst->text, sizeof "Message could not be delivered for" - 1)));
	return 0;
}

/* RFC 6533 4: only where there is something beyond ASCII to be told. */
static void
dsn_is_utf8(struct dsn *d)
{
	bool some = !str_is_ascii(d->qf.sender);

	for (size_t i = 0; i < d->qf.nrcpt; i++)
		some |= !str_is_ascii(d->qf.rcpt[i].addr) || !str_is_ascii(d->qf.rcpt[i].orcpt);
	for (size_t i = 0; i < d->qf.nhdr; i++)
		some |= !str_is_ascii(d->qf.hdr[i].value);
	d->utf8 = some && (d->qf.flags & QF_UTF8) != 0;
}

int
dsn_report(struct route *rt, const struct report_ask *q, int content_fd, struct arena *m, struct reported *out, int *out_fd, struct err *e)
{
	struct dsn	d = { .mime = rt->conf->opt.send_mime_errors, .rt = rt, .m = m, .content_fd = content_fd, .q = *q };
	int		rc = -1;

	*out = (struct reported){ 0 };
	if (qfile_parse(q->qf, m, &d.qf, e) == -1)
		return -1;
	for (size_t i = 0; i < q->nrcpt; i++)
		if (q->rcpt[i].index >= d.qf.nrcpt)
			return err_set(e, ERR_BUG, "a report on a recipient that there is not");
	if (q->nrcpt == 0)
		return 0;
	dsn_is_utf8(&d);
	buf_init(&d.body, 2 * DSN_RETURN_MAX + 3 * REPORT_OCTETS);
	d.rules = rule_ctx_new(rt->conf->rules, rt->base, maps_lookup, rt->maps);
	if (dsn_make(&d, out, out_fd, e) == 0) {
		if (out->commit.content.p != NULL)
			out->commit.content = arena_str(m, out->commit.content);
		rc = buf_ok(&d.body) ? 0 : err_set(e, ERR_TEMP, "out of memory");
	}
	out->commit.id = arena_str(m, out->commit.id);
	rule_ctx_free(&d.rules);
	buf_done(&d.body);
	return rc;
}

int
route_report(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct arena		*m = arena_new(ROUTE_ROOM);
	struct report_ask	 q;
	struct reported		 r;
	int			 rc;

	if (report_ask_get(f->body, m, &q) == -1)
		worker_bad(ctx);
	if ((rc = dsn_report(ctx->state, &q, f->fd, m, &r, out_fd, e)) == 0) {
		reported_put(out, &r);
		rc = buf_ok(out) ? 0 : err_set(e, ERR_TEMP, "out of memory");
	}
	arena_free(&m);
	return rc;
}
