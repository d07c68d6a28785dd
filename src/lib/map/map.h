/*
 * map - keyed lookups: the classes behind sendmail.cf's K lines.
 *
 * A map is parsed once (map_new: mistakes are configuration errors), opened at its first lookup and reopened when its file was replaced or
 * changed.  What a class needs from the process (opening a file, asking for a user, another map) it asks through struct map_env, so that the same
 * code runs in one process and in a sandboxed worker.  Facts: operations guide, "K -- Key File Declaration".
 */
#ifndef MAP_MAP_H
#define MAP_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct map;
struct os_user;

enum map_result {
	MAPR_NONE,		/* no such key */
	MAPR_FOUND,
	MAPR_TEMP		/* cannot be told now; with -T the value is key + tag */
};

/* A question about who came before (map_tally.c): times in seconds. */
struct map_tally {
	bool		grey;		/* else a counter */
	struct str	map;		/* its name: counters of different maps are apart */
	struct str	key;		/* the client's address; what is counted */
	struct str	sender, rcpt;
	int64_t		wait, retry, keep;	/* of a counter `wait` is the window */
	uint32_t	good;		/* so many senders kept their word: the network is trusted; 0: never */
	uint32_t	limit, add;
};

/* What maps ask of their process.  Lives as long as its maps. */
struct map_env {
	void	*arg;
	/* Open the file of map `m` for reading: *fd is ours; -1 with err.sys ENOENT when it is missing. */
	int	(*open)(void *arg, const struct map *m, const char *path, int *fd, struct err *);
	/* As os_user_by_name: 1, 0, -1. */
	int	(*user)(void *arg, struct str name, struct arena *, struct os_user *, struct err *);
	/* A map by name, NULL when there is none (sequence, switch). */
	struct map *(*find)(void *arg, struct str name);
	/* Services that answer for `service`, e.g. "files", "dns": how many, at most max. */
	size_t	(*service)(void *arg, struct str service, struct str *out, size_t max);
	/* Run a program map's command with key as last argument, as the unprivileged user: first line of output. */
	enum map_result (*program)(void *arg, const struct map *m, struct str command, struct str key, struct buf *value, struct err *);
	/* *seconds: how long to wait until the answer is yes; 0: it is.  NULL: nobody remembers. */
	int	(*tally)(void *arg, const struct map_tally *, int64_t *seconds, struct err *);
	char	blank_sub;	/* BlankSub */
	const char *const *search;	/* search list for host names */
	size_t	nsearch;
	struct str	 domain;	/* of this host: put behind a name of the hosts file that has no dot; or empty */
	bool	expand_cnames;
	bool	short_ipv6;	/* UseCompressedIPv6Addresses */
	/*
	 * The whole question to another process, for a class that needs more than an open file; NULL: this process answers itself.  `raw`: as map_get_raw.
	 */
	enum map_result (*ask)(void *arg, const struct map *m, bool raw, struct str key, const struct str *args, size_t nargs, struct buf *value,
		struct err *);
	bool	(*is_self)(void *arg, struct str host);	/* one of this machine's names ($=w)?  NULL: no */
	/* Take the text of an alias file apart: `entry` for each, -1 when it or memory failed.  NULL: not here. */
	int	(*aliases)(void *arg, struct str text, struct arena *, int (*entry)(void *, struct str name, struct str value), void *entry_arg);
	struct str	ldap_default;		/* LDAPDefaultSpec */
	struct str	user_database;		/* UserDatabaseSpec */
	struct str	host_aliases;		/* text of the HOSTALIASES file: "alias name" a line */
};

/* One lookup. */
struct map_call {
	struct arena	*scratch;
	bool		 deferred;	/* DeliveryMode is defer: maps with -D are not asked */
	bool		 raw;		/* set by map_get_raw: the value as stored */
	void		 (*set_macro)(void *arg, struct str name, struct str value);	/* value none clears */
	void		*macro_arg;
	bool		 hold;		/* the file stays locked until map_unlock: more lookups follow at once */
};

/* Nothing that a map asks of the outside lasts longer, unless its flags say so (ms). */
#define MAP_PATIENCE	30000

#define MAP_VALUE_MAX	((size_t)64 << 10)
#define MAP_KEY_MAX	((size_t)16 << 10)

/*
 * From a K line's parts.  `index` is the number by which roles name it, `where` ("file: line 12") stands in messages.
 * NULL: class unknown or not built in, bad flag, missing file name.
 */
struct map	*map_new(struct arena *, const struct map_env *, int index, struct str name, struct str class, struct str args, const char *where, struct err *);
void		 map_unlock(struct map *);		/* what lookups with `hold` left locked */
void		 map_close(struct map *);		/* the file; opened again at need */

struct str	 map_name(const struct map *);
struct str	 map_class(const struct map *);
int		 map_index(const struct map *);
/* A class of several files (userdb): the map of file 1, 2 ...; NULL: there is no such part.  Part 0 is the map itself. */
struct map	*map_part(struct map *, unsigned part);
unsigned	 map_part_number(const struct map *);
/* The file it reads, with suffix; NULL for classes without one. */
const char	*map_file(const struct map *);
/* Where else to look when `path` (map_file's, or this function's last answer) is missing: class implicit.  NULL: nowhere. */
const char	*map_file_else(struct map *, const char *path);
/* This open file is no database. */
bool		 map_file_is_text(int fd);
bool		 map_is_optional(const struct map *);
/* -A: when a database is made, equal keys are joined. */
bool		 map_joins(const struct map *);
/* True when the class needs the lookup role (programs, name services). */
bool		 map_is_remote(const struct map *);
bool		 map_class_known(struct str class);
/*
 * Is the text that the map's file was made from (its name without suffix) newer than the file?  1 with the text's name in *source, 0, or -1: no such
 * file, no such text, or no file at all.
 */
int		 map_stale_source(const struct map *, struct arena *, const char **source);

/*
 * Look `key` up.  args are the $@ arguments, %1 and on; %0 is the key.  The value is appended to *value, rewritten, with -a's tag; it is cut at nothing:
 * longer than MAP_VALUE_MAX is MAPR_TEMP.
 */
enum map_result	 map_lookup(struct map *, const struct map_call *, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *);
/* An optional map whose file is not there. */
bool		 map_is_missing(const struct map *);
/* The key as traces show it: without quotes, unless the map keeps them. */
struct str	 map_shown_key(const struct map *, struct arena *, struct str key);
/* From now on each map is checked once, at its next lookup, for having been replaced. */
void		 map_check(struct map *);
/* Read the file now, so that a wrong one is known early: -1 and why. */
int		 map_open(struct map *, struct err *);

/*
 * Lookups without the K line's key treatment, for aliases: the value as stored.
 */
enum map_result	 map_get_raw(struct map *, struct str key, struct buf *value, struct err *);
/* All entries in the file's order; fn's non-zero answer ends it and is returned; -1 failed. */
int		 map_each(struct map *, int (*fn)(void *arg, struct str key, struct str value), void *arg, struct err *);

/* -d38.5: it is going to be closed. */
void	map_trace_close(const struct map *);

#endif
