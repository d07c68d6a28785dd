/*
 * mbox_scan - find the messages in an mbox's text; pure, fed in pieces.
 *
 * A message begins with a From_ line at the start or behind an empty line: "From ", anything, and a date as asctime(3) prints it.  The
 * empty line before the next From_ line, or at the end, belongs to no message.  Of the header the fields Status, X-Status, X-Keywords, X-UID,
 * X-IMAP and X-IMAPbase are the mailbox's, not the message's: they are hidden, and the first two give the flags.
 */
#ifndef STORE_MBOX_SCAN_H
#define STORE_MBOX_SCAN_H

#include <time.h>

#include "store/state.h"

struct mbox_msg {
	struct mbox_place	place;
	uint64_t		wire;		/* size with CRLF, without what is hidden */
	uint64_t		digest;		/* of the visible header and the size */
	uint32_t		flags;
	struct tm		tm;		/* of the From_ line, local time */
	bool			internal;	/* a mail program's note to itself: no message */
};

#define MBOX_LINE	512

struct mbox_scan {
	int		(*found)(void *arg, const struct mbox_msg *);	/* -1 stops */
	void		*arg;
	/* private */
	uint64_t	at, line_at;
	char		line[MBOX_LINE];
	size_t		have;			/* of the line, up to MBOX_LINE */
	uint64_t	len;			/* of the line so far */
	char		last;
	bool		in_msg, in_head, was_empty, hidden, stopped, bad;
	size_t		nhidden;
	uint64_t	empty_at;
	struct mbox_msg	m;
};

/* Begin at this offset, where a From_ line must stand (or the end). */
void	mbox_scan_init(struct mbox_scan *, uint64_t at, int (*found)(void *, const struct mbox_msg *), void *arg);
int	mbox_scan_feed(struct mbox_scan *, const char *, size_t);	/* -1: no mbox, or stopped */
int	mbox_scan_end(struct mbox_scan *);

/* Which hidden field begins this line: 0 none, 1 Status, 2 X-Status, 3 another. */
int	mbox_hidden(struct str line);
#define MBOX_HIDDEN_MAX	14	/* of one message; further ones are seen */

#endif
