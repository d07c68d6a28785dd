/*
 * srv_check - what the rules of the configuration say about a client and its commands: macros,
 * check_ rulesets, features.
 */
#include "os/load.h"
#include "srv_int.h"

#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/utf8.h"
#include "door_dns.h"
#include "msg_rules.h"
#include "net/dns.h"
#include "net/ip.h"
#include "proc/msg.h"
#include "wire/smtp_body.h"

#define SRV_IF_NAME_S	300
#define SRV_MACROS_MAX	((size_t)4 << 10)

/* ---- macros of a connection ---- */

static const char *
srv_resolve_word(enum client_resolve r)
{
	static const char *const words[] = { "OK", "FAIL", "FORGED", "TEMP" };

	return words[r];
}

/*
 * The name of the address that was called, or the address in brackets.  A process has few of them and
 * sees many sessions: the last one is remembered for a while.
 */
static struct str
srv_if_name(const struct conf *conf, const struct ip *local)
{
	static struct {
		struct ip ip;
		time_t	  until;
		char	  name[256];
	} last;
	struct arena *a;
	struct str name = STR("");
	enum dns_rc rc = DNS_TEMP;
	struct err e = ERR_INIT;
	char addr[IP_TEXT];
	bool matches;
	time_t now = time(NULL);

	if (now < last.until && last.ip.family == local->family &&
	    memcmp(last.ip.a, local->a, sizeof local->a) == 0)
		return str_c(last.name);
	a = arena_new(ARENA_DEFAULT);
	last.ip = *local;
	last.until = now + SRV_IF_NAME_S;
	if (dns_reverse(local, a, &rc, &name, &matches, &e) == -1 || rc != DNS_OK || name.n == 0 ||
	    str_copy(last.name, sizeof last.name, name) == -1)
		(void)snprintf(last.name, sizeof last.name, "[%s]",
		    ip_print(local, conf->opt.use_compressed_ipv6_addresses, addr));
	if (rc == DNS_TEMP && door_dns_is_short())
		last.until = 0;			/* it is being asked for */
	arena_free(&a);
	return str_c(last.name);
}

/* ---- macros that rules stored themselves go with the connection, from process to process ---- */

static bool
srv_macro_keep(void *arg, struct str name, struct str value)
{
	struct buf *b = arg;

	if (!str_is_none(value) && b->n + name.n + value.n + 16 < SRV_MACROS_MAX) {
		msg_put_str(b, name);
		msg_put_str(b, value);
	}
	return true;
}

struct str
srv_macros_kept(struct rule_ctx *ctx, struct arena *a)
{
	struct str s;
	struct buf b;

	buf_init(&b, SRV_MACROS_MAX);
	rule_macro_stored(ctx, srv_macro_keep, &b);
	s = arena_str(a, buf_str(&b));
	buf_done(&b);
	return s;
}

static void
srv_macros_back(struct rule_ctx *ctx, struct str kept)
{
	struct msg_in in = msg_in(kept);

	while (in.s.n > 0) {
		struct str name = msg_str(&in, SRV_MACROS_MAX), value = msg_str(&in, SRV_MACROS_MAX);

		if (in.bad)
			return;
		(void)rule_macro_store(ctx, name, value);
	}
}

