/*
 * word - encoded words (RFC 2047), to UTF-8.
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

#endif
