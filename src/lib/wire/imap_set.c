/*
 * imap_set - sequence sets.
 *
 * After parsing the ranges are sorted and joined, so that looking up is a binary search
 * and "1:4294967295,1:4294967295" costs no more than one range.
 */
#include "wire/imap_set.h"

#include <stdlib.h>

#include "base/num.h"

static int
imap_set_order(const void *a, const void *b)
{
	const struct imap_range	*x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

static void
imap_set_join(struct imap_set *s)
{
	size_t	n = 0;

	if (s->n == 0)
		return;
	qsort(s->v, s->n, sizeof *s->v, imap_set_order);
	for (size_t i = 1; i < s->n; i++) {
		if (s->v[n].hi == UINT32_MAX || s->v[i].lo <= s->v[n].hi + 1) {
			if (s->v[i].hi > s->v[n].hi)
				s->v[n].hi = s->v[i].hi;
		} else
			s->v[++n] = s->v[i];
	}
	s->n = n + 1;
}

/* A number, or '*'. */
static int
imap_set_number(struct str s, uint32_t star, uint32_t *out)
{
	uint64_t	v;

	if (str_eq_c(s, "*")) {
		*out = star;
		return 0;
	}
	if (s.n == 0 || s.p[0] == '0' || num_u64(s, 1, UINT32_MAX, &v) == -1)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

/* 1: *r is a range, 0: an empty one ('*' of an empty mailbox), -1: no range. */
static int
imap_set_range(struct str s, uint32_t star, struct imap_range *r)
{
	struct str	first;
	uint32_t	a, b;

	str_split(&s, ':', &first);
	if (imap_set_number(first, star, &a) == -1)
		return -1;
	b = a;
	if (!str_is_none(s) && imap_set_number(s, star, &b) == -1)
		return -1;
	*r = a < b ? (struct imap_range){ a, b } : (struct imap_range){ b, a };
	return r->lo > 0;
}

int
imap_set_parse(struct arena *m, struct str s, uint32_t star, struct imap_set *out)
{
	struct imap_set	set = { .v = NULL };
	struct str	one;
	size_t		commas = 0;
	int		rc;

	if (str_eq_c(s, "$")) {
		*out = (struct imap_set){ .saved = true };
		return 0;
	}
	for (size_t i = 0; i < s.n; i++)
		commas += s.p[i] == ',';
	if (s.n == 0 || commas >= IMAP_SET_MAX ||
	    (set.v = ARENA_ARRAY(m, struct imap_range, commas + 1)) == NULL)
		return -1;
	set.room = commas + 1;
	while (str_split(&s, ',', &one)) {
		if ((rc = imap_set_range(one, star, &set.v[set.n])) == -1)
			return -1;
		set.n += rc == 1;
	}
	imap_set_join(&set);
	*out = set;
	return 0;
}

bool
imap_set_has(const struct imap_set *s, uint32_t n)
{
	size_t	lo = 0, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (n < s->v[mid].lo)
			hi = mid;
		else if (n > s->v[mid].hi)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

/* Room for one more range. */
static int
imap_set_grow(struct arena *m, struct imap_set *s)
{
	struct imap_range	*v;
	size_t			 room = s->n < 4 ? 8 : s->n * 2;

	if (s->n < s->room)
		return 0;
	if ((v = ARENA_ARRAY(m, struct imap_range, room)) == NULL)
		return -1;
	if (s->n > 0)
		memcpy(v, s->v, s->n * sizeof *v);
	s->v = v;
	s->room = room;
	return 0;
}

int
imap_set_add(struct arena *m, struct imap_set *s, uint32_t n)
{
	struct imap_range	*last = s->n > 0 ? &s->v[s->n - 1] : NULL;

	if (n == 0 || imap_set_has(s, n))
		return 0;
	if (last != NULL && last->hi + 1 == n) {
		last->hi = n;
		return 0;
	}
	if (imap_set_grow(m, s) == -1)
		return -1;
	s->v[s->n++] = (struct imap_range){ n, n };
	if (last != NULL && n < s->v[s->n - 2].hi)
		imap_set_join(s);
	return 0;
}

int
imap_set_print(struct buf *b, const struct imap_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (i > 0)
			buf_addch(b, ',');
		buf_addnum(b, s->v[i].lo);
		if (s->v[i].hi > s->v[i].lo) {
			buf_addch(b, ':');
			buf_addnum(b, s->v[i].hi);
		}
	}
	return buf_ok(b) ? 0 : -1;
}
