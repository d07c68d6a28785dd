/*
 * store - connections and open mailboxes; what every driver has in common.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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

void
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
				return store_fail(b->s, STORE_NO, STORE_WHY_LIMIT, "a mailbox has at most %d different keywords", STORE_KEYWORDS);
			if ((rc = b->s->ops->keyword(b, name)) != STORE_OK)
				return rc;
			if ((k = state_keyword(&b->st, name)) == -1)
				return store_fail(b->s, STORE_NO, STORE_WHY_LIMIT, "the keyword could not be added");
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
