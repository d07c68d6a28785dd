/*
 * rcptlist - see rcptlist.h.
 */
#include "forward.h"
#include "mime/addr.h"
#include "rcptlist.h"

int
rcptlist_parse(struct arena *m, const struct conf *conf, struct str list, bool old_style, struct rcptlist *r)
{
	struct addr_list l;

	r->n = 0;
	if (forward_kind(list) == FORWARD_INCLUDE) {	/* looks like a group without a name */
		r->v = ARENA_ARRAY(m, struct rcptlist_item, 1);
		r->v[r->n++] = (struct rcptlist_item){ .addr = list };
		return 0;
	}
	if (old_style)
		list = addr_old_style(m, list);
	if (addr_parse_colon(m, list, conf->opt.colon_ok_in_addr, &l) == -1)
		return -1;
	r->v = ARENA_ARRAY(m, struct rcptlist_item, l.n + 1);
	for (size_t i = 0; i < l.n; i++) {
		struct str a = addr_only(m, l.v[i].raw);

		if (l.v[i].kind == ADDR_MAILBOX && a.n > 0)
			r->v[r->n++] = (struct rcptlist_item){ .addr = a, .raw = l.v[i].raw };
	}
	return 0;
}
