/*
 * smtp_span - see the header.
 *
 * With AVX2: two masks of sixty-four bits say where the CRs and LFs of a block are.  The block is copied as a whole, and once more from behind each
 * line end, one octet nearer or farther; so it may read sixty-four octets behind the block, and the same number behind what it gives out are overwritten.
 */
#include "wire/smtp_span.h"

#include <stdint.h>
#include <string.h>

/* ---- whole lines ---- */

#define SPAN_LINES	((size_t)8 << 10)	/* octets of whole lines that are taken at once */

/* Is there an octet above 127?  Eight at a time. */
static bool
span_high(const char *p, size_t n)
{
	uint64_t	word, all = 0;
	unsigned char	rest = 0;

	for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
		memcpy(&word, p, sizeof word);
		all |= word;
	}
	while (n > 0)
		rest |= (unsigned char)p[--n];
	return (all & 0x8080808080808080u) != 0 || (rest & 0x80) != 0;
}

/* From LF to LF; whether a CR was left is asked once for all of them. */
size_t
smtp_span_lines_in(struct smtp_span *s, struct str in, char *to, size_t room)
{
	const char	*p, *end, *nl;
	char		*o = to;
	size_t		 n;

	in = str_first(in, room < SPAN_LINES ? room : SPAN_LINES);
	s->out = s->pass = 0;
	if (!s->bol || in.n == 0 || *in.p == '.')
		return 0;
	s->pass = SPAN_LINES;
	for (p = in.p, end = p + in.n; p < end && *p != '.' && (nl = memchr(p, '\n', (size_t)(end - p))) != NULL && nl > p && nl[-1] == '\r'; p = nl + 1) {
		n = (size_t)(nl - p) - 1;
		memcpy(o, p, n);
		o[n] = '\n';
		o += n + 1;
	}
	n = (size_t)(o - to);
	if (n == 0 || memchr(to, '\r', n) != NULL)
		return 0;
	s->nul = s->nul || memchr(to, '\0', n) != NULL;
	s->high = s->high || span_high(to, n);
	s->out = n;
	return (size_t)(p - in.p);
}

size_t
smtp_span_lines_out(struct smtp_span *s, struct str in, char *to, size_t room)
{
	const char	*p, *end, *nl;
	char		*o = to;
	size_t		 n;

	in = str_first(in, room / 2 < SPAN_LINES ? room / 2 : SPAN_LINES);
	s->out = s->pass = 0;
	if (!s->bol || in.n == 0 || (*in.p == '.' && s->dots))
		return 0;
	s->pass = SPAN_LINES;
	if (memchr(in.p, '\r', in.n) != NULL)
		return 0;
	for (p = in.p, end = p + in.n; p < end && !(*p == '.' && s->dots) && (nl = memchr(p, '\n', (size_t)(end - p))) != NULL; p = nl + 1) {
		if ((n = (size_t)(nl - p)) > s->limit)
			break;
		memcpy(o, p, n);
		o += n;
		*o++ = '\r';
		*o++ = '\n';
	}
	s->out = (size_t)(o - to);
	return (size_t)(p - in.p);
}

/* ---- blocks ---- */

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define SPAN_BLOCK	((size_t)64)
#define SPAN_AVX2	__attribute__((target("avx2,bmi")))

struct span_block {
	__m256i	a, b;
};

static bool
span_can(void)
{
	static int	can = -1;

	if (can == -1)
		can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
	return can == 1;
}

SPAN_AVX2 static inline struct span_block
span_load(const char *p)
{
	return (struct span_block){ _mm256_loadu_si256((const void *)p), _mm256_loadu_si256((const void *)(p + 32)) };
}

SPAN_AVX2 static inline void
span_copy(char *to, const char *p)
{
	struct span_block	v = span_load(p);

	_mm256_storeu_si256((void *)to, v.a);
	_mm256_storeu_si256((void *)(to + 32), v.b);
}

/* A bit for each octet of the block that is c. */
SPAN_AVX2 static inline uint64_t
span_mask(struct span_block v, char c)
{
	__m256i		x = _mm256_set1_epi8(c);
	uint32_t	low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v.a, x));
	uint32_t	high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v.b, x));

	return low | (uint64_t)high << 32;
}