/* "user@name [addr]", with "(may be forged)"; user is there when an ident server said so */
static void
srv_macro_client(struct rule_ctx *ctx, const struct conf *conf, const struct park *p)
{
	char addr[IP_TEXT], lit[IP_TEXT + 8];
	struct str name = p->verdict.name;
	bool v6 = p->client.family == 6;

	(void)ip_print(&p->client, conf->opt.use_compressed_ipv6_addresses, addr);
	(void)snprintf(lit, sizeof lit, "[%s]", addr);
	if (name.n == 0)
		name = str_c(lit);
	(void)rule_macro_set_c(ctx, "client_addr", addr);
	(void)rule_macro_set(ctx, STR("client_name"), p->verdict.resolve == RESOLVE_OK ? name : str_c(lit));
	(void)rule_macro_setf(ctx, "client_port", "%u", p->client.port);
	(void)rule_macro_set(ctx, STR("client_ptr"), p->verdict.ptr.n > 0 ? p->verdict.ptr : str_c(lit));
	(void)rule_macro_set_c(ctx, "client_resolve", srv_resolve_word(p->verdict.resolve));
	(void)rule_macro_setf(ctx, "client_connections", "%u", p->client_connections);
	(void)rule_macro_setf(ctx, "client_rate", "%u", p->client_rate);
	(void)rule_macro_setf(ctx, "total_rate", "%u", p->total_rate);
	if (!ip_is_loopback(&p->local)) {
		(void)rule_macro_set_c(ctx, "if_family", v6 ? "6" : "2");
		(void)rule_macro_set_c(ctx, "if_addr", ip_print(&p->local, conf->opt.use_compressed_ipv6_addresses, addr));
	}
	(void)rule_macro_set(ctx, STR("if_name"), srv_if_name(conf, &p->local));
	(void)rule_macro_setf(ctx, "_", "%.*s%s%.*s%s%s%s", STR_ARG(p->verdict.ident),
	    p->verdict.ident.n > 0 ? "@" : "", STR_ARG(name), str_eq_c(name, lit) ? "" : " ",
	    str_eq_c(name, lit) ? "" : lit,
	    p->verdict.resolve == RESOLVE_FORGED ? " (may be forged)" : "");
}

void
srv_macros(struct rule_ctx *ctx, const struct conf *conf, const struct conf_daemon *d, const struct park *p)
{
	char addr[IP_TEXT];
	struct str every = rule_macro_value(ctx, STR("queue_interval"));

	(void)rule_macro_set_c(ctx, "opMode", d != NULL ? "d" : "s");
	(void)rule_macro_setf(ctx, "load_avg", "%d", os_load_avg());
	(void)rule_macro_setf(ctx, "deliveryMode", "%c",
	    d != NULL && d->delivery_mode != '\0' ? d->delivery_mode : conf->opt.delivery_mode);
	srv_macros_back(ctx, p->verdict.macros);
	if (d != NULL) {
		(void)rule_macro_set(ctx, STR("daemon_name"), d->name);
		(void)rule_macro_set(ctx, STR("daemon_flags"), d->modifier_text);
		(void)rule_macro_set(ctx, STR("daemon_family"), d->family.n > 0 ? d->family : STR("inet"));
		(void)rule_macro_setf(ctx, "daemon_port", "%u", p->local.port);
		(void)rule_macro_set_c(ctx, "daemon_addr",
		    d->addr.n > 0
			? ip_print(&p->local, conf->opt.use_compressed_ipv6_addresses, addr)
			: "0.0.0.0");
		(void)rule_macro_setf(ctx, "daemon_info", "SMTP%s%.*s", every.n > 0 ? "+queueing@" : "", STR_ARG(every));
	} else {
		(void)rule_macro_set_c(ctx, "daemon_flags", "c u");
		(void)rule_macro_set_c(ctx, "daemon_name", "stdin");
	}
	if (p->client.family != 0) {
		srv_macro_client(ctx, conf, p);
		return;
	}
	(void)rule_macro_set_c(ctx, "client_name", "localhost");
	(void)rule_macro_set_c(ctx, "client_addr", "0");
	(void)rule_macro_set_c(ctx, "client_port", "0");
	(void)rule_macro_set_c(ctx, "client_resolve", "OK");
	(void)rule_macro_set(ctx, STR("_"), p->verdict.name);
}

/* ---- srv_features ---- */

