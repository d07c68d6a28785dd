/*
 * gzip_z - the module that knows zlib.
 */
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "net/gzip.h"

extern const struct os_module *const angarium_module;

#define GZIP_WINDOW	(15 + 16)	/* 32 KiB; 16: with gzip's header and trailer */

static int
gzip_z_pack(struct str in, struct buf *out)
{
	z_stream z;
	uLong room;
	char *p;
	int rc;

	memset(&z, 0, sizeof z);
	if (in.n > INT_MAX || deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	room = deflateBound(&z, (uLong)in.n);
	if ((p = buf_reserve(out, room)) == NULL) {
		(void)deflateEnd(&z);
		return -1;
	}
	z.next_in = (Bytef *)(uintptr_t)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = (Bytef *)p;
	z.avail_out = (uInt)room;
	rc = deflate(&z, Z_FINISH);
	if (rc == Z_STREAM_END)
		buf_commit(out, room - z.avail_out);
	(void)deflateEnd(&z);
	return rc == Z_STREAM_END ? 0 : -1;
}

static const struct gzip_ops gzip_z_ops = { .mod = { "gzip", GZIP_MODULE_VERSION }, .pack = gzip_z_pack };

const struct os_module *const angarium_module = &gzip_z_ops.mod;
