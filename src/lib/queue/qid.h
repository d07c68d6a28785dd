/*
 * qid - queue identifiers and file names.
 *
 * Fourteen characters: year, month, day, hour, minute, second and a sequence (two characters) in base 60, then the process id in six digits: as sendmail 8.12 and later
 * make them.  A process never makes the same one twice; two at a time have different process ids.
 */
#ifndef QUEUE_QID_H
#define QUEUE_QID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define QID_LEN	14
#define QID_MAX	24		/* room for "qf" id, NUL, and foreign ids of up to 20 */

/* The next one of this process; waits a moment when a second's sequence is used up. */
void	qid_next(char dst[QID_MAX]);
/* Could this be an identifier, ours or an older sendmail's?  Letters and digits only, at most 20. */
bool	qid_valid(struct str);
/* kind: 'q', 'd', 'x', 't', 'Q', 'h' -> "qfID".  -1 when too long. */
int	qid_file(char *dst, size_t size, char kind, struct str id);

#endif
