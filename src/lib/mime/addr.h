/*
 * addr - address lists of header fields (RFC 5322 3.4 with the obsolete forms of 4.4).
 *
 * Reading never fails on form: mail is full of odd addresses, and IMAP must show them all.  What is no address is still an entry, with `bad` set
 * and its raw text kept.  `sendmail -t` sends `raw` to the rulesets; IMAP's ENVELOPE shows the parts.
 */
#ifndef MIME_ADDR_H
#define MIME_ADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum addr_kind {
	ADDR_MAILBOX,
	ADDR_GROUP,		/* name holds the group's; its members follow */
	ADDR_GROUP_END
};

struct addr {
	enum addr_kind	kind;
	struct str	name;		/* display name, unquoted, words joined by one blank; encoded words are left; or STR_NONE */
	struct str	comment;	/* last comment, unescaped, or STR_NONE: "user@host (Full Name)" */
	struct str	route;		/* "@a,@b" or STR_NONE (obsolete) */
	struct str	local;		/* unquoted; "" in <> */
	struct str	domain;		/* STR_NONE without @; literals with their brackets */
	struct str	raw;		/* as written, between the commas, trimmed; of a group's end ";", or empty where it was missing */
	bool		angle;		/* was in <> */
	bool		bad;		/* not RFC 5322 */
};

struct addr_list {
	struct addr	*v;
	size_t		 n;
};

#define ADDR_MAX	10000		/* entries of one list; what is behind is left out */

/* Parse a field's value (folded or not).  0; -1 only on shortage of a soft arena or past ADDR_MAX (the list has what fit). */
int		addr_parse(struct arena *, struct str, struct addr_list *out);
/* sendmail's ColonOkInAddr: the same without groups, "host:user" is an address. */
int		addr_parse_colon(struct arena *, struct str, bool colon_ok, struct addr_list *out);
/*
 * sendmail's OldStyleHeaders: once names stood in a list with blanks between them.  That a list, or another one of the same
 * message, holds a comma, semicolon, angle or parenthesis shows that it is not so old.
 */
bool		addr_is_new_style(struct str list);
/* An old list with commas; others, and one word, as they are. */
struct str	addr_old_style(struct arena *, struct str list);
/* "local@domain", local part quoted where it must be, without route; "" for <>. */
struct str	addr_spec(struct arena *, const struct addr *);
/* A whole list as RFC 5322 text, not folded; parse(print(x)) has the same parts. */
int		addr_print(struct buf *, const struct addr_list *);
/* Can this be written as dot-atom? (RFC 5322 3.2.3; UTF-8 counts as text: RFC 6532) */
bool		addr_is_dot_atom(struct str);
/* An address's outer form: the part in <>, or without comments; for those who get one address by hand.  Trimmed. */
struct str	addr_only(struct arena *, struct str);

#endif
