/*
 * rows - keys and values in memory, brought into the order in which a database takes them fastest.
 */
#include <stdlib.h>

#include "bdb/bdb.h"
#include "map/rows.h"

#define ROWS_CHUNK	((size_t)1 << 20)

struct rows_chunk {
	struct rows_chunk	*next;
	size_t			 used, size;
	char			 p[];
};

int
rows_add(struct rows *r, size_t line, struct str key, struct str value)
{
	struct rows_chunk	*c = r->chunk;
	struct row		*more;
	size_t			 need = key.n + value.n, size;
	char			*p;

	if (key.n > UINT32_MAX / 2 || value.n > UINT32_MAX / 2)
		return -1;
	if (r->n == r->size) {
		size = r->size * 2 + 1024;
		if ((more = realloc(r->v, size * sizeof *more)) == NULL)
			return -1;
		r->v = more;
		r->size = size;
	}
	if (c == NULL || c->size - c->used < need) {
		size = need > ROWS_CHUNK ? need : ROWS_CHUNK;
		if ((c = malloc(sizeof *c + size)) == NULL)
			return -1;
		*c = (struct rows_chunk){ r->chunk, 0, size };
		r->chunk = c;
	}
	p = c->p + c->used;
	c->used += need;
	if (key.n > 0)
		memcpy(p, key.p, key.n);
	if (value.n > 0)
		memcpy(p + key.n, value.p, value.n);
	r->v[r->n++] = (struct row){ p, (uint32_t)key.n, (uint32_t)value.n, 0, line };
	r->octets += need;
	return 0;
}

bool
rows_del(struct rows *r, struct str key, bool look)
{
	size_t	kept = 0;
	bool	there = false;

	for (size_t i = 0; i < r->n; i++) {
		bool	same = str_eq(row_key(&r->v[i]), key);

		there = there || same;
		if (!same || look)
			r->v[kept++] = r->v[i];
	}
	r->n = kept;
	return there;
}

void
rows_clear(struct rows *r)
{
	struct rows_chunk	*next;

	for (struct rows_chunk *c = r->chunk; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(r->v);
	*r = (struct rows){ NULL, 0, 0, NULL, 0 };
}

static int
rows_by_key(const void *va, const void *vb)
{
	const struct row	*a = va, *b = vb;
	int			 c;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if ((c = str_cmp(row_key(a), row_key(b))) != 0)
		return c;
	return a->line < b->line ? -1 : a->line > b->line;
}

static int
rows_by_line(const void *va, const void *vb)
{
	const struct row	*a = va, *b = vb;

	return a->line < b->line ? -1 : a->line > b->line;
}

/* Rows are many and their order is a number: three rounds of 11 bits each, from the lowest, of which each keeps what came before. */
static int
rows_sort_number(struct rows *r, unsigned shift)
{
	struct row	*from = r->v, *to = malloc((r->n + 1) * sizeof *to), *swap;
	size_t		 count[2049];

	if (to == NULL)
		return -1;
	for (int round = 0; round < 3; round++, shift += 11) {
		memset(count, 0, sizeof count);
		for (size_t i = 0; i < r->n; i++)
			count[(from[i].order >> shift & 2047) + 1]++;
		for (size_t i = 0; i < 2047; i++)
			count[i + 1] += count[i];
		for (size_t i = 0; i < r->n; i++)
			to[count[from[i].order >> shift & 2047]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	free(to);
	r->v = from;
	r->size = r->n + 1;
	return 0;
}

/* Within a bucket rows of one hash stand together: few of them, so they are put in order one by one. */
static void
rows_sort_bucket(struct row *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct row	x = v[i];
		size_t		k = i;

		for (; k > 0 && rows_by_key(&v[k - 1], &x) > 0; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

static int
rows_sort_hash(struct rows *r, uint32_t buckets)
{
	size_t	end;

	for (size_t i = 0; i < r->n; i++) {
		uint32_t	h = bdb_hash(row_key(&r->v[i]));

		r->v[i].order = (uint64_t)(h & (buckets - 1)) << 32 | h;
	}
	if (rows_sort_number(r, 32) == -1)
		return -1;
	for (size_t i = 0; i < r->n; i = end) {
		for (end = i + 1; end < r->n && r->v[end].order >> 32 == r->v[i].order >> 32; end++)
			;
		if (end - i > 64)
			qsort(r->v + i, end - i, sizeof r->v[0], rows_by_key);
		else
			rows_sort_bucket(r->v + i, end - i);
	}
	return 0;
}

int
rows_sort(struct rows *r, uint32_t buckets)
{
	bool	sorted = true;

	if (r->n == 0)
		return 0;
	if (buckets > 0)
		return rows_sort_hash(r, buckets);
	for (size_t i = 0; i < r->n; i++) {
		r->v[i].order = 0;
		for (uint32_t k = 0; k < 8; k++)
			r->v[i].order = r->v[i].order << 8 | (k < r->v[i].nkey ? (unsigned char)r->v[i].p[k] : 0);
		if (i > 0 && sorted && rows_by_key(&r->v[i - 1], &r->v[i]) > 0)
			sorted = false;
	}
	if (!sorted)
		qsort(r->v, r->n, sizeof r->v[0], rows_by_key);
	return 0;
}

int
rows_unique(struct rows *r, bool last, void (*dup)(void *, size_t, struct str), void *arg)
{
	struct row	*lost = NULL;
	size_t		 kept = 0, nlost = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (kept == 0 || r->v[kept - 1].order != r->v[i].order || !str_eq(row_key(&r->v[kept - 1]), row_key(&r->v[i])))
			r->v[kept++] = r->v[i];
		else if (last)
			r->v[kept - 1] = r->v[i];
		else {
			if (lost == NULL && (lost = calloc(r->n, sizeof *lost)) == NULL)
				return -1;
			lost[nlost++] = r->v[i];
		}
	}
	r->n = kept;
	if (nlost > 0)
		qsort(lost, nlost, sizeof *lost, rows_by_line);
	for (size_t i = 0; i < nlost; i++)
		dup(arg, lost[i].line, row_key(&lost[i]));
	free(lost);
	return 0;
}
