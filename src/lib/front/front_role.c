/*
 * front_role - the role that accepts connections: event-driven, unprivileged, sandboxed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "front/front_int.h"
#include "os/fd.h"

struct listener {
	struct list		 link;
	int			 fd;
	const struct mb_listen	*conf;
	struct loop_io		*io;
	struct front		*f;
};

static void
listener_free(struct listener *l)
{
	list_remove(&l->link);
	loop_io_free(&l->io);
	close(l->fd);
	free(l);
}

static void
front_refuse(struct front *f, int fd, const char *why)
{
	char	line[200];
	int	n = snprintf(line, sizeof line, f->role->proto->service == MB_IMAP ? "* BYE %s\r\n" : "-ERR [SYS/TEMP] %s\r\n", why);

	if (n > 0)
		(void)send(fd, line, (size_t)n, MSG_DONTWAIT|MSG_NOSIGNAL);
	close(fd);
}

static void
front_accept(void *arg, int sock, unsigned what)
{
	struct listener		*l = arg;
	struct front		*f = l->f;
	struct sockaddr_storage	 ss;
	struct ip		 peer;
	socklen_t		 n = sizeof ss;
	int			 fd;

	(void)what;
	if ((fd = accept(sock, (struct sockaddr *)&ss, &n)) == -1)
		return;
	if (os_fd_cloexec(fd, true) == -1 || os_fd_nonblock(fd, true) == -1 || ip_from_sockaddr((struct sockaddr *)&ss, n, &peer) == -1)
		close(fd);
	else if (share_all(f->share) >= (size_t)f->role->conf.max_connections)
		front_refuse(f, fd, "too many connections, try again later");
	else if (share_from(f->share, &peer) >= (size_t)f->role->conf.max_per_ip)
		front_refuse(f, fd, "too many connections from your address");
	else
		login_new(f, fd, l->conf, &peer);
}

void
front_gone(struct front *f)
{
	if (f->retired && f->nlogins == 0)
		loop_stop(f->loop);
}

static void
front_listen(struct front *f, struct frame *fr)
{
	struct msg_in	 m = msg_in(fr->body);
	uint32_t	 index = msg_u32(&m);
	struct listener	*l;

	if (fr->fd == -1 || !msg_end(&m) || index >= f->role->conf.nlisten || (l = calloc(1, sizeof *l)) == NULL) {
		if (fr->fd != -1)
			close(fr->fd);
		return;
	}
	l->fd = fr->fd;
	l->f = f;
	l->conf = &f->role->conf.listen[index];
	list_append(&f->listeners, &l->link);
	if ((l->io = loop_io_new(f->loop, l->fd, LOOP_READ, front_accept, l)) == NULL)
		listener_free(l);
}

/* No more connections; those that we have go on. */
static void
front_retire(struct front *f)
{
	f->retired = true;
	LIST_EACH(it, &f->listeners)
		listener_free(LIST_OF(it, struct listener, link));
	front_gone(f);
}

static void
front_parent(void *arg, struct chan *ch, struct frame *fr)
{
	struct front	*f = arg;

	if (fr == NULL) {				/* the parent is gone: so are we */
		loop_stop(f->loop);
		return;
	}
	if (role_pinged(ch, fr))
		return;
	if (fr->type == FM_LISTEN)
		front_listen(f, fr);
	else if (fr->fd != -1)
		close(fr->fd);
	if (fr->type == FM_RETIRE)
		front_retire(f);
}

static void
front_auth_frame(void *arg, struct chan *ch, struct frame *fr)
{
	struct front	*f = arg;

	(void)ch;
	if (fr == NULL) {
		if (!f->retired) {			/* perhaps it is there, and said what it may not: the parent does not know */
			log_line(1, LOG_P_ERR, NULL, "front: auth is gone");
			(void)chan_send(f->role->parent, FM_RETIRE, 0, 0, STR(""), -1, NULL);
		}
		chan_free(&f->auth);
		logins_leave(f, "try again, please");	/* nobody can log in here any more */
		front_retire(f);
	} else if (fr->fd != -1)
		close(fr->fd);
}

/* Which mechanisms auth offers, inside TLS and in clear. */
static int
front_mechs(struct front *f, struct err *e)
{
	struct frame	fr;
	struct msg_in	m;

	if (chan_ask(f->auth, FM_MECHS, STR(""), -1, &fr, FRONT_AUTH_WAIT, e) == -1)
		return -1;
	if (fr.fd != -1)
		close(fr.fd);
	m = msg_in(fr.body);
	if (str_copy(f->mechs, sizeof f->mechs, msg_str(&m, 255)) == -1 || str_copy(f->mechs_clear, sizeof f->mechs_clear, msg_str(&m, 255)) == -1 ||
	    !msg_end(&m))
		return err_set(e, ERR_BUG, "auth's mechanisms are no list");
	return 0;
}

/* The parent's SHARE. */
static int
front_share(struct front *f, struct err *e)
{
	struct frame	fr;
	struct msg_in	m;
	uint32_t	rows, mine;

	if (chan_recv(f->role->parent, &fr, FRONT_AUTH_WAIT, e) == -1)
		return -1;
	m = msg_in(fr.body);
	rows = msg_u32(&m);
	mine = msg_u32(&m);
	if (fr.type != FM_SHARE || fr.fd == -1 || !msg_end(&m) || rows > MB_FRONTS_MAX)
		return err_set(e, ERR_BUG, "no memory to count connections in");
	f->share = share_open(fr.fd, rows, mine, e);
	close(fr.fd);
	return f->share != NULL ? 0 : -1;
}

int
front_role(struct role *r)
{
	struct front	f = { .role = r, .host = arena_cstr(r->arena, r->boot.host) };
	struct frame	fr;
	struct err	e = ERR_INIT;

	list_init(&f.logins);
	list_init(&f.listeners);
	if (front_share(&f, &e) == -1 || front_tls(&f, &e) == -1 || chan_recv(r->parent, &fr, FRONT_AUTH_WAIT, &e) == -1)
		goto bad;
	if (fr.type != FM_CHANNEL || fr.fd == -1 || (f.auth = chan_new(fr.fd)) == NULL) {
		err_set(&e, ERR_BUG, "no channel to auth");
		goto bad;
	}
	if (front_mechs(&f, &e) == -1 || role_drop(r, &e) == -1)
		goto bad;
	if ((f.loop = loop_new()) == NULL || chan_on_loop(f.auth, f.loop, front_auth_frame, &f, FRONT_CHAN_CAP) == -1 ||
	    chan_on_loop(r->parent, f.loop, front_parent, &f, FRONT_CHAN_CAP) == -1) {
		err_set(&e, ERR_TEMP, "out of memory");
		goto bad;
	}
	if (chan_send(r->parent, FM_BOOT, 0, 0, STR(""), -1, &e) == -1)	/* ready */
		goto bad;
	(void)loop_run(f.loop);
	return EXIT_OK;
bad:
	log_line(0, LOG_P_ERR, NULL, "front: %s", e.text);
	return EXIT_CONFIG;
}
