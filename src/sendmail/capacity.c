/*
 * capacity - see the header.
 */
#include "capacity.h"

#include <limits.h>

#include "os/fd.h"

#define CAPACITY_OWN	64		/* what spool, lookup and resolver have open beside the channels of smtpd's and client's workers */
#define GATE_OWN	48		/* gate and the master of smtpd, beside connections and workers */

static int
capacity_bound(int n, int least, int most)
{
	return n < least ? least : n > most ? most : n;
}

void
capacity_of(int files, const struct conf_opts *o, struct capacity *c)
{
	int64_t	children = o->max_daemon_children;
	int	sessions = children <= 0 ? CAPACITY_SESSIONS : children < 10000 ? (int)children : 10000;
	int	room = files - CAPACITY_OWN;

	c->files = files;
	c->deliveries = capacity_bound(room / 4, 2, CAPACITY_DELIVERIES);
	c->sessions = capacity_bound((room - c->deliveries) / 2, sessions < 4 ? sessions : 4, sessions);
	c->connections = capacity_bound(files - GATE_OWN, 16, CAPACITY_CONNECTIONS);
	c->tight = c->deliveries < CAPACITY_DELIVERIES || c->sessions < sessions;
}

void
capacity_here(const struct conf_opts *o, struct capacity *c)
{
	capacity_of(os_fd_limit(), o, c);
}
