/*
 * utf8 - validity and stepping (RFC 3629: no surrogates, nothing overlong, up to U+10FFFF).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

bool	utf8_valid(struct str);
bool	str_is_ascii(struct str);
/* The code point at the front and its length, or 0 when invalid or empty. */
size_t	utf8_next(struct str, uint32_t *cp);
int	utf8_add(struct buf *, uint32_t cp);

#endif
