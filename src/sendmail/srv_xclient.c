/*
 * srv_xclient - XCLIENT, as Postfix's proxies and load balancers speak it: whom the ruleset xclient trusts may say who the client behind it is.
 *
 * Afterwards it is as if that client had just connected: check_relay, srv_features, filters and the greeting come anew, with its name and address.  What the
 * proxy itself proved (TLS, AUTH) is not the client's; who may rely on XCLIENT is decided once, by the address that the connection really came from.
 */
#include "srv_int.h"

#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "net/ip.h"
#include "srv_xclient.h"
#include "wire/xclient.h"

static bool
srv_xclient_rules(const struct srv *s)
{
	return rules_has_rules(s->conf->rules, rules_find(s->conf->rules, STR("xclient")));
}

bool
srv_xclient_trusted(struct srv *s)
{
	struct check_verdict v;

	if (s->in->client.family == 0 || !srv_xclient_rules(s))
		return false;
	return resolve_check(s->ctx, s->conf, STR("xclient"), arena_str(s->cmd, rule_macro_value(s->ctx, STR("client_name"))),
	    arena_str(s->cmd, rule_macro_value(s->ctx, STR("client_addr"))), 0, &v) == 0 && v.out.is_triple && str_caseeq_c(str_trim(v.out.mailer), "ok");
}

/* An address that is not known is 0.0.0.0: nobody's, and no relay's. */
static int
srv_xclient_addr(const struct xclient *x, enum xclient_id addr, enum xclient_id port, struct ip *ip)
{
	uint64_t n = 0;

	if (x->v[addr].state == XCLIENT_GIVEN) {
		if (ip_parse(x->v[addr].value, ip) == -1)
			return -1;
	} else if (x->v[addr].state != XCLIENT_ABSENT)
		(void)ip_parse(STR("0.0.0.0"), ip);
	if (x->v[port].state == XCLIENT_GIVEN)
		(void)num_u64(x->v[port].value, 0, 65535, &n);
	if (x->v[port].state != XCLIENT_ABSENT)
		ip->port = (uint16_t)n;
	return 0;
}

/* Who the client is said to be, in place of what DNS would say. */
static void
srv_xclient_name(struct srv *s, const struct xclient *x, struct park *p, struct verdict *known)
{
	char addr[IP_TEXT];
	bool given = x->v[XCLIENT_NAME].state == XCLIENT_GIVEN;

	memset(known, 0, sizeof *known);
	known->name = known->ptr = given ? arena_str(s->arena, x->v[XCLIENT_NAME].value) :
	    arena_fmt(s->arena, "[%s]", ip_print(&p->client, s->conf->opt.use_compressed_ipv6_addresses, addr));
	known->resolve = given ? RESOLVE_OK : x->v[XCLIENT_NAME].state == XCLIENT_TEMPUNAVAIL ? RESOLVE_TEMP : RESOLVE_FAIL;
	if (x->v[XCLIENT_NAME].state == XCLIENT_ABSENT && x->v[XCLIENT_ADDR].state == XCLIENT_ABSENT) {	/* the address is that of before */
		known->name = s->in->verdict.name;
		known->ptr = s->in->verdict.ptr;
		known->resolve = s->in->verdict.resolve;
	}
}

static void
srv_xclient_next(struct srv *s, const struct xclient *x, struct park *p)
{
	struct srv_again *n = ARENA_NEW(s->arena, struct srv_again);
	struct verdict known;
	struct verdict_ask q;

	n->in = *p;
	n->tls = s->tls;
	n->login = x->v[XCLIENT_LOGIN].state == XCLIENT_GIVEN ? arena_str(s->arena, x->v[XCLIENT_LOGIN].value) : STR("");
	n->in.greeted = n->in.early = n->in.parked = false;
	n->in.input = n->in.extra = STR("");
	n->in.nfilters = 0;
	memset(n->in.count, 0, sizeof n->in.count);
	n->in.helo = x->v[XCLIENT_HELO].state == XCLIENT_GIVEN ? arena_str(s->arena, x->v[XCLIENT_HELO].value) : STR_NONE;
	n->in.esmtp = x->v[XCLIENT_PROTO].state == XCLIENT_GIVEN && str_caseeq_c(x->v[XCLIENT_PROTO].value, "ESMTP");
	srv_xclient_name(s, x, &n->in, &known);
	memset(&q, 0, sizeof q);
	q.daemon = p->daemon;
	q.client = n->in.client;
	q.local = n->in.local;
	q.client_rate = p->client_rate;
	q.total_rate = p->total_rate;
	q.client_connections = p->client_connections;
	q.last = true;
	srv_verdict_known(s->sv, s->conf, &q, &known, s->arena, &n->in.verdict);
	s->again = n;
	s->over = true;
	log_line(5, LOG_P_INFO, NULL, "XCLIENT: %.*s says: client=%.*s %s%.*s", STR_ARG(s->client), STR_ARG(known.name),
	    n->login.n > 0 ? "login=" : "", STR_ARG(n->login));
}

void
srv_xclient(struct srv *s, struct str arg)
{
	struct park p = *s->in;
	struct smtp_bad bad;
	struct xclient x;

	if (!srv_xclient_rules(s))
		srv_unknown(s, str_trim(s->line));
	else if (!s->proxy) {
		log_line(5, LOG_P_NOTICE, NULL, "XCLIENT: %.*s is not trusted", STR_ARG(s->client));
		srv_reply(s, 550, "5.7.0", "Insufficient authorization");
	} else if (s->env != NULL)
		srv_reply(s, 503, "5.5.1", "MAIL transaction in progress");
	else if (xclient_parse(s->cmd, arg, &x, &bad) == -1)
		srv_bad_reply(s, &bad);
	else if (srv_xclient_addr(&x, XCLIENT_ADDR, XCLIENT_PORT, &p.client) == -1 || srv_xclient_addr(&x, XCLIENT_DESTADDR, XCLIENT_DESTPORT, &p.local) == -1)
		srv_reply(s, 501, "5.5.4", "Bad address");
	else if (!srv_early(s, "XCLIENT"))
		srv_xclient_next(s, &x, &p);
}
