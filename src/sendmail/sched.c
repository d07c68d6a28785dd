/*
 * sched - the messages that the spool role knows, and whose turn it is.
 *
 * A heap on (due, priority).  A message takes about a hundred bytes here while it waits; everything else about it is in its qf file, or, before its
 * first try, in a bounded amount of memory.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "os/load.h"
#include "spoold.h"

#define NOT_IN_HEAP	SIZE_MAX
#define LONELY_MS	20000

int64_t
spoold_now(void)
{
	return (int64_t)time(NULL);
}

/* ---- the heap ---- */

/* QueueSortOrder among those that are due at one time.  By host is by priority: attempts for one host share their sessions anyway. */
static bool
sched_before(const struct spoold *s, const struct msg *a, const struct msg *b)
{
	if (a->due != b->due)
		return a->due < b->due;
	switch (s->conf->opt.queue_sort_order) {
	case 't':
	case 'm':
		return a->created < b->created;
	case 'f':
		return strcmp(a->id, b->id) < 0;
	case 'r':
		return hash_bytes(str_c(a->id), hash_seed()) < hash_bytes(str_c(b->id), hash_seed());
	case 'n':
		return false;
	}
	return a->priority < b->priority;
}

static void
sched_place(struct spoold *s, size_t i, struct msg *m)
{
	s->heap[i] = m;
	m->at = i;
}

static void
sched_up(struct spoold *s, size_t i, struct msg *m)
{
	while (i > 0 && sched_before(s, m, s->heap[(i - 1) / 2])) {
		sched_place(s, i, s->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	sched_place(s, i, m);
}

static void
sched_down(struct spoold *s, size_t i, struct msg *m)
{
	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= s->nheap)
			break;
		if (c + 1 < s->nheap && sched_before(s, s->heap[c + 1], s->heap[c]))
			c++;
		if (!sched_before(s, s->heap[c], m))
			break;
		sched_place(s, i, s->heap[c]);
		i = c;
	}
	sched_place(s, i, m);
}

static void
sched_remove(struct spoold *s, struct msg *m)
{
	size_t		 i = m->at;
	struct msg	*last;

	if (i == NOT_IN_HEAP)
		return;
	m->at = NOT_IN_HEAP;
	last = s->heap[--s->nheap];
	if (last == m)
		return;
	if (i > 0 && sched_before(s, last, s->heap[(i - 1) / 2]))
		sched_up(s, i, last);
	else
		sched_down(s, i, last);
}

void
sched_reorder(struct spoold *s)
{
	for (size_t i = s->nheap / 2; i-- > 0;)
		sched_down(s, i, s->heap[i]);
}

/* ---- messages ---- */

int
sched_init(struct spoold *s)
{
	s->msgs = hash_new(NULL, HASH_BORROW);
	return s->msgs == NULL ? -1 : 0;
}

struct msg *
sched_find(struct spoold *s, struct str id)
{
	return hash_get(s->msgs, id);
}

struct msg *
sched_add(struct spoold *s, struct str id, uint32_t dir)
{
	struct msg *m = calloc(1, sizeof *m);

	if (m == NULL || str_copy(m->id, sizeof m->id, id) == -1) {
		free(m);
		return NULL;
	}
	m->dir = dir;
	m->at = NOT_IN_HEAP;
	m->lock = -1;
	m->due = INT64_MAX;
	/* Room for every message: sched_at cannot fail. */
	if (hash_count(s->msgs) + 1 > s->heap_room) {
		size_t		 room = s->heap_room == 0 ? 64 : 2 * s->heap_room;
		struct msg	**h = realloc(s->heap, room * sizeof *h);

		if (h == NULL) {
			free(m);
			return NULL;
		}
		s->heap = h;
		s->heap_room = room;
	}
	if (hash_put(s->msgs, str_c(m->id), m) == -1) {
		free(m);
		return NULL;
	}
	return m;
}

void
sched_drop_kept(struct spoold *s, struct msg *m)
{
	if (m->kept == NULL)
		return;
	s->kept -= m->kept->qf.n + m->kept->content.n;
	s->nkept--;
	buf_done(&m->kept->qf);
	buf_done(&m->kept->content);
	free(m->kept);
	m->kept = NULL;
}

void
sched_forget(struct spoold *s, struct msg *m)
{
	sched_remove(s, m);
	sched_drop_kept(s, m);
	if (m->lock != -1)
		close(m->lock);
	hash_del(s->msgs, str_c(m->id));
	free(m);
}

void
sched_at(struct spoold *s, struct msg *m, int64_t due)
{
	sched_remove(s, m);
	m->due = due;
	sched_up(s, s->nheap++, m);
}

/* QueueLA: on a busy machine messages of low priority wait.  By how much the load is above it, counted from 1; 0 when it is not. */
static int
sched_too_busy(struct spoold *s)
{
	static int64_t	looked;
	static int	la;
	int64_t		now = spoold_now();

	if (s->conf->opt.queue_la <= 0)
		return 0;
	if (now - looked >= 5) {
		la = os_load_avg();
		looked = now;
	}
	return la >= s->conf->opt.queue_la ? la - (int)s->conf->opt.queue_la + 1 : 0;
}

static bool
sched_must_wait(struct spoold *s, int busy, const struct msg *m)
{
	return m->priority > s->conf->opt.queue_factor / busy;
}

/* At the start, or after a crash of one: those who work for us are not there yet.  Without client or local it goes on after a while. */
static bool
sched_has_roles(struct spoold *s)
{
	struct peer *const *to = s->ctx->to;

	if (to[R_ROUTE] != NULL && to[R_CLIENT] != NULL && to[R_LOCAL] != NULL) {
		s->lonely_since = 0;
		return true;
	}
	if (s->lonely_since == 0)
		s->lonely_since = os_now_ms();
	return to[R_ROUTE] != NULL && os_now_ms() - s->lonely_since > LONELY_MS;
}

void
sched_run(struct spoold *s)
{
	int64_t	now = spoold_now();
	int	busy = sched_too_busy(s);

	if (s->running)
		return;
	if (!sched_has_roles(s) && s->nheap > 0 && !s->stopping) {
		loop_timer_set(s->timer, 100);
		return;
	}
	s->running = true;
	while (!s->stopping && s->nheap > 0 && s->heap[0]->due <= now && s->working < SPOOL_HAND_MAX) {
		struct msg *m = s->heap[0];

		if (busy > 0 && sched_must_wait(s, busy, m)) {
			sched_at(s, m, now + 60);
			continue;
		}
		sched_remove(s, m);
		hand_start(s, m);
	}
	s->running = false;
	if (s->nheap > 0 && s->heap[0]->due != INT64_MAX && s->heap[0]->due > now) {
		int64_t wait = s->heap[0]->due - now;

		loop_timer_set(s->timer, (uint64_t)(wait > 3600 ? 3600 : wait) * 1000);
	}
	spoold_check_flush(s);
}

bool
sched_idle(const struct spoold *s)
{
	return s->working == 0 && s->committing == 0 && (s->nheap == 0 || s->heap[0]->due > spoold_now());
}
