/*
 * state - a mailbox in memory; see state.h.
 */
#include <stdlib.h>

#include "store/state.h"

#define STATE_ARENA	((size_t)1 << 30)

void
state_init(struct state *st)
{
	memset(st, 0, sizeof *st);
	st->arena = arena_new(STATE_ARENA);
	st->uidnext = 1;
	st->modseq = 1;
}

void
state_done(struct state *st)
{
	free(st->rec);
	free(st->gone);
	if (st->arena != NULL)
		arena_free(&st->arena);
	memset(st, 0, sizeof *st);
}

bool
store_token_none(const struct store_token *t)
{
	static const struct store_token	none;

	return memcmp(t, &none, sizeof none) == 0;
}

/* The place of the first record whose uid is not below this. */
static size_t
state_place(const struct state *st, uint32_t uid)
{
	size_t	lo = 0, hi = st->n;

	while (lo < hi) {
		size_t	mid = lo + (hi - lo) / 2;

		if (st->rec[mid].r.uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct rec *
state_find(const struct state *st, uint32_t uid)
{
	size_t	i = state_place(st, uid);

	return i < st->n && st->rec[i].r.uid == uid && !st->rec[i].dead ? &st->rec[i] : NULL;
}

struct rec *
state_by_token(const struct state *st, const struct store_token *t)
{
	if (store_token_none(t))
		return NULL;
	for (size_t i = st->n; i-- > 0;)
		if (!st->rec[i].dead && memcmp(&st->rec[i].token, t, sizeof *t) == 0)
			return &st->rec[i];
	return NULL;
}

bool
state_gone_token(const struct state *st, const struct store_token *t, uint32_t *uid)
{
	if (store_token_none(t))
		return false;
	for (size_t i = st->ngone; i-- > 0;)
		if (memcmp(&st->gone[i].token, t, sizeof *t) == 0) {
			*uid = st->gone[i].uid;
			return true;
		}
	return false;
}

int
state_keyword(const struct state *st, struct str name)
{
	for (size_t i = 0; i < st->nkw; i++)
		if (str_caseeq(st->kw[i], name))
			return (int)i;
	return -1;
}

/* Room for one more element. */
static int
state_grow(void **p, size_t n, size_t *size, size_t each)
{
	size_t	 want = *size == 0 ? 64 : *size + *size / 2;
	void	*q;

	if (n < *size)
		return 0;
	if (want > SIZE_MAX / each || (q = realloc(*p, want * each)) == NULL)
		return -1;
	*p = q;
	*size = want;
	return 0;
}

static int
state_message(struct state *st, const struct uidline *l)
{
	struct rec	*r;
	void		*p = st->rec;

	if (l->uid < st->uidnext || l->uid == UINT32_MAX || state_grow(&p, st->n, &st->size, sizeof *st->rec) == -1)
		return -1;
	st->rec = p;
	r = &st->rec[st->n++];
	memset(r, 0, sizeof *r);
	r->r = (struct store_rec){ l->uid, l->flags, l->keywords, l->modseq, l->date, l->size };
	r->token = l->token;
	r->key = arena_str(st->arena, l->key);
	st->uidnext = l->uid + 1;
	st->came++;
	return 0;
}

static int
state_gone(struct state *st, const struct uidline *l)
{
	struct rec	*r = state_find(st, l->uid);
	void		*p = st->gone;
	struct gone	*g;

	if (state_grow(&p, st->ngone, &st->gone_size, sizeof *st->gone) == -1)
		return -1;
	st->gone = p;
	g = &st->gone[st->ngone++];
	*g = (struct gone){ l->uid, l->modseq, l->token };
	if (r != NULL) {
		if (store_token_none(&g->token))
			g->token = r->token;
		r->dead = true;
		st->dead++;
	}
	if (l->uid >= st->uidnext)
		st->uidnext = l->uid == UINT32_MAX ? l->uid : l->uid + 1;
	return 0;
}

int
state_apply(struct state *st, const struct uidline *l)
{
	struct rec	*r;
	int		 rc = 0;

	switch (l->what) {
	case UIDLINE_BOX:
		st->id = l->id;
		st->uidvalidity = l->uidvalidity;
		st->known = true;
		break;
	case UIDLINE_FLOOR:
		if (l->uid > st->uidnext)
			st->uidnext = l->uid;
		break;
	case UIDLINE_KEYWORD:
		if (l->uid != st->nkw || st->nkw == STORE_KEYWORDS)
			return -1;
		st->kw[st->nkw++] = arena_str(st->arena, l->key);
		break;
	case UIDLINE_MSG:
		rc = state_message(st, l);
		break;
	case UIDLINE_FLAGS:
		if ((r = state_find(st, l->uid)) == NULL)
			return -1;
		r->r.flags = l->flags;
		r->r.keywords = l->keywords;
		r->r.modseq = l->modseq;
		r->dirty = l->dirty;
		break;
	case UIDLINE_GONE:
		rc = state_gone(st, l);
		break;
	case UIDLINE_RECENT:
		if (l->uid > st->recent)
			st->recent = l->uid;
		break;
	case UIDLINE_CLEAN:
		for (size_t i = 0; i < st->n; i++)
			st->rec[i].dirty = false;
		break;
	}
	if (rc == 0 && l->modseq > st->modseq)
		st->modseq = l->modseq;
	return rc;
}

void
state_settle(struct state *st)
{
	size_t	k = 0;

	if (st->dead == 0)
		return;
	for (size_t i = 0; i < st->n; i++)
		if (!st->rec[i].dead)
			st->rec[k++] = st->rec[i];
	st->n = k;
	st->dead = 0;
}

void
state_print(const struct state *st, struct buf *b)
{
	struct uidline	l;
	size_t		g = st->ngone > STATE_GONE_MAX ? st->ngone - STATE_GONE_MAX : 0;

	l = (struct uidline){ .what = UIDLINE_BOX, .id = st->id, .uidvalidity = st->uidvalidity };
	uidline_print(b, &l);
	for (size_t i = 0; i < st->nkw; i++) {
		l = (struct uidline){ .what = UIDLINE_KEYWORD, .uid = (uint32_t)i, .key = st->kw[i] };
		uidline_print(b, &l);
	}
	for (size_t i = 0; i < st->n; i++) {
		const struct rec	*r = &st->rec[i];

		if (r->dead)
			continue;
		l = (struct uidline){ .what = UIDLINE_MSG, .uid = r->r.uid, .modseq = r->r.modseq, .date = r->r.date, .size = r->r.size,
		    .flags = r->r.flags, .keywords = r->r.keywords, .token = r->token, .key = r->key };
		uidline_print(b, &l);
		if (r->dirty) {
			l.what = UIDLINE_FLAGS;
			l.dirty = true;
			uidline_print(b, &l);
		}
	}
	for (; g < st->ngone; g++) {
		l = (struct uidline){ .what = UIDLINE_GONE, .uid = st->gone[g].uid, .modseq = st->gone[g].modseq, .token = st->gone[g].token };
		uidline_print(b, &l);
	}
	l = (struct uidline){ .what = UIDLINE_RECENT, .uid = st->recent };
	uidline_print(b, &l);
	l = (struct uidline){ .what = UIDLINE_FLOOR, .uid = st->uidnext, .modseq = st->modseq };
	uidline_print(b, &l);
}
