/*
 * conn - listening and connecting, with time limits.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/err.h"
#include "net/ip.h"

/* A close-on-exec, non-blocking listening socket with SO_REUSEADDR, IPV6_V6ONLY; backlog 0: SOMAXCONN. */
int	net_listen(const struct ip *, int backlog, struct err *);
int	net_listen_unix(const char *path, mode_t mode, struct err *);
/* Blocking socket with TCP_NODELAY; from may be NULL.  err.sys tells ECONNREFUSED, ETIMEDOUT ... */
int	net_connect(const struct ip *to, const struct ip *from, int timeout_ms, struct err *);
/* The same on a socket that has its own address already, and is closed if that fails. */
int	net_connect_on(int sock, const struct ip *to, int timeout_ms, struct err *);
/* A socket bound to a port that only root may have (512 to 1023), at that address (NULL: any) of that family (4 or 6). */
int	net_reserved(int family, const struct ip *from, struct err *);
int	net_connect_unix(const char *path, int timeout_ms, struct err *);
int	net_local(int sock, struct ip *);
int	net_peer(int sock, struct ip *);
int	net_nodelay(int sock);

#endif
