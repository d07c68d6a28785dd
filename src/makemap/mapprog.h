/*
 * mapprog - what makemap, editmap and praliases share: the options of sendmail.cf that matter to them, opening a database, messages.
 */
#ifndef MAKEMAP_MAPPROG_H
#define MAKEMAP_MAPPROG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "map/map_build.h"

/*
 * Sets owner and group of `how` from TrustedUser, if we are root.  EXIT_OK, or a code whose message was printed.  A missing file is an error only when it was
 * `given`: on a host that is being set up maps come first.
 */
int	mapprog_read_cf(const char *prog, const char *cf, bool given, struct arena *, struct map_build_how *how);
/* The value of an option that stands in the file more than once, the last one; none: not set. */
struct str mapprog_option(struct str text, struct str name);
/* Open for reading; name without or with its suffix. */
struct bdb *mapprog_open(const char *type, const char *name, bool unsafe, struct arena *, const struct bdb_ops **, struct err *);
/* A type that map_build_type does not know: why. */
int	mapprog_unknown(const char *type, struct err *);
/* "PROG: error opening type hash map NAME: why"; the exit code. */
int	mapprog_failed(const char *prog, const char *type, const char *name, const struct err *);
void	mapprog_print(FILE *, struct str);

#endif
