/*
 * srv_ehlo - HELO and EHLO: who the client says it is, and what we offer.
 *
 * What is offered and what MAIL and RCPT understand is one table, so that nothing is promised that would be refused.
 */
#include "srv_int.h"

#include <time.h>

#include "base/log.h"
#include "wire/xclient.h"

#define SRV_MAX_HELO	3	/* this one and those behind it are slowed down, as sendmail does */

static bool
srv_introduce(struct srv *s, struct str arg, bool esmtp)
{
	srv_count(s, PARK_HELOS, SRV_MAX_HELO, "HELO/EHLO");
	if (arg.n == 0) {
		srv_reply(s, 501, "5.0.0", "%s requires domain address", esmtp ? "EHLO" : "HELO");
		return false;
	}
	if (!smtp_helo_valid(arg) && !s->conf->opt.allow_bogus_helo) {
		log_line(10, LOG_P_INFO, srv_id(s), "invalid domain name (%.*s) from %.*s", STR_ARG(str_first(arg, 100)), STR_ARG(s->client));
		srv_reply(s, 501, "5.0.0", "Invalid domain name");
		return false;
	}
	if (srv_early(s, esmtp ? "EHLO" : "HELO"))
		return false;
	srv_end_transaction(s);		/* RFC 5321 4.1.4 */
	s->helo = arena_str(s->arena, arg);
	s->esmtp = esmtp;
	s->state = SRV_HELO;
	return srv_filter_helo(s, s->helo);
}

void
srv_helo(struct srv *s, struct str arg)
{
	if (srv_introduce(s, arg, false))
		srv_reply(s, 250, NULL, "%.*s Hello %.*s, pleased to meet you", STR_ARG(s->host),
		    STR_ARG(s->client));
}

/* ---- what we offer ---- */

static bool
ehlo_pipelining(const struct srv *s, struct buf *b)
{
	(void)b;
	return s->f.pipelining;
}

static bool
ehlo_expn(const struct srv *s, struct buf *b)
{
	(void)b;
	return s->f.expn && (s->conf->opt.privacy & PRIV_NOEXPN) == 0;
}

static bool
ehlo_size(const struct srv *s, struct buf *b)
{
	if (b != NULL && s->conf->opt.max_message_size > 0)
		(void)buf_addf(b, " %lld", (long long)s->conf->opt.max_message_size);
	return true;
}

static bool
ehlo_chunking(const struct srv *s, struct buf *b)
{
	(void)b;
	return s->f.pipelining && (s->conf->opt.smtp_extensions & SMTPX_CHUNKING);
}

static bool
ehlo_binarymime(const struct srv *s, struct buf *b)
{
	return ehlo_chunking(s, b) && (s->conf->opt.smtp_extensions & SMTPX_BINARYMIME);
}

static bool
ehlo_utf8(const struct srv *s, struct buf *b)
{
	(void)b;
	return s->conf->opt.smtp_utf8;
}

static bool
ehlo_dsn(const struct srv *s, struct buf *b)
{
	(void)b;
	return s->f.dsn;
}

static bool
ehlo_etrn(const struct srv *s, struct buf *b)
{
	(void)b;
	return s->f.etrn;
}

static bool
ehlo_starttls(const struct srv *s, struct buf *b)
{
	(void)b;
	return s->f.starttls && !s->tls;
}

/* RFC 8689 4.1: only where the session has TLS itself. */
static bool
ehlo_requiretls(const struct srv *s, struct buf *b)
{
	(void)b;
	return s->tls && (s->conf->opt.smtp_extensions & SMTPX_REQUIRETLS);
}

static bool
ehlo_deliverby(const struct srv *s, struct buf *b)
{
	if (b != NULL && s->conf->opt.deliver_by_min > 0)
		(void)buf_addf(b, " %lld", (long long)s->conf->opt.deliver_by_min);
	return s->conf->opt.deliver_by_min >= 0;
}

/* RFC 9422 4: what would be refused anyway. */
static bool
ehlo_limits(const struct srv *s, struct buf *b)
{
	int64_t n = s->conf->opt.max_recipients_per_message;

	if (b != NULL && n > 0)
		(void)buf_addf(b, " RCPTMAX=%lld", (long long)(n < 999999 ? n : 999999));
	return n > 0 && (s->conf->opt.smtp_extensions & SMTPX_LIMITS);
}

static bool
ehlo_priority(const struct srv *s, struct buf *b)
{
	(void)b;
	return (s->conf->opt.smtp_extensions & SMTPX_MTPRIORITY) != 0;
}

