/*
 * bdbread - Berkeley DB's files read without its library: the head, pages, items, overflow.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bdb/bdbread_int.h"

#define META_MAGIC	12
#define META_VERSION	16
#define META_PAGESIZE	20
#define META_ENCRYPT	24
#define META_TYPE	25
#define META_METAFLAGS	26
#define META_FLAGS	48
#define META_BT_ROOT	88
#define META_H_MAX	72
#define META_H_HIGH	76
#define META_H_LOW	80
#define META_H_CHARKEY	92
#define META_H_SPARES	96

#define MAGIC_BTREE	BDBREAD_MAGIC_BTREE
#define MAGIC_HASH	BDBREAD_MAGIC_HASH

#define ITEM_DATA	1
#define ITEM_DUP	2
#define ITEM_OVERFLOW	3
#define ITEM_DELETED	0x80

uint16_t
bdbread_u16(const struct bdbread *r, const unsigned char *p)
{
	uint16_t	v;

	memcpy(&v, p, sizeof v);
	if (r->swap)
		v = (uint16_t)(v >> 8 | v << 8);
	return v;
}

uint32_t
bdbread_u32(const struct bdbread *r, const unsigned char *p)
{
	uint32_t	v;

	memcpy(&v, p, sizeof v);
	return r->swap ? v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24 : v;
}

int
bdbread_damaged(struct err *e, uint32_t pgno, const char *what)
{
	return err_set(e, ERR_PERM, "damaged: page %lu: %s", (unsigned long)pgno, what);
}

static int
bdbread_raw(struct bdbread *r, uint64_t at, void *p, size_t n, struct err *e)
{
	ssize_t	got;

	if (at > r->size || n > r->size - at)
		return err_set(e, ERR_PERM, "damaged: the file is too short");
	if (r->fd == -1) {
		memcpy(p, r->mem.p + at, n);
		return 0;
	}
	for (size_t done = 0; done < n; done += (size_t)got)
		if ((got = pread(r->fd, (char *)p + done, n - done, (off_t)(at + done))) <= 0)
			return got == 0 ? err_set(e, ERR_PERM, "damaged: the file is too short") : err_sys(e, ERR_TEMP, "read");
	return 0;
}

const unsigned char *
bdbread_page(struct bdbread *r, uint32_t pgno, struct err *e)
{
	size_t	at;

	if (pgno >= r->npages) {
		bdbread_damaged(e, pgno, "there is no such page");
		return NULL;
	}
	at = r->hint[pgno & 31];
	if (r->cache[at].p != NULL && r->cache[at].pgno == pgno && r->cache[at].used > 0) {
		r->cache[at].used = ++r->clock;
		return r->cache[at].p;
	}
	at = 0;
	for (size_t i = 0; i < BDBREAD_CACHE; i++) {
		if (r->cache[i].p != NULL && r->cache[i].pgno == pgno && r->cache[i].used > 0) {
			r->cache[i].used = ++r->clock;
			r->hint[pgno & 31] = (uint8_t)i;
			return r->cache[i].p;
		}
		if (r->cache[i].used < r->cache[at].used)
			at = i;
	}
	if (r->cache[at].p == NULL && (r->cache[at].p = malloc(r->pagesize)) == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	r->cache[at].used = 0;
	if (bdbread_raw(r, (uint64_t)pgno * r->pagesize, r->cache[at].p, r->pagesize, e) == -1)
		return NULL;
	r->cache[at].pgno = pgno;
	r->cache[at].used = ++r->clock;
	r->hint[pgno & 31] = (uint8_t)at;
	return r->cache[at].p;
}

size_t
bdbread_entries(const struct bdbread *r, const unsigned char *page)
{
	size_t	n = bdbread_u16(r, page + PG_ENTRIES);

	return PG_INDEX + 2 * n > r->pagesize ? SIZE_MAX : n;
}

int
bdbread_overflow(struct bdbread *r, uint32_t pgno, uint32_t len, struct buf *out, struct err *e)
{
	const unsigned char	*p;
	size_t			 n;

	if (len > BDBREAD_ITEM)
		return bdbread_damaged(e, pgno, "an item is too long");
	while (len > 0) {
		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		n = bdbread_u16(r, p + PG_HF);
		if (p[PG_TYPE] != PT_OVERFLOW || n == 0 || n > r->pagesize - PG_INDEX)
			return bdbread_damaged(e, pgno, "not a part of a long item");
		if (n > len)
			n = len;
		if (buf_addmem(out, p + PG_INDEX, n) == -1)
			return err_set(e, ERR_TEMP, "an item is too long");
		len -= (uint32_t)n;
		pgno = bdbread_u32(r, p + PG_NEXT);
	}
	return 1;
}

int
bdbread_item(struct bdbread *r, uint32_t pgno, size_t index, struct buf *out, struct err *e)
{
	const unsigned char	*p = bdbread_page(r, pgno, e);
	size_t			 at, n;

	buf_clear(out);
	if (p == NULL)
		return -1;
	at = bdbread_u16(r, p + PG_INDEX + 2 * index);
	if (at < PG_INDEX || at + 3 > r->pagesize)
		return bdbread_damaged(e, pgno, "an item outside of the page");
	if (p[at + 2] & ITEM_DELETED)
		return 0;
	n = bdbread_u16(r, p + at);
	switch (p[at + 2]) {
	case ITEM_DATA:
		if (at + 3 + n > r->pagesize)
			return bdbread_damaged(e, pgno, "an item outside of the page");
		return buf_addmem(out, p + at + 3, n) == -1 ? err_set(e, ERR_TEMP, "an item is too long") : 1;
	case ITEM_OVERFLOW:
		if (at + 12 > r->pagesize)
			return bdbread_damaged(e, pgno, "an item outside of the page");
		return bdbread_overflow(r, bdbread_u32(r, p + at + 4), bdbread_u32(r, p + at + 8), out, e);
	default:
		return bdbread_damaged(e, pgno, "an item of an unknown type");
	}
}

/* The leftmost leaf of a tree of duplicates, then along the leaves. */
int
bdbread_dups(struct bdbread *r, uint32_t pgno, const struct bdbread_visit *v, struct err *e)
{
	const unsigned char	*p;
	size_t			 n, at;
	int			 rc;

	for (uint32_t pages = 0; pages <= r->npages; pages++) {
		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		if ((n = bdbread_entries(r, p)) == SIZE_MAX)
			return bdbread_damaged(e, pgno, "too many entries");
		if (p[PG_TYPE] == PT_IBTREE || p[PG_TYPE] == PT_IRECNO) {
			if (n == 0)
				return bdbread_damaged(e, pgno, "no entries");
			at = bdbread_u16(r, p + PG_INDEX) + (p[PG_TYPE] == PT_IBTREE ? 4u : 0u);
			if (at + 4 > r->pagesize)
				return bdbread_damaged(e, pgno, "an item outside of the page");
			pgno = bdbread_u32(r, p + at);
			continue;
		}
		if (p[PG_TYPE] != PT_LDUP && p[PG_TYPE] != PT_LRECNO)
			return bdbread_damaged(e, pgno, "not a page of duplicates");
		for (size_t i = 0; i < n; i++) {
			if ((rc = bdbread_item(r, pgno, i, &r->value, e)) == -1)
				return -1;
			if (rc == 1 && (rc = v->fn(v->arg, buf_str(&r->key), buf_str(&r->value))) != 0)
				return rc;
		}
		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		if ((pgno = bdbread_u32(r, p + PG_NEXT)) == 0)
			return 0;
	}
	return bdbread_damaged(e, pgno, "pages go round in a circle");
}

