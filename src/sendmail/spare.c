/*
 * spare - see the header.
 */
#include "spare.h"

#include <stdlib.h>

#include "jspool.h"
#include "os/file.h"
#include "queue/spool_spare.h"

#define SPARE_OCTETS	((uint64_t)1 << 20)	/* of the old content, at most */
#define SPARE_FEW	64u			/* files of a directory that keep some: 64 MiB, more only where that is */
#define SPARE_SHARE	100u			/* not the hundredth part of what is free on the disk */

struct spares {
	struct {
		bool	 there, full;
		uint64_t writer;		/* 0: nobody's any more */
	} spare[SPOOL_SPARES];
	unsigned n, nfull;
};

static void
spares_remove(struct spoold *s)
{
	for (uint32_t i = 0; i < s->ndir; i++)
		for (unsigned n = 0; n < SPOOL_SPARES; n++)
			if (s->spares == NULL || s->spares[i].spare[n].there)
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
			if (s->spares[i].spare[n].writer == writer)
				s->spares[i].spare[n].writer = 0;
}

static bool
spare_writer_lives(const struct spoold *s, uint64_t writer)
{
	LIST_EACH(l, &s->ctx->peers)
		if (LIST_OF(l, struct peer, link)->serial == writer)
			return true;
	return false;
}

/* May one more file keep what stands in it? */
static bool
spare_room(const struct spoold *s, uint32_t dir)
{
	uint64_t	blocks, bsize, inodes, most = (uint64_t)(s->spares[dir].nfull + 1) * SPARE_OCTETS;

	return s->spares[dir].nfull < SPARE_FEW ||
	    (os_fs_free(s->dir[dir]->fd, &blocks, &bsize, &inodes) == 0 && bsize > 0 && blocks / SPARE_SHARE > most / bsize);
}

bool
spare_keep(struct spoold *s, uint32_t dir, struct str id, uint64_t writer)
{
	struct spares	*p;
	unsigned	 n = 0;
	bool		 full;

	if (s->spares == NULL || s->stopping || dir >= s->ndir || (p = &s->spares[dir])->n == SPOOL_SPARES)
		return false;
	while (p->spare[n].there)
		n++;
	full = spare_writer_lives(s, writer) && spare_room(s, dir);
	if (spool_spare_keep(s->dir[dir], id, n, full ? SPARE_OCTETS : 0) == -1)
		return false;
	p->spare[n].there = true;
	p->spare[n].full = full;
	p->spare[n].writer = full ? writer : 0;
	p->n++;
	p->nfull += full;
	return true;
}

/* The file that suits him best: his own, else nobody's; another's only when no more can be kept. */
static unsigned
spare_choose(const struct spares *p, uint64_t writer)
{
	unsigned best = SPOOL_SPARES;

	for (unsigned n = 0; n < SPOOL_SPARES; n++) {
		if (!p->spare[n].there)
			continue;
		if (p->spare[n].writer == writer)
			return n;
		if (p->spare[n].writer == 0)
			best = n;
	}
	return best == SPOOL_SPARES && p->n == SPOOL_SPARES ? 0 : best;
}

bool
spare_use(struct spoold *s, uint32_t dir, struct str id, uint64_t writer, int *fd)
{
	struct spares	*p;
	unsigned	 n;

	if (s->spares == NULL || dir >= s->ndir || (n = spare_choose(&s->spares[dir], writer)) == SPOOL_SPARES)
		return false;
	p = &s->spares[dir];
	p->n--;
	p->nfull -= p->spare[n].full;
	p->spare[n].there = false;
	if (spool_spare_use(s->dir[dir], n, id, p->spare[n].writer != writer, fd) == 0)
		return true;
	spool_spare_remove(s->dir[dir], n);
	return false;
}
