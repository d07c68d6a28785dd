/*
 * serve - the daemon: listens, and forks a session for each connection; see serve.h.
 *
 * The process that listens reads nothing of what clients send.  Who may connect is said by the mode and group of a unix socket, and by the
 * networks of Allow= for a port.  A session is lmtp.c, with what rights mail.local -l would have: it reads framing, and its children become the recipients.
 * It executes nothing, and what only an intruder would ask the system for is taken from it and its children before it reads.
 */
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/status.h"
#include "lmtp.h"
#include "net/conn.h"
#include "net/ip.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "os/sandbox.h"
#include "os/user.h"
#include "proc/daemonize.h"
#include "proc/logsink.h"
#include "proc/sig.h"
#include "serve.h"

#define SERVE_NAME	"mail.local"
#define SERVE_PROBE	1000			/* ms for another daemon's socket to answer */

/* One reading of the configuration, and what it listens on. */
struct site {
	struct arena	*arena;
	struct mbconf	 conf;
	int		 sock[MB_LISTEN_MAX];
};

struct session {
	struct list	 link;
	pid_t		 pid;
	struct ip	 peer;		/* family 0: a unix socket */
};

struct serve {
	const struct serve_conf	*c;
	const struct delivery	*d;
	struct site		*site;
	struct list		 sessions;
	size_t			 nsessions;
	int			 log_fd;
};

/* --- listeners -------------------------------------------------------------------------------- */

/* SocketDir may be on a file system that is empty after each start. */
static int
socket_folder(const char *path, struct err *e)
{
	char		dir[4096];
	const char	*slash = strrchr(path, '/');
	struct stat	st;

	if (str_copy(dir, sizeof dir, str_first(str_c(path), slash == path ? 1 : (size_t)(slash - path))) == -1)
		return err_set(e, ERR_PERM, "%s: too long", path);
	if (mkdir(dir, 0755) == 0)
		(void)chmod(dir, 0755);
	else if (errno != EEXIST)
		return err_sys(e, ERR_PERM, "make %s", dir);
	if (stat(dir, &st) == -1)
		return err_sys(e, ERR_PERM, "%s", dir);
	if (!S_ISDIR(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) || ((st.st_mode & (S_IWGRP|S_IWOTH)) != 0 && (st.st_mode & S_ISVTX) == 0))
		return err_set(e, ERR_PERM, "%s: must be a folder of root's or ours that others may not write to", dir);
	return 0;
}

/* Who may connect. */
static int
socket_rights(const struct mb_listen *l, struct err *e)
{
	gid_t	gid = (gid_t)-1;
	int	rc = l->group != NULL ? os_group_by_name(str_c(l->group), &gid, e) : 1;

	if (rc != 1)
		return rc == 0 ? err_set(e, ERR_PERM, "there is no group \"%s\"", l->group) : -1;
	if ((l->group != NULL && lchown(l->socket, (uid_t)-1, gid) == -1) || chmod(l->socket, (mode_t)l->mode) == -1)
		return err_sys(e, ERR_PERM, "%s: mode %04o and group %s", l->socket, (unsigned)l->mode, l->group != NULL ? l->group : "of ours");
	return 0;
}

static int
socket_open(const struct mb_listen *l, struct err *e)
{
	int	probe, s;

	if (socket_folder(l->socket, e) == -1)
		return -1;
	if ((probe = net_connect_unix(l->socket, SERVE_PROBE, NULL)) != -1) {
		close(probe);
		return err_set(e, ERR_PERM, "%s: another daemon answers there", l->socket);
	}
	if ((s = net_listen_unix(l->socket, 0, e)) == -1)	/* for nobody yet */
		return -1;
	if (socket_rights(l, e) == 0)
		return s;
	unlink(l->socket);
	close(s);
	return -1;
}

static int
port_open(const struct mb_listen *l, struct err *e)
{
	struct ip	ip;

	if (ip_parse(str_c(strcmp(l->addr, "*") == 0 ? "0.0.0.0" : l->addr), &ip) == -1)
		return err_set(e, ERR_PERM, "Addr=%s is not an address", l->addr);
	ip.port = l->port;
	return net_listen(&ip, 0, e);
}