/* ---- the head ---- */

static bool
bdbread_is_new(struct str head)
{
	struct bdbread	 r = { .swap = false };
	uint32_t	 magic;

	if (head.n < META_MAGIC + 4)
		return false;
	magic = bdbread_u32(&r, (const unsigned char *)head.p + META_MAGIC);
	if (magic == MAGIC_BTREE || magic == MAGIC_HASH)
		return true;
	r.swap = true;
	magic = bdbread_u32(&r, (const unsigned char *)head.p + META_MAGIC);
	return magic == MAGIC_BTREE || magic == MAGIC_HASH;
}

bool
bdbread_is_database(struct str head)
{
	return bdbread_is_new(head) || bdbread_is_old(head);
}

static int
bdbread_head_hash(struct bdbread *r, const unsigned char *h, struct err *e)
{
	static const char	charkey[] = "%$sniglet^&";

	r->kind = BDBREAD_HASH;
	r->max_bucket = bdbread_u32(r, h + META_H_MAX);
	r->high_mask = bdbread_u32(r, h + META_H_HIGH);
	r->low_mask = bdbread_u32(r, h + META_H_LOW);
	for (size_t i = 0; i < 32; i++)
		r->spares[i] = bdbread_u32(r, h + META_H_SPARES + 4 * i);
	r->scan = bdbread_u32(r, h + META_H_CHARKEY) != bdb_hash(str_mem(charkey, sizeof charkey));
	if (r->max_bucket >= r->npages || r->low_mask > r->max_bucket || r->high_mask < r->max_bucket)
		return err_set(e, ERR_PERM, "damaged: the hash table's size makes no sense");
	return 0;
}

