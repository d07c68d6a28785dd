/*
 * mime_limit - MaxMimeHeaderLength: fields that readers of mail were once broken by are cut on their way out (operations guide 5.6).
 */
#ifndef SENDMAIL_MIME_LIMIT_H
#define SENDMAIL_MIME_LIMIT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * The value of a field (with its leading blank), in the arena if it was too long: MIME-Version, Content-Id, Content-Transfer-Encoding, Content-Description,
 * Content-Type and Content-Disposition have at most `whole` octets; each part of the last two that a semicolon ends has at most `part`.  Quotes and
 * comments that are cut are closed.  0: no limit.
 */
struct str	mime_limit(struct arena *, struct str name, struct str value, int64_t whole, int64_t part);

#endif
