/*
 * dns_unbound - the module that knows libunbound: a validating, caching backend.
 *
 * With an event base every question runs on that loop; without one, questions block.
 * It shares only its table with the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unbound-event.h>

#include "net/dns_int.h"

struct dns_ub {
	struct ub_ctx	*ub;
};

#define DNS_UB_NOERROR	0		/* RFC 1035 4.1.1 */
#define DNS_UB_NXDOMAIN	3

struct dns_ub_question {
	dns_packet_fn	*done;
	void		*arg;
};

static const struct { const char *name, *value; } dns_ub_options[] = {
	{ "do-not-query-localhost:", "no" },	/* a forwarder on this machine is usual */
	{ "unblock-lan-zones:", "yes" },	/* private reverse zones are the site's to answer */
	{ "insecure-lan-zones:", "yes" },
	{ "cache-max-negative-ttl:", "60" },
	{ "msg-cache-size:", "8m" },
	{ "rrset-cache-size:", "16m" },
	{ "outgoing-range:", "512" },
	{ "num-queries-per-thread:", "1024" },
	{ "target-fetch-policy:", "2 1 0 0 0" },
};

/*
 * Zones that the library would answer by itself.  Sites use "test." inside (RFC 6761 6.2 leaves that to them); for
 * names of loopback addresses the hosts file was asked before.
 */
static const char *const dns_ub_forwarded[] = { "test.", "127.in-addr.arpa." };

static int
dns_ub_check(int rc, const char *what, struct err *e)
{
	if (rc == 0)
		return 0;
	return err_set(e, ERR_TEMP, "libunbound: %s: %s", what, ub_strerror(rc));
}

/* Each "nameserver" of resolv.conf's text is a forwarder. */
static int
dns_ub_resolv_text(struct dns_ub *u, struct str text, struct err *e)
{
	struct str	line, word;
	char		addr[80];
	int		n = 0;

	while (str_split(&text, '\n', &line)) {
		if (!str_word(&line, &word) || !str_eq_c(word, "nameserver") || !str_word(&line, &word))
			continue;
		if (str_copy(addr, sizeof addr, str_trim(word)) == -1)
			continue;
		if (dns_ub_check(ub_ctx_set_fwd(u->ub, addr), addr, e) == -1)
			return -1;
		n++;
	}
	return n > 0 ? 0 : dns_ub_check(ub_ctx_set_fwd(u->ub, "127.0.0.1"), "forwarder", e);
}

static int
dns_ub_servers(struct dns_ub *u, const struct dns_conf *c, struct err *e)
{
	char addr[80];

	if (c->server != NULL) {
		(void)snprintf(addr, sizeof addr, "%s@%d", c->server, c->port != 0 ? c->port : 53);
		return dns_ub_check(ub_ctx_set_fwd(u->ub, addr), addr, e);
	}
	if (!str_is_none(c->resolv))
		return dns_ub_resolv_text(u, c->resolv, e);
	return dns_ub_check(ub_ctx_resolvconf(u->ub, NULL), "resolv.conf", e);
}

static void
dns_ub_close(void *ctx)
{
	struct dns_ub *u = ctx;

	if (u->ub != NULL)
		ub_ctx_delete(u->ub);
	free(u);
}

static void
dns_ub_first(void *arg, int rcode, void *packet, int n, int sec, char *why, int limited)
{
	(void)arg, (void)rcode, (void)packet, (void)n, (void)sec, (void)why, (void)limited;
}

/* Records as in a zone file, one a line. */
static int
dns_ub_anchors(struct dns_ub *u, struct str text, struct err *e)
{
	struct str	line;
	char		record[4096];

	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == ';' || line.p[0] == '#')
			continue;
		if (str_copy(record, sizeof record, line) == -1)
			return err_set(e, ERR_PERM, "trust anchor: the record is too long");
		if (dns_ub_check(ub_ctx_add_ta(u->ub, record), "trust anchor", e) == -1)
			return -1;
	}
	return 0;
}

static void
dns_ub_insecure(struct dns_ub *u, struct str zones)
{
	struct str	zone;
	char		name[DNS_NAME_MAX + 2];

	while (str_word(&zones, &zone))
		if (str_copy(name, sizeof name, str_trim(zone)) == 0)
			(void)ub_ctx_set_option(u->ub, "domain-insecure:", name);
}

