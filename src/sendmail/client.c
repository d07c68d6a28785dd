/*
 * client - the role that delivers to other hosts: each worker takes one attempt, finds somebody who
 * takes it, and reports for each recipient.
 *
 * A worker keeps sessions open for a while; the master gives it the next message for the same
 * destination.  Certificates are read before rights are given up.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "authchild.h"
#include "blame.h"
#include "capacity.h"
#include "client_int.h"
#include "client_port.h"
#include "clt.h"
#include "dnsconf.h"
#include "maps.h"
#include "mx.h"
#include "net/conn.h"
#include "net/dns.h"
#include "net/idna.h"
#include "os/file.h"
#include "os/load.h"
#include "os/near.h"
#include "req.h"
#include "roles.h"
#include "say.h"
#include "signask.h"
#include "stscache.h"
#include "tlsfiles.h"
#include "worker.h"

#define CLIENT_SPARE	1
#define CLIENT_RECYCLE	2000
#define CLIENT_IDLE_S	20	/* sessions are not kept longer than this without work, nor than ConnectionCacheTimeout */
#define CLIENT_CONNECT_MS	(5 * 60 * 1000)

static const char *
client_c(struct role_ctx *ctx, struct str s)
{
	return s.n == 0 ? NULL : arena_cstr(ctx->arena, s);
}

static void
client_refused(void *arg, const char *why)
{
	(void)arg;
	log_line(1, LOG_P_ERR, NULL, "STARTTLS=client, error: %s", why);
}

int
client_prepare(struct role_ctx *ctx, struct err *e)
{
	const struct conf_opts *o = &ctx->conf->opt;
	struct client *d = ARENA_NEW(ctx->arena, struct client);
	struct err why = ERR_INIT;
	struct tlsfiles extra;
	struct tls_conf t = {
		.cert_file = client_c(ctx, o->client_cert_file), .key_file = client_c(ctx, o->client_key_file),
		.ca_file = client_c(ctx, o->ca_cert_file), .ca_path = client_c(ctx, o->ca_cert_path),
		.crl_file = client_c(ctx, o->crl_file), .crl_path = client_c(ctx, o->crl_path),
		.ciphers = client_c(ctx, o->cipher_list), .ciphersuites = client_c(ctx, o->cipher_suites),
		.options = client_c(ctx, o->client_ssl_options), .fingerprint = client_c(ctx, o->cert_fingerprint_algorithm)
	};

	(void)e;
	ctx->state = d;
	if (o->default_auth_info.n > 0 && (blame_auth_info(ctx->conf, client_c(ctx, o->default_auth_info), &why) == -1 ||
	    os_slurp(client_c(ctx, o->default_auth_info), ctx->arena, 4096, &d->auth_info, &why) == -1)) {
		log_line(1, LOG_P_WARNING, NULL, "DefaultAuthInfo: %s", why.text);
		d->auth_info = STR_NONE;
	}
	err_clear(&why);
	if (o->smtp_utf8 && idna_load(&why) == -1)
		log_line(1, LOG_P_WARNING, NULL, "domains beyond ASCII cannot be reached: %s", why.text);
	err_clear(&why);
	t.public_ca = secure_sts(ctx->conf) ? stscache_public_ca() : NULL;
	t.remote_keys = true;
	t.refused = client_refused;
	tlsfiles_extra(ctx->conf, ctx->cf_text, false, false, ctx->arena, &extra);
	t.extra_certs = extra.v;
	t.extra_told = extra.literal;
	if ((d->tls = tls_client_new(&t, &why)) == NULL)
		log_line(5, LOG_P_WARNING, NULL, "STARTTLS=client, error: not used: %s", why.text);
	return 0;
}

int
client_sandbox(struct role_ctx *ctx, const char **read_paths, const char **write_paths, size_t max)
{
	tlsfiles_hashed(ctx->conf, ctx->arena, read_paths, max);
	write_paths[0] = NULL;
	return 0;
}

