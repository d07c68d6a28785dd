/*
 * login_io - bytes in and out of one connection: from the client, in clear or TLS, and from its session.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front/login_int.h"
#include "net/tls.h"

enum moved
login_read(struct login *l)
{
	char	*p = buf_reserve(&l->in, LOGIN_CHUNK);
	size_t	 got = 0;
	ssize_t	 n;

	if (p == NULL)
		return MOVED_END;
	if (l->tls != NULL) {
		switch (tls_conn_read(l->tls, p, LOGIN_CHUNK, &got)) {
		case TLS_DONE:		break;
		case TLS_WANT_READ:	return MOVED_NOT;
		case TLS_WANT_WRITE:	l->want |= LOOP_WRITE; return MOVED_NOT;
		default:		return MOVED_END;
		}
	} else {
		if ((n = read(l->fd, p, LOGIN_CHUNK)) == -1)
			return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? MOVED_NOT : MOVED_END;
		if (n == 0)
			return MOVED_END;
		got = (size_t)n;
	}
	buf_commit(&l->in, got);
	return MOVED;
}

enum moved
login_write(struct login *l)
{
	size_t	put = 0;
	ssize_t	n;

	if (l->out.n == 0)
		return MOVED_NOT;
	if (l->tls != NULL) {
		switch (tls_conn_write(l->tls, l->out.p, l->out.n, &put)) {
		case TLS_DONE:		break;
		case TLS_WANT_READ:	return MOVED_NOT;
		case TLS_WANT_WRITE:	l->want |= LOOP_WRITE; return MOVED_NOT;
		default:		return MOVED_END;
		}
	} else {
		if ((n = send(l->fd, l->out.p, l->out.n, MSG_NOSIGNAL)) == -1) {
			if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
				return MOVED_END;
			l->want |= LOOP_WRITE;
			return MOVED_NOT;
		}
		put = (size_t)n;
	}
	buf_consume(&l->out, put);
	return MOVED;
}

enum moved
relay_in(struct login *l)
{
	ssize_t	n;

	if (l->in.n == 0)
		return MOVED_NOT;
	if ((n = send(l->pair, l->in.p, l->in.n, MSG_NOSIGNAL)) == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? MOVED_NOT : MOVED_END;
	buf_consume(&l->in, (size_t)n);
	return MOVED;
}

enum moved
relay_out(struct login *l)
{
	char	*p;
	ssize_t	 n;

	if (l->out.n >= RELAY_MAX)
		return MOVED_NOT;
	if ((p = buf_reserve(&l->out, LOGIN_CHUNK)) == NULL)
		return MOVED_END;
	if ((n = read(l->pair, p, LOGIN_CHUNK)) == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? MOVED_NOT : MOVED_END;
	if (n == 0)
		return MOVED_END;
	buf_commit(&l->out, (size_t)n);
	return MOVED;
}
