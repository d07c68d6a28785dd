/*
 * keep - a table that is read and written while it is open: what a role remembers over its own end.
 *
 * One file, or none: with LMDB (module `keep`) changes become durable together with keep_commit; other processes may read the file at any time and write
 * between commits.  Without the library, or with path NULL, the table is in memory and goes with its process.  Keys have 1 to 500 octets.
 */
#ifndef BDB_KEEP_H
#define BDB_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "os/module.h"

#define KEEP_VERSION	1
#define KEEP_KEY_MAX	500
#define KEEP_READ	0x01u		/* it is only read, and must be there */

struct keep;

typedef int keep_each_fn(void *arg, struct str key, struct str value);	/* not 0 ends it */

struct keep_ops {
	struct os_module mod;
	struct keep	*(*open)(const char *path, size_t room, unsigned flags, struct err *);
	int		 (*get)(struct keep *, struct str key, struct buf *, struct err *);	/* 1 found, 0 not, -1 */
	int		 (*put)(struct keep *, struct str key, struct str value, struct err *);
	int		 (*del)(struct keep *, struct str key, struct err *);
	/* From the first key that is not less than `from` on, in their order; nothing may be changed meanwhile. */
	int		 (*each)(struct keep *, struct str from, keep_each_fn *, void *arg, struct err *);
	size_t		 (*count)(struct keep *);
	int		 (*commit)(struct keep *, struct err *);
	void		 (*close)(struct keep *);		/* what was not committed is gone */
};

/* The library's, or NULL and why. */
const struct keep_ops *keep_library(struct err *);
/* In memory; `path` is not looked at, and each has no order. */
extern const struct keep_ops keep_ops_memory;

#endif
