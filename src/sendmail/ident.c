/*
 * ident - see the header.
 *
 * One connection a question, never waited for: what does not answer in time, or not as it should, is nobody.  What the server says is a stranger's word, kept only if
 * it looks like a name.
 */
#include "ident.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "base/num.h"
#include "os/fd.h"

#define IDENT_PORT	113
#define IDENT_OPEN_MAX	1000		/* asked at one time; who comes then is nobody */

struct ident {
	struct held		*held;
	int			 fd;
	struct loop_io		*io;
	struct loop_timer	*timer;
	uint16_t		 client_port, local_port;
	bool			 asked;
	struct buf		 in;
};

static int ident_open;

struct str
ident_parse(struct str line, uint16_t client_port, uint16_t local_port)
{
	struct str	ports, word, user;
	uint64_t	port;

	line = str_trim(line);
	if (!str_split(&line, ':', &ports) || str_is_none(line) || !str_split(&ports, ',', &word) ||
	    num_u64(str_trim(word), 1, 65535, &port) == -1 || port != client_port ||
	    str_is_none(ports) || num_u64(str_trim(ports), 1, 65535, &port) == -1 || port != local_port)
		return STR_NONE;
	if (!str_split(&line, ':', &word) || !str_caseeq(str_trim(word), STR("USERID")) || str_is_none(line) ||
	    !str_split(&line, ':', &word) || str_is_none(line))
		return STR_NONE;
	user = str_trim(line);
	for (size_t i = 0; i < user.n; i++)
		if (!chr_is_alnum(user.p[i]) && memchr("-_.+", user.p[i], 4) == NULL)
			return STR_NONE;
	return user.n > 0 && user.n <= IDENT_USER_MAX ? user : STR_NONE;
}

static void
ident_end(struct ident *i, struct str user)
{
	req_release(&i->held, str_is_none(user) ? STR("") : user, -1);
	loop_io_free(&i->io);
	loop_timer_free(&i->timer);
	close(i->fd);
	buf_done(&i->in);
	free(i);
	ident_open--;
}

static void
ident_late(void *arg)
{
	ident_end(arg, STR_NONE);
}

static void
ident_event(void *arg, int fd, unsigned what)
{
	struct ident	*i = arg;
	char		*p;
	ssize_t		 n;
	size_t		 nl;
	bool		 refused;

	(void)what;
	if (!i->asked) {
		struct buf b;

		buf_init(&b, 32);
		(void)buf_addf(&b, "%u, %u\r\n", i->client_port, i->local_port);
		n = send(fd, b.p, b.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		refused = n == -1 && errno == ECONNREFUSED;
		i->asked = n == (ssize_t)b.n;
		buf_done(&b);
		if (!i->asked || loop_io_set(i->io, LOOP_READ) == -1)
			ident_end(i, refused ? STR(IDENT_NOBODY_THERE) : STR_NONE);
		return;
	}
	if ((p = buf_reserve(&i->in, IDENT_LINE_MAX - i->in.n)) == NULL) {
		ident_end(i, STR_NONE);
		return;
	}
	n = recv(fd, p, IDENT_LINE_MAX - i->in.n, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		buf_commit(&i->in, (size_t)n);
	nl = str_chr(buf_str(&i->in), '\n');
	if (nl != SIZE_MAX)
		ident_end(i, ident_parse(str_first(buf_str(&i->in), nl), i->client_port, i->local_port));
	else if (n <= 0 || i->in.n >= IDENT_LINE_MAX)
		ident_end(i, STR_NONE);
}

/* A connection that begins; the address we were called at is the one we call from. */
static int
ident_socket(const struct ident_ask *q, bool *refused)
{
	struct ip		to = q->client, from = q->local;
	struct sockaddr_storage	ss;
	socklen_t		len;
	int			fd;

	to.port = IDENT_PORT;
	from.port = 0;
	if ((fd = socket(to.family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0)) == -1)
		return -1;
	if (os_fd_cloexec(fd, true) == -1 || os_fd_nonblock(fd, true) == -1)
		goto bad;
	if (from.family == to.family) {
		len = ip_to_sockaddr(&from, &ss);
		if (bind(fd, (struct sockaddr *)&ss, len) == -1)
			goto bad;
	}
	len = ip_to_sockaddr(&to, &ss);
	if (connect(fd, (struct sockaddr *)&ss, len) == 0 || errno == EINPROGRESS)
		return fd;
	*refused = errno == ECONNREFUSED;
bad:
	close(fd);
	return -1;
}

int
ident_answer(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct ident_ask	 q;
	struct ident		*i;
	bool			 refused = false;

	if (ident_ask_get(f->body, &q) == -1)
		return -1;
	if (ident_open >= IDENT_OPEN_MAX || (i = calloc(1, sizeof *i)) == NULL) {
		(void)req_answer(p, f, STR(""), -1);
		return 0;
	}
	i->client_port = q.client.port;
	i->local_port = q.local.port;
	buf_init(&i->in, IDENT_LINE_MAX);
	if ((i->fd = ident_socket(&q, &refused)) == -1 || (i->io = loop_io_new(ctx->loop, i->fd, LOOP_WRITE, ident_event, i)) == NULL ||
	    (i->timer = loop_timer_new(ctx->loop, ident_late, i)) == NULL || loop_timer_set(i->timer, q.patience_ms) == -1 ||
	    (i->held = req_hold(p, f)) == NULL) {
		(void)req_answer(p, f, refused ? STR(IDENT_NOBODY_THERE) : STR(""), -1);
		loop_io_free(&i->io);
		loop_timer_free(&i->timer);
		if (i->fd != -1)
			close(i->fd);
		buf_done(&i->in);
		free(i);
		return 0;
	}
	ident_open++;
	return 0;
}
