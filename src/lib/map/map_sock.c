/*
 * map_sock - class socket: a server is asked over TCP or a local socket (socketmap.h).
 *
 * Maps that name the same place share one connection, kept between lookups.  A kept connection may have been closed by the server meanwhile: then the
 * question is put once more over a new one.  Everything is bounded by one deadline a lookup (-d seconds).
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "map/map_int.h"
#include "map/socketmap.h"
#include "net/conn.h"
#include "net/dns.h"
#include "net/stream.h"
#include "os/load.h"

struct map_sock {
	struct socketmap_place	 place;
	const char		*text;		/* of the place, for messages and as the key of shared connections */
	int			 patience;	/* ms */
};

struct sock_conn {
	struct sock_conn	*next;
	char			*text;
	struct stream		*s;		/* NULL: not connected */
};

static struct sock_conn	*sock_conns;		/* of this process */

static int
map_sock_flag(struct map *m, char letter, struct str v, struct str *rest, struct err *e)
{
	struct map_sock	*k = m->inside;

	(void)rest;
	if (k == NULL)
		k = m->inside = ARENA_NEW(m->arena, struct map_sock);
	return letter == 'd' ? map_args_seconds(m, 'd', v, &k->patience, e) : 1;
}

static int
map_sock_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_sock	*k = m->inside;

	if (k == NULL)
		k = m->inside = ARENA_NEW(m->arena, struct map_sock);
	if (k->patience == 0)
		k->patience = MAP_PATIENCE;
	k->text = arena_cstr(m->arena, rest);
	if (socketmap_place(str_c(k->text), &k->place) == -1)
		return err_set(e, ERR_PERM, "map %.*s: class socket wants inet:port@host, inet6:port@host or local:/path, not \"%s\"", STR_ARG(m->name), k->text);
	return 0;
}

static struct sock_conn *
map_sock_conn(const struct map_sock *k)
{
	struct sock_conn	*c;

	for (c = sock_conns; c != NULL; c = c->next)
		if (strcmp(c->text, k->text) == 0)
			return c;
	if ((c = calloc(1, sizeof *c)) == NULL || (c->text = strdup(k->text)) == NULL) {
		free(c);
		return NULL;
	}
	c->next = sock_conns;
	return sock_conns = c;
}

static int
map_sock_left(uint64_t until)
{
	uint64_t	now = os_now_ms();

	return now >= until ? 1 : (int)(until - now);
}

static int
map_sock_inet(const struct map_sock *k, struct arena *a, uint64_t until, struct err *e)
{
	struct ip	*ip, one;
	enum dns_rc	 rc;
	size_t		 n = 1;
	int		 fd = -1;

	if (ip_parse(k->place.host, &one) == 0)
		ip = &one;
	else if (dns_addrs(k->place.host, k->place.kind == SOCKETMAP_INET, k->place.kind == SOCKETMAP_INET6, a, &rc, &ip, &n, e) == -1)
		return -1;
	else if (rc != DNS_OK || n == 0)
		return err_set(e, ERR_TEMP, "host %.*s has no address", STR_ARG(k->place.host));
	for (size_t i = 0; i < n && fd == -1; i++) {
		ip[i].port = k->place.port;
		fd = net_connect(&ip[i], NULL, map_sock_left(until), e);
	}
	return fd;
}

static int
map_sock_connect(const struct map_sock *k, struct sock_conn *c, struct arena *a, uint64_t until, struct err *e)
{
	char	path[256];
	int	fd;

	if (k->place.kind != SOCKETMAP_UNIX)
		fd = map_sock_inet(k, a, until, e);
	else if (str_copy(path, sizeof path, k->place.host) == -1)
		return err_set(e, ERR_PERM, "name of the socket is too long");
	else
		fd = net_connect_unix(path, map_sock_left(until), e);
	if (fd == -1)
		return -1;
	c->s = stream_new(fd, fd);
	return c->s == NULL ? err_set(e, ERR_TEMP, "out of memory") : 0;
}

