/*
 * conv - a message for a next hop that takes less than it holds: 8-bit content becomes 7-bit (RFC 6152 3), binary content becomes lines (RFC 3030 3),
 * each part in its own encoding; and the other way for mailboxes, quoted-printable or base64 text becomes 8-bit text.
 *
 * Pure: slices in, pieces out.  The message is a stranger's: the tree is bounded (mime/part.h), every octet of a leaf comes out again after decoding, and
 * whatever cannot be understood is one leaf.  Text that comes out has LF at the end of its lines.
 */
#ifndef MIME_CONV_H
#define MIME_CONV_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

enum conv_to {
	CONV_7BIT,	/* no octet above 0x7f in any leaf */
	CONV_8BIT	/* lines of at most 998 octets, no NUL, CR or LF inside of them */
};

struct conv {
	enum conv_to	 to;
	bool		 ebcdic;	/* quoted-printable for hosts that speak EBCDIC (mailer flag 3) */
	bool		 raw;		/* content is as a BINARYMIME message has it: lines end in CR LF, anything may be in it */
	/*
	 * Is `name` in this class of the configuration?  n: types that are left alone; q: those that always become quoted-printable; s: subtypes of
	 * message that are looked into.  NULL: n holds multipart/signed, s holds rfc822.
	 */
	bool		(*in_class)(void *arg, char which, struct str name);
	void		*class_arg;
	struct str	 charset;	/* for text that says nothing */
	struct str	 by;		/* for X-MIME-Autoconverted: "here.test id ABC"; none: no such field */
	void		(*put)(void *arg, struct str piece);
	void		*put_arg;
};

/*
 * Convert: the header (lines that end in LF, no empty line), the empty line and the content go to put.  -1: shortage of a soft arena, something was put.
 */
int	conv_run(struct arena *, const struct conv *, struct str header, struct str content);

/*
 * The limited way back (mailer flag 9): a message that is one text/plain in quoted-printable or base64 becomes 8-bit.  False: it is not such a one, or
 * not cleanly; nothing was put.  `raw` and `to` are not looked at.
 */
bool	conv_widen(struct arena *, const struct conv *, struct str header, struct str content);

/* Is it worth asking conv_widen?  The header alone says so. */
bool	conv_can_widen(struct arena *, struct str header);

/* The header with the eighth bit cut off; what would become a line end or NUL by that is a blank. */
struct str	conv_header_7bit(struct arena *, struct str header);

/* Is there a MIME-Version field?  What has none says nothing about its content. */
bool	conv_is_mime(struct str header);

#endif
