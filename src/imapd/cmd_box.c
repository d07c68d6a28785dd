/*
 * cmd_box - commands about mailboxes: SELECT to CLOSE, CREATE to UNSUBSCRIBE, LIST, LSUB, STATUS.
 */
#include <inttypes.h>

#include "base/enc.h"
#include "session.h"

#define LIST_PAGE	64
#define LIST_PATTERNS	32

/* One mailbox name, and nothing behind it. */
static bool
box_name(struct imap *im, struct str *name)
{
	return imap_sp(&im->in) && imap_mailbox(&im->in, name) && imap_end(&im->in);
}

/* Names may be created and renamed only if all drivers can hold them; a final '/' says "a level", and is dropped. */
static bool
box_new_name(struct imap *im, struct str *name)
{
	if (name->n > 1 && name->p[name->n - 1] == '/')
		name->n--;
	if (store_name_ok(*name))
		return true;
	imap_say(im, "[CANNOT] not a name for a mailbox");
	return false;
}

enum imap_rc
cmd_select(struct imap *im)
{
	struct str	name;

	return box_name(im, &name) ? imap_select(im, name, true) : IMAP_BAD;
}

enum imap_rc
cmd_examine(struct imap *im)
{
	struct str	name;

	return box_name(im, &name) ? imap_select(im, name, false) : IMAP_BAD;
}

enum imap_rc
cmd_create(struct imap *im)
{
	struct store_id	id;
	struct str	name;

	if (!box_name(im, &name))
		return IMAP_BAD;
	return box_new_name(im, &name) ? imap_store_rc(im, store_create_box(im->store, name, &id)) : IMAP_NO;
}

enum imap_rc
cmd_delete(struct imap *im)
{
	struct str	name;
	enum store_rc	rc;

	if (!box_name(im, &name))
		return IMAP_BAD;
	if ((rc = store_delete_box(im->store, name)) == STORE_OK && im->view != NULL && str_eq(name, buf_str(&im->box_name)))
		imap_unselect(im);
	return imap_store_rc(im, rc);
}

enum imap_rc
cmd_rename(struct imap *im)
{
	struct str	from, to;

	if (!imap_sp(&im->in) || !imap_mailbox(&im->in, &from) || !imap_sp(&im->in) || !imap_mailbox(&im->in, &to) || !imap_end(&im->in))
		return IMAP_BAD;
	return box_new_name(im, &to) ? imap_store_rc(im, store_rename_box(im->store, from, to)) : IMAP_NO;
}

enum imap_rc
cmd_subscribe(struct imap *im)
{
	struct str	name;

	return box_name(im, &name) ? imap_store_rc(im, store_subscribe(im->store, name, true)) : IMAP_BAD;
}

enum imap_rc
cmd_unsubscribe(struct imap *im)
{
	struct str	name;

	return box_name(im, &name) ? imap_store_rc(im, store_subscribe(im->store, name, false)) : IMAP_BAD;
}

enum imap_rc
cmd_unselect(struct imap *im)
{
	imap_unselect(im);
	return IMAP_OK;
}

/* As UNSELECT, but deleted messages go, silently. */
enum imap_rc
cmd_close(struct imap *im)
{
	uint32_t	*uids = ARENA_ARRAY(im->a, uint32_t, im->n + 1);
	size_t		 n = 0;
	uint64_t	 modseq;
	enum imap_rc	 rc = IMAP_OK;

	for (size_t i = 0; im->rw && i < im->n; i++) {
		const struct store_rec	*r = store_view_rec(im->view, im->uid[i]);

		if (r != NULL && r->flags & STORE_DELETED)
			uids[n++] = im->uid[i];
	}
	if (n > 0)
		rc = imap_store_rc(im, store_expunge(im->view, uids, n, &modseq));
	imap_unselect(im);
	return rc;
}

/* ---- LIST ---- */

struct list {
	bool		lsub;
	struct str	pattern[LIST_PATTERNS];
	struct str	inbox[LIST_PATTERNS];	/* the same with its first letters as INBOX has them, whose case does not matter */
	size_t		n;
	bool		root;			/* no pattern was given: what separates levels? */
};

/* Does the pattern match the name? */
static bool
list_match(const struct list *l, size_t i, struct str name)
{
	bool	inbox = str_eq_c(name, "INBOX") || str_starts(name, STR("INBOX/"));

	return store_name_match(l->pattern[i], name) || (inbox && store_name_match(l->inbox[i], name));
}

static void
list_put(struct imap *im, const struct list *l, struct str name, unsigned attr)
{
	imap_putf(im, "* %s (", l->lsub ? "LSUB" : "LIST");
	if (attr & (STORE_BOX_NOSELECT | STORE_BOX_MISSING))
		imap_put(im, STR("\\Noselect "));
	imap_put(im, attr & STORE_BOX_CHILDREN ? STR("\\HasChildren") : STR("\\HasNoChildren"));
	imap_put(im, STR(") \"/\" "));
	imap_put_mailbox(im, name);
	imap_put(im, STR("\r\n"));
}

/* Does a pattern that ends in % match a level above this subscribed name?  Then LSUB names the level (RFC 3501 6.3.9). */
static struct str
list_level(const struct list *l, struct str name)
{
	for (size_t i = name.n; i-- > 0;)
		if (name.p[i] == '/')
			for (size_t p = 0; p < l->n; p++)
				if (l->pattern[p].n > 0 && l->pattern[p].p[l->pattern[p].n - 1] == '%' && list_match(l, p, str_first(name, i)))
					return str_first(name, i);
	return STR_NONE;
}

