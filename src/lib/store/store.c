/*
 * store - connections, names and open mailboxes; what every driver has in common.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "os/load.h"
#include "store/store_int.h"

static const struct store_ops *const drivers[] = { &store_mbox, &store_maildir, &store_mem };

static const char *const rc_names[] = { "OK", "NO", "AGAIN", "UNKNOWN", "CHANGED", "GONE", "DAMAGED" };

const char *
store_rc_name(enum store_rc rc)
{
	return (size_t)rc < sizeof rc_names / sizeof rc_names[0] ? rc_names[rc] : "?";
}

enum store_rc
store_fail(struct store *s, enum store_rc rc, enum store_why why, const char *fmt, ...)
{
	va_list	ap;

	s->error.why = why;
	va_start(ap, fmt);
	err_vset(&s->error.err, rc == STORE_NO ? ERR_PERM : ERR_TEMP, fmt, ap);
	va_end(ap);
	return rc;
}

enum store_rc
store_fail_err(struct store *s, enum store_rc rc, enum store_why why, const struct err *e)
{
	s->error.why = why;
	s->error.err = *e;
	return rc;
}

enum store_rc
store_fail_sys(struct store *s, const char *fmt, ...)
{
	static const struct { int no; enum store_rc rc; enum store_why why; } map[] = {
		{ ENOSPC, STORE_AGAIN, STORE_WHY_NONE }, { EDQUOT, STORE_NO, STORE_WHY_QUOTA }, { EFBIG, STORE_NO, STORE_WHY_QUOTA },
		{ EACCES, STORE_NO, STORE_WHY_DENIED }, { EPERM, STORE_NO, STORE_WHY_DENIED }, { EROFS, STORE_NO, STORE_WHY_DENIED },
		{ ENOENT, STORE_NO, STORE_WHY_NOSUCH }, { ENOTDIR, STORE_NO, STORE_WHY_NOSUCH }, { EEXIST, STORE_NO, STORE_WHY_EXISTS },
		{ EISDIR, STORE_NO, STORE_WHY_BAD }, { ELOOP, STORE_NO, STORE_WHY_BAD }, { ENAMETOOLONG, STORE_NO, STORE_WHY_BAD },
	};
	int	no = errno;
	va_list	ap;
	char	what[256];

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	s->error.why = STORE_WHY_NONE;
	errno = no;
	err_sys(&s->error.err, ERR_TEMP, "%s", what);
	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		if (map[i].no == no) {
			s->error.why = map[i].why;
			return map[i].rc;
		}
	return STORE_AGAIN;
}

void
store_begin(struct store *s)
{
	s->error = (struct store_error){ STORE_WHY_NONE, ERR_INIT };
	s->deadline = os_now_ms() + (uint64_t)s->timeout;
}

const struct store_error *
store_error(const struct store *s)
{
	return &s->error;
}

void
store_set_timeout(struct store *s, int ms)
{
	s->timeout = ms;
}

unsigned
store_caps(const struct store *s)
{
	return s->ops->caps;
}

static char *
store_dup(const char *p)
{
	size_t	 n = p == NULL ? 0 : strlen(p);
	char	*q = malloc(n + 1);

	if (q != NULL) {
		memcpy(q, p == NULL ? "" : p, n);
		q[n] = '\0';
	}
	return q;
}

struct store *
store_new(const struct store_conf *c, struct err *err)
{
	struct store	*s;

	if ((s = calloc(1, sizeof *s)) == NULL) {
		err_set(err, ERR_TEMP, "store: out of memory");
		return NULL;
	}
	list_init(&s->boxes);
	list_init(&s->views);
	s->timeout = 30 * 1000;
	s->inbox = store_dup(c->inbox);
	s->folders = c->folders == NULL ? NULL : store_dup(c->folders);
	s->user = store_dup(c->user);
	if (c->helper != NULL) {
		s->helper = *c->helper;
		s->has_helper = true;
	}
	store_begin(s);
	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		if (strcmp(drivers[i]->name, c->driver) == 0)
			s->ops = drivers[i];
	if (s->ops == NULL)
		err_set(err, ERR_PERM, "store: no driver is called %s", c->driver);
	else if (s->inbox == NULL || s->user == NULL)
		err_set(err, ERR_TEMP, "store: out of memory");
	else if (s->ops->init(s, c, err) == 0)
		return s;
	free(s->inbox);
	free(s->folders);
	free(s->user);
	free(s);
	return NULL;
}

static void
store_box_free(struct box *b)
{
	list_remove(&b->link);
	free(b->name);
	state_done(&b->st);
	b->s->ops->free(b);
}

void
store_free(struct store **sp)
{
	struct store	*s = *sp;

	if (s == NULL)
		return;
	LIST_EACH(l, &s->views) {
		struct store_view	*v = LIST_OF(l, struct store_view, link);

		(void)store_close_view(&v);
	}
	LIST_EACH(l, &s->boxes)
		store_box_free(LIST_OF(l, struct box, link));
	s->ops->done(s);
	free(s->inbox);
	free(s->folders);
	free(s->user);
	free(s);
	*sp = NULL;
}

/* --- names ------------------------------------------------------------------------------------ */

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
static enum store_rc
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

/* --- open mailboxes --------------------------------------------------------------------------- */

#define STORE_IDLE	8u		/* open mailboxes kept without a view */

static void
store_trim(struct store *s)
{
	size_t	idle = 0;

	LIST_EACH(l, &s->boxes) {		/* the most recent come first */
		struct box	*b = LIST_OF(l, struct box, link);

		if (b->refs == 0 && (b->gone || ++idle > STORE_IDLE))
			store_box_free(b);
	}
}

