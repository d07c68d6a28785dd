/*
 * bdbread_old - files of Berkeley DB 1.85 and 1.86: btree (version 3) and hash (version 2).
 *
 * btree, numbers in the writer's order of octets.  Octet 0 of the file: magic 4, version 4, page size 4.  A page: {number 4, previous 4, next 4,
 * kind 4 (1 inner, 2 leaf, 4 long item), end of offsets 2, begin of items 2, offsets 2 each}.  Page 1 is the root.  An inner item: {length 4, page 4, flags 1, key}; a
 * leaf's: {length of key 4, of value 4, flags 1, key, value}; flags 1: the value, 2: the key is {page 4, length 4} of a long item, whose pages have octets from 20 on.
 *
 * hash.  The head is big-endian: magic, version, order (1234 or 4321) and so on, 4 octets each; pages are in that order.  A page is an array of 2-octet numbers, the first
 * says how many follow: pairs of the offset of a key and of its value, from the page's end backwards.  A pair {address, 0} leads to a page that goes on; an
 * address is 5 bits of doubling and 11 bits of page.  The hash: times 33, plus the octet.
 *
 * A long pair has pages of its own, each with one part that ends at the page's end.  Their first pair is {offset of the part, tag}, their last one leads on.  Parts of the
 * key have tag 1; the last of them 2, and the value begins on the next page, or 3, and a piece of the value stands in front of it: its offset takes the place of the
 * last 0, and it is all of the value if the page has room left (the number behind the pairs).  Parts of the value have tag 2, the last one 3.
 */
#include "bdb/bdbread_int.h"

#define BT_NEXT		8
#define BT_KIND		12
#define BT_LOWER	16
#define BT_INDEX	20
#define BT_INNER	1
#define BT_LEAF		2
#define BT_LONG		4
#define BT_KINDS	0x1f
#define BT_BIGVALUE	1
#define BT_BIGKEY	2

#define PAIR_KEY	1	/* tags of a long pair */
#define PAIR_VALUE	2
#define PAIR_LAST	3
#define PAIR_SHORT	4	/* from here on it is an offset */

#define OH_LORDER	8
#define OH_BSIZE	12
#define OH_MAX		40
#define OH_HIGH		44
#define OH_LOW		48
#define OH_HDRPAGES	60
#define OH_CHARKEY	64
#define OH_SPARES	68

