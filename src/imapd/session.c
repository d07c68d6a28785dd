/*
 * session - one user's IMAP session after login: reading commands, writing answers.
 *
 * A command is collected whole before it is looked at, but for the message of an APPEND, which streams into the store.  Sizes are bounded before anything is kept.
 */
#include <stdlib.h>

#include "base/enc.h"
#include "base/log.h"
#include "base/status.h"
#include "cap.h"
#include "session.h"

#define IMAP_COMMAND_MAX	((size_t)512 << 10)
#define IMAP_ARENA		((size_t)256 << 20)
#define IMAP_BAD_MAX		20		/* commands in a row that nobody understands */

/* ---- answers ---- */

void
imap_put(struct imap *im, struct str s)
{
	(void)stream_write(im->s, s);
}

void
imap_putf(struct imap *im, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	imap_put(im, arena_vfmt(im->a, fmt, ap));
	va_end(ap);
}

void
imap_say(struct imap *im, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	im->say = arena_vfmt(im->a, fmt, ap);
	va_end(ap);
}

void
imap_put_string(struct imap *im, struct str s)
{
	if (str_is_none(s)) {
		imap_put(im, STR("NIL"));
		return;
	}
	if (!imap_is_quotable(s, false)) {
		imap_putf(im, "{%zu}\r\n", s.n);
		imap_put(im, s);
		return;
	}
	imap_put(im, STR("\""));
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			imap_put(im, STR("\\"));
		imap_put(im, str_sub(s, i, i + 1));
	}
	imap_put(im, STR("\""));
}

void
imap_put_mailbox(struct imap *im, struct str name)
{
	struct buf	b;

	buf_init(&b, STORE_NAME_MAX * 8);
	if (enc_utf7m(&b, name) == 0 && buf_ok(&b)) {
		struct str	coded = arena_str(im->a, buf_str(&b));

		if (imap_is_atom(coded))
			imap_put(im, coded);
		else
			imap_put_string(im, coded);
	} else
		imap_put_string(im, name);
	buf_done(&b);
}

static const struct {
	enum store_why	 why;
	const char	*code;
} imap_why[] = {
	{ STORE_WHY_EXISTS, "[ALREADYEXISTS] " }, { STORE_WHY_QUOTA, "[OVERQUOTA] " }, { STORE_WHY_NOSUCH, "[NONEXISTENT] " },
	{ STORE_WHY_DENIED, "[NOPERM] " }, { STORE_WHY_BAD, "[CANNOT] " },
	{ STORE_WHY_LIMIT, "[LIMIT] " },
};

/* RFC 5530 */
static const char *const imap_rc_codes[] = {
	[STORE_OK] = "", [STORE_NO] = "", [STORE_AGAIN] = "[INUSE] ", [STORE_UNKNOWN] = "[UNAVAILABLE] ", [STORE_CHANGED] = "[SERVERBUG] ",
	[STORE_GONE] = "[NONEXISTENT] ", [STORE_DAMAGED] = "[CORRUPTION] ",
};

enum imap_rc
imap_store_rc(struct imap *im, enum store_rc rc)
{
	const struct store_error	*e = store_error(im->store);
	const char			*code = rc == STORE_NO ? "" : imap_rc_codes[rc];
	char				 text[400];

	if (rc == STORE_OK)
		return IMAP_OK;
	for (size_t i = 0; rc == STORE_NO && i < sizeof(imap_why) / sizeof(imap_why[0]); i++)
		if (imap_why[i].why == e->why)
			code = imap_why[i].code;
	log_esc(text, sizeof text, str_c(e->err.text));
	imap_say(im, "%s%s", code, text[0] == '\0' ? store_rc_name(rc) : text);
	return IMAP_NO;
}

static void
imap_finish(struct imap *im, enum imap_rc rc)
{
	static const char *const	words[] = { "OK", "NO", "BAD" };
	bool				coded = im->say.n > 0;

	if (rc == IMAP_DEAD)
		return;
	if (rc == IMAP_BAD && !coded && im->in.bad != NULL)
		imap_putf(im, "%.*s BAD %s: %s\r\n", STR_ARG(im->tag), im->name, im->in.bad);
	else if (coded)
		imap_putf(im, "%.*s %s %.*s\r\n", STR_ARG(im->tag), words[rc], STR_ARG(im->say));
	else
		imap_putf(im, "%.*s %s %s %s\r\n", STR_ARG(im->tag), words[rc], im->name, rc == IMAP_OK ? "completed" : "failed");
}

/* ---- commands ---- */

/* The tag of what is here of the command, "*" when there is none. */
static void
imap_take_tag(struct imap *im)
{
	imap_in_init(&im->in, im->a, buf_str(&im->command));
	if (!imap_tag(&im->in, &im->tag) || im->tag.n > IMAP_TAG_MAX)
		im->tag = STR("*");
	imap_in_init(&im->in, im->a, buf_str(&im->command));
}

/* Is this "tag APPEND mailbox ..." up to the announcement of its message? */
static bool
imap_is_append(struct imap *im, struct imap_literal *lit)
{
	struct str	tag, box, *flags, date;
	size_t		n;
	struct imap_in	in;

	imap_in_init(&in, im->a, buf_str(&im->command));
	if (!imap_tag(&in, &tag) || !imap_sp(&in) || !imap_word(&in, "APPEND") || !imap_sp(&in) || !imap_mailbox(&in, &box) || !imap_sp(&in))
		return false;
	if (imap_peek(&in, '(') && (!imap_flags(&in, false, &flags, &n) || !imap_sp(&in)))
		return false;
	if (imap_peek(&in, '"') && (!imap_date_text(&in, &date) || !imap_sp(&in)))
		return false;
	return imap_literal_head(&in, lit);
}

