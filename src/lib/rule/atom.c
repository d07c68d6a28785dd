/*
 * atom - texts of the configuration as numbers.
 *
 * The table only grows while the configuration is read; strangers' tokens are looked up, never added, so that nobody
 * can choose keys that collide.
 */
#include <string.h>

#include "rule/rule_int.h"

void
atoms_init(struct atoms *a, struct arena *m)
{
	a->arena = m;
	a->size = 512;
	a->v = ARENA_ARRAY(m, struct atom, a->size);
	a->n = 1;
	a->mask = 2047;
	a->slot = ARENA_ARRAY(m, uint32_t, a->mask + 1);
}

static uint32_t
atom_hash(const char *p, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)chr_lower(p[i])) * 16777619u;
	return h;
}

static bool
atom_same(const struct atom *a, const char *p, size_t n)
{
	if (a->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (a->p[i] != chr_lower(p[i]))
			return false;
	return true;
}

static uint32_t
atom_spread(uint32_t h)
{
	return h ^ h >> 15;
}

static uint32_t
atoms_find_hashed(const struct atoms *a, uint32_t hash, const char *p, size_t n)
{
	for (uint32_t i = atom_spread(hash) & a->mask; a->slot[i] != 0; i = (i + 1) & a->mask) {
		const struct atom	*x = &a->v[a->slot[i]];

		if (x->hash == hash && atom_same(x, p, n))
			return a->slot[i];
	}
	return ATOM_NONE;
}

uint32_t
atoms_find(const struct atoms *a, const char *p, size_t n)
{
	return atoms_find_hashed(a, atom_hash(p, n), p, n);
}

static void
atoms_grow(struct atoms *a)
{
	struct atom	*v = ARENA_ARRAY(a->arena, struct atom, (size_t)a->size * 2);

	memcpy(v, a->v, a->n * sizeof *v);
	a->v = v;
	a->size *= 2;
	a->mask = a->size * 4 - 1;
	a->slot = ARENA_ARRAY(a->arena, uint32_t, (size_t)a->mask + 1);
	for (uint32_t k = 1; k < a->n; k++) {
		uint32_t	i = atom_spread(v[k].hash) & a->mask;

		while (a->slot[i] != 0)
			i = (i + 1) & a->mask;
		a->slot[i] = k;
	}
}

uint32_t
atoms_add(struct atoms *a, const char *p, size_t n)
{
	uint32_t	hash = atom_hash(p, n), id = atoms_find_hashed(a, hash, p, n), i;

	if (id != ATOM_NONE)
		return id;
	if (a->n == a->size)
		atoms_grow(a);
	id = a->n++;
	a->v[id] = (struct atom){ arena_lower(a->arena, str_mem(p, n)).p, (uint32_t)n, hash, 0, 0 };
	i = atom_spread(hash) & a->mask;
	while (a->slot[i] != 0)
		i = (i + 1) & a->mask;
	a->slot[i] = id;
	return id;
}