/* Upper case turns off, lower case on, but for the letters of 8.18, where upper case allows. */
static const struct {
	char	 letter;
	size_t	 at;			/* the flag in struct srv_features */
	bool	 value;
} letters[] = {
#define FEATURE(c, f, v)	{ c, offsetof(struct srv_features, f), v }
	FEATURE('A', auth, false),
	FEATURE('a', auth, true),
	FEATURE('B', verb, false),
	FEATURE('b', verb, true),
	FEATURE('D', dsn, false),
	FEATURE('d', dsn, true),
	FEATURE('E', etrn, false),
	FEATURE('e', etrn, true),
	FEATURE('h', http_ends, true),
	FEATURE('L', require_auth, false),
	FEATURE('l', require_auth, true),
	FEATURE('P', pipelining, false),
	FEATURE('p', pipelining, true),
	FEATURE('C', plain_layer, false),
	FEATURE('c', plain_layer, true),
	FEATURE('V', ask_cert, false),
	FEATURE('v', ask_cert, true),
	FEATURE('S', starttls, false),
	FEATURE('s', starttls, true),
	FEATURE('X', expn, false),
	FEATURE('x', expn, true),
	FEATURE('F', early_ok, true),
	FEATURE('f', early_ok, false),
#undef FEATURE
};

static void
srv_feature(struct srv_features *f, struct str word)
{
	bool second = word.n == 2 && word.p[1] == '2';

	switch (word.p[0]) {
	case 'O':
		f->relax |= SMTP_BODY_ANYEND;
		return;
	case 'U':
		f->relax |= SMTP_BODY_CR_OK;
		return;
	case 'u':
		f->relax |= second ? SMTP_BODY_CR_BLANK : 0u;
		return;
	case 'G':
		f->relax |= SMTP_BODY_LF_OK;
		return;
	case 'g':
		f->relax |= second ? SMTP_BODY_LF_BLANK : 0u;
		return;
	default:
		break;
	}
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].letter == word.p[0])
			*(bool *)(void *)((char *)f + letters[i].at) = letters[i].value;
}

void
srv_features(struct srv *s)
{
	const struct conf_opts *o = &s->conf->opt;
	struct check_verdict v;
	struct str rest, word;

	s->f = (struct srv_features){ .dsn = (o->privacy & PRIV_NORECEIPTS) == 0 && o->send_mime_errors,
		.etrn = (o->privacy & PRIV_NOETRN) == 0,
		.pipelining = true,
		.starttls = true,
		.ask_cert = true,
		.auth = true,
		/* without any AuthOptions passwords are not asked for in clear */
		.plain_layer = o->auth_options.n == 0 || str_chr(o->auth_options, 'p') != SIZE_MAX,
		.expn = true };
	if (s->daemon != NULL) {
		s->f.etrn = s->f.etrn && !conf_flag(&s->daemon->modifiers, 'E');
		s->f.starttls = !conf_flag(&s->daemon->modifiers, 'S');
		s->f.auth = !conf_flag(&s->daemon->modifiers, 'A');
		s->f.require_auth = s->f.auth && conf_flag(&s->daemon->modifiers, 'a');
	}
	if (resolve_check(s->ctx, s->conf, STR("srv_features"), s->client, STR(""), 0, &v) == 0 &&
	    v.out.is_triple) {
		if (str_caseeq(v.out.mailer, STR("temp")))
			s->f.temp = true;
		else {
			rest = rule_join(s->ctx, v.out.tok + 1, v.out.ntok - 1, ' ');
			while (str_word(&rest, &word))
				srv_feature(&s->f, word);
		}
	}
	s->f.starttls = s->f.starttls && s->sv->tls != NULL;
}

/* ---- check_ rulesets in a session ---- */

/* A line as sendmail writes it, since programs read those to the last word, and what decided in one of its own. */
static void
srv_log_verdict(struct srv *s, const char *ruleset, struct str arg, const char *what, struct str text)
{
	const char *id = srv_id(s);

	log_line(5, LOG_P_NOTICE, id, "ruleset=%s, arg1=%.*s, relay=%.*s, %s%.*s", ruleset, STR_ARG(arg), STR_ARG(s->client), what, STR_ARG(text));
	if (s->decided.n > 0)
		log_line(5, LOG_P_NOTICE, id, "ruleset=%s, arg1=%.*s, relay=%.*s, why=%.*s", ruleset, STR_ARG(arg), STR_ARG(s->client), STR_ARG(s->decided));
}

/* Around a run of rules: what decided is in s->decided afterwards. */
static void
srv_why_begin(struct srv *s)
{
	if (s->why == NULL)
		s->why = why_new();
	s->decided = STR("");
	why_begin(s->why, srv_ctx(s));
}

