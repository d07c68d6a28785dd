/*
 * forward - the items of a list: an alias's right side, a ~/.forward, an :include: file.  Pure.
 *
 *	joe, "|/usr/bin/vacation joe", /var/mail/archive, :include:/etc/mail/list, \joe
 *
 * Items are separated by commas, in files by line ends too; quotes and parentheses protect.  In files a line that begins with # is a comment.
 */
#ifndef SENDMAIL_FORWARD_H
#define SENDMAIL_FORWARD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

enum forward_kind { FORWARD_ADDR, FORWARD_PROG, FORWARD_FILE, FORWARD_INCLUDE };

#define FORWARD_MAX	20000		/* items of one list */

/*
 * Items in order, in the arena; "|prog", "/file" and ":include:/file" without the quotes around them, addresses as written.  `lines`: the text is
 * a file's.  -1: more than FORWARD_MAX.
 */
int	forward_parse(struct str text, bool lines, struct arena *, struct str **items, size_t *n);
enum forward_kind forward_kind(struct str item);
/* What is said to who names a program, file or list himself; NULL for an address.  Only aliases lead there. */
const char *forward_direct(enum forward_kind);
/* The file of ":include:/file". */
struct str forward_include_path(struct str item);

#endif
