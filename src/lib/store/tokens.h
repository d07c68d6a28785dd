/*
 * tokens - deliveries that a mailbox has had: the file `tokens` in its side folder.
 *
 * A caller that gets no answer asks again with the same token, perhaps a day later, when the message was read and deleted long ago; so tokens are kept
 * beside the mailbox, for at least seven days.  A line is added when a delivery begins (where the driver cannot know otherwise) and when it is done.
 * The lock is on one token: different deliveries do not wait for each other.  The format is in doc/store.md.
 */
#ifndef STORE_TOKENS_H
#define STORE_TOKENS_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

enum tokens_state {
	TOKENS_NEW,
	TOKENS_BEGUN,		/* a delivery began and nobody noted its end: look whether the message is there */
	TOKENS_DONE
};

struct tokens {
	int			fd, side;
	struct store_token	token;
	enum tokens_state	state;
};

/* Lock this token and look it up.  0; 1 another delivery holds it until `deadline` (os_now_ms); -1. */
int	tokens_begin(struct tokens *, int side, const struct store_token *, uint64_t deadline, struct err *);
/* Add a line. */
int	tokens_note(struct tokens *, enum tokens_state, struct err *);
/* Unlock; lines that are old enough are cut off now and then. */
void	tokens_end(struct tokens *);

#define TOKENS_KEEP	(7 * 86400)		/* seconds */

#endif
