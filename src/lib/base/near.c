/*
 * near - the known word that a misspelt one was meant to be.
 */
#include <limits.h>

#include "base/near.h"

#define NEAR_MAX	48

static unsigned
near_least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
near_distance(struct str a, struct str b)
{
	unsigned	d[NEAR_MAX][NEAR_MAX];

	if (a.n >= NEAR_MAX || b.n >= NEAR_MAX)
		return UINT_MAX;
	for (size_t i = 0; i <= a.n; i++)
		for (size_t k = 0; k <= b.n; k++) {
			bool	same;

			if (i == 0 || k == 0) {
				d[i][k] = (unsigned)(i + k);
				continue;
			}
			same = chr_lower(a.p[i - 1]) == chr_lower(b.p[k - 1]);
			d[i][k] = near_least(near_least(d[i - 1][k], d[i][k - 1]) + 1, d[i - 1][k - 1] + (same ? 0 : 1));
			if (i > 1 && k > 1 && chr_lower(a.p[i - 1]) == chr_lower(b.p[k - 2]) &&
			    chr_lower(a.p[i - 2]) == chr_lower(b.p[k - 1]))
				d[i][k] = near_least(d[i][k], d[i - 2][k - 2] + 1);
		}
	return d[a.n][b.n];
}

struct str
near_word(struct str name, const char *(*word)(size_t))
{
	unsigned	 best = name.n <= 4 ? 1 : name.n <= 8 ? 2 : 3;
	const char	*w, *found = NULL;

	for (size_t i = 0; (w = word(i)) != NULL; i++) {
		unsigned	d = near_distance(name, str_c(w));

		if (d == 0)
			return STR_NONE;
		if (d < best || (d == best && found == NULL)) {
			best = d;
			found = w;
		}
	}
	return found == NULL ? STR_NONE : str_c(found);
}
