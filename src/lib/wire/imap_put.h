/*
 * imap_put - strings as an IMAP server writes them (RFC 3501 9): the shortest form the bytes allow.
 */
#ifndef WIRE_IMAP_PUT_H
#define WIRE_IMAP_PUT_H

#include "base/buf.h"
#include "base/str.h"

/* Quoted if it can be, else a literal.  Answers are the buffer's: 0 or -1. */
int	imap_put_string(struct buf *, struct str, bool utf8);
int	imap_put_astring(struct buf *, struct str, bool utf8);
/* A UTF-8 mailbox name: as it is when utf8, else in modified UTF-7. */
int	imap_put_mailbox(struct buf *, struct str, bool utf8);

#endif
