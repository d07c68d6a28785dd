/*
 * mbox_undo - how to take an interrupted change of an mbox back.
 *
 * The file `undo` in the mailbox's side folder is empty, or holds one record, synced before the mbox is touched:
 * for an append the old length, the new one and the checksum of what is added; for a change the old length and the old bytes of each range that
 * is overwritten.  Who opens the mbox next (under its locks) and finds a record rolls back: an append that is whole is left, one that is not
 * is cut off; a change has its old bytes put back.  The format is in doc/store.md.
 */
#ifndef STORE_MBOX_UNDO_H
#define STORE_MBOX_UNDO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct mbox_range {
	uint64_t	off, len;
};

/* All with the mbox locked; `side` is its side folder.  -1 and *err. */

/* About to append `len` bytes of this checksum at `at` >= old length; with a token (NULL: none) who finds it whole notes the delivery. */
int	mbox_undo_append(int side, uint64_t old, uint64_t at, uint64_t len, uint32_t crc, const struct store_token *, struct err *);
/* About to overwrite these ranges of `fd`; what they hold is copied.  *undo is an open descriptor of the record, *data where the bytes of the first range begin in it. */
int	mbox_undo_change(int side, int fd, uint64_t old, const struct mbox_range *, size_t n, int *undo, uint64_t *data, struct err *);
/* It is done (and the mbox synced).  durable: also this is synced, needed after a change. */
int	mbox_undo_clear(int side, bool durable, struct err *);
/* Is there a record? */
bool	mbox_undo_pending(int side);
/* Roll back whatever is there.  1: something was rolled back; 0: nothing to do; -1. */
int	mbox_undo_recover(int side, int fd, struct err *);

#endif
