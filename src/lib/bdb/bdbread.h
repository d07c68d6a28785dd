/*
 * bdbread - Berkeley DB's hash and btree files read without its library: 3.1 to 18.1 of either byte order, and btree and
 * hash of 1.85.
 *
 * Read-only.  A file may be torn, damaged or made to harm: every offset, length and page number is checked, every walk is bounded by the number of pages.
 * Refused with a sentence: encrypted and checksummed files, files of several databases, record numbers, queues, compressed btrees.
 * The layout is in doc/maps.md.
 */
#ifndef BDB_BDBREAD_H
#define BDB_BDBREAD_H

#include <stdbool.h>

#include "bdb/bdb.h"

#define BDBREAD_HEAD	512		/* octets of a file that tell what it is */

struct bdbread;

/* Is this the beginning of any file that is read here? */
bool		 bdbread_is_database(struct str head);
struct bdbread	*bdbread_open(int fd, struct err *);		/* takes fd over, also when it fails */
struct bdbread	*bdbread_open_mem(struct str file, struct err *);	/* borrowed; for tests */
int		 bdbread_get(struct bdbread *, struct str key, struct buf *, struct err *);
/* As bdb_ops.each. */
int		 bdbread_each(struct bdbread *, const struct str *key, bdb_each_fn *, void *arg, struct err *);
void		 bdbread_close(struct bdbread *);

#endif
