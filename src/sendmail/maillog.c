/*
 * maillog - sendmail's log lines about mail.
 */
#include "maillog.h"

#include <time.h>

#include "base/log.h"
#include "net/tls.h"
#include "base/num.h"

#define LINE_RCPTS	1000		/* bytes of recipients in one line */
#define LINE_FIRST	400		/* room for a line as most are */

static struct str
maillog_header(const struct qf *q, const char *name)
{
	for (size_t i = 0; i < q->nhdr; i++)
		if (str_caseeq_c(q->hdr[i].name, name))
			return str_trim(q->hdr[i].value);
	return STR_NONE;
}

int
maillog_class(const struct conf *c, const struct qf *q)
{
	struct str p = maillog_header(q, "Precedence");

	return p.n == 0 ? 0 : conf_precedence(c, p);
}

int
maillog_rank(const struct conf *c, const struct qf *q)
{
	int	mt;

	if (num_int(qf_macro(q, STR("mt_priority")), -9, 9, &mt) == -1)
		mt = 0;
	return maillog_class(c, q) + MAILLOG_MT * mt;
}

void
maillog_from(const struct conf *c, const struct qf *q, uint64_t size)
{
	struct buf	b;
	struct str	v;

	buf_init(&b, 0);
	(void)buf_reserve(&b, LINE_FIRST);
	buf_addc(&b, "from=");
	qf_show(&b, q->sender_given, q->sender);
	buf_addf(&b, ", size=%llu, class=%d, nrcpts=%zu", (unsigned long long)size, maillog_class(c, q), q->nrcpt);
	if ((v = maillog_header(q, "Message-Id")).n != 0)
		buf_addf(&b, ", msgid=%.*s", STR_ARG(str_first(v, 300)));
	if (q->body.n != 0)
		buf_addf(&b, ", bodytype=%.*s", STR_ARG(q->body));
	if ((v = qf_macro(q, STR("r"))).n != 0)
		buf_addf(&b, ", proto=%.*s", STR_ARG(v));
	if ((v = qf_macro(q, STR("daemon_name"))).n != 0 && !str_eq_c(v, "stdin"))	/* -bs is no daemon */
		buf_addf(&b, ", daemon=%.*s", STR_ARG(v));
	if ((v = qf_macro(q, STR("_"))).n != 0)
		buf_addf(&b, ", relay=%.*s", STR_ARG(str_first(v, 300)));
	if (q->quarantine.n != 0)
		buf_addf(&b, ", quarantine=%.*s", STR_ARG(q->quarantine));
	log_line(5, LOG_P_INFO, q->id.p, "%s", buf_c(&b));
	buf_done(&b);
}

/* sendmail's measure: of more than 203 octets the first and the last hundred. */
static void
maillog_short(struct buf *b, const char *key, struct str s)
{
	if (s.n <= 203)
		buf_addf(b, "%s%.*s", key, STR_ARG(s));
	else
		buf_addf(b, "%s%.*s...%.*s", key, STR_ARG(str_first(s, 100)), STR_ARG(str_from(s, s.n - 100)));
}

static bool
maillog_alike(const struct maillog_rcpt *a, const struct maillog_rcpt *b)
{
	return a->result->outcome == b->result->outcome && str_eq(a->result->status, b->result->status) &&
	    str_eq(a->result->text, b->result->text) && str_eq(a->result->reply, b->result->reply) && str_eq(a->result->relay, b->result->relay) && str_eq(a->rcpt->ctl_user, b->rcpt->ctl_user) &&
	    a->rcpt->ctl_uid == b->rcpt->ctl_uid && (log_level() < MAILLOG_WHY || str_eq(a->rcpt->why, b->rcpt->why));
}

void
maillog_alias(struct buf *b, const struct qf *q, const struct qf_rcpt *r)
{
	struct str	first = r->final.n > 7 ? str_trim(str_from(r->final, 7)) : STR_NONE;	/* behind "RFC822;" */
	size_t		at = str_rchr(first, '@');

	if (qf_macro(q, STR("s")).n > 0 && at != SIZE_MAX && str_caseeq(str_first(first, at), r->ctl_alias))
		qf_show(b, STR_NONE, first);
	else
		buf_add(b, r->ctl_alias);
}

/* Whose .forward file or list it is: the recipient as he was given if the file is his, an alias's item otherwise, a list by its file. */
static void
maillog_user(struct buf *b, const struct qf *q, const struct qf_rcpt *r)
{
	struct str	first = r->final.n > 7 ? str_trim(str_from(r->final, 7)) : STR_NONE;
	size_t		at = str_rchr(first, '@'), end = str_chr(first, '+');

	if (str_starts(r->ctl_alias, STR(":include:")))
		buf_add(b, r->ctl_alias);
	else if (qf_macro(q, STR("s")).n > 0 && at != SIZE_MAX && str_caseeq(str_first(first, end < at ? end : at), r->ctl_user))
		qf_show(b, STR_NONE, first);
	else
		buf_add(b, r->ctl_user);
}

