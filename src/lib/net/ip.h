/*
 * ip - internet addresses: parse, print, compare, networks.
 */
#ifndef NET_IP_H
#define NET_IP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"

struct ip {
	uint8_t		family;		/* 0 none, 4, 6 */
	uint8_t		a[16];		/* network order; IPv4 in the first four */
	uint16_t	port;		/* host order */
	uint32_t	scope;
};

#define IP_TEXT	64

/* "192.0.2.1", "2001:db8::1", "IPv6:2001:db8::1"; no names. */
int	ip_parse(struct str, struct ip *);
/* "[192.0.2.1]", "[IPv6:...]": RFC 5321 4.1.3. */
int	ip_parse_literal(struct str, struct ip *);
/* sendmail's forms: IPv6 is written "IPv6:..." and, unless compressed, in full 8 groups without leading zeros. */
char	*ip_print(const struct ip *, bool compressed, char dst[IP_TEXT]);
/* Plain inet_ntop form. */
char	*ip_text(const struct ip *, char dst[IP_TEXT]);
int	ip_from_sockaddr(const struct sockaddr *, socklen_t, struct ip *);	/* v4-mapped becomes IPv4 */
socklen_t ip_to_sockaddr(const struct ip *, struct sockaddr_storage *);
bool	ip_eq(const struct ip *, const struct ip *);		/* not the port */
bool	ip_in_net(const struct ip *, const struct ip *net, unsigned bits);
bool	ip_is_loopback(const struct ip *);
/* "1.0.0.127.in-addr.arpa" */
int	ip_arpa(const struct ip *, char *dst, size_t size);

#endif
