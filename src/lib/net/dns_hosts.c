/*
 * dns_hosts - a hosts file as answers to A, AAAA and PTR questions.
 *
 * The text is read once; each line gives an address, a canonical name and aliases.
 * A name that stands here has only what stands here for its addresses.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "net/dns_int.h"

#define DNS_HOSTS_MEM	((size_t)16 << 20)
#define DNS_HOSTS_TTL	60

struct dns_host {
	struct dns_host	*next;		/* further lines with this key, in their order */
	struct ip	 ip;
	struct str	 canon;
};

struct dns_hosts {
	struct arena	*mem;
	struct hash	*names;		/* lower case name -> dns_host */
	struct hash	*addrs;		/* arpa name -> dns_host */
};

static void
dns_hosts_add(struct dns_hosts *h, struct hash *t, struct str key, const struct ip *ip, struct str canon)
{
	struct dns_host *new = ARENA_NEW(h->mem, struct dns_host), *old;

	if (new == NULL)
		return;
	new->ip = *ip;
	new->canon = canon;
	if ((old = hash_get(t, key)) == NULL) {
		hash_put(t, key, new);
		return;
	}
	while (old->next != NULL)
		old = old->next;
	old->next = new;
}

static void
dns_hosts_line(struct dns_hosts *h, struct str line)
{
	struct str	word, canon = STR_NONE;
	struct ip	ip;
	char		arpa[80];

	line = str_first(line, str_chr(line, '#'));
	if (!str_word(&line, &word) || ip_parse(word, &ip) == -1)
		return;
	while (str_word(&line, &word)) {
		struct str name = arena_lower(h->mem, str_trim(word));

		if (!dns_name_ok(name))
			continue;
		if (str_is_none(canon)) {
			canon = name;
			if (ip_arpa(&ip, arpa, sizeof arpa) == 0)
				dns_hosts_add(h, h->addrs, str_c(arpa), &ip, canon);
		}
		dns_hosts_add(h, h->names, name, &ip, canon);
	}
}

struct dns_hosts *
dns_hosts_new(struct str text)
{
	struct dns_hosts	*h = calloc(1, sizeof *h);
	struct str		 line;

	if (h == NULL || (h->mem = arena_new_soft(DNS_HOSTS_MEM)) == NULL)
		goto bad;
	h->names = hash_new(h->mem, 0);
	h->addrs = hash_new(h->mem, 0);
	if (h->names == NULL || h->addrs == NULL)
		goto bad;
	while (str_split(&text, '\n', &line))
		dns_hosts_line(h, str_rtrim(line));
	return h;
bad:
	dns_hosts_free(&h);
	return NULL;
}

void
dns_hosts_free(struct dns_hosts **hp)
{
	struct dns_hosts *h = *hp;

	if (h == NULL)
		return;
	if (h->mem != NULL)
		arena_free(&h->mem);
	free(h);
	*hp = NULL;
}

int
dns_hosts_ask(const struct dns_hosts *h, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out,
    bool *known)
{
	struct str	 key = arena_lower(a, name);
	struct dns_host	*found = hash_get(type == DNS_PTR ? h->addrs : h->names, key);
	size_t		 n = 0;

	*known = found != NULL;
	if (found == NULL || (type != DNS_A && type != DNS_AAAA && type != DNS_PTR))
		return 0;
	memset(out, 0, sizeof *out);
	for (struct dns_host *d = found; d != NULL; d = d->next)
		n++;
	out->rr = ARENA_ARRAY(a, struct dns_rr, n);
	out->canon = type == DNS_PTR ? key : arena_str(a, found->canon);
	for (struct dns_host *d = found; d != NULL; d = d->next) {
		struct dns_rr *r = &out->rr[out->nrr];

		if (type != DNS_PTR && d->ip.family != (type == DNS_A ? 4 : 6))
			continue;
		r->type = (uint16_t)type;
		r->ttl = DNS_HOSTS_TTL;
		r->name = out->canon;
		r->ip = d->ip;
		if (type == DNS_PTR)
			r->data = arena_str(a, d->canon);
		out->nrr++;
	}
	out->rc = out->nrr > 0 ? DNS_OK : DNS_NODATA;
	return 1;
}
