/*
 * bdb - Berkeley DB files, behind a table of functions so that programs that never look into one need not link the library.
 *
 * sendmail gets the table from module `bdb` at its first lookup; makemap links bdb.c.  Files are opened from descriptors: the library itself never
 * sees a path when it reads.
 */
#ifndef BDB_BDB_H
#define BDB_BDB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "os/module.h"

struct bdb;

enum bdb_type { BDB_ANY, BDB_HASH, BDB_BTREE };

#define BDB_VERSION	1

#define BDB_DUP		0x01	/* equal keys are kept (btree) */
#define BDB_REPLACE	0x02	/* a later equal key wins */

struct bdb_ops {
	struct os_module mod;
	/* Takes fd over.  NULL: not a database, damaged, or of a version the library does not read. */
	struct bdb	*(*open_fd)(int fd, enum bdb_type, struct err *);
	/* 1 found, 0 not, -1 damaged or unreadable. */
	int		(*get)(struct bdb *, struct str key, struct buf *, struct err *);
	int		(*each)(struct bdb *, int (*fn)(void *, struct str, struct str), void *arg, struct err *);
	void		(*close)(struct bdb *);
	/*
	 * A new file (or, append, an existing one) at `path`; bdb_finish writes it out, without it the file is as good as nothing.
	 * put answers 1 when the key is there already and was not replaced.
	 */
	struct bdb	*(*create)(const char *path, enum bdb_type, bool append, unsigned flags, size_t cache, size_t nelem, struct err *);
	int		(*put)(struct bdb *, struct str key, struct str value, unsigned flags, struct err *);
	int		(*del)(struct bdb *, struct str key, struct err *);
	int		(*finish)(struct bdb **, struct err *);
};

/* The linked-in table (makemap, the module). */
extern const struct bdb_ops bdb_ops_linked;
/* What this process uses: set by bdb_use, else the module is loaded.  NULL and why. */
const struct bdb_ops *bdb_ops(struct err *);
void	bdb_use(const struct bdb_ops *);

#endif
