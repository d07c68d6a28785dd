/*
 * dns_int - what the dns files share.
 */
#ifndef NET_DNS_INT_H
#define NET_DNS_INT_H

#include "net/dns.h"
#include "os/module.h"

#define DNS_MODULE_VERSION	2
#define DNS_TIMEOUT_MS		30000
#define DNS_NAME_MAX		253
#define DNS_TEXT_MAX		1024		/* a name with every byte escaped */
#define DNS_CHAIN_MAX		16		/* CNAMEs in one answer */
#define DNS_RR_MAX		512		/* records that we take from one answer */

struct event_base;

/* What a backend says of one question: a packet, or nothing (temporary failure). */
typedef void dns_packet_fn(void *arg, const void *packet, size_t n, bool secure);

/*
 * A backend.  `ask` blocks and calls `done` before it returns; `start` (NULL: it can only block) calls it later from the loop.
 * Both give -1 without calling `done` when the question could not be put.
 */
struct dns_backend_ops {
	struct os_module  mod;
	void		*(*open)(const struct dns_conf *, void *event_base, struct err *);
	void		 (*close)(void *ctx);
	int		 (*ask)(void *ctx, const char *name, int type, dns_packet_fn *done, void *arg, struct err *);
	int		 (*start)(void *ctx, const char *name, int type, dns_packet_fn *done, void *arg, struct err *);
};

extern const struct dns_backend_ops dns_resolv_ops;

/* hosts file */
struct dns_hosts;
struct dns_hosts	*dns_hosts_new(struct str text);
void			 dns_hosts_free(struct dns_hosts **);
/* 1 answered, 0 the file knows nothing about it; *known: the name has other records here. */
int			 dns_hosts_ask(const struct dns_hosts *, struct str name, enum dns_type, struct arena *,
			    struct dns_answer *, bool *known);

/* Fill from one packet or from its absence. */
void	dns_answer_temp(struct dns_answer *);

#endif
