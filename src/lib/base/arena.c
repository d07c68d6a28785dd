/*
 * arena - memory of one lifetime.
 *
 * Blocks form a stack, the newest on top, and only the top is allocated from; so a
 * mark is a block and a position in it, and going back to it frees what lies above.
 * The sum of all blocks never exceeds the cap.  Unused memory of a block is poisoned
 * under AddressSanitizer, and allocations then have a gap between them.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fmt.h"
#include "base/log.h"
#include "base/num.h"
#include "base/status.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
static const size_t arena_gap = 8;
#define arena_poison(p, n)	__asan_poison_memory_region((p), (n))
#define arena_unpoison(p, n)	__asan_unpoison_memory_region((p), (n))
#else
static const size_t arena_gap = 0;
#define arena_poison(p, n)	((void)(p), (void)(n))
#define arena_unpoison(p, n)	((void)(p), (void)(n))
#endif

enum {
	ARENA_FIRST = 1024,		/* the first block: many arenas never need more, and a worker has a dozen of them */
	ARENA_BIGGEST = 1 << 20,	/* blocks double up to this, unless one allocation needs more */
	ARENA_IDLE = 5,			/* sizes, from the first one, of which blocks are kept for other arenas */
	ARENA_KEEP = 128 << 10		/* a larger block is not kept for later */
};

struct arena_block {
	struct arena_block	*below;
	size_t			 size, used;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct arena_block	*top, *spare;
	size_t			 cap;
	size_t			 held;		/* bytes in all blocks, the spare too */
	size_t			 next;		/* size of the next block */
	bool			 soft;
};

/* What is kept for times without memory; see arena_reserve. */
static struct {
	unsigned		 want, blocks, arenas;
	struct arena_block	*block;
	struct arena		*arena[64];
} reserve;

/*
 * Blocks of the first five sizes that were given back, for the arenas to come: each message makes a dozen arenas, and malloc takes large pieces apart and puts
 * them together again each time.  None under AddressSanitizer, which is to see what is used after its end.
 */
#ifdef ARENA_ASAN
static const unsigned idle_most[ARENA_IDLE] = { 0 };
#else
static const unsigned idle_most[ARENA_IDLE] = { 8, 8, 8, 3, 1 };
#endif
static struct arena_block *idle[ARENA_IDLE];
static unsigned		 nidle[ARENA_IDLE];

static inline unsigned
idle_class(size_t size)
{
	for (unsigned k = 0; k < ARENA_IDLE; k++)
		if (size == (size_t)ARENA_FIRST << k)
			return k;
	return ARENA_IDLE;
}

static struct arena_block *
idle_take(size_t size)
{
	unsigned		 k = idle_class(size);
	struct arena_block	*b;

	if (k == ARENA_IDLE || (b = idle[k]) == NULL)
		return malloc(sizeof *b + size);
	idle[k] = b->below;
	nidle[k]--;
	return b;
}

static void
idle_give(struct arena_block *b)
{
	unsigned k = idle_class(b->size);

	if (k == ARENA_IDLE || nidle[k] >= idle_most[k]) {
		free(b);
		return;
	}
	b->below = idle[k];
	idle[k] = b;
	nidle[k]++;
}

void
arena_rest(void)
{
	for (size_t k = 0; k < sizeof idle / sizeof *idle; k++) {
		struct arena_block *b;

		while ((b = idle[k]) != NULL) {
			idle[k] = b->below;
			free(b);
		}
		nidle[k] = 0;
	}
}

static bool
reserve_fill(void)
{
	while (reserve.arenas < reserve.want && (reserve.arena[reserve.arenas] = calloc(1, sizeof(struct arena))) != NULL)
		reserve.arenas++;
	while (reserve.blocks < reserve.want) {
		struct arena_block *b = malloc(sizeof *b + ARENA_RESERVE);

		if (b == NULL)
			break;
		b->below = reserve.block;
		reserve.block = b;
		reserve.blocks++;
	}
	return reserve.arenas == reserve.want && reserve.blocks == reserve.want;
}

