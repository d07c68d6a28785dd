/*
 * auth_exchange - one authentication: the front's questions go to a child of the checker, its answers come back.
 *
 * When an exchange ends well the parent is told first whom to let in (GRANT), and only then the front that there is a ticket.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "front/auth_int.h"
#include "os/fd.h"
#include "os/load.h"

#define AUTH_EXCHANGES	200u			/* at a time, without those whose refusal is held back */

struct exchange {
	struct list		 link;
	struct auth		*auth;
	struct auth_front	*front;		/* NULL: it is gone */
	struct chan		*child;
	struct loop_timer	*timer;
	uint32_t		 id;
	struct frame		 question;	/* that waits for an answer; tag and type only */
	bool			 asked, granting, refused;
	struct mbuser		 user;
	uint8_t			 ticket[FRONT_TICKET];
	char			 peer[IP_TEXT], name[256];
	struct buf		 late;		/* an answer that is held back */
	struct arena		*arena;
};

static void
exchange_free(struct exchange *x)
{
	list_remove(&x->link);
	if (!x->refused)
		x->auth->nexchanges--;
	loop_timer_free(&x->timer);
	chan_free(&x->child);
	buf_done(&x->late);
	arena_free(&x->arena);
	free(x);
}

static void
exchange_reply(struct exchange *x, enum auth_rc rc, struct str challenge)
{
	struct buf	b;

	if (x->front == NULL || !x->asked)
		return;
	x->asked = false;
	buf_init(&b, CHAN_MAX);
	front_said_put(&b, &(struct front_said){ rc, challenge, rc == AUTH_OK ? str_mem(x->ticket, FRONT_TICKET) : STR(""), str_c(x->name) });
	(void)chan_answer(x->front->chan, &x->question, buf_str(&b), -1);
	buf_done(&b);
}

/* Time is over: for a refusal that was held back, or for the child. */
static void
exchange_timer(void *arg)
{
	struct exchange	*x = arg;

	exchange_reply(x, x->refused ? AUTH_NO : AUTH_TEMP, STR(""));
	if (!x->granting)
		exchange_free(x);
}

static void
exchange_granted(void *arg, struct frame *f)
{
	struct exchange	*x = arg;
	struct err	 e = ERR_INIT;

	x->granting = false;
	if (chan_frame_err(f, &e) == 0)
		exchange_reply(x, AUTH_OK, buf_str(&x->late));
	else {
		log_line(1, LOG_P_ERR, NULL, "auth: user %s: %s", x->name, e.text);
		exchange_reply(x, AUTH_TEMP, STR(""));
	}
	exchange_free(x);
}

static void
exchange_grant(struct exchange *x, struct str challenge)
{
	struct buf	b;

	os_random(x->ticket, sizeof x->ticket);
	buf_clear(&x->late);
	buf_add(&x->late, challenge);
	buf_init(&b, CHAN_MAX);
	front_grant_put(&b, &(struct front_grant){ str_mem(x->ticket, FRONT_TICKET), x->front->number, x->user });
	if (chan_call(x->auth->role->parent, FM_GRANT, buf_str(&b), -1, exchange_granted, x, FRONT_CLAIM_WAIT) == 0)
		x->granting = true;
	else
		exchange_reply(x, AUTH_TEMP, STR(""));
	buf_done(&b);
}

/* What the child says: its answers come on the tag of our question. */
static void
exchange_answer(void *arg, struct frame *f)
{
	struct exchange	*x = arg;
	struct front_found found;
	enum auth_rc	 rc = AUTH_TEMP;

	if (x->granting || x->refused)			/* it ended; so did its part */
		return;
	if (f == NULL || (f->flags & CHAN_ERROR) != 0) {
		exchange_reply(x, AUTH_TEMP, STR(""));
		exchange_free(x);
		return;
	}
	if (front_found_get(f->body, &found) == 0) {
		rc = found.rc;
		(void)str_copy(x->name, sizeof x->name, found.name);
		x->user = found.user;
		x->user.name = arena_str(x->arena, found.user.name);
		x->user.home = arena_str(x->arena, found.user.home);
	} else
		found.challenge = STR("");
	if (rc == AUTH_OK && x->front != NULL) {
		exchange_grant(x, found.challenge);
		if (x->granting)
			return;
	} else if (rc == AUTH_NO) {
		x->refused = true;		/* its child is done; an answer that waits holds nobody up */
		x->auth->nexchanges--;
		(void)loop_timer_set(x->timer, guess_wrong(x->auth, x->peer, x->name));
		return;
	} else
		exchange_reply(x, rc, found.challenge);
	if (rc != AUTH_CONTINUE)
		exchange_free(x);
}

