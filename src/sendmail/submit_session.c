/*
 * submit_session - `sendmail -bs`: an SMTP session on standard input and output, for a mail program or for inetd.
 *
 * With roles it is served by a worker of smtpd, as a daemon's session is: a stranger whom inetd let in meets no process that has rights, and
 * TLS, AUTH, filters and ETRN are there as always.  Without (submit.cf) this process serves who started it.
 */
#include "submit.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "net/conn.h"
#include "os/fd.h"
#include "proc/sig.h"
#include "req.h"
#include "srv.h"

#define SESSION_COPY		((size_t)16 << 10)
#define SESSION_PAUSE_MAX	300000		/* ms */

/* ---- without roles ---- */

static int
session_alone(struct submit *s)
{
	struct srv_services	 v = {
		.arg = s, .lookup = maps_lookup, .lookup_arg = s->maps, .alias = submit_alias, .userdb = submit_userdb,
		.mailname = submit_mailname,
		.df_open = submit_alone_df, .commit = submit_alone_commit, .abort = submit_alone_abort
	};
	struct stream		*io = stream_new(dup(STDIN_FILENO), dup(STDOUT_FILENO));
	struct park		 in, out;

	if (io == NULL)
		return EXIT_OSERR;
	stream_transcript(io, s->ctx->transcript);
	srv_local_park(&v, s->conf, s->me.name, s->m, &in);
	srv_run(&v, s->conf, io, &in, SRV_LOCAL, s->m, &out);
	stream_free(&io);
	return EXIT_OK;
}

/* ---- a client of inetd's ---- */

/* What smtpd says of it; false: this is no connection from another host. */
static bool
session_door(struct submit *s, struct park *in, struct err *e)
{
	struct verdict_ask	 q = { .daemon = UINT32_MAX, .last = true };	/* nobody else asks for us */
	struct frame		 f;
	struct buf		 b;

	if (net_peer(STDIN_FILENO, &q.client) == -1 || net_local(STDIN_FILENO, &q.local) == -1)
		return false;
	in->client = q.client;
	in->local = q.local;
	in->from = PARK_FROM_COMMAND;
	buf_init(&b, 0);
	verdict_ask_put(&b, &q);
	if (req_ask(s->ctx, R_SMTPD, Q_VERDICT, buf_str(&b), -1, &f, e) == 0) {
		buf_clear(&b);
		(void)buf_add(&b, f.body);
		if (verdict_get(arena_str(s->m, buf_str(&b)), &in->verdict) == -1)
			(void)err_set(e, ERR_BUG, "smtpd: malformed verdict");
	}
	buf_done(&b);
	return true;
}

/* The greeting waits; who speaks meanwhile, or before it, is early. */
static void
session_pause(struct park *in)
{
	struct pollfd	p = { .fd = STDIN_FILENO, .events = POLLIN };
	char		peek;

	in->early = poll(&p, 1, in->verdict.pause_ms < SESSION_PAUSE_MAX ? (int)in->verdict.pause_ms : SESSION_PAUSE_MAX) > 0 &&
	    recv(STDIN_FILENO, &peek, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* ---- a socket for smtpd ---- */

/* Standard input and output are one and the same socket. */
static bool
session_one_socket(void)
{
	struct stat	in, out;

	return fstat(STDIN_FILENO, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 && S_ISSOCK(in.st_mode) && in.st_dev == out.st_dev &&
	    in.st_ino == out.st_ino;
}

/* Between pipes and the socket, until smtpd is done.  In a process of its own. */
static int
session_copy(int fd)
{
	struct pollfd	p[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	char		b[SESSION_COPY];
	ssize_t		n;

	for (;;) {
		if (poll(p, 2, -1) == -1)
			continue;
		if (p[1].revents != 0) {
			if ((n = read(fd, b, sizeof b)) <= 0 || os_write_all(STDOUT_FILENO, str_mem(b, (size_t)n)) == -1)
				return EXIT_OK;
		} else if (p[0].revents != 0 && ((n = read(STDIN_FILENO, b, sizeof b)) <= 0 || os_write_all(fd, str_mem(b, (size_t)n)) == -1)) {
			p[0].fd = -1;
			(void)shutdown(fd, SHUT_WR);
		}
	}
}

static int
session_socket(pid_t *copier)
{
	int	fd[2];

	*copier = 0;
	if (session_one_socket())
		return dup(STDIN_FILENO);
	if (os_socketpair(fd) == -1)
		return -1;
	if ((*copier = sig_fork()) == 0) {
		close(fd[0]);
		_exit(session_copy(fd[1]));
	}
	close(fd[1]);
	if (*copier != -1)
		return fd[0];
	close(fd[0]);
	return -1;
}

static int
session_roles(struct submit *s)
{
	const struct srv_services	 v = { .lookup = maps_lookup, .lookup_arg = s->maps };
	struct park	 in = { .daemon = UINT32_MAX };
	struct frame	 f;
	struct err	 e = ERR_INIT;
	struct buf	 b;
	pid_t		 copier;
	int		 fd = -1, rc = -1;

	if (session_door(s, &in, &e))
		session_pause(&in);
	else {
		srv_local_park(&v, s->conf, s->me.name, s->m, &in);
		in.from = PARK_FROM_COMMAND | PARK_FROM_LOCAL;
	}
	if (e.class == ERR_NONE && (fd = session_socket(&copier)) == -1)
		(void)err_sys(&e, ERR_TEMP, "a socket for the session");
	if (e.class == ERR_NONE) {
		buf_init(&b, 0);
		park_put(&b, &in);
		rc = req_ask(s->ctx, R_SMTPD, Q_SESSION, buf_str(&b), fd, &f, &e);
		buf_done(&b);
		close(fd);
		if (copier > 0)
			(void)waitpid(copier, NULL, 0);
	}
	if (rc == 0)
		return EXIT_OK;
	log_line(1, LOG_P_ERR, NULL, "-bs: no session: %s", e.text);
	(void)!os_write_all(STDOUT_FILENO, STR("421 4.3.0 service not available\r\n"));
	return EXIT_TEMPFAIL;
}

int
submit_session(struct submit *s)
{
	return s->alone ? session_alone(s) : session_roles(s);
}