/* A literal's octets behind the line that announced them. */
static enum imap_rc
imap_take_literal(struct imap *im, const struct imap_literal *lit)
{
	char	*p;

	if (im->command.n + lit->size + 2 > IMAP_COMMAND_MAX) {
		imap_take_tag(im);
		imap_putf(im, "%.*s BAD [TOOBIG] a literal of that size is not taken here\r\n", STR_ARG(im->tag));
		return lit->plus ? IMAP_DEAD : IMAP_BAD;	/* what was sent unasked cannot be told from commands */
	}
	if (!lit->plus) {
		imap_put(im, STR("+ go on\r\n"));
		if (stream_flush(im->s) == -1)
			return IMAP_DEAD;
	}
	buf_addc(&im->command, "\r\n");
	if ((p = buf_reserve(&im->command, (size_t)lit->size)) == NULL || stream_read(im->s, p, (size_t)lit->size) != STREAM_OK)
		return IMAP_DEAD;
	buf_commit(&im->command, (size_t)lit->size);
	return IMAP_OK;
}

/*
 * Collect one command.  OK: it is in im->command; BAD: it was refused and answered; DEAD: end.  An APPEND is run from here when its message comes.
 */
static enum imap_rc
imap_collect(struct imap *im, bool *ran)
{
	struct imap_literal	lit;
	struct str		line;
	enum imap_rc		rc;

	*ran = false;
	buf_clear(&im->command);
	for (;;) {
		enum stream_end	end = stream_line(im->s, IMAP_LINE_MAX, &line);

		if (end == STREAM_TIMEOUT)
			imap_put(im, STR("* BYE [UNAVAILABLE] idle for too long\r\n"));
		else if (end == STREAM_LONG)
			imap_put(im, STR("* BYE [TOOBIG] a line is too long\r\n"));
		if (end != STREAM_OK)
			return IMAP_DEAD;
		line.n--;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		buf_add(&im->command, line);
		if (!buf_ok(&im->command)) {
			imap_put(im, STR("* BYE [TOOBIG] a command is too long\r\n"));
			return IMAP_DEAD;
		}
		if (!imap_literal_at(line, &lit))
			return IMAP_OK;
		if (imap_is_append(im, &lit)) {
			*ran = true;
			imap_take_tag(im);
			im->name = "APPEND";
			return cmd_append_stream(im, &lit);
		}
		if ((rc = imap_take_literal(im, &lit)) != IMAP_OK)
			return rc;
	}
}

static enum imap_rc
imap_turn(struct imap *im)
{
	enum imap_rc	rc;
	bool		ran;

	arena_reset(im->a);
	im->say = STR_NONE;
	im->tag = STR("*");
	im->name = "command";
	im->by_uid = false;
	rc = imap_collect(im, &ran);
	if (rc == IMAP_DEAD || (rc == IMAP_BAD && !ran))
		return rc;
	if (!ran) {
		imap_take_tag(im);
		rc = imap_run(im);
	}
	imap_finish(im, rc);
	return rc;
}

static struct store *
imap_open_store(struct session *s, struct err *e)
{
	struct store_conf	c = { .driver = s->conf.maildir ? "maildir" : "mbox", .helper = s->helper };

	c.inbox = arena_cstr(s->arena, mbuser_path(s->arena, s->conf.mailbox_path, &s->user));
	if (s->conf.folder_path != NULL)
		c.folders = arena_cstr(s->arena, mbuser_path(s->arena, s->conf.folder_path, &s->user));
	if (c.folders != NULL && strcmp(c.folders, c.inbox) == 0)
		c.folders = NULL;
	c.user = arena_cstr(s->arena, s->user.name);
	return store_new(&c, e);
}

int
imap_session(struct session *s)
{
	struct imap	*im = calloc(1, sizeof *im);
	struct err	 e = ERR_INIT;
	enum imap_rc	 rc;
	int		 bad = 0;

	if (im == NULL || (im->a = arena_new(IMAP_ARENA)) == NULL)
		return EXIT_OSERR;
	im->sess = s;
	im->s = s->s;
	buf_init(&im->command, IMAP_COMMAND_MAX);
	buf_init(&im->box_name, STORE_NAME_MAX + 1);
	stream_timeout(im->s, s->conf.idle_timeout > 0 ? s->conf.idle_timeout * 1000 : 30 * 60 * 1000);
	if ((im->store = imap_open_store(s, &e)) == NULL) {
		log_line(1, LOG_P_ERR, NULL, "imap: %.*s: %s", STR_ARG(s->user.name), e.text);
		imap_putf(im, "%.*s NO [UNAVAILABLE] the mailbox cannot be opened\r\n", STR_ARG(s->resume));
		(void)stream_flush(im->s);
		return EXIT_TEMPFAIL;
	}
	imap_putf(im, "%.*s OK [CAPABILITY %s] logged in\r\n", STR_ARG(s->resume), IMAP_CAP_IN);
	while (!im->logout && bad < IMAP_BAD_MAX) {
		if (!stream_pending(im->s) && stream_flush(im->s) == -1)
			break;
		if ((rc = imap_turn(im)) == IMAP_DEAD)
			break;
		bad = rc == IMAP_BAD ? bad + 1 : 0;
	}
	if (bad == IMAP_BAD_MAX)
		imap_put(im, STR("* BYE too many bad commands\r\n"));
	(void)stream_flush(im->s);
	imap_unselect(im);
	store_free(&im->store);
	buf_done(&im->command);
	buf_done(&im->box_name);
	arena_free(&im->a);
	free(im);
	return EXIT_OK;
}