/* In each new worker. */
static int
client_start(struct role_ctx *ctx)
{
	struct client *d = ctx->state;
	const struct conf_opts *o = &ctx->conf->opt;
	int64_t size = o->connection_cache_size;

	d->cache = clt_cache_new(size > 0 && size < 100 ? (size_t)size
				 : size > 0		? 100
							: 0,
	    o->connection_cache_timeout);
	os_random(&d->seed, sizeof d->seed);
	role_use_dns(ctx);
	sign_begin(ctx, &d->tls, tlsfiles_any(ctx->conf, false), false, "client");
	return d->cache == NULL ? -1 : 0;
}

static void
client_idle(struct role_ctx *ctx)
{
	struct client *d = ctx->state;

	clt_cache_tidy(d->cache, true);
}

void
client_key_put(struct buf *b, const struct attempt *a)
{
	(void)buf_addf(b, "%u %.*s %.*s%s %u", (unsigned)a->mailer_index, STR_ARG(a->host), STR_ARG(client_port_key(a)),
	    a->flags & ATTEMPT_ANYTLS ? " any" : "", (unsigned)a->nice);
}

static int
client_key(struct role_ctx *ctx, const struct frame *f, struct buf *key)
{
	struct arena *m = arena_new(ARENA_DEFAULT);
	struct attempt a;
	int rc = attempt_get(f->body, m, &a);

	(void)ctx;
	if (rc == 0)
		client_key_put(key, &a);
	arena_free(&m);
	return rc;
}

/* ---- one connection ---- */

static int
client_auth(void *arg, const struct auth_ask *q, struct err *e)
{
	struct role_ctx *ctx = arg;
	struct client *d = ctx->state;
	struct frame f;
	struct buf b;
	int rc;

	if (d->maps != NULL)		/* no roles here */
		return authchild_start(&(struct authchild){ .dir = arena_cstr(ctx->arena, ctx->conf->opt.sasl_conf_dir), .env = &ctx->conf->env }, q, e);
	buf_init_secret(&b, 0);
	auth_ask_put(&b, q);
	rc = req_ask(ctx, R_AUTH, Q_AUTH, buf_str(&b), -1, &f, e);
	buf_done(&b);
	return rc == -1 ? -1 : f.fd;
}

/* The rules are route's, but where there are no roles. */
static int
client_policy(void *arg, const struct policy_ask *q, struct arena *a, struct policy_answer *out, struct err *e)
{
	struct role_ctx *ctx = arg;
	struct client *d = ctx->state;
	struct rule_ctx *rules;
	struct frame f;
	struct buf b;
	int rc;

	if (d->maps != NULL) {
		rules = rule_ctx_new(ctx->conf->rules, NULL, maps_lookup, d->maps);
		policy_run(ctx->conf, rules, q, a, out);
		rule_ctx_free(&rules);
		return 0;
	}
	buf_init(&b, 0);
	policy_ask_put(&b, q);
	rc = req_ask(ctx, R_ROUTE, Q_POLICY, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == 0 && policy_answer_get(arena_str(a, f.body), a, out) == -1)
		rc = err_set(e, ERR_BUG, "route: malformed answer of the rules");
	return rc;
}

