/*
 * map_cidr - class cidr: the networks among the keys of another map, the smallest that holds an address.
 *
 *	Knets cidr access
 *	$(nets Connect:192.0.2.1 $@ + $: ? $)		with + also networks without a tag
 *
 * All keys that are networks are read when the first question comes and when the other map has changed, so that a question costs as many
 * probes of a table as there are different lengths.  Forms of a network: 192.0.2.0/27, 192.0 (of 16 bits), IPv6:2001:db8::/44,
 * IPv6:2001:db8 (of 32 bits), an address; each with a tag before it or without.
 */
#include <string.h>

#include "base/hash.h"
#include "base/num.h"
#include "map/map_int.h"
#include "net/ip.h"
#include "os/lock.h"

#define CIDR_MEMORY	((size_t)512 << 20)
#define CIDR_TAG	64
#define CIDR_KEY	(CIDR_TAG + 2 + 16)

struct map_cidr {
	struct str	 source;	/* name of the other map */
	struct arena	*arena;		/* of what follows; NULL: not read */
	struct hash	*table;		/* tag, family, length, network -> struct str */
	bool		 len4[33], len6[129];
	struct stat	 st;		/* of the other map's file when it was read */
	bool		 busy;
};

/* Set all bits behind the first `bits` to 0. */
static void
cidr_mask(uint8_t *a, size_t n, unsigned bits)
{
	for (size_t i = 0; i < n; i++)
		if (bits >= (i + 1) * 8)
			continue;
		else
			a[i] = (uint8_t)(bits <= i * 8 ? 0 : a[i] & 0xff << (8 - (bits - i * 8)));
}

/* "10.1", and the number of its octets; 0: something else. */
static unsigned
cidr_octets(struct str s, char text[IP_TEXT])
{
	unsigned	n = 1;

	if (s.n == 0 || s.n > 15)
		return 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '.')
			n++;
		else if (!chr_is_digit(s.p[i]))
			return 0;
	if (n > 4)
		return 0;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	for (unsigned i = n; i < 4; i++)
		memcpy(text + strlen(text), ".0", 3);
	return n;
}

/* "2001:db8", behind IPv6:, and the number of its groups; 8 for a whole address; 0: something else. */
static unsigned
cidr_groups(struct str s, char text[IP_TEXT])
{
	unsigned	n = 1;

	if (s.n == 0 || s.n > 45)
		return 0;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (str_find(s, STR("::")) != SIZE_MAX)
		return 8;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ':';
	if (n < 8)
		memcpy(text + s.n, "::", 3);
	return n > 8 ? 0 : n;
}

bool
map_cidr_parse(struct str s, struct ip *ip, unsigned *bits)
{
	char		text[IP_TEXT + 8];
	struct str	len;
	size_t		slash = str_chr(s, '/');
	int		given = -1;
	unsigned	parts, most;

	len = slash == SIZE_MAX ? STR_NONE : str_from(s, slash + 1);
	s = str_first(s, slash);
	if (str_chr(s, '%') != SIZE_MAX)	/* a zone is no network's */
		return false;
	if (str_casestarts(s, STR("IPv6:"))) {
		most = 128;
		parts = cidr_groups(str_from(s, 5), text) * 16;
	} else {
		most = 32;
		parts = cidr_octets(s, text) * 8;
	}
	if (parts == 0 || ip_parse(str_c(text), ip) == -1 || ip->family != (most == 128 ? 6 : 4))
		return false;
	if (!str_is_none(len) && num_int(len, 0, (int)most, &given) == -1)
		return false;
	*bits = given >= 0 ? (unsigned)given : parts;
	cidr_mask(ip->a, most / 8, *bits);
	return true;
}

/* "Connect" and the rest; a key without a tag has an empty one. */
static struct str
cidr_tag(struct str *s)
{
	size_t		at = str_chr(*s, ':');
	struct str	tag = STR("");

	if (at == SIZE_MAX || at == 0 || at > CIDR_TAG || str_casestarts(*s, STR("IPv6:")))
		return tag;
	tag = str_first(*s, at);
	*s = str_from(*s, at + 1);
	return tag;
}

static struct str
cidr_key(struct str tag, const struct ip *ip, unsigned bits, char key[CIDR_KEY])
{
	size_t	n = tag.n, size = ip->family == 6 ? 16 : 4;

	for (size_t i = 0; i < n; i++)
		key[i] = chr_lower(tag.p[i]);
	key[n++] = (char)ip->family;
	key[n++] = (char)bits;
	memcpy(key + n, ip->a, size);
	return str_mem(key, n + size);
}

