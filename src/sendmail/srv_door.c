/*
 * srv_door - the verdict at the door: the client's name, check_relay, greet_pause, the banner.
 */
#include "srv_int.h"

#include <time.h>

#include "base/log.h"
#include "base/num.h"
#include "door_dns.h"
#include "net/dns.h"
#include "net/ip.h"

/* SmtpGreetingMessage with ESMTP behind the first word of each message. */
static struct str
srv_banner(struct rule_ctx *ctx, const struct conf *conf, struct arena *a)
{
	struct str text = STR(""), line;
	struct buf b, out;
	bool first = true;
	char date[64];

	env_date((int64_t)time(NULL), date, sizeof date);
	(void)rule_macro_set_c(ctx, "b", date);
	buf_init(&b, 4096);
	buf_init(&out, 8192);
	if (rule_expand(ctx, conf->opt.smtp_greeting_message, &b) == 0 && b.n > 0)
		text = buf_str(&b);
	while (str_split(&text, '\n', &line)) {
		size_t blank = str_chr(line, ' ');

		(void)buf_addf(&out, "%s220%s", first ? "" : "\r\n", str_is_none(text) ? " " : "-");
		if (first && str_casefind(line, STR("ESMTP")) == (size_t)-1) {
			(void)buf_addf(&out, "%.*s ESMTP",
			    STR_ARG(blank == (size_t)-1 ? line : str_first(line, blank)));
			line = blank == (size_t)-1 ? STR("") : str_from(line, blank);
		}
		(void)buf_addf(&out, "%.*s", STR_ARG(line));
		first = false;
	}
	text = arena_str(a, buf_str(&out));
	buf_done(&b);
	buf_done(&out);
	return text;
}

static void
srv_client_name(const struct conf *conf, const struct ip *client, struct arena *a, struct verdict *v)
{
	char addr[IP_TEXT];
	enum dns_rc rc;
	struct str name;
	struct err e = ERR_INIT;
	bool matches = false;

	v->name = arena_fmt(a, "[%s]", ip_print(client, conf->opt.use_compressed_ipv6_addresses, addr));
	v->ptr = v->name;
	v->resolve = RESOLVE_FAIL;
	if (dns_reverse(client, a, &rc, &name, &matches, &e) == -1 || rc == DNS_TEMP)
		v->resolve = RESOLVE_TEMP;
	else if (rc == DNS_OK && name.n > 0) {
		v->name = v->ptr = name;
		v->resolve = matches ? RESOLVE_OK : RESOLVE_FORGED;
	}
}

/* $# milliseconds of greet_pause. */
static uint32_t
srv_greet_pause(struct rule_ctx *ctx, const struct conf *conf, struct str name, struct str addr)
{
	struct check_verdict v;
	uint64_t ms;

	if (resolve_check(ctx, conf, STR("greet_pause"), name, addr, 0, &v) == 0 && v.out.is_triple &&
	    num_u64(str_trim(v.out.mailer), 0, 5 * 60 * 1000, &ms) == 0)
		return (uint32_t)ms;
	return 0;
}

/* What check_relay said, as srv.c reads it. */
static void
srv_door(const struct check_verdict *c, struct rule_ctx *ctx, struct str name, struct str addr, struct str why, struct arena *a, struct verdict *v)
{
	struct str head;

	if (c->kind == CHECK_OK)
		return;
	head = arena_fmt(a, "ruleset=check_relay, arg1=%.*s, arg2=%.*s, relay=%.*s", STR_ARG(name), STR_ARG(addr), STR_ARG(rule_macro_value(ctx, STR("_"))));
	if (why.n > 0)
		v->log_why = arena_fmt(a, "%.*s, why=%.*s", STR_ARG(head), STR_ARG(why));
	switch (c->kind) {
	case CHECK_OK:
		return;
	case CHECK_DISCARD:
		v->reply = STR("#discard");
		v->log = arena_fmt(a, "%.*s, discard", STR_ARG(head));
		return;
	case CHECK_QUARANTINE:
		v->reply = arena_cat(a, STR("#quarantine "), c->text);
		v->log = arena_fmt(a, "%.*s, quarantine=%.*s", STR_ARG(head), STR_ARG(c->text));
		return;
	case CHECK_REJECT:
	case CHECK_TEMPFAIL:
		break;
	}
	v->kind = c->smtp == 421 ? VERDICT_CLOSE : VERDICT_REJECT;
	v->reply = arena_str(a, c->reply);
	v->log = arena_fmt(a, "%.*s, reject=%.*s", STR_ARG(head), STR_ARG(c->reply));
}

static bool
srv_has_rules(const struct conf *conf, struct str name)
{
	return rules_has_rules(conf->rules, rules_find(conf->rules, name));
}

/* $# seconds of ruleset tarpit. */
static uint32_t
srv_tarpit(struct rule_ctx *ctx, const struct conf *conf, struct str name, struct str addr)
{
	struct check_verdict v;
	uint64_t s;

	if (!srv_has_rules(conf, STR("tarpit")))
		return 0;
	rule_reset(ctx);
	if (resolve_check(ctx, conf, STR("tarpit"), name, addr, 0, &v) == 0 && v.out.is_triple &&
	    num_u64(str_trim(v.out.mailer), 0, 120, &s) == 0)
		return (uint32_t)s * 1000;
	return 0;
}