static void *
dns_ub_open(const struct dns_conf *c, void *event_base, struct err *e)
{
	struct dns_ub		*u = calloc(1, sizeof *u);
	struct ub_result	*r = NULL;
	int			 rc;

	if (u == NULL) {
		err_set(e, ERR_TEMP, "libunbound: no memory");
		return NULL;
	}
	u->ub = event_base != NULL ? ub_ctx_create_event(event_base) : ub_ctx_create();
	if (u->ub == NULL) {
		err_set(e, ERR_TEMP, "libunbound: no context");
		goto bad;
	}
	for (size_t i = 0; i < sizeof dns_ub_options / sizeof dns_ub_options[0]; i++)
		(void)ub_ctx_set_option(u->ub, dns_ub_options[i].name, dns_ub_options[i].value);
	if (c->insecure != NULL)
		dns_ub_insecure(u, str_c(c->insecure));
	if (dns_ub_servers(u, c, e) == -1)
		goto bad;
	if (!str_is_none(c->anchors)) {
		if (dns_ub_anchors(u, c->anchors, e) == -1)
			goto bad;
	} else if (c->anchor_file != NULL && dns_ub_check(ub_ctx_add_ta_file(u->ub, c->anchor_file), c->anchor_file, e) == -1)
		goto bad;
	for (size_t i = 0; i < sizeof dns_ub_forwarded / sizeof dns_ub_forwarded[0]; i++)
		if (dns_ub_check(ub_ctx_zone_remove(u->ub, dns_ub_forwarded[i]), "local zones", e) == -1)
			goto bad;
	/* The first question reads every file the library wants; this one needs no network. */
	if (event_base != NULL)
		rc = ub_resolve_event(u->ub, "localhost.", DNS_A, 1, NULL, dns_ub_first, NULL);
	else
		rc = ub_resolve(u->ub, "localhost.", DNS_A, 1, &r);
	ub_resolve_free(r);
	if (dns_ub_check(rc, "first question", e) == -1)
		goto bad;
	return u;
bad:
	dns_ub_close(u);
	return NULL;
}

static int
dns_ub_ask(void *ctx, const char *name, int type, dns_packet_fn *done, void *arg, struct err *e)
{
	struct dns_ub		*u = ctx;
	struct ub_result	*r = NULL;

	if (dns_ub_check(ub_resolve(u->ub, name, type, 1, &r), name, e) == -1)
		return -1;
	if (r->bogus || r->answer_packet == NULL)
		done(arg, NULL, 0, false);
	else
		done(arg, r->answer_packet, (size_t)r->answer_len, r->secure != 0);
	ub_resolve_free(r);
	return 0;
}

static void
dns_ub_done(void *arg, int rcode, void *packet, int n, int sec, char *why, int limited)
{
	struct dns_ub_question	 q = *(struct dns_ub_question *)arg;

	(void)why, (void)limited;
	free(arg);
	/* Without an answer (rcode is SERVFAIL then) the buffer holds the last packet that came: perhaps a forged one. */
	if ((rcode != DNS_UB_NOERROR && rcode != DNS_UB_NXDOMAIN) || sec == 1 || packet == NULL || n <= 0)
		q.done(q.arg, NULL, 0, false);
	else
		q.done(q.arg, packet, (size_t)n, sec == 2);
}

static int
dns_ub_start(void *ctx, const char *name, int type, dns_packet_fn *done, void *arg, struct err *e)
{
	struct dns_ub		*u = ctx;
	struct dns_ub_question	*q = malloc(sizeof *q);

	if (q == NULL)
		return err_set(e, ERR_TEMP, "no memory for a DNS question");
	q->done = done;
	q->arg = arg;
	if (dns_ub_check(ub_resolve_event(u->ub, name, type, 1, q, dns_ub_done, NULL), name, e) == -1) {
		free(q);
		return -1;
	}
	return 0;
}

static const struct dns_backend_ops dns_ub_ops = {
	.mod = { "dns_unbound", DNS_MODULE_VERSION },
	.open = dns_ub_open,
	.close = dns_ub_close,
	.ask = dns_ub_ask,
	.start = dns_ub_start,
};

extern const struct os_module *const angarium_module;
const struct os_module *const angarium_module = &dns_ub_ops.mod;
