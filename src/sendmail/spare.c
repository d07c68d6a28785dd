/*
 * spare - see the header.
 */
#include "spare.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "os/file.h"
#include "queue/spool_spare.h"

#define SPARE_OCTETS	((uint64_t)1 << 20)	/* of the old content, at most */
#define SPARE_FEW	64u			/* files of a directory that keep some: 64 MiB, more only where that is */
#define SPARE_SHARE	100u			/* not the hundredth part of what is free on the disk */

struct spares {
	struct {
		bool	 there, full;
		bool	 used;			/* the content of a message is there (journal.body.N) */
		bool	 named;			/* its name is durable */
		uint64_t writer;		/* 0: nobody's any more */
	} spare[SPOOL_SPARES];
	unsigned n, nfull;			/* files; those that are free and keep what stands in them */
	bool	 known;				/* what the journal owes */
};

/* Only the files in the journal's own directory are used where they are: whoever has its lock is alone with them. */
static enum spool_spare
spare_kind(uint32_t dir)
{
	return dir == 0 ? SPARE_BODY : SPARE_DF;
}

/* Slot n of a place that a message has, or SPOOL_SPARES. */
static unsigned
spare_at(const struct spoold *s, unsigned place)
{
	return s->spares != NULL && place > 0 && place <= SPOOL_SPARES && s->spares[0].spare[place - 1].used ? place - 1 : SPOOL_SPARES;
}

static void
spare_free(struct spares *p, unsigned n)
{
	p->nfull -= p->spare[n].full && !p->spare[n].used;
	p->n--;
	memset(&p->spare[n], 0, sizeof p->spare[n]);
}

int
spares_begin(struct spoold *s)
{
	spares_forget(s);
	for (uint32_t i = 0; i < s->ndir; i++)
		for (unsigned n = 0; n < SPOOL_SPARES; n++)
			spool_spare_remove(s->dir[i], SPARE_DF, n);
	if ((s->spares = calloc(s->ndir, sizeof *s->spares)) == NULL)
		return -1;
	for (uint32_t i = 1; i < s->ndir; i++)
		s->spares[i].known = true;
	return 0;
}

void
spares_known(struct spoold *s)
{
	if (s->spares == NULL)
		return;
	for (unsigned n = 0; n < SPOOL_SPARES; n++)
		if (!s->spares[0].spare[n].there)
			spool_spare_remove(s->dir[0], SPARE_BODY, n);
	s->spares[0].known = true;
}

void
spares_forget(struct spoold *s)
{
	free(s->spares);
	s->spares = NULL;
}

void
spares_end(struct spoold *s)
{
	for (uint32_t i = 0; s->spares != NULL && i < s->ndir; i++)
		for (unsigned n = 0; n < SPOOL_SPARES; n++)
			if (s->spares[i].spare[n].there && !s->spares[i].spare[n].used)
				spool_spare_remove(s->dir[i], spare_kind(i), n);
	spares_forget(s);
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

	if (s->spares == NULL || s->stopping || dir >= s->ndir || !(p = &s->spares[dir])->known || p->n == SPOOL_SPARES)
		return false;
	while (p->spare[n].there)
		n++;
	full = spare_writer_lives(s, writer) && spare_room(s, dir);
	if (spool_spare_keep(s->dir[dir], spare_kind(dir), id, n, full ? SPARE_OCTETS : 0) == -1)
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
	unsigned best = SPOOL_SPARES, other = SPOOL_SPARES, seen = 0;

	for (unsigned n = 0; n < SPOOL_SPARES && seen < p->n; n++) {
		seen += p->spare[n].there;
		if (!p->spare[n].there || p->spare[n].used)
			continue;
		if (p->spare[n].writer == writer)
			return n;
		if (p->spare[n].writer == 0)
			best = n;
		other = n;
	}
	return best == SPOOL_SPARES && p->n == SPOOL_SPARES ? other : best;
}

bool
spare_use(struct spoold *s, uint32_t dir, struct str id, uint64_t writer, unsigned *place, int *fd)
{
	struct spares	*p;
	unsigned	 n;
	bool		 empty;

	*place = 0;
	if (s->spares == NULL || dir >= s->ndir || !(p = &s->spares[dir])->known || (n = spare_choose(p, writer)) == SPOOL_SPARES)
		return false;
	empty = p->spare[n].writer != writer;
	if (spool_spare_use(s->dir[dir], spare_kind(dir), n, id, empty, fd) == -1) {
		spool_spare_remove(s->dir[dir], spare_kind(dir), n);
		spare_free(p, n);
		return false;
	}
	if (spare_kind(dir) == SPARE_DF) {
		spare_free(p, n);
		return true;
	}
	p->nfull -= p->spare[n].full;
	p->spare[n].used = true;
	p->spare[n].full = false;
	p->spare[n].writer = 0;
	*place = n + 1;
	return true;
}

/* ---- those that are used where they are ---- */

bool
spare_claim(struct spoold *s, unsigned place, uint64_t size)
{
	struct spares	*p = s->spares;
	uint64_t	 have;

	if (p == NULL || place == 0 || place > SPOOL_SPARES || p->spare[place - 1].there || spool_body_size(s->dir[0], place - 1, &have, NULL) == -1)
		return false;
	if (have != size) {
		log_line(0, LOG_P_CRIT, NULL, "SYSERR(spool): %s/journal.body.%u: %llu octets, not %llu; kept as journal.bad.body.%u", s->dir[0]->path, place - 1,
		    (unsigned long long)have, (unsigned long long)size, place - 1);
		spool_body_bad(s->dir[0], place - 1);
		return false;
	}
	p->spare[place - 1].there = p->spare[place - 1].used = p->spare[place - 1].named = true;
	p->n++;
	return true;
}

void
spare_unclaim(struct spoold *s, unsigned place)
{
	unsigned n = spare_at(s, place);

	if (n != SPOOL_SPARES)
		spare_free(&s->spares[0], n);
}

bool
spare_is_named(const struct spoold *s, unsigned place)
{
	unsigned n = spare_at(s, place);

	return n != SPOOL_SPARES && s->spares[0].spare[n].named;
}

void
spare_named(struct spoold *s, unsigned place)
{
	unsigned n = spare_at(s, place);

	if (n != SPOOL_SPARES)
		s->spares[0].spare[n].named = true;
}

void
spare_drop(struct spoold *s, unsigned place)
{
	unsigned n = spare_at(s, place);

	if (n == SPOOL_SPARES)
		return;
	spool_spare_remove(s->dir[0], SPARE_BODY, n);
	spare_free(&s->spares[0], n);
}

void
spare_over(struct spoold *s, unsigned place, uint64_t writer)
{
	unsigned	 n = spare_at(s, place);
	struct spares	*p = s->spares;
	bool		 full;

	if (n == SPOOL_SPARES)
		return;
	full = spare_writer_lives(s, writer) && spare_room(s, 0);
	if (s->stopping || spool_body_again(s->dir[0], n, full ? SPARE_OCTETS : 0) == -1) {
		spare_drop(s, place);
		return;
	}
	p->spare[n].used = false;
	p->spare[n].full = full;
	p->spare[n].writer = full ? writer : 0;
	p->nfull += full;
}

int
spare_to_df(struct spoold *s, unsigned place, struct str id, struct err *e)
{
	unsigned n = spare_at(s, place);

	if (n == SPOOL_SPARES)
		return err_set(e, ERR_BUG, "no such place");
	if (spool_body_to_df(s->dir[0], n, id, e) == -1)
		return -1;
	spare_free(&s->spares[0], n);
	return 0;
}
