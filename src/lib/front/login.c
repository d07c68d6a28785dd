/*
 * login - one connection of the front: bytes in and out, TLS or not, until login; relayed or handed over after it.
 *
 * login_pump is the whole of it: it moves bytes in every direction there is until nothing moves, then says what to wait for.  A login may end inside any
 * callback, so it is only marked dead there and freed when nothing of it runs or is waited for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "front/front_int.h"
#include "net/conn.h"
#include "net/tls.h"
#include "os/fd.h"

#define LOGIN_CHUNK	16384u
#define RELAY_MAX	((size_t)64 << 10)
#define LOGIN_OUT_MAX	((size_t)256 << 10)
#define LOGIN_END_WAIT	5000			/* ms to get the last words out */

enum phase { P_HANDSHAKE, P_PROTO, P_AUTH, P_CLAIM, P_RELAY, P_AWAY };

struct login {
	struct list		 link;
	struct front		*f;
	const struct mb_listen	*listen;
	struct ip		 peer;
	int			 fd, pair;
	struct loop_io		*io, *pair_io;
	struct loop_timer	*timer;
	struct tls_conn		*tls;
	enum phase		 phase;
	struct buf		 in, out;	/* relay: to the session, to the client */
	unsigned		 want;		/* what TLS waits for */
	bool			 starttls, ending, eof, dead, again, exchange, handover;
	int			 busy, calls;
	uint32_t		 id;		/* of the exchange, for auth */
	struct buf		 resume;
	uint8_t			 ticket[FRONT_TICKET];
	struct chan		*session;
	char			 peer_text[IP_TEXT];
	char			 user[256];
	void			*state;
};

static void login_pump(struct login *);

static void
login_destroy(struct login *l)
{
	struct front	*f = l->f;

	buf_done(&l->in);
	buf_done(&l->out);
	buf_done(&l->resume);
	free(l->state);
	free(l);
	front_gone(f);
}

/* Everything but the memory, which goes when nothing refers to it any more. */
void
login_free(struct login *l)
{
	if (!l->dead) {
		l->dead = true;
		login_auth_cancel(l);
		list_remove(&l->link);
		l->f->nlogins--;
		loop_io_free(&l->io);
		loop_io_free(&l->pair_io);
		loop_timer_free(&l->timer);
		tls_conn_free(&l->tls);
		if (l->fd != -1)
			close(l->fd);
		if (l->pair != -1)
			close(l->pair);
		l->fd = l->pair = -1;
		chan_free(&l->session);
	}
	if (l->busy == 0 && l->calls == 0)
		login_destroy(l);
}

void
login_free_all(struct front *f)
{
	while (!list_empty(&f->logins))
		login_free(LIST_OF(f->logins.next, struct login, link));
}

size_t
login_count_ip(const struct front *f, const struct ip *ip)
{
	size_t	n = 0;

	for (struct list *l = f->logins.next; l != &f->logins; l = l->next)
		n += ip_eq(&LIST_OF(l, struct login, link)->peer, ip);
	return n;
}

/* --- moving bytes ----------------------------------------------------------------------------- */

enum moved { MOVED, MOVED_NOT, MOVED_END };

static enum moved
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

static enum moved
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

static enum moved
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

static enum moved
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

/* The handshake: true when it is over, one way or the other. */
static bool
login_shake(struct login *l)
{
	struct err	e = ERR_INIT;

	switch (tls_conn_accept(l->tls, &e)) {
	case TLS_WANT_READ:
		return false;
	case TLS_WANT_WRITE:
		l->want |= LOOP_WRITE;
		return false;
	case TLS_DONE:
		l->phase = P_PROTO;
		if (l->listen->tls == MB_TLS_IMPLICIT)
			l->f->role->proto->greet(l);
		return true;
	default:
		log_line(8, LOG_P_INFO, NULL, "TLS handshake failed, relay=%s: %s", l->peer_text, e.text);
		login_free(l);
		return true;
	}
}

static bool
login_begin_tls(struct login *l)
{
	struct err	e = ERR_INIT;

	l->starttls = false;
	buf_clear(&l->in);			/* what came before was not protected */
	if ((l->tls = tls_conn_new(l->f->tls, l->fd, &e)) == NULL) {
		log_line(1, LOG_P_ERR, NULL, "%s", e.text);
		login_free(l);
		return false;
	}
	l->phase = P_HANDSHAKE;
	return true;
}

static void login_give(struct login *);

