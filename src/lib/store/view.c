/*
 * view - a mailbox as one reader sees it, fixed until store_sync_view; and the calls that change a mailbox.  Copies are in copy.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/watch.h"
#include "store/store_int.h"

static struct store_rec *
view_find(struct store_rec *rec, size_t n, uint32_t uid)
{
	size_t	lo = 0, hi = n;

	while (lo < hi) {
		size_t	mid = lo + (hi - lo) / 2;

		if (rec[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && rec[lo].uid == uid ? &rec[lo] : NULL;
}

static void
view_count(struct store_view *v)
{
	const struct state	*st = &v->box->st;
	struct store_status	*t = &v->status;

	*t = (struct store_status){ .uidvalidity = st->uidvalidity, .uidnext = st->uidnext, .modseq = st->modseq, .exists = v->n };
	for (size_t i = 0; i < v->n; i++) {
		t->unseen += (v->rec[i].flags & STORE_SEEN) == 0;
		t->deleted += (v->rec[i].flags & STORE_DELETED) != 0;
		t->recent += (v->rec[i].flags & STORE_RECENT) != 0;
		t->bytes += v->rec[i].size;
	}
}

/* Take over what the box holds now.  What this view was told to be recent stays so. */
static enum store_rc
view_take(struct store_view *v)
{
	struct state		*st = &v->box->st;
	struct store_rec	*rec, *old;
	uint32_t		 mark = st->recent;
	size_t			 n = 0;
	enum store_rc		 rc;

	if (v->rw && st->recent + 1 < st->uidnext && (rc = v->s->ops->claim(v->box)) != STORE_OK)
		return rc;
	state_settle(st);
	if ((rec = calloc(st->n + 1, sizeof *rec)) == NULL)
		return store_fail(v->s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	for (size_t i = 0; i < st->n; i++) {
		rec[n] = st->rec[i].r;
		if (rec[n].uid > mark || ((old = view_find(v->rec, v->n, rec[n].uid)) != NULL && (old->flags & STORE_RECENT) != 0))
			rec[n].flags |= STORE_RECENT;
		n++;
	}
	free(v->rec);
	v->rec = rec;
	v->n = n;
	view_count(v);
	return STORE_OK;
}

/* The box of the view is there and is the same. */
enum store_rc
store_view_fresh(struct store_view *v)
{
	uint32_t	was = v->box->st.uidvalidity;
	struct store_id	id = v->box->st.id;
	enum store_rc	rc;

	if (v->box->gone)
		return store_fail(v->s, STORE_GONE, STORE_WHY_NOSUCH, "the mailbox was deleted or renamed");
	if ((rc = v->s->ops->refresh(v->box)) == STORE_NO && v->s->error.why == STORE_WHY_NOSUCH)
		rc = STORE_GONE;
	if (rc == STORE_OK && (v->box->st.uidvalidity != was || memcmp(&v->box->st.id, &id, sizeof id) != 0))
		rc = store_fail(v->s, STORE_GONE, STORE_WHY_NOSUCH, "another mailbox stands in its place");
	if (rc == STORE_GONE)
		v->box->gone = true;
	return rc;
}

enum store_rc
store_open_view(struct store *s, const struct store_id *id, bool rw, struct store_view **out)
{
	struct store_view	*v;
	enum store_rc		 rc;

	store_begin(s);
	if ((v = calloc(1, sizeof *v)) == NULL)
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	v->s = s;
	v->rw = rw;
	v->watch = -1;
	if ((rc = store_box_by_id(s, id, &v->box)) != STORE_OK) {
		free(v);
		return rc;
	}
	if ((rc = view_take(v)) != STORE_OK) {
		store_box_close(v->box);
		free(v);
		return rc;
	}
	list_append(&s->views, &v->link);
	*out = v;
	return STORE_OK;
}

enum store_rc
store_sync_view(struct store_view *v)
{
	enum store_rc	rc;

	store_begin(v->s);
	if ((rc = store_view_fresh(v)) != STORE_OK)
		return rc;
	return view_take(v);
}

int
store_watch_view(struct store_view *v)
{
	if (v->watch != -1 || v->s->ops->watch == NULL || v->box->gone || (v->watch = os_watch_new()) == -1)
		return v->watch;
	if (v->s->ops->watch(v->box, v->watch) == -1) {
		close(v->watch);
		v->watch = -1;
	}
	return v->watch;
}

void
store_clear_watch(struct store_view *v)
{
	if (v->watch == -1)
		return;
	os_watch_clear(v->watch);
	if (v->box->gone || v->s->ops->watch(v->box, v->watch) == -1) {	/* what stands there now, if it was replaced */
		close(v->watch);
		v->watch = -1;
	}
}

enum store_rc
store_close_view(struct store_view **vp)
{
	struct store_view	*v = *vp;
	enum store_rc		 rc = STORE_OK;

	if (v == NULL)
		return STORE_OK;
	store_begin(v->s);
	if (v->rw && !v->box->gone)
		rc = v->s->ops->settle(v->box);
	list_remove(&v->link);
	if (v->watch != -1)
		close(v->watch);
	store_box_close(v->box);
	free(v->rec);
	free(v);
	*vp = NULL;
	return rc;
}

enum store_rc
store_status_box(struct store *s, const struct store_id *id, struct store_status *t)
{
	struct store_view	v = { .s = s };
	enum store_rc		rc;

	store_begin(s);
	if ((rc = store_box_by_id(s, id, &v.box)) != STORE_OK)
		return rc;
	if ((rc = view_take(&v)) == STORE_OK)
		*t = v.status;
	free(v.rec);
	store_box_close(v.box);
	return rc;
}

void
store_view_status(const struct store_view *v, struct store_status *t)
{
	*t = v->status;
}

size_t
store_view_keywords(const struct store_view *v, const struct str **names)
{
	*names = v->box->st.kw;
	return v->box->st.nkw;
}

size_t
store_read_index(const struct store_view *v, uint32_t from, uint64_t since, struct store_rec *page, size_t max)
{
	size_t	lo = 0, hi = v->n, n = 0;

	while (lo < hi) {
		size_t	mid = lo + (hi - lo) / 2;

		if (v->rec[mid].uid < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < v->n && n < max; lo++)
		if (v->rec[lo].modseq > since)
			page[n++] = v->rec[lo];
	return n;
}

const struct store_rec *
store_view_rec(const struct store_view *v, uint32_t uid)
{
	return view_find(v->rec, v->n, uid);
}

static int
view_uid_cmp(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

size_t
store_read_vanished(const struct store_view *v, uint64_t since, uint32_t from, uint32_t *uids, size_t max)
{
	const struct state	*st = &v->box->st;
	uint32_t		*all;
	size_t			 n = 0, k = 0;

	if ((all = calloc(st->ngone + 1, sizeof *all)) == NULL)
		return 0;
	for (size_t i = 0; i < st->ngone; i++)
		if (st->gone[i].modseq > since && st->gone[i].uid >= from)
			all[n++] = st->gone[i].uid;
	qsort(all, n, sizeof *all, view_uid_cmp);
	for (size_t i = 0; i < n && k < max; i++)
		if (k == 0 || uids[k - 1] != all[i])
			uids[k++] = all[i];
	free(all);
	return k;
}

enum store_rc
store_read_part(struct store_view *v, uint32_t uid, uint64_t off, size_t len, struct buf *out)
{
	store_begin(v->s);
	if (v->box->gone)
		return store_fail(v->s, STORE_GONE, STORE_WHY_NOSUCH, "the mailbox was deleted or renamed");
	return v->s->ops->read(v->box, uid, off, len > STORE_CHUNK ? STORE_CHUNK : len, out);
}

/* --- changes ---------------------------------------------------------------------------------- */

static enum store_rc
view_may_change(struct store_view *v)
{
	store_begin(v->s);
	if (!v->rw)
		return store_fail(v->s, STORE_NO, STORE_WHY_DENIED, "the mailbox is open for reading only");
	return store_view_fresh(v);
}

/* After a change of ours: the view shows new flags of what it has, but nobody comes or goes before store_sync_view. */
static void
view_reflect(struct store_view *v, const uint32_t *uids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct store_rec	*mine = view_find(v->rec, v->n, uids[i]);
		const struct rec	*r = state_find(&v->box->st, uids[i]);

		if (mine != NULL && r != NULL) {
			uint32_t	recent = mine->flags & STORE_RECENT;

			*mine = r->r;
			mine->flags |= recent;
		}
	}
	view_count(v);
}

enum store_rc
store_set_flags(struct store_view *v, const uint32_t *uids, size_t n, enum store_how how, const struct store_flagset *set, uint64_t unchangedsince,
    uint64_t *modseq, uint32_t *failed, size_t *nfailed)
{
	struct store_request	q = { uids, n, how, set->flags & STORE_FLAGS, 0, unchangedsince, failed, 0 };
	enum store_rc		rc;

	if (nfailed != NULL)
		*nfailed = 0;
	if ((rc = view_may_change(v)) != STORE_OK || (rc = store_keywords(v->box, set, &q.keywords)) != STORE_OK)
		return rc;
	if ((rc = v->s->ops->flags(v->box, &q)) != STORE_OK)
		return rc;
	if (nfailed != NULL)
		*nfailed = q.nfailed;
	if (modseq != NULL)
		*modseq = v->box->st.modseq;
	view_reflect(v, uids, n);
	return STORE_OK;
}

enum store_rc
store_expunge(struct store_view *v, const uint32_t *uids, size_t n, uint64_t *modseq)
{
	uint32_t	*there;
	size_t		 k = 0;
	enum store_rc	 rc;

	if ((rc = view_may_change(v)) != STORE_OK)
		return rc;
	if ((there = calloc(n + 1, sizeof *there)) == NULL)
		return store_fail(v->s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (state_find(&v->box->st, uids[i]) != NULL)
			there[k++] = uids[i];
	rc = k == 0 ? STORE_OK : v->s->ops->expunge(v->box, there, k);
	free(there);
	if (modseq != NULL)
		*modseq = v->box->st.modseq;
	return rc;
}

enum store_rc
store_append(struct store *s, const struct store_source *src, struct store_target *t, size_t n)
{
	struct store_source	 file = { NULL, NULL, -1 };
	enum store_rc		 first = STORE_OK;
	FILE			*f = NULL;
	char			 chunk[16384];
	ssize_t			 got;
	bool			 bad = false;

	store_begin(s);
	if (src->read != NULL && n > 1) {		/* a stream can be read once */
		if ((f = tmpfile()) == NULL)
			return store_fail_sys(s, "temporary file");
		while ((got = src->read(src->arg, chunk, sizeof chunk)) > 0)
			bad |= fwrite(chunk, 1, (size_t)got, f) != (size_t)got;
		if (got < 0 || bad || fflush(f) != 0) {
			fclose(f);
			return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "the message could not be read whole");
		}
		file.fd = fileno(f);
	}
	for (size_t i = 0; i < n; i++) {
		struct box	*b;

		store_begin(s);
		t[i].uid = 0;
		t[i].rc = store_box_by_id(s, &t[i].box, &b);
		if (t[i].rc == STORE_OK) {
			t[i].uidvalidity = b->st.uidvalidity;
			t[i].rc = s->ops->append(b, f != NULL ? &file : src, &t[i]);
			t[i].modseq = b->st.modseq;
			store_box_close(b);
		}
		t[i].error = s->error;
		if (first == STORE_OK)
			first = t[i].rc;
	}
	if (f != NULL)
		fclose(f);
	return first;
}
