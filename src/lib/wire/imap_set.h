/*
 * imap_set - sequence sets: "1,3:5,10:*" (RFC 3501 9, RFC 9051 9, "$" of RFC 5182).
 *
 * Ranges are kept in order, without overlaps, as soon as '*' is known; a set says nothing about which numbers exist.
 */
#ifndef WIRE_IMAP_SET_H
#define WIRE_IMAP_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct imap_range {
	uint32_t	lo, hi;		/* lo <= hi */
};

struct imap_set {
	struct imap_range	*v;
	size_t			 n, room;
	bool			 saved;		/* "$": the saved result of SEARCH, v is empty */
};

#define IMAP_SET_MAX	100000		/* ranges in one set; more are refused */

/*
 * Parse; `star` is the number that '*' stands for (the last message's; 0 in an empty mailbox: a set of '*' alone is then empty).  -1: no
 * set.  Memory in the arena.
 */
int	imap_set_parse(struct arena *, struct str, uint32_t star, struct imap_set *);
bool	imap_set_has(const struct imap_set *, uint32_t);
/* Add one number; quick at the end. */
int	imap_set_add(struct arena *, struct imap_set *, uint32_t);
/* "1:3,7": shortest form; "" for the empty set. */
int	imap_set_print(struct buf *, const struct imap_set *);

#endif
