/*
 * uidline - one line of a uidlist: what is known of a mailbox for good, as text.
 *
 * A line is the CRC32C of its rest in eight hex digits, a blank, a letter, and the letter's fields, each
 * behind a blank (the table is in doc/store.md).  Pure code: input may be torn or tampered with, and a line
 * that does not read to its last byte is refused.
 */
#ifndef STORE_UIDLINE_H
#define STORE_UIDLINE_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/store.h"

enum uidline_what {
	UIDLINE_BOX = 'B',		/* id, uidvalidity: the first line */
	UIDLINE_FLOOR = 'N',		/* uidnext, modseq: never below these */
	UIDLINE_KEYWORD = 'K',		/* number, name */
	UIDLINE_MSG = 'U',		/* a message */
	UIDLINE_FLAGS = 'F',		/* its flags and keywords */
	UIDLINE_GONE = 'X',		/* it left */
	UIDLINE_RECENT = 'R',		/* uids up to this were told to somebody */
	UIDLINE_CLEAN = 'C'		/* all flags are in the mailbox itself */
};

struct uidline {
	enum uidline_what	 what;
	struct store_id		 id;
	uint32_t		 uidvalidity;
	uint32_t		 uid;		/* N: uidnext; K: number */
	uint64_t		 modseq;
	int64_t			 date;
	uint64_t		 size;
	uint32_t		 flags;
	uint64_t		 keywords;
	bool			 dirty;		/* F: not yet in the mailbox itself */
	struct store_token	 token;
	struct str		 key;		/* U: file name or digest; K: the name */
};

#define UIDLINE_MAX	1600

/* The line without its newline; key is in the arena.  -1: not a line. */
int	uidline_parse(struct arena *, struct str, struct uidline *);
void	uidline_print(struct buf *, const struct uidline *);	/* with newline */

#endif
