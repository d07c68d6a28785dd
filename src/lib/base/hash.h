/*
 * hash - table from byte strings to pointers, seeded per process against chosen keys.
 *
 * Keys are copied into the table's arena when one was given, else borrowed.  Values
 * are the caller's.  Iteration is in order of insertion.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct hash;

#define HASH_NOCASE	0x01	/* ASCII case folded */
#define HASH_BORROW	0x02	/* keys are not copied: they outlive the table */
#define HASH_TRUSTED	0x04	/* no stranger chooses keys that are put: a quicker hash will do (not with HASH_NOCASE) */

/* With an arena everything is in it and hash_free is not needed; NULL uses malloc. */
struct hash	*hash_new(struct arena *, unsigned flags);
void		 hash_free(struct hash **);
void		*hash_get(const struct hash *, struct str key);
bool		 hash_has(const struct hash *, struct str key);
/* Replaces; -1 only on shortage of memory. */
int		 hash_put(struct hash *, struct str key, void *value);
bool		 hash_del(struct hash *, struct str key);
size_t		 hash_count(const struct hash *);
/* for (size_t i = 0; hash_next(h, &i, &key, &value);) */
bool		 hash_next(const struct hash *, size_t *i, struct str *key, void **value);

uint64_t	 hash_bytes(struct str, uint64_t seed);
uint64_t	 hash_seed(void);		/* this process's random seed */

#endif
