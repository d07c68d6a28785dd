/*
 * cdb - constant databases: written once, read by two accesses.
 *
 *	octets	0 ... 2047	256 times: position and number of slots of a table, 4 octets each, little-endian like all numbers
 *	then			records: length of key, length of value, key, value
 *	then			256 tables of slots: hash, position of the record (0: empty slot)
 *
 * Format: https://cr.yp.to/cdb/cdb.txt.  Files are trusted to be nothing but octets: every position is checked.  4 GiB is the most.
 */
#ifndef BDB_CDB_H
#define BDB_CDB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "bdb/bdb.h"

uint32_t	cdb_hash(struct str key);

struct cdb;

/* Does this file have the shape of one: tables one behind the other up to its end?  Takes nothing over. */
bool		cdb_is(int fd);
struct cdb	*cdb_open(int fd, struct err *);	/* takes fd over, also when it fails */
int		 cdb_get(struct cdb *, struct str key, struct buf *, struct err *);
int		 cdb_each(struct cdb *, const struct str *key, bdb_each_fn *, void *arg, struct err *);
void		 cdb_close(struct cdb *);

struct cdb_make;

/* fd is open for reading and writing, empty; taken over. */
struct cdb_make	*cdb_make_new(int fd, struct err *);
int		 cdb_make_put(struct cdb_make *, struct str key, struct str value, struct err *);
/* Writes the tables; freed either way. */
int		 cdb_make_finish(struct cdb_make **, struct err *);
void		 cdb_make_free(struct cdb_make **);

#endif
