/*
 * dns_msg - DNS packets into decoded answers (RFC 1035 4.1).
 *
 * Input is whatever came from the network: every length is checked against the
 * packet, compression pointers only ever go backwards, and what is taken is
 * bounded.  Pure: no clock, no descriptor.
 */
#include <stdio.h>
#include <string.h>

#include "net/dns_int.h"

#define DNS_CLASS_IN	1
#define DNS_RCODE_NXDOMAIN 3

struct dns_pkt {
	struct str	s;
	size_t		at;
	bool		bad;
};

static unsigned
dns_u8(struct dns_pkt *p)
{
	if (p->bad || p->at >= p->s.n) {
		p->bad = true;
		return 0;
	}
	return (unsigned char)p->s.p[p->at++];
}

static unsigned
dns_u16(struct dns_pkt *p)
{
	unsigned hi = dns_u8(p);

	return hi << 8 | dns_u8(p);
}

static uint32_t
dns_u32(struct dns_pkt *p)
{
	uint32_t hi = dns_u16(p);

	return hi << 16 | dns_u16(p);
}

static size_t
dns_label_text(char *dst, const unsigned char *l, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		char c = chr_lower((char)l[i]);

		if (l[i] <= 0x20 || l[i] >= 0x7f || c == '.' || c == '\\')
			out += (size_t)snprintf(dst + out, 5, "\\%03u", l[i]);
		else
			dst[out++] = c;
	}
	return out;
}

/* A name at p->at, in text form; p->at then stands behind it. */
static struct str
dns_name(struct dns_pkt *p, struct arena *a)
{
	char	t[DNS_TEXT_MAX + 260];
	size_t	n = 0, at = p->at, limit = p->at, wire = 0;
	bool	jumped = false;

	for (;;) {
		unsigned len;

		if (p->bad || at >= p->s.n)
			goto bad;
		len = (unsigned char)p->s.p[at];
		if ((len & 0xc0) == 0xc0) {
			size_t to;

			if (at + 1 >= p->s.n)
				goto bad;
			to = (size_t)(len & 0x3f) << 8 | (unsigned char)p->s.p[at + 1];
			if (!jumped)
				p->at = at + 2;
			jumped = true;
			if (to >= limit)		/* strictly backwards: it must end */
				goto bad;
			limit = at = to;
			continue;
		}
		if (len & 0xc0)
			goto bad;
		at++;
		if (len == 0)
			break;
		wire += len + 1;
		if (wire > 254 || len > p->s.n - at)
			goto bad;
		if (n > 0)
			t[n++] = '.';
		n += dns_label_text(t + n, (const unsigned char *)p->s.p + at, len);
		at += len;
	}
	if (!jumped)
		p->at = at;
	return n == 0 ? STR("") : arena_str(a, str_mem(t, n));
bad:
	p->bad = true;
	return STR_NONE;
}

/* TXT: its strings joined. */
static struct str
dns_txt(struct dns_pkt *p, size_t end, struct arena *a)
{
	char	*t = arena_bytes(a, end - p->at + 1);
	size_t	 n = 0;

	while (!p->bad && p->at < end) {
		size_t len = dns_u8(p);

		if (len > end - p->at) {
			p->bad = true;
			break;
		}
		memcpy(t + n, p->s.p + p->at, len);
		n += len;
		p->at += len;
	}
	t[n] = '\0';
	return str_mem(t, n);
}

static void
dns_ip(struct dns_pkt *p, size_t len, uint8_t family, struct ip *ip)
{
	if (len != (family == 4 ? 4u : 16u)) {
		p->bad = true;
		return;
	}
	memset(ip, 0, sizeof *ip);
	ip->family = family;
	memcpy(ip->a, p->s.p + p->at, len);
	p->at += len;
}