/* One round; true if anything moved. */
static bool
login_round(struct login *l)
{
	bool		moved = false;
	enum moved	m;

	if (l->phase == P_HANDSHAKE)
		return login_shake(l) && !l->dead;
	if ((m = login_write(l)) == MOVED_END)
		goto end;
	moved |= m == MOVED;
	if (l->out.n == 0 && l->ending)
		goto end;
	if (l->out.n == 0 && l->starttls)
		return login_begin_tls(l);
	if (l->out.n == 0 && l->handover) {
		login_give(l);
		return !l->dead && l->phase == P_RELAY;
	}
	if (l->phase == P_RELAY) {
		if (l->in.n < RELAY_MAX && !l->eof && (m = login_read(l)) != MOVED_NOT) {
			moved |= m == MOVED;
			if (m == MOVED_END)
				l->eof = true;
		}
		if ((m = relay_in(l)) == MOVED_END || (l->eof && l->in.n == 0))
			goto end;
		moved |= m == MOVED;
		if ((m = relay_out(l)) == MOVED_END) {
			if (l->out.n == 0)
				goto end;
			l->ending = true;	/* the session said its last */
		}
		return moved || m == MOVED;
	}
	if (l->phase == P_PROTO && !l->ending && !l->starttls) {
		if ((m = login_read(l)) == MOVED_END)
			goto end;
		if (m == MOVED || l->again) {
			l->again = false;
			l->f->role->proto->input(l);
			if (!l->dead && l->phase == P_PROTO && l->in.n > l->f->role->proto->input_max)
				goto end;
			moved = true;
		}
	}
	return moved && !l->dead;
end:
	login_free(l);
	return false;
}

static void
login_pump(struct login *l)
{
	unsigned	want = 0;

	if (l->dead)
		return;
	l->busy++;
	l->want = 0;
	while (login_round(l))
		l->want = 0;
	l->busy--;
	if (l->dead) {
		login_free(l);
		return;
	}
	if (l->phase == P_AWAY)
		return;
	if (l->phase == P_HANDSHAKE || (l->phase == P_PROTO && !l->ending) || (l->phase == P_RELAY && l->in.n < RELAY_MAX && !l->eof))
		want |= LOOP_READ;
	if (loop_io_set(l->io, want | l->want) == -1) {
		login_free(l);
		return;
	}
	if (l->pair_io != NULL && loop_io_set(l->pair_io, (l->in.n > 0 ? LOOP_WRITE : 0u) | (l->out.n < RELAY_MAX && !l->ending ? LOOP_READ : 0u)) == -1)
		login_free(l);
}

static void
login_event(void *arg, int fd, unsigned what)
{
	(void)fd;
	(void)what;
	login_pump(arg);
}

static void
login_late(void *arg)
{
	struct login	*l = arg;

	if (l->ending || l->phase == P_HANDSHAKE) {
		login_free(l);
		return;
	}
	l->busy++;
	login_auth_cancel(l);
	l->phase = P_PROTO;
	l->f->role->proto->bye(l, "timeout");
	l->ending = true;
	(void)loop_timer_set(l->timer, LOGIN_END_WAIT);
	l->busy--;
	login_pump(l);
}

void
login_new(struct front *f, int fd, const struct mb_listen *listen, const struct ip *peer)
{
	struct login	*l = calloc(1, sizeof *l);

	if (l == NULL || (l->state = calloc(1, f->role->proto->size + 1)) == NULL) {
		free(l);
		close(fd);
		return;
	}
	l->f = f;
	l->fd = fd;
	l->pair = -1;
	l->listen = listen;
	l->peer = *peer;
	ip_text(peer, l->peer_text);
	list_init(&l->link);
	buf_init(&l->in, f->role->proto->input_max + RELAY_MAX + 2 * LOGIN_CHUNK);
	buf_init(&l->out, LOGIN_OUT_MAX);
	buf_init(&l->resume, 4096);
	list_append(&f->logins, &l->link);
	f->nlogins++;
	(void)net_nodelay(fd);
	l->phase = P_PROTO;
	l->busy++;
	if ((l->io = loop_io_new(f->loop, fd, LOOP_READ, login_event, l)) == NULL || (l->timer = loop_timer_new(f->loop, login_late, l)) == NULL ||
	    loop_timer_set(l->timer, (uint64_t)f->role->conf.login_timeout * 1000) == -1)
		login_free(l);
	else if (listen->tls == MB_TLS_IMPLICIT)
		(void)login_begin_tls(l);
	else
		f->role->proto->greet(l);
	l->busy--;
	if (l->dead)
		login_free(l);
	else
		login_pump(l);
}

