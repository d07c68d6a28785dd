/*
 * bdbread_tree - btree files: down to the leaf, then along the leaves.
 *
 * An inner page's items are {length 2, type 1, unused 1, page 4, records 4, key}; its first key counts as less than any.  A leaf has keys and values in turns;
 * duplicates share their key's item, or the value's item leads to a tree of their own.
 */
#include "bdb/bdbread_int.h"

#define INNER_HEAD	12
#define TREE_DEEP	64

/* The page below item `index` of an inner page. */
static int
tree_child(struct bdbread *r, const unsigned char *p, uint32_t pgno, size_t index, uint32_t *child, struct err *e)
{
	size_t	at = bdbread_u16(r, p + PG_INDEX + 2 * index);

	if (at + INNER_HEAD > r->pagesize)
		return bdbread_damaged(e, pgno, "an item outside of the page");
	*child = bdbread_u32(r, p + at + 4);
	return 0;
}

/* Is the key of inner item `index` <= want?  1, 0, -1. */
static int
tree_inner_le(struct bdbread *r, uint32_t pgno, size_t index, struct str want, struct err *e)
{
	const unsigned char	*p = bdbread_page(r, pgno, e);
	size_t			 at, n;

	if (p == NULL)
		return -1;
	at = bdbread_u16(r, p + PG_INDEX + 2 * index);
	if (at + INNER_HEAD > r->pagesize)
		return bdbread_damaged(e, pgno, "an item outside of the page");
	n = bdbread_u16(r, p + at);
	if (at + INNER_HEAD + n > r->pagesize)
		return bdbread_damaged(e, pgno, "an item outside of the page");
	if ((p[at + 2] & 0x7f) == 1)
		return str_cmp(str_mem(p + at + INNER_HEAD, n), want) <= 0;
	if ((p[at + 2] & 0x7f) != 3 || at + INNER_HEAD + 12 > r->pagesize)
		return bdbread_damaged(e, pgno, "an item of an unknown type");
	buf_clear(&r->key);
	if (bdbread_overflow(r, bdbread_u32(r, p + at + INNER_HEAD + 4), bdbread_u32(r, p + at + INNER_HEAD + 8), &r->key, e) == -1)
		return -1;
	return str_cmp(buf_str(&r->key), want) <= 0;
}

/* The leaf where `want` would be, or the first one. */
static int
tree_leaf(struct bdbread *r, const struct str *want, uint32_t *leaf, struct err *e)
{
	const unsigned char	*p;
	uint32_t		 pgno = r->root;
	size_t			 n, low, high, mid;
	int			 rc;

	for (int deep = 0; deep < TREE_DEEP; deep++) {
		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		if (p[PG_TYPE] == PT_LBTREE) {
			*leaf = pgno;
			return 0;
		}
		n = bdbread_entries(r, p);
		if (p[PG_TYPE] != PT_IBTREE || n == 0 || n == SIZE_MAX)
			return bdbread_damaged(e, pgno, "not a page of a btree");
		for (low = 0, high = n; want != NULL && high - low > 1;) {
			mid = low + (high - low) / 2;
			if ((rc = tree_inner_le(r, pgno, mid, *want, e)) == -1)
				return -1;
			if (rc == 1)
				low = mid;
			else
				high = mid;
		}
		if ((p = bdbread_page(r, pgno, e)) == NULL || tree_child(r, p, pgno, low, &pgno, e) == -1)
			return -1;
	}
	return bdbread_damaged(e, pgno, "the tree is too deep");
}

/* Where in a leaf the first key >= want stands. */
static int
tree_first(struct bdbread *r, uint32_t pgno, size_t n, struct str want, size_t *at, struct err *e)
{
	size_t	low = 0, high = n / 2, mid;
	int	rc;

	while (low < high) {
		mid = low + (high - low) / 2;
		if ((rc = bdbread_item(r, pgno, 2 * mid, &r->key, e)) == -1)
			return -1;
		if (rc == 0) {			/* a deleted key has its octets still, but we do not read them: from the beginning */
			*at = 0;
			return 0;
		}
		if (str_cmp(buf_str(&r->key), want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*at = 2 * low;
	return 0;
}

/* The value at `index`, which may be a tree of duplicates. */
static int
tree_value(struct bdbread *r, uint32_t pgno, size_t index, const struct bdbread_visit *v, struct err *e)
{
	const unsigned char	*p = bdbread_page(r, pgno, e);
	size_t			 at;
	int			 rc;

	if (p == NULL)
		return -1;
	at = bdbread_u16(r, p + PG_INDEX + 2 * index);
	if (at + 12 <= r->pagesize && p[at + 2] == 2)
		return bdbread_dups(r, bdbread_u32(r, p + at + 4), v, e);
	if ((rc = bdbread_item(r, pgno, index, &r->value, e)) != 1)
		return rc;
	return v->fn(v->arg, buf_str(&r->key), buf_str(&r->value));
}

/* 0 go on with the next leaf, 2 this key is behind us; fn's answer otherwise is passed through *answer with 1. */
static int
tree_page(struct bdbread *r, uint32_t pgno, const struct bdbread_visit *v, int *answer, struct err *e)
{
	const unsigned char	*p = bdbread_page(r, pgno, e);
	size_t			 n, i = 0;
	int			 rc, cmp;

	if (p == NULL)
		return -1;
	if (p[PG_TYPE] != PT_LBTREE || (n = bdbread_entries(r, p)) == SIZE_MAX)
		return bdbread_damaged(e, pgno, "not a leaf of a btree");
	if (v->want != NULL && tree_first(r, pgno, n, *v->want, &i, e) == -1)
		return -1;
	for (; i + 1 < n; i += 2) {
		if ((rc = bdbread_item(r, pgno, i, &r->key, e)) == -1)
			return -1;
		if (rc == 0)
			continue;
		cmp = v->want == NULL ? 0 : str_cmp(buf_str(&r->key), *v->want);
		if (cmp > 0)
			return 2;
		if (cmp < 0)
			continue;
		if ((rc = tree_value(r, pgno, i + 1, v, e)) == 0)
			continue;
		*answer = rc;
		return rc == -1 ? -1 : 1;
	}
	return 0;
}

int
bdbread_btree(struct bdbread *r, const struct bdbread_visit *v, struct err *e)
{
	const unsigned char	*p;
	uint32_t		 pgno = r->root;
	int			 rc, answer = 0;

	if (tree_leaf(r, v->want, &pgno, e) == -1)
		return -1;
	for (uint32_t pages = 0; pages <= r->npages; pages++) {
		if ((rc = tree_page(r, pgno, v, &answer, e)) != 0)
			return rc == 2 ? 0 : rc == 1 ? answer : -1;
		if ((p = bdbread_page(r, pgno, e)) == NULL)
			return -1;
		if ((pgno = bdbread_u32(r, p + PG_NEXT)) == 0)
			return 0;
	}
	return bdbread_damaged(e, pgno, "leaves go round in a circle");
}
