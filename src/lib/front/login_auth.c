/*
 * login_auth - a login: the exchange with auth, the ticket for the parent, the stream for the session.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "front/login_int.h"
#include "net/tls.h"
#include "os/fd.h"

/* Auth's word on an exchange. */
static void
login_auth_done(void *arg, struct frame *f)
{
	struct login	*l = arg;
	struct err	 e = ERR_INIT;
	enum auth_rc	 rc = AUTH_TEMP;
	struct front_said said = { .challenge = STR(""), .name = STR("") };

	l->calls--;
	if (l->dead) {
		login_free(l);
		return;
	}
	if (chan_frame_err(f, &e) == 0 && front_said_get(f->body, &said) == 0) {
		rc = said.rc;
		if (rc == AUTH_OK && said.ticket.n == FRONT_TICKET)
			memcpy(l->ticket, said.ticket.p, FRONT_TICKET);
		else if (rc == AUTH_OK)
			rc = AUTH_TEMP;
	}
	if (l->phase != P_AUTH)
		return;				/* given up meanwhile */
	l->busy++;
	l->exchange = rc == AUTH_CONTINUE;
	(void)str_copy(l->user, sizeof l->user, said.name);
	log_line(rc == AUTH_OK ? 9 : 5, LOG_P_INFO, NULL, "login: relay=%s, user=%s, tls=%s, stat=%s", l->peer_text, l->user, l->tls != NULL ? "yes" : "no",
	    rc == AUTH_OK ? "ok" : rc == AUTH_CONTINUE ? "continue" : rc == AUTH_NO ? "refused" : rc == AUTH_BAD ? "bad" : "temporary failure");
	if (rc == AUTH_OK) {
		l->phase = P_CLAIM;
		l->handover = true;
	} else {
		l->phase = P_PROTO;
		l->again = true;
		l->f->role->proto->auth(l, rc, said.challenge);
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
	if (buf_ok(b) && l->f->auth != NULL && chan_call(l->f->auth, (uint16_t)what, buf_str(b), -1, login_auth_done, l, FRONT_AUTH_WAIT) == 0) {
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
	front_begin_put(&b, &(struct front_begin){ l->id, mech, initial, login_plain_ok(l), str_c(l->peer_text) });
	login_ask(l, FM_BEGIN, &b);
	buf_done(&b);
}

void
login_auth_step(struct login *l, struct str response)
{
	struct buf	b;

	buf_init_secret(&b, CHAN_MAX);
	front_step_put(&b, &(struct front_step){ l->id, response });
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
	if (l->f->auth == NULL)
		return;
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
	front_start_put(&b, &(struct front_start){ buf_str(&l->resume), str_c(l->peer_text), l->tls != NULL, buf_str(&l->in) });
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
void
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
