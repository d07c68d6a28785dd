/*
 * dsn_prune - a sender's route is made as short as it can be before a report goes there (RFC 1123 5.2.6), unless DontPruneRoutes is set.
 *
 * "@a,@b,@c:user@d" becomes user@d where DNS knows d, else @c:user@d where it knows c, and so on; what nobody knows stays as it is.
 */
#include "dsn.h"
#include "net/dns.h"
#include "net/ip.h"

#define PRUNE_PATIENCE	5000	/* ms for one question */

static bool
prune_known(struct arena *m, struct str host)
{
	struct dns_mx	*mx;
	struct ip	*ip, literal;
	struct err	 e = ERR_INIT;
	size_t		 n;
	bool		 implicit;
	enum dns_rc	 rc;

	host = str_trim(host);
	if (host.n == 0)
		return false;
	if (host.p[0] == '[')
		return ip_parse_literal(host, &literal) == 0;
	if (dns_mx(host, 0, m, &rc, &mx, &n, &implicit, &e) == 0 && rc == DNS_OK && !implicit)
		return n > 0;
	return dns_addrs(host, true, true, m, &rc, &ip, &n, &e) == 0 && rc == DNS_OK && n > 0;
}

struct str
dsn_prune(struct arena *m, struct str addr)
{
	struct str	inner = addr, hops, spec, out = addr;
	size_t		colon, at, comma;

	if (inner.n > 2 && inner.p[0] == '<' && inner.p[inner.n - 1] == '>')
		inner = str_sub(inner, 1, inner.n - 1);
	colon = str_chr(inner, ':');
	if (inner.n == 0 || inner.p[0] != '@' || colon == SIZE_MAX)
		return addr;
	hops = str_first(inner, colon);
	spec = str_from(inner, colon + 1);
	if ((at = str_rchr(spec, '@')) == SIZE_MAX)
		return addr;
	dns_patience(PRUNE_PATIENCE);
	if (prune_known(m, str_from(spec, at + 1)))
		out = spec;
	else
		while ((comma = str_rchr(hops, ',')) != SIZE_MAX) {
			struct str	hop = str_trim(str_from(hops, comma + 1));

			if (hop.n > 1 && hop.p[0] == '@' && prune_known(m, str_from(hop, 1))) {
				out = arena_fmt(m, "%.*s:%.*s", STR_ARG(hop), STR_ARG(spec));
				break;
			}
			hops = str_first(hops, comma);
		}
	dns_patience(0);
	return out;
}
