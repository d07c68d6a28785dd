/*
 * dsn_text - what a report says: the part for people, the part for programs, and what comes back of the message.
 *
 * All foreign text is folded into one printable line.
 */
#include <inttypes.h>
#include <unistd.h>

#include "base/num.h"
#include "base/status.h"
#include "base/utf8.h"
#include "dsn.h"
#include "env.h"
#include "maillog.h"

/* ---- small texts ---- */

struct str
dsn_date(struct dsn *d, int64_t t)
{
	char	text[64];

	env_date(t, text, sizeof text);
	return arena_str(d->m, str_c(text));
}

/* Foreign text on one line, of 7-bit characters unless the message was one with SMTPUTF8 (RFC 6533). */
static void
dsn_line(struct dsn *d, struct str s)
{
	uint32_t	cp;
	size_t		n;

	for (s = str_first(s, 900); s.n > 0; s = str_from(s, n)) {
		unsigned char c = (unsigned char)s.p[0];

		n = 1;
		if (c > 0x7f && d->utf8 && (n = utf8_next(s, &cp)) > 0)
			buf_add(&d->body, str_first(s, n));
		else {
			n = 1;
			buf_addch(&d->body, c < ' ' || c == 0x7f ? ' ' : c > 0x7f ? '?' : (char)c);
		}
	}
}

static void
dsn_field(struct dsn *d, const char *name, struct str v)
{
	if (v.n == 0)
		return;
	buf_addf(&d->body, "%s: ", name);
	dsn_line(d, v);
	buf_addch(&d->body, '\n');
}

struct str
dsn_span(struct dsn *d, int64_t s)
{
	if (s >= 86400 && s % 86400 == 0)
		return arena_fmt(d->m, "%" PRId64 " day%s", s / 86400, s == 86400 ? "" : "s");
	if (s >= 3600)
		return arena_fmt(d->m, "%" PRId64 " hour%s", s / 3600, s / 3600 == 1 ? "" : "s");
	if (s < 60)
		return arena_fmt(d->m, "%" PRId64 " second%s", s, s == 1 ? "" : "s");
	return arena_fmt(d->m, "%" PRId64 " minute%s", s / 60, s / 60 == 1 ? "" : "s");
}

/* ---- the part for people ---- */

/* ErrorHeader: words of the postmaster's, with macros. */
static void
dsn_error_header(struct dsn *d)
{
	struct str	rest = d->rt->error_header, line;
	struct buf	b;

	while (rest.n > 0 && rest.p[rest.n - 1] == '\n')
		rest.n--;
	if (rest.n == 0)
		return;
	buf_init(&b, 4096);
	while (str_split(&rest, '\n', &line)) {
		buf_clear(&b);
		rule_reset(d->rules);
		dsn_line(d, rule_expand(d->rules, line, &b) == 0 ? buf_str(&b) : line);
		buf_addch(&d->body, '\n');
	}
	buf_addch(&d->body, '\n');
	buf_done(&b);
}

/* What the exit code of a program is called: in a session, and as the status of its recipient. */
static const struct {
	int		 ex;
	const char	*code, *status;
} exits[] = {
	{ 64, "500 5.0.0", "5.5.4" }, { 65, "501 5.6.0", "5.5.2" }, { 66, "550 5.3.0", "5.3.0" }, { 67, "550 5.1.1", "5.1.1" }, { 68, "550 5.1.2", "5.1.2" },
	{ 69, "554 5.0.0", "5.5.0" }, { 70, "554 5.3.0", "5.5.0" }, { 72, "554 5.3.5", "5.5.0" }, { 73, "550 5.0.0", "5.3.0" }, { 76, "554 5.5.0", "5.5.0" },
	{ 77, "550 5.0.0", "5.3.0" }, { 78, "554 5.3.5", "5.5.0" }, { 0, "554 5.3.0", "5.0.0" },
};

