/*
 * cdb - constant databases: written once, read by two accesses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bdb/cdb.h"

#define CDB_HEAD	2048
#define CDB_VALUE_MAX	((uint32_t)64 << 20)
#define CDB_BLOCK	65536		/* of reading through */

struct cdb {
	int		 fd;
	uint64_t	 size;
	unsigned char	 head[CDB_HEAD];
	struct buf	 key, value;
};

static uint32_t
cdb_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void
cdb_put_u32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

uint32_t
cdb_hash(struct str key)
{
	uint32_t	h = 5381;

	for (size_t i = 0; i < key.n; i++)
		h = (h * 33) ^ (unsigned char)key.p[i];
	return h;
}

static int
cdb_head(int fd, unsigned char *head, uint64_t *size)
{
	struct stat	st;

	if (fstat(fd, &st) == -1 || st.st_size < CDB_HEAD || (uint64_t)st.st_size > UINT32_MAX || pread(fd, head, CDB_HEAD, 0) != CDB_HEAD)
		return -1;
	*size = (uint64_t)st.st_size;
	for (int i = 0; i < 256; i++) {
		uint64_t	at = cdb_u32(head + 8 * i), n = cdb_u32(head + 8 * i + 4);

		if (n > 0 && (at < CDB_HEAD || at + 8 * n > *size))
			return -1;
	}
	return 0;
}

bool
cdb_is(int fd)
{
	unsigned char	head[CDB_HEAD];
	uint64_t	size, end = 0;

	if (cdb_head(fd, head, &size) == -1)
		return false;
	for (int i = 0; i < 256; i++) {
		uint64_t	at = cdb_u32(head + 8 * i);

		if (at < CDB_HEAD || (i > 0 && at != end))
			return false;
		end = at + (uint64_t)8 * cdb_u32(head + 8 * i + 4);
	}
	return end == size;
}

struct cdb *
cdb_open(int fd, struct err *e)
{
	struct cdb	*c = calloc(1, sizeof *c);

	if (c == NULL)
		err_set(e, ERR_TEMP, "out of memory");
	else if (cdb_head(fd, c->head, &c->size) == -1) {
		err_set(e, ERR_PERM, "not a constant database, or a damaged one");
		free(c);
		c = NULL;
	}
	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->fd = fd;
	buf_init(&c->key, CDB_VALUE_MAX);
	buf_init(&c->value, CDB_VALUE_MAX);
	return c;
}

void
cdb_close(struct cdb *c)
{
	close(c->fd);
	buf_done(&c->key);
	buf_done(&c->value);
	free(c);
}

static int
cdb_read(struct cdb *c, uint64_t at, uint64_t n, struct buf *out, struct err *e)
{
	char	*p;

	buf_clear(out);
	if (at > c->size || n > c->size - at || n > CDB_VALUE_MAX)
		return err_set(e, ERR_PERM, "damaged: a record leads out of the file");
	if ((p = buf_reserve(out, (size_t)n + 1)) == NULL)
		return err_set(e, ERR_TEMP, "out of memory");
	if (n > 0 && pread(c->fd, p, (size_t)n, (off_t)at) != (ssize_t)n)
		return err_sys(e, ERR_TEMP, "read");
	buf_commit(out, (size_t)n);
	return 0;
}

/* Key and value of the record at `at`; *next is where the one behind it begins.  want: the value only if the key is this one (1), else 0. */
static int
cdb_record(struct cdb *c, uint64_t at, const struct str *want, uint64_t *next, struct err *e)
{
	uint64_t	nkey, nvalue;

	if (at < CDB_HEAD || cdb_read(c, at, 8, &c->key, e) == -1)
		return at < CDB_HEAD ? err_set(e, ERR_PERM, "damaged: a record within the head") : -1;
	nkey = cdb_u32((const unsigned char *)c->key.p);
	nvalue = cdb_u32((const unsigned char *)c->key.p + 4);
	*next = at + 8 + nkey + nvalue;
	if (*next > c->size)
		return err_set(e, ERR_PERM, "damaged: a record leads out of the file");
	if (want != NULL && want->n != nkey)
		return 0;
	if (cdb_read(c, at + 8, nkey, &c->key, e) == -1)
		return -1;
	if (want != NULL && !str_eq(*want, buf_str(&c->key)))
		return 0;
	return cdb_read(c, at + 8 + nkey, nvalue, &c->value, e) == -1 ? -1 : 1;
}

