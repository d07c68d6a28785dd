/*
 * sqlquery - the query of an SQL map: %0 is the key, %1 to %9 are the arguments, and each becomes a bound parameter, never text.  Pure.
 */
#ifndef MAP_SQLQUERY_H
#define MAP_SQLQUERY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SQLQUERY_PARAMS	10

struct sqlquery {
	int	digit[SQLQUERY_PARAMS];		/* of parameter 1, 2, ... */
	int	nparam;
};

/*
 * The query with "$1" or "?1" (mark) for each %digit, %% for a percent sign.  -1: empty, several statements, or a %digit in quotes, where the server would
 * take it for text.
 */
int	sqlquery_parse(struct str query, char mark, struct buf *out, struct sqlquery *, struct err *);

#endif
