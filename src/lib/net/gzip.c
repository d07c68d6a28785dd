/*
 * gzip - see the header: the door to the module.
 */
#include "net/gzip.h"

static const struct gzip_ops *gzip_module;

int
gzip_pack(struct str in, struct buf *out, struct err *e)
{
	if (gzip_module == NULL)
		gzip_module = (const struct gzip_ops *)(const void *)os_module_open("gzip", GZIP_MODULE_VERSION, e);
	if (gzip_module == NULL)
		return -1;
	return gzip_module->pack(in, out) == 0 ? 0 : err_set(e, ERR_TEMP, "gzip: no memory, or too long");
}