static struct clt *
client_session(struct try *t, int sock, struct str name, struct str addr)
{
	struct clt_conf c = { .conf = t->ctx->conf,
		.mailer = t->m,
		.host = name,
		.addr = addr,
		.helo = client_port_helo(t->row, sock, t->arena, t->helo),
		.self = mailer_has(t->m, 'k') ? STR_NONE : rule_macro_value(t->rules, STR("j")),
		.lmtp = t->lmtp,
		.verbose = t->ctx->verbose,
		.policy = client_policy,
		.auth = t->row != NULL && conf_flag(&t->row->modifiers, 'A') ? NULL : client_auth,
		.auth_info = t->d->auth_info,
		.policy_arg = t->ctx,
		.own = client_port_own(t->ctx->conf, t->row, sock, t->arena),
		.need = &t->need,
		.clear = t->no_tls,
		.tls = t->lmtp || t->no_tls || (t->row != NULL && conf_flag(&t->row->modifiers, 'S')) ? NULL : t->d->tls };
	struct stream *io = stream_new(sock, sock);
	struct clt *s = io == NULL ? NULL : clt_new(&c, io);
	const char *type;
	struct str why;

	if (io != NULL)
		stream_transcript(io, t->ctx->transcript);
	if (s != NULL) {
		int rc = clt_open(s, t->a, t->arena, &t->fail);

		if (clt_report(s, &type, &why))
			client_report(t, name, addr, sock, type, why);
		if (rc == -1)
			clt_end(&s);
	}
	return s;
}

/* Send over it; true: the attempt has its result. */
static bool
client_use(struct try *t, struct clt *s)
{
	if (clt_send(s, t->a, t->fd, t->arena, &t->res, &t->fail) == -1) {
		clt_end(&s);
		return false;
	}
	if (t->m->wait > 0 || !t->ctx->is_worker || worker_stopping(t->ctx) || t->got != NULL)	/* a stand-in does not get the next one, too */
		clt_end(&s);
	else
		t->res.kept = clt_cache_put(t->d->cache, t->key, s);
	return client_rest(t);
}

static int
client_connect_ms(const struct try *t, bool first)
{
	const struct conf_timeouts *o = &t->ctx->conf->opt.timeout;
	int64_t s = first && o->iconnect > 0 ? o->iconnect : o->connect;

	return s > 0 && s * 1000 < CLIENT_CONNECT_MS ? (int)(s * 1000) : CLIENT_CONNECT_MS;
}

/* DialDelay: a line that is dialled on demand may need a second call.  True: waited. */
static bool
client_dial_delay(const struct try *t)
{
	int64_t s = t->ctx->conf->opt.dial_delay;

	if (s <= 0 || !mailer_has(t->m, 'Z'))
		return false;
	(void)poll(NULL, 0, (int)(s < 300 ? s : 300) * 1000);
	return true;
}

static bool
client_try_addr(struct try *t, const struct mx_host *h, const struct ip *ip, bool first)
{
	char addr[IP_TEXT];
	struct err e = ERR_INIT;
	struct clt *s;
	int sock;

	(void)ip_print(ip, t->ctx->conf->opt.use_compressed_ipv6_addresses, addr);
	t->err = 0;
	t->res.relay = clt_relay(t->arena, h->name, arena_fmt(t->arena, "[%s]", addr));
	if (t->ctx->verbose)
		say_connecting(t->a, h->name, ip->port);
	sock = client_port_connect(t->ctx, t->m, t->a, ip, t->arena, client_connect_ms(t, first), &e);
	if (sock == -1 && first && client_dial_delay(t))
		sock = client_port_connect(t->ctx, t->m, t->a, ip, t->arena, client_connect_ms(t, first), &e);
	if (sock == -1) {
		t->err = e.sys;
		t->unreached = true;
		client_fail(t, true, EXIT_TEMPFAIL, "4.4.1",
		    arena_fmt(t->arena, "%s%s%.*s%s",
			e.sys == ECONNREFUSED ? "Connection refused by"
			: e.sys == ECONNRESET ? "Connection reset by"
			: e.sys == ETIMEDOUT  ? "Connection timed out with"
			: e.sys != 0	      ? strerror(e.sys)
					      : e.text,
			e.sys == ECONNREFUSED || e.sys == ECONNRESET || e.sys == ETIMEDOUT ? " " : ": ", STR_ARG(h->name),
			h->literal ? "" : "."));
		return false;
	}
	t->res.connects++;
	t->row = client_port(t->ctx->conf, ip->family);
	client_port_buffers(t->row, sock);
	if ((s = client_session(t, sock, h->name, arena_fmt(t->arena, "[%s]", addr))) == NULL &&
	    t->fail.fallback && !t->no_tls) {
		t->no_tls = true;
		return client_try_addr(t, h, ip, first);
	}
	return s != NULL && client_use(t, s);
}

