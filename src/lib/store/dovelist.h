/*
 * dovelist - the uidlist and the keywords that Dovecot keeps in a Maildir, so that a Maildir that comes from there keeps its uids: pure.
 *
 * dovecot-uidlist begins "3 V<uidvalidity> N<next uid> ..."; each further line is "<uid> [fields] :<file name>".  dovecot-keywords has lines
 * "<number> <name>"; the number 0 is the letter a among the flags of a file name.
 */
#ifndef STORE_DOVELIST_H
#define STORE_DOVELIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define DOVELIST_LETTERS	26

/* The first line.  false: it is not one that is known here. */
bool	dovelist_head(struct str line, uint32_t *uidvalidity, uint32_t *uidnext);
/* A further line: the file name without flags. */
bool	dovelist_line(struct str line, uint32_t *uid, struct str *base);
/* A line of dovecot-keywords. */
bool	dovelist_keyword(struct str line, unsigned *number, struct str *name);

#endif
