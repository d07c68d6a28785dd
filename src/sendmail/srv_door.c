/*
 * srv_door - the verdict at the door: the client's name, check_relay, greet_pause, the banner.
 */
#include "srv_int.h"

#include <time.h>

#include "base/log.h"
#include "base/num.h"
#include "net/conn.h"
#include "net/dns.h"
#include "net/ip.h"

#define SRV_IDENT_PORT	113

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

/*
 * Who is it, says the client's own host (RFC 1413).  Its words are kept only if they are a name:
 * letters, digits and a few signs.
 */
static struct str
srv_ident(const struct conf *conf, const struct verdict_ask *q, struct arena *a)
{
	int64_t seconds = conf->opt.timeout.ident;
	struct ip to = q->client, from = q->local;
	struct str line = STR(""), word, user = STR_NONE;
	struct stream *io;
	struct err e = ERR_INIT;
	int sock;

	if (seconds <= 0 || q->client.family == 0)
		return STR_NONE;
	to.port = SRV_IDENT_PORT;
	from.port = 0;
	if ((sock = net_connect(&to, &from, (int)(seconds < 60 ? seconds : 60) * 1000, &e)) == -1 ||
	    (io = stream_new(sock, sock)) == NULL)
		return STR_NONE;
	stream_timeout(io, (int)(seconds < 60 ? seconds : 60) * 1000);
	(void)stream_printf(io, "%u, %u\r\n", q->client.port, q->local.port);
	if (stream_flush(io) == 0 && stream_line(io, 512, &line) == STREAM_OK) {
		/* "6193, 23 : USERID : UNIX : stjohns" */
		(void)str_split(&line, ':', &word);
		if (str_split(&line, ':', &word) && str_caseeq(str_trim(word), STR("USERID")) &&
		    str_split(&line, ':', &word))
			user = str_trim(line);
	}
	for (size_t i = 0; i < user.n; i++)
		if (!chr_is_alnum(user.p[i]) && memchr("-_.+", user.p[i], 4) == NULL)
			user = STR_NONE;
	user = user.n > 0 && user.n <= 64 ? arena_str(a, user) : STR_NONE;
	stream_free(&io);
	return user;
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
srv_door(const struct check_verdict *c, struct str client, struct arena *a, struct verdict *v)
{
	switch (c->kind) {
	case CHECK_OK:
		return;
	case CHECK_DISCARD:
		v->reply = STR("#discard");
		return;
	case CHECK_QUARANTINE:
		v->reply = arena_cat(a, STR("#quarantine "), c->text);
		return;
	case CHECK_REJECT:
	case CHECK_TEMPFAIL:
		break;
	}
	v->kind = c->smtp == 421 ? VERDICT_CLOSE : VERDICT_REJECT;
	v->reply = arena_str(a, c->reply);
	log_line(5, LOG_P_NOTICE, NULL, "ruleset=check_relay, arg1=%.*s, relay=%.*s, reject=%.*s",
	    STR_ARG(v->name), STR_ARG(client), STR_ARG(c->reply));
}

void
srv_verdict(const struct srv_services *sv, const struct conf *conf, const struct verdict_ask *q,
    struct arena *a, struct verdict *v)
{
	struct rule_ctx *ctx = rule_ctx_new(conf->rules, NULL, sv->lookup, sv->lookup_arg);
	const struct conf_daemon *d = q->daemon < conf->ndaemons ? &conf->daemons[q->daemon] : NULL;
	struct check_verdict c;
	struct park p;
	struct str name, addr;

	memset(v, 0, sizeof *v);
	memset(&p, 0, sizeof p);
	memset(&c, 0, sizeof c);
	v->reply = STR("");
	srv_client_name(conf, &q->client, a, v);
	v->ident = srv_ident(conf, q, a);
	p.client = q->client;
	p.local = q->local;
	p.client_rate = q->client_rate;
	p.total_rate = q->total_rate;
	p.client_connections = q->client_connections;
	p.verdict = *v;
	srv_macros(ctx, conf, d, &p);
	name = arena_str(a, rule_macro_value(ctx, STR("client_name")));
	addr = arena_str(a, rule_macro_value(ctx, STR("client_addr")));
	(void)resolve_check(ctx, conf, STR("check_relay"), name, addr, 0, &c);
	srv_door(&c, rule_macro_value(ctx, STR("_")), a, v);
	rule_reset(ctx);
	v->pause_ms = v->kind == VERDICT_OK ? srv_greet_pause(ctx, conf, name, addr) : 0;
	v->banner = v->kind == VERDICT_CLOSE ? v->reply : srv_banner(ctx, conf, a);
	v->macros = srv_macros_kept(ctx, a);
	rule_ctx_free(&ctx);
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
