/*
 * maps_int - what the files behind maps.h share.
 */
#ifndef SENDMAIL_MAPS_INT_H
#define SENDMAIL_MAPS_INT_H

#include "map/map.h"
#include "maps.h"
#include "role.h"

#define MAPS_ALIAS_PARTS	16
#define MAPS_PART_SHIFT	16	/* an alias file's own parts, in struct mapfd_ask */
#define MAPS_SCRATCH		((size_t)1 << 20)
#define MAPS_PROGRAM_MS		60000

struct maps {
	struct arena		*arena;
	struct arena		*scratch;	/* of one lookup */
	const struct conf	*conf;
	struct role_ctx		*ctx;		/* NULL: we open files ourselves */
	struct map_env		 env;
	struct map		**map;		/* by number; NULL where the K line is bad */
	size_t			 n;
	struct map		*alias[MAPS_ALIAS_PARTS + MAPS_UDB_FIELDS];	/* AliasFile, then the user database */
	size_t			 nalias;	/* of AliasFile */
	size_t			 nudb;		/* 0, or MAPS_UDB_FIELDS */
	bool			 hold;		/* a run of rules is going on: files that it asked stay locked */
	bool			 held;
	struct rule_ctx		*names;		/* for $=w, made at need */
	int			 depth;		/* of lookups within lookups (sequence) */
};

/* maps.c */
void	maps_complain(struct err_list *, const struct conf_place *, const char *text);
/* Files that a run of rules keeps locked are let go: nobody may wait for us while we wait for others. */
void	maps_unlock(struct maps *);
enum map_rc maps_rc(enum map_result);
/* maps_env.c: how maps of this process open files, and whom they ask. */
void	maps_env_fill(struct maps *);
/* maps_alias.c: AliasFile's parts. */
void	maps_aliases(struct maps *, struct err_list *);

#endif
