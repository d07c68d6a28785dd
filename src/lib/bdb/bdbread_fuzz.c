/*
 * Any octets: a file of Berkeley DB's or a constant database is read to its end or refused; all that is listed can also be looked up, unless a page
 * is damaged.
 */
#include <unistd.h>

#include "base/must.h"
#include "bdb/bdbread.h"
#include "bdb/cdb.h"
#include "os/fd.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
seen(void *arg, struct str key, struct str value)
{
	size_t	*n = arg;

	must(key.n + value.n < (size_t)1 << 28);
	return ++*n > 2000;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bdbread	*r;
	struct cdb	*c;
	struct str	 key = STR("k1");
	struct buf	 v;
	size_t		 count = 0;
	int		 fd;

	buf_init(&v, 0);
	if ((r = bdbread_open_mem(str_mem(p, n), NULL)) != NULL) {
		(void)bdbread_each(r, NULL, seen, &count, NULL);
		(void)bdbread_each(r, &key, seen, &count, NULL);
		(void)bdbread_get(r, STR(""), &v, NULL);
		bdbread_close(r);
	}
	count = 0;
	if ((fd = os_memfile("fuzz", str_mem(p, n), NULL)) != -1) {
		(void)cdb_is(fd);
		if ((c = cdb_open(fd, NULL)) != NULL) {
			(void)cdb_each(c, NULL, seen, &count, NULL);
			(void)cdb_get(c, key, &v, NULL);
			cdb_close(c);
		}
	}
	buf_done(&v);
	return 0;
}
