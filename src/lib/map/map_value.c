/*
 * map_value - values of one key put together; by itself, for modules link it too.
 */
#include "map/map_int.h"

int
map_value_add(const struct map *m, struct buf *out, size_t before, struct str value)
{
	if (out->n > before && m->delim.n == 0)
		return 1;
	if (out->n > before)
		buf_add(out, m->delim);
	buf_add(out, value);
	return 0;
}
