/*
 * tlsrpt_mail - see the header.
 *
 * A report is an ordinary message, submitted by this program as a command, so that a filter signs it like any other (RFC 8460 3 wants a DKIM signature).
 * What was sent stands in "tlsrpt.YYYY-MM-DD.mailed" beside the counts, a domain a line.  Addresses come from DNS: they are checked, few, and never options.
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
#include "net/dns.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "proc/child.h"
#include "stscache.h"
#include "tlsrpt.h"
#include "wire/smtp_cmd.h"
#include "wire/sts_policy.h"

#define MAIL_RCPTS	5
#define MAIL_WAIT_MS	(5 * 60 * 1000)

struct mailing {
	struct cmd	*c;
	const char	*dir, *day, *marks;
	struct str	 j, from, sent;		/* sent: text of the marks */
	char		 self[4096];
	int		 code;
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

static int
mail_hex(char c)
{
	return chr_is_digit(c) ? c - '0' : chr_lower(c) >= 'a' && chr_lower(c) <= 'f' ? chr_lower(c) - 'a' + 10 : -1;
}

/* An address of "mailto:user%2Btls@example.com?subject=x"; empty: none that can be used. */
static struct str
mail_address(struct arena *a, struct str uri)
{
	struct str s = str_trim(uri);
	char *p;
	size_t n = 0;

	if (s.n < 8 || !str_caseeq_c(str_first(s, 7), "mailto:"))
		return STR("");
	s = str_from(s, 7);
	if (str_chr(s, '?') != SIZE_MAX)
		s = str_first(s, str_chr(s, '?'));
	p = arena_bytes(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '%' && i + 2 < s.n && mail_hex(s.p[i + 1]) >= 0 && mail_hex(s.p[i + 2]) >= 0) {
			p[n++] = (char)(mail_hex(s.p[i + 1]) * 16 + mail_hex(s.p[i + 2]));
			i += 2;
		} else
			p[n++] = s.p[i];
	p[n] = '\0';
	s = str_mem(p, n);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x21 || (unsigned char)s.p[i] > 0x7e || strchr("<>()[],;:\\\"|!%`", s.p[i]) != NULL)
			return STR("");
	if (s.n > 254 || s.n < 3 || s.p[0] == '-' || s.p[0] == '/' || str_chr(s, '@') == SIZE_MAX || str_chr(s, '@') == 0 || !smtp_addr_sendable(s))
		return STR("");
	return s;
}

/* Who wants it.  -1: cannot be told now. */
static int
mail_rcpts(struct mailing *m, struct str domain, const char *rcpt[MAIL_RCPTS])
{
	struct arena *a = m->c->arena;
	struct dns_answer ans;
	struct str rua, one;
	int n = 0;

	if (dns_ask(arena_fmt(a, "_smtp._tls.%.*s", STR_ARG(domain)), DNS_TXT, a, &ans, NULL) == -1 || ans.rc == DNS_TEMP)
		return -1;
	for (size_t i = 0; ans.rc == DNS_OK && i < ans.nrr; i++)
		if (tlsrpt_record_parse(ans.rr[i].data, &rua))
			while (n < MAIL_RCPTS && str_split(&rua, ',', &one))
				if ((one = mail_address(a, one)).n > 0)
					rcpt[n++] = arena_cstr(a, one);
	return n;
}

static struct str
mail_text(struct mailing *m, struct str domain, struct str json, const char *const *rcpt, int nrcpt)
{
	struct arena *a = m->c->arena;
	struct str id = arena_fmt(a, "%sT00:00:00Z_%.*s", m->day, STR_ARG(domain)), text;
	struct buf b, body;

	buf_init(&b, 0);
	buf_init(&body, 0);
	(void)buf_addf(&b, "From: TLS reports of %.*s <%.*s>\nTo: ", STR_ARG(m->j), STR_ARG(m->from));
	for (int i = 0; i < nrcpt; i++)
		(void)buf_addf(&b, "%s<%s>", i > 0 ? ", " : "", rcpt[i]);
	(void)buf_addf(&b, "\nSubject: Report Domain: %.*s Submitter: %.*s Report-ID: <%.*s@%.*s>\n", STR_ARG(domain), STR_ARG(m->j), STR_ARG(id), STR_ARG(m->j));
	(void)buf_addf(&b, "TLS-Report-Domain: %.*s\nTLS-Report-Submitter: %.*s\nTLS-Required: No\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/report; report-type=\"tlsrpt\"; boundary=\"tlsrpt-%s\"\n\n", STR_ARG(domain), STR_ARG(m->j), m->day);
	(void)buf_addf(&b, "--tlsrpt-%s\nContent-Type: text/plain; charset=us-ascii\n\nThis is a report of TLS sessions from %.*s to %.*s on %s (UTC), RFC 8460.\n\n",
	    m->day, STR_ARG(m->j), STR_ARG(domain), m->day);
	(void)buf_addf(&b, "--tlsrpt-%s\nContent-Type: application/tlsrpt+json\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment;\n"
	    "\tfilename=\"%.*s!%.*s!%s.json\"\n\n", m->day, STR_ARG(m->j), STR_ARG(domain), m->day);
	(void)enc_b64(&body, json);
	for (struct str rest = buf_str(&body); rest.n > 0; rest = str_from(rest, rest.n < 76 ? rest.n : 76))
		(void)buf_addf(&b, "%.*s\n", STR_ARG(str_first(rest, 76)));
	(void)buf_addf(&b, "\n--tlsrpt-%s--\n", m->day);
	text = arena_str(a, buf_str(&b));
	buf_done(&body);
	buf_done(&b);
	return text;
}