static void
srv_why_end(struct srv *s)
{
	struct str line = STR_NONE;

	why_end(s->why, srv_ctx(s), s->conf->rules, s->cmd, &line);
	s->decided = line;
}

/* Rules may quote a header: a reply is ASCII, and the eighth bit goes as sendmail has it.  In a transaction with SMTPUTF8 it may be UTF-8 (RFC 6531 3.7.4). */
static struct str
srv_plain(struct srv *s, struct str text)
{
	char *p = arena_bytes(s->cmd, text.n + 1);
	bool utf8 = s->conf->opt.smtp_utf8 && s->env != NULL && (s->env->qf.flags & QF_UTF8) != 0 && utf8_valid(text);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = utf8 ? text.p[i] : (char)(text.p[i] & 0x7f);

		if (c == '\n' || (unsigned char)c > 0x7f || (c >= ' ' && c != 0x7f))
			p[n++] = c;
	}
	return str_mem(p, n);
}

/* The verdict put into practice; `given`: what the reply is about. */
static bool
srv_check_do(struct srv *s, const char *ruleset, struct str arg, const struct check_verdict *v,
    struct str given)
{
	int code = v->smtp != 0 ? v->smtp : 550;

	switch (v->kind) {
	case CHECK_OK:
		return true;
	case CHECK_DISCARD:
		srv_log_verdict(s, ruleset, arg, "discard", STR(""));
		if (s->env != NULL)
			s->env->discard = true;
		if (s->sv->count != NULL)
			s->sv->count(s->sv->arg, true, s->env != NULL ? s->env->from_mailer : -1);
		return true;
	case CHECK_QUARANTINE:
		if (s->env == NULL)
			return true;
		s->env->qf.quarantine = arena_str(s->env->arena, v->text);
		(void)rule_macro_set(s->env->ctx, STR("quarantine"), v->text);
		srv_log_verdict(s, ruleset, arg, "quarantine=", v->text);
		return true;
	case CHECK_TEMPFAIL:
		if (code < 400 || code > 499)
			code = 451;
		break;
	case CHECK_REJECT:
		break;
	}
	if (s->sv->count != NULL)
		s->sv->count(s->sv->arg, false, s->env != NULL ? s->env->from_mailer : -1);
	if (s->hold && s->held_code >= 500 && code < 500)
		;			/* what is for good stands */
	else if (s->hold) {
		s->held_code = code;
		s->held_dsn = arena_str(s->env->arena, v->dsn);
		s->held_text = arena_str(s->env->arena, srv_plain(s, v->text));
	} else
		srv_reply_about(s, code, v->dsn, given, srv_plain(s, v->text));
	srv_log_verdict(s, ruleset, arg, "reject=",
	    arena_fmt(s->cmd, "%d %.*s %s%s%.*s", code, STR_ARG(v->dsn),
		given.n > 0 ? arena_cstr(s->cmd, given) : "", given.n > 0 ? "... " : "",
		STR_ARG(v->text)));
	return false;
}

bool
srv_check(struct srv *s, const char *ruleset, struct str arg, struct str arg2, struct str given)
{
	struct check_verdict v;

	memset(&v, 0, sizeof v);
	srv_why_begin(s);
	(void)resolve_check(srv_ctx(s), s->conf, str_c(ruleset), arg, arg2, 0, &v);
	srv_why_end(s);
	if (!str_is_none(arg2))
		arg = arena_fmt(s->cmd, "%.*s, arg2=%.*s", STR_ARG(arg), STR_ARG(arg2));
	return srv_check_do(s, ruleset, arg, &v, given);
}

bool
srv_check_header(struct srv *s, const struct qf_hdr *h)
{
	struct check_verdict v;
	int ruleset = msg_rules_of(s->conf, h);

	if (ruleset == -1)
		return true;
	srv_why_begin(s);
	msg_rules_ask(s->env->ctx, s->conf, s->cmd, h, &v);
	srv_why_end(s);
	return srv_check_do(s, arena_cstr(s->cmd, rules_name(s->conf->rules, ruleset)), msg_rules_arg(s->cmd, h), &v, STR_NONE);
}
