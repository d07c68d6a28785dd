/*
 * parent_listen - the sockets of DaemonPortOptions: bound here, as only root may, and used by gate.
 *
 * On a reload, sockets that are still wanted stay as they are, so that nothing that waits in
 * their queues is lost.
 */
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "net/conn.h"
#include "parent_int.h"
#include "req.h"

#define LISTEN_TRIES	20
#define LISTEN_MS	250

static int
parent_port(const struct conf_daemon *d, uint16_t *port, struct err *e)
{
	static const struct { const char *name; uint16_t port; } known[] = {
		{ "smtp", 25 }, { "submission", 587 }, { "smtps", 465 }, { "submissions", 465 }
	};
	struct str		 name = d->port.n > 0 ? d->port : STR("smtp");
	char			 c[64];
	struct addrinfo		*ai, hint = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct ip		 ip;
	int			 n;

	if (num_int(name, 1, UINT16_MAX, &n) == 0) {
		*port = (uint16_t)n;
		return 0;
	}
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_caseeq_c(name, known[i].name)) {
			*port = known[i].port;
			return 0;
		}
	if (str_copy(c, sizeof c, name) == 0 && getaddrinfo(NULL, c, &hint, &ai) == 0) {
		n = ip_from_sockaddr(ai->ai_addr, ai->ai_addrlen, &ip);
		freeaddrinfo(ai);
		if (n == 0) {
			*port = ip.port;
			return 0;
		}
	}
	return err_set(e, ERR_PERM, "DaemonPortOptions: Port=%.*s: unknown service", STR_ARG(name));
}

/* Addr= and Family= as an address; a name is looked up, once, at the start. */
static int
parent_addr(const struct conf_daemon *d, struct ip *ip, struct err *e)
{
	bool			 six = str_caseeq_c(d->family, "inet6");
	struct str		 addr = d->addr;
	struct addrinfo		*ai, hint = { .ai_socktype = SOCK_STREAM };
	char			 c[256];
	int			 rc;

	memset(ip, 0, sizeof *ip);
	if (addr.n > 2 && addr.p[0] == '[' && addr.p[addr.n - 1] == ']')
		addr = str_sub(addr, 1, addr.n - 1);
	if (addr.n == 0) {
		ip->family = six ? 6 : 4;
		return 0;
	}
	if (ip_parse(addr, ip) == 0)
		return 0;
	hint.ai_family = six ? AF_INET6 : AF_INET;
	if (str_copy(c, sizeof c, addr) == -1 || getaddrinfo(c, NULL, &hint, &ai) != 0)
		return err_set(e, ERR_PERM, "DaemonPortOptions: Addr=%.*s: unknown host", STR_ARG(addr));
	rc = ip_from_sockaddr(ai->ai_addr, ai->ai_addrlen, ip);
	freeaddrinfo(ai);
	return rc;
}

static bool
parent_is_unix(const struct conf_daemon *d)
{
	return str_caseeq_c(d->family, "unix") || str_caseeq_c(d->family, "local");
}

/* What daemon `i` wants, unbound. */
static int
parent_socket_want(const struct conf *c, size_t i, struct parent_socket *s, struct err *e)
{
	const struct conf_daemon *d = &c->daemons[i];

	memset(s, 0, sizeof *s);
	s->daemon = (uint32_t)i;
	s->fd = -1;
	if (parent_is_unix(d))
		return str_copy(s->path, sizeof s->path, d->addr) == 0 ? 0 :
		    err_set(e, ERR_PERM, "DaemonPortOptions: %.*s: bad name of a socket", STR_ARG(d->addr));
	if (parent_addr(d, &s->ip, e) == -1)
		return -1;
	return parent_port(d, &s->ip.port, e);
}

static bool
parent_socket_same(const struct parent_socket *a, const struct parent_socket *b)
{
	return strcmp(a->path, b->path) == 0 && ip_eq(&a->ip, &b->ip) && a->ip.port == b->ip.port;
}

static int
parent_socket_bind(const struct conf_daemon *d, struct parent_socket *s, struct err *e)
{
	s->fd = s->path[0] != '\0' ? net_listen_unix(s->path, 0666, e) : net_listen(&s->ip, d->backlog, e);
	if (s->fd == -1)
		return err_prefix(e, "daemon %.*s", STR_ARG(d->name));
	if (d->sndbuf > 0)
		(void)setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &d->sndbuf, sizeof d->sndbuf);
	if (d->rcvbuf > 0)
		(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &d->rcvbuf, sizeof d->rcvbuf);
	return 0;
}

