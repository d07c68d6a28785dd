/*
 * copy - messages from one mailbox to another: at one go where the driver can, else one by one.
 */
#include <stdlib.h>

#include "os/load.h"
#include "store/store_int.h"

ssize_t
copy_read(void *arg, void *p, size_t n)
{
	struct copy_source	*c = arg;
	size_t			 k;

	if (c->b.n == 0) {
		buf_clear(&c->b);
		if ((c->rc = c->from->s->ops->read(c->from, c->uid, c->at, STORE_CHUNK, &c->b)) != STORE_OK || !buf_ok(&c->b))
			return -1;
		c->at += c->b.n;
	}
	k = c->b.n < n ? c->b.n : n;
	if (k > 0)
		memcpy(p, c->b.p, k);
	buf_consume(&c->b, k);
	return (ssize_t)k;
}

/* A token for one message of a copy, so that the copy can be asked for again. */
static struct store_token
copy_token(const struct store_token *t, const struct store_id *from, uint32_t uid)
{
	struct store_token	x = *t;

	for (size_t i = 0; i < 16; i++)
		x.b[i] ^= from->b[(i + 5) % 16];
	for (size_t i = 0; i < 4; i++)
		x.b[i] ^= (uint8_t)(uid >> (8 * i));
	return x;
}

static enum store_rc
copy_one(struct box *from, struct box *to, struct copy_item *it)
{
	struct copy_source	c = { .from = from, .uid = it->rec.r.uid };
	struct store_source	src = { copy_read, &c, -1 };
	struct str		kw[STORE_KEYWORDS];
	struct store_target	t = { .set = { it->rec.r.flags & STORE_FLAGS, kw, 0 }, .date = it->rec.r.date };
	enum store_rc		rc;

	for (size_t i = 0; i < to->st.nkw; i++)
		if ((it->keywords >> i & 1) != 0)
			kw[t.set.nkeywords++] = to->st.kw[i];
	t.box = to->st.id;
	t.sender = STR_NONE;
	t.token = it->token;
	buf_init(&c.b, STORE_CHUNK * 2);
	rc = from->s->ops->append(to, &src, &t);
	if (c.rc != STORE_OK)
		rc = c.rc;
	buf_done(&c.b);
	it->newuid = t.uid;
	return rc;
}

/* One by one; if one fails those that came are taken back. */
static enum store_rc
copy_each(struct box *from, struct box *to, struct copy_item *it, size_t n)
{
	struct store	*s = from->s;
	uint32_t	*done;
	uint32_t	 old = to->st.uidnext;
	size_t		 k = 0;
	enum store_rc	 rc = STORE_OK;

	if ((done = calloc(n + 1, sizeof *done)) == NULL)
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	for (size_t i = 0; i < n && rc == STORE_OK; i++)
		if ((rc = copy_one(from, to, &it[i])) == STORE_OK && it[i].newuid >= old)
			done[k++] = it[i].newuid;
	if (rc != STORE_OK && k > 0) {
		struct store_error	e = s->error;
		size_t			mine = 0;

		for (size_t i = 0; i < k; i++)
			if (state_find(&to->st, done[i]) != NULL)
				done[mine++] = done[i];
		if (mine > 0)
			(void)s->ops->expunge(to, done, mine);
		s->error = e;
	}
	free(done);
	return rc;
}

/* Keywords of the source as bits of the target, made there where they are missing. */
static enum store_rc
copy_keywords(const struct state *from, struct box *to, struct copy_item *it, size_t n)
{
	struct str		 kw[STORE_KEYWORDS];
	struct store_flagset	 set = { 0, kw, 0 };
	uint64_t		 used = 0, bits[STORE_KEYWORDS] = { 0 };
	enum store_rc		 rc;

	for (size_t i = 0; i < n; i++)
		used |= it[i].rec.r.keywords;
	for (size_t k = 0; k < from->nkw; k++)
		if ((used >> k & 1) != 0)
			kw[set.nkeywords++] = from->kw[k];
	if (set.nkeywords == 0)
		return STORE_OK;
	if ((rc = store_keywords(to, &set, &used)) != STORE_OK)
		return rc;
	for (size_t k = 0; k < from->nkw; k++) {
		int	number = state_keyword(&to->st, from->kw[k]);

		bits[k] = number == -1 ? 0 : (uint64_t)1 << number;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < from->nkw; k++)
			if ((it[i].rec.r.keywords >> k & 1) != 0)
				it[i].keywords |= bits[k];
	return STORE_OK;
}