int
arena_reserve(unsigned blocks)
{
	reserve.want = blocks < 64 ? blocks : 64;
	return reserve_fill() ? 0 : -1;
}

bool
arena_is_short(void)
{
	return !reserve_fill();
}

static struct arena_block *
reserve_take(size_t n)
{
	struct arena_block *b = reserve.block;

	if (b == NULL || n > ARENA_RESERVE)
		return NULL;
	if (reserve.blocks == reserve.want)
		log_line(0, LOG_P_CRIT, NULL, "out of memory: what is under way lives on a reserve, new work is refused");
	reserve.block = b->below;
	reserve.blocks--;
	return b;
}

static struct arena *
arena_make(size_t cap, bool soft)
{
	struct arena	*a = malloc(sizeof *a);		/* calloc would pass by what malloc keeps at hand */

	if (a == NULL && !soft && reserve.arenas > 0)
		a = reserve.arena[--reserve.arenas];
	if (a == NULL)
		return NULL;
	*a = (struct arena){ .cap = cap, .soft = soft, .next = ARENA_FIRST };
	return a;
}

/* Only returns for a soft arena. */
static void *
arena_short(const struct arena *a, size_t n)
{
	if (a != NULL && a->soft)
		return NULL;
	log_line(0, LOG_P_CRIT, NULL, "out of memory: %zu bytes wanted, %zu of %zu in use", n,
	    a == NULL ? (size_t)0 : a->held, a == NULL ? (size_t)0 : a->cap);
	_exit(EXIT_TEMPFAIL);
}

struct arena *
arena_new(size_t cap)
{
	struct arena	*a = arena_make(cap, false);

	return a != NULL ? a : arena_short(NULL, sizeof *a);
}

struct arena *
arena_new_soft(size_t cap)
{
	return arena_make(cap, true);
}

static void
arena_drop(struct arena *a, struct arena_block *b)
{
	a->held -= b->size;
	arena_unpoison(b->data, b->size);
	idle_give(b);
}

/* Take the top off; it becomes the spare if it is the larger one and not too large. */
static void
arena_pop(struct arena *a)
{
	struct arena_block	*b = a->top, *loser = b;

	a->top = b->below;
	if (b->size <= ARENA_KEEP && (a->spare == NULL || a->spare->size < b->size)) {
		loser = a->spare;
		a->spare = b;
		b->used = 0;
		arena_poison(b->data, b->size);
	}
	if (loser != NULL)
		arena_drop(a, loser);
}

void
arena_reset(struct arena *a)
{
	while (a->top != NULL)
		arena_pop(a);
}

void
arena_trim(struct arena *a, size_t most)
{
	if (a->spare != NULL && a->spare->size > most) {
		arena_drop(a, a->spare);
		a->spare = NULL;
	}
}

void
arena_free(struct arena **ap)
{
	struct arena	*a = *ap;

	*ap = NULL;
	if (a == NULL)
		return;
	arena_reset(a);
	if (a->spare != NULL)
		arena_drop(a, a->spare);
	free(a);
}

static void
arena_push(struct arena *a, struct arena_block *b)
{
	b->below = a->top;
	a->top = b;
}

/* A block with room for n more bytes on top, or NULL. */
static struct arena_block *
arena_grow(struct arena *a, size_t n)
{
	struct arena_block	*b;
	size_t			 size;

	if ((b = a->spare) != NULL) {
		a->spare = NULL;
		if (b->size >= n) {
			arena_push(a, b);
			return b;
		}
		arena_drop(a, b);
	}
	if (n > a->cap - a->held)
		return NULL;
	size = a->next > n ? a->next : n;
	if (size > a->cap - a->held)
		size = a->cap - a->held;
	if ((b = idle_take(size)) == NULL) {
		if (a->soft || (b = reserve_take(n)) == NULL)
			return NULL;
		size = a->cap - a->held < ARENA_RESERVE ? a->cap - a->held : ARENA_RESERVE;
	}
	b->size = size;
	b->used = 0;
	arena_poison(b->data, size);
	a->held += size;
	if (a->next < ARENA_BIGGEST)
		a->next *= 2;
	arena_push(a, b);
	return b;
}

