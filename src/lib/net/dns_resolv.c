/*
 * dns_resolv - the C library's resolver as a backend: blocking questions, no cache.
 *
 * Only for programs without roles and systems without libunbound.  The packet goes to
 * our own decoder, so both backends answer alike.
 */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

#include "net/dns_int.h"

#define DNS_PACKET_MAX	65536

struct dns_resolv {
	struct __res_state	 res;
	unsigned char		*packet;
};

/* Ask this server alone.  The C library knows IPv4 servers in this array; an IPv6 one needs resolv.conf. */
static int
dns_resolv_server(struct dns_resolv *r, const struct dns_conf *c, struct err *e)
{
	struct ip	ip;
	int		port = c->port != 0 ? c->port : 53;

	if (c->server == NULL) {
		if (c->port != 0)
			for (int i = 0; i < r->res.nscount; i++)
				r->res.nsaddr_list[i].sin_port = htons((uint16_t)port);
		return 0;
	}
	if (ip_parse(str_c(c->server), &ip) == -1 || ip.family != 4)
		return err_set(e, ERR_PERM, "DNS server %s: not an IPv4 address (libresolv)", c->server);
	memset(&r->res.nsaddr_list[0], 0, sizeof r->res.nsaddr_list[0]);
	r->res.nsaddr_list[0].sin_family = AF_INET;
	memcpy(&r->res.nsaddr_list[0].sin_addr, ip.a, 4);
	r->res.nsaddr_list[0].sin_port = htons((uint16_t)port);
	r->res.nscount = 1;
	return 0;
}

static void
dns_resolv_close(void *ctx)
{
	struct dns_resolv *r = ctx;

	res_nclose(&r->res);
	free(r->packet);
	free(r);
}

static void *
dns_resolv_open(const struct dns_conf *c, void *event_base, struct err *e)
{
	struct dns_resolv *r = calloc(1, sizeof *r);

	(void)event_base;
	if (r == NULL || (r->packet = malloc(DNS_PACKET_MAX)) == NULL || res_ninit(&r->res) != 0) {
		if (r != NULL)
			free(r->packet);
		free(r);
		err_set(e, ERR_TEMP, "the resolver library does not start");
		return NULL;
	}
	if (dns_resolv_server(r, c, e) == -1) {
		dns_resolv_close(r);
		return NULL;
	}
	if (c->tries > 0)
		r->res.retry = c->tries;
	if (c->timeout_ms > 0) {
		int per = c->timeout_ms / 1000 / (r->res.retry > 0 ? r->res.retry : 1);

		r->res.retrans = per < 1 ? 1 : per;
	}
	return r;
}

static int
dns_resolv_ask(void *ctx, const char *name, int type, dns_packet_fn *done, void *arg, struct err *e)
{
	struct dns_resolv	*r = ctx;
	unsigned char		 query[512];
	int			 n, retrans = r->res.retrans, retry = r->res.retry;

	if (dns_patience_now() > 0 && retrans * retry * 1000 > dns_patience_now()) {
		r->res.retry = 1;
		r->res.retrans = dns_patience_now() < 2000 ? 1 : dns_patience_now() / 1000;
	}
	n = res_nmkquery(&r->res, ns_o_query, name, ns_c_in, type, NULL, 0, NULL, query, sizeof query);
	if (n > 0)
		n = res_nsend(&r->res, query, n, r->packet, DNS_PACKET_MAX);
	else
		n = -2;
	r->res.retrans = retrans;
	r->res.retry = retry;
	if (n == -2)
		return err_set(e, ERR_PERM, "%s: not a name for DNS", name);
	done(arg, n > 0 ? r->packet : NULL, n > 0 ? (size_t)n : 0, false);
	return 0;
}

const struct dns_backend_ops dns_resolv_ops = {
	.mod = { "dns_resolv", DNS_MODULE_VERSION },
	.open = dns_resolv_open,
	.close = dns_resolv_close,
	.ask = dns_resolv_ask,
};
