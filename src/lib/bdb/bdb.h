/*
 * bdb - database files of maps, behind a table of functions.
 *
 * Three kinds of files stand behind the names hash and btree.  Berkeley DB's library (bdb.c, module `bdb`) writes its own; where it is missing, what is written is
 * a constant database (cdb.h) under the same name.  A reader of ours (bdbread.h) reads them all; files of either kind are told apart by what is in them.  They are
 * opened from descriptors: nothing here sees a path when it reads.
 */
#ifndef BDB_BDB_H
#define BDB_BDB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "os/module.h"

struct bdb;

enum bdb_type { BDB_ANY, BDB_HASH, BDB_BTREE, BDB_CDB, BDB_LMDB };

#define BDB_VERSION	2

#define BDB_DUP		0x01	/* equal keys are kept (btree) */
#define BDB_REPLACE	0x02	/* a later equal key wins */

/* How a new file is made. */
struct bdb_how {
	enum bdb_type	 type;
	unsigned	 flags;
	bool		 append;	/* the file is there and is added to */
	size_t		 cache;		/* octets, 0: the library's */
	size_t		 nelem;		/* hash: so many keys will come, 0: unknown */
	size_t		 row;		/* ... of so many octets in the mean, key and value */
};

typedef int bdb_each_fn(void *arg, struct str key, struct str value);	/* not 0 ends it */

struct bdb_ops {
	struct os_module mod;
	/* Takes fd over.  NULL: not a database, damaged, or of a version that is not read. */
	struct bdb	*(*open_fd)(int fd, struct err *);
	/* The first value: 1 found, 0 not, -1 damaged or unreadable. */
	int		(*get)(struct bdb *, struct str key, struct buf *, struct err *);
	/* All entries in the file's order, or, with a key, those of that key: fn's answer, or -1. */
	int		(*each)(struct bdb *, const struct str *key, bdb_each_fn *, void *arg, struct err *);
	void		(*close)(struct bdb *);
	/*
	 * A new file at `path`, or one to be added to; finish writes it out, without it the file is as good as nothing.
	 * put answers 1 when the key is there already and was not replaced.  The number of hash buckets that nelem and row make is left in *buckets, 0: unknown.
	 */
	struct bdb	*(*create)(const char *path, const struct bdb_how *, uint32_t *buckets, struct err *);
	int		(*put)(struct bdb *, struct str key, struct str value, unsigned flags, struct err *);
	int		(*del)(struct bdb *, struct str key, struct err *);	/* 1: was not there */
	int		(*finish)(struct bdb **, struct err *);
};

/* Berkeley DB if it can be loaded, else NULL and why. */
const struct bdb_ops *bdb_library(struct err *);
/* LMDB, the same. */
const struct bdb_ops *bdb_lmdb(struct err *);
/*
 * Our own reader and writer: reads every kind, writes BDB_CDB whatever the type.  Whoever only reads a file takes it: the library believes what stands in a page,
 * and a damaged one leads it out of its memory.
 */
extern const struct bdb_ops bdb_ops_own;
/* For a new file of this type.  NULL and why (del, append need the library, or BDB_CDB). */
const struct bdb_ops *bdb_ops_new(enum bdb_type, struct err *);
/* Berkeley DB's own hash of a key: which bucket it will be in. */
uint32_t bdb_hash(struct str key);

#endif