/* The row of a program's exit code; -1: it was none. */
static int
dsn_exit_row(const struct report_rcpt *r)
{
	int	ex, i = 0;

	if (r->kind != REPORT_FAILED || r->reply.n == 0 || r->reply.n > 3 || num_int(r->reply, 1, 255, &ex) == -1)
		return -1;
	while (exits[i].ex != 0 && exits[i].ex != ex)
		i++;
	return i;
}

/* What a failure is called in a session: "550 5.1.1". */
static struct str
dsn_code(struct dsn *d, const struct report_rcpt *r)
{
	const struct status	*st = status_by_ex(status_ex_of_dsn(r->status));
	int			 code, row = dsn_exit_row(r);

	if (row != -1)
		return str_c(exits[row].code);
	if (r->kind != REPORT_FAILED)
		return r->status;
	if (r->reply.n <= 3 || num_int(str_first(r->reply, 3), 0, 999, &code) == -1 || code < 500)
		code = str_eq_c(r->status, "5.7.1") ? 550 : st != NULL && st->smtp >= 500 ? st->smtp : 554;	/* what we forbid ourselves */
	return arena_fmt(d->m, "%d %.*s", code, STR_ARG(r->status));
}

/* As it was given. */
static void
dsn_address(struct dsn *d, const struct qf_rcpt *q)
{
	struct buf b;

	buf_init(&b, 0);
	qf_show(&b, q->given, q->addr);
	dsn_line(d, buf_str(&b));
	buf_done(&b);
}

/* The address it was expanded from: as it was given where that was the sender's own word, else the alias or list. */
static void
dsn_expanded_from(struct dsn *d, const struct qf_rcpt *q)
{
	struct buf b;

	if (q->ctl_alias.n == 0)
		return;
	buf_init(&b, 0);
	maillog_alias(&b, &d->qf, q);
	buf_addc(&d->body, "    (expanded from: ");
	dsn_line(d, buf_str(&b));
	buf_addc(&d->body, ")\n");
	buf_done(&b);
}

/* A reply is what a host said, or the exit code of a program: of up to three characters. */
static bool
dsn_is_exit(const struct report_rcpt *r)
{
	return r->reply.n > 0 && r->reply.n <= 3;
}

static bool
dsn_is_reply(const struct report_rcpt *r)
{
	return r->reply.n > 3 && chr_is_digit(r->reply.p[0]);
}

/* Its time in the queue is over. */
static bool
dsn_timed_out(const struct report_rcpt *r)
{
	return r->kind == REPORT_FAILED && str_eq_c(r->status, "4.4.7");
}

/* The host that DNS does not know, if that is what is wrong. */
static struct str
dsn_unknown_host(const struct report_rcpt *r)
{
	static const char	said[] = "Host unknown (Name server: ";
	struct str		host = r->text;

	if (r->kind != REPORT_FAILED || r->reply.n != 0 || r->mta.n != 0 || !str_starts(host, STR(said)))
		return STR_NONE;
	host = str_from(host, sizeof said - 1);
	return str_first(host, str_chr(host, ':') == SIZE_MAX ? 0 : str_chr(host, ':'));
}

static void
dsn_reason(struct dsn *d, const struct report_rcpt *r)
{
	int	ex;

	if (dsn_unknown_host(r).n != 0) {
		buf_addc(&d->body, "    (reason: 550 Host unknown)\n");
		return;
	}
	if (r->kind == REPORT_SENT || (dsn_timed_out(r) && !dsn_is_reply(r)) || (r->reply.n == 0 && r->text.n == 0))
		return;
	buf_addc(&d->body, "    (reason: ");
	if (r->reply.n == 0 && r->kind == REPORT_FAILED)
		buf_addf(&d->body, "%.*s ", STR_ARG(dsn_code(d, r)));
	dsn_line(d, r->reply.n > 3 || (dsn_is_exit(r) && num_int(r->reply, 0, 255, &ex) == 0 && status_by_ex(ex) == NULL) ? r->reply : r->text);
	buf_addc(&d->body, ")\n");
}

