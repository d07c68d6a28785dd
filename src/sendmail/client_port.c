/*
 * client_port - see the header.  Operations guide, ClientPortOptions and DaemonPortOptions (modifier b).
 */
#include "client_port.h"

#include <sys/socket.h>

#include "mx.h"
#include "net/conn.h"
#include "net/dns.h"
#include "policy.h"
#include "portask.h"
#include "req.h"

const struct conf_daemon *
client_port(const struct conf *c, int family)
{
	for (size_t i = 0; i < c->nclients; i++)
		if (str_caseeq_c(c->clients[i].family, family == 6 ? "inet6" : "inet"))
			return &c->clients[i];
	return NULL;
}

/* "10.0.0.1", "[IPv6:::1]", "IPv6:::1" */
static bool
client_port_addr(struct str s, struct ip *ip)
{
	if (ip_parse_literal(s, ip) == 0 || ip_parse(s, ip) == 0)
		return true;
	return str_casestarts(s, STR("IPv6:")) && ip_parse(str_from(s, 5), ip) == 0;
}

struct str
client_port_key(const struct attempt *a)
{
	struct str flags = STR_NONE, addr = STR_NONE;

	for (size_t i = 0; i < a->nmacro; i++) {
		if (str_eq_c(a->macro[i].name, "daemon_flags"))
			flags = a->macro[i].value;
		else if (str_eq_c(a->macro[i].name, "if_addr"))
			addr = a->macro[i].value;
	}
	return str_chr(flags, 'b') == SIZE_MAX ? STR_NONE : addr;
}

/*
 * Where a connection to `to` is to come from: the address the message came in by (modifier b), else the row's.  NULL: the system chooses.  Names are
 * looked up in DNS.
 */
static const struct ip *
client_port_source(const struct conf *c, const struct attempt *a, const struct ip *to, struct arena *m, struct ip *from)
{
	const struct conf_daemon *row = client_port(c, to->family);
	struct str own = client_port_key(a);
	struct err e = ERR_INIT;
	enum dns_rc rc;
	struct ip *v;
	size_t n;

	if (own.n > 0 && client_port_addr(own, from) && from->family == to->family) {
		from->port = 0;
		return from;
	}
	if (row == NULL || (row->addr.n == 0 && row->port.n == 0))
		return NULL;
	memset(from, 0, sizeof *from);
	from->family = to->family;
	if (row->addr.n > 0 && !client_port_addr(row->addr, from)) {
		if (dns_addrs(row->addr, to->family == 4, to->family == 6, m, &rc, &v, &n, &e) == -1 || rc != DNS_OK || n == 0)
			return NULL;
		*from = v[0];
	}
	if (from->family != to->family)
		return NULL;
	from->port = mx_port(row->port);
	return from;
}

/* A socket whose port only root may have: our own where we are root, else the parent's. */
static int
client_port_reserved(struct role_ctx *ctx, const struct ip *to, const struct ip *from, struct err *e)
{
	struct port_ask ask = { .family = to->family == 6 ? 6 : 4, .from = STR_NONE };
	char text[IP_TEXT];
	struct frame f;
	struct buf b;
	int rc;

	if (!ctx->is_worker)
		return net_reserved(to->family, from, e);
	if (from != NULL) {
		(void)ip_print(from, false, text);
		ask.from = str_c(text);
	}
	buf_init(&b, 0);
	port_ask_put(&b, &ask);
	rc = req_ask(ctx, R_LOOKUP, Q_PORT, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == 0 && f.fd == -1)
		return err_set(e, ERR_TEMP, "no port below 1024");
	return rc == -1 ? -1 : f.fd;
}

int
client_port_connect(struct role_ctx *ctx, const struct mailer *m, const struct attempt *a, const struct ip *to, struct arena *arena,
    int timeout_ms, struct err *e)
{
	struct ip own;
	const struct ip *from = client_port_source(ctx->conf, a, to, arena, &own);
	int sock;

	if (!mailer_has(m, 'R') || (from != NULL && from->port != 0))
		return net_connect(to, from, timeout_ms, e);
	sock = client_port_reserved(ctx, to, from, e);
	return sock == -1 ? -1 : net_connect_on(sock, to, timeout_ms, e);
}

void
client_port_buffers(const struct conf_daemon *row, int sock)
{
	if (row != NULL && row->sndbuf > 0)
		(void)setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &row->sndbuf, sizeof row->sndbuf);
	if (row != NULL && row->rcvbuf > 0)
		(void)setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &row->rcvbuf, sizeof row->rcvbuf);
}

/* A name of the address, none if it has none. */
static struct str
client_port_name(const struct ip *ip, struct arena *m)
{
	struct str name;
	enum dns_rc rc;
	bool matches;

	return dns_reverse(ip, m, &rc, &name, &matches, NULL) == -1 || rc != DNS_OK ? STR("") : name;
}

struct clt_own
client_port_own(const struct conf *c, const struct conf_daemon *row, int sock, struct arena *m)
{
	struct clt_own own = { .flags = row != NULL ? row->modifier_text : STR_NONE };
	char text[IP_TEXT];
	struct ip ip;

	if (!(policy_has(c, POLICY_TRY_TLS) || policy_has(c, POLICY_TLS_SERVER) || policy_has(c, POLICY_TLS_RCPT)) ||
	    net_local(sock, &ip) == -1 || ip_is_loopback(&ip))
		return own;
	own.addr = arena_str(m, str_c(ip_print(&ip, c->opt.use_compressed_ipv6_addresses, text)));
	own.family = ip.family == 6 ? STR("6") : STR("2");
	own.name = client_port_name(&ip, m);
	if (own.name.n == 0)
		own.name = arena_fmt(m, "[%.*s]", STR_ARG(own.addr));
	return own;
}

struct str
client_port_helo(const struct conf_daemon *row, int sock, struct arena *m, struct str helo)
{
	struct str name;
	struct ip ip;

	if (row == NULL || !conf_flag(&row->modifiers, 'h') || net_local(sock, &ip) == -1)
		return helo;
	name = client_port_name(&ip, m);
	return name.n == 0 || name.p[0] == '[' || str_chr(name, '.') == SIZE_MAX ? helo : name;
}