static int
cdb_find(struct cdb *c, struct str key, bdb_each_fn *fn, void *arg, struct err *e)
{
	uint32_t	h = cdb_hash(key), n, slot;
	uint64_t	table, next;
	unsigned char	pair[8];
	int		rc;

	table = cdb_u32(c->head + 8 * (h & 255));
	n = cdb_u32(c->head + 8 * (h & 255) + 4);
	if (n == 0)
		return 0;
	slot = (h >> 8) % n;
	for (uint32_t i = 0; i < n; i++, slot = slot + 1 == n ? 0 : slot + 1) {
		if (pread(c->fd, pair, 8, (off_t)(table + (uint64_t)8 * slot)) != 8)
			return err_sys(e, ERR_TEMP, "read");
		if (cdb_u32(pair + 4) == 0)
			return 0;
		if (cdb_u32(pair + 4) < CDB_HEAD || cdb_u32(pair + 4) >= c->size || (cdb_u32(pair) & 255) != (h & 255))
			return err_set(e, ERR_PERM, "damaged: an entry of table %lu that is none", (unsigned long)(h & 255));
		if (cdb_u32(pair) != h)
			continue;
		if ((rc = cdb_record(c, cdb_u32(pair + 4), &key, &next, e)) == -1)
			return -1;
		if (rc == 1 && (rc = fn(arg, key, buf_str(&c->value))) != 0)
			return rc;
	}
	return 0;
}

static int
cdb_first(void *arg, struct str key, struct str value)
{
	struct buf	*out = arg;

	(void)key;
	buf_add(out, value);
	return 1;
}

int
cdb_get(struct cdb *c, struct str key, struct buf *out, struct err *e)
{
	return cdb_find(c, key, cdb_first, out, e);
}

int
cdb_each(struct cdb *c, const struct str *key, bdb_each_fn *fn, void *arg, struct err *e)
{
	uint64_t	at = CDB_HEAD, end = c->size, next;
	int		rc;

	if (key != NULL)
		return cdb_find(c, *key, fn, arg, e);
	for (int i = 0; i < 256; i++)		/* records end where the first table begins */
		if (cdb_u32(c->head + 8 * i) >= CDB_HEAD && cdb_u32(c->head + 8 * i) < end)
			end = cdb_u32(c->head + 8 * i);
	for (; at < end; at = next) {
		if ((rc = cdb_record(c, at, NULL, &next, e)) == -1)
			return -1;
		if ((rc = fn(arg, buf_str(&c->key), buf_str(&c->value))) != 0)
			return rc;
	}
	return 0;
}

/* ---- making ---- */

struct cdb_slot {
	uint32_t	hash, at;
};

struct cdb_make {
	FILE		*f;
	uint64_t	 at;
	struct cdb_slot	*slot;
	size_t		 n, size;
	uint32_t	 count[256];
};

struct cdb_make *
cdb_make_new(int fd, struct err *e)
{
	static const unsigned char	 empty[CDB_HEAD];
	struct cdb_make			*m = calloc(1, sizeof *m);

	if (m == NULL || (m->f = fdopen(fd, "w+")) == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		close(fd);
		free(m);
		return NULL;
	}
	(void)setvbuf(m->f, NULL, _IOFBF, 1 << 18);
	m->at = CDB_HEAD;
	if (fwrite(empty, 1, sizeof empty, m->f) != sizeof empty) {
		err_sys(e, ERR_TEMP, "write");
		cdb_make_free(&m);
	}
	return m;
}

