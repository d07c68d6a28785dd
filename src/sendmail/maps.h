/*
 * maps - the lookup maps of one process: those of the K lines and the alias files.
 *
 * There are two ways to a map's file.  A command (`-bt`, `-bv`, submission) opens it itself, after the safety checks of DontBlameSendmail.  A role's worker asks
 * role lookup for an open descriptor (Q_MAPFD), and for the whole answer where the class needs more than a file (Q_MAP).
 */
#ifndef SENDMAIL_MAPS_H
#define SENDMAIL_MAPS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "conf.h"
#include "map/map.h"
#include "rule/rule.h"

struct maps;
struct role_ctx;

/* A bad K line or AliasFile is an error in the list, with its place; the others work. */
struct maps	*maps_local(struct arena *, const struct conf *, struct err_list *);
struct maps	*maps_role(struct role_ctx *, struct err_list *);
void		 maps_close(struct maps *);

/* As rule_lookup_fn: arg is the struct maps. */
enum map_rc	 maps_lookup(void *arg, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *);
/* The same, of which -d60 says nothing. */
enum map_rc	 maps_get(void *arg, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *);
/* Say a lookup, if -d60 is on. */
void		 maps_trace(struct maps *, int map, struct str key, const struct str *args, size_t nargs, enum map_rc, const struct buf *value);
/* As rule_run_fn: the files that a run of rules asks stay locked until it ends. */
void		 maps_run(void *arg, bool begins);
/* A new transaction: each file is checked once more for having been replaced. */
void		 maps_check(struct maps *);
/* Map number i, NULL when its K line is bad. */
struct map	*maps_at(struct maps *, int map);

/*
 * What the alias files say of `name` (compared without case): the right side as stored.  The parts of AliasFile are asked in order.
 * *part says which one knew it.
 */
enum map_rc	 maps_alias(struct maps *, struct str name, struct buf *value, size_t *part, struct err *);
/* Fields of the user database (UserDatabaseSpec) that mail needs. */
enum maps_udb { MAPS_UDB_MAILDROP, MAPS_UDB_MAILNAME, MAPS_UDB_MAILSENDER };
#define MAPS_UDB_FIELDS	3
/* What it says of `user`, letter by letter: the first value, of maildrop all of them with commas between. */
enum map_rc	 maps_userdb(struct maps *, enum maps_udb, struct str user, struct buf *value, struct err *);
/*
 * The name that goes out for a local user who sends: his mailname, or, if he has a maildrop only, user@ and what :default:mailname says.  Appended to
 * *value.
 */
enum map_rc	 maps_mailname(struct maps *, struct str user, struct buf *value, struct err *);
/* The parts themselves, behind them those of the user database: NULL past the last. */
struct map	*maps_alias_part(struct maps *, size_t part);
/* The files of the user database: NULL past the last. */
struct map	*maps_userdb_file(struct maps *, size_t file);

/* Open a map's file in this process as DontBlameSendmail allows: 0 and *fd, or -1 (err.sys ENOENT: missing). */
int		 maps_open_file(const struct conf *, const char *path, int *fd, struct err *);
/* A map's own file, or what stands for it (class implicit). */
int		 maps_open_map(const struct conf *, struct map *, int *fd, struct err *);
/* The map whose file a struct mapfd_ask means; NULL: there is none. */
struct map	*maps_asked(struct maps *, uint32_t map, uint32_t part);
/* As map_get_raw. */
enum map_rc	 maps_raw(struct map *, struct str key, struct buf *value, struct err *);
/* Each map or alias file whose text is newer than its database: map's name ("" for an alias file), text, database. */
void		 maps_stale(struct maps *, void (*fn)(void *arg, struct str map, const char *text, const char *database), void *arg);

#endif
