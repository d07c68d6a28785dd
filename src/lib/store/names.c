/*
 * names - the mailboxes of a user by name: what a name may be, lists, and making, renaming, deleting; the same for all drivers.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/utf8.h"
#include "os/load.h"
#include "store/store_int.h"

bool
store_name_ok(struct str name)
{
	struct str	rest = name, level;

	if (name.n == 0 || name.n > STORE_NAME_MAX || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f)
			return false;
	if (name.p[name.n - 1] == '/')
		return false;
	while (str_split(&rest, '/', &level))
		if (level.n == 0 || level.n > 200 || str_eq_c(level, ".") || str_eq_c(level, ".."))
			return false;
	return true;
}

/* Iterative, so that a pattern of many stars costs no more than their product with the name. */
bool
store_name_match(struct str pat, struct str name)
{
	size_t	p = 0, n = 0, star_p = SIZE_MAX, star_n = 0, pct_p = SIZE_MAX, pct_n = 0;

	while (n < name.n || p < pat.n) {
		if (p < pat.n && pat.p[p] == '*') {
			star_p = p++;
			star_n = n;
			pct_p = SIZE_MAX;
		} else if (p < pat.n && pat.p[p] == '%') {
			pct_p = p++;
			pct_n = n;
		} else if (p < pat.n && n < name.n && pat.p[p] == name.p[n]) {
			p++;
			n++;
		} else if (pct_p != SIZE_MAX && pct_n < name.n && name.p[pct_n] != '/') {
			p = pct_p + 1;
			n = ++pct_n;
		} else if (star_p != SIZE_MAX && star_n < name.n) {
			p = star_p + 1;
			n = ++star_n;
			pct_p = SIZE_MAX;
		} else
			return false;
	}
	return true;
}

/* INBOX in any case is INBOX, also as the first level. */
static struct str
store_canon(struct str name, char *dst, size_t size)
{
	if (name.n < 5 || name.n >= size || !str_caseeq_c(str_first(name, 5), "INBOX") || (name.n > 5 && name.p[5] != '/'))
		return name;
	memcpy(dst, "INBOX", 5);
	memcpy(dst + 5, name.p + 5, name.n - 5);
	return str_mem(dst, name.n);
}

static enum store_rc
store_check_name(struct store *s, struct str *name, char *dst, size_t size)
{
	if (!store_name_ok(*name))
		return store_fail(s, STORE_NO, STORE_WHY_BAD, "not a name for a mailbox");
	*name = store_canon(*name, dst, size);
	return STORE_OK;
}

static int
store_box_cmp(const void *va, const void *vb)
{
	const struct store_box	*a = va, *b = vb;
	bool			 ia = str_eq_c(a->name, "INBOX"), ib = str_eq_c(b->name, "INBOX");

	return ia != ib ? (ia ? -1 : 1) : str_cmp(a->name, b->name);
}

/* Parents that are no mailboxes of their own, subscriptions, children: the whole list in order. */
enum store_rc
store_list_all(struct store *s, struct arena *a, struct store_box **out, size_t *nout)
{
	struct store_box	*own, *all;
	struct str		*subs = NULL;
	size_t			 nown = 0, nsubs = 0, n = 0, k = 0, max;
	enum store_rc		 rc;

	if ((rc = s->ops->list(s, a, &own, &nown)) != STORE_OK || (rc = s->ops->subscribed(s, a, &subs, &nsubs)) != STORE_OK)
		return rc;
	max = 1 + nsubs;
	for (size_t i = 0; i < nown; i++) {
		max++;
		for (size_t j = 0; j < own[i].name.n; j++)
			max += own[i].name.p[j] == '/';
	}
	all = ARENA_ARRAY(a, struct store_box, max);
	all[n++] = (struct store_box){ STR("INBOX"), 0 };
	for (size_t i = 0; i < nown; i++) {
		all[n++] = own[i];
		for (size_t j = 0; j < own[i].name.n; j++)
			if (own[i].name.p[j] == '/')
				all[n++] = (struct store_box){ str_first(own[i].name, j), STORE_BOX_NOSELECT|STORE_BOX_CHILDREN };
	}
	for (size_t i = 0; i < nsubs; i++)
		all[n++] = (struct store_box){ subs[i], STORE_BOX_SUBSCRIBED|STORE_BOX_MISSING };
	qsort(all, n, sizeof *all, store_box_cmp);
	for (size_t i = 0; i < n; i++) {		/* equal names become one */
		unsigned	bits = all[i].attr;

		if (k > 0 && str_eq(all[k - 1].name, all[i].name)) {
			unsigned	was = all[k - 1].attr;

			all[k - 1].attr = ((was | bits) & (STORE_BOX_CHILDREN|STORE_BOX_SUBSCRIBED)) | (was & bits & STORE_BOX_MISSING);
			/* selectable if one of those that are there says so */
			if (((was & STORE_BOX_MISSING) || (was & STORE_BOX_NOSELECT)) && ((bits & STORE_BOX_MISSING) || (bits & STORE_BOX_NOSELECT)))
				all[k - 1].attr |= (was | bits) & STORE_BOX_NOSELECT;
		} else
			all[k++] = all[i];
	}
	*out = all;
	*nout = k;
	return STORE_OK;
}

enum store_rc
store_list_boxes(struct store *s, struct str cursor, struct arena *a, struct store_box *page, size_t max, size_t *n)
{
	struct store_box	*all, at = { cursor, 0 };
	size_t			 nall;
	enum store_rc		 rc;

	store_begin(s);
	*n = 0;
	if ((rc = store_list_all(s, a, &all, &nall)) != STORE_OK)
		return rc;
	for (size_t i = 0; i < nall && *n < max; i++)
		if (str_is_none(cursor) || store_box_cmp(&all[i], &at) > 0)
			page[(*n)++] = all[i];
	return STORE_OK;
}