/* An IPv6 socket where there is no IPv6 may be left out (modifier O). */
static bool
parent_optional(const struct conf_daemon *d)
{
	return conf_flag(&d->modifiers, 'O');
}

/* One that systemd bound, or of a row that is gone. */
static void
parent_unwanted(const struct parent_socket *s)
{
	char	text[IP_TEXT];

	if (s->path[0] != '\0')
		log_line(1, LOG_P_NOTICE, NULL, "socket %s: no daemon of DaemonPortOptions is for it, it is closed", s->path);
	else
		log_line(1, LOG_P_NOTICE, NULL, "socket %s, port %u: no daemon of DaemonPortOptions is for it, it is closed", ip_text(&s->ip, text), (unsigned)s->ip.port);
}

int
parent_listen(struct parent *p, struct err *e)
{
	const struct conf	*c = p->ctx.conf;
	struct parent_socket	 want[PARENT_SOCKETS];
	bool			 used[PARENT_SOCKETS] = { false };
	size_t			 n = 0;

	for (size_t i = 0; i < c->ndaemons; i++) {
		struct parent_socket *s = &want[n];

		if (parent_socket_want(c, i, s, e) == -1)
			goto bad;
		for (size_t j = 0; j < p->nsock; j++)
			if (p->sock[j].fd != -1 && (parent_socket_same(&p->sock[j], s) || parent_inherited_both(&p->sock[j], s))) {
				s->fd = dup(p->sock[j].fd);
				used[j] = true;
				break;
			}
		if (s->fd == -1 && parent_socket_bind(&c->daemons[i], s, e) == -1) {
			if (!parent_optional(&c->daemons[i]))
				goto bad;
			log_line(0, LOG_P_WARNING, NULL, "%s", e->text);
			continue;
		}
		n++;
	}
	for (size_t j = 0; j < p->nsock; j++) {
		if (!used[j])
			parent_unwanted(&p->sock[j]);
		close(p->sock[j].fd);
	}
	memcpy(p->sock, want, n * sizeof want[0]);
	p->nsock = n;
	return 0;
bad:
	while (n-- > 0)
		if (want[n].fd != -1)
			close(want[n].fd);
	return -1;
}

/* Who starts a daemon as the one before ends finds its sockets in use for a moment yet; and an address may come a little after its host. */
int
parent_listen_first(struct parent *p, struct err *e)
{
	for (int i = 0; parent_listen(p, e) == -1; i++) {
		if (i == LISTEN_TRIES || (e->sys != EADDRINUSE && e->sys != EADDRNOTAVAIL))
			return -1;
		if (i == 0)
			log_line(0, LOG_P_WARNING, NULL, "%s: trying again for %d seconds", e->text, LISTEN_TRIES * LISTEN_MS / 1000);
		(void)poll(NULL, 0, LISTEN_MS);
		err_clear(e);
	}
	return 0;
}

int
parent_send_sockets(struct parent *p)
{
	struct listen_ask	ask = { 0, false };
	struct buf		b;
	int			rc = 0;

	buf_init(&b, 0);
	for (size_t i = 0; i < p->nsock && rc == 0; i++) {
		ask.daemon = p->sock[i].daemon;
		buf_clear(&b);
		listen_ask_put(&b, &ask);
		rc = req_tell(&p->ctx, R_GATE, Q_LISTEN, buf_str(&b), p->sock[i].fd);
	}
	ask.last = true;
	buf_clear(&b);
	listen_ask_put(&b, &ask);
	if (rc == 0)
		rc = req_tell(&p->ctx, R_GATE, Q_LISTEN, buf_str(&b), -1);
	buf_done(&b);
	return rc;
}

bool
parent_is_empty(const char *dir)
{
	struct stat	 st;
	struct dirent	*d;
	DIR		*f;
	int		 n = 0;

	if (lstat(dir, &st) == -1 || !S_ISDIR(st.st_mode) || st.st_uid != 0 || st.st_mode & 022)
		return false;
	if ((f = opendir(dir)) == NULL)
		return false;
	while ((d = readdir(f)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			n++;
	closedir(f);
	return n == 0;
}
