/*
 * deliver - a child per recipient, with this user's rights and no others; see deliver.h.
 *
 * The parent keeps what it was started with (root, usually), reads nothing of the message, and does for the child what needs root in the spool folder, by
 * the questions of store/spool.h.  The child's last word is a struct outcome; a child that dies without one is a temporary failure.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "deliver.h"
#include "os/fd.h"
#include "os/id.h"
#include "os/load.h"
#include "store/spool.h"

#define DELIVER_WAIT	(5 * 60 * 1000)		/* ms for the locks, and to write */

int
deliver_find(const struct delivery *d, struct str name, struct arena *a, struct mbuser *u, struct err *err)
{
	int	rc = mbuser_find(d->conf, name, a, u, err);

	return rc != 0 ? rc : mbuser_find(d->conf, arena_lower(a, name), a, u, err);
}

static void
outcome_set(struct outcome *o, int ex, const char *dsn, const char *text)
{
	o->ex = ex;
	snprintf(o->dsn, sizeof o->dsn, "%s", dsn);
	snprintf(o->text, sizeof o->text, "%s", text);
}

/* -p and -H: spool/u/s/user. */
static struct str
deliver_spool(const struct delivery *d, struct arena *a, const struct mbuser *u)
{
	struct str	s = arena_fmt(a, "%s", d->spool != NULL ? d->spool : "/var/mail");

	for (int i = 0; d->hash == 'u' && i < d->hash_depth; i++)
		s = arena_fmt(a, "%.*s/%c", STR_ARG(s), (size_t)i < u->name.n ? u->name.p[i] : '_');
	return arena_fmt(a, "%.*s/%.*s", STR_ARG(s), STR_ARG(u->name));
}

static struct str
deliver_path(const struct delivery *d, struct arena *a, const struct mbuser *u, bool *maildir)
{
	*maildir = false;
	if (d->home_file != NULL)
		return arena_fmt(a, "%.*s/%s", STR_ARG(u->home), d->home_file);
	if (d->spool != NULL || d->hash != 0)
		return deliver_spool(d, a, u);
	*maildir = d->conf->maildir;
	return mbuser_path(a, d->conf->mailbox_path, u);
}

/* How the store's answer is told to who sends. */
static void
outcome_of(const struct delivery *d, struct outcome *o, enum store_rc rc, const struct store_error *e)
{
	if (rc == STORE_OK)
		outcome_set(o, EXIT_OK, "2.1.5", "Ok");
	else if (rc == STORE_NO && e->why == STORE_WHY_QUOTA)
		outcome_set(o, d->quota_perm ? EXIT_CANTCREAT : EXIT_TEMPFAIL, d->quota_perm ? "5.2.2" : "4.2.2", e->err.text);
	else if (rc == STORE_NO && (e->why == STORE_WHY_DENIED || e->why == STORE_WHY_BAD))
		outcome_set(o, EXIT_CANTCREAT, "5.2.0", e->err.text);
	else
		outcome_set(o, EXIT_TEMPFAIL, rc == STORE_AGAIN && e->err.sys == ENOSPC ? "4.3.1" : "4.2.0", e->err.text);
}

/* The sandbox lets it send no signals, not even the one that is none: SPOOL_ALIVE and a process number. */
static bool
deliver_alive(void *arg, pid_t pid)
{
	const int	*sock = arg;
	char		 q[1 + sizeof pid], a;

	q[0] = SPOOL_ALIVE;
	memcpy(q + 1, &pid, sizeof pid);
	return os_write_all(*sock, str_mem(q, sizeof q)) == -1 || os_read_full(*sock, &a, 1) != 1 || a != SPOOL_OK;
}

static char
deliver_answer_alive(int sock)
{
	pid_t	pid;

	if (os_read_full(sock, &pid, sizeof pid) != (ssize_t)sizeof pid)
		return SPOOL_BAD;
	return pid > 0 && kill(pid, 0) == -1 && errno == ESRCH ? SPOOL_OK : SPOOL_TAKEN;
}

