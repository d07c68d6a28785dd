/*
 * tlsrpt_mail - see the header.
 *
 * By mail a report is an ordinary message, submitted by this program as a command, so that a filter signs it like any other (RFC 8460 3 wants a DKIM
 * signature), one to each address: a bad one costs the others nothing.  What was sent stands in "tlsrpt.YYYY-MM-DD.mailed" beside the counts, a line for
 * each place: a domain, and behind it "mailto:" and the address, or the URI of a web server.
 * Addresses come from DNS: they are checked, few, and never options.
 */
#include "tlsrpt_mail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/status.h"
#include "mime/date.h"
#include "net/dns.h"
#include "net/gzip.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "proc/child.h"
#include "stscache.h"
#include "tlsrpt.h"
#include "tlsrpt_post.h"
#include "wire/smtp_cmd.h"
#include "wire/sts_policy.h"
#include "wire/tlsrpt_uri.h"

#define MAIL_RCPTS	5
#define MAIL_WAIT_MS	(5 * 60 * 1000)
#define MAIL_GZIP_MAX	((size_t)64 << 20)

struct mailing {
	struct cmd	*c;
	const char	*dir, *day, *marks;
	struct str	 j, from, sent;		/* sent: text of the marks */
	struct stscache	 sts;
	char		 self[4096];
	int		 code;
};

/* A domain's report as it goes out, and to whom. */
struct mail_report {
	struct str		 domain, data;
	bool			 gzip;
	const char		*rcpt[MAIL_RCPTS];
	struct tlsrpt_uri	 web[MAIL_RCPTS];
	size_t			 nrcpt, nweb;
};

/* "2024-05-31" of a time in UTC. */
static const char *
mail_day(struct arena *a, time_t when)
{
	struct tm tm;
	char day[32] = "";

	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(day, sizeof day, "%Y-%m-%d", &tm);
	return arena_cstr(a, str_c(day));
}

static bool
mail_day_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (i == 4 || i == 7 ? s.p[i] != '-' : !chr_is_digit(s.p[i]))
			return false;
	return s.n == 10;
}

/* Who wants it.  -1: cannot be told now. */
static int
mail_who(struct mailing *m, struct mail_report *r)
{
	struct arena *a = m->c->arena;
	struct dns_answer ans;
	struct tlsrpt_uri u;
	struct str rua = STR(""), one, rest;
	int n = 0;

	if (dns_ask(arena_fmt(a, "_smtp._tls.%.*s", STR_ARG(r->domain)), DNS_TXT, a, &ans, NULL) == -1 || ans.rc == DNS_TEMP)
		return -1;
	for (size_t i = 0; ans.rc == DNS_OK && i < ans.nrr; i++)
		if (sts_record_is(ans.rr[i].data, STR("v=TLSRPTv1")))
			n += tlsrpt_record_parse(ans.rr[i].data, &rua) ? 1 : 2;
	rest = n == 1 ? rua : STR("");		/* RFC 8460 3: two records are none */
	while (r->nrcpt + r->nweb < MAIL_RCPTS && str_split(&rest, ',', &one)) {
		if (!tlsrpt_uri_parse(one, a, &u))
			continue;
		if (u.https)
			r->web[r->nweb++] = u;
		else
			r->rcpt[r->nrcpt++] = arena_cstr(a, u.address);
	}
	return 0;
}

/* RFC 8460 3: compressed, if we can. */
static void
mail_pack(struct mailing *m, struct mail_report *r, struct str json)
{
	struct err e = ERR_INIT;
	struct buf b;

	buf_init(&b, MAIL_GZIP_MAX);
	r->gzip = gzip_pack(json, &b, &e) == 0;
	r->data = r->gzip ? arena_str(m->c->arena, buf_str(&b)) : json;
	buf_done(&b);
}

static const char *
mail_type(const struct mail_report *r)
{
	return r->gzip ? "application/tlsrpt+gzip" : "application/tlsrpt+json";
}

