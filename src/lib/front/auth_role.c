/*
 * auth_role - the role that says who may log in: it answers steps of exchanges, and alone tells the parent for whom to start a session.
 *
 * It has no rights of its own: passwords are checked by children of the checker (auth_int.h), which it forks before it gives its rights up.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "front/auth_int.h"

static int
auth_mechs(struct auth_front *fr, struct frame *f)
{
	struct buf	b;

	if (f->body.n != 0)
		return -1;
	buf_init(&b, 1024);
	msg_put_str(&b, str_c(fr->auth->mechs));
	msg_put_str(&b, str_c(fr->auth->mechs_clear));
	(void)chan_answer(fr->chan, f, buf_str(&b), -1);
	buf_done(&b);
	return 0;
}

static const struct {
	enum front_msg	what;
	int		(*answer)(struct auth_front *, struct frame *);
} questions[] = {
	{ FM_MECHS, auth_mechs }, { FM_BEGIN, auth_begin }, { FM_STEP, auth_step }, { FM_CANCEL, auth_cancel },
};

static void
auth_front_free(struct auth_front *fr)
{
	auth_forget(fr);
	list_remove(&fr->link);
	chan_free(&fr->chan);
	if (list_empty(&fr->auth->fronts))
		loop_stop(fr->auth->loop);		/* nobody is left to ask */
	free(fr);
}

static void
auth_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct auth_front	*fr = arg;

	(void)ch;
	if (f == NULL) {
		auth_front_free(fr);
		return;
	}
	if (f->fd != -1)
		close(f->fd);
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
		if ((uint16_t)questions[i].what == f->type && f->fd == -1) {
			if (questions[i].answer(fr, f) == 0)
				return;
			break;
		}
	log_line(1, LOG_P_ERR, NULL, "auth: front %u asked what it may not ask (%u)", fr->number, f->type);
	auth_front_free(fr);
}

static void
auth_parent(void *arg, struct chan *ch, struct frame *f)
{
	struct auth		*a = arg;
	struct auth_front	*fr;
	struct msg_in		 m;

	if (f == NULL) {
		loop_stop(a->loop);
		return;
	}
	if (role_pinged(ch, f))
		return;
	m = msg_in(f->body);
	if (f->type != FM_CHANNEL || f->fd == -1 || (fr = calloc(1, sizeof *fr)) == NULL) {
		if (f->fd != -1)
			close(f->fd);
		return;
	}
	fr->auth = a;
	fr->number = msg_u32(&m);
	list_append(&a->fronts, &fr->link);
	if ((fr->chan = chan_new(f->fd)) == NULL || chan_on_loop(fr->chan, a->loop, auth_frame, fr, FRONT_CHAN_CAP) == -1)
		auth_front_free(fr);
}

static void
auth_checker_gone(void *arg, int fd, unsigned what)
{
	struct auth	*a = arg;

	(void)fd;
	(void)what;
	log_line(1, LOG_P_ERR, NULL, "auth: the checker is gone");
	loop_stop(a->loop);
}

int
auth_role(struct role *r)
{
	struct auth	a = { .role = r, .checker = -1 };
	struct err	e = ERR_INIT;

	list_init(&a.fronts);
	list_init(&a.exchanges);
	list_init(&a.guesses);
	if (auth_find_mechs(&a) == -1)
		return EXIT_CONFIG;
	if (auth_checker(&a) == -1) {
		log_line(0, LOG_P_ERR, NULL, "auth: the checker could not be started");
		return EXIT_OSERR;
	}
	if (role_drop(r, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "auth: %s", e.text);
		return EXIT_CONFIG;
	}
	if ((a.loop = loop_new()) == NULL || (a.checker_io = loop_io_new(a.loop, a.checker, LOOP_READ, auth_checker_gone, &a)) == NULL ||
	    chan_on_loop(r->parent, a.loop, auth_parent, &a, FRONT_CHAN_CAP) == -1) {
		log_line(0, LOG_P_ERR, NULL, "auth: out of memory");
		return EXIT_OSERR;
	}
	(void)loop_run(a.loop);
	return EXIT_OK;
}
