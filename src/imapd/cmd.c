/*
 * cmd - the commands of IMAP after login, as a table.
 */
#include "cap.h"
#include "session.h"

#define CMD_SELECTED	0x01	/* only with a mailbox selected */
#define CMD_SYNC	0x02	/* changes of the mailbox are told at its end, expunges too */
#define CMD_UID		0x04	/* has a UID form */
#define CMD_UIDSYNC	0x08	/* ... at whose end changes are told */
#define CMD_RW		0x10	/* not after EXAMINE */

static enum imap_rc
cmd_noop(struct imap *im)
{
	(void)im;
	return IMAP_OK;
}

static enum imap_rc
cmd_capability(struct imap *im)
{
	imap_put(im, STR("* CAPABILITY " IMAP_CAP_IN "\r\n"));
	return IMAP_OK;
}

static enum imap_rc
cmd_logout(struct imap *im)
{
	imap_put(im, STR("* BYE logging out\r\n"));
	im->logout = true;
	return IMAP_OK;
}

static enum imap_rc
cmd_namespace(struct imap *im)
{
	imap_put(im, STR("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"));
	return IMAP_OK;
}

/* RFC 2971: what clients say of themselves is parsed and not kept. */
static enum imap_rc
cmd_id(struct imap *im)
{
	struct str	s;

	if (!imap_sp(&im->in))
		return IMAP_BAD;
	if (!imap_word(&im->in, "NIL")) {
		if (!imap_char(&im->in, '('))
			return IMAP_BAD;
		while (!imap_next(&im->in, ')')) {
			(void)imap_next(&im->in, ' ');
			if (!imap_nstring(&im->in, &s))
				return IMAP_BAD;
		}
	}
	if (!imap_end(&im->in))
		return IMAP_BAD;
	imap_put(im, STR("* ID (\"name\" \"Angarium imapd\")\r\n"));
	return IMAP_OK;
}

/* RFC 5161: nothing that could be enabled is known yet, and that is a valid answer. */
static enum imap_rc
cmd_enable(struct imap *im)
{
	struct str	s;

	do {
		if (!imap_sp(&im->in) || !imap_atom(&im->in, &s))
			return IMAP_BAD;
	} while (!imap_end(&im->in));
	imap_put(im, STR("* ENABLED\r\n"));
	return IMAP_OK;
}

static enum imap_rc
cmd_late(struct imap *im)
{
	imap_say(im, "already logged in");
	return IMAP_BAD;
}

static const struct cmd {
	const char	*name;
	unsigned	 flags;
	bool		 bare;		/* no arguments */
	imap_cmd_fn	*run;
} cmds[] = {
	{ "APPEND",	CMD_SYNC,			false,	cmd_append },
	{ "AUTHENTICATE", 0,				false,	cmd_late },
	{ "CAPABILITY",	0,				true,	cmd_capability },
	{ "CHECK",	CMD_SELECTED | CMD_SYNC,	true,	cmd_noop },
	{ "CLOSE",	CMD_SELECTED,			true,	cmd_close },
	{ "COPY",	CMD_SELECTED | CMD_UID | CMD_SYNC, false, cmd_copy },
	{ "CREATE",	CMD_SYNC,			false,	cmd_create },
	{ "DELETE",	CMD_SYNC,			false,	cmd_delete },
	{ "ENABLE",	0,				false,	cmd_enable },
	{ "EXAMINE",	0,				false,	cmd_examine },
	{ "EXPUNGE",	CMD_SELECTED | CMD_UID | CMD_SYNC | CMD_RW, false, cmd_expunge },
	{ "FETCH",	CMD_SELECTED | CMD_UID | CMD_UIDSYNC, false, cmd_fetch },
	{ "ID",		0,				false,	cmd_id },
	{ "IDLE",	CMD_SYNC,			true,	cmd_idle },
	{ "LIST",	CMD_SYNC,			false,	cmd_list },
	{ "LOGIN",	0,				false,	cmd_late },
	{ "LOGOUT",	0,				true,	cmd_logout },
	{ "LSUB",	CMD_SYNC,			false,	cmd_lsub },
	{ "MOVE",	CMD_SELECTED | CMD_UID | CMD_SYNC | CMD_RW, false, cmd_move },
	{ "NAMESPACE",	0,				true,	cmd_namespace },
	{ "NOOP",	CMD_SYNC,			true,	cmd_noop },
	{ "RENAME",	CMD_SYNC,			false,	cmd_rename },
	{ "SEARCH",	CMD_SELECTED | CMD_UID | CMD_UIDSYNC, false, cmd_search },
	{ "SELECT",	0,				false,	cmd_select },
	{ "STARTTLS",	0,				true,	cmd_late },
	{ "STATUS",	CMD_SYNC,			false,	cmd_status },
	{ "STORE",	CMD_SELECTED | CMD_UID | CMD_UIDSYNC | CMD_RW, false, cmd_store },
	{ "SUBSCRIBE",	CMD_SYNC,			false,	cmd_subscribe },
	{ "UNSELECT",	CMD_SELECTED,			true,	cmd_unselect },
	{ "UNSUBSCRIBE", CMD_SYNC,			false,	cmd_unsubscribe },
};

static const struct cmd *
cmd_find(struct str name)
{
	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		if (str_caseeq_c(name, cmds[i].name))
			return &cmds[i];
	return NULL;
}

enum imap_rc
imap_run(struct imap *im)
{
	const struct cmd	*c;
	struct str		 tag, name;
	enum imap_rc		 rc;

	if (!imap_tag(&im->in, &tag) || !imap_sp(&im->in) || !imap_atom(&im->in, &name))
		return IMAP_BAD;
	if (str_caseeq_c(name, "UID")) {
		if (!imap_sp(&im->in) || !imap_atom(&im->in, &name))
			return IMAP_BAD;
		im->by_uid = true;
	}
	if ((c = cmd_find(name)) == NULL || (im->by_uid && !(c->flags & CMD_UID))) {
		imap_say(im, "unknown command");
		return IMAP_BAD;
	}
	im->name = c->name;
	if (c->bare && !imap_end(&im->in))
		return IMAP_BAD;
	if (c->flags & CMD_SELECTED && im->view == NULL) {
		imap_say(im, "no mailbox is selected");
		return IMAP_BAD;
	}
	if (c->flags & CMD_RW && !im->rw) {
		imap_say(im, "[READ-ONLY] the mailbox is open for reading only");
		return IMAP_NO;
	}
	rc = c->run(im);
	if (rc != IMAP_DEAD && (c->flags & CMD_SYNC || (im->by_uid && c->flags & CMD_UIDSYNC)))
		imap_sync(im);
	return rc;
}
