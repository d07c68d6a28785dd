/*
 * bdbread_hash - hash files: the bucket of a key, the pages of a bucket.
 *
 * Bucket b is at page b + spares[log2(b + 1), rounded up].  A page has keys and values in turns, filled from its end; an item's length is the distance to the
 * item before it.  Its first octet says what it is: 1 the octets themselves, 2 several values of {length 2, octets, length 2}, 3 {unused 3, page 4, length 4} of a
 * long item, 4 {unused 3, page 4} of a tree of duplicates.  A page that was never written is an empty bucket.
 */
#include "bdb/bdbread_int.h"

static uint32_t
hash_page_of(const struct bdbread *r, uint32_t bucket)
{
	uint32_t	log = 0;

	while (log < 31 && ((uint32_t)1 << log) < bucket + 1)
		log++;
	return bucket + r->spares[log];
}

/* Item `index`: where it is and how long, its type octet included. */
static int
hash_slice(struct bdbread *r, uint32_t pgno, size_t index, const unsigned char **at, size_t *n, struct err *e)
{
	const unsigned char	*p = bdbread_page(r, pgno, e);
	size_t			 from, to;

	if (p == NULL)
		return -1;
	from = bdbread_u16(r, p + PG_INDEX + 2 * index);
	to = index == 0 ? r->pagesize : bdbread_u16(r, p + PG_INDEX + 2 * (index - 1));
	if (from < PG_INDEX || from >= to || to > r->pagesize)
		return bdbread_damaged(e, pgno, "an item outside of the page");
	*at = p + from;
	*n = to - from;
	return 0;
}

static int
hash_item(struct bdbread *r, uint32_t pgno, size_t index, struct buf *out, struct err *e)
{
	const unsigned char	*p;
	size_t			 n;

	buf_clear(out);
	if (hash_slice(r, pgno, index, &p, &n, e) == -1)
		return -1;
	if (p[0] == 1)
		return buf_addmem(out, p + 1, n - 1) == -1 ? err_set(e, ERR_TEMP, "an item is too long") : 1;
	if (p[0] == 3 && n >= 12)
		return bdbread_overflow(r, bdbread_u32(r, p + 4), bdbread_u32(r, p + 8), out, e);
	return bdbread_damaged(e, pgno, "an item of an unknown type");
}

/* Several values in one item: copied out first, for fn may ask for pages. */
static int
hash_several(struct bdbread *r, const unsigned char *p, size_t n, uint32_t pgno, const struct bdbread_visit *v, struct err *e)
{
	size_t	len;
	int	rc;

	buf_clear(&r->value);
	if (buf_addmem(&r->value, p, n) == -1)
		return err_set(e, ERR_TEMP, "an item is too long");
	for (size_t i = 1; i < n; i += len + 4) {
		if (i + 2 > n || (len = bdbread_u16(r, (const unsigned char *)r->value.p + i)) + 4 > n - i)
			return bdbread_damaged(e, pgno, "a duplicate outside of its item");
		if ((rc = v->fn(v->arg, buf_str(&r->key), str_mem(r->value.p + i + 2, len))) != 0)
			return rc;
	}
	return 0;
}

static int
hash_value(struct bdbread *r, uint32_t pgno, size_t index, const struct bdbread_visit *v, struct err *e)
{
	const unsigned char	*p;
	size_t			 n;

	if (hash_slice(r, pgno, index, &p, &n, e) == -1)
		return -1;
	if (p[0] == 2)
		return hash_several(r, p, n, pgno, v, e);
	if (p[0] == 4 && n >= 8)
		return bdbread_dups(r, bdbread_u32(r, p + 4), v, e);
	if (hash_item(r, pgno, index, &r->value, e) == -1)
		return -1;
	return v->fn(v->arg, buf_str(&r->key), buf_str(&r->value));
}

static int
hash_bucket(struct bdbread *r, uint32_t bucket, const struct bdbread_visit *v, struct err *e)
{
	const unsigned char	*p;
	uint32_t		 pgno = hash_page_of(r, bucket);
	size_t			 n;
	int			 rc;

	for (uint32_t pages = 0; pages <= r->npages; pages++) {
		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		if (p[PG_TYPE] == PT_INVALID)
			return 0;
		if ((p[PG_TYPE] != PT_HASH && p[PG_TYPE] != PT_HASH_OLD) || (n = bdbread_entries(r, p)) == SIZE_MAX)
			return bdbread_damaged(e, pgno, "not a page of a hash table");
		for (size_t i = 0; i + 1 < n; i += 2) {
			if (hash_item(r, pgno, i, &r->key, e) == -1)
				return -1;
			if (v->want != NULL && !str_eq(*v->want, buf_str(&r->key)))
				continue;
			if ((rc = hash_value(r, pgno, i + 1, v, e)) != 0)
				return rc;
		}
		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		if ((pgno = bdbread_u32(r, p + PG_NEXT)) == 0)
			return 0;
	}
	return bdbread_damaged(e, pgno, "pages go round in a circle");
}

int
bdbread_hash(struct bdbread *r, const struct bdbread_visit *v, struct err *e)
{
	uint32_t	bucket;
	int		rc;

	if (v->want != NULL && !r->scan) {
		bucket = bdb_hash(*v->want) & r->high_mask;
		if (bucket > r->max_bucket)
			bucket &= r->low_mask;
		return hash_bucket(r, bucket, v, e);
	}
	for (bucket = 0; bucket <= r->max_bucket; bucket++)
		if ((rc = hash_bucket(r, bucket, v, e)) != 0)
			return rc;
	return 0;
}
