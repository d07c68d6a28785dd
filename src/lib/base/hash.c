/*
 * hash - table from byte strings to pointers.
 *
 * Entries stand in an array in order of insertion; a table of indexes into it, of a
 * power of two and at most half full, is probed linearly.  A deleted entry stays as a
 * hole until the next growth.  The hash is SipHash-1-3 keyed by the process's seed,
 * so that a stranger who chooses keys cannot choose collisions.
 */
#include "base/hash.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<sys/random.h>)
#include <sys/random.h>
#define HASH_GETENTROPY
#endif
#endif

#include "base/arena.h"

enum { HASH_FIRST = 8 };

struct hash_entry {
	struct str	 key;
	void		*value;
	uint64_t	 hash;
	bool		 live;
};

struct hash {
	struct arena		*arena;		/* or NULL: malloc */
	unsigned		 flags;
	struct hash_entry	*entry;
	size_t			 nentry;	/* used, holes too */
	size_t			 count;		/* live ones */
	uint32_t		*slot;		/* 0: free, else index of an entry + 1 */
	size_t			 nslot;		/* power of two; entry has room for half of it */
};

#define ROTL(x, b)	(((x) << (b)) | ((x) >> (64 - (b))))

static inline void
hash_round(uint64_t v[4])
{
	v[0] += v[1];	v[1] = ROTL(v[1], 13);	v[1] ^= v[0];	v[0] = ROTL(v[0], 32);
	v[2] += v[3];	v[3] = ROTL(v[3], 16);	v[3] ^= v[2];
	v[0] += v[3];	v[3] = ROTL(v[3], 21);	v[3] ^= v[0];
	v[2] += v[1];	v[1] = ROTL(v[1], 17);	v[1] ^= v[2];	v[2] = ROTL(v[2], 32);
}

/* The octets as a number, the first one lowest. */
static inline uint64_t
hash_load(const char *p, size_t n, bool fold)
{
	uint64_t	w = 0;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (!fold && n == 8) {
		memcpy(&w, p, 8);
		return w;
	}
#endif

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)(unsigned char)(fold ? chr_lower(p[i]) : p[i]) << (8 * i);
	return w;
}

static uint64_t
hash_sip(struct str s, uint64_t seed, bool fold)
{
	uint64_t	k1 = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	uint64_t	v[4] = {
		seed ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
		seed ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)
	};
	uint64_t	w;
	size_t		i;

	for (i = 0; i + 8 <= s.n; i += 8) {
		w = hash_load(s.p + i, 8, fold);
		v[3] ^= w;
		hash_round(v);
		v[0] ^= w;
	}
	w = hash_load(s.p + i, s.n - i, fold) | (uint64_t)s.n << 56;
	v[3] ^= w;
	hash_round(v);
	v[0] ^= w;
	v[2] ^= 0xff;
	hash_round(v);
	hash_round(v);
	hash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
hash_bytes(struct str s, uint64_t seed)
{
	return hash_sip(str_mem(s.n == 0 ? "" : s.p, s.n), seed, false);
}

/* Better than nothing where there is neither a call nor a device. */
static uint64_t
hash_seed_weak(void)
{
	struct timespec	t = { 0, 0 };

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_nsec << 32 ^ (uint64_t)t.tv_sec ^ (uint64_t)getpid() << 16 ^
	    (uint64_t)(uintptr_t)&t;
}

static uint64_t
hash_seed_make(void)
{
	uint64_t	v;
	ssize_t		n;
	int		fd;

#ifdef HASH_GETENTROPY
	if (getentropy(&v, sizeof v) == 0)
		return v;
#endif
	if ((fd = open("/dev/urandom", O_RDONLY|O_CLOEXEC)) == -1)
		return hash_seed_weak();
	n = read(fd, &v, sizeof v);
	close(fd);
	return n == (ssize_t)sizeof v ? v : hash_seed_weak();
}

uint64_t
hash_seed(void)
{
	static uint64_t	seed;
	static bool	have;

	if (!have) {
		seed = hash_seed_make();
		have = true;
	}
	return seed;
}

static void *
hash_memory(const struct hash *h, size_t count, size_t size)
{
	return h->arena != NULL ? arena_array(h->arena, count, size) : calloc(count, size);
}

struct hash *
hash_new(struct arena *arena, unsigned flags)
{
	struct hash	*h = arena != NULL ? ARENA_NEW(arena, struct hash) : calloc(1, sizeof *h);

	if (h != NULL) {
		h->arena = arena;
		h->flags = flags;
	}
	return h;
}

static void
hash_drop_key(const struct hash *h, struct hash_entry *e)
{
	if (h->arena == NULL && !(h->flags & HASH_BORROW))
		free((void *)(uintptr_t)e->key.p);
	e->key = STR_NONE;
}

void
hash_free(struct hash **hp)
{
	struct hash	*h = *hp;

	*hp = NULL;
	if (h == NULL || h->arena != NULL)
		return;
	for (size_t i = 0; i < h->nentry; i++)
		if (h->entry[i].live)
			hash_drop_key(h, &h->entry[i]);
	free(h->entry);
	free(h->slot);
	free(h);
}