/* Ourselves as a command that submits: queue, rules and filters are what they are for everybody's mail. */
static int
mail_submit(struct mailing *m, struct str text, const char *const *rcpt, int nrcpt, struct err *e)
{
	static const char *const keep[] = { "ANGARIUM_MODULES", "ANGARIUM_LOG", "TZ" };
	const char *argv[12 + MAIL_RCPTS] = { "sendmail", "-i", "-odb", "-f", arena_cstr(m->c->arena, m->from) };
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
	for (int i = 0; i < nrcpt; i++)
		argv[n++] = rcpt[i];
	for (size_t i = 0; i < 3; i++)
		if (getenv(keep[i]) != NULL)
			env[nenv++] = (char *)(uintptr_t)arena_cstr(m->c->arena, arena_fmt(m->c->arena, "%s=%s", keep[i], getenv(keep[i])));
	spec.argv = (char *const *)(uintptr_t)argv;
	buf_init(&out, 4096);
	rc = child_run(&spec, text, &out, MAIL_WAIT_MS, &status, e);
	buf_done(&out);
	if (rc == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		rc = err_set(e, ERR_TEMP, "the message was not taken (exit code %d)", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return rc;
}

static bool
mail_was_sent(const struct mailing *m, struct str domain)
{
	struct str rest = m->sent, line;

	while (str_split(&rest, '\n', &line))
		if (str_caseeq(line, domain))
			return true;
	return false;
}

static int
mail_mark(const struct mailing *m, struct str domain, struct err *e)
{
	struct str line = arena_fmt(m->c->arena, "%.*s\n", STR_ARG(domain));
	int fd = open(m->marks, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600), rc;

	if (fd == -1)
		return err_sys(e, ERR_TEMP, "%s", m->marks);
	rc = os_write_all(fd, line) == -1 ? err_sys(e, ERR_TEMP, "%s", m->marks) : 0;
	close(fd);
	return rc;
}

static void
mail_one(struct mailing *m, struct str domain, struct str json)
{
	const char *rcpt[MAIL_RCPTS], *why = NULL;
	struct err e = ERR_INIT;
	int n;

	if (mail_was_sent(m, domain))
		return;
	if ((n = mail_rcpts(m, domain, rcpt)) == 0) {
		(void)printf("%.*s: wants no report\n", STR_ARG(domain));
		return;
	}
	if (n == -1)
		why = "its record cannot be looked up";
	/* the mark first: rather none than two */
	else if (mail_mark(m, domain, &e) == -1 || mail_submit(m, mail_text(m, domain, json, rcpt, n), rcpt, n, &e) == -1)
		why = e.text;
	if (why != NULL) {
		(void)fprintf(stderr, "%s: %.*s: %s\n", m->c->opts->name, STR_ARG(domain), why);
		m->code = EXIT_TEMPFAIL;
		return;
	}
	(void)printf("%.*s:", STR_ARG(domain));
	for (int i = 0; i < n; i++)
		(void)printf(" %s", rcpt[i]);
	(void)printf("\n");
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
	struct arena *a = m->c->arena;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int n = -1;

	if (f == NULL)
		return err_sys(e, ERR_TEMP, "memory");
	n = tlsrpt_report(m->dir, m->day, STR(""), m->j, arena_fmt(a, "mailto:%.*s", STR_ARG(m->from)), f, e);
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
	if (os_slurp(m.marks, c->arena, (size_t)16 << 20, &m.sent, &e) == -1)
		m.sent = STR("");
	err_clear(&e);
	if (mail_reports(&m, &e) == -1 && e.sys != ENOENT) {		/* no file: nothing to tell of that day */
		(void)fprintf(stderr, "%s: no reports: %s\n", o->name, e.text);
		return EXIT_NOINPUT;
	}
	return fflush(stdout) == 0 ? m.code : EXIT_IOERR;
}
