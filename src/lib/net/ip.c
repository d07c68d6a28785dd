/*
 * ip - internet addresses.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/fmt.h"
#include "base/num.h"
#include "net/ip.h"

static const uint8_t ip_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void
ip_set6(struct ip *ip, const uint8_t a[16])
{
	if (memcmp(a, ip_mapped, sizeof ip_mapped) == 0) {
		ip->family = 4;
		memcpy(ip->a, a + 12, 4);
		return;
	}
	ip->family = 6;
	memcpy(ip->a, a, 16);
}

int
ip_parse(struct str s, struct ip *ip)
{
	char		text[IP_TEXT];
	struct ip	r = { .family = 0 };
	uint8_t		a[16];
	size_t		pct;
	bool		tagged = str_casestarts(s, STR("IPv6:"));

	if (tagged)
		s = str_from(s, 5);
	if ((pct = str_chr(s, '%')) != SIZE_MAX) {
		uint64_t scope;

		if (str_copy(text, sizeof text, str_from(s, pct + 1)) == -1 || text[0] == '\0')
			return -1;
		if ((r.scope = (uint32_t)if_nametoindex(text)) == 0) {
			if (num_u64(str_from(s, pct + 1), 1, UINT32_MAX, &scope) == -1)
				return -1;
			r.scope = (uint32_t)scope;
		}
		s = str_first(s, pct);
	}
	if (str_copy(text, sizeof text, s) == -1)
		return -1;
	if (!tagged && r.scope == 0 && inet_pton(AF_INET, text, a) == 1) {
		r.family = 4;
		memcpy(r.a, a, 4);
	} else if (inet_pton(AF_INET6, text, a) == 1) {
		r.family = 6;
		memcpy(r.a, a, 16);
	} else
		return -1;
	*ip = r;
	return 0;
}

int
ip_parse_literal(struct str s, struct ip *ip)
{
	struct ip r;

	if (s.n < 3 || s.p[0] != '[' || s.p[s.n - 1] != ']')
		return -1;
	s = str_sub(s, 1, s.n - 1);
	if (ip_parse(s, &r) == -1)
		return -1;
	/* RFC 5321 4.1.3: IPv6 needs its tag; a bare one is what sendmail's rules also accept. */
	*ip = r;
	return 0;
}

static char *
ip_print_full(const struct ip *ip, char dst[IP_TEXT])
{
	size_t n = 0;

	for (int i = 0; i < 16; i += 2)
		n += (size_t)snprintf(dst + n, IP_TEXT - n, "%s%x", i ? ":" : "",
		    (unsigned)ip->a[i] << 8 | ip->a[i + 1]);
	return dst;
}

char *
ip_text(const struct ip *ip, char dst[IP_TEXT])
{
	dst[0] = '\0';
	if (ip->family == 4)
		(void)fmt_put(dst, IP_TEXT, "%u.%u.%u.%u", ip->a[0], ip->a[1], ip->a[2], ip->a[3]);
	else if (ip->family == 6)
		(void)inet_ntop(AF_INET6, ip->a, dst, IP_TEXT);
	return dst;
}

char *
ip_print(const struct ip *ip, bool compressed, char dst[IP_TEXT])
{
	char t[IP_TEXT];

	if (ip->family != 6)
		return ip_text(ip, dst);
	(void)(compressed ? ip_text(ip, t) : ip_print_full(ip, t));
	(void)snprintf(dst, IP_TEXT, "IPv6:%.*s", IP_TEXT - 6, t);
	return dst;
}

int
ip_from_sockaddr(const struct sockaddr *sa, socklen_t len, struct ip *ip)
{
	struct ip r = { .family = 0 };

	if (sa->sa_family == AF_INET && len >= (socklen_t)sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof in);
		r.family = 4;
		memcpy(r.a, &in.sin_addr, 4);
		r.port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6 && len >= (socklen_t)sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 in;

		memcpy(&in, sa, sizeof in);
		ip_set6(&r, in.sin6_addr.s6_addr);
		r.port = ntohs(in.sin6_port);
		if (r.family == 6)
			r.scope = in.sin6_scope_id;
	} else
		return -1;
	*ip = r;
	return 0;
}

socklen_t
ip_to_sockaddr(const struct ip *ip, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof *ss);
	if (ip->family == 4) {
		struct sockaddr_in in;

		memset(&in, 0, sizeof in);
		in.sin_family = AF_INET;
		memcpy(&in.sin_addr, ip->a, 4);
		in.sin_port = htons(ip->port);
		memcpy(ss, &in, sizeof in);
		return (socklen_t)sizeof in;
	}
	if (ip->family == 6) {
		struct sockaddr_in6 in;

		memset(&in, 0, sizeof in);
		in.sin6_family = AF_INET6;
		memcpy(&in.sin6_addr, ip->a, 16);
		in.sin6_port = htons(ip->port);
		in.sin6_scope_id = ip->scope;
		memcpy(ss, &in, sizeof in);
		return (socklen_t)sizeof in;
	}
	return 0;
}

bool
ip_eq(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && a->scope == b->scope &&
	    memcmp(a->a, b->a, a->family == 4 ? 4 : 16) == 0;
}

bool
ip_in_net(const struct ip *ip, const struct ip *net, unsigned bits)
{
	unsigned max = net->family == 4 ? 32 : 128, whole;

	if (ip->family != net->family || ip->family == 0 || bits > max)
		return false;
	whole = bits / 8;
	if (memcmp(ip->a, net->a, whole) != 0)
		return false;
	if (bits % 8 == 0)
		return true;
	return ((ip->a[whole] ^ net->a[whole]) >> (8 - bits % 8)) == 0;
}

bool
ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (ip->family == 4)
		return ip->a[0] == 127;
	return ip->family == 6 && memcmp(ip->a, one, 16) == 0;
}

int
ip_arpa(const struct ip *ip, char *dst, size_t size)
{
	char	t[80];
	size_t	n = 0;

	if (ip->family == 4)
		n = (size_t)fmt_put(t, sizeof t, "%u.%u.%u.%u.in-addr.arpa", ip->a[3], ip->a[2],
		    ip->a[1], ip->a[0]);
	else if (ip->family == 6) {
		for (int i = 15; i >= 0; i--)
			n += (size_t)snprintf(t + n, sizeof t - n, "%x.%x.", ip->a[i] & 15u,
			    ip->a[i] >> 4);
		n += (size_t)snprintf(t + n, sizeof t - n, "ip6.arpa");
	} else
		return -1;
	if (n >= size)
		return -1;
	memcpy(dst, t, n + 1);
	return 0;
}
