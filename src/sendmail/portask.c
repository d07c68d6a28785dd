/*
 * portask - see the header.
 */
#include "portask.h"

#include "proc/msg.h"

void
port_ask_put(struct buf *b, const struct port_ask *m)
{
	msg_put_u8(b, m->family);
	msg_put_str(b, m->from);
}

int
port_ask_get(struct str body, struct port_ask *m)
{
	struct msg_in in = msg_in(body);

	m->family = msg_u8(&in);
	m->from = msg_str(&in, IP_TEXT);
	return msg_end(&in) && (m->family == 4 || m->family == 6) ? 0 : -1;
}
