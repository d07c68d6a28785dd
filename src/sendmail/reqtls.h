/*
 * reqtls - what the sender of a message wants of TLS on its way (RFC 8689): REQUIRETLS, said with MAIL, kept as a macro in its queue file; or the header
 * field "TLS-Required: No", by which a report of a broken TLS set-up can reach those who broke it.
 */
#ifndef SENDMAIL_REQTLS_H
#define SENDMAIL_REQTLS_H

#include "base/arena.h"
#include "conf.h"
#include "queue/qfile.h"

/* ATTEMPT_REQTLS, ATTEMPT_ANYTLS or nothing. */
unsigned reqtls_flags(const struct conf *, const struct qf *);
/* A report about it goes no other way than the message itself: marks the report.  True: its content is secret. */
bool	reqtls_report(const struct conf *, const struct qf *of, struct qf *report, struct arena *);

#endif
