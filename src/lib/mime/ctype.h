/*
 * ctype - Content-Type, Content-Disposition and their parameters (RFC 2045 5.1, RFC 2183, RFC 2231).
 */
#ifndef MIME_CTYPE_H
#define MIME_CTYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

struct ctype_param {
	struct str	name;		/* as written: "filename", "filename*0*" */
	struct str	value;		/* unquoted, RFC 2231 encoding still there */
};

struct ctype {
	struct str		 type;		/* as written: "text"; for a disposition "attachment" */
	struct str		 subtype;	/* STR_NONE for a disposition */
	struct ctype_param	*param;
	size_t			 nparam;
	bool			 bad;		/* odd syntax; what could be read is there */
};

#define CTYPE_PARAM_MAX	100		/* more are left out, and `bad` is set */

/*
 * Parse a field's value.  Never fails on form: 0 and `bad` set; type is STR_NONE when not even that could be read (then RFC 2045 5.2's
 * default text/plain holds).  -1: shortage of a soft arena.
 */
int		ctype_parse(struct arena *, struct str, struct ctype *);
int		ctype_parse_disposition(struct arena *, struct str, struct ctype *);
/* Is it type/subtype?  subtype NULL: any. */
bool		ctype_is(const struct ctype *, const char *type, const char *subtype);
/* A parameter as written, by exact name; STR_NONE if it is not there. */
struct str	ctype_raw(const struct ctype *, const char *name);
/*
 * The parameters with continuations joined, as IMAP shows them (RFC 2231 6): name*0, name*1 become name, or name* if a piece is encoded; then the others are
 * made so.  Pieces without a number 0 in front of them stay as they are.  -1: shortage of a soft arena.
 */
int		ctype_join(const struct ctype *, struct arena *, struct ctype_param **, size_t *n);

#endif
