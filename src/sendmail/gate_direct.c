/*
 * gate_direct - a client that is known to speak at once goes to an smtpd as it comes: verdict, banner and session in one question.
 *
 * As a rule a client is asked about first, greeted here, and gets a worker when its first line is there: who is silent, who is to be refused, who must wait
 * costs no worker.  That takes two questions.  Whose last connection was let in at once, without DNS that had to be asked for, without a pause and without an
 * ident server that takes long, and spoke
 * within GATE_SPEAKS_MS of the banner will do so again: it needs one.  If it does not, the worker gives it back - with a verdict that has to wait, or
 * parked - and the client's next connection takes the long way.
 */
#include "gate.h"

#include "os/load.h"

#define GATE_SPEAKS_MS	50		/* as long as a worker waits before it parks a session (srv.c) */
#define GATE_DIRECT	16		/* sessions that may have begun so: whoever pretends holds no more workers */

bool
gate_direct_later(const struct gate_conn *c)
{
	return c->counted->speaks && c->gate->direct < GATE_DIRECT && list_empty(&c->gate->waiting) && !gate_daemon_is_tls(c->gate, c->daemon);
}

bool
gate_direct(const struct gate_conn *c)
{
	return !c->ident_open && gate_direct_later(c);
}

void
gate_direct_begin(struct gate_conn *c)
{
	c->rounds = 1;
	c->direct = true;
	c->gate->direct++;
}

void
gate_direct_end(struct gate_conn *c)
{
	c->gate->direct -= c->direct;
	c->direct = false;
}

void
gate_direct_back(struct gate_conn *c, const struct park *p)
{
	if (!p->parked || p->count[PARK_COMMANDS] == 0)
		c->counted->speaks = false;
}

void
gate_direct_greeted(struct gate_conn *c, const struct verdict *v)
{
	c->greeted_at = os_now_ms();
	c->prompt = !c->asked_dns && c->greeted_at - c->came_at < GATE_SPEAKS_MS && v->kind == VERDICT_OK && v->pause_ms == 0 && v->tarpit_ms == 0;
}

void
gate_direct_spoke(struct gate_conn *c)
{
	c->counted->speaks = c->prompt && os_now_ms() - c->greeted_at < GATE_SPEAKS_MS;
}
