/*
 * buf - owned bytes that grow, up to a cap chosen at birth.
 *
 * Memory shortage and the cap are the same to a caller: the buffer turns `failed`,
 * further additions do nothing, and buf_ok() at the end tells.  So a run of
 * additions needs one check.  p[n] is always a NUL once anything was added, for the
 * convenience of calls that want C strings.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

struct buf {
	char	*p;
	size_t	 n;
	size_t	 size;
	size_t	 cap;		/* never longer than this */
	bool	 failed;
	bool	 secret;	/* wiped when it grows or is freed */
};

#define BUF_CAP_DEFAULT	((size_t)64 << 20)

void		buf_init(struct buf *, size_t cap);	/* 0: BUF_CAP_DEFAULT */
void		buf_init_secret(struct buf *, size_t cap);
void		buf_done(struct buf *);			/* frees, wipes if secret; usable again after buf_init */
void		buf_clear(struct buf *);		/* n = 0, failed = false; keeps memory */
static inline bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}
static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->n ? b->p : "", b->n };
}
const char	*buf_c(struct buf *);			/* NUL-terminated; "" if nothing was added */

/* Additions: 0, or -1 when the buffer is (now) failed. */
int		buf_addmem(struct buf *, const void *, size_t);
static inline int
buf_add(struct buf *b, struct str s)
{
	if (b->failed || s.n == 0 || s.n >= b->size || b->n >= b->size - s.n)	/* as in buf_addch */
		return buf_addmem(b, s.p, s.n);
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	b->p[b->n] = '\0';
	return 0;
}
static inline int
buf_addc(struct buf *b, const char *c)
{
	return buf_add(b, str_c(c));
}
static inline int
buf_addch(struct buf *b, char c)
{
	if (b->failed || b->n + 1 >= b->size)		/* size counts the NUL and is at most cap + 1 */
		return buf_addmem(b, &c, 1);
	b->p[b->n++] = c;
	b->p[b->n] = '\0';
	return 0;
}
int		buf_addf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int		buf_addvf(struct buf *, const char *fmt, va_list);
int		buf_addnum(struct buf *, uint64_t);

/* Room for n more bytes at p + n, then buf_commit what was filled in.  NULL when failed. */
char		*buf_reserve(struct buf *, size_t n);
/* How much to reserve for the next read of somebody's who used all of `want': four times as much (one less than a power of two stays so), at most `most'. */
static inline size_t
buf_more(size_t want, size_t most)
{
	return want * 4 + 3 < most ? want * 4 + 3 : most;
}
static inline void
buf_commit(struct buf *b, size_t n)
{
	b->n += n;
	b->p[b->n] = '\0';
}

void		buf_consume(struct buf *, size_t n);	/* drop from the front */
void		buf_truncate(struct buf *, size_t n);	/* keep the first n */
/* Hand the memory to the caller (free()); the buffer is empty afterwards. */
char		*buf_steal(struct buf *, size_t *n);

/* Overwrite so that the compiler keeps it. */
void		mem_wipe(void *, size_t);

#endif
