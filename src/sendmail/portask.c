/*
 * portask - see the header.
 */
#include "portask.h"

#include "net/ip.h"
#include "proc/form.h"

static bool
port_ok(const void *p)
{
	const struct port_ask *m = p;

	return m->family == 4 || m->family == 6;
}
FORM(port_form, struct port_ask, port_ok,
    FORM_U8(struct port_ask, family, 6),
    FORM_STR(struct port_ask, from, IP_TEXT));
FORM_PAIR(port_ask, port_ask, port_form)
