/*
 * bundle - several descriptors as one: the end of a socketpair in which they wait, for messages that carry only one.
 */
#ifndef SENDMAIL_BUNDLE_H
#define SENDMAIL_BUNDLE_H

#include <stddef.h>

#define BUNDLE_MAX	16

/* The caller keeps his descriptors.  A new descriptor, or -1. */
int	bundle_make(const int *fd, size_t n);
/* Take out all of them: there must be just n.  The bundle is closed.  0; -1: it was none, and nothing is left open. */
int	bundle_open(int bundle, int *fd, size_t n);

#endif