static uint32_t
old_big(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
old_hash(struct str key)
{
	uint32_t	h = 0;

	for (size_t i = 0; i < key.n; i++)
		h = h * 33 + (unsigned char)key.p[i];
	return h;
}

/* ---- the heads ---- */

static int
old_head_hash(struct bdbread *r, const unsigned char *h, struct err *e)
{
	static const char	charkey[] = "%$sniglet^&";
	const uint16_t		one = 1;
	bool			little = *(const unsigned char *)&one == 1;

	if (old_big(h + 4) != 2)
		return err_set(e, ERR_PERM, "a hash file of release 1.86, which is not read");
	r->kind = BDBREAD_OLD_HASH;
	r->swap = (old_big(h + OH_LORDER) == 1234) != little;
	r->pagesize = old_big(h + OH_BSIZE);
	r->max_bucket = old_big(h + OH_MAX);
	r->high_mask = old_big(h + OH_HIGH);
	r->low_mask = old_big(h + OH_LOW);
	r->hdrpages = old_big(h + OH_HDRPAGES);
	for (size_t i = 0; i < 32; i++)
		r->spares[i] = old_big(h + OH_SPARES + 4 * i);
	r->scan = old_big(h + OH_CHARKEY) != old_hash(str_mem(charkey, sizeof charkey));
	return 0;
}

int
bdbread_old_head(struct bdbread *r, const unsigned char *h, struct err *e)
{
	if (old_big(h) == BDBREAD_MAGIC_HASH) {
		if (old_head_hash(r, h, e) == -1)
			return -1;
	} else {
		r->swap = bdbread_u32(r, h) != BDBREAD_MAGIC_BTREE;
		r->kind = BDBREAD_OLD_BTREE;
		r->pagesize = bdbread_u32(r, h + 8);
		r->root = 1;
		if (bdbread_u32(r, h + 4) != 3)
			return err_set(e, ERR_PERM, "a btree file of version %lu, which is not read", (unsigned long)bdbread_u32(r, h + 4));
	}
	if (r->pagesize < 64 || r->pagesize > 65536 || (r->pagesize & (r->pagesize - 1)) != 0)
		return err_set(e, ERR_PERM, "damaged: a page size of %lu", (unsigned long)r->pagesize);
	r->npages = r->size / r->pagesize > UINT32_MAX ? UINT32_MAX : (uint32_t)(r->size / r->pagesize);
	if (r->kind == BDBREAD_OLD_HASH && (r->max_bucket >= r->npages || r->low_mask > r->max_bucket || r->high_mask < r->max_bucket))
		return err_set(e, ERR_PERM, "damaged: the hash table's size makes no sense");
	return 0;
}

bool
bdbread_is_old(struct str head)
{
	struct bdbread	 r = { .swap = false };
	const unsigned char *h = (const unsigned char *)head.p;

	if (head.n < BDBREAD_HEAD)
		return false;
	if (old_big(h) == BDBREAD_MAGIC_HASH && (old_big(h + OH_LORDER) == 1234 || old_big(h + OH_LORDER) == 4321))
		return true;
	if (bdbread_u32(&r, h) == BDBREAD_MAGIC_BTREE)
		return true;
	r.swap = true;
	return bdbread_u32(&r, h) == BDBREAD_MAGIC_BTREE;
}

/* ---- btree ---- */

static int
old_long(struct bdbread *r, const unsigned char *at, struct buf *out, struct err *e)
{
	uint32_t		 pgno = bdbread_u32(r, at), len = bdbread_u32(r, at + 4), n;
	const unsigned char	*p;

	if (len > BDBREAD_ITEM)
		return bdbread_damaged(e, pgno, "an item is too long");
	while (len > 0) {
		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		if (!(bdbread_u32(r, p + BT_KIND) & BT_LONG))
			return bdbread_damaged(e, pgno, "not a part of a long item");
		n = len < r->pagesize - BT_INDEX ? len : r->pagesize - BT_INDEX;
		if (buf_addmem(out, p + BT_INDEX, n) == -1)
			return err_set(e, ERR_TEMP, "an item is too long");
		len -= n;
		pgno = bdbread_u32(r, p + BT_NEXT);
	}
	return 0;
}

/* The page, and how many items it has. */
static const unsigned char *
old_page(struct bdbread *r, uint32_t pgno, size_t *n, struct err *e)
{
	const unsigned char	*p = bdbread_page(r, pgno, e);
	size_t			 lower;

	if (p == NULL)
		return NULL;
	lower = bdbread_u16(r, p + BT_LOWER);
	if (lower < BT_INDEX || lower > r->pagesize) {
		bdbread_damaged(e, pgno, "too many entries");
		return NULL;
	}
	*n = (lower - BT_INDEX) / 2;
	return p;
}

/* Octets of an item's part into *out, however they are kept.  head: of the item's lengths and flags. */
static int
old_part(struct bdbread *r, uint32_t pgno, const unsigned char *p, size_t at, size_t len, bool isbig, struct buf *out, struct err *e)
{
	unsigned char	ref[8];

	buf_clear(out);
	if (len > r->pagesize || at > r->pagesize - len || (isbig && len < 8))
		return bdbread_damaged(e, pgno, "an item outside of the page");
	if (!isbig)
		return buf_addmem(out, p + at, len) == -1 ? err_set(e, ERR_TEMP, "an item is too long") : 0;
	memcpy(ref, p + at, sizeof ref);		/* the page may leave the cache */
	return old_long(r, ref, out, e);
}

static int
old_inner(struct bdbread *r, uint32_t pgno, size_t index, uint32_t *child, struct err *e)
{
	size_t			 n, at;
	const unsigned char	*p = old_page(r, pgno, &n, e);

	if (p == NULL)
		return -1;
	at = bdbread_u16(r, p + BT_INDEX + 2 * index);
	if (index >= n || at + 9 > r->pagesize)
		return bdbread_damaged(e, pgno, "an item outside of the page");
	*child = bdbread_u32(r, p + at + 4);
	return old_part(r, pgno, p, at + 9, bdbread_u32(r, p + at), p[at + 8] & BT_BIGKEY, &r->key, e);
}

/* The leaf where the first `want` would be: equal keys may begin on the page before the one that an equal inner key names. */
static int
old_leaf(struct bdbread *r, const struct str *want, uint32_t *leaf, struct err *e)
{
	const unsigned char	*p;
	uint32_t		 pgno = r->root, child, next;
	size_t			 n;

	for (int deep = 0; deep < 64; deep++) {
		if ((p = old_page(r, pgno, &n, e)) == NULL)
			return -1;
		if ((bdbread_u32(r, p + BT_KIND) & BT_KINDS) == BT_LEAF) {
			*leaf = pgno;
			return 0;
		}
		if ((bdbread_u32(r, p + BT_KIND) & BT_KINDS) != BT_INNER || n == 0)
			return bdbread_damaged(e, pgno, "not a page of a btree");
		if (old_inner(r, pgno, 0, &child, e) == -1)
			return -1;
		for (size_t i = 1; i < n && want != NULL; i++) {
			if (old_inner(r, pgno, i, &next, e) == -1)
				return -1;
			if (str_cmp(buf_str(&r->key), *want) >= 0)
				break;
			child = next;
		}
		pgno = child;
	}
	return bdbread_damaged(e, pgno, "the tree is too deep");
}

/* Key of leaf item `index`, and its value on demand. */
static int
old_item(struct bdbread *r, uint32_t pgno, size_t index, bool value, struct err *e)
{
	size_t			 n, at, nkey, nvalue;
	const unsigned char	*p = old_page(r, pgno, &n, e);

	if (p == NULL)
		return -1;
	at = bdbread_u16(r, p + BT_INDEX + 2 * index);
	if (index >= n || at + 9 > r->pagesize)
		return bdbread_damaged(e, pgno, "an item outside of the page");
	nkey = bdbread_u32(r, p + at);
	nvalue = bdbread_u32(r, p + at + 4);
	if (!value)
		return old_part(r, pgno, p, at + 9, nkey, p[at + 8] & BT_BIGKEY, &r->key, e);
	if (nkey > r->pagesize)
		return bdbread_damaged(e, pgno, "an item outside of the page");
	return old_part(r, pgno, p, at + 9 + nkey, nvalue, p[at + 8] & BT_BIGVALUE, &r->value, e);
}

int
bdbread_old_btree(struct bdbread *r, const struct bdbread_visit *v, struct err *e)
{
	const unsigned char	*p;
	uint32_t		 pgno = r->root;
	size_t			 n;
	int			 cmp, rc;

	if (old_leaf(r, v->want, &pgno, e) == -1)
		return -1;
	for (uint32_t pages = 0; pages <= r->npages; pages++) {
		if ((p = old_page(r, pgno, &n, e)) == NULL)
			return -1;
		if ((bdbread_u32(r, p + BT_KIND) & BT_KINDS) != BT_LEAF)
			return bdbread_damaged(e, pgno, "not a leaf of a btree");
		for (size_t i = 0; i < n; i++) {
			if (old_item(r, pgno, i, false, e) == -1)
				return -1;
			cmp = v->want == NULL ? 0 : str_cmp(buf_str(&r->key), *v->want);
			if (cmp > 0)
				return 0;
			if (cmp < 0)
				continue;
			if (old_item(r, pgno, i, true, e) == -1)
				return -1;
			if ((rc = v->fn(v->arg, buf_str(&r->key), buf_str(&r->value))) != 0)
				return rc;
		}
		if ((p = old_page(r, pgno, &n, e)) == NULL)
			return -1;
		if ((pgno = bdbread_u32(r, p + BT_NEXT)) == 0)
			return 0;
	}
	return bdbread_damaged(e, pgno, "leaves go round in a circle");
}

/* ---- hash ---- */

static uint32_t
old_bucket_page(const struct bdbread *r, uint32_t bucket)
{
	uint32_t	log = 0;

	while (log < 31 && ((uint32_t)1 << log) < bucket + 1)
		log++;
	return bucket + r->hdrpages + (bucket > 0 && log > 0 ? r->spares[log - 1] : 0);
}

static uint32_t
old_address_page(const struct bdbread *r, uint16_t address)
{
	return old_bucket_page(r, ((uint32_t)1 << (address >> 11)) - 1) + (address & 0x7ff);
}

/* A long pair into r->key and r->value; *next: the page behind it, 0 if there is none. */
static int
old_long_pair(struct bdbread *r, uint32_t pgno, uint32_t *next, struct err *e)
{
	const unsigned char	*p;
	size_t			 n, at, front;
	uint16_t		 tag;
	bool			 value = false;

	buf_clear(&r->key);
	buf_clear(&r->value);
	for (uint32_t pages = 0; pages <= r->npages; pages++, pgno = *next) {
		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		*next = 0;
		if ((n = bdbread_u16(r, p)) == 0 && value)
			return 0;			/* of an empty value nothing was written */
		at = bdbread_u16(r, p + 2);
		tag = bdbread_u16(r, p + 4);
		if ((n != 2 && n != 4) || 2 * (n + 3) > r->pagesize || at < 2 * (n + 3) || at > r->pagesize || tag == 0 || tag > PAIR_LAST)
			return bdbread_damaged(e, pgno, "not a part of a long item");
		if (buf_addmem(value ? &r->value : &r->key, p + at, r->pagesize - at) == -1 || r->key.n + r->value.n > BDBREAD_ITEM)
			return err_set(e, ERR_TEMP, "an item is too long");
		if (n == 4)
			*next = old_address_page(r, bdbread_u16(r, p + 6));
		if (value && tag == PAIR_LAST)
			return 0;
		if (*next == 0 || (value && tag != PAIR_VALUE))
			return bdbread_damaged(e, pgno, "a long item that does not go on");
		if (!value && tag == PAIR_LAST) {
			front = bdbread_u16(r, p + 8);
			if (front > at || front < 2 * (n + 3))
				return bdbread_damaged(e, pgno, "an item outside of the page");
			if (buf_addmem(&r->value, p + front, at - front) == -1)
				return err_set(e, ERR_TEMP, "an item is too long");
			if (bdbread_u16(r, p + 2 * (n + 1)) != 0)
				return 0;
		}
		value |= tag != PAIR_KEY;
	}
	return bdbread_damaged(e, pgno, "pages go round in a circle");
}

/* Is it asked for?  The visitor's answer, else 0. */
static int
old_show(struct bdbread *r, const struct bdbread_visit *v)
{
	if (v->want != NULL && !str_eq(*v->want, buf_str(&r->key)))
		return 0;
	return v->fn(v->arg, buf_str(&r->key), buf_str(&r->value));
}

static int
old_bucket(struct bdbread *r, uint32_t bucket, const struct bdbread_visit *v, struct err *e)
{
	const unsigned char	*p;
	uint32_t		 pgno = old_bucket_page(r, bucket);
	size_t			 n, key, value, end;
	int			 rc;

	for (uint32_t pages = 0; pages <= r->npages; pages++) {
		uint32_t	next = 0;

		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		n = bdbread_u16(r, p);
		if (n % 2 != 0 || 2 * (n + 3) > r->pagesize)
			return n == 0 ? 0 : bdbread_damaged(e, pgno, "too many entries");
		end = r->pagesize;
		if (bdbread_u16(r, p + 4) > 0 && bdbread_u16(r, p + 4) < PAIR_SHORT) {
			if (old_long_pair(r, pgno, &next, e) == -1)
				return -1;
			if ((rc = old_show(r, v)) != 0 || next == 0)
				return rc;
			pgno = next;
			continue;
		}
		for (size_t i = 1; i < n; i += 2) {
			if ((p = bdbread_page(r, pgno, e)) == NULL)
				return -1;
			key = bdbread_u16(r, p + 2 * i);
			value = bdbread_u16(r, p + 2 * (i + 1));
			if (value == 0) {
				next = old_address_page(r, (uint16_t)key);
				continue;
			}
			if (key > end || value > key || value < 2 * (n + 1))
				return bdbread_damaged(e, pgno, "an item outside of the page");
			buf_clear(&r->key);
			buf_clear(&r->value);
			if (buf_addmem(&r->key, p + key, end - key) == -1 || buf_addmem(&r->value, p + value, key - value) == -1)
				return err_set(e, ERR_TEMP, "out of memory");
			end = value;
			if ((rc = old_show(r, v)) != 0)
				return rc;
		}
		if (next == 0)
			return 0;
		pgno = next;
	}
	return bdbread_damaged(e, pgno, "pages go round in a circle");
}

int
bdbread_old_hash(struct bdbread *r, const struct bdbread_visit *v, struct err *e)
{
	uint32_t	bucket;
	int		rc;

	if (v->want != NULL && !r->scan) {
		bucket = old_hash(*v->want) & r->high_mask;
		if (bucket > r->max_bucket)
			bucket &= r->low_mask;
		return old_bucket(r, bucket, v, e);
	}
	for (bucket = 0; bucket <= r->max_bucket; bucket++)
		if ((rc = old_bucket(r, bucket, v, e)) != 0)
			return rc;
	return 0;
}