/* --- what an earlier try brought -------------------------------------------------------------- */

struct copy_had {
	struct store_token	 token;
	uint32_t		*uid;
};

static int
had_cmp(const void *a, const void *b)
{
	return memcmp(&((const struct copy_had *)a)->token, &((const struct copy_had *)b)->token, sizeof(struct store_token));
}

static void
had_note(struct copy_had *h, size_t n, const struct store_token *t, uint32_t uid)
{
	struct copy_had	 key = { *t, NULL }, *x = store_token_none(t) ? NULL : bsearch(&key, h, n, sizeof *h, had_cmp);

	if (x != NULL)
		*x->uid = uid;
}

/* newuid[i] of those that are in the target, or were there; the others stay 0.  One pass over the target for all of them. */
static int
copy_had(const struct state *to, const struct store_token *t, const struct store_id *from, const uint32_t *uids, size_t n, uint32_t *newuid)
{
	struct copy_had	*h;

	if ((h = calloc(n + 1, sizeof *h)) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		h[i] = (struct copy_had){ copy_token(t, from, uids[i]), &newuid[i] };
	qsort(h, n, sizeof *h, had_cmp);
	for (size_t i = 0; i < to->ngone; i++)
		had_note(h, n, &to->gone[i].token, to->gone[i].uid);
	for (size_t i = 0; i < to->n; i++)
		if (!to->rec[i].dead)
			had_note(h, n, &to->rec[i].token, to->rec[i].r.uid);
	free(h);
	return 0;
}

/* What is still to be copied, as the source has it now. */
static size_t
copy_items(const struct state *from, const struct store_token *t, const uint32_t *uids, const uint32_t *newuid, size_t n, struct copy_item *it)
{
	size_t	k = 0;

	for (size_t i = 0; i < n; i++) {
		const struct rec	*r = newuid[i] != 0 ? NULL : state_find(from, uids[i]);

		if (r != NULL)
			it[k++] = (struct copy_item){ .rec = *r, .token = copy_token(t, &from->id, uids[i]) };
	}
	return k;
}

static enum store_rc
copy_run(struct box *from, struct box *to, const struct store_token *t, const uint32_t *uids, size_t n, uint32_t *newuid)
{
	struct store		*s = from->s;
	struct copy_item	*it;
	size_t			 k, at = 0;
	enum store_rc		 rc = STORE_CHANGED;

	memset(newuid, 0, n * sizeof *newuid);
	if ((it = calloc(n + 1, sizeof *it)) == NULL || copy_had(&to->st, t, &from->st.id, uids, n, newuid) == -1) {
		free(it);
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	}
	k = copy_items(&from->st, t, uids, newuid, n, it);
	if (k == 0 || (rc = copy_keywords(&from->st, to, it, k)) != STORE_OK) {
		free(it);
		return k == 0 ? STORE_OK : rc;
	}
	rc = s->ops->copy != NULL && from != to ? s->ops->copy(from, to, it, k) : STORE_CHANGED;
	if (rc == STORE_CHANGED)
		rc = copy_each(from, to, it, k);
	for (size_t i = 0; rc == STORE_OK && i < n && at < k; i++)
		if (uids[i] == it[at].rec.r.uid)
			newuid[i] = it[at++].newuid;
	free(it);
	return rc;
}

enum store_rc
store_copy(struct store_view *v, const uint32_t *uids, size_t n, const struct store_id *to, bool move, const struct store_token *token,
    uint32_t *newuid, uint32_t *uidvalidity)
{
	struct store_token	 t;
	struct box		*b;
	enum store_rc		 rc;

	store_begin(v->s);
	if (move && !v->rw)
		return store_fail(v->s, STORE_NO, STORE_WHY_DENIED, "the mailbox is open for reading only");
	if ((rc = store_view_fresh(v)) != STORE_OK || (rc = store_box_by_id(v->s, to, &b)) != STORE_OK)
		return rc;
	if (token == NULL || store_token_none(token))
		os_random(t.b, sizeof t.b);
	else
		t = *token;
	*uidvalidity = b->st.uidvalidity;
	rc = copy_run(v->box, b, &t, uids, n, newuid);
	if (rc == STORE_OK && move)
		rc = store_expunge(v, uids, n, NULL);
	store_box_close(b);
	return rc;
}
