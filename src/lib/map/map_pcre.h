/*
 * map_pcre - class pcre: what its K line says, for the module that does the work.
 */
#ifndef MAP_MAP_PCRE_H
#define MAP_MAP_PCRE_H

#include "map/map_int.h"

#define MAP_PCRE_SUBS	10

struct map_pcre {
	struct str	 text;			/* the expression */
	bool		 negate, substrings, has_delim;
	int		 sub[MAP_PCRE_SUBS];
	size_t		 nsub;
	struct str	 delim;
	void		*code, *match;		/* the module's */
};

#endif