static void
list_one(struct imap *im, const struct list *l, const struct store_box *b, struct str *level)
{
	struct str	up;

	if (l->lsub ? !(b->attr & STORE_BOX_SUBSCRIBED) : (b->attr & STORE_BOX_MISSING) != 0)
		return;
	for (size_t i = 0; i < l->n; i++)
		if (list_match(l, i, b->name)) {
			list_put(im, l, b->name, b->attr);
			return;
		}
	if (!l->lsub || str_is_none(up = list_level(l, b->name)) || str_eq(up, *level))
		return;
	*level = up;
	list_put(im, l, up, STORE_BOX_NOSELECT | STORE_BOX_CHILDREN);
}

static enum imap_rc
list_run(struct imap *im, const struct list *l)
{
	struct store_box	page[LIST_PAGE];
	struct str		cursor = STR_NONE, level = STR_NONE;
	enum store_rc		rc;
	size_t			n;

	do {
		if ((rc = store_list_boxes(im->store, cursor, im->a, page, LIST_PAGE, &n)) != STORE_OK)
			return imap_store_rc(im, rc);
		for (size_t i = 0; i < n; i++)
			list_one(im, l, &page[i], &level);
		if (n > 0)
			cursor = page[n - 1].name;
	} while (n == LIST_PAGE);
	return IMAP_OK;
}

/* Its first letters, as many as INBOX has. */
static struct str
list_upper(struct arena *a, struct str name)
{
	char	*p = arena_bytes(a, name.n + 1);

	for (size_t i = 0; i < name.n; i++)
		p[i] = i < 5 ? chr_upper(name.p[i]) : name.p[i];
	return str_mem(p, name.n);
}

static bool
list_pattern(struct imap *im, struct list *l, struct str reference)
{
	struct str	coded, name;
	struct buf	b;

	if (l->n == LIST_PATTERNS)
		return imap_refuse(&im->in, "fewer patterns expected");
	if (!imap_list_mailbox(&im->in, &coded))
		return false;
	buf_init(&b, STORE_NAME_MAX * 2);
	name = dec_utf7m(&b, coded) == 0 ? arena_str(im->a, buf_str(&b)) : coded;
	buf_done(&b);
	l->root = name.n == 0;
	if (reference.n > 0)
		name = arena_cat(im->a, reference, name);
	l->inbox[l->n] = list_upper(im->a, name);
	l->pattern[l->n++] = name;
	return true;
}

static enum imap_rc
list_start(struct imap *im, bool lsub)
{
	struct list	l = { .lsub = lsub };
	struct str	reference;

	if (!imap_sp(&im->in) || !imap_mailbox(&im->in, &reference) || !imap_sp(&im->in) || !list_pattern(im, &l, reference) || !imap_end(&im->in))
		return IMAP_BAD;
	if (l.root && !lsub) {
		imap_put(im, STR("* LIST (\\Noselect) \"/\" \"\"\r\n"));
		return IMAP_OK;
	}
	return list_run(im, &l);
}

enum imap_rc
cmd_list(struct imap *im)
{
	return list_start(im, false);
}

enum imap_rc
cmd_lsub(struct imap *im)
{
	return list_start(im, true);
}

/* ---- STATUS ---- */

static const char *const status_names[] = { "MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "DELETED", "SIZE" };
#define STATUS_ITEMS	(sizeof(status_names) / sizeof(status_names[0]))

static uint64_t
status_value(const struct store_status *st, size_t item)
{
	const uint64_t	v[STATUS_ITEMS] = { st->exists, st->recent, st->uidnext, st->uidvalidity, st->unseen, st->deleted, st->bytes };

	return v[item];
}

enum imap_rc
cmd_status(struct imap *im)
{
	struct store_status	st;
	struct store_id		id;
	struct str		name, word;
	size_t			item[STATUS_ITEMS * 2], n = 0, k;
	enum store_rc		rc;

	if (!imap_sp(&im->in) || !imap_mailbox(&im->in, &name) || !imap_sp(&im->in) || !imap_char(&im->in, '('))
		return IMAP_BAD;
	do {
		if (!imap_atom(&im->in, &word))
			return IMAP_BAD;
		for (k = 0; k < STATUS_ITEMS && !str_caseeq_c(word, status_names[k]); k++)
			;
		if (k == STATUS_ITEMS || n == STATUS_ITEMS * 2) {
			imap_refuse(&im->in, "status item expected");
			return IMAP_BAD;
		}
		item[n++] = k;
	} while (imap_next(&im->in, ' '));
	if (!imap_char(&im->in, ')') || !imap_end(&im->in))
		return IMAP_BAD;
	if ((rc = store_find_box(im->store, name, &id)) != STORE_OK || (rc = store_status_box(im->store, &id, &st)) != STORE_OK)
		return imap_store_rc(im, rc);
	imap_put(im, STR("* STATUS "));
	imap_put_mailbox(im, name);
	for (size_t i = 0; i < n; i++)
		imap_putf(im, "%s%s %" PRIu64, i == 0 ? " (" : " ", status_names[item[i]], status_value(&st, item[i]));
	imap_put(im, STR(")\r\n"));
	return IMAP_OK;
}
