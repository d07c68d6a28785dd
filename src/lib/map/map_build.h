/*
 * map_build - make a database anew, and put it in place at once.
 *
 * The new file is written beside the old one, synced, given owner and mode, renamed over it, and the folder synced; until then readers have the old one, and after a
 * failure they keep it.  For makemap, editmap and newaliases.
 */
#ifndef MAP_MAP_BUILD_H
#define MAP_MAP_BUILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "bdb/bdb.h"
#include "base/err.h"
#include "base/str.h"

struct map_build;

struct map_build_how {
	enum bdb_type	 type;
	unsigned	 flags;		/* BDB_DUP, BDB_REPLACE */
	bool		 append;	/* start with what the old file holds */
	bool		 unsafe;	/* links and writable folders are not looked at (makemap -s) */
	mode_t		 mode;		/* 0640 */
	bool		 chown;		/* to uid:gid */
	uid_t		 uid;
	gid_t		 gid;
	size_t		 cache;		/* octets, 0: default */
};

/* "hash", "btree", "implicit": the type, or BDB_ANY when it is none that can be written. */
enum bdb_type	 map_build_type(struct str);
/* path without or with ".db".  NULL and err, whose sys is set: ENOENT, EACCES, ... */
struct map_build *map_build_new(const char *path, const struct map_build_how *, struct err *);
/* 0; 1 when the key is there already and neither DUP nor REPLACE is on; -1. */
int		 map_build_put(struct map_build *, struct str key, struct str value, struct err *);
int		 map_build_del(struct map_build *, struct str key, struct err *);	/* 1: was not there */
const char	*map_build_path(const struct map_build *);	/* of the file in the end */
/* Installs; -1: the old file stays.  Freed either way. */
int		 map_build_commit(struct map_build **, struct err *);
void		 map_build_abort(struct map_build **);

#endif