/* As store_box_open, with a state that is not fresh. */
static enum store_rc
store_box_get(struct store *s, struct str name, struct box **out)
{
	struct box	*b = NULL;
	enum store_rc	 rc;

	LIST_EACH(l, &s->boxes) {
		struct box	*x = LIST_OF(l, struct box, link);

		if (!x->gone && str_eq_c(name, x->name))
			b = x;
	}
	if (b == NULL) {
		if ((rc = s->ops->open(s, name, &b)) != STORE_OK)
			return rc;
		b->s = s;
		list_init(&b->link);
		state_init(&b->st);
		if ((b->name = malloc(name.n + 1)) == NULL) {
			store_box_free(b);
			return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
		}
		memcpy(b->name, name.p, name.n);
		b->name[name.n] = '\0';
	}
	list_remove(&b->link);
	list_prepend(&s->boxes, &b->link);
	*out = b;
	return STORE_OK;
}

enum store_rc
store_box_open(struct store *s, struct str name, struct box **out)
{
	struct box	*b;
	enum store_rc	 rc;

	if ((rc = store_box_get(s, name, &b)) != STORE_OK)
		return rc;
	if ((rc = s->ops->refresh(b)) != STORE_OK) {
		if (rc == STORE_GONE || (rc == STORE_NO && s->error.why == STORE_WHY_NOSUCH))
			b->gone = true;
		store_trim(s);
		return rc;
	}
	b->refs++;
	*out = b;
	return STORE_OK;
}

void
store_box_close(struct box *b)
{
	struct store	*s = b->s;

	b->refs--;
	store_trim(s);
}

enum store_rc
store_deliver(struct store *s, const struct store_source *src, struct store_target *t)
{
	struct box	*b;

	store_begin(s);
	t->delivery = true;
	t->uid = 0;
	if ((t->rc = store_box_get(s, STR("INBOX"), &b)) == STORE_OK) {
		b->refs++;
		t->rc = s->ops->append(b, src, t);
		store_box_close(b);
	}
	t->error = s->error;
	return t->rc;
}

static bool
store_id_eq(const struct store_id *a, const struct store_id *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

enum store_rc
store_box_by_id(struct store *s, const struct store_id *id, struct box **out)
{
	struct store_box	*all;
	struct arena		*a;
	size_t			 n;
	enum store_rc		 rc;

	LIST_EACH(l, &s->boxes) {
		struct box	*b = LIST_OF(l, struct box, link);

		if (!b->gone && b->st.known && store_id_eq(&b->st.id, id)) {
			if ((rc = store_box_open(s, str_c(b->name), out)) != STORE_OK)
				return rc;
			if (store_id_eq(&(*out)->st.id, id))
				return STORE_OK;
			store_box_close(*out);
			break;
		}
	}
	a = arena_new(ARENA_DEFAULT);
	rc = store_list_all(s, a, &all, &n);
	for (size_t i = 0; rc == STORE_OK && i < n; i++) {
		if ((all[i].attr & (STORE_BOX_NOSELECT|STORE_BOX_MISSING)) != 0 || store_box_open(s, all[i].name, out) != STORE_OK)
			continue;
		if (store_id_eq(&(*out)->st.id, id)) {
			arena_free(&a);
			return STORE_OK;
		}
		store_box_close(*out);
	}
	arena_free(&a);
	return rc != STORE_OK ? rc : store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
}

enum store_rc
store_keywords(struct box *b, const struct store_flagset *set, uint64_t *bits)
{
	enum store_rc	rc;

	*bits = 0;
	for (size_t i = 0; i < set->nkeywords; i++) {
		struct str	name = set->keywords[i];
		int		k = state_keyword(&b->st, name);

		if (k == -1) {
			if (name.n == 0 || name.n > STORE_KEYWORD_MAX)
				return store_fail(b->s, STORE_NO, STORE_WHY_BAD, "a keyword has at most %d bytes", STORE_KEYWORD_MAX);
			if (b->st.nkw == STORE_KEYWORDS)
				return store_fail(b->s, STORE_NO, STORE_WHY_QUOTA, "a mailbox has at most %d different keywords", STORE_KEYWORDS);
			if ((rc = b->s->ops->keyword(b, name)) != STORE_OK)
				return rc;
			if ((k = state_keyword(&b->st, name)) == -1)
				return store_fail(b->s, STORE_NO, STORE_WHY_QUOTA, "the keyword could not be added");
		}
		*bits |= (uint64_t)1 << k;
	}
	return STORE_OK;
}

enum store_rc
store_plan(struct box *b, struct store_request *q, struct uidline **out, size_t *n)
{
	struct uidline	*l;
	size_t		 k = 0;

	if ((l = calloc(q->n + 1, sizeof *l)) == NULL)
		return store_fail(b->s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	q->nfailed = 0;
	for (size_t i = 0; i < q->n; i++) {
		const struct rec	*r = state_find(&b->st, q->uids[i]);
		uint32_t		 flags;
		uint64_t		 kw;

		if (r == NULL)
			continue;
		if (q->unchangedsince != 0 && r->r.modseq > q->unchangedsince) {
			if (q->failed != NULL)
				q->failed[q->nfailed] = q->uids[i];
			q->nfailed++;
			continue;
		}
		flags = q->how == STORE_ADD ? r->r.flags | q->flags : q->how == STORE_DEL ? r->r.flags & ~q->flags : q->flags;
		kw = q->how == STORE_ADD ? r->r.keywords | q->keywords : q->how == STORE_DEL ? r->r.keywords & ~q->keywords : q->keywords;
		if (flags != r->r.flags || kw != r->r.keywords)
			l[k++] = (struct uidline){ .what = UIDLINE_FLAGS, .uid = r->r.uid, .flags = flags, .keywords = kw };
	}
	*out = l;
	*n = k;
	return STORE_OK;
}
