/*
 * share - how many connections there are, counted by all fronts together: in all, and from one address.
 *
 * A piece of memory with a row for each front, which alone writes it.  A front that was taken over can make the others refuse, or not refuse, connections; it can do
 * no more with it.  Addresses are counted by their hash: two that fall together are refused a little early.
 */
#ifndef FRONT_SHARE_H
#define FRONT_SHARE_H

#include <stddef.h>

#include "base/err.h"
#include "net/ip.h"

struct share;

/* The memory, for so many fronts: a descriptor, or -1. */
int		 share_new(size_t rows, struct err *);
/* Look at it, as the front of row `mine`.  The descriptor stays the caller's.  NULL and why. */
struct share	*share_open(int fd, size_t rows, size_t mine, struct err *);
void		 share_close(struct share **);
/* A row's front is gone, and its connections with it. */
void		 share_clear(struct share *, size_t row);
/* One more or (on false) one less from this address. */
void		 share_count(struct share *, const struct ip *, bool on);
size_t		 share_all(const struct share *);
size_t		 share_from(const struct share *, const struct ip *);

#endif