/* ---- hosts ---- */

static bool
client_is_me(void *arg, struct str name)
{
	struct try *t = arg;

	return str_caseeq(name, rule_macro_value(t->rules, STR("j"))) ||
	       rule_class_has(t->rules, STR("w"), name);
}

/* Nobody was reached, or all that were said no for now: t->fail says what the last one said. */
static void
client_hosts(struct try *t, struct str hosts)
{
	struct mx_self self = { client_is_me, t };
	uint64_t begun = os_now_ms(),
		 limit = t->ctx->conf->opt.timeout.aconnect > 0
			     ? (uint64_t)t->ctx->conf->opt.timeout.aconnect * 1000
			     : 0;
	struct mx_host *v;
	struct mx_fail f;
	struct ip *ips;
	size_t n, nips;
	int tries = 0;

	if (mx_list(t->ctx->conf, hosts, mailer_has(t->m, '0'),
		mailer_has(t->m, 'k') ? NULL : &self, t->d->seed++, t->arena, &v, &n, &f) == -1) {
		client_fail(t, f.temp, f.ex, f.status, f.text);
		t->fail.reply = f.reply;
		t->res.relay = hosts;
		if (f.ex == EXIT_CONFIG) {
			t->fail.ex = EXIT_SOFTWARE;	/* sendmail's status of what it calls SYSERR */
			log_line(0, LOG_P_CRIT, arena_cstr(t->arena, t->a->id), "SYSERR(root): MX list for %.*s points back to %.*s", STR_ARG(hosts),
			    STR_ARG(rule_macro_value(t->rules, STR("j"))));
		}
		return;
	}
	t->fail.outcome = 0;
	client_secure_begin(t);
	for (size_t i = 0; i < n && tries < CLIENT_TRIES; i++) {
		if (t->spoken && str_caseeq(v[i].name, t->res.mta))	/* over a kept session, just now */
			continue;
		if (v[i].smart && i > 0 && !t->unreached)	/* as sendmail does: what a host says is not asked of another way */
			break;
		if (!client_secure(t, &v[i])) {
			t->err = 0;
			client_note_host(t, v[i].name);
			continue;
		}
		if (mx_addrs(&v[i], t->port, t->arena, &ips, &nips, &f) == -1) {
			t->unreached = true;
			if (t->fail.outcome == 0) {
				client_fail(t, f.temp, f.ex, f.status, f.text);
				t->res.relay = arena_fmt(t->arena, v[i].domain.n == 0 ? "[%.*s]" : "%.*s.", STR_ARG(v[i].name));
			}
			continue;
		}
		for (size_t k = 0; k < nips && tries < CLIENT_TRIES; k++) {
			if (limit > 0 && tries > 0 && os_now_ms() - begun > limit)
				return;
			t->spoken = false;
			if (client_try_addr(t, &v[i], &ips[k], tries++ == 0)) {
				t->fail.outcome = 0;
				return;
			}
			if (t->spoken)		/* some are left for the next one */
				break;
			client_note_host(t, v[i].name);
			if (client_settled(t))
				return;
		}
	}
}

/* A unix socket: LMTP of a mail store. */
static void
client_socket(struct try *t, struct str path)
{
	struct err e = ERR_INIT;
	struct clt *s;
	int sock;

	if (t->ctx->verbose)
		say_connecting(t->a, path, 0);
	t->res.relay = STR("localhost");
	sock = net_connect_unix(arena_cstr(t->arena, path), client_connect_ms(t, true), &e);

	if (sock == -1)
		client_fail(t, true, EXIT_TEMPFAIL, "4.4.1",
		    arena_fmt(t->arena, "%s: %.*s", e.sys != 0 ? strerror(e.sys) : e.text,
			STR_ARG(path)));
	else if ((s = client_session(t, sock, STR("localhost"), STR_NONE)) != NULL && client_use(t, s))
		t->fail.outcome = 0;
}

