/*
 * spool_place - where the content of a message is whose qf names another directory (a d line, of a sendmail's).
 *
 * It is a whole path, or beside the qf's directory, and may end in /df.  The name comes from a queue file: nothing but the file of the message's own
 * name is ever looked at there.
 */
#ifndef QUEUE_SPOOL_PLACE_H
#define QUEUE_SPOOL_PLACE_H

#include "queue/spool.h"

/*
 * The directory that `name` means, seen from that of the qf, if the message's df is there: *other, to be closed.  Else *other is NULL, and the df is
 * where it mostly is, beside the qf.  -1: it is in neither.
 */
int	spool_place(const struct spool_dir *qf, struct str id, struct str name, struct spool_dir **other, struct err *);

#endif
