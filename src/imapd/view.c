/*
 * view - the selected mailbox as the client knows it: message numbers, and telling what changed.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "session.h"

#define VIEW_PAGE	256

static const struct {
	unsigned	 flag;
	const char	*name;
} view_flags[] = {
	{ STORE_ANSWERED, "\\Answered" }, { STORE_FLAGGED, "\\Flagged" }, { STORE_DELETED, "\\Deleted" }, { STORE_SEEN, "\\Seen" },
	{ STORE_DRAFT, "\\Draft" }, { STORE_RECENT, "\\Recent" },
};

/* Everything from `from` on is new to the client. */
static bool
view_take(struct imap *im, uint32_t from)
{
	struct store_rec	page[VIEW_PAGE];
	size_t			got;

	while ((got = store_read_index(im->view, from, 0, page, VIEW_PAGE)) > 0) {
		if (im->n + got > im->room) {
			size_t		 room = im->room * 2 + VIEW_PAGE + got;
			uint32_t	*uid = realloc(im->uid, room * sizeof *uid);
			uint64_t	*told;

			if (uid == NULL)
				return false;
			im->uid = uid;
			if ((told = realloc(im->told, room * sizeof *told)) == NULL)
				return false;
			im->told = told;
			im->room = room;
		}
		for (size_t i = 0; i < got; i++) {
			im->uid[im->n] = page[i].uid;
			im->told[im->n++] = page[i].modseq;
			if (page[i].flags & STORE_RECENT)
				im->recent++;
		}
		if (page[got - 1].uid == UINT32_MAX)
			break;
		from = page[got - 1].uid + 1;
	}
	return true;
}

