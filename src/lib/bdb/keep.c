/*
 * keep - tables in memory, and the door to those in files; see the header.
 */
#include "bdb/keep.h"

#include <stdlib.h>

#include "base/hash.h"

struct keep {
	struct hash	*rows;
};

struct keep_row {
	size_t	n;
	char	p[];
};

const struct keep_ops *
keep_library(struct err *e)
{
	static const struct keep_ops	*ops;

	if (ops == NULL)
		ops = (const struct keep_ops *)(const void *)os_module_open("keep", KEEP_VERSION, e);
	return ops;
}

static struct keep *
mem_open(const char *path, size_t room, unsigned flags, struct err *e)
{
	struct keep	*k = calloc(1, sizeof *k);

	(void)path;
	(void)room;
	(void)flags;
	if (k != NULL && (k->rows = hash_new(NULL, 0)) != NULL)
		return k;
	free(k);
	err_set(e, ERR_TEMP, "no memory");
	return NULL;
}

static int
mem_get(struct keep *k, struct str key, struct buf *out, struct err *e)
{
	struct keep_row	*r = hash_get(k->rows, key);

	if (r == NULL)
		return 0;
	return buf_addmem(out, r->p, r->n) == -1 ? err_set(e, ERR_TEMP, "no memory") : 1;
}

static int
mem_del(struct keep *k, struct str key, struct err *e)
{
	struct keep_row	*r = hash_get(k->rows, key);

	(void)e;
	(void)hash_del(k->rows, key);
	free(r);
	return 0;
}

static int
mem_put(struct keep *k, struct str key, struct str value, struct err *e)
{
	struct keep_row	*r = malloc(sizeof *r + value.n), *old = hash_get(k->rows, key);

	if (r == NULL)
		return err_set(e, ERR_TEMP, "no memory");
	r->n = value.n;
	memcpy(r->p, value.p, value.n);
	if (hash_put(k->rows, key, r) == -1) {
		free(r);
		return err_set(e, ERR_TEMP, "no memory");
	}
	free(old);
	return 0;
}

static int
mem_each(struct keep *k, struct str from, keep_each_fn *fn, void *arg, struct err *e)
{
	struct str	 key;
	void		*value;
	int		 answer = 0;

	(void)from;
	(void)e;
	for (size_t i = 0; answer == 0 && hash_next(k->rows, &i, &key, &value);) {
		struct keep_row	*r = value;

		answer = fn(arg, key, str_mem(r->p, r->n));
	}
	return answer;
}

static size_t
mem_count(struct keep *k)
{
	return hash_count(k->rows);
}

static int
mem_commit(struct keep *k, struct err *e)
{
	(void)k;
	(void)e;
	return 0;
}

static void
mem_close(struct keep *k)
{
	struct str	 key;
	void		*value;

	for (size_t i = 0; hash_next(k->rows, &i, &key, &value);)
		free(value);
	hash_free(&k->rows);
	free(k);
}

const struct keep_ops keep_ops_memory = { { "memory", KEEP_VERSION }, mem_open, mem_get, mem_put, mem_del, mem_each, mem_count, mem_commit, mem_close };
