/*
 * bdb_door - which code writes a database file: Berkeley DB's library, loaded when it is first wanted, or ours.
 */
#include "bdb/bdb.h"
#include "os_conf.h"

struct bdb_door {			/* one of each in a process */
	const char		*module;
	const struct bdb_ops	*ops;
	bool			 tried;
	struct err		 why;
};

static struct bdb_door	bdb_door_library = { .module = "bdb" }, bdb_door_lmdb = { .module = "lmdb" };

static const struct bdb_ops *
bdb_door_open(struct bdb_door *d, struct err *e)
{
	if (!d->tried) {
		d->tried = true;
		d->ops = (const struct bdb_ops *)(const void *)os_module_open(d->module, BDB_VERSION, &d->why);
	}
	if (d->ops == NULL)
		err_set(e, d->why.class, "%s", d->why.text);
	return d->ops;
}

const struct bdb_ops *
bdb_library(struct err *e)
{
	return bdb_door_open(&bdb_door_library, e);
}

const struct bdb_ops *
bdb_lmdb(struct err *e)
{
	return bdb_door_open(&bdb_door_lmdb, e);
}

const struct bdb_ops *
bdb_ops_new(enum bdb_type type, struct err *e)
{
	if (type == BDB_CDB)
		return &bdb_ops_own;
	if (type == BDB_LMDB)
		return bdb_lmdb(e);
#ifdef HAVE_LIBDB
	/* Missing is a mistake here, and a file of another kind under its name would surprise other readers. */
	return bdb_library(e);
#else
	return type == BDB_HASH || type == BDB_BTREE ? &bdb_ops_own : NULL;
#endif
}

/* The hash of Fowler, Noll and Vo, 32 bits, multiply first, started at 0. */
uint32_t
bdb_hash(struct str key)
{
	uint32_t	h = 0;

	for (size_t i = 0; i < key.n; i++)
		h = (h * 16777619u) ^ (unsigned char)key.p[i];
	return h;
}