/* RFC 4865 3: it is for submission: for those who proved who they are, and for this host's own users. */
static bool
ehlo_futurerelease(const struct srv *s, struct buf *b)
{
	int64_t max = s->conf->opt.future_release;
	struct buf date;

	if ((s->conf->opt.smtp_extensions & SMTPX_FUTURERELEASE) == 0 || max <= 0 || (!s->authed && (s->flags & SRV_LOCAL) == 0))
		return false;
	if (b != NULL) {
		buf_init(&date, 0);
		smtp_mail_print(&date, &(struct smtp_mail){ .path.addr = STR(""), .hold_until = (int64_t)time(NULL) + max });
		(void)buf_addf(b, " %lld %.*s", (long long)max, STR_ARG(str_from(buf_str(&date), str_rchr(buf_str(&date), '=') + 1)));
		buf_done(&date);
	}
	return true;
}

/* Only to those who may use it. */
static bool
ehlo_xclient(const struct srv *s, struct buf *b)
{
	if (b != NULL)
		(void)buf_addc(b, " " XCLIENT_WORDS);
	return s->proxy;
}

/* In the order of the answer.  `offered` appends what stands behind the word, if it is given a buffer. */
static const struct srv_offer {
	const char	*word;		/* NULL: AUTH, whose mechanisms have to be asked for */
	unsigned	 ext;		/* parameters that come with it */
	bool		(*offered)(const struct srv *, struct buf *);	/* NULL: always */
} offers[] = {
	{ "ENHANCEDSTATUSCODES", 0, NULL },
	{ "PIPELINING",	0,			ehlo_pipelining },
	{ "EXPN",	0,			ehlo_expn },
	{ "8BITMIME",	SMTP_EXT_8BITMIME,	NULL },
	{ "SIZE",	SMTP_EXT_SIZE,		ehlo_size },
	{ "CHUNKING",	0,			ehlo_chunking },
	{ "BINARYMIME",	SMTP_EXT_BINARYMIME,	ehlo_binarymime },
	{ "SMTPUTF8",	SMTP_EXT_UTF8,		ehlo_utf8 },
	{ "DSN",	SMTP_EXT_DSN,		ehlo_dsn },
	{ "ETRN",	0,			ehlo_etrn },
	{ NULL,		SMTP_EXT_AUTH,		NULL },
	{ "STARTTLS",	0,			ehlo_starttls },
	{ "REQUIRETLS",	SMTP_EXT_REQUIRETLS,	ehlo_requiretls },
	{ "DELIVERBY",	SMTP_EXT_DELIVERBY,	ehlo_deliverby },
	{ "MT-PRIORITY", SMTP_EXT_MTPRIORITY,	ehlo_priority },
	{ "FUTURERELEASE", SMTP_EXT_FUTURERELEASE, ehlo_futurerelease },
	{ "LIMITS",	0,			ehlo_limits },
	{ "XCLIENT",	0,			ehlo_xclient },
	{ "HELP",	0,			NULL },
};

unsigned
srv_ext(const struct srv *s)
{
	unsigned ext = 0;

	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++)
		if (offers[i].offered == NULL || offers[i].offered(s, NULL))
			ext |= offers[i].ext;
	return ext;
}

void
srv_ehlo(struct srv *s, struct str arg)
{
	struct str mechs;
	struct buf b, more;

	if (!srv_introduce(s, arg, true))
		return;
	buf_init(&b, 0);
	buf_init(&more, 0);
	(void)buf_addf(&b, "%.*s Hello %.*s, pleased to meet you", STR_ARG(s->host), STR_ARG(s->client));
	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
		const struct srv_offer *o = &offers[i];

		buf_clear(&more);
		if (s->refused && i > 0 && o->offered != ehlo_xclient)	/* there is nothing else for who was refused at the door */
			continue;
		if (o->word == NULL) {
			mechs = srv_auth_mechs(s);
			if (mechs.n > 0)
				(void)buf_addf(&b, "\nAUTH %.*s", STR_ARG(mechs));
			if (mechs.n > 0 && (s->conf->opt.smtp_extensions & SMTPX_OLDAUTH))
				(void)buf_addf(&b, "\nAUTH=%.*s", STR_ARG(mechs));
		} else if (o->offered == NULL || o->offered(s, &more))
			(void)buf_addf(&b, "\n%s%.*s", o->word, STR_ARG(buf_str(&more)));
	}
	srv_reply(s, 250, NULL, "%.*s", STR_ARG(buf_str(&b)));
	buf_done(&more);
	buf_done(&b);
}