static bool
listener_same(const struct mb_listen *a, const struct mb_listen *b)
{
	if (a->socket != NULL)
		return b->socket != NULL && strcmp(a->socket, b->socket) == 0;
	return b->socket == NULL && a->port == b->port && strcmp(a->addr, b->addr) == 0;
}

static int
listener_open(const struct mb_listen *l, const struct site *was, struct err *e)
{
	for (size_t k = 0; was != NULL && k < was->conf.nlisten; k++)
		if (was->sock[k] != -1 && listener_same(l, &was->conf.listen[k])) {
			if (l->socket != NULL && socket_rights(l, e) == -1)
				return -1;
			return fcntl(was->sock[k], F_DUPFD_CLOEXEC, 3);
		}
	return l->socket != NULL ? socket_open(l, e) : port_open(l, e);
}

/* Is what Allow= says made of addresses? */
static int
allow_check(const struct mb_listen *l, struct err *e)
{
	struct str	rest = str_c(l->allow != NULL ? l->allow : ""), each, addr;
	struct ip	ip;
	int		bits;

	while (str_word(&rest, &each))
		if (!mbconf_network(each, &addr, &bits) || ip_parse(addr, &ip) == -1 || (ip.family == 4 && bits > 32))
			return err_set(e, ERR_PERM, "Allow: \"%.*s\" is no address and no network", STR_ARG(each));
	return 0;
}

/* --- configurations --------------------------------------------------------------------------- */

static bool
socket_kept(const struct site *s, const char *path)
{
	for (size_t i = 0; s != NULL && i < s->conf.nlisten; i++)
		if (s->sock[i] != -1 && s->conf.listen[i].socket != NULL && strcmp(s->conf.listen[i].socket, path) == 0)
			return true;
	return false;
}

/* Names of sockets that `next` goes on with stay. */
static void
site_free(struct site **sp, const struct site *next)
{
	struct site	*s = *sp;

	for (size_t i = 0; i < s->conf.nlisten; i++)
		if (s->sock[i] != -1) {
			close(s->sock[i]);
			if (s->conf.listen[i].socket != NULL && !socket_kept(next, s->conf.listen[i].socket))
				(void)unlink(s->conf.listen[i].socket);
		}
	arena_free(&s->arena);
	free(s);
	*sp = NULL;
}