/* ---- the attempt ---- */

static struct str
client_expand(struct try *t, struct str template)
{
	struct str s = STR("");
	struct buf b;

	buf_init(&b, 64 << 10);
	if (rule_expand(t->rules, template, &b) == 0)
		s = arena_str(t->arena, buf_str(&b));
	buf_done(&b);
	return str_trim(s);
}

static void
client_macros(struct try *t)
{
	for (size_t i = 0; i < t->a->nmacro; i++)
		(void)rule_macro_set(t->rules, t->a->macro[i].name, t->a->macro[i].value);
	(void)rule_macro_set(t->rules, STR("h"), t->a->host);
	(void)rule_macro_set(t->rules, STR("u"), t->a->nrcpt == 1 ? t->a->rcpt[0].user : STR(""));
	(void)rule_macro_set(t->rules, STR("g"), t->a->sender);
	(void)rule_macro_set(t->rules, STR("f"), t->a->sender);
	(void)rule_macro_set(t->rules, STR("i"), t->a->id);
}

static void
client_deliver(struct try *t)
{
	const struct conf *conf = t->ctx->conf;
	struct str hosts, port;
	struct clt *s;

	client_macros(t);
	t->lmtp = mailer_has(t->m, 'z');
	t->helo = conf->opt.helo_name.n > 0
		      ? conf->opt.helo_name
		      : arena_str(t->arena, rule_macro_value(t->rules, STR("j")));
	t->fail.outcome = OUTCOME_DEFERRED;
	if ((s = clt_cache_take(t->d->cache, t->key)) != NULL && client_use(t, s)) {
		t->fail.outcome = 0;
		return;
	}
	if (t->m->argc >= 2 && (str_caseeq(t->m->argv[0], STR("FILE")))) {
		if (!t->spoken)
			client_socket(t, client_expand(t, t->m->argv[1]));
		return;
	}
	if (t->m->argc < 2 ||
	    (!str_caseeq(t->m->argv[0], STR("TCP")) && !str_caseeq(t->m->argv[0], STR("IPC")))) {
		client_fail(t, false, EXIT_CONFIG, "5.3.5", STR("mailer has no TCP or FILE argument"));
		return;
	}
	hosts = client_expand(t, t->m->argv[1]);
	if (conf->opt.connect_only_to.n > 0)
		hosts = arena_fmt(t->arena, "[%.*s]", STR_ARG(conf->opt.connect_only_to));
	port = t->m->argc > 2 ? client_expand(t, t->m->argv[2]) : STR("smtp");
	if ((t->port = mx_port(port)) == 0) {		/* as sendmail: a wrong word costs no mail */
		log_line(0, LOG_P_ERR, arena_cstr(t->arena, t->a->id), "SYSERR(root): mailer %.*s: unknown port %.*s; it is 25", STR_ARG(t->m->name), STR_ARG(port));
		t->port = 25;
	}
	if (hosts.n == 0)
		client_fail(t, false, EXIT_CONFIG, "5.3.5", STR("null host name"));
	else
		client_hosts(t, hosts);
}

void
client_try(struct role_ctx *ctx, const struct attempt *a, int fd, struct arena *arena,
    struct attempt_result *res)
{
	struct try t = { .ctx = ctx,
		.d = ctx->state,
		.arena = arena,
		.fd = fd,
		.a = a,
		.whole = a,
		.m = &ctx->conf->mailers[a->mailer_index] };
	uint64_t begun = os_now_ms();
	struct buf key;

