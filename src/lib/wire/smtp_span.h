/*
 * smtp_span - ordinary content taken many octets at once, for smtp_body.c, which alone decides what ends a line or a message.
 *
 * Nearly all content is lines without a dot in front whose ends are in order.  These functions take such octets from the front of what is
 * there, rewrite the line ends and copy the rest; they stop in front of whatever else there is, and of the last hundred octets, and leave it
 * to the machine that looks at each octet.  So they may take less than they could, but what they took would have come out the same.
 *
 * On a processor with AVX2 sixty-four octets are looked at at once, wherever in a line they begin; elsewhere whole lines are taken, found by memchr.
 */
#ifndef WIRE_SMTP_SPAN_H
#define WIRE_SMTP_SPAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct smtp_span {
	bool	bol;		/* at the beginning of a line */
	bool	cr;		/* in: behind a CR that was taken; its line end is given out with the LF */
	bool	nul, high;	/* in: there was a NUL, an octet above 127 */
	bool	dots;		/* out: a line that begins with a dot is not ordinary */
	size_t	col;		/* out: octets given out of the present line */
	size_t	limit;		/* out: of the octets of a line; longer ones are not ordinary */
	size_t	out;		/* octets given out by this call */
	size_t	pass;		/* when none were taken: it is not worth asking before so many went by */
};

#define SMTP_SPAN_ROOM	((size_t)512)	/* octets of room without which nothing is taken */

/* CR LF becomes LF.  Octets taken from the front of `in`; `to` has `room` octets, of which more may be overwritten than were given out. */
size_t	smtp_span_in(struct smtp_span *, struct str in, char *to, size_t room);
/* LF becomes CR LF; no other CR is taken. */
size_t	smtp_span_out(struct smtp_span *, struct str in, char *to, size_t room);

/* The same without AVX2, for tests. */
size_t	smtp_span_lines_in(struct smtp_span *, struct str in, char *to, size_t room);
size_t	smtp_span_lines_out(struct smtp_span *, struct str in, char *to, size_t room);

#endif
