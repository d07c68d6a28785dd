/*
 * flow - see the header.
 */
#include "flow.h"

#include <stdlib.h>

struct flow_one {
	struct list	 link;
	struct flow	*flow;		/* NULL: it is not young any more */
	uint64_t	 since;
	bool		 taken;
};

void
flow_init(struct flow *f)
{
	list_init(&f->young);
	f->n = f->taken = 0;
}

struct flow_one *
flow_enter(struct flow *f, uint64_t now_ms)
{
	struct flow_one *o = calloc(1, sizeof *o);

	if (o == NULL)
		return NULL;
	o->flow = f;
	o->since = now_ms;
	list_append(&f->young, &o->link);
	f->n++;
	return o;
}

void
flow_take(struct flow_one *o)
{
	if (o == NULL || o->flow == NULL || o->taken)
		return;
	o->taken = true;
	o->flow->taken++;
}

static void
flow_old(struct flow_one *o)
{
	list_remove(&o->link);
	o->flow->n--;
	o->flow->taken -= o->taken;
	o->flow = NULL;
}

void
flow_leave(struct flow_one **op)
{
	struct flow_one *o = *op;

	if (o != NULL && o->flow != NULL)
		flow_old(o);
	free(o);
	*op = NULL;
}

bool
flow_full(struct flow *f, uint64_t now_ms)
{
	while (!list_empty(&f->young)) {
		struct flow_one *o = LIST_OF(f->young.next, struct flow_one, link);

		if (now_ms < o->since + FLOW_YOUNG_MS)
			break;
		flow_old(o);
	}
	return f->n >= FLOW_MOST && f->taken >= FLOW_TAKEN;
}