/* 1 answered, 0 the connection ended before a byte came, -1. */
static int
map_sock_exchange(struct sock_conn *c, struct str question, uint64_t until, struct buf *in, struct socketmap_answer *ans, struct err *e)
{
	struct str	some;
	enum stream_end	end;
	int		rc;

	stream_timeout(c->s, map_sock_left(until));
	if (stream_write(c->s, question) == -1 || stream_flush(c->s) == -1)
		return 0;
	while ((rc = socketmap_get(buf_str(in), ans)) == 0) {
		if (os_now_ms() >= until)
			return err_set(e, ERR_TEMP, "no answer in time");
		stream_timeout(c->s, map_sock_left(until));
		if ((end = stream_some(c->s, 8192, &some)) != STREAM_OK) {
			if (end == STREAM_TIMEOUT)
				return err_set(e, ERR_TEMP, "no answer in time");
			if (in->n == 0)
				return 0;
			return err_set(e, ERR_TEMP, "the connection ended within an answer");
		}
		if (buf_add(in, some) == -1)
			return err_set(e, ERR_TEMP, "the answer is too long");
	}
	if (rc == -1 || ans->taken != in->n)
		return err_set(e, ERR_TEMP, "this is no answer of a socket map: \"%.*s\"", STR_ARG(str_first(buf_str(in), 60)));
	return 1;
}

static int
map_sock_ask(struct map_sock *k, struct sock_conn *c, struct arena *a, struct str question, struct buf *in, struct socketmap_answer *ans, struct err *e)
{
	uint64_t	until = os_now_ms() + (uint64_t)k->patience;
	bool		kept;
	int		rc;

	do {
		kept = c->s != NULL;
		if (!kept && map_sock_connect(k, c, a, until, e) == -1)
			return -1;
		buf_clear(in);
		rc = map_sock_exchange(c, question, until, in, ans, e);
		if (rc != 1)
			stream_free(&c->s);
	} while (rc == 0 && kept);
	return rc == 0 ? err_set(e, ERR_TEMP, "the server closed the connection") : rc;
}

static enum map_result
map_sock_get(MAP_GET_ARGS)
{
	struct map_sock		*k = m->inside;
	struct sock_conn	*c = map_sock_conn(k);
	struct socketmap_answer	 ans;
	struct buf		 question, in;
	struct err		 why = ERR_INIT;
	enum map_result		 r = MAPR_TEMP;

	(void)args;
	(void)nargs;
	buf_init(&question, SOCKETMAP_MAX * 2);
	buf_init(&in, SOCKETMAP_MAX * 2);
	if (c == NULL || socketmap_put(&question, m->name, key) == -1)
		err_set(&why, ERR_TEMP, "out of memory");
	else if (map_sock_ask(k, c, call->scratch, buf_str(&question), &in, &ans, &why) == 1)
		switch (ans.status) {
		case SOCKETMAP_OK:
			buf_add(out, ans.result);
			r = MAPR_FOUND;
			break;
		case SOCKETMAP_PERM:
			log_line(5, LOG_P_NOTICE, NULL, "map %.*s: %s: permanent failure: %.*s", STR_ARG(m->name), k->text, STR_ARG(ans.result));
			r = MAPR_NONE;
			break;
		case SOCKETMAP_NOTFOUND:
			r = MAPR_NONE;
			break;
		default:
			err_set(&why, ERR_TEMP, "%.*s", STR_ARG(str_first(ans.result, 200)));
		}
	if (r == MAPR_TEMP)
		err_set(e, ERR_TEMP, "map %.*s: %s: %s", STR_ARG(m->name), k->text, why.text);
	buf_done(&question);
	buf_done(&in);
	return r;
}

const struct map_class map_class_socket = { "socket", MC_REMOTE | MC_NOFOLD, NULL, map_sock_flag, map_sock_parse, NULL, map_sock_get, NULL, NULL, NULL };
