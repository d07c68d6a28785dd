/*
 * dnsconf - how this configuration asks DNS: servers, time, hosts file, search list.
 */
#ifndef SENDMAIL_DNSCONF_H
#define SENDMAIL_DNSCONF_H

#include "base/arena.h"
#include "base/err.h"
#include "conf.h"
#include "net/dns.h"

#define DNSCONF_RESOLV	"/etc/resolv.conf"
#define DNSCONF_HOSTS	"/etc/hosts"
#define DNSCONF_FILES	"hosts files\n"		/* instead of the text of resolv.conf: no DNS, the hosts file is all */

/*
 * Fill from options; `hosts` and `resolv` are the texts of the system's files (a role has no files), or none: then the files are named.
 * ResolverOptions may hold, beyond sendmail's words, nameserver=ADDRESS[@PORT]: that server alone is asked;
 * anchor=FILE: DNSSEC trust anchors, with which answers are validated (by libunbound); and insecure=ZONE, any number of times: inner zones that
 * are not signed.
 */
int	dnsconf_make(const struct conf *, struct str hosts, struct str resolv, struct arena *, struct dns_conf *, struct err *);
/* Timeout.resolver.retrans.first and .retry.first, for dns_patience: how long a question of a message's first try may take, 0: as any other. */
int	dnsconf_first_ms(const struct conf *);
/* A file of DNSSEC's root anchors that this system has, or NULL: with DANE=true it takes the place of anchor=. */
const char *dnsconf_root_anchors(void);
/* What roles get as the text of resolv.conf: dnsconf_text, or DNSCONF_FILES, with the order in front. */
struct str dnsconf_resolv(const struct conf *, struct arena *);
/* The search list of $[ $], from this text of resolv.conf; empty when ResolverOptions switches it off. */
void	dnsconf_search(const struct conf *, struct str resolv, struct arena *, const char ***list, size_t *n);
/*
 * What roles get as the text of resolv.conf: that file, and behind it, as comments, the file that HOSTALIASES names (hostname(7)).  The other gives the
 * latter back, "alias name" a line.
 */
struct str dnsconf_text(struct arena *);
struct str dnsconf_aliases(struct arena *, struct str text);
/* dns_ask of this process asks by itself: the backend is opened at the first question. For commands without roles. */
void	dnsconf_use_direct(const struct conf *);

#endif