/* A row of the other map. */
static int
cidr_row(void *arg, struct str row, struct str value)
{
	struct map_cidr	*c = arg;
	struct str	 tag, key, *v;
	char		 text[CIDR_KEY];
	struct ip	 ip;
	unsigned	 bits;

	while (row.n > 0 && row.p[row.n - 1] == '\0')
		row.n--;
	while (value.n > 0 && value.p[value.n - 1] == '\0')
		value.n--;
	tag = cidr_tag(&row);
	if (!map_cidr_parse(row, &ip, &bits))
		return 0;
	key = cidr_key(tag, &ip, bits, text);
	if (hash_has(c->table, key))
		return 0;
	if ((v = arena_alloc(c->arena, sizeof *v)) == NULL)
		return 1;
	*v = arena_str(c->arena, value);
	if (hash_put(c->table, key, v) == -1)
		return 1;
	*(ip.family == 6 ? &c->len6[bits] : &c->len4[bits]) = true;
	return 0;
}

static bool
cidr_is_fresh(const struct map_cidr *c, const struct map *source)
{
	return c->arena != NULL && (source->fd == -1 || (c->st.st_ino == source->st.st_ino && c->st.st_dev == source->st.st_dev &&
	    c->st.st_size == source->st.st_size && c->st.st_mtime == source->st.st_mtime));
}

static int
cidr_load(struct map *m, struct map_cidr *c, struct err *e)
{
	struct map	*source = m->env->find == NULL ? NULL : m->env->find(m->env->arg, c->source);
	bool		 lock;
	int		 rc;

	if (source == NULL || source == m)
		return err_set(e, ERR_TEMP, "map %.*s: there is no map %.*s", STR_ARG(m->name), STR_ARG(c->source));
	if (map_open(source, e) == -1)
		return -1;
	if (cidr_is_fresh(c, source))
		return 0;
	arena_free(&c->arena);
	memset(c->len4, 0, sizeof c->len4);
	memset(c->len6, 0, sizeof c->len6);
	if ((c->arena = arena_new_soft(CIDR_MEMORY)) == NULL || (c->table = hash_new(c->arena, 0)) == NULL) {
		arena_free(&c->arena);
		return err_set(e, ERR_TEMP, "map %.*s: out of memory", STR_ARG(m->name));
	}
	lock = source->fd != -1 && !source->locked && os_flock(source->fd, OS_LOCK_SHARED, true) == 0;
	rc = map_each(source, cidr_row, c, e);
	if (lock)
		os_flock(source->fd, OS_LOCK_UNLOCK, true);
	if (rc == 0) {
		c->st = source->st;
		return 0;
	}
	arena_free(&c->arena);
	return rc == -1 ? -1 : err_set(e, ERR_TEMP, "map %.*s: too many networks in map %.*s", STR_ARG(m->name), STR_ARG(c->source));
}

static int
map_cidr_args(struct map *m, struct str rest, struct err *e)
{
	struct map_cidr	*c = m->inside = ARENA_NEW(m->arena, struct map_cidr);
	struct str	 w;

	if (!str_word(&rest, &w))
		return err_set(e, ERR_PERM, "map %.*s: class cidr needs the name of another map", STR_ARG(m->name));
	c->source = arena_str(m->arena, w);
	return 0;
}

static enum map_result
map_cidr_get(MAP_GET_ARGS)
{
	struct map_cidr	*c = m->inside;
	struct str	 tag = cidr_tag(&key), *v;
	bool		 plain = nargs > 0 && str_eq_c(args[0], "+");
	char		 text[CIDR_KEY];
	struct ip	 ip, net;
	unsigned	 bits;
	int		 rc;

	(void)call;
	if (c->busy)
		return MAPR_NONE;
	c->busy = true;
	rc = cidr_load(m, c, e);
	c->busy = false;
	if (rc == -1)
		return MAPR_TEMP;
	if (!map_cidr_parse(key, &ip, &bits))
		return MAPR_NONE;
	for (unsigned n = bits + 1; n-- > 0;) {
		if (!(ip.family == 6 ? c->len6[n] : c->len4[n]))
			continue;
		net = ip;
		cidr_mask(net.a, ip.family == 6 ? 16 : 4, n);
		if ((v = hash_get(c->table, cidr_key(tag, &net, n, text))) != NULL ||
		    (plain && (v = hash_get(c->table, cidr_key(STR(""), &net, n, text))) != NULL)) {
			buf_add(out, *v);
			return MAPR_FOUND;
		}
	}
	return MAPR_NONE;
}

static void
map_cidr_close(struct map *m)
{
	struct map_cidr	*c = m->inside;

	if (c != NULL)
		arena_free(&c->arena);
}

const struct map_class map_class_cidr = {
	"cidr", 0, NULL, NULL, map_cidr_args, NULL, map_cidr_get, NULL, map_cidr_close, NULL
};
