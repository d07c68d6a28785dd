/*
 * login - one connection of the front: until login, and relayed after it where there is TLS.
 *
 * login_pump is the whole of it: it moves bytes in every direction there is until nothing moves, then says what to wait for.  A login may end inside any
 * callback, so it is only marked dead there and freed when nothing of it runs or is waited for.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/log.h"
#include "front/login_int.h"
#include "net/conn.h"
#include "net/tls.h"
#include "os/fd.h"

#define LOGIN_OUT_MAX	((size_t)256 << 10)
#define LOGIN_END_WAIT	5000			/* ms to get the last words out */

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
		share_count(l->f->share, &l->peer, false);
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

void
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

void
login_event(void *arg, int fd, unsigned what)
{
	(void)fd;
	(void)what;
	login_pump(arg);
}

static void
login_leave(struct login *l, const char *why)
{
	if (l->ending || l->phase == P_HANDSHAKE) {
		login_free(l);
		return;
	}
	l->busy++;
	login_auth_cancel(l);
	l->phase = P_PROTO;
	l->f->role->proto->bye(l, why);
	l->ending = true;
	(void)loop_timer_set(l->timer, LOGIN_END_WAIT);
	l->busy--;
	login_pump(l);
}

static void
login_late(void *arg)
{
	login_leave(arg, "timeout");
}

void
logins_leave(struct front *f, const char *why)
{
	LIST_EACH(it, &f->logins) {
		struct login	*l = LIST_OF(it, struct login, link);

		if (l->phase < P_CLAIM)
			login_leave(l, why);
	}
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
	share_count(f->share, peer, true);
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

static void
login_say_str(struct login *l, struct str s)
{
	if (buf_add(&l->out, s) == -1)
		l->ending = true;
}

void
login_challenge(struct login *l, struct str challenge)
{
	struct buf	b;

	buf_init(&b, 0);
	enc_b64(&b, challenge);
	login_say(l, "+ ");
	login_say_str(l, buf_str(&b));
	login_say(l, "\r\n");
	buf_done(&b);
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
	return l->f->host;
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
