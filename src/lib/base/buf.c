/*
 * buf - growing bytes.
 *
 * Memory is n + 1 bytes at least, so that p[n] can be a NUL; `size` counts what was
 * allocated, the cap counts n alone.  A secret buffer never uses realloc, which could
 * leave the old bytes behind.
 */
#include "base/buf.h"
#include "base/fmt.h"
#include "base/must.h"

#include <stdlib.h>

enum { BUF_FIRST = 64 };

void
mem_wipe(void *p, size_t n)
{
	volatile unsigned char	*v = p;

	while (n-- > 0)
		*v++ = 0;
}

void
buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){ .cap = cap == 0 ? BUF_CAP_DEFAULT : cap };
}

void
buf_init_secret(struct buf *b, size_t cap)
{
	buf_init(b, cap);
	b->secret = true;
}

void
buf_done(struct buf *b)
{
	if (b->secret && b->p != NULL)
		mem_wipe(b->p, b->size);
	free(b->p);
	b->p = NULL;
	b->n = b->size = 0;
	b->failed = false;
}

void
buf_clear(struct buf *b)
{
	if (b->secret && b->p != NULL)
		mem_wipe(b->p, b->size);
	b->n = 0;
	b->failed = false;
	if (b->p != NULL)
		b->p[0] = '\0';
}

const char *
buf_c(struct buf *b)
{
	return b->p == NULL ? "" : b->p;
}

static int
buf_fail(struct buf *b)
{
	b->failed = true;
	return -1;
}

static char *
buf_move(struct buf *b, size_t size)
{
	char	*p;

	if (!b->secret)
		return realloc(b->p, size);
	if ((p = malloc(size)) == NULL)
		return NULL;
	if (b->p != NULL) {
		memcpy(p, b->p, b->n);
		mem_wipe(b->p, b->size);
		free(b->p);
	}
	return p;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t	size;
	char	*p;

	if (!b->failed && n < b->size && b->n < b->size - n)	/* size is at most cap + 1 */
		return b->p + b->n;
	if (b->failed)
		return NULL;
	if (n > b->cap || b->n > b->cap - n || b->n + n == SIZE_MAX) {
		buf_fail(b);
		return NULL;
	}
	if (b->n + n + 1 > b->size) {
		size = b->size < BUF_FIRST ? BUF_FIRST : b->size;
		while (size < b->n + n + 1)
			size = size > SIZE_MAX / 2 ? b->n + n + 1 : size * 2;
		if (size > b->cap && b->cap < SIZE_MAX)
			size = b->cap + 1;
		if ((p = buf_move(b, size)) == NULL) {
			must_memory_short();
			buf_fail(b);
			return NULL;
		}
		b->p = p;
		b->size = size;
		b->p[b->n] = '\0';
	}
	return b->p + b->n;
}

int
buf_addmem(struct buf *b, const void *p, size_t n)
{
	char	*to = buf_reserve(b, n);

	if (to == NULL)
		return -1;
	if (n > 0)
		memcpy(to, p, n);
	buf_commit(b, n);
	return 0;
}

int
buf_addvf(struct buf *b, const char *fmt, va_list ap)
{
	va_list	again;
	char	*to;
	int	n;

	if ((to = buf_reserve(b, 0)) == NULL)
		return -1;
	va_copy(again, ap);
	n = fmt_v(to, b->size - b->n, fmt, ap);
	if (n >= 0 && (size_t)n >= b->size - b->n) {
		b->p[b->n] = '\0';
		if ((to = buf_reserve(b, (size_t)n)) != NULL)
			n = fmt_v(to, b->size - b->n, fmt, again);
	}
	va_end(again);
	if (b->failed)
		return -1;
	if (n < 0 || (size_t)n > b->cap - b->n) {
		b->p[b->n] = '\0';
		return buf_fail(b);
	}
	buf_commit(b, (size_t)n);
	return 0;
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list	ap;
	int	rc;

	va_start(ap, fmt);
	rc = buf_addvf(b, fmt, ap);
	va_end(ap);
	return rc;
}

int
buf_addnum(struct buf *b, uint64_t v)
{
	char	digits[20];
	size_t	i = sizeof digits;

	do {
		digits[--i] = (char)('0' + v % 10);
	} while ((v /= 10) > 0);
	return buf_addmem(b, digits + i, sizeof digits - i);
}

void
buf_truncate(struct buf *b, size_t n)
{
	if (n >= b->n)
		return;
	if (b->secret)
		mem_wipe(b->p + n, b->n - n);
	b->n = n;
	b->p[n] = '\0';
}

void
buf_consume(struct buf *b, size_t n)
{
	if (n == 0 || b->n == 0)
		return;
	if (n > b->n)
		n = b->n;
	memmove(b->p, b->p + n, b->n - n);
	buf_truncate(b, b->n - n);
}

char *
buf_steal(struct buf *b, size_t *n)
{
	char	*p;

	if (b->p == NULL && buf_reserve(b, 0) == NULL)
		return NULL;
	p = b->p;
	if (n != NULL)
		*n = b->n;
	b->p = NULL;
	b->n = b->size = 0;
	return p;
}
