/*
 * spare - see the header.
 */
#include "spare.h"

#include <stdlib.h>

#include "jspool.h"
#include "queue/spool_spare.h"

#define SPARE_OCTETS	((uint64_t)1 << 20)	/* of the old content, at most: 64 MiB a directory */

struct spares {
	uint64_t	there;			/* a bit each */
	uint64_t	writer[SPOOL_SPARES];	/* 0: nobody's any more */
};

static bool
spare_there(const struct spares *p, unsigned n)
{
	return (p->there >> n & 1) != 0;
}

static void
spares_remove(struct spoold *s)
{
	for (uint32_t i = 0; i < s->ndir; i++)
		for (unsigned n = 0; n < SPOOL_SPARES; n++)
			if (s->spares == NULL || spare_there(&s->spares[i], n))
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

void
spares_leave(struct spoold *s, uint64_t writer)
{
	for (uint32_t i = 0; s->spares != NULL && i < s->ndir; i++)
		for (unsigned n = 0; n < SPOOL_SPARES; n++)
			if (s->spares[i].writer[n] == writer)
				s->spares[i].writer[n] = 0;
}

static bool
spare_writer_lives(const struct spoold *s, uint64_t writer)
{
	LIST_EACH(l, &s->ctx->peers)
		if (LIST_OF(l, struct peer, link)->serial == writer)
			return true;
	return false;
}

bool
spare_keep(struct spoold *s, uint32_t dir, struct str id, uint64_t writer)
{
	unsigned n = 0;

	if (s->spares == NULL || s->stopping || dir >= s->ndir)
		return false;
	while (n < SPOOL_SPARES && spare_there(&s->spares[dir], n))
		n++;
	if (!spare_writer_lives(s, writer))
		writer = 0;
	if (n == SPOOL_SPARES || spool_spare_keep(s->dir[dir], id, n, writer != 0 ? SPARE_OCTETS : 0) == -1)
		return false;
	s->spares[dir].there |= (uint64_t)1 << n;
	s->spares[dir].writer[n] = writer;
	return true;
}

/* The file that suits him best: his own, else nobody's; another's only when no more can be kept. */
static unsigned
spare_choose(const struct spares *p, uint64_t writer)
{
	unsigned best = SPOOL_SPARES;

	for (unsigned n = 0; n < SPOOL_SPARES; n++) {
		if (!spare_there(p, n))
			continue;
		if (p->writer[n] == writer)
			return n;
		if (p->writer[n] == 0)
			best = n;
	}
	return best == SPOOL_SPARES && ~p->there == 0 ? 0 : best;
}

bool
spare_use(struct spoold *s, uint32_t dir, struct str id, uint64_t writer, int *fd)
{
	struct spares	*p;
	unsigned	 n;

	if (s->spares == NULL || dir >= s->ndir || (n = spare_choose(&s->spares[dir], writer)) == SPOOL_SPARES)
		return false;
	p = &s->spares[dir];
	p->there &= ~((uint64_t)1 << n);
	if (spool_spare_use(s->dir[dir], n, id, p->writer[n] != writer, fd) == 0)
		return true;
	spool_spare_remove(s->dir[dir], n);
	return false;
}
