/*
 * rows - keys and values in memory, brought into the order in which a database takes them fastest.
 *
 * A hash file takes them bucket by bucket, so that each page is touched once; a btree in the order of keys.  Rows of one key stay in the order in
 * which they came.
 */
#ifndef MAP_ROWS_H
#define MAP_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct row {
	const char	*p;		/* key, and the value behind it */
	uint32_t	 nkey, nvalue;
	uint64_t	 order;		/* bucket and hash, or the key's first octets */
	size_t		 line;
};

struct rows_chunk;

struct rows {
	struct row		*v;
	size_t			 n, size;
	struct rows_chunk	*chunk;
	size_t			 octets;	/* of keys and values */
};

static inline struct str
row_key(const struct row *r)
{
	return str_mem(r->p, r->nkey);
}

static inline struct str
row_value(const struct row *r)
{
	return str_mem(r->p + r->nkey, r->nvalue);
}

int	rows_add(struct rows *, size_t line, struct str key, struct str value);	/* -1: no memory */
/* buckets 0: by key; else by bucket (the hash's last bits; buckets is a power of two), within one by hash.  -1: no memory. */
int	rows_sort(struct rows *, uint32_t buckets);
/*
 * Of sorted rows keep one of each key, the first, or with `last` the last; the others are told in the order of lines.  Only for rows that
 * are sorted.
 */
int	rows_unique(struct rows *, bool last, void (*dup)(void *arg, size_t line, struct str key), void *arg);
/* Are there rows of this key?  They are taken out, unless `look`. */
bool	rows_del(struct rows *, struct str key, bool look);
void	rows_clear(struct rows *);

#endif
