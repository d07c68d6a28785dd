/*
 * gate_crowd - sessions that come with connections to filters go to smtpds a part at a time.
 *
 * Such a session is handed over as a bundle, which counts one descriptor for each connection in it until a worker has opened it, and the system lets a user
 * have no more of those under way than one process may open (unix(7), ETOOMANYREFS).  Past half of that a session waits here, as it did before it
 * spoke, until another ends or is parked again.
 */
#include "gate.h"

#define CROWD_EACH	2		/* beside those to filters: the client's, and the bundle itself */

static bool
crowd_has_room(const struct gate *g, unsigned n)
{
	return g->bundled == 0 || g->bundled + n <= (unsigned)g->files / 2;
}

static unsigned
crowd_size(const struct gate_conn *c)
{
	return c->nfilters == 0 ? 0 : (unsigned)c->nfilters + CROWD_EACH;
}

bool
gate_crowd_waits(struct gate_conn *c)
{
	struct gate	*g = c->gate;
	unsigned	 n = crowd_size(c);

	if (n > 0 && !crowd_has_room(g, n)) {
		c->step = GATE_CROWD;
		list_append(&g->crowd, &c->wait);
		return true;
	}
	c->bundled = n;
	g->bundled += n;
	return false;
}

void
gate_crowd_leave(struct gate_conn *c)
{
	if (c->step == GATE_CROWD)
		list_remove(&c->wait);
	c->gate->bundled -= c->bundled;
	c->bundled = 0;
}

void
gate_crowd_next(struct gate *g)
{
	while (!list_empty(&g->crowd)) {
		struct gate_conn *c = LIST_OF(g->crowd.next, struct gate_conn, wait);

		if (!crowd_has_room(g, crowd_size(c)))
			return;
		list_remove(&c->wait);
		c->step = GATE_PARKED;
		gate_hand(c);
	}
}
