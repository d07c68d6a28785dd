/*
 * bdbread_int - what the files of the reader share: pages, numbers, items.
 */
#ifndef BDB_BDBREAD_INT_H
#define BDB_BDBREAD_INT_H

#include <stdint.h>

#include "bdb/bdbread.h"

#define BDBREAD_CACHE	24
#define BDBREAD_ITEM	((size_t)64 << 20)	/* longest key or value */

enum bdbread_kind { BDBREAD_BTREE, BDBREAD_HASH, BDBREAD_OLD_BTREE, BDBREAD_OLD_HASH };

#define BDBREAD_MAGIC_BTREE	0x00053162u
#define BDBREAD_MAGIC_HASH	0x00061561u

struct bdbread {
	int			 fd;		/* -1: mem */
	struct str		 mem;
	uint64_t		 size;
	bool			 swap;		/* numbers are not in our byte order */
	enum bdbread_kind	 kind;
	uint32_t		 pagesize, npages;
	uint32_t		 root;		/* btree */
	uint32_t		 max_bucket, high_mask, low_mask, spares[32];	/* hash */
	uint32_t		 hdrpages;	/* hash of 1.85 */
	bool			 scan;		/* hash function unknown: buckets are looked through */
	struct {
		uint32_t	 pgno;
		uint64_t	 used;
		unsigned char	*p;		/* NULL: free */
	} cache[BDBREAD_CACHE];
	uint8_t			 hint[32];	/* where the page of that number, modulo, was last */
	uint64_t		 clock;
	struct buf		 key, value;
};

/* What a walk over entries does with each. */
struct bdbread_visit {
	const struct str	*want;		/* only this key; NULL: all */
	bdb_each_fn		*fn;
	void			*arg;
};

uint16_t bdbread_u16(const struct bdbread *, const unsigned char *);
uint32_t bdbread_u32(const struct bdbread *, const unsigned char *);
/* The page, valid until BDBREAD_CACHE others were asked for.  NULL: outside of the file or unreadable. */
const unsigned char *bdbread_page(struct bdbread *, uint32_t pgno, struct err *);
int	bdbread_damaged(struct err *, uint32_t pgno, const char *what);
/* Entries of a page, checked to fit; SIZE_MAX when they do not. */
size_t	bdbread_entries(const struct bdbread *, const unsigned char *page);
/* An item of a btree or record page (also of duplicates): its octets, overflow resolved, into *out.  1; 0 deleted; -1. */
int	bdbread_item(struct bdbread *, uint32_t pgno, size_t index, struct buf *out, struct err *);
int	bdbread_overflow(struct bdbread *, uint32_t pgno, uint32_t len, struct buf *out, struct err *);
/* All duplicates in the tree of their own below `root`, for r->key. */
int	bdbread_dups(struct bdbread *, uint32_t root, const struct bdbread_visit *, struct err *);

int	bdbread_btree(struct bdbread *, const struct bdbread_visit *, struct err *);
int	bdbread_hash(struct bdbread *, const struct bdbread_visit *, struct err *);

/* Files of release 1.85. */
bool	bdbread_is_old(struct str head);
int	bdbread_old_head(struct bdbread *, const unsigned char *head, struct err *);
int	bdbread_old_btree(struct bdbread *, const struct bdbread_visit *, struct err *);
int	bdbread_old_hash(struct bdbread *, const struct bdbread_visit *, struct err *);

/* Page header */
#define PG_NEXT		16
#define PG_ENTRIES	20
#define PG_HF		22
#define PG_LEVEL	24
#define PG_TYPE		25
#define PG_INDEX	26

#define PT_INVALID	0
#define PT_HASH_OLD	2
#define PT_IBTREE	3
#define PT_IRECNO	4
#define PT_LBTREE	5
#define PT_LRECNO	6
#define PT_OVERFLOW	7
#define PT_LDUP		12
#define PT_HASH		13

#endif