static int
bdbread_head(struct bdbread *r, struct err *e)
{
	unsigned char	h[BDBREAD_HEAD];
	uint32_t	magic, version, flags;
	bool		btree;

	if (r->size < sizeof h || bdbread_raw(r, 0, h, sizeof h, e) == -1)
		return err_set(e, ERR_PERM, "not a hash or btree file of Berkeley DB");
	if (!bdbread_is_new(str_mem(h, sizeof h)) && bdbread_is_old(str_mem(h, sizeof h)))
		return bdbread_old_head(r, h, e);
	if (!bdbread_is_new(str_mem(h, sizeof h)))
		return err_set(e, ERR_PERM, "not a hash or btree file of Berkeley DB");
	magic = bdbread_u32(r, h + META_MAGIC);
	r->swap = magic != MAGIC_BTREE && magic != MAGIC_HASH;
	btree = bdbread_u32(r, h + META_MAGIC) == MAGIC_BTREE;
	version = bdbread_u32(r, h + META_VERSION);
	flags = bdbread_u32(r, h + META_FLAGS);
	r->pagesize = bdbread_u32(r, h + META_PAGESIZE);
	if (version < (btree ? 8u : 7u) || version > 10)
		return err_set(e, ERR_PERM, "a %s file of format %lu, which is not read", btree ? "btree" : "hash", (unsigned long)version);
	if (r->pagesize < 512 || r->pagesize > 65536 || (r->pagesize & (r->pagesize - 1)) != 0)
		return err_set(e, ERR_PERM, "damaged: a page size of %lu", (unsigned long)r->pagesize);
	r->npages = r->size / r->pagesize > UINT32_MAX ? UINT32_MAX : (uint32_t)(r->size / r->pagesize);
	if (h[META_ENCRYPT] != 0 || h[META_METAFLAGS] & 0x01)
		return err_set(e, ERR_PERM, "an encrypted or checksummed file, which is not read");
	if (flags & (btree ? 0x02u | 0x20u | 0x80u : 0x02u))
		return err_set(e, ERR_PERM, "several databases in one file, record numbers or compression, which are not read");
	if (!btree)
		return bdbread_head_hash(r, h, e);
	r->kind = BDBREAD_BTREE;
	r->root = bdbread_u32(r, h + META_BT_ROOT);
	return 0;
}

static struct bdbread *
bdbread_new(int fd, struct str mem, uint64_t size, struct err *e)
{
	struct bdbread	*r = calloc(1, sizeof *r);

	if (r == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		if (fd != -1)
			close(fd);
		return NULL;
	}
	r->fd = fd;
	r->mem = mem;
	r->size = size;
	buf_init(&r->key, BDBREAD_ITEM);
	buf_init(&r->value, BDBREAD_ITEM);
	if (bdbread_head(r, e) == -1) {
		bdbread_close(r);
		return NULL;
	}
	return r;
}

struct bdbread *
bdbread_open(int fd, struct err *e)
{
	struct stat	st;

	if (fstat(fd, &st) == -1) {
		err_sys(e, ERR_TEMP, "stat");
		close(fd);
		return NULL;
	}
	return bdbread_new(fd, STR_NONE, (uint64_t)st.st_size, e);
}

struct bdbread *
bdbread_open_mem(struct str file, struct err *e)
{
	return bdbread_new(-1, file, file.n, e);
}

void
bdbread_close(struct bdbread *r)
{
	for (size_t i = 0; i < BDBREAD_CACHE; i++)
		free(r->cache[i].p);
	buf_done(&r->key);
	buf_done(&r->value);
	if (r->fd != -1)
		close(r->fd);
	free(r);
}

int
bdbread_each(struct bdbread *r, const struct str *key, bdb_each_fn *fn, void *arg, struct err *e)
{
	static int	(*const walk[])(struct bdbread *, const struct bdbread_visit *, struct err *) = {
		[BDBREAD_BTREE] = bdbread_btree, [BDBREAD_HASH] = bdbread_hash, [BDBREAD_OLD_BTREE] = bdbread_old_btree, [BDBREAD_OLD_HASH] = bdbread_old_hash
	};
	const struct bdbread_visit	v = { key, fn, arg };

	return walk[r->kind](r, &v, e);
}

static int
bdbread_first(void *arg, struct str key, struct str value)
{
	(void)key;
	buf_add(arg, value);
	return 1;
}

int
bdbread_get(struct bdbread *r, struct str key, struct buf *out, struct err *e)
{
	return bdbread_each(r, &key, bdbread_first, out, e);
}
