/*
 * stats - the statistics file of StatusFile: how many messages and kilobytes went from and to each mailer.
 *
 * The file is one structure of the machine's own types, as sendmail 8.12 and later write it (version 4), so that its mailstats reads ours and ours
 * its.  An empty file is one to which nothing was added yet; a file that is not there is not made.
 */
#ifndef QUEUE_STATS_H
#define QUEUE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/err.h"

#define STATS_MAILERS	25
#define STATS_MAGIC	0x1b1de
#define STATS_VERSION	4

struct stats {
	int	magic, version;
	time_t	since;			/* when counting began */
	short	size;			/* of all this */
	long	from, to, rejected;	/* connections: taken, made, refused */
	long	nfrom[STATS_MAILERS], kfrom[STATS_MAILERS];	/* messages and kilobytes from each mailer, by its number */
	long	nto[STATS_MAILERS], kto[STATS_MAILERS];
	long	nreject[STATS_MAILERS], ndiscard[STATS_MAILERS], nquarantine[STATS_MAILERS];
};

/* 0; 1 the file is empty, *st is zero; -1 it is something else. */
int	stats_read(int fd, struct stats *st, struct err *e);
/* Add to what the file has, under its lock.  `since` of a new one is now. */
int	stats_add(int fd, const struct stats *more, struct err *e);
/* Whole kilobytes, rounded up. */
long	stats_kbytes(unsigned long long bytes);
/* A file of which nothing is counted any more. */
int	stats_clear(int fd, struct err *e);

#endif
