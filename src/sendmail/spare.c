/*
 * spare - see the header.
 */
#include "spare.h"

#include <stdlib.h>

#include "jspool.h"
#include "queue/spool_spare.h"

static void
spares_remove(struct spoold *s)
{
	for (uint32_t i = 0; i < s->ndir; i++)
		for (unsigned n = 0; n < SPOOL_SPARES; n++)
			if (s->spares == NULL || (s->spares[i] >> n & 1) != 0)
				spool_spare_remove(s->dir[i], n);
}

void
spares_begin(struct spoold *s)
{
	if (s->spares != NULL)
		return;
	spares_remove(s);
	s->spares = calloc(s->ndir, sizeof *s->spares);		/* without it none is kept */
}

void
spares_end(struct spoold *s)
{
	if (s->spares != NULL)
		spares_remove(s);
	free(s->spares);
	s->spares = NULL;
}

bool
spare_keep(struct spoold *s, uint32_t dir, struct str id)
{
	unsigned n = 0;

	if (s->spares == NULL || s->stopping || dir >= s->ndir)
		return false;
	while (n < SPOOL_SPARES && (s->spares[dir] >> n & 1) != 0)
		n++;
	if (n == SPOOL_SPARES || spool_spare_keep(s->dir[dir], id, n) == -1)
		return false;
	s->spares[dir] |= (uint64_t)1 << n;
	return true;
}

bool
spare_use(struct spoold *s, uint32_t dir, struct str id, int *fd)
{
	for (unsigned n = 0; s->spares != NULL && dir < s->ndir && n < SPOOL_SPARES; n++) {
		if ((s->spares[dir] >> n & 1) == 0)
			continue;
		s->spares[dir] &= ~((uint64_t)1 << n);
		if (spool_spare_use(s->dir[dir], n, id, fd) == 0)
			return true;
		spool_spare_remove(s->dir[dir], n);
	}
	return false;
}
