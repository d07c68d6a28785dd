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
	bool		 create;	/* with append: a file that is not there yet is made */
	bool		 unsafe;	/* links and writable folders are not looked at (makemap -s) */
	mode_t		 mode;		/* of a file that is not there yet, less the umask: 0640; one that is keeps its own, and its owner and group if we are root */
	bool		 chown;		/* to uid:gid; the group of one that is there stays */
	uid_t		 uid;
	gid_t		 gid;
	size_t		 cache;		/* octets, 0: default */
	/* Rows that map_build_add kept and that are left out, because their key was there already: in the order of lines.  May be NULL. */
	void		 (*dup)(void *arg, size_t line, struct str key);
	void		*dup_arg;
};

/* "hash", "btree", "implicit", "cdb", "lmdb": the type, or BDB_ANY when it is none that can be written. */
enum bdb_type	 map_build_type(struct str);
/* Of such a file's name: ".db", ".cdb", ".lmdb". */
const char	*map_build_suffix(enum bdb_type);
/*
 * path without or with the suffix.  The database itself is made by the first addition, or by the commit.  NULL and err, whose sys is set: ENOENT,
 * EACCES, ...
 */
struct map_build *map_build_new(const char *path, const struct map_build_how *, struct err *);
/*
 * Keep a row for the commit, which brings all rows into the order in which the file takes them fastest.  The strings are copied; `line` is what a
 * duplicate will be known by.  Past a gigabyte what was kept is written.  Not to be mixed with map_build_put.
 */
int		 map_build_add(struct map_build *, size_t line, struct str key, struct str value, struct err *);
/* At once: 0; 1 when the key is there already and neither DUP nor REPLACE is on; -1. */
int		 map_build_put(struct map_build *, struct str key, struct str value, struct err *);
int		 map_build_del(struct map_build *, struct str key, struct err *);	/* 1: was not there */
/* Writes what was kept; duplicates are told.  0 or -1 (then abort). */
int		 map_build_flush(struct map_build *, struct err *);
/* Flushes, installs; -1: the old file stays.  Freed either way. */
int		 map_build_commit(struct map_build **, struct err *);
void		 map_build_abort(struct map_build **);

#endif