/* --- for the protocols ------------------------------------------------------------------------ */

void *
login_state(struct login *l)
{
	return l->state;
}

struct buf *
login_input(struct login *l)
{
	return &l->in;
}

void
login_say(struct login *l, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	if (buf_addvf(&l->out, fmt, ap) == -1)
		l->ending = true;
	va_end(ap);
}

void
login_say_str(struct login *l, struct str s)
{
	if (buf_add(&l->out, s) == -1)
		l->ending = true;
}

bool
login_is_tls(const struct login *l)
{
	return l->tls != NULL;
}

bool
login_can_starttls(const struct login *l)
{
	return l->tls == NULL && l->f->tls != NULL && l->listen->tls == MB_TLS_STARTTLS;
}

bool
login_plain_ok(const struct login *l)
{
	return l->tls != NULL || l->f->role->conf.plaintext_always;
}

const char *
login_host(const struct login *l)
{
	return arena_cstr(l->f->role->arena, l->f->role->boot.host);
}

const char *
login_mechanisms(const struct login *l)
{
	return login_plain_ok(l) ? l->f->mechs : l->f->mechs_clear;
}

void
login_starttls(struct login *l)
{
	l->starttls = true;
	buf_clear(&l->in);
}

void
login_end(struct login *l)
{
	l->ending = true;
	if (l->timer != NULL)
		(void)loop_timer_set(l->timer, LOGIN_END_WAIT);
}

/* --- login ------------------------------------------------------------------------------------ */

/* Auth's word on an exchange. */
static void
login_auth_done(void *arg, struct frame *f)
{
	struct login	*l = arg;
	struct err	 e = ERR_INIT;
	enum auth_rc	 rc = AUTH_TEMP;
	struct str	 data = STR(""), user = STR("");

	l->calls--;
	if (l->dead) {
		login_free(l);
		return;
	}
	if (chan_frame_err(f, &e) == 0) {
		struct msg_in	m = msg_in(f->body);
		struct str	ticket;
		uint8_t		word = msg_u8(&m);

		data = msg_str(&m, 65536);
		ticket = msg_str(&m, FRONT_TICKET);
		user = msg_str(&m, 255);
		if (msg_end(&m) && word <= AUTH_CONTINUE)
			rc = (enum auth_rc)word;
		if (rc == AUTH_OK && ticket.n == FRONT_TICKET)
			memcpy(l->ticket, ticket.p, FRONT_TICKET);
		else if (rc == AUTH_OK)
			rc = AUTH_TEMP;
	}
	if (l->phase != P_AUTH)
		return;				/* given up meanwhile */
	l->busy++;
	l->exchange = rc == AUTH_CONTINUE;
	(void)str_copy(l->user, sizeof l->user, user);
	log_line(rc == AUTH_OK ? 9 : 5, LOG_P_INFO, NULL, "login: relay=%s, user=%s, tls=%s, stat=%s", l->peer_text, l->user, l->tls != NULL ? "yes" : "no",
	    rc == AUTH_OK ? "ok" : rc == AUTH_CONTINUE ? "continue" : rc == AUTH_NO ? "refused" : rc == AUTH_BAD ? "bad" : "temporary failure");
	if (rc == AUTH_OK) {
		l->phase = P_CLAIM;
		l->handover = true;
	} else {
		l->phase = P_PROTO;
		l->again = true;
		l->f->role->proto->auth(l, rc, data);
	}
	l->busy--;
	if (l->dead)
		login_free(l);
	else
		login_pump(l);
}

static void
login_ask(struct login *l, enum front_msg what, struct buf *b)
{
	l->phase = P_AUTH;
	if (buf_ok(b) && chan_call(l->f->auth, (uint16_t)what, buf_str(b), -1, login_auth_done, l, FRONT_AUTH_WAIT) == 0) {
		l->calls++;
		return;
	}
	l->phase = P_PROTO;
	l->exchange = false;
	l->f->role->proto->auth(l, AUTH_TEMP, STR(""));
}

void
login_auth(struct login *l, struct str mech, struct str initial, struct str resume)
{
	static uint32_t	last_id;
	struct buf	b;

	buf_clear(&l->resume);
	buf_add(&l->resume, resume);
	l->id = ++last_id;
	l->exchange = true;
	buf_init_secret(&b, CHAN_MAX);
	msg_put_u32(&b, l->id);
	msg_put_str(&b, mech);
	msg_put_str(&b, initial);
	msg_put_bool(&b, login_plain_ok(l));
	msg_put_str(&b, str_c(l->peer_text));
	login_ask(l, FM_BEGIN, &b);
	buf_done(&b);
}