/* RFC 8460 5.1: the first second of the day and the last one. */
static struct str
mail_filename(struct mailing *m, const struct mail_report *r)
{
	struct date d = { .year = atoi(m->day), .month = atoi(m->day + 5), .day = atoi(m->day + 8) };
	long long first = (long long)date_to_time(&d);

	return arena_fmt(m->c->arena, "%.*s!%.*s!%lld!%lld.json%s", STR_ARG(m->j), STR_ARG(r->domain), first, first + 86399, r->gzip ? ".gz" : "");
}

static struct str
mail_text(struct mailing *m, const struct mail_report *r, const char *rcpt)
{
	struct arena *a = m->c->arena;
	struct str id = arena_fmt(a, "%sT00:00:00Z_%.*s", m->day, STR_ARG(r->domain)), text;
	struct buf b, body;

	buf_init(&b, 0);
	buf_init(&body, 0);
	(void)buf_addf(&b, "From: TLS reports of %.*s <%.*s>\nTo: <%s>\n", STR_ARG(m->j), STR_ARG(m->from), rcpt);
	(void)buf_addf(&b, "Subject: Report Domain: %.*s Submitter: %.*s Report-ID: <%.*s@%.*s>\n", STR_ARG(r->domain), STR_ARG(m->j), STR_ARG(id), STR_ARG(m->j));
	(void)buf_addf(&b, "TLS-Report-Domain: %.*s\nTLS-Report-Submitter: %.*s\nTLS-Required: No\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/report; report-type=\"tlsrpt\"; boundary=\"tlsrpt-%s\"\n\n", STR_ARG(r->domain), STR_ARG(m->j), m->day);
	(void)buf_addf(&b, "--tlsrpt-%s\nContent-Type: text/plain; charset=us-ascii\n\nThis is a report of TLS sessions from %.*s to %.*s on %s (UTC), RFC 8460.\n\n",
	    m->day, STR_ARG(m->j), STR_ARG(r->domain), m->day);
	(void)buf_addf(&b, "--tlsrpt-%s\nContent-Type: %s\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment;\n\tfilename=\"%.*s\"\n\n",
	    m->day, mail_type(r), STR_ARG(mail_filename(m, r)));
	(void)enc_b64(&body, r->data);
	for (struct str rest = buf_str(&body); rest.n > 0; rest = str_from(rest, rest.n < 76 ? rest.n : 76))
		(void)buf_addf(&b, "%.*s\n", STR_ARG(str_first(rest, 76)));
	(void)buf_addf(&b, "\n--tlsrpt-%s--\n", m->day);
	text = arena_str(a, buf_str(&b));
	buf_done(&body);
	buf_done(&b);
	return text;
}