static void *
arena_take(struct arena *a, size_t n, size_t align)
{
	struct arena_block	*b = a->top;
	size_t			 at;

	if (n > SIZE_MAX / 2)
		return arena_short(a, n);
	if (align < arena_gap)
		align = arena_gap;
	at = b == NULL ? 0 : (b->used + align - 1) & ~(align - 1);
	if (b == NULL || at > b->size || b->size - at < n + arena_gap) {
		if ((b = arena_grow(a, n + arena_gap)) == NULL)
			return arena_short(a, n);
		at = 0;
	}
	b->used = at + n + arena_gap;
	arena_unpoison(b->data + at, n);
	return b->data + at;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	void	*p = arena_take(a, n, alignof(max_align_t));

	return p == NULL ? NULL : memset(p, 0, n);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t	n;

	if (!num_mul(count, size, &n))
		return arena_short(a, SIZE_MAX);
	return arena_alloc(a, n);
}

char *
arena_bytes(struct arena *a, size_t n)
{
	return arena_take(a, n, 1);
}

struct str
arena_str(struct arena *a, struct str s)
{
	char	*p = arena_bytes(a, s.n + 1);

	if (p == NULL)
		return STR_NONE;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return str_mem(p, s.n);
}

char *
arena_cstr(struct arena *a, struct str s)
{
	char	*p = arena_bytes(a, s.n + 1);

	if (p == NULL)
		return NULL;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct str
arena_lower(struct arena *a, struct str s)
{
	char	*p = arena_bytes(a, s.n + 1);

	if (p == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++)
		p[i] = chr_lower(s.p[i]);
	p[s.n] = '\0';
	return str_mem(p, s.n);
}

struct str
arena_vfmt(struct arena *a, const char *fmt, va_list ap)
{
	char	 small[256], *p;
	va_list	 again;
	int	 n;

	va_copy(again, ap);
	n = fmt_v(small, sizeof small, fmt, ap);
	if (n < 0 || (p = arena_bytes(a, (size_t)n + 1)) == NULL) {
		va_end(again);
		return STR_NONE;
	}
	if ((size_t)n < sizeof small)
		memcpy(p, small, (size_t)n + 1);
	else
		fmt_v(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return str_mem(p, (size_t)n);
}

struct str
arena_fmt(struct arena *a, const char *fmt, ...)
{
	struct str	s;
	va_list		ap;

	va_start(ap, fmt);
	s = arena_vfmt(a, fmt, ap);
	va_end(ap);
	return s;
}

struct str
arena_cat(struct arena *a, struct str x, struct str y)
{
	char	*p;
	size_t	 n;

	if (!num_add(x.n, y.n, &n) || n == SIZE_MAX) {
		arena_short(a, SIZE_MAX);
		return STR_NONE;
	}
	if ((p = arena_bytes(a, n + 1)) == NULL)
		return STR_NONE;
	if (x.n > 0)
		memcpy(p, x.p, x.n);
	if (y.n > 0)
		memcpy(p + x.n, y.p, y.n);
	p[n] = '\0';
	return str_mem(p, n);
}

size_t
arena_used(const struct arena *a)
{
	size_t	n = 0;

	for (const struct arena_block *b = a->top; b != NULL; b = b->below)
		n += b->used;
	return n;
}

struct arena_mark
arena_mark(struct arena *a)
{
	return (struct arena_mark){ a->top, a->top == NULL ? 0 : a->top->used };
}

void
arena_release(struct arena *a, struct arena_mark m)
{
	while (a->top != NULL && a->top != m.block)
		arena_pop(a);
	if (a->top != NULL) {
		arena_poison(a->top->data + m.used, a->top->size - m.used);
		a->top->used = m.used;
	}
}
