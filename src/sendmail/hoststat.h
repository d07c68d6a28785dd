/*
 * hoststat - print or purge the status of hosts: -bh, -bH, and the names hoststat and purgestat.
 */
#ifndef SENDMAIL_HOSTSTAT_H
#define SENDMAIL_HOSTSTAT_H

#include "mode.h"

struct spool_dir;

/* The directory that HostStatusDirectory means: relative ones are below the (first) queue directory.  -1: none is set. */
int	hoststat_path(const struct conf *, struct arena *, const char **path);
/* Both return the exit code. */
int	hoststat_run(struct cmd *);
int	purgestat_run(struct cmd *);

#endif
