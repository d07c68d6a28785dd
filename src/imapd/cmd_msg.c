/*
 * cmd_msg - commands that change messages of the selected mailbox: STORE, EXPUNGE, COPY, MOVE.
 */
#include <inttypes.h>

#include "os/load.h"
#include "session.h"

enum imap_rc
cmd_store(struct imap *im)
{
	struct store_flagset	set;
	enum store_how		how = STORE_SET;
	struct str		*names;
	uint32_t		*uids;
	size_t			 n, nnames, nfailed = 0;
	uint64_t		 modseq;
	bool			 silent;
	enum imap_rc		 rc;

	if (!imap_sp(&im->in) || !imap_take_uids(im, &uids, &n) || !imap_sp(&im->in))
		return IMAP_BAD;
	if (imap_next(&im->in, '+'))
		how = STORE_ADD;
	else if (imap_next(&im->in, '-'))
		how = STORE_DEL;
	silent = imap_word(&im->in, "FLAGS.SILENT");
	if (!silent && !imap_word(&im->in, "FLAGS")) {
		imap_refuse(&im->in, "FLAGS expected");
		return IMAP_BAD;
	}
	if (!imap_sp(&im->in) || !imap_flags(&im->in, true, &names, &nnames) || !imap_end(&im->in))
		return IMAP_BAD;
	imap_flagset(im, names, nnames, &set);
	if (n == 0)
		return IMAP_OK;
	if ((rc = imap_store_rc(im, store_set_flags(im->view, uids, n, how, &set, 0, &modseq, NULL, &nfailed))) != IMAP_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		const struct store_rec	*r = store_view_rec(im->view, uids[i]);
		uint32_t		 number = imap_number_of(im, uids[i]);

		if (r == NULL || number == 0)
			continue;
		if (silent)
			im->told[number - 1] = r->modseq;
		else
			imap_tell_flags(im, number, r, im->by_uid);
	}
	return IMAP_OK;
}

enum imap_rc
cmd_expunge(struct imap *im)
{
	uint32_t	*uids, *gone = ARENA_ARRAY(im->a, uint32_t, im->n + 1);
	size_t		 n, k = 0;
	uint64_t	 modseq;

	if (im->by_uid) {
		if (!imap_sp(&im->in) || !imap_take_uids(im, &uids, &n) || !imap_end(&im->in))
			return IMAP_BAD;
	} else {
		if (!imap_end(&im->in))
			return IMAP_BAD;
		uids = im->uid;
		n = im->n;
	}
	for (size_t i = 0; i < n; i++) {
		const struct store_rec	*r = store_view_rec(im->view, uids[i]);

		if (r != NULL && r->flags & STORE_DELETED)
			gone[k++] = uids[i];
	}
	return k == 0 ? IMAP_OK : imap_store_rc(im, store_expunge(im->view, gone, k, &modseq));
}

/* [COPYUID validity from to] of RFC 4315, in the order of the uids. */
static void
copy_say(struct imap *im, uint32_t uidvalidity, const uint32_t *from, const uint32_t *to, size_t n, struct buf *out)
{
	struct imap_set	a = { NULL, 0, 0, false }, b = { NULL, 0, 0, false };

	for (size_t i = 0; i < n; i++)
		if (to[i] != 0) {
			(void)imap_set_add(im->a, &a, from[i]);
			(void)imap_set_add(im->a, &b, to[i]);
		}
	if (a.n == 0)
		return;
	buf_addf(out, "[COPYUID %" PRIu32 " ", uidvalidity);
	imap_set_print(out, &a);
	buf_addch(out, ' ');
	imap_set_print(out, &b);
	buf_addch(out, ']');
}

static enum imap_rc
copy_run(struct imap *im, bool move)
{
	struct store_token	token;
	struct store_id		to;
	struct buf		code;
	struct str		name;
	uint32_t		*uids, *fresh, uidvalidity;
	size_t			 n;
	enum store_rc		 rc;

	if (!imap_sp(&im->in) || !imap_take_uids(im, &uids, &n) || !imap_sp(&im->in) || !imap_mailbox(&im->in, &name) || !imap_end(&im->in))
		return IMAP_BAD;
	if ((rc = store_find_box(im->store, name, &to)) != STORE_OK) {
		if (rc != STORE_NO || store_error(im->store)->why != STORE_WHY_NOSUCH)
			return imap_store_rc(im, rc);
		imap_say(im, "[TRYCREATE] there is no such mailbox");
		return IMAP_NO;
	}
	if (n == 0)
		return IMAP_OK;
	fresh = ARENA_ARRAY(im->a, uint32_t, n);
	os_random(token.b, sizeof token.b);
	rc = store_copy(im->view, uids, n, &to, move, &token, fresh, &uidvalidity);
	if (rc == STORE_UNKNOWN)		/* it may have happened: the same token finishes it */
		rc = store_copy(im->view, uids, n, &to, move, &token, fresh, &uidvalidity);
	if (rc != STORE_OK)
		return imap_store_rc(im, rc);
	buf_init(&code, (size_t)1 << 20);
	copy_say(im, uidvalidity, uids, fresh, n, &code);
	if (code.n > 0 && buf_ok(&code)) {
		if (move)
			imap_putf(im, "* OK %.*s moved\r\n", STR_ARG(buf_str(&code)));	/* RFC 6851 4.3: before the EXPUNGEs */
		else
			imap_say(im, "%.*s COPY completed", STR_ARG(buf_str(&code)));
	}
	buf_done(&code);
	return IMAP_OK;
}

enum imap_rc
cmd_copy(struct imap *im)
{
	return copy_run(im, false);
}

enum imap_rc
cmd_move(struct imap *im)
{
	return copy_run(im, true);
}