/* Whose rights: those of a list's owner, DefaultUser's for an alias, else the sender's if he is one of us. */
static void
maillog_ctl(struct buf *b, const struct conf *c, const struct qf *q, const struct qf_rcpt *r, bool untried)
{
	struct str	who = r->ctl_user, ids = qf_macro(q, STR(MAILLOG_CTL));
	bool		prog = r->addr.n > 0 && (r->addr.p[0] == '|' || r->addr.p[0] == '/');

	if ((prog || untried) && (who.n > 0 || r->ctl_alias.n > 0)) {
		buf_addc(b, ", ctladdr=");
		if (who.n > 0)
			maillog_user(b, q, r);
		else
			maillog_alias(b, q, r);
		buf_addf(b, " (%lu/%lu)", (unsigned long)(who.n > 0 ? r->ctl_uid : c->opt.default_uid),
		    (unsigned long)(who.n > 0 ? r->ctl_gid : c->opt.default_gid));
	} else if (ids.n > 0 && !untried) {
		buf_addc(b, ", ctladdr=");
		qf_show(b, q->sender_given, q->sender);
		buf_addf(b, " (%.*s)", STR_ARG(str_first(ids, 32)));
	}
}

static void
maillog_line(const struct conf *c, const struct qf *q, struct maillog_rcpt *v, size_t n, struct str mailer, struct str relay, int64_t xdelay_ms)
{
	const struct result_rcpt *r = v[0].result;
	struct buf	b;
	char		t[32];
	int64_t		delay = (int64_t)time(NULL) - q->created;
	int		level = r->outcome == OUTCOME_SENT ? 8 : r->outcome == OUTCOME_DEFERRED ? 9 : 7;
	size_t		count = 0;
	bool		untried = mailer.n == 0 && r->outcome == OUTCOME_FAILED && str_eq_c(r->status, "5.1.1");	/* found out before a mailer was asked */

	if (r->relay.n != 0)
		relay = r->relay;
	buf_init(&b, 0);
	(void)buf_reserve(&b, LINE_FIRST);
	buf_addc(&b, "to=");
	for (size_t i = 0; i < n && b.n < LINE_RCPTS; i++) {
		if (v[i].done || !maillog_alike(&v[0], &v[i]))
			continue;
		v[i].done = i != 0;		/* the first one is the loop's */
		if (count++ != 0)
			buf_addch(&b, ',');
		qf_show(&b, v[i].rcpt->given, v[i].rcpt->addr);
	}
	if (untried)
		mailer = v[0].rcpt->mailer.n > 0 ? v[0].rcpt->mailer : STR("local");
	maillog_ctl(&b, c, q, v[0].rcpt, untried);
	num_time_print(t, sizeof t, delay < 0 ? 0 : delay);
	buf_addf(&b, ", delay=%s", t);
	num_time_print(t, sizeof t, (xdelay_ms + 500) / 1000);
	if (!untried)
		buf_addf(&b, ", xdelay=%s", t);
	if (mailer.n != 0)
		buf_addf(&b, ", mailer=%.*s", STR_ARG(mailer));
	buf_addf(&b, ", pri=%lld", (long long)q->priority);
	if (v[0].rcpt->why.n != 0 && log_level() >= MAILLOG_WHY)
		buf_addf(&b, ", why=%.*s", STR_ARG(v[0].rcpt->why));
	if (relay.n != 0)
		buf_addf(&b, ", relay=%.*s", STR_ARG(relay));
	if (r->status.n != 0)
		buf_addf(&b, ", dsn=%.*s", STR_ARG(r->status));
	if (r->outcome != OUTCOME_SENT && relay.n != 0 && r->reply.n > 3 && chr_is_digit(r->reply.p[0]))
		maillog_short(&b, ", reply=", r->reply);	/* what the host said, in its words */
	else if (untried)
		maillog_short(&b, ", reply=550 5.1.1 ", r->text);
	maillog_short(&b, ", stat=", r->text);
	log_line(level, LOG_P_INFO, q->id.p, "%s", buf_c(&b));
	buf_done(&b);
}

void
maillog_to(const struct conf *c, const struct qf *q, struct maillog_rcpt *v, size_t n, struct str mailer, struct str relay, int64_t xdelay_ms)
{
	for (size_t i = 0; i < n; i++) {
		if (!v[i].done)
			maillog_line(c, q, v + i, n - i, mailer, relay, xdelay_ms);
		v[i].done = true;
	}
}

void
maillog_queued(const struct qf *q)
{
	struct buf b;
	struct str why = q->quarantine.n > 0 ? STR("quarantined") : q->reason.n > 0 ? q->reason : STR("queued");

	for (size_t i = 0; i < q->nrcpt && log_level() >= 9; i++) {
		struct str mailer = q->rcpt[i].mailer;

		buf_init(&b, 0);
		qf_show(&b, q->rcpt[i].given, q->rcpt[i].addr);
		log_line(9, LOG_P_INFO, q->id.p, "to=%s, delay=00:00:00%s%.*s, pri=%lld%s%.*s, stat=%.*s", buf_c(&b), mailer.n > 0 ? ", mailer=" : "",
		    STR_ARG(mailer), (long long)q->priority, q->quarantine.n > 0 ? ", quarantine=" : "", STR_ARG(q->quarantine), STR_ARG(why));
		buf_done(&b);
	}
}

void
maillog_done(const struct qf *q)
{
	char	t[32];
	int64_t	delay = (int64_t)time(NULL) - q->created;

	num_time_print(t, sizeof t, delay < 0 ? 0 : delay);
	log_line(11, LOG_P_INFO, q->id.p, "done; delay=%s, ntries=%d", t, q->tries);
}

void
maillog_certificate(const char *side, const struct tls_info *t)
{
	if (t->cert_subject.n > 0 || t->cert_issuer.n > 0)
		log_line(12, LOG_P_INFO, NULL, "STARTTLS=%s, cert-subject=%.*s, cert-issuer=%.*s, verifymsg=%.*s", side, STR_ARG(t->cert_subject), STR_ARG(t->cert_issuer),
		    STR_ARG(t->verify_why.n > 0 ? t->verify_why : STR("ok")));
}