/* Ourselves as a command that submits: queue, rules and filters are what they are for everybody's mail.  -1: not taken; for good, if that is *e's class. */
static int
mail_submit(struct mailing *m, const struct mail_report *r, const char *rcpt, struct err *e)
{
	static const char *const keep[] = { "ANGARIUM_MODULES", "ANGARIUM_LOG", "TZ" };
	const char *argv[12] = { "sendmail", "-i", "-odb", "-f", arena_cstr(m->c->arena, m->from) };
	char *env[4] = { NULL };
	size_t n = 5, nenv = 0;
	struct child_spec spec = { .path = m->self, .out = -1, .err = 2, .envp = env };
	struct buf out;
	int status = 0, rc;

	if (m->c->opts->cf != NULL) {
		argv[n++] = "-C";
		argv[n++] = m->c->opts->cf;
	}
	argv[n++] = "--";
	argv[n++] = rcpt;
	for (size_t i = 0; i < 3; i++)
		if (getenv(keep[i]) != NULL)
			env[nenv++] = (char *)(uintptr_t)arena_cstr(m->c->arena, arena_fmt(m->c->arena, "%s=%s", keep[i], getenv(keep[i])));
	spec.argv = (char *const *)(uintptr_t)argv;
	buf_init(&out, 4096);
	rc = child_run(&spec, mail_text(m, r, rcpt), &out, MAIL_WAIT_MS, &status, e);
	buf_done(&out);
	if (rc == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		rc = err_set(e, WIFEXITED(status) && (WEXITSTATUS(status) == EXIT_NOUSER || WEXITSTATUS(status) == EXIT_NOHOST) ? ERR_PERM : ERR_TEMP,
		    "the message was not taken (exit code %d)", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return rc;
}

static bool
mail_was_sent(const struct mailing *m, struct str mark)
{
	struct str rest = m->sent, line;

	while (str_split(&rest, '\n', &line))
		if (str_caseeq(line, mark))
			return true;
	return false;
}

static int
mail_mark(const struct mailing *m, struct str mark, struct err *e)
{
	struct str line = arena_fmt(m->c->arena, "%.*s%s", STR_ARG(mark), mark.n > 0 ? "\n" : "");
	int fd = open(m->marks, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600), rc;

	if (fd == -1)
		return err_sys(e, ERR_TEMP, "%s", m->marks);
	rc = os_write_all(fd, line) == -1 ? err_sys(e, ERR_TEMP, "%s", m->marks) : 0;
	close(fd);
	return rc;
}

static void
mail_failed(struct mailing *m, const struct mail_report *r, const char *why)
{
	(void)fprintf(stderr, "%s: %.*s: %s\n", m->c->opts->name, STR_ARG(r->domain), why);
	m->code = EXIT_TEMPFAIL;
}

/* The mark comes last: what failed is for the next time (RFC 8460 5.6), unless it cannot ever go. */
static void
mail_by_mail(struct mailing *m, const struct mail_report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nrcpt; i++) {
		struct str mark = arena_fmt(m->c->arena, "%.*s mailto:%s", STR_ARG(r->domain), r->rcpt[i]);
		struct err e = ERR_INIT;

		if (mail_was_sent(m, mark))
			continue;
		if (mail_submit(m, r, r->rcpt[i], &e) == -1) {
			mail_failed(m, r, arena_cstr(m->c->arena, arena_fmt(m->c->arena, "%s: %s", r->rcpt[i], e.text)));
			if (e.class != ERR_PERM)
				continue;
			err_clear(&e);
		} else {
			(void)printf("%.*s%s %s", n == 0 ? (int)r->domain.n : 0, r->domain.p, n == 0 ? ":" : "", r->rcpt[i]);
			n++;
		}
		if (mail_mark(m, mark, &e) == -1)
			mail_failed(m, r, e.text);
	}
	if (n > 0)
		(void)printf("\n");
}

static void
mail_by_web(struct mailing *m, const struct mail_report *r, const struct tlsrpt_uri *u)
{
	struct str uri = arena_fmt(m->c->arena, "https://%.*s:%d%.*s", STR_ARG(u->host), u->port, STR_ARG(u->path));
	struct str mark = arena_fmt(m->c->arena, "%.*s %.*s", STR_ARG(r->domain), STR_ARG(uri));
	struct err e = ERR_INIT;

	if (mail_was_sent(m, mark))
		return;
	if (tlsrpt_post(&m->sts, m->dir, u, r->data, mail_type(r), m->c->arena, &e) == -1)
		mail_failed(m, r, arena_cstr(m->c->arena, arena_fmt(m->c->arena, "%.*s: %s", STR_ARG(uri), e.text)));
	else if (mail_mark(m, mark, &e) == -1)
		mail_failed(m, r, e.text);
	else
		(void)printf("%.*s: %.*s\n", STR_ARG(r->domain), STR_ARG(uri));
}

static void
mail_one(struct mailing *m, struct str domain, struct str json)
{
	struct mail_report *r = arena_alloc(m->c->arena, sizeof *r);
	/* who has no policy is most of the world, and wants no report: not a word of them */
	bool policy = str_find(json, STR("\"policy-type\":\"sts\"")) != SIZE_MAX || str_find(json, STR("\"policy-type\":\"tlsa\"")) != SIZE_MAX ||
	    str_find(json, STR("\"result-type\":\"sts-")) != SIZE_MAX;

	r->domain = domain;
	if (mail_who(m, r) == -1) {
		if (policy)
			mail_failed(m, r, "its record cannot be looked up");
		return;
	}
	if (r->nrcpt + r->nweb == 0) {
		if (policy)
			(void)printf("%.*s: wants no report\n", STR_ARG(domain));
		return;
	}
	mail_pack(m, r, json);
	if (r->nrcpt > 0)
		mail_by_mail(m, r);
	for (size_t i = 0; i < r->nweb; i++)
		mail_by_web(m, r, &r->web[i]);
}

/* Each line is a domain's report; it says itself whose. */
static void
mail_all(struct mailing *m, struct str reports)
{
	struct str line, id = arena_fmt(m->c->arena, "\"report-id\":\"%sT00:00:00Z_", m->day);

	while (str_split(&reports, '\n', &line)) {
		size_t at = str_find(line, id), end;

		if (at == SIZE_MAX)
			continue;
		end = str_chr(str_from(line, at + id.n), '"');
		if (end != SIZE_MAX)
			mail_one(m, str_sub(line, at + id.n, at + id.n + end), line);
	}
}

static int
mail_reports(struct mailing *m, struct err *e)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int n = -1;

	if (f == NULL)
		return err_sys(e, ERR_TEMP, "memory");
	n = tlsrpt_report(m->dir, m->day, STR(""), m->j, m->from, f, e);
	if (fclose(f) != 0)
		n = err_sys(e, ERR_TEMP, "memory");
	if (n >= 0)
		mail_all(m, str_mem(text, size));
	free(text);
	return n;
}

