/*
 * word - encoded words (RFC 2047), to UTF-8 and from it.
 */
#ifndef MIME_WORD_H
#define MIME_WORD_H

#include "base/buf.h"
#include "base/str.h"

/*
 * Append a field's value with encoded words decoded, blanks between neighbours taken out, line ends of folds too.  What cannot be decoded
 * (broken, unknown charset) stays as it is; bytes that are not UTF-8 outside of words become U+FFFD.  -1: the buffer is full.
 */
int		word_decode(struct buf *, struct str value);
/* Append UTF-8 text as encoded words of at most 75 characters, in "Q" or "B", whichever is shorter; as it is when it is plain ASCII. */
int		word_encode(struct buf *, struct str utf8);

#endif