/* The data of one record, `len` octets at p->at. */
static void
dns_rdata(struct dns_pkt *p, size_t len, struct dns_rr *rr, struct arena *a)
{
	size_t end = p->at + len;

	switch (rr->type) {
	case DNS_A:
		dns_ip(p, len, 4, &rr->ip);
		break;
	case DNS_AAAA:
		dns_ip(p, len, 6, &rr->ip);
		break;
	case DNS_MX:
	case DNS_AFSDB:
		rr->pref = (uint16_t)dns_u16(p);
		rr->data = dns_name(p, a);
		break;
	case DNS_SRV:
		rr->pref = (uint16_t)dns_u16(p);
		rr->weight = (uint16_t)dns_u16(p);
		rr->port = (uint16_t)dns_u16(p);
		rr->data = dns_name(p, a);
		break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		rr->data = dns_name(p, a);
		break;
	case DNS_TXT:
		rr->data = dns_txt(p, end, a);
		break;
	default:
		rr->data = arena_str(a, str_mem(p->s.p + p->at, len));
		p->at = end;
		break;
	}
	if (p->at != end)
		p->bad = true;
}

/* Read all answer records of class IN; other classes are passed over. */
static size_t
dns_records(struct dns_pkt *p, unsigned count, struct dns_rr *rr, size_t max, struct arena *a)
{
	size_t n = 0;

	while (count-- > 0 && !p->bad && n < max) {
		struct dns_rr	*r = &rr[n];
		unsigned	 class;
		size_t		 len;

		r->name = dns_name(p, a);
		r->type = (uint16_t)dns_u16(p);
		class = dns_u16(p);
		r->ttl = dns_u32(p);
		len = dns_u16(p);
		if (p->bad || len > p->s.n - p->at) {
			p->bad = true;
			break;
		}
		if (class != DNS_CLASS_IN) {
			p->at += len;
			memset(r, 0, sizeof *r);
			continue;
		}
		dns_rdata(p, len, r, a);
		n++;
	}
	return n;
}

static struct str
dns_chain(struct str name, const struct dns_rr *rr, size_t n)
{
	for (int hops = 0; hops < DNS_CHAIN_MAX; hops++) {
		size_t i;

		for (i = 0; i < n; i++)
			if (rr[i].type == DNS_CNAME && str_eq(rr[i].name, name))
				break;
		if (i == n)
			return name;
		name = rr[i].data;
	}
	return name;
}

int
dns_msg_parse(struct str packet, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out)
{
	struct dns_pkt	 p = { packet, 0, false };
	struct dns_rr	*all;
	unsigned	 flags, nq, na, rcode;
	size_t		 n;

	memset(out, 0, sizeof *out);
	out->rc = DNS_TEMP;
	(void)dns_u16(&p);
	flags = dns_u16(&p);
	nq = dns_u16(&p);
	na = dns_u16(&p);
	(void)dns_u32(&p);			/* counts of the other sections */
	if (p.bad || !(flags & 0x8000))
		return -1;
	rcode = flags & 15;
	while (nq-- > 0 && !p.bad) {
		(void)dns_name(&p, a);
		(void)dns_u32(&p);
	}
	if (p.bad)
		return -1;
	out->canon = arena_lower(a, name);
	if (rcode != 0 && rcode != DNS_RCODE_NXDOMAIN)
		return 0;
	if (na > DNS_RR_MAX)
		na = DNS_RR_MAX;
	all = ARENA_ARRAY(a, struct dns_rr, na + 1);
	n = dns_records(&p, na, all, na, a);
	if (p.bad)
		return -1;
	out->canon = dns_chain(out->canon, all, n);
	out->rr = ARENA_ARRAY(a, struct dns_rr, n + 1);
	for (size_t i = 0; i < n; i++) {
		bool here = str_eq(all[i].name, out->canon) && all[i].type == type;
		bool first = type == DNS_CNAME && all[i].type == DNS_CNAME;

		if (here || first || type == DNS_ANY)
			out->rr[out->nrr++] = all[i];
	}
	out->rc = out->nrr > 0 ? DNS_OK : rcode == DNS_RCODE_NXDOMAIN ? DNS_NXDOMAIN : DNS_NODATA;
	return 0;
}

bool
dns_name_ok(struct str s)
{
	size_t label = 0;

	if (s.n == 0 || s.n > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '\\')
			return false;
		if (s.p[i] != '.') {
			if (++label > 63)
				return false;
		} else if (label == 0)
			return false;
		else
			label = 0;
	}
	return label > 0;
}
