/*
 * socketmap - the questions and answers of a socket map: netstrings over a stream.  Pure.
 *
 *	question	LEN:MAPNAME KEY,
 *	answer		LEN:STATUS RESULT,	STATUS is OK, NOTFOUND, TEMP, TIMEOUT or PERM
 *
 * Facts: operations guide, "socket"; a netstring is its length in decimal, a colon, that many octets, a comma.
 */
#ifndef MAP_SOCKETMAP_H
#define MAP_SOCKETMAP_H

#include "base/buf.h"
#include "base/str.h"

#define SOCKETMAP_MAX	((size_t)100000)	/* octets within a netstring */

enum socketmap_status { SOCKETMAP_OK, SOCKETMAP_NOTFOUND, SOCKETMAP_TEMP, SOCKETMAP_TIMEOUT, SOCKETMAP_PERM };

struct socketmap_answer {
	enum socketmap_status	 status;
	struct str		 result;	/* borrowed */
	size_t			 taken;		/* octets of the input */
};

int	socketmap_put(struct buf *, struct str map, struct str key);
/* 1 a whole answer, 0 more is needed, -1 this is no answer. */
int	socketmap_get(struct str in, struct socketmap_answer *);

/* "inet:port@host", "inet6:port@host", "local:/path", "unix:/path", "/path"; slices of s.  -1: none of these. */
struct socketmap_place {
	enum { SOCKETMAP_UNIX, SOCKETMAP_INET, SOCKETMAP_INET6 } kind;
	struct str	host;		/* or path */
	uint16_t	port;
};
int	socketmap_place(struct str s, struct socketmap_place *);

#endif