	t.rules = rule_ctx_new(ctx->conf->rules, NULL, NULL, NULL);
	buf_init(&key, 0);
	client_key_put(&key, a);
	t.key = arena_str(arena, buf_str(&key));
	if (!str_caseeq(t.m->name, a->mailer))	/* the configuration changed in between */
		client_fail(&t, true, EXIT_TEMPFAIL, "4.3.5", STR("mailers changed, will be routed again"));
	else if (t.m->kind != MAILER_IPC)
		client_fail(&t, false, EXIT_CONFIG, "5.3.5", STR("mailer is not a network mailer"));
	else
		client_deliver(&t);
	client_whole(&t);
	if (t.fail.outcome != 0) {
		clt_fail_result(a, arena, &t.fail, &t.res);
		t.res.down = t.fail.outcome == OUTCOME_DEFERRED;
	}
	if (a->flags & ATTEMPT_LAST && t.res.kept && ctx->conf->opt.connection_cache_size <= 0)
		clt_cache_tidy(t.d->cache, true);
	if (ctx->verbose)
		say_results(a, &t.res);
	t.res.id = a->id;
	t.res.xdelay_ms = (int64_t)(os_now_ms() - begun);
	*res = t.res;
	rule_ctx_free(&t.rules);
	buf_done(&key);
}

void
client_alone_maps(struct role_ctx *ctx, struct maps *maps)
{
	struct client *d = ctx->state;

	d->maps = maps;
}

int
client_alone(struct role_ctx *ctx)
{
	struct client *d = ARENA_NEW(ctx->arena, struct client);

	d->cache = clt_cache_new(0, 0);
	os_random(&d->seed, sizeof d->seed);
	ctx->state = d;
	return d->cache == NULL ? -1 : 0;
}

/* Is it the message's first try? */
static bool
client_is_first(const struct attempt *a)
{
	for (size_t i = 0; i < a->nmacro; i++)
		if (str_eq_c(a->macro[i].name, "ntries"))
			return str_eq_c(a->macro[i].value, "0");
	return false;
}

static int
client_attempt(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct arena *arena = arena_new(ARENA_DEFAULT);
	struct attempt_result res;
	struct attempt a;
	struct buf body;
	char id[64], host[128];

	(void)out_fd;
	(void)e;
	buf_init(&body, 0);
	(void)buf_add(&body, f->body);		/* the frame's memory is used again by questions */
	if (attempt_get(buf_str(&body), arena, &a) == -1 || a.nrcpt == 0 ||
	    a.mailer_index >= ctx->conf->nmailers ||
	    (str_is_none(a.content) && f->fd == -1 && a.size > 0))
		worker_bad(ctx);
	worker_modest(ctx, a.nice < 40 ? (int)a.nice : 40);
	os_aside((int)(a.aside - 1u));
	role_title(ctx, "%s %s", log_esc(id, sizeof id, a.id), log_esc(host, sizeof host, a.host));
	if (client_is_first(&a))
		dns_patience(dnsconf_first_ms(ctx->conf));
	client_try(ctx, &a, f->fd, arena, &res);
	dns_patience(0);
	attempt_result_put(out, &res);
	buf_done(&body);
	arena_free(&arena);
	return 0;
}

const struct work client_works[] = {
	{ Q_ATTEMPT,	client_attempt },
	{ 0, NULL }
};

int
client_run(struct role_ctx *ctx)
{
	int64_t keep = ctx->conf->opt.connection_cache_timeout;
	struct capacity room;
	struct worker_ops ops = { .spare = CLIENT_SPARE,
		.recycle = CLIENT_RECYCLE,
		.key = client_key,
		.start = client_start,
		.idle = client_idle,
		.idle_ms = (int)(keep > 0 && keep < CLIENT_IDLE_S ? keep : CLIENT_IDLE_S) * 1000 };

	tls_ctx_confined(((struct client *)ctx->state)->tls, client_refused, NULL);
	capacity_here(&ctx->conf->opt, &room);
	ops.max = room.deliveries;
	return worker_master(ctx, &ops);
}
