/*
 * filter_place - is a filter's unix socket where nobody but its owner could put another one?
 *
 * As sendmail has it: neither the socket's mode nor its owner matters, but no folder above it may be writable for a group or for everybody (DontBlameSendmail:
 * GroupWritableDirPathSafe, TrustStickyBit), and it is no symbolic link.
 */
#ifndef SENDMAIL_FILTER_PLACE_H
#define SENDMAIL_FILTER_PLACE_H

#include "conf.h"

enum filter_place { FILTER_SAFE, FILTER_MISSING, FILTER_UNSAFE };

/* Of a filter whose socket is inet: safe.  *e: "Xname: local socket name /path unsafe: why", or "... missing". */
enum filter_place filter_place(const struct conf *, const struct conf_filter *, struct err *e);
/* All of them: -1 and the first that is unsafe; each that is missing is logged, as it may come later. */
int	filter_places(const struct conf *, struct err *);

#endif
