/*
 * charset - text in any charset to UTF-8.
 *
 * US-ASCII, UTF-8, and charsets of one byte (ISO-8859, windows-125x, KOI8) are here; others go through iconv(3), which may need files
 * that a sandboxed role cannot load: then a charset is unknown, unless charset_load was called before.
 */
#ifndef MIME_CHARSET_H
#define MIME_CHARSET_H

#include "base/buf.h"
#include "base/str.h"

/* Append as UTF-8; bytes that mean nothing in the charset become U+FFFD.  -1: unknown charset (nothing added), or full. */
int		charset_to_utf8(struct buf *, struct str charset, struct str text);
/* Load the converters of the charsets of East Asia that are in use, before a sandbox closes: half a millisecond, 150 KB. */
void		charset_load(void);
/* Append, whatever it is: UTF-8 stays, wrong bytes become U+FFFD. */
int		charset_clean(struct buf *, struct str text);

#endif
