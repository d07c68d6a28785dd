/*
 * gzip - bytes as a gzip file (RFC 1952), for TLS reports (RFC 8460 3); module `gzip' (zlib).
 */
#ifndef NET_GZIP_H
#define NET_GZIP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "os/module.h"

/* Appended to *out; the same for the same bytes: no name, no time.  -1: no module, no memory, or *out may not be so long. */
int	gzip_pack(struct str in, struct buf *out, struct err *);

/* The module's table. */
#define GZIP_MODULE_VERSION	1
struct gzip_ops {
	struct os_module mod;
	int		(*pack)(struct str in, struct buf *out);
};

#endif
