/*
 * spoold_place - who makes room for a session that has a processor to itself.
 *
 * A session's process keeps to the processor of its client while there are few of them (os/near.h), and says with each message where that is.  What happens to
 * the message behind the answer is then better off elsewhere: the next command would wait for it.  Spool is who knows how much that is: with little to do
 * it and those who work for it keep away from there, with more they may run anywhere, and a moment after the last message, too.
 */
#include "spoold.h"

#include "os/load.h"
#include "os/near.h"

#define PLACE_WORK	8		/* messages in work: more of them have use for all processors */
#define PLACE_MS	100		/* a session from which nothing has come for so long has no use for its own */

void
spoold_session_at(struct spoold *s, uint32_t near)
{
	s->session_at = near;
	s->session_until = os_now_ms() + PLACE_MS;
}

uint32_t
spoold_aside(struct spoold *s)
{
	uint32_t aside = s->session_at != 0 && s->working <= PLACE_WORK && os_now_ms() < s->session_until ? s->session_at : 0;

	os_aside((int)(aside - 1u));
	return aside;
}