/* How a success is called: behind the address, in the transcript, and as an action. */
static const struct dsn_success {
	const char	*action, *people, *transcript, *programs;
} successes[] = {
	{ "delivered",	"successfully delivered to mailbox",	  "Successfully delivered",		    "delivered (to mailbox)" },
	{ "listed",	"successfully delivered to mailing list", "expanded to multiple addresses",	    "delivered (to mailing list)" },
	{ "expanded",	"expanded by mailing list",		  "expanded to multiple addresses",	    "expanded (to multi-recipient alias)" },
	{ "by-notify",	"Deliver-By notify: relayed",		  "Deliver-by notify: relayed",		    "relayed (Deliver-By notify mode)" },
	{ "by-trace",	"Deliver-By trace: relayed",		  "Deliver-By trace: relayed",		    "relayed (Deliver-By trace mode)" },
	{ "relayed",	"relayed to non-DSN-aware mailer",	  "relayed; expect no further notifications", "relayed (to non-DSN-aware mailer)" },
};

static const struct dsn_success *
dsn_success(const struct report_rcpt *r)
{
	size_t i = 0;

	while (i < sizeof successes / sizeof successes[0] - 1 && !str_eq_c(r->action, successes[i].action))
		i++;
	return &successes[i];
}

static void
dsn_list(struct dsn *d, enum report_kind kind, const char *title)
{
	bool	any = false;

	for (size_t i = 0; i < d->q.nrcpt; i++) {
		const struct report_rcpt	*r = &d->q.rcpt[i];
		const struct qf_rcpt		*q = &d->qf.rcpt[r->index];

		if (r->kind != kind)
			continue;
		if (!any)
			buf_addf(&d->body, "   ----- %s -----\n", title);
		any = true;
		dsn_address(d, q);
		if (kind == REPORT_SENT)
			buf_addf(&d->body, "  (%s)", dsn_success(r)->people);
		buf_addch(&d->body, '\n');
		dsn_reason(d, r);
		dsn_expanded_from(d, q);
	}
	if (any)
		buf_addch(&d->body, '\n');
}

/* What became of one of them, in a line as of a session.  Without an address where a program gave no reason that lies with it. */
static void
dsn_outcome(struct dsn *d, const struct report_rcpt *r)
{
	struct str	code = r->kind == REPORT_FAILED && !dsn_timed_out(r) ? dsn_code(d, r) : STR_NONE;

	if (r->kind == REPORT_FAILED && r->text.n == 0 && r->reply.n == 0)	/* all of the message was refused: the transcript has it */
		return;
	if (code.n != 0)
		buf_addf(&d->body, "%.*s ", STR_ARG(code));
	if (!dsn_is_exit(r) || code.n == 0 || str_starts(code, STR("550"))) {
		dsn_address(d, &d->qf.rcpt[r->index]);
		buf_addc(&d->body, "... ");
	}
	if (r->kind == REPORT_SENT)
		buf_addc(&d->body, dsn_success(r)->transcript);
	else if (dsn_timed_out(r) && r->reply.n > 3) {
		if (dsn_is_reply(r))
			buf_addc(&d->body, "Deferred: ");
		dsn_line(d, r->reply);
	} else
		dsn_line(d, r->text);
	buf_addch(&d->body, '\n');
}

