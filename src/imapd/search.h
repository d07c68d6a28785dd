/*
 * search - the keys of a SEARCH as a tree: pure, but for the arena.
 */
#ifndef IMAPD_SEARCH_H
#define IMAPD_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "wire/imap_arg.h"
#include "wire/imap_set.h"

enum search_op {
	SEARCH_ALL, SEARCH_AND, SEARCH_OR, SEARCH_NOT, SEARCH_FLAG, SEARCH_NOFLAG, SEARCH_KEYWORD, SEARCH_NUMBERS, SEARCH_UIDS, SEARCH_NEW,
	SEARCH_BEFORE, SEARCH_ON, SEARCH_SINCE, SEARCH_SENTBEFORE, SEARCH_SENTON, SEARCH_SENTSINCE, SEARCH_LARGER, SEARCH_SMALLER,
	SEARCH_HEADER, SEARCH_TEXT, SEARCH_BODY, SEARCH_NONE
};

struct search_key {
	enum search_op		 op;
	unsigned		 flag;		/* STORE_SEEN ... */
	struct str		 text, field;	/* text is case folded UTF-8 */
	int64_t			 day;		/* days of the epoch */
	uint64_t		 size;
	struct imap_set		 set;
	struct search_key	*a, *b;		/* NOT a; a OR b */
	struct search_key	*next;		/* within AND: a and what follows it */
};

#define SEARCH_DEPTH	50

struct search_env {
	uint32_t	last_number, last_uid;	/* what '*' stands for */
	struct str	charset;		/* of the strings */
	struct str	(*fold)(struct arena *, struct str);
};

/* All keys to the end; the answer is one AND.  NULL: in->bad says why. */
struct search_key *search_parse(struct imap_in *, const struct search_env *);

#endif
