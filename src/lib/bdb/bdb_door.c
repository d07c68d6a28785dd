/*
 * bdb_door - which Berkeley DB a process uses: the linked one or the module, loaded when it is first wanted.
 */
#include "bdb/bdb.h"

static const struct bdb_ops *bdb_current;	/* the process's choice, made once */

void
bdb_use(const struct bdb_ops *ops)
{
	bdb_current = ops;
}

const struct bdb_ops *
bdb_ops(struct err *e)
{
	if (bdb_current == NULL)
		bdb_current = (const struct bdb_ops *)(const void *)os_module_open("bdb", BDB_VERSION, e);
	return bdb_current;
}
