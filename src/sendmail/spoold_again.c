/*
 * spoold_again - work that must be tried again although there is no memory, not even for a timer of its own.
 *
 * Who may need it has a struct again inside; one timer, made at the start, serves all.
 */
#include "os/load.h"
#include "spoold.h"

#define AGAIN_MS	500

/* Not put off by the next one. */
static void
again_set(struct spoold *s)
{
	if (!s->again_set)
		s->again_set = loop_timer_set(s->again_timer, AGAIN_MS) == 0;
}

static void
again_tick(void *arg)
{
	struct spoold	*s = arg;
	struct list	 due;
	uint64_t	 now = os_now_ms();

	s->again_set = false;
	list_init(&due);
	LIST_EACH(l, &s->again) {
		struct again *a = LIST_OF(l, struct again, link);

		if (a->at > now)
			continue;
		list_remove(l);
		list_append(&due, l);
	}
	while (!list_empty(&due)) {
		struct again *a = LIST_OF(due.next, struct again, link);

		list_remove(&a->link);
		a->on = false;
		a->fn(a->arg);
	}
	if (!list_empty(&s->again))
		again_set(s);
}

int
again_init(struct spoold *s)
{
	list_init(&s->again);
	s->again_timer = loop_timer_new(s->ctx->loop, again_tick, s);
	return s->again_timer == NULL ? -1 : 0;
}

void
again_at(struct spoold *s, struct again *a, uint64_t ms, void (*fn)(void *), void *arg)
{
	again_cancel(a);
	a->at = os_now_ms() + ms;
	a->fn = fn;
	a->arg = arg;
	a->on = true;
	list_append(&s->again, &a->link);
	again_set(s);
}

void
again_cancel(struct again *a)
{
	if (a->on)
		list_remove(&a->link);
	a->on = false;
}

void
again_look(struct spoold *s)
{
	if (!list_empty(&s->again))
		again_tick(s);
}