void
login_auth_step(struct login *l, struct str response)
{
	struct buf	b;

	buf_init_secret(&b, CHAN_MAX);
	msg_put_u32(&b, l->id);
	msg_put_str(&b, response);
	login_ask(l, FM_STEP, &b);
	buf_done(&b);
}

void
login_auth_cancel(struct login *l)
{
	struct buf	b;

	if (!l->exchange)
		return;
	l->exchange = false;
	buf_init(&b, 64);
	msg_put_u32(&b, l->id);
	(void)chan_send(l->f->auth, FM_CANCEL, 0, 0, buf_str(&b), -1, NULL);
	buf_done(&b);
}

/* --- after login ------------------------------------------------------------------------------ */

/* The session's end of the channel closed: it is over. */
static void
login_session_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct login	*l = arg;

	(void)ch;
	if (f != NULL && f->fd != -1)
		close(f->fd);			/* a session has nothing to say here */
	if (f == NULL && l->phase == P_AWAY)
		login_free(l);
}

/* TLS stays here: the session gets one end of a pair. */
static int
login_stream(struct login *l)
{
	int	p[2];

	if (l->tls == NULL)
		return l->fd;
	if (os_socketpair(p) == -1)
		return -1;
	(void)os_fd_nonblock(p[0], true);
	l->pair = p[0];
	if ((l->pair_io = loop_io_new(l->f->loop, l->pair, LOOP_READ, login_event, l)) == NULL) {
		close(p[1]);
		return -1;
	}
	return p[1];
}

static void
login_start(struct login *l)
{
	struct buf	b;
	int		fd = login_stream(l), rc = -1;

	buf_init(&b, CHAN_MAX);
	msg_put_str(&b, buf_str(&l->resume));
	msg_put_str(&b, str_c(l->peer_text));
	msg_put_bool(&b, l->tls != NULL);
	msg_put_str(&b, buf_str(&l->in));
	if (fd != -1 && buf_ok(&b) && chan_on_loop(l->session, l->f->loop, login_session_frame, l, FRONT_CHAN_CAP) == 0)
		rc = chan_send(l->session, FM_START, 0, 0, buf_str(&b), fd, NULL);
	buf_done(&b);
	if (fd != -1 && fd != l->fd)
		close(fd);
	if (rc == -1) {
		login_free(l);
		return;
	}
	loop_timer_free(&l->timer);
	buf_clear(&l->in);
	buf_done(&l->resume);
	buf_init(&l->resume, 16);
	if (l->tls != NULL) {
		l->phase = P_RELAY;
		return;
	}
	loop_io_free(&l->io);
	close(l->fd);
	l->fd = -1;
	l->phase = P_AWAY;
}

static void
login_claimed(void *arg, struct frame *f)
{
	struct login	*l = arg;
	struct err	 e = ERR_INIT;

	l->calls--;
	if (l->dead) {
		login_free(l);
		return;
	}
	l->busy++;
	if (chan_frame_err(f, &e) == 0 && l->phase == P_CLAIM)
		login_start(l);
	else if (l->phase == P_CLAIM) {
		log_line(3, LOG_P_WARNING, NULL, "login: relay=%s, user=%s: no session: %s", l->peer_text, l->user, e.text);
		chan_free(&l->session);
		l->phase = P_PROTO;
		l->again = true;
		l->f->role->proto->failed(l);
	}
	l->busy--;
	if (l->dead)
		login_free(l);
	else
		login_pump(l);
}

/* Everything said is out: bring the ticket to the parent, with the session's channel. */
static void
login_give(struct login *l)
{
	int	p[2];

	l->handover = false;
	if (os_socketpair(p) == 0) {
		if ((l->session = chan_new(p[0])) == NULL)
			close(p[0]);
		else if (chan_call(l->f->role->parent, FM_CLAIM, str_mem(l->ticket, FRONT_TICKET), p[1], login_claimed, l, FRONT_CLAIM_WAIT) == 0) {
			l->calls++;
			close(p[1]);
			return;
		}
		close(p[1]);
	}
	chan_free(&l->session);
	l->phase = P_PROTO;
	l->again = true;
	l->f->role->proto->failed(l);
}
