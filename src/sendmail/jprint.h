/*
 * jprint - sendmail -bp --journal: the segments of a journal, record by record, for people.
 */
#ifndef SENDMAIL_JPRINT_H
#define SENDMAIL_JPRINT_H

#include "queue/spool.h"

/* Print those of one queue directory; a daemon may be at work in it.  -1: they cannot be read. */
int	jprint_directory(const struct spool_dir *, struct err *);

#endif
