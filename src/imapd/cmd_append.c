/*
 * cmd_append - APPEND: the command that takes a message from the client before it ends.
 *
 * A message streams from the connection into the store: only as much of it as a buffer holds is ever in memory.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "mime/date.h"
#include "os/load.h"
#include "session.h"

#define APPEND_CHUNK	((size_t)64 << 10)

struct append_source {
	struct imap	*im;
	uint64_t	 left;
	bool		 broken;
	bool		 nul;		/* there was one, and that is no message (RFC 3501 9: CHAR8) */
};

static ssize_t
append_read(void *arg, void *p, size_t n)
{
	struct append_source	*src = arg;

	if (n > src->left)
		n = (size_t)src->left;
	if (n == 0)
		return 0;
	if (stream_read(src->im->s, p, n) != STREAM_OK) {
		src->broken = true;
		return -1;
	}
	src->left -= n;
	if (memchr(p, '\0', n) != NULL)
		src->nul = true;
	return src->nul ? -1 : (ssize_t)n;
}

/* What the store did not want is read all the same. */
static void
append_drain(struct append_source *src)
{
	char	block[4096];

	while (src->left > 0 && !src->broken)
		(void)append_read(src, block, sizeof block);
}

/* APPEND with its message not announced by a literal: there is none such. */
enum imap_rc
cmd_append(struct imap *im)
{
	imap_refuse(&im->in, "message literal expected");
	return IMAP_BAD;
}

static bool
append_arguments(struct imap *im, struct str *box, struct store_target *t, struct imap_literal *lit)
{
	struct str	tag, *names = NULL, text;
	struct date	date;
	size_t		n = 0;

	if (!imap_tag(&im->in, &tag) || !imap_sp(&im->in) || !imap_word(&im->in, "APPEND") || !imap_sp(&im->in) || !imap_mailbox(&im->in, box) || !imap_sp(&im->in))
		return false;
	if (imap_peek(&im->in, '(') && (!imap_flags(&im->in, false, &names, &n) || !imap_sp(&im->in)))
		return false;
	imap_flagset(im, names, n, &t->set);
	t->date = (int64_t)time(NULL);
	if (imap_peek(&im->in, '"')) {
		if (!imap_date_text(&im->in, &text) || !imap_sp(&im->in))
			return false;
		if (date_parse_imap(text, &date) == -1)
			return imap_refuse(&im->in, "date-time expected");
		t->date = date_to_time(&date);
	}
	return imap_literal_head(&im->in, lit);
}

/* Refused before the message was sent: a client that waits for "+" goes on, one that does not has sent it, and it is read away. */
static enum imap_rc
append_refuse(struct append_source *src, const struct imap_literal *lit, enum imap_rc rc)
{
	struct str	rest;

	if (lit->plus) {
		append_drain(src);
		if (src->broken || stream_line(src->im->s, IMAP_LINE_MAX, &rest) != STREAM_OK)
			return IMAP_DEAD;
	}
	return rc;
}

static enum imap_rc
append_run(struct imap *im, struct append_source *src, struct store_target *t)
{
	const struct store_source	from = { append_read, src, -1 };
	enum store_rc			rc;
	struct str			rest;

	rc = store_append(im->store, &from, t, 1);
	append_drain(src);
	if (src->broken || stream_line(im->s, IMAP_LINE_MAX, &rest) != STREAM_OK)
		return IMAP_DEAD;
	if (src->nul) {
		imap_say(im, "a message holds no NUL");
		return IMAP_BAD;
	}
	if (str_trim(rest).n > 0) {
		imap_say(im, "one message at a time, and nothing behind it");
		return IMAP_BAD;
	}
	if (rc != STORE_OK)
		return imap_store_rc(im, rc);
	if (t->uid != 0)
		imap_say(im, "[APPENDUID %" PRIu32 " %" PRIu32 "] APPEND completed", t->uidvalidity, t->uid);
	imap_sync(im);
	return IMAP_OK;
}

enum imap_rc
cmd_append_stream(struct imap *im, const struct imap_literal *announced)
{
	struct store_target	 t = { .sender = STR_NONE };
	struct append_source	 src = { im, announced->size, false, false };
	struct imap_literal	 lit = *announced;
	struct str		 box;
	enum store_rc		 rc;

	if (!append_arguments(im, &box, &t, &lit))
		return append_refuse(&src, announced, IMAP_BAD);
	if (lit.size == 0 || (im->sess->conf.max_message > 0 && lit.size > (uint64_t)im->sess->conf.max_message)) {
		imap_say(im, lit.size == 0 ? "an empty message is none" : "[TOOBIG] the message is too large");
		return append_refuse(&src, &lit, IMAP_NO);
	}
	if ((rc = store_find_box(im->store, box, &t.box)) != STORE_OK) {
		if (rc == STORE_NO && store_error(im->store)->why == STORE_WHY_NOSUCH)
			imap_say(im, "[TRYCREATE] there is no such mailbox");
		else
			(void)imap_store_rc(im, rc);
		return append_refuse(&src, &lit, IMAP_NO);
	}
	if (!lit.plus) {
		imap_put(im, STR("+ go on\r\n"));
		if (stream_flush(im->s) == -1)
			return IMAP_DEAD;
	}
	os_random(t.token.b, sizeof t.token.b);
	return append_run(im, &src, &t);
}
