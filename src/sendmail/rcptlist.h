/*
 * rcptlist - recipients as an argument or a header field names them: "a, b", or one ":include:/file".  Pure.
 *
 * Groups give their members, and what is no mailbox is passed over.
 */
#ifndef SENDMAIL_RCPTLIST_H
#define SENDMAIL_RCPTLIST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "conf.h"

struct rcptlist {
	size_t	 n;
	struct rcptlist_item {
		struct str	 addr;		/* what it is delivered to */
		struct str	 raw;		/* as it was written, with names and comments; none for an :include: */
	}	*v;
};

/* `old_style`: blanks may stand between addresses (OldStyleHeaders).  Everything is in the arena or borrows from the list; -1: it is too long. */
int	rcptlist_parse(struct arena *, const struct conf *, struct str list, bool old_style, struct rcptlist *);

#endif
