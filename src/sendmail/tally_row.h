/*
 * tally_row - one row of the table of role tally, and what a question does to it.  Pure; times are seconds since 1970.
 *
 * Three kinds of rows, told apart by the first octet of key and value:
 *
 *	g	a triplet of network, sender and recipient that was asked for
 *	n	a network, and how many of its triplets kept their word
 *	c	a counter: what was counted in the parts of a window
 *
 * The key is the kind and a fingerprint of the words; the words stand in the value, so that a fingerprint that two of them share is noticed.  Values come from a file
 * that may be damaged: one that does not decode is as good as none.
 */
#ifndef SENDMAIL_TALLY_ROW_H
#define SENDMAIL_TALLY_ROW_H

#include "base/arena.h"
#include "base/buf.h"
#include "map/map.h"

#define TALLY_WORD_MAX	1024u		/* octets of an address that are kept */
#define TALLY_PARTS	6		/* of a counter's window */
#define TALLY_KEY	17

struct tally_row {
	char		kind;
	int64_t		first, last, until;	/* until: it is forgotten then */
	struct str	word[3];		/* g: network, sender, recipient.  n: network.  c: map, key */
	uint32_t	held, passed;		/* g: how often it was sent away, let in.  n: passed counts triplets */
	int64_t		window;			/* c */
	uint32_t	part[TALLY_PARTS];	/* c: the one of `last` is part[last / (window / TALLY_PARTS) % TALLY_PARTS] */
};

void	tally_row_put(struct buf *, const struct tally_row *);
/* -1: malformed; strings borrow. */
int	tally_row_get(struct str, struct tally_row *);
void	tally_row_key(const struct tally_row *, char key[TALLY_KEY]);
bool	tally_row_same(const struct tally_row *, const struct tally_row *);	/* the same kind and words */

/* "192.0.2.0/24", "2001:db8:1:2::/64" of a client's address; what is no address is its own network.  Arena. */
struct str tally_net(struct str addr, struct arena *);
/* As two tries of one message agree: lower case, no <>, no +detail, each number of the local part as #. */
struct str tally_sender(struct str, struct arena *);
struct str tally_rcpt(struct str, struct arena *);

/*
 * A greylist's question: rows as they were found (or words alone, first == 0), changed as they are to be written.  *good: `net` was changed, too.
 * How many seconds are left to wait, 0: it may come in.
 */
int64_t	tally_grey(const struct map_tally *, int64_t now, struct tally_row *triplet, struct tally_row *net, bool *good);
/* A counter's question: 0 it was counted; else the seconds until that many can be. */
int64_t	tally_count(const struct map_tally *, int64_t now, struct tally_row *);
/* One line for people, without its end. */
void	tally_row_print(struct buf *, const struct tally_row *, int64_t now);

#endif
