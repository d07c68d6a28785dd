/*
 * http - one page over HTTPS, for policies of MTA-STS (RFC 8461 3.3), and one sent there, for TLS reports (RFC 8460 5.4); module `http' (libcurl).
 *
 * No redirects, no proxy, no cookies, no file of the system is read while it works; names are not looked up here: the caller brings addresses.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct http_ask {
	const char	*host;			/* whose certificate it must be */
	int		 port;
	const char	*path;			/* "/.well-known/mta-sts.txt" */
	const char	*addrs;			/* "192.0.2.1,[2001:db8::1]" */
	struct str	 roots;			/* certificates (PEM) that we trust */
	int		 timeout_ms;
	size_t		 max;			/* longest body */
	const char	*type;			/* Content-Type of what is sent; NULL: nothing is, a page is asked for */
	struct str	 post;
};

enum http_rc {
	HTTP_OK,
	HTTP_FAILED,				/* nobody there, not 200 (what was sent: 2xx), too long, a page that is not text/plain: *e says */
	HTTP_CERT				/* the server's certificate */
};

/* Before rights are given up: loads the module.  -1: there is none. */
int		http_load(struct err *);
/* body: the page, or the answer to what was sent (its first `max' octets; the rest is not read). */
enum http_rc	http_get(const struct http_ask *, struct buf *body, struct err *);

/* The module's table. */
#include "os/module.h"
#define HTTP_MODULE_VERSION	2
struct http_ops {
	struct os_module mod;
	enum http_rc	(*get)(const struct http_ask *, struct buf *body, struct err *);
};

#endif