/* Two multiplications for a short name. */
static uint64_t
hash_quick(struct str s)
{
	uint64_t	h = hash_seed() ^ s.n;
	size_t		i;

	for (i = 0; i + 8 <= s.n; i += 8) {
		h = (h ^ hash_load(s.p + i, 8, false)) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	h = (h ^ hash_load(s.p + i, s.n - i, false)) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

static uint64_t
hash_key(const struct hash *h, struct str key)
{
	if (h->flags & HASH_TRUSTED)
		return hash_quick(str_mem(key.n == 0 ? "" : key.p, key.n));
	return hash_sip(str_mem(key.n == 0 ? "" : key.p, key.n), hash_seed(), h->flags & HASH_NOCASE);
}

static bool
hash_same(const struct hash *h, const struct hash_entry *e, struct str key, uint64_t hash)
{
	if (!e->live || e->hash != hash)
		return false;
	return h->flags & HASH_NOCASE ? str_caseeq(e->key, key) : str_eq(e->key, key);
}

static struct hash_entry *
hash_find(const struct hash *h, struct str key, uint64_t hash)
{
	struct hash_entry	*e;

	if (h->count == 0)
		return NULL;
	for (size_t i = (size_t)hash & (h->nslot - 1); h->slot[i] != 0; i = (i + 1) & (h->nslot - 1)) {
		e = &h->entry[h->slot[i] - 1];
		if (hash_same(h, e, key, hash))
			return e;
	}
	return NULL;
}

void *
hash_get(const struct hash *h, struct str key)
{
	const struct hash_entry	*e = hash_find(h, key, hash_key(h, key));

	return e == NULL ? NULL : e->value;
}

bool
hash_has(const struct hash *h, struct str key)
{
	return hash_find(h, key, hash_key(h, key)) != NULL;
}

static void
hash_place(struct hash *h, size_t index)
{
	size_t	i = (size_t)h->entry[index].hash & (h->nslot - 1);

	while (h->slot[i] != 0)
		i = (i + 1) & (h->nslot - 1);
	h->slot[i] = (uint32_t)index + 1;
}

/* Room for one more entry: larger arrays, or the same without the holes. */
static int
hash_grow(struct hash *h)
{
	struct hash_entry	*entry;
	uint32_t		*slot;
	size_t			 nslot, n = 0;

	if (h->nentry < h->nslot / 2)
		return 0;
	nslot = h->nslot == 0 ? HASH_FIRST * 2 : h->count < h->nentry / 2 ? h->nslot : h->nslot * 2;
	if (nslot / 2 >= UINT32_MAX)
		return -1;
	entry = hash_memory(h, nslot / 2, sizeof *entry);
	slot = hash_memory(h, nslot, sizeof *slot);
	if (entry == NULL || slot == NULL) {
		if (h->arena == NULL) {
			free(entry);
			free(slot);
		}
		return -1;
	}
	for (size_t i = 0; i < h->nentry; i++)
		if (h->entry[i].live)
			entry[n++] = h->entry[i];
	if (h->arena == NULL) {
		free(h->entry);
		free(h->slot);
	}
	h->entry = entry;
	h->nentry = n;
	h->slot = slot;
	h->nslot = nslot;
	for (size_t i = 0; i < n; i++)
		hash_place(h, i);
	return 0;
}

static int
hash_copy_key(const struct hash *h, struct str *key)
{
	char	*p;

	if (h->flags & HASH_BORROW)
		return 0;
	p = h->arena != NULL ? arena_bytes(h->arena, key->n + 1) : malloc(key->n + 1);
	if (p == NULL)
		return -1;
	if (key->n > 0)
		memcpy(p, key->p, key->n);
	p[key->n] = '\0';
	key->p = p;
	return 0;
}

int
hash_put(struct hash *h, struct str key, void *value)
{
	uint64_t		 hash = hash_key(h, key);
	struct hash_entry	*e = hash_find(h, key, hash);

	if (e != NULL) {
		e->value = value;
		return 0;
	}
	if (hash_grow(h) == -1 || hash_copy_key(h, &key) == -1)
		return -1;
	h->entry[h->nentry] = (struct hash_entry){ key, value, hash, true };
	hash_place(h, h->nentry++);
	h->count++;
	return 0;
}

bool
hash_del(struct hash *h, struct str key)
{
	struct hash_entry	*e = hash_find(h, key, hash_key(h, key));

	if (e == NULL)
		return false;
	hash_drop_key(h, e);
	e->live = false;
	h->count--;
	return true;
}

size_t
hash_count(const struct hash *h)
{
	return h->count;
}

bool
hash_next(const struct hash *h, size_t *i, struct str *key, void **value)
{
	for (; *i < h->nentry; (*i)++) {
		if (!h->entry[*i].live)
			continue;
		if (key != NULL)
			*key = h->entry[*i].key;
		if (value != NULL)
			*value = h->entry[*i].value;
		(*i)++;
		return true;
	}
	return false;
}