static void
deliver_child(const struct delivery *d, const struct mbuser *u, struct str path, bool maildir, const struct store_token *token, int *sock, struct outcome *o)
{
	struct store_helper	 helper;
	struct store_conf	 c = { .driver = maildir ? "maildir" : "mbox", .helper = &helper };
	struct store_source	 src = { NULL, NULL, d->fd };
	struct store_target	 t = { .sender = d->sender };
	struct os_sandbox	 box = { "delivery", DELIVER_MAY, NULL, NULL };
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct err		 e = ERR_INIT;
	struct store		*s;
	enum store_rc		 rc;

	if (geteuid() == 0 && os_id_drop(u->is_virtual ? NULL : arena_cstr(a, u->name), u->uid, u->gid, &e) == -1) {
		outcome_set(o, EXIT_TEMPFAIL, "4.3.0", e.text);
		return;
	}
	if (geteuid() != u->uid) {
		snprintf(o->text, sizeof o->text, "no right to deliver to %.*s", STR_ARG(u->name));
		o->ex = EXIT_NOPERM;
		snprintf(o->dsn, sizeof o->dsn, "5.7.0");
		return;
	}
	if (os_sandbox_enter(&box, &e) == -1) {
		outcome_set(o, EXIT_TEMPFAIL, "4.3.0", e.text);
		return;
	}
	spool_helper(&helper, sock);
	helper.alive = deliver_alive;
	c.inbox = arena_cstr(a, path);
	c.user = arena_cstr(a, u->name);
	if (token != NULL)
		t.token = *token;
	if ((s = store_new(&c, &e)) == NULL) {
		outcome_set(o, EXIT_TEMPFAIL, "4.3.0", e.text);
		return;
	}
	store_set_timeout(s, DELIVER_WAIT);
	rc = store_deliver(s, &src, &t);
	outcome_of(d, o, rc, &t.error);
	store_free(&s);
	arena_free(&a);
}

/* Where in the mbox the message will begin, unless others deliver at this moment. */
static off_t
deliver_offset(const char *path)
{
	struct stat	st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
}

/* comsat(8), where the biff service is known: "user@offset", the offset of the message in the mailbox. */
static void
deliver_biff(const struct mbuser *u, const char *path, off_t offset)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct servent		*sp = getservbyname("biff", "udp");
	char			 text[600];
	int			 s, n;

	if (sp == NULL || (s = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		return;
	sin.sin_port = (in_port_t)sp->s_port;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	n = snprintf(text, sizeof text, "%.*s@%lld:%s\n", STR_ARG(u->name), (long long)offset, path);
	if (n > 0 && (size_t)n < sizeof text)
		(void)sendto(s, text, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&sin, sizeof sin);
	close(s);
}

/* Answer the child's questions until it tells its outcome or goes. */
static void
deliver_attend(int sock, pid_t pid, const char *path, const struct mbuser *u, struct outcome *o)
{
	bool	locked = false, told = false;
	char	q, a;

	while (os_read_full(sock, &q, 1) == 1) {
		if (q == 'O') {				/* the outcome follows */
			told = os_read_full(sock, o, sizeof *o) == (ssize_t)sizeof *o;
			break;
		}
		a = q == SPOOL_ALIVE ? deliver_answer_alive(sock) : geteuid() == 0 ? spool_serve(q, path, u->uid, u->gid, pid, &locked) : SPOOL_BAD;
		if (os_write_all(sock, str_mem(&a, 1)) == -1)
			break;
	}
	if (locked)
		(void)spool_dotlock(path, false, pid, NULL);
	if (!told)
		outcome_set(o, EXIT_TEMPFAIL, "4.3.0", "delivery was interrupted");
	o->dsn[sizeof o->dsn - 1] = o->text[sizeof o->text - 1] = '\0';
}

void
deliver_run(const struct delivery *d, const struct mbuser *u, const struct store_token *token, struct outcome *o)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct str	 path;
	off_t		 offset = 0;
	bool		 maildir;
	char		 mark = 'O';
	int		 pair[2] = { -1, -1 }, status;
	pid_t		 pid = -1;

	memset(o, 0, sizeof *o);
	path = deliver_path(d, a, u, &maildir);
	if (!str_is_none(path) && !maildir)
		offset = deliver_offset(arena_cstr(a, path));
	if (str_is_none(path))
		outcome_set(o, EXIT_CANTCREAT, "5.2.0", "path of the mailbox is too long");
	else if (geteuid() == 0 && u->uid == 0 && u->is_virtual)
		outcome_set(o, EXIT_CONFIG, "5.3.5", "a virtual user may not be root");
	else if (os_socketpair(pair) == -1 || (pid = fork()) == -1)
		outcome_set(o, EXIT_TEMPFAIL, "4.3.0", "no process could be started");
	else if (pid == 0) {
		struct outcome	mine;

		close(pair[0]);
		memset(&mine, 0, sizeof mine);
		deliver_child(d, u, path, maildir, token, &pair[1], &mine);
		(void)os_write_all(pair[1], str_mem(&mark, 1));
		(void)os_write_all(pair[1], str_mem(&mine, sizeof mine));
		_exit(0);
	} else {
		close(pair[1]);
		pair[1] = -1;
		deliver_attend(pair[0], pid, arena_cstr(a, path), u, o);
		while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
			continue;
		if (o->ex == EXIT_OK && !maildir)
			deliver_biff(u, arena_cstr(a, path), offset);
	}
	for (int i = 0; i < 2; i++)
		if (pair[i] != -1)
			close(pair[i]);
	arena_free(&a);
}
