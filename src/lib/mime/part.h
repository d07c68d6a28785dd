/*
 * part - the MIME tree of a message, found while its bytes pass by once (RFC 2046).
 *
 * Offsets count bytes of the text as it was fed.  Sizes as IMAP shows them count every line end as CRLF, so a message kept with bare LF gives the numbers
 * of its CRLF form: len + lf.  Header fields that matter are kept in the arena; contents are not.
 *
 * Numbers of IMAP (RFC 3501 6.4.5): the children of a multipart are 1, 2, ...; what is in a message/rfc822 is numbered below it; a
 * message that is not multipart is its own part 1.
 */
#ifndef MIME_PART_H
#define MIME_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "mime/ctype.h"
#include "mime/xfer.h"

struct part_span {
	size_t	start;		/* offset of the first byte */
	size_t	len;		/* bytes as fed */
	size_t	lf;		/* line ends that are a bare LF: len + lf is the size with CRLF */
	size_t	lines;		/* line ends */
};

struct part {
	struct part	*parent, *child, *next;
	size_t		 nchild;
	bool		 multipart;	/* children are its parts */
	bool		 message;	/* message/rfc822 or message/global: the one child is that message */
	struct part_span header;	/* with the empty line; the part's MIME header, or the message's header for the root and a message's child */
	struct part_span body;		/* of a part of a multipart: without the line end in front of the boundary */
	struct str	 head;		/* the header's bytes, up to PART_HEAD_MAX */
	bool		 head_cut;	/* the header was longer */
	struct ctype	 ctype;		/* type STR_NONE: the default (text/plain; message/rfc822 in multipart/digest) */
	bool		 digest;	/* default is message/rfc822 */
	struct ctype	 disposition;
	struct str	 encoding, id, description, md5, language, location;	/* raw values, unfolded, or STR_NONE */
	enum xfer	 xfer;
};

#define PART_HEAD_MAX	((size_t)256 << 10)
#define PART_DEPTH_MAX	50		/* deeper multiparts are leaves */
#define PART_COUNT_MAX	10000		/* parts of one message; further ones belong to the last */

struct part_scan;

/* A scanner and all it finds live in the arena.  NULL: shortage of a soft arena. */
struct part_scan *part_scan_new(struct arena *);
int		 part_scan_add(struct part_scan *, struct str piece);	/* -1: shortage of a soft arena */
/* The root: a pseudo part whose header and body are the whole message's. */
struct part	*part_scan_end(struct part_scan *);
/* All at once. */
struct part	*part_parse(struct arena *, struct str message);

/*
 * By IMAP number: "" is the message, "1", "2.3".  NULL if there is none.
 */
struct part	*part_find(struct part *root, struct str number);
/* "TEXT" or "message/rfc822", defaults applied. */
struct str	 part_type(const struct part *);
struct str	 part_subtype(const struct part *);

#endif