static struct site *
site_new(const char *file, const struct site *was, struct err *e)
{
	struct site	*s = calloc(1, sizeof *s);
	size_t		 n = 0;

	if (s == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	s->arena = arena_new(ARENA_DEFAULT);
	for (size_t i = 0; i < MB_LISTEN_MAX; i++)
		s->sock[i] = -1;
	if (mbconf_load(file, s->arena, &s->conf, NULL, e) == -1)
		goto bad;
	for (size_t i = 0; i < s->conf.nlisten; i++) {
		if (s->conf.listen[i].service != MB_LMTP)
			continue;
		if (allow_check(&s->conf.listen[i], e) == -1 || (s->sock[i] = listener_open(&s->conf.listen[i], was, e)) == -1) {
			err_prefix(e, "listener %s", s->conf.listen[i].name);
			goto bad;
		}
		n++;
	}
	if (n > 0)
		return s;
	err_set(e, ERR_PERM, "%s: no listener for lmtp", file);
bad:
	site_free(&s, was);
	return NULL;
}

static void
serve_reload(struct serve *v)
{
	struct err	 e = ERR_INIT;
	struct site	*next = site_new(v->c->file, v->site, &e);

	if (next == NULL) {
		log_line(0, LOG_P_ERR, NULL, "configuration not taken over: %s", e.text);
		return;
	}
	site_free(&v->site, next);
	v->site = next;
	logsink_init(SERVE_NAME, v->log_fd, next->conf.log_level);
	log_line(9, LOG_P_NOTICE, NULL, "configuration taken over from %s", v->c->file);
}

/* --- connections ------------------------------------------------------------------------------ */

static void
serve_reap(struct serve *v)
{
	pid_t	pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		LIST_EACH(it, &v->sessions) {
			struct session	*s = LIST_OF(it, struct session, link);

			if (s->pid == pid) {
				list_remove(&s->link);
				v->nsessions--;
				free(s);
			}
		}
}

static bool
peer_allowed(const struct mb_listen *l, const struct ip *peer)
{
	struct str	rest = str_c(l->allow), each, addr;
	struct ip	net;
	int		bits;

	while (str_word(&rest, &each))
		if (mbconf_network(each, &addr, &bits) && ip_parse(addr, &net) == 0 && net.family == peer->family &&
		    ip_in_net(peer, &net, bits == -1 ? (net.family == 4 ? 32u : 128u) : (unsigned)bits))
			return true;
	return false;
}

/* Why this one is not served, or NULL. */
static const char *
serve_verdict(const struct serve *v, const struct mb_listen *l, const struct ip *peer)
{
	size_t	same = 0;

	if (l->socket == NULL && !peer_allowed(l, peer))
		return "554 5.7.1 Access denied";
	if (v->nsessions >= (size_t)v->site->conf.max_connections)
		return "421 4.3.2 Too many connections, try again later";
	if (l->socket != NULL)
		return NULL;
	LIST_EACH(it, &v->sessions)
		same += ip_eq(&LIST_OF(it, struct session, link)->peer, peer);
	return same >= (size_t)v->site->conf.max_per_ip ? "421 4.7.0 Too many connections from your address" : NULL;
}

static int
serve_confine(void)
{
	struct os_sandbox	box = { "lmtp", SERVE_MAY, NULL, NULL };
	struct err		e = ERR_INIT;

	if (os_sandbox_enter(&box, &e) != -1)
		return 0;
	log_line(0, LOG_P_ERR, NULL, "%s", e.text);
	return -1;
}

static _Noreturn void
serve_session(struct serve *v, const struct mb_listen *l, int fd, const struct ip *peer)
{
	struct delivery		d = *v->d;
	char			text[IP_TEXT];
	struct lmtp_conf	c = { fd, fd, v->c->eightbit, v->c->keep_domain, l->socket != NULL ? l->name : ip_text(peer, text) };

	sig_reset();
	d.conf = &v->site->conf;
	for (size_t i = 0; i < v->site->conf.nlisten; i++)
		if (v->site->sock[i] != -1)
			close(v->site->sock[i]);
	os_title_set("%s: lmtp %s", SERVE_NAME, c.peer);
	_exit(serve_confine() == -1 ? EXIT_OSERR : lmtp_run(&d, &c));
}

static void
serve_refuse(int fd, const char *why)
{
	char	line[200];
	int	n = snprintf(line, sizeof line, "%s\r\n", why);

	if (n > 0)
		(void)send(fd, line, (size_t)n, MSG_DONTWAIT|MSG_NOSIGNAL);
	close(fd);
}

static void
serve_accept(struct serve *v, size_t i)
{
	const struct mb_listen	*l = &v->site->conf.listen[i];
	struct sockaddr_storage	 ss;
	socklen_t		 n = sizeof ss;
	struct ip		 peer = { .family = 0 };
	struct session		*s;
	const char		*why;
	int			 fd = accept(v->site->sock[i], (struct sockaddr *)&ss, &n);

	if (fd == -1)
		return;
	if (os_fd_cloexec(fd, true) == -1 || os_fd_nonblock(fd, false) == -1 ||
	    (l->socket == NULL && (ip_from_sockaddr((struct sockaddr *)&ss, n, &peer) == -1 || net_nodelay(fd) == -1))) {
		close(fd);
		return;
	}
	if ((why = serve_verdict(v, l, &peer)) != NULL) {
		char	text[IP_TEXT];

		log_line(4, LOG_P_NOTICE, NULL, "%s: refused: %s", l->socket != NULL ? l->name : ip_text(&peer, text), why);
		serve_refuse(fd, why);
		return;
	}
	if ((s = calloc(1, sizeof *s)) == NULL || (s->pid = sig_fork()) == -1) {
		free(s);
		serve_refuse(fd, "421 4.3.0 No process could be started");
		return;
	}
	if (s->pid == 0)
		serve_session(v, l, fd, &peer);
	close(fd);
	s->peer = peer;
	log_line(10, LOG_P_INFO, NULL, "%s: connection, process %ld", l->name, (long)s->pid);
	list_append(&v->sessions, &s->link);
	v->nsessions++;
}

/* --- the daemon ------------------------------------------------------------------------------- */

static void
serve_loop(struct serve *v, const sigset_t *waiting)
{
	while (!sig_take(SIGTERM) && !sig_take(SIGINT)) {
		fd_set	set;
		int	max = -1;

		if (sig_take(SIGCHLD))
			serve_reap(v);
		if (sig_take(SIGHUP))
			serve_reload(v);
		FD_ZERO(&set);
		for (size_t i = 0; i < v->site->conf.nlisten; i++)
			if (v->site->sock[i] != -1) {
				FD_SET(v->site->sock[i], &set);
				if (v->site->sock[i] > max)
					max = v->site->sock[i];
			}
		if (pselect(max + 1, &set, NULL, NULL, NULL, waiting) <= 0)
			continue;
		for (size_t i = 0; i < v->site->conf.nlisten; i++)
			if (v->site->sock[i] != -1 && FD_ISSET(v->site->sock[i], &set))
				serve_accept(v, i);
	}
}

static int
serve_pid_file(const struct serve *v, struct err *e)
{
	const char	*file = mbconf_pid_file(&v->site->conf, v->site->arena, SERVE_NAME);
	char		 text[64];
	int		 n = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	return file == NULL ? 0 : os_replace(file, str_mem(text, (size_t)n), 0644, e);
}

/* Signals are seen only while we wait, so that none is missed. */
static int
serve_signals(sigset_t *waiting)
{
	static const int	signals[] = { SIGCHLD, SIGHUP, SIGTERM, SIGINT };
	sigset_t		set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		sigaddset(&set, signals[i]);
		if (sig_flag(signals[i]) == -1)
			return -1;
	}
	sig_writes_fail(true);
	return sigprocmask(SIG_BLOCK, &set, waiting);
}

