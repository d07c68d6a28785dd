/*
 * hdr - header fields: finding them, unfolding and folding (RFC 5322 2.2).
 *
 * Line ends are CRLF or a bare LF, mixed as they come: files of a mail store have either.
 * Everything borrowed points into the text that was given.
 */
#ifndef MIME_HDR_H
#define MIME_HDR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

struct hdr_field {
	struct str	name;		/* as written, without blanks in front of the colon */
	struct str	value;		/* behind the colon, folded still, without the last line end */
	struct str	whole;		/* the field with its last line end */
};

/*
 * Take the next field off *s.  1: *f is one.  0: the header ended, *s is the body (an empty line was taken; or the text ended).
 * -1: the line is no field; f->whole is it, name and value are empty.  An mbox "From " line in the first place is such a line.
 * A reader that must not lose mail goes on after -1; RFC 5322 would end the header.
 */
int		hdr_next(struct str *s, struct hdr_field *f);
/* The n-th field (from 0) of this name, ASCII case folded, in a header or message. */
bool		hdr_find(struct str text, struct str name, size_t n, struct hdr_field *f);

/* One line, line ends of folds taken out, blanks at both ends too (RFC 5322 2.2.3).  NULs become blanks. */
struct str	hdr_unfold(struct arena *, struct str value);
/* RFC 5322 3.6.8: printable ASCII but colon; not empty. */
bool		hdr_name_ok(struct str);

#endif