/* With delay_checks the lists are asked when a recipient comes: what they want to know is found out now all the same. */
static void
srv_door_ahead(struct rule_ctx *ctx, const struct conf *conf, struct str name, struct str addr)
{
	struct check_verdict c;

	if (srv_has_rules(conf, STR("check_relay")) || !srv_has_rules(conf, STR("checkrelay")))
		return;
	rule_reset(ctx);
	(void)resolve_check(ctx, conf, STR("checkrelay"), name, addr, 0, &c);
}

static void
srv_verdict_run(const struct srv_services *sv, const struct conf *conf, const struct verdict_ask *q, const struct verdict *known,
    struct arena *a, struct verdict *v)
{
	struct rule_ctx *ctx = rule_ctx_new(conf->rules, NULL, sv->lookup, sv->lookup_arg);
	const struct conf_daemon *d = q->daemon < conf->ndaemons ? &conf->daemons[q->daemon] : NULL;
	struct why *why = why_new();
	struct check_verdict c;
	struct park p;
	struct str name, addr, said = STR_NONE;

	memset(v, 0, sizeof *v);
	memset(&p, 0, sizeof p);
	memset(&c, 0, sizeof c);
	v->reply = STR("");
	if (known != NULL) {
		v->name = known->name;
		v->ptr = known->ptr;
		v->resolve = known->resolve;
	} else
		srv_client_name(conf, &q->client, a, v);
	v->ident = q->ident;
	p.client = q->client;
	p.local = q->local;
	p.client_rate = q->client_rate;
	p.total_rate = q->total_rate;
	p.client_connections = q->client_connections;
	p.verdict = *v;
	srv_macros(ctx, conf, d, &p);
	name = arena_str(a, rule_macro_value(ctx, STR("client_name")));
	addr = arena_str(a, rule_macro_value(ctx, STR("client_addr")));
	if (srv_has_rules(conf, STR("check_relay"))) {
		why_begin(why, ctx);
		(void)resolve_check(ctx, conf, STR("check_relay"), name, addr, 0, &c);
		why_end(why, ctx, conf->rules, a, &said);
	}
	srv_door(&c, ctx, name, addr, said, a, v);
	rule_reset(ctx);
	v->pause_ms = v->kind == VERDICT_OK ? srv_greet_pause(ctx, conf, name, addr) : 0;
	v->tarpit_ms = srv_tarpit(ctx, conf, name, addr);
	if (v->pause_ms < v->tarpit_ms && v->kind == VERDICT_OK)
		v->pause_ms = v->tarpit_ms;
	v->banner = v->kind == VERDICT_CLOSE ? v->reply : srv_banner(ctx, conf, a);
	v->macros = srv_macros_kept(ctx, a);
	v->early_ends = !srv_has_rules(conf, STR("srv_features"));	/* which could allow it */
	if (!q->last)
		srv_door_ahead(ctx, conf, name, addr);
	rule_ctx_free(&ctx);
	why_free(&why);
}

static void
srv_door_log(const struct verdict *v)
{
	if (v->log.n > 0)
		log_line(5, LOG_P_NOTICE, NULL, "%.*s", STR_ARG(v->log));
	if (v->log.n > 0 && v->log_why.n > 0)
		log_line(5, LOG_P_NOTICE, NULL, "%.*s", STR_ARG(v->log_why));
}

void
srv_verdict(const struct srv_services *sv, const struct conf *conf, const struct verdict_ask *q,
    struct arena *a, struct verdict *v)
{
	struct door_dns dns;

	door_dns_begin(&dns, q->dns, q->last);
	srv_verdict_run(sv, conf, q, NULL, a, v);
	door_dns_end(&dns);
	if (!q->last && (dns.nmissing > 0 || q->no_ident)) {
		memset(v, 0, sizeof *v);
		v->kind = VERDICT_WAIT;
		v->questions = arena_str(a, buf_str(&dns.missing));
	} else
		srv_door_log(v);
	door_dns_done(&dns);
}

void
srv_verdict_known(const struct srv_services *sv, const struct conf *conf, const struct verdict_ask *q, const struct verdict *known,
    struct arena *a, struct verdict *v)
{
	srv_verdict_run(sv, conf, q, known, a, v);
	srv_door_log(v);
}

void
srv_local_park(const struct srv_services *sv, const struct conf *conf, struct str user,
    struct arena *a, struct park *p)
{
	struct rule_ctx *ctx = rule_ctx_new(conf->rules, NULL, sv->lookup, sv->lookup_arg);

	memset(p, 0, sizeof *p);
	p->daemon = UINT32_MAX;
	p->started = (int64_t)time(NULL);
	p->verdict.reply = STR("");
	p->verdict.name = arena_fmt(a, "%.*s@localhost", STR_ARG(user));
	p->verdict.resolve = RESOLVE_OK;
	srv_macros(ctx, conf, NULL, p);
	p->verdict.banner = srv_banner(ctx, conf, a);
	rule_ctx_free(&ctx);
}