static void
exchange_ask(struct exchange *x, const struct frame *f)
{
	x->question = *f;
	x->asked = true;
	if (chan_call(x->child, f->type, f->body, -1, exchange_answer, x, AUTH_CHILD_WAIT) == -1) {
		exchange_reply(x, AUTH_TEMP, STR(""));
		exchange_free(x);
	}
}

/* The child's end closed outside of a question: it ended, as it should after its last answer. */
static void
exchange_gone(void *arg, struct chan *ch, struct frame *f)
{
	struct exchange	*x = arg;

	(void)ch;
	if (f != NULL) {
		if (f->fd != -1)
			close(f->fd);
		return;
	}
	if (!x->granting && !x->refused)
		exchange_free(x);
}

/* A child of the checker's at the other end of a new channel. */
static int
exchange_start(struct exchange *x)
{
	int	p[2];
	bool	sent;

	if (os_socketpair(p) == -1)
		return -1;
	sent = os_send_fd(x->auth->checker, "x", 1, p[1]) == 1;
	close(p[1]);
	if (!sent || (x->child = chan_new(p[0])) == NULL) {
		close(p[0]);
		return -1;
	}
	return chan_on_loop(x->child, x->auth->loop, exchange_gone, x, FRONT_CHAN_CAP);
}

static void
auth_refuse(struct auth_front *fr, const struct frame *f, enum auth_rc rc)
{
	struct buf	b;

	buf_init(&b, 256);
	front_said_put(&b, &(struct front_said){ rc, STR(""), STR(""), STR("") });
	(void)chan_answer(fr->chan, f, buf_str(&b), -1);
	buf_done(&b);
}

int
auth_begin(struct auth_front *fr, struct frame *f)
{
	struct auth	*a = fr->auth;
	struct exchange	*x;
	struct front_begin begin;

	if (front_begin_get(f->body, &begin) == -1)
		return -1;
	if (a->nexchanges >= AUTH_EXCHANGES || (x = calloc(1, sizeof *x)) == NULL) {
		auth_refuse(fr, f, AUTH_TEMP);
		return 0;
	}
	x->auth = a;
	x->front = fr;
	x->id = begin.id;
	x->arena = arena_new(ARENA_DEFAULT);
	buf_init(&x->late, 65536);
	(void)str_copy(x->peer, sizeof x->peer, begin.peer);
	list_append(&a->exchanges, &x->link);
	a->nexchanges++;
	if ((x->timer = loop_timer_new(a->loop, exchange_timer, x)) == NULL || loop_timer_set(x->timer, AUTH_CHILD_WAIT) == -1 ||
	    exchange_start(x) == -1) {
		exchange_free(x);
		auth_refuse(fr, f, AUTH_TEMP);
		return 0;
	}
	exchange_ask(x, f);
	return 0;
}

static struct exchange *
auth_exchange(struct auth_front *fr, uint32_t id)
{
	LIST_EACH(it, &fr->auth->exchanges) {
		struct exchange	*x = LIST_OF(it, struct exchange, link);

		if (x->front == fr && x->id == id && !x->refused && !x->granting)
			return x;
	}
	return NULL;
}

int
auth_step(struct auth_front *fr, struct frame *f)
{
	struct front_step step;
	struct exchange	*x;

	if (front_step_get(f->body, &step) == -1)
		return -1;
	if ((x = auth_exchange(fr, step.id)) == NULL || x->asked)
		auth_refuse(fr, f, AUTH_BAD);
	else
		exchange_ask(x, f);
	return 0;
}

int
auth_cancel(struct auth_front *fr, struct frame *f)
{
	struct msg_in	 m = msg_in(f->body);
	uint32_t	 id = msg_u32(&m);
	struct exchange	*x;

	if (!msg_end(&m))
		return -1;
	if ((x = auth_exchange(fr, id)) != NULL)
		exchange_free(x);
	return 0;
}

void
auth_forget(struct auth_front *fr)
{
	LIST_EACH(it, &fr->auth->exchanges) {
		struct exchange	*x = LIST_OF(it, struct exchange, link);

		if (x->front == fr) {
			x->front = NULL;
			if (!x->granting)
				exchange_free(x);
		}
	}
}
