/*
 * tlscheck - see the header.
 *
 * It goes the way of a delivery: the rules choose mailer and host, mx.c the servers, secure.c says what each must be, clt.c opens a session; then it
 * hangs up.  Nothing is kept, and no message is sent.
 */
#include "tlscheck.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/status.h"
#include "clt_int.h"
#include "maps.h"
#include "mx.h"
#include "net/conn.h"
#include "os/file.h"
#include "os/load.h"
#include "resolve.h"
#include "secure.h"
#include "stscache.h"
#include "tlsfiles.h"
#include "tlsrpt.h"
#include "tlsrpt_mail.h"

#define TLSCHECK_CONNECT_MS	30000
#define TLSCHECK_CF_MAX		((size_t)4 << 20)

struct tlscheck {
	const struct conf	*conf;
	struct arena		*a;
	struct maps		*maps;
	struct rule_ctx		*rules;
	struct tls_ctx		*tls;
	struct stscache		 sts;
	struct secure		 secure;
	struct str		 rcpt, cf_text;
	bool			 would;		/* one of the servers would do */
};

static void say_row(const char *what, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
say_row(const char *what, const char *fmt, ...)
{
	va_list ap;

	(void)printf("    %-12s", what);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}

/* ---- what there is to ask ---- */

static int
tlscheck_policy(void *arg, const struct policy_ask *q, struct arena *a, struct policy_answer *out, struct err *e)
{
	struct tlscheck *t = arg;
	struct rule_ctx *rules = rule_ctx_new(t->conf->rules, NULL, maps_lookup, t->maps);

	(void)e;
	policy_run(t->conf, rules, q, a, out);
	rule_ctx_free(&rules);
	return 0;
}

static int
tlscheck_sts(void *arg, struct str domain, struct arena *a, struct sts_answer *out, struct err *e)
{
	struct tlscheck *t = arg;

	(void)e;
	stscache_ask(&t->sts, domain, true, a, out);
	return 0;
}

static const char *
tlscheck_c(struct tlscheck *t, struct str s)
{
	return s.n == 0 ? NULL : arena_cstr(t->a, s);
}

static void
tlscheck_refused(void *arg, const char *why)
{
	(void)arg;
	(void)printf("  %s\n", why);
}

static void
tlscheck_tls(struct tlscheck *t)
{
	const struct conf_opts *o = &t->conf->opt;
	struct err e = ERR_INIT;
	struct tlsfiles keys, extra, extra_keys;
	bool may = true;
	struct tls_conf c = {
		.ca_file = tlscheck_c(t, o->ca_cert_file), .ca_path = tlscheck_c(t, o->ca_cert_path), .crl_file = tlscheck_c(t, o->crl_file),
		.crl_path = tlscheck_c(t, o->crl_path), .ciphers = tlscheck_c(t, o->cipher_list), .ciphersuites = tlscheck_c(t, o->cipher_suites),
		.options = tlscheck_c(t, o->client_ssl_options), .fingerprint = tlscheck_c(t, o->cert_fingerprint_algorithm),
		.public_ca = stscache_public_ca(), .refused = tlscheck_refused
	};

	tlsfiles_named(t->conf, false, true, t->a, &keys);
	for (size_t i = 0; i < keys.n; i++)
		if (access(keys.v[i], R_OK) == -1) {
			(void)printf("  (without our own certificate: %s cannot be read)\n", keys.v[i]);
			may = false;
		}
	if (may && keys.n > 0) {
		c.cert_file = tlscheck_c(t, o->client_cert_file);
		c.key_file = tlscheck_c(t, o->client_key_file);
	}
	tlsfiles_extra(t->conf, t->cf_text, false, false, t->a, &extra);
	tlsfiles_extra(t->conf, t->cf_text, false, true, t->a, &extra_keys);
	c.extra_certs = extra.v;
	c.extra_told = extra.literal;
	c.extra_keys = extra_keys.v;
	if ((t->tls = tls_client_new(&c, &e)) == NULL)
		(void)printf("  TLS is not used at all: %s\n", e.text);
	tls_ctx_confined(t->tls, tlscheck_refused, NULL);
}

/* ---- a server ---- */

static void
tlscheck_dane(const struct dane *d)
{
	switch (d->state) {
	case DANE_OFF:
		say_row("DANE", "not asked for (confDANE)");
		break;
	case DANE_INSECURE:
		say_row("DANE", "nothing: its name or its addresses are not signed (DNSSEC)");
		break;
	case DANE_NONE:
		say_row("DANE", "signed; no TLSA records at %.*s", STR_ARG(d->owner));
		break;
	case DANE_BROKEN:
		say_row("DANE", "%.*s cannot be looked up or validated", STR_ARG(d->owner));
		break;
	case DANE_RECORDS:
		for (size_t i = 0; i < d->tls.nrr; i++) {
			const struct tls_tlsa *r = &d->tls.rr[i];

			(void)printf("    %-12s%.*s %u %u %u ", "TLSA", STR_ARG(d->owner), r->usage, r->selector, r->match);
			for (size_t k = 0; k < r->data.n && k < 32; k++)
				(void)printf("%02x", (unsigned char)r->data.p[k]);
			(void)printf("%s%s\n", r->data.n > 32 ? "..." : "", r->usage == 2 || r->usage == 3 ? "" : "  (not for SMTP)");
		}
		break;
	}
}

static void
tlscheck_session(struct tlscheck *t, struct clt *s)
{
	const struct tls_info *i = &s->info;
	struct str why, names = i->altnames, name, chain, line;
	const char *label = "names";

	if (!s->tls) {
		say_row("STARTTLS", (s->offer.what & SMTP_OFFER_STARTTLS) == 0 ? "not offered" : "offered, not used (verify=%s)", s->verify);
		return;
	}
	say_row("STARTTLS", "%.*s, %.*s, %d bits, verify=%.*s%s%.*s%s", STR_ARG(i->version), STR_ARG(i->cipher), i->bits, STR_ARG(i->verify),
	    i->verify_why.n > 0 ? " (" : "", STR_ARG(i->verify_why), i->verify_why.n > 0 ? ")" : "");
	chain = tls_chain(s->io, t->a);
	while (chain.n > 0 && str_split(&chain, '\n', &line))
		if (line.n > 0)
			say_row("certificate", "%.*s", STR_ARG(line));
	while (str_word(&names, &name)) {
		say_row(label, "%.*s", STR_ARG(name));
		label = "";
	}
	if (tls_session_verified(s->io, arena_cstr(t->a, s->c.host), t->a, &why))
		say_row("name", "the certificate is proved to be this server's%s", i->dane ? ", by DANE" : "");
	else
		say_row("name", "not proved: %.*s", STR_ARG(why));
}

/* What rulesets try_tls, tls_server, tls_rcpt say: the TLS_* and Try_TLS rows of the access map. */
static bool
tlscheck_rules(struct tlscheck *t, struct clt *s)
{
	struct policy_answer ans;
	struct clt_fail f;
	struct str host = s->c.host;

	if (clt_policy(s, POLICY_TRY_TLS, &host, 1, STR_NONE, t->a, &ans, &f) == 0 && ans.n > 0 && ans.v[0].refused)
		say_row("try_tls", "no: %.*s", STR_ARG(ans.v[0].text));
	if (clt_policy(s, POLICY_TLS_RCPT, &t->rcpt, 1, STR_NONE, t->a, &ans, &f) == 0 && ans.n > 0 && ans.v[0].refused) {
		say_row("tls_rcpt", "%d %.*s %.*s", ans.v[0].smtp, STR_ARG(ans.v[0].dsn), STR_ARG(ans.v[0].text));
		return false;
	}
	return true;
}

static bool
tlscheck_server(struct tlscheck *t, const struct mailer *m, const struct mx_host *h, const struct ip *ip, const struct clt_need *need)
{
	struct clt_conf c = { .conf = t->conf, .mailer = m, .host = h->name, .policy = tlscheck_policy, .policy_arg = t, .tls = t->tls, .need = need };
	struct clt_fail fail;
	struct err e = ERR_INIT;
	char addr[IP_TEXT];
	struct stream *io;
	struct clt *s;
	bool good;
	int sock = net_connect(ip, NULL, TLSCHECK_CONNECT_MS, &e);

	(void)ip_print(ip, false, addr);
	(void)printf("    [%s]:%u\n", addr, ip->port);
	if (sock == -1) {
		say_row("verdict", "not reached: %s", e.text);
		return false;
	}
	c.addr = arena_fmt(t->a, "[%s]", addr);
	c.helo = t->conf->opt.helo_name.n > 0 ? t->conf->opt.helo_name : arena_str(t->a, rule_macro_value(t->rules, STR("j")));
	if ((io = stream_new(sock, sock)) == NULL || (s = clt_new(&c, io)) == NULL)
		return false;
	good = clt_open(s, NULL, t->a, &fail) == 0;
	tlscheck_session(t, s);
	good = good && tlscheck_rules(t, s);
	if (good)
		say_row("verdict", "would be delivered%s", !s->tls ? " in clear" : clt_verified(s, t->a, &(struct str){ NULL, 0 }) ?
		    " over TLS to a server that is proved to be the right one" : " over TLS");
	else
		say_row("verdict", "%.*s", STR_ARG(fail.text.n > 0 ? fail.text : STR("refused by the rules")));
	clt_end(&s);
	return good;
}

static void
tlscheck_host(struct tlscheck *t, const struct mailer *m, const struct mx_host *h, uint16_t port)
{
	struct clt_need need;
	struct mx_fail f;
	struct str why;
	struct ip *ip;
	size_t n;
	bool may = secure_host(&t->secure, h, port, t->a, &need, &why);

	(void)printf("  %.*s", STR_ARG(h->name));
	if (!str_is_none(h->domain))
		(void)printf("  (preference %u%s)", h->pref, !secure_dane(t->conf) ? "" : h->secure ? ", signed" : ", not signed");
	(void)putchar('\n');
	tlscheck_dane(&need.dane);
	if (need.sts)
		say_row("MTA-STS", "%s", need.sts_mx ? "the policy names this server" : "the policy does not name this server");
	if (!may) {
		say_row("verdict", "not tried: %.*s", STR_ARG(why));
		return;
	}
	if (mx_addrs(h, port, t->a, &ip, &n, &f) == -1) {
		say_row("verdict", "%.*s", STR_ARG(f.text));
		return;
	}
	for (size_t i = 0; i < n; i++)
		t->would = tlscheck_server(t, m, h, &ip[i], &need) || t->would;
}

/* ---- a destination ---- */

static void
tlscheck_policy_of(struct tlscheck *t, struct str domain)
{
	struct sts_answer ans;
	struct str text = STR("");

	if (str_is_none(domain) || !secure_sts(t->conf))
		return;
	stscache_ask(&t->sts, domain, true, t->a, &ans);
	for (size_t i = 0; i < ans.policy.nmx; i++)
		text = arena_fmt(t->a, "%.*s %.*s", STR_ARG(text), STR_ARG(ans.policy.mx[i]));
	if (ans.found)
		(void)printf("  MTA-STS of %.*s: mode %s, id %.*s, for %u seconds:%.*s\n", STR_ARG(domain), sts_mode_name(ans.policy.mode), STR_ARG(ans.id),
		    (unsigned)ans.policy.max_age, STR_ARG(text));
	else
		(void)printf("  MTA-STS of %.*s: %s%.*s%s%.*s\n", STR_ARG(domain), ans.problem.n > 0 ? "" : "no policy", STR_ARG(ans.problem),
		    ans.problem.n > 0 ? ": " : "", STR_ARG(ans.why));
}

static struct str
tlscheck_expand(struct tlscheck *t, struct str template, struct str host)
{
	struct str s = STR("");
	struct buf b;

	(void)rule_macro_set(t->rules, STR("h"), host);
	buf_init(&b, 64 << 10);
	if (rule_expand(t->rules, template, &b) == 0)
		s = arena_str(t->a, buf_str(&b));
	buf_done(&b);
	return str_trim(s);
}

static bool
tlscheck_is_me(void *arg, struct str name)
{
	struct tlscheck *t = arg;

	return str_caseeq(name, rule_macro_value(t->rules, STR("j"))) || rule_class_has(t->rules, STR("w"), name);
}

static int
tlscheck_hosts(struct tlscheck *t, const struct mailer *m, struct str host)
{
	struct mx_self self = { tlscheck_is_me, t };
	struct mx_host *v;
	struct mx_fail f;
	struct str port = m->argc > 2 ? tlscheck_expand(t, m->argv[2], host) : STR("smtp");
	size_t n;

	if (m->argc > 1)
		host = tlscheck_expand(t, m->argv[1], host);
	if (mx_list(t->conf, host, mailer_has(m, '0'), mailer_has(m, 'k') ? NULL : &self, os_now_ms(), t->a, &v, &n, &f) == -1) {
		(void)printf("  %.*s%s\n", STR_ARG(f.ex != EXIT_CONFIG && f.reply.n > 0 ? f.reply : f.text), f.ex == EXIT_CONFIG ? ": the best mail exchanger is this host, to which it is not local" : "");
		return f.temp ? EXIT_TEMPFAIL : EXIT_NOHOST;
	}
	tlscheck_policy_of(t, v[0].domain);
	t->would = false;
	for (size_t i = 0; i < n; i++)
		tlscheck_host(t, m, &v[i], mx_port(port));
	(void)printf("  => %s\n", t->would ? "mail would be delivered" : "mail would wait in the queue");
	return t->would ? EXIT_OK : EXIT_TEMPFAIL;
}

static int
tlscheck_one(struct tlscheck *t, const char *arg)
{
	const struct mailer *m;
	struct resolved r;

	t->rcpt = strchr(arg, '@') != NULL ? str_c(arg) : arena_fmt(t->a, "postmaster@%s", arg);
	rule_reset(t->rules);
	if (resolve_addr(t->rules, t->conf, t->rcpt, RESOLVE_RCPT, &r) == -1 || r.kind != RES_MAILER) {
		(void)printf("%s: %.*s\n", arg, STR_ARG(r.text));
		return EXIT_NOUSER;
	}
	m = &t->conf->mailers[r.mailer];
	(void)printf("%s: mailer %.*s, host %.*s\n", arg, STR_ARG(m->name), STR_ARG(r.host));
	if (m->kind != MAILER_IPC || m->argc < 1 || (!str_caseeq(m->argv[0], STR("TCP")) && !str_caseeq(m->argv[0], STR("IPC")))) {
		(void)printf("  no session to another host: nothing to verify\n");
		return EXIT_OK;
	}
	t->rcpt = arena_str(t->a, r.user);
	return tlscheck_hosts(t, m, arena_str(t->a, r.host));
}

static int
tlscheck_report(struct cmd *c)
{
	const struct opts *o = c->opts;
	struct rule_ctx *rules = rule_ctx_new(c->conf->rules, NULL, NULL, NULL);
	struct str j = arena_str(c->arena, rule_macro_value(rules, STR("j")));
	const char *dir = stscache_dir(c->conf, c->arena);
	struct err e = ERR_INIT;
	char day[32];
	time_t now = time(NULL);
	struct tm tm;
	int n = -1;

	rule_ctx_free(&rules);
	if (gmtime_r(&now, &tm) == NULL)
		return EXIT_OSERR;
	(void)strftime(day, sizeof day, "%Y-%m-%d", &tm);
	if (dir == NULL)
		err_set(&e, ERR_PERM, "no folder (STSDirectory)");
	else
		n = tlsrpt_report(dir, o->nrcpt > 1 ? o->rcpt[1] : day, o->nrcpt > 2 ? str_c(o->rcpt[2]) : STR(""), j,
		    arena_fmt(c->arena, "postmaster@%.*s", STR_ARG(j)), stdout, &e);
	if (n == -1)
		(void)fprintf(stderr, "%s: no report: %s\n", o->name, e.text);
	return n == -1 ? EXIT_NOINPUT : EXIT_OK;
}

int
tlscheck_run(struct cmd *c)
{
	struct tlscheck t = { .conf = c->conf, .a = arena_new((size_t)256 << 20) };
	int code = EXIT_OK;

	if (c->opts->nrcpt == 0) {
		(void)fprintf(stderr, "usage: %s -bT host ... | -bT report [YYYY-MM-DD [domain]] | -bT mail-reports [YYYY-MM-DD]\n", c->opts->name);
		return EXIT_USAGE;
	}
	if (strcmp(c->opts->rcpt[0], "mail-reports") == 0)
		return tlsrpt_mail_run(c);
	if (strcmp(c->opts->rcpt[0], "report") == 0)
		return tlscheck_report(c);
	t.maps = maps_local(t.a, c->conf, NULL);
	t.rules = rule_ctx_new(c->conf->rules, NULL, maps_lookup, t.maps);
	t.secure = (struct secure){ .conf = c->conf, .sts = secure_sts(c->conf) ? tlscheck_sts : NULL, .sts_arg = &t };
	stscache_open_nowhere(c->conf, t.a, &t.sts);
	if (os_slurp(arena_cstr(t.a, c->conf->file), t.a, TLSCHECK_CF_MAX, &t.cf_text, NULL) == -1)
		t.cf_text = STR("");
	tlscheck_tls(&t);
	for (size_t i = 0; i < c->opts->nrcpt; i++) {
		int rc = tlscheck_one(&t, c->opts->rcpt[i]);

		code = rc != EXIT_OK ? rc : code;
	}
	rule_ctx_free(&t.rules);
	maps_close(t.maps);
	arena_free(&t.a);
	return fflush(stdout) == 0 ? code : EXIT_IOERR;
}