static void
dsn_transcript(struct dsn *d)
{
	struct str	rest = d->q.transcript, line, late = STR_NONE;

	buf_addc(&d->body, "   ----- Transcript of session follows -----\n");
	while (str_split(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		dsn_line(d, line);
		buf_addch(&d->body, '\n');
	}
	for (size_t i = 0; i < d->q.nrcpt; i++) {
		dsn_outcome(d, &d->q.rcpt[i]);
		if (dsn_timed_out(&d->q.rcpt[i]) && late.n == 0)
			late = d->q.rcpt[i].text;
	}
	if (late.n != 0) {
		dsn_line(d, late);
		buf_addc(&d->body, "\nMessage will be deleted from queue\n");
	}
	if (d->worst == REPORT_DELAYED) {
		buf_addf(&d->body, "Warning: message still undelivered after %.*s\n", STR_ARG(dsn_span(d, dsn_warned_after(d))));
		if (d->q.give_up > d->q.now)
			buf_addf(&d->body, "Will keep trying until message is %.*s old\n", STR_ARG(dsn_span(d, d->q.give_up - d->qf.created)));
	}
}

void
dsn_for_people(struct dsn *d)
{
	static const char rule[] = "    **********************************************\n";
	struct str	from = qf_macro(&d->qf, STR("_"));

	if (d->mime)
		buf_addf(&d->body, "This is a MIME-encapsulated message\n\n--%.*s\n%s\n", STR_ARG(d->boundary), d->utf8 ? "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n" : "");
	if (d->worst == REPORT_DELAYED)
		buf_addf(&d->body, "%s    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n%s\n", rule, rule);
	dsn_error_header(d);
	buf_addf(&d->body, "The original message was received at %.*s\n", STR_ARG(dsn_date(d, d->qf.created)));
	if (from.n != 0) {
		buf_addc(&d->body, "from ");
		dsn_line(d, from);
		buf_addch(&d->body, '\n');
	}
	if (d->q.copy || d->twice)
		buf_addf(&d->body, "with id %.*s\n", STR_ARG(d->q.id));
	buf_addch(&d->body, '\n');
	dsn_list(d, REPORT_FAILED, "The following addresses had permanent fatal errors");
	dsn_list(d, REPORT_DELAYED, "The following addresses had transient non-fatal errors");
	dsn_list(d, REPORT_SENT, "The following addresses had successful delivery notifications");
	dsn_transcript(d);
	buf_addch(&d->body, '\n');
}

/* ---- the part for programs ---- */

/* RFC 3464 2.3.3 lets a comment stand behind the word; these are what readers of sendmail's reports know. */
static struct str
dsn_action(const struct report_rcpt *r)
{
	return r->kind == REPORT_FAILED ? STR("failed") : r->kind == REPORT_DELAYED ? STR("delayed") : str_c(dsn_success(r)->programs);
}

/* 2.1.5 of a success: the address is good.  2.0.0 says less. */
static struct str
dsn_status(const struct report_rcpt *r)
{
	int	row = dsn_exit_row(r);

	if (row != -1)
		return str_c(exits[row].status);
	if (r->kind == REPORT_SENT && str_eq_c(r->action, "listed"))
		return STR("2.0.0");
	if (r->kind == REPORT_SENT)
		return r->status.n == 0 || str_eq_c(r->status, "2.0.0") ? STR("2.1.5") : r->status;
	return r->status.n != 0 ? r->status : STR("5.0.0");
}

/* T= of the mailer: what kinds of hosts, addresses and diagnoses it has to do with. */
static struct str
dsn_type(struct dsn *d, const struct report_rcpt *r, char which, const char *def)
{
	const struct mailer	*ml = r->mailer.n == 0 ? NULL : conf_mailer_find(d->rt->conf, r->mailer);
	struct str		 t = ml == NULL ? STR_NONE : which == 'm' ? ml->mta_type : ml->diag_type;

	return t.n == 0 || !chr_is_alpha(t.p[0]) || str_caseeq_c(t, def) ? str_c(def) : t;
}

/* Whom the message would have gone to: a program or file, an address elsewhere, or a user of this host. */
static struct str
dsn_actual(struct dsn *d, const struct qf_rcpt *q)
{
	struct str	addr = q->addr, host = STR_NONE, type = str_is_ascii(addr) ? STR("rfc822") : STR("utf-8");
	size_t		at = str_rchr(addr, '@');

	if (q->ctl_alias.n != 0 && addr.n > 0 && (addr.p[0] == '|' || addr.p[0] == '/'))
		return arena_fmt(d->m, "X-Unix; %.*s", STR_ARG(addr));
	if (at == SIZE_MAX)
		host = d->host;
	else if (at > 0 && rule_class_has(d->rules, STR("w"), str_from(addr, at + 1))) {
		addr = str_first(addr, at);
		host = d->host;
	}
	return arena_fmt(d->m, "%.*s; %.*s%s%.*s", STR_ARG(type), STR_ARG(addr), host.n > 0 ? "@" : "", STR_ARG(host));
}

static void
dsn_recipient(struct dsn *d, const struct report_rcpt *r)
{
	const struct qf_rcpt	*q = &d->qf.rcpt[r->index];
	struct str		 final = q->final;

	buf_addch(&d->body, '\n');
	dsn_field(d, "Original-Recipient", q->orcpt);
	if (final.n == 0)
		final = arena_fmt(d->m, "%s; %.*s%s%.*s", str_is_ascii(q->addr) ? "RFC822" : "UTF-8", STR_ARG(q->addr),
		    str_chr(q->addr, '@') == SIZE_MAX && q->ctl_alias.n == 0 ? "@" : "",
		    STR_ARG(str_chr(q->addr, '@') == SIZE_MAX && q->ctl_alias.n == 0 ? d->host : STR("")));
	dsn_field(d, "Final-Recipient", final);
	if (!str_eq_c(r->action, "expanded") && (d->rt->conf->opt.privacy & PRIV_NOACTUALRECIPIENT) == 0)
		dsn_field(d, "X-Actual-Recipient", dsn_actual(d, q));
	dsn_field(d, "Action", dsn_action(r));
	dsn_field(d, "Status", dsn_status(r));
	if (r->mta.n != 0)
		dsn_field(d, "Remote-MTA", arena_fmt(d->m, "%.*s; %.*s", STR_ARG(dsn_type(d, r, 'm', "DNS")), STR_ARG(r->mta)));
	if (dsn_unknown_host(r).n != 0) {
		dsn_field(d, "Remote-MTA", arena_fmt(d->m, "DNS; %.*s", STR_ARG(dsn_unknown_host(r))));
		dsn_field(d, "Diagnostic-Code", STR("SMTP; 550 Host unknown"));
	} else if (r->reply.n > 3 && chr_is_digit(r->reply.p[0]))
		dsn_field(d, "Diagnostic-Code", arena_fmt(d->m, "%.*s; %.*s", STR_ARG(r->mta.n == 0 ? STR("SMTP") : dsn_type(d, r, 'd', "SMTP")),
		    STR_ARG(str_first(r->reply, 800))));
	else if (r->kind == REPORT_FAILED && r->text.n != 0 && r->mta.n == 0 && r->reply.n != 0)
		dsn_field(d, "Diagnostic-Code", arena_fmt(d->m, "X-Unix; %.*s", STR_ARG(r->reply)));
	else if (r->kind == REPORT_FAILED && r->text.n != 0 && r->mta.n == 0)
		dsn_field(d, "Diagnostic-Code", arena_fmt(d->m, "X-Unix; %.*s %.*s", STR_ARG(dsn_code(d, r)), STR_ARG(str_first(r->text, 800))));
	dsn_field(d, "Last-Attempt-Date", dsn_date(d, d->q.now));
	if (r->kind == REPORT_DELAYED && d->q.give_up > d->q.now)
		dsn_field(d, "Will-Retry-Until", dsn_date(d, d->q.give_up));
}

/* The host that the message came from, by the name of its address: $_ is "user@name [address] ...". */
static struct str
dsn_client(struct dsn *d)
{
	struct str	name = qf_macro(&d->qf, STR("_"));
	size_t		i;

	if (qf_macro(&d->qf, STR("s")).n == 0)
		return STR_NONE;
	if ((i = str_chr(name, ' ')) != SIZE_MAX)
		name = str_first(name, i);
	return (i = str_rchr(name, '@')) != SIZE_MAX ? str_from(name, i + 1) : name;
}

void
dsn_for_programs(struct dsn *d)
{
	struct str	client = dsn_client(d);

	if (!d->mime)
		return;
	buf_addf(&d->body, "--%.*s\nContent-Type: message/%s\n\n", STR_ARG(d->boundary),
	    d->utf8 ? "global-delivery-status\nContent-Transfer-Encoding: 8bit" : "delivery-status");
	dsn_field(d, "Original-Envelope-Id", d->qf.envid);
	dsn_field(d, "Reporting-MTA", arena_fmt(d->m, "dns; %.*s", STR_ARG(d->host)));
	if (client.n != 0)
		dsn_field(d, "Received-From-MTA", arena_fmt(d->m, "DNS; %.*s", STR_ARG(client)));
	dsn_field(d, "Arrival-Date", dsn_date(d, d->qf.created));
	if (d->qf.deliver_by != 0)
		dsn_field(d, "Deliver-By-Date", dsn_date(d, d->qf.deliver_by));
	for (size_t i = 0; i < d->q.nrcpt; i++)
		dsn_recipient(d, &d->q.rcpt[i]);
	buf_addch(&d->body, '\n');
}

/* ---- what is returned ---- */

static bool
dsn_header_returned(const struct qf_hdr *h)
{
	/* Fields for some mailers only: the usual ones stay, Return-Path and Full-Name go. */
	for (size_t i = 0; i < h->flags.n; i++)
		if (strchr("DFM", h->flags.p[i]) == NULL)
			return false;
	return !h->macros;
}

static int
dsn_copy_body(struct dsn *d, struct err *e)
{
	char	b[16384];
	off_t	at = 0;
	ssize_t	n;

	if (d->q.content.p != NULL) {
		buf_add(&d->body, d->q.content);
		return 0;
	}
	while ((n = pread(d->content_fd, b, sizeof b, at)) > 0) {
		buf_addmem(&d->body, b, (size_t)n);
		at += n;
	}
	return n == 0 ? 0 : err_sys(e, ERR_TEMP, "read content");
}

int
dsn_returned(struct dsn *d, struct err *e)
{
	size_t	start;

	if (!d->mime)
		buf_addf(&d->body, "   ----- %s follows -----\n\n", d->with_body ? "Original message" : "Message header");
	else
		buf_addf(&d->body, "--%.*s\nContent-Type: %s\n%s\n", STR_ARG(d->boundary), d->with_body ? d->utf8 ? "message/global" : "message/rfc822" : d->utf8 ? "message/global-headers" : "text/rfc822-headers",
	    d->utf8 ? "Content-Transfer-Encoding: 8bit\n" : "");
	start = d->body.n;
	dsn_field(d, "Return-Path", arena_fmt(d->m, "<%.*s>", STR_ARG(d->qf.sender)));
	for (size_t i = 0; i < d->qf.nhdr; i++) {
		if (!dsn_header_returned(&d->qf.hdr[i]) ||
		    (d->qf.flags & QF_DELBCC && qf_is_bcc(&d->qf.hdr[i])))
			continue;
		buf_add(&d->body, d->qf.hdr[i].name);
		buf_addch(&d->body, ':');
		if (!qf_is_bcc(&d->qf.hdr[i]))
			buf_add(&d->body, d->qf.hdr[i].value);
		buf_addch(&d->body, '\n');
	}
	if (d->with_body) {
		buf_addch(&d->body, '\n');
		if (dsn_copy_body(d, e) == -1)
			return -1;
	}
	for (size_t i = d->utf8 ? 0 : start; i < d->body.n && !d->has8bit; i++)
		d->has8bit = (unsigned char)d->body.p[i] > 0x7f;
	if (d->mime)
		buf_addf(&d->body, "\n--%.*s--\n\n", STR_ARG(d->boundary));
	return 0;
}