/* A block without its CRs.  NULL: a line in it, or the next one, begins with a dot. */
SPAN_AVX2 static inline char *
span_strip(const char *p, uint64_t cr, char *to)
{
	size_t	from = 0, at;

	span_copy(to, p);
	for (; cr != 0; cr &= cr - 1) {
		at = (size_t)__builtin_ctzll(cr);
		if (p[at + 2] == '.')
			return NULL;
		to += at - from;
		from = at + 1;
		span_copy(to, p + from);
	}
	return to + (SPAN_BLOCK - from);
}

SPAN_AVX2 static size_t
span_blocks_in(struct smtp_span *s, struct str in, char *to, size_t room)
{
	__m256i		 all = _mm256_setzero_si256(), least = _mm256_set1_epi8(-1);
	const char	*p = in.p;
	char		*o = to, *next;
	size_t		 n = in.n < room ? in.n : room;		/* it does not become longer */

	s->out = 0;
	s->pass = SPAN_BLOCK;
	if (n < 2 * SPAN_BLOCK || (s->bol && p[0] == '.') || (s->cr && p[1] == '.'))
		return 0;
	for (; n >= 2 * SPAN_BLOCK; p += SPAN_BLOCK, n -= SPAN_BLOCK) {
		struct span_block	v = span_load(p);
		uint64_t		cr = span_mask(v, '\r'), lf = span_mask(v, '\n');

		if (lf != (cr << 1 | s->cr) || (next = span_strip(p, cr, o)) == NULL)
			break;
		o = next;
		s->cr = cr >> 63;
		s->bol = lf >> 63;
		all = _mm256_or_si256(all, _mm256_or_si256(v.a, v.b));
		least = _mm256_min_epu8(least, _mm256_min_epu8(v.a, v.b));
	}
	if (p != in.p) {
		s->high = s->high || _mm256_movemask_epi8(all) != 0;
		s->nul = s->nul || _mm256_movemask_epi8(_mm256_cmpeq_epi8(least, _mm256_setzero_si256())) != 0;
	}
	s->out = (size_t)(o - to);
	return (size_t)(p - in.p);
}

/* A block with a CR before each LF; *col: where its last line is at.  NULL as above. */
SPAN_AVX2 static inline char *
span_expand(const char *p, uint64_t lf, bool dots, char *to, size_t *col)
{
	size_t	from = 0, at;

	span_copy(to, p);
	*col += SPAN_BLOCK;
	for (; lf != 0; lf &= lf - 1) {
		at = (size_t)__builtin_ctzll(lf);
		if (dots && p[at + 1] == '.')
			return NULL;
		to += at - from;
		*to++ = '\r';
		from = at;
		*col = SPAN_BLOCK - 1 - at;
		span_copy(to, p + from);
	}
	return to + (SPAN_BLOCK - from);
}

SPAN_AVX2 static size_t
span_blocks_out(struct smtp_span *s, struct str in, char *to, size_t room)
{
	const char	*p = in.p;
	char		*o = to, *next, *end = to + room;
	size_t		 n = in.n, col = s->col;

	s->out = 0;
	s->pass = SPAN_BLOCK;
	if (n < 2 * SPAN_BLOCK || (s->bol && s->dots && p[0] == '.'))
		return 0;
	for (; n >= 2 * SPAN_BLOCK && (size_t)(end - o) >= 3 * SPAN_BLOCK && col + SPAN_BLOCK < s->limit; p += SPAN_BLOCK, n -= SPAN_BLOCK) {
		struct span_block	v = span_load(p);

		if (span_mask(v, '\r') != 0 || (next = span_expand(p, span_mask(v, '\n'), s->dots, o, &col)) == NULL)
			break;
		o = next;
		s->col = col;
	}
	if (p != in.p)
		s->bol = s->col == 0;
	s->out = (size_t)(o - to);
	return (size_t)(p - in.p);
}

size_t
smtp_span_in(struct smtp_span *s, struct str in, char *to, size_t room)
{
	return span_can() ? span_blocks_in(s, in, to, room) : smtp_span_lines_in(s, in, to, room);
}

size_t
smtp_span_out(struct smtp_span *s, struct str in, char *to, size_t room)
{
	return span_can() ? span_blocks_out(s, in, to, room) : smtp_span_lines_out(s, in, to, room);
}

#else

size_t
smtp_span_in(struct smtp_span *s, struct str in, char *to, size_t room)
{
	return smtp_span_lines_in(s, in, to, room);
}

size_t
smtp_span_out(struct smtp_span *s, struct str in, char *to, size_t room)
{
	return smtp_span_lines_out(s, in, to, room);
}

#endif
