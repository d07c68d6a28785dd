/*
 * dsn - what the files that make reports share.
 */
#ifndef SENDMAIL_DSN_H
#define SENDMAIL_DSN_H

#include "base/arena.h"
#include "base/str.h"

/* dsn_prune.c: the address without hops of its route that are not needed. */
struct str	dsn_prune(struct arena *, struct str addr);

#endif
