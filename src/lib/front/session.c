/*
 * session - the role that serves one logged-in user: becomes him, locks itself in, and runs the protocol's session.
 *
 * Until the ids are dropped it has read only the parent's messages.  The client's stream comes over a channel from the front, which the parent passed
 * on unread; what stands in that message is the front's and so a stranger's word, except that it can only harm this user.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "front/front_int.h"
#include "os/id.h"
#include "os/load.h"
#include "os/sandbox.h"
#include "store/spool.h"

#define SESSION_START_WAIT	(30 * 1000)
#define SESSION_SPOOL_WAIT	(10 * 1000)

static struct chan	*session_parent;

static char
session_ask_str(struct str question)
{
	struct frame	f;

	if (chan_ask(session_parent, FM_SPOOL, question, -1, &f, SESSION_SPOOL_WAIT, NULL) == -1 || f.body.n != 1)
		return SPOOL_BAD;
	return f.body.p[0];
}

static char
session_ask(char question)
{
	return session_ask_str(str_mem(&question, 1));
}

/* The sandbox lets no session send signals, not even the one that is none. */
static bool
session_alive(void *arg, pid_t pid)
{
	struct buf	b;
	char		a;

	(void)arg;
	buf_init(&b, 16);
	buf_addch(&b, SPOOL_ALIVE);
	msg_put_u32(&b, (uint32_t)pid);
	a = session_ask_str(buf_str(&b));
	buf_done(&b);
	return a != SPOOL_OK;
}

static int
session_dotlock(void *arg, bool on, struct err *err)
{
	char	a = session_ask(on ? SPOOL_LOCK : SPOOL_UNLOCK);

	(void)arg;
	if (a == SPOOL_OK)
		return 0;
	return a == SPOOL_TAKEN ? 1 : err_set(err, ERR_TEMP, "the dot-lock could not be made");
}

static int
session_prepare(void *arg, struct err *err)
{
	(void)arg;
	return session_ask(SPOOL_PREPARE) == SPOOL_OK ? 0 : err_set(err, ERR_TEMP, "the mailbox could not be made");
}

/* Folders that hold this user's mail, for the sandbox: they must exist when it is entered. */
static void
session_make_dir(const char *path)
{
	struct stat	st;
	char		tmp[4096];
	size_t		n = strlen(path);

	if (n >= sizeof tmp || stat(path, &st) == 0)
		return;
	memcpy(tmp, path, n + 1);
	for (size_t i = 1; i <= n; i++)
		if (tmp[i] == '/' || tmp[i] == '\0') {
			char	c = tmp[i];

			tmp[i] = '\0';
			(void)mkdir(tmp, 0700);
			tmp[i] = c;
		}
}

static int
session_sandbox(struct role *r, struct err *e)
{
	static const char	*reads[] = { "/usr/share/zoneinfo", "/etc/localtime", "/usr/lib", "/lib", NULL };
	static const char	*writes[4];
	struct str		 inbox = mbuser_path(r->arena, r->conf.mailbox_path, &r->boot.user), folders = STR_NONE;
	struct os_sandbox	 box = { "session", role_may("session"), reads, writes };
	size_t			 slash, n = 0;

	if (r->conf.folder_path != NULL)
		folders = mbuser_path(r->arena, r->conf.folder_path, &r->boot.user);
	if (str_is_none(inbox) || (r->conf.folder_path != NULL && str_is_none(folders)))
		return err_set(e, ERR_PERM, "path of the mailbox is too long");
	slash = str_rchr(inbox, '/');
	writes[n] = arena_cstr(r->arena, r->conf.maildir ? inbox : str_first(inbox, slash == 0 ? 1 : slash));
	session_make_dir(writes[n++]);
	if (!str_is_none(folders)) {
		writes[n] = arena_cstr(r->arena, folders);
		session_make_dir(writes[n++]);
	}
	return os_sandbox_enter(&box, e) == -1 ? -1 : 0;
}

/* The front's START: the stream and what came with it. */
static int
session_start(struct session *s, struct chan *front, struct err *e)
{
	struct frame		f;
	struct front_start	in;

	if (chan_recv(front, &f, SESSION_START_WAIT, e) == -1)
		return -1;
	if (f.type != FM_START || f.fd == -1 || front_start_get(f.body, &in) == -1)
		return err_set(e, ERR_BUG, "the front's message is not a start message");
	s->resume = arena_str(s->arena, in.resume);
	s->peer = arena_str(s->arena, in.peer);
	s->tls = in.tls;
	if ((s->s = stream_new(f.fd, f.fd)) == NULL || stream_unread(s->s, in.input) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	return 0;
}

struct store *
session_store(struct session *s, struct err *e)
{
	struct store_conf	c = { .driver = s->conf.maildir ? "maildir" : "mbox", .helper = s->helper };
	struct str		inbox = mbuser_path(s->arena, s->conf.mailbox_path, &s->user), folders = STR_NONE;

	if (s->conf.folder_path != NULL)
		folders = mbuser_path(s->arena, s->conf.folder_path, &s->user);
	if (str_is_none(inbox)) {
		err_set(e, ERR_PERM, "path of the mailbox is too long");
		return NULL;
	}
	c.inbox = arena_cstr(s->arena, inbox);
	c.folders = str_is_none(folders) ? NULL : arena_cstr(s->arena, folders);
	c.user = arena_cstr(s->arena, s->user.name);
	return store_new(&c, e);
}

int
session_role(struct role *r)
{
	struct store_helper	 helper = { session_dotlock, session_prepare, session_alive, NULL };
	struct session		 s = { .proto = r->proto, .conf = r->conf, .user = r->boot.user, .arena = r->arena, .helper = &helper };
	struct frame		 f;
	struct chan		*front;
	struct err		 e = ERR_INIT;
	char			*name = arena_cstr(r->arena, s.user.name);
	int			 rc;

	session_parent = r->parent;
	if (chan_recv(r->parent, &f, SESSION_START_WAIT, &e) == -1 || f.type != FM_CHANNEL || f.fd == -1) {
		log_line(0, LOG_P_ERR, NULL, "session: no channel: %s", e.text);
		return EXIT_SOFTWARE;
	}
	front = chan_new(f.fd);
	if (s.user.uid == 0 || front == NULL ||
	    (geteuid() == 0 && os_id_drop(s.user.is_virtual ? NULL : name, s.user.uid, s.user.gid, &e) == -1)) {
		log_line(0, LOG_P_ERR, NULL, "session: user %s: %s", name, e.text);
		return EXIT_NOPERM;
	}
	if (geteuid() != s.user.uid) {
		log_line(0, LOG_P_ERR, NULL, "session: user %s: not our user id", name);
		return EXIT_NOPERM;
	}
	umask(077);
	os_title_set("%s: session %s", r->proto->name, name);
	if (r->proto->prepare != NULL)
		r->proto->prepare();
	if (session_sandbox(r, &e) == -1 || session_start(&s, front, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "session: user %s: %s", name, e.text);
		return EXIT_SOFTWARE;
	}
	s.host = arena_cstr(r->arena, r->boot.host);
	stream_timeout(s.s, s.conf.idle_timeout * 1000);
	rc = r->proto->session(&s);
	stream_free(&s.s);
	chan_free(&front);
	return rc;
}