void
cdb_make_free(struct cdb_make **mp)
{
	if (*mp == NULL)
		return;
	fclose((*mp)->f);
	free((*mp)->slot);
	free(*mp);
	*mp = NULL;
}

int
cdb_make_put(struct cdb_make *m, struct str key, struct str value, struct err *e)
{
	unsigned char	 head[8];
	struct cdb_slot	*more;

	if (key.n > CDB_VALUE_MAX || value.n > CDB_VALUE_MAX || m->at + 8 + key.n + value.n + 16 * (m->n + 1) > UINT32_MAX)
		return err_set(e, ERR_PERM, "a constant database holds 4 GiB at most");
	if (m->n == m->size) {
		if ((more = realloc(m->slot, (m->size * 2 + 1024) * sizeof *more)) == NULL)
			return err_set(e, ERR_TEMP, "out of memory");
		m->slot = more;
		m->size = m->size * 2 + 1024;
	}
	cdb_put_u32(head, (uint32_t)key.n);
	cdb_put_u32(head + 4, (uint32_t)value.n);
	if (fwrite(head, 1, 8, m->f) != 8 || (key.n > 0 && fwrite(key.p, 1, key.n, m->f) != key.n) ||
	    (value.n > 0 && fwrite(value.p, 1, value.n, m->f) != value.n))
		return err_sys(e, ERR_TEMP, "write");
	m->slot[m->n] = (struct cdb_slot){ cdb_hash(key), (uint32_t)m->at };
	m->count[m->slot[m->n++].hash & 255]++;
	m->at += 8 + key.n + value.n;
	return 0;
}

/* The table of those of `of` whose hash ends in `which`: twice as many slots as entries. */
static int
cdb_make_table(struct cdb_make *m, const struct cdb_slot *of, uint32_t n, struct cdb_slot *table)
{
	unsigned char	pair[8];
	uint32_t	len = 2 * n;

	memset(table, 0, len * sizeof *table);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t	at = (of[i].hash >> 8) % len;

		while (table[at].at != 0)
			at = at + 1 == len ? 0 : at + 1;
		table[at] = of[i];
	}
	for (uint32_t i = 0; i < len; i++) {
		cdb_put_u32(pair, table[i].hash);
		cdb_put_u32(pair + 4, table[i].at);
		if (fwrite(pair, 1, 8, m->f) != 8)
			return -1;
	}
	return 0;
}

static int
cdb_make_tables(struct cdb_make *m, struct err *e)
{
	unsigned char	 head[CDB_HEAD];
	struct cdb_slot	*sorted = calloc(m->n + 1, sizeof *sorted), *table = NULL;
	size_t		 start[257] = { 0 };
	uint32_t	 most = 0;
	uint64_t	 at = m->at;
	int		 rc = -1;

	for (int i = 0; i < 256; i++) {
		start[i + 1] = start[i] + m->count[i];
		most = m->count[i] > most ? m->count[i] : most;
		cdb_put_u32(head + 8 * i, (uint32_t)at);
		cdb_put_u32(head + 8 * i + 4, 2 * m->count[i]);
		at += (uint64_t)16 * m->count[i];
	}
	if (sorted == NULL || (table = calloc((size_t)most * 2 + 1, sizeof *table)) == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < m->n; i++)
		sorted[start[m->slot[i].hash & 255]++] = m->slot[i];
	for (int i = 0; i < 256; i++)
		if (cdb_make_table(m, sorted + start[i] - m->count[i], m->count[i], table) == -1)
			goto bad;
	if (fseek(m->f, 0, SEEK_SET) == -1 || fwrite(head, 1, CDB_HEAD, m->f) != CDB_HEAD || fflush(m->f) != 0)
		goto bad;
	rc = 0;
	goto out;
bad:
	err_sys(e, ERR_TEMP, "write");
out:
	free(sorted);
	free(table);
	return rc;
}

int
cdb_make_finish(struct cdb_make **mp, struct err *e)
{
	int	rc = cdb_make_tables(*mp, e);

	cdb_make_free(mp);
	return rc;
}