static void
serve_end(struct serve *v)
{
	const char	*file = mbconf_pid_file(&v->site->conf, v->site->arena, SERVE_NAME);

	if (file != NULL)
		(void)unlink(file);
	LIST_EACH(it, &v->sessions)
		(void)kill(LIST_OF(it, struct session, link)->pid, SIGTERM);
	site_free(&v->site, NULL);
}

int
serve_run(const struct serve_conf *c, const struct delivery *d)
{
	struct serve	v = { .c = c, .d = d, .log_fd = -1 };
	struct err	e = ERR_INIT;
	sigset_t	waiting;

	list_init(&v.sessions);
	if ((v.site = site_new(c->file, NULL, &e)) == NULL) {
		fprintf(stderr, "%s: %s\n", SERVE_NAME, e.text);
		return EXIT_CONFIG;
	}
	if (!c->foreground) {
		v.log_fd = logsink_open();
		daemonize();
	}
	logsink_init(SERVE_NAME, v.log_fd, v.site->conf.log_level);
	if (serve_signals(&waiting) == -1 || serve_pid_file(&v, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "start: %s", e.class != ERR_NONE ? e.text : "signals");
		site_free(&v.site, NULL);
		return EXIT_OSERR;
	}
	os_title_set("%s: accepting connections", SERVE_NAME);
	log_line(9, LOG_P_NOTICE, NULL, "%s: ready", SERVE_NAME);
	serve_loop(&v, &waiting);
	serve_end(&v);
	return EXIT_OK;
}
