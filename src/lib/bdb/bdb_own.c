/*
 * bdb_own - the table of functions without a library: reads Berkeley DB's files and constant databases, writes the latter.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bdb/bdbread.h"
#include "bdb/cdb.h"

struct bdb {
	struct bdbread	*read;		/* one of these three */
	struct cdb	*cdb;
	struct cdb_make	*make;
};

static struct bdb *
bdb_own_new(struct err *e)
{
	struct bdb	*b = calloc(1, sizeof *b);

	if (b == NULL)
		err_set(e, ERR_TEMP, "out of memory");
	return b;
}

static struct bdb *
bdb_own_open(int fd, struct err *e)
{
	struct bdb	*b = bdb_own_new(e);

	if (b == NULL)
		close(fd);
	else if (cdb_is(fd))
		b->cdb = cdb_open(fd, e);
	else
		b->read = bdbread_open(fd, e);
	if (b != NULL && b->cdb == NULL && b->read == NULL) {
		free(b);
		b = NULL;
	}
	return b;
}

static int
bdb_own_get(struct bdb *b, struct str key, struct buf *out, struct err *e)
{
	return b->cdb != NULL ? cdb_get(b->cdb, key, out, e) : bdbread_get(b->read, key, out, e);
}

static int
bdb_own_each(struct bdb *b, const struct str *key, bdb_each_fn *fn, void *arg, struct err *e)
{
	return b->cdb != NULL ? cdb_each(b->cdb, key, fn, arg, e) : bdbread_each(b->read, key, fn, arg, e);
}

static void
bdb_own_close(struct bdb *b)
{
	if (b->cdb != NULL)
		cdb_close(b->cdb);
	if (b->read != NULL)
		bdbread_close(b->read);
	cdb_make_free(&b->make);
	free(b);
}

static struct bdb *
bdb_own_create(const char *path, const struct bdb_how *how, uint32_t *buckets, struct err *e)
{
	struct bdb	*b;
	int		 fd;

	*buckets = 0;
	if (how->append) {
		err_set(e, ERR_PERM, "a constant database cannot be added to");
		return NULL;
	}
	if ((fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == -1) {
		err_sys(e, ERR_PERM, "%s", path);
		if (e != NULL)
			e->sys = errno;
		return NULL;
	}
	if ((b = bdb_own_new(e)) == NULL)
		close(fd);
	else if ((b->make = cdb_make_new(fd, e)) == NULL) {
		free(b);
		b = NULL;
	}
	return b;
}

/* Whoever writes has looked for equal keys already (map_build). */
static int
bdb_own_put(struct bdb *b, struct str key, struct str value, unsigned flags, struct err *e)
{
	(void)flags;
	return cdb_make_put(b->make, key, value, e);
}

static int
bdb_own_del(struct bdb *b, struct str key, struct err *e)
{
	(void)b;
	(void)key;
	return err_set(e, ERR_PERM, "nothing can be taken out of a constant database");
}

static int
bdb_own_finish(struct bdb **bp, struct err *e)
{
	struct bdb	*b = *bp;
	int		 rc = cdb_make_finish(&b->make, e);

	bdb_own_close(b);
	*bp = NULL;
	return rc;
}

const struct bdb_ops bdb_ops_own = {
	{ "own", BDB_VERSION }, bdb_own_open, bdb_own_get, bdb_own_each, bdb_own_close, bdb_own_create, bdb_own_put, bdb_own_del, bdb_own_finish
};