uint32_t
imap_number_of(const struct imap *im, uint32_t uid)
{
	size_t	lo = 0, hi = im->n;

	while (lo < hi) {
		size_t	mid = lo + (hi - lo) / 2;

		if (im->uid[mid] < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < im->n && im->uid[lo] == uid ? (uint32_t)lo + 1 : 0;
}

void
imap_unselect(struct imap *im)
{
	if (im->view != NULL)
		(void)store_close_view(&im->view);
	im->view = NULL;
	free(im->uid);
	free(im->told);
	im->uid = NULL;
	im->told = NULL;
	im->n = im->room = 0;
	im->recent = 0;
	buf_clear(&im->box_name);
}

static void
view_put_flag_names(struct imap *im)
{
	const struct str	*names;
	size_t			 n = store_view_keywords(im->view, &names);

	imap_put(im, STR("\\Answered \\Flagged \\Deleted \\Seen \\Draft"));
	for (size_t i = 0; i < n; i++)
		imap_putf(im, " %.*s", STR_ARG(names[i]));
}

static void
view_announce(struct imap *im, const struct store_status *st)
{
	const struct str	*names;

	imap_put(im, STR("* FLAGS ("));
	view_put_flag_names(im);
	imap_put(im, STR(")\r\n* OK [PERMANENTFLAGS ("));
	if (im->rw) {
		view_put_flag_names(im);
		if (store_view_keywords(im->view, &names) < STORE_KEYWORDS)
			imap_put(im, STR(" \\*"));	/* there is room for new ones */
	}
	imap_putf(im, ")] Flags permitted.\r\n* %zu EXISTS\r\n* %" PRIu64 " RECENT\r\n", im->n, im->recent);
	for (size_t i = 0; st->unseen > 0 && i < im->n; i++) {
		const struct store_rec	*r = store_view_rec(im->view, im->uid[i]);

		if (r != NULL && !(r->flags & STORE_SEEN)) {
			imap_putf(im, "* OK [UNSEEN %zu] First unseen.\r\n", i + 1);
			break;
		}
	}
	imap_putf(im, "* OK [UIDVALIDITY %" PRIu32 "] UIDs valid\r\n* OK [UIDNEXT %" PRIu32 "] Predicted next UID\r\n", st->uidvalidity, st->uidnext);
}

enum imap_rc
imap_select(struct imap *im, struct str name, bool rw)
{
	struct store_status	st;
	enum store_rc		rc;

	imap_unselect(im);
	if ((rc = store_find_box(im->store, name, &im->box)) != STORE_OK || (rc = store_open_view(im->store, &im->box, rw, &im->view)) != STORE_OK) {
		im->view = NULL;
		return imap_store_rc(im, rc);
	}
	im->rw = rw;
	buf_add(&im->box_name, name);
	if (!view_take(im, 1)) {
		imap_unselect(im);
		imap_say(im, "[LIMIT] out of memory");
		return IMAP_NO;
	}
	store_view_status(im->view, &st);
	im->synced = st.modseq;
	view_announce(im, &st);
	imap_say(im, rw ? "[READ-WRITE] SELECT completed" : "[READ-ONLY] %s completed", im->name);
	return IMAP_OK;
}

void
imap_put_flags(struct imap *im, const struct store_rec *r)
{
	const struct str	*names;
	size_t			 n = store_view_keywords(im->view, &names);
	const char		*sep = "";

	imap_put(im, STR("FLAGS ("));
	for (size_t i = 0; i < sizeof(view_flags) / sizeof(view_flags[0]); i++)
		if (r->flags & view_flags[i].flag) {
			imap_putf(im, "%s%s", sep, view_flags[i].name);
			sep = " ";
		}
	for (size_t i = 0; i < n && i < 64; i++)
		if (r->keywords >> i & 1) {
			imap_putf(im, "%s%.*s", sep, STR_ARG(names[i]));
			sep = " ";
		}
	imap_put(im, STR(")"));
}

void
imap_tell_flags(struct imap *im, uint32_t number, const struct store_rec *r, bool with_uid)
{
	imap_putf(im, "* %" PRIu32 " FETCH (", number);
	if (with_uid)
		imap_putf(im, "UID %" PRIu32 " ", r->uid);
	imap_put_flags(im, r);
	imap_put(im, STR(")\r\n"));
	im->told[number - 1] = r->modseq;
}

/* Messages that left: from the back, so that the numbers in front stay right; then they are squeezed out. */
static void
view_tell_vanished(struct imap *im)
{
	size_t	kept = 0;

	for (size_t i = im->n; i-- > 0;)
		if (store_view_rec(im->view, im->uid[i]) == NULL) {
			imap_putf(im, "* %zu EXPUNGE\r\n", i + 1);
			im->told[i] = UINT64_MAX;
		}
	for (size_t i = 0; i < im->n; i++)
		if (im->told[i] != UINT64_MAX) {
			im->uid[kept] = im->uid[i];
			im->told[kept++] = im->told[i];
		}
	im->n = kept;
}

void
imap_sync(struct imap *im)
{
	struct store_status	after;
	enum store_rc		rc;
	size_t			n = im->n;
	uint64_t		recent = im->recent;

	if (im->view == NULL)
		return;
	if ((rc = store_sync_view(im->view)) == STORE_GONE) {
		imap_put(im, STR("* BYE the selected mailbox was deleted\r\n"));
		im->logout = true;
		return;
	}
	if (rc != STORE_OK)
		return;			/* for now: the next command tries again */
	store_view_status(im->view, &after);
	if (after.modseq == im->synced && im->n == after.exists)
		return;
	im->synced = after.modseq;
	view_tell_vanished(im);
	for (size_t i = 0; i < im->n; i++) {
		const struct store_rec	*r = store_view_rec(im->view, im->uid[i]);

		if (r != NULL && r->modseq > im->told[i])
			imap_tell_flags(im, (uint32_t)i + 1, r, im->by_uid);
	}
	n = im->n;
	(void)view_take(im, n > 0 ? im->uid[n - 1] + 1 : 1);
	if (im->n != n)
		imap_putf(im, "* %zu EXISTS\r\n", im->n);
	if (im->recent != recent)
		imap_putf(im, "* %" PRIu64 " RECENT\r\n", im->recent);
}

bool
imap_take_uids(struct imap *im, uint32_t **uids, size_t *n)
{
	struct imap_set	set;
	struct str	text;
	uint32_t	star = im->n == 0 ? 0 : im->by_uid ? im->uid[im->n - 1] : (uint32_t)im->n;

	if (!imap_set_text(&im->in, &text))
		return false;
	if (imap_set_parse(im->a, text, star, &set) == -1 || set.saved)
		return imap_refuse(&im->in, "message set expected");
	*uids = ARENA_ARRAY(im->a, uint32_t, im->n + 1);
	*n = 0;
	if (!im->by_uid)
		for (size_t i = 0; i < set.n; i++)
			if (set.v[i].hi > im->n)
				return imap_refuse(&im->in, "there is no message of that number");
	for (size_t i = 0; i < im->n; i++)
		if (imap_set_has(&set, im->by_uid ? im->uid[i] : (uint32_t)i + 1))
			(*uids)[(*n)++] = im->uid[i];
	return true;
}

void
imap_flagset(struct imap *im, struct str *names, size_t n, struct store_flagset *set)
{
	struct str	*words = ARENA_ARRAY(im->a, struct str, n + 1);

	*set = (struct store_flagset){ 0, words, 0 };
	for (size_t i = 0; i < n; i++) {
		bool	known = false;

		for (size_t f = 0; f < sizeof(view_flags) / sizeof(view_flags[0]); f++)
			if (str_caseeq_c(names[i], view_flags[f].name)) {
				set->flags |= view_flags[f].flag & STORE_FLAGS;
				known = true;
			}
		if (!known && names[i].n > 0 && names[i].p[0] != '\\')
			words[set->nkeywords++] = names[i];
	}
}