int
tlsrpt_mail_run(struct cmd *c)
{
	const struct opts *o = c->opts;
	struct rule_ctx *rules = rule_ctx_new(c->conf->rules, NULL, NULL, NULL);
	struct mailing m = { .c = c, .j = arena_str(c->arena, rule_macro_value(rules, STR("j"))), .from = c->conf->opt.tls_report_address,
		.dir = stscache_dir(c->conf, c->arena), .day = o->nrcpt > 1 ? o->rcpt[1] : mail_day(c->arena, time(NULL) - 86400) };
	struct err e = ERR_INIT;

	rule_ctx_free(&rules);
	if (m.from.n == 0 || !smtp_addr_sendable(m.from) || str_chr(m.from, '@') == SIZE_MAX) {
		(void)fprintf(stderr, "%s: no reports are mailed: TLSReportAddress is %s\n", o->name, m.from.n == 0 ? "not set" : "no address with a domain");
		return EXIT_CONFIG;
	}
	if (o->nrcpt > 2 || !mail_day_ok(str_c(m.day)) || m.dir == NULL || os_self_path(o->argv0, m.self, sizeof m.self) == -1) {
		(void)fprintf(stderr, "usage: %s -bT mail-reports [YYYY-MM-DD]\n", o->name);
		return EXIT_USAGE;
	}
	m.marks = arena_cstr(c->arena, arena_fmt(c->arena, "%s/tlsrpt.%s.mailed", m.dir, m.day));
	if (access(m.dir, F_OK) == 0 && mail_mark(&m, STR(""), &e) == -1) {	/* before anything goes, so that it does not go every time */
		(void)fprintf(stderr, "%s: no reports: %s\n", o->name, e.text);
		return EXIT_CANTCREAT;
	}
	if (os_slurp(m.marks, c->arena, (size_t)16 << 20, &m.sent, &e) == -1)
		m.sent = STR("");
	err_clear(&e);
	stscache_open_nowhere(c->conf, c->arena, &m.sts);
	if (mail_reports(&m, &e) == -1 && e.sys != ENOENT) {		/* no file: nothing to tell of that day */
		(void)fprintf(stderr, "%s: no reports: %s\n", o->name, e.text);
		return EXIT_NOINPUT;
	}
	return fflush(stdout) == 0 ? m.code : EXIT_IOERR;
}