enum store_rc
store_find_box(struct store *s, struct str name, struct store_id *id)
{
	char		 dst[STORE_NAME_MAX + 1];
	struct box	*b;
	enum store_rc	 rc;

	store_begin(s);
	if ((rc = store_check_name(s, &name, dst, sizeof dst)) != STORE_OK || (rc = store_box_open(s, name, &b)) != STORE_OK)
		return rc;
	*id = b->st.id;
	store_box_close(b);
	return STORE_OK;
}

enum store_rc
store_create_box(struct store *s, struct str name, struct store_id *id)
{
	char		 dst[STORE_NAME_MAX + 1];
	struct box	*b;
	enum store_rc	 rc;

	store_begin(s);
	if ((rc = store_check_name(s, &name, dst, sizeof dst)) != STORE_OK)
		return rc;
	if (str_eq_c(name, "INBOX"))
		return store_fail(s, STORE_NO, STORE_WHY_EXISTS, "INBOX is always there");
	if ((rc = s->ops->create(s, name)) != STORE_OK || (rc = store_box_open(s, name, &b)) != STORE_OK)
		return rc;
	*id = b->st.id;
	store_box_close(b);
	return STORE_OK;
}

/* What we hold open under this name or below it has lost its place; idle ones go. */
static void
store_forget(struct store *s, struct str name)
{
	LIST_EACH(l, &s->boxes) {
		struct box	*b = LIST_OF(l, struct box, link);
		struct str	 n = str_c(b->name);

		if (!str_starts(n, name) || (n.n > name.n && n.p[name.n] != '/'))
			continue;
		b->gone = true;
		if (b->refs == 0)
			store_box_free(b);
	}
}

/* RFC 3501 6.3.5: renaming INBOX moves its messages, and leaves it empty. */
static enum store_rc
store_rename_inbox(struct store *s, struct str to)
{
	struct store_view	*v = NULL;
	struct store_id		 inbox, id;
	uint32_t		*uids = NULL, *newuid = NULL, validity;
	enum store_rc		 rc;

	if ((rc = store_create_box(s, to, &id)) != STORE_OK || (rc = store_find_box(s, STR("INBOX"), &inbox)) != STORE_OK ||
	    (rc = store_open_view(s, &inbox, true, &v)) != STORE_OK)
		return rc;
	uids = calloc(v->n + 1, sizeof *uids);
	newuid = calloc(v->n + 1, sizeof *newuid);
	if (uids == NULL || newuid == NULL)
		rc = store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	else {
		for (size_t i = 0; i < v->n; i++)
			uids[i] = v->rec[i].uid;
		rc = store_copy(v, uids, v->n, &id, true, NULL, newuid, &validity);
	}
	free(uids);
	free(newuid);
	if (rc == STORE_OK)
		return store_close_view(&v);
	(void)store_close_view(&v);
	return rc;
}

enum store_rc
store_rename_box(struct store *s, struct str from, struct str to)
{
	char		dst[STORE_NAME_MAX + 1], dst2[STORE_NAME_MAX + 1];
	enum store_rc	rc;

	store_begin(s);
	if ((rc = store_check_name(s, &from, dst, sizeof dst)) != STORE_OK || (rc = store_check_name(s, &to, dst2, sizeof dst2)) != STORE_OK)
		return rc;
	if (str_eq_c(to, "INBOX"))
		return store_fail(s, STORE_NO, STORE_WHY_EXISTS, "INBOX is always there");
	if (str_eq_c(from, "INBOX"))
		return store_rename_inbox(s, to);
	if (str_starts(to, from) && (to.n == from.n || to.p[from.n] == '/'))
		return store_fail(s, STORE_NO, STORE_WHY_BAD, "a mailbox cannot be moved below itself");
	LIST_EACH(l, &s->boxes) {		/* what waits goes with it */
		struct box	*b = LIST_OF(l, struct box, link);

		if (str_starts(str_c(b->name), from) && !b->gone)
			(void)s->ops->settle(b);
	}
	if ((rc = s->ops->rename(s, from, to)) == STORE_OK)
		store_forget(s, from);
	return rc;
}

enum store_rc
store_delete_box(struct store *s, struct str name)
{
	char		dst[STORE_NAME_MAX + 1];
	enum store_rc	rc;

	store_begin(s);
	if ((rc = store_check_name(s, &name, dst, sizeof dst)) != STORE_OK)
		return rc;
	if (str_eq_c(name, "INBOX"))
		return store_fail(s, STORE_NO, STORE_WHY_DENIED, "INBOX cannot be deleted");
	if ((rc = s->ops->remove(s, name)) != STORE_OK)
		return rc;
	LIST_EACH(l, &s->boxes) {
		struct box	*b = LIST_OF(l, struct box, link);

		if (!str_eq_c(name, b->name))
			continue;
		b->gone = true;
		if (b->refs == 0)
			store_box_free(b);
	}
	return STORE_OK;
}

enum store_rc
store_subscribe(struct store *s, struct str name, bool on)
{
	char		dst[STORE_NAME_MAX + 1];
	enum store_rc	rc;

	store_begin(s);
	if ((rc = store_check_name(s, &name, dst, sizeof dst)) != STORE_OK)
		return rc;
	return s->ops->subscribe(s, name, on);
}
