/*
 * sched - the messages that the spool role knows, and whose turn it is.
 *
 * Fresh messages have a heap of their own; those that were tried before, or are only to be queued, wait in their queue group's heap for their time, and
 * then in another, ordered as QueueSortOrder says, for their turn.  Turns go round: fresh mail, one group after the other.  A message takes
 * about a hundred bytes here; everything else about it is in its qf file, or, before its first try, in a bounded amount of memory.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "jspool.h"
#include "os/load.h"

#define NOT_IN_HEAP	SIZE_MAX
#define LONELY_MS	20000

/* indexes into s->heap */
#define FRESH		0
#define WAITS(g)	(1 + 2 * (size_t)(g))
#define READY(g)	(2 + 2 * (size_t)(g))

int64_t
spoold_now(void)
{
	return (int64_t)time(NULL);
}

/* ---- what comes first ---- */

/* QueueSortOrder. */
static bool
sched_sooner(const struct spoold *s, const struct msg *a, const struct msg *b)
{
	if ((a->comes_to != NULL) != (b->comes_to != NULL))
		return a->comes_to != NULL;		/* there is room for it, and it has been waiting for that */
	if (a->demand != b->demand)
		return a->demand;
	switch (s->conf->opt.queue_sort_order) {
	case 't':
		return a->created < b->created;
	case 'f':
		return strcmp(a->id, b->id) < 0;
	case 'r':
		return hash_bytes(str_c(a->id), hash_seed()) < hash_bytes(str_c(b->id), hash_seed());
	case 'n':
		return false;
	case 'm':
	case 'h':
		if (a->sort != b->sort)
			return a->sort < b->sort;
		break;
	}
	return a->priority != b->priority ? a->priority < b->priority : a->created < b->created;
}

static bool
sched_before(const struct spoold *s, size_t heap, const struct msg *a, const struct msg *b)
{
	if (heap % 2 == 1)
		return a->due < b->due;
	return sched_sooner(s, a, b);
}

/* By host: five letters of it in alphabetical order, and a hash so that the same hosts stand together. */
static uint64_t
sched_host_key(struct str qf)
{
	struct str	line;
	uint64_t	key = 0;
	char		host[256];
	size_t		n = 0, at;

	while (str_split(&qf, '\n', &line)) {
		if (line.n < 2 || line.p[0] != 'R')
			continue;
		for (at = str_rchr(line, '@'); at != SIZE_MAX && ++at < line.n && n < sizeof host && line.p[at] != '>';)
			host[n++] = chr_lower(line.p[at]);
		for (size_t i = 0; i < 5; i++)
			key = key << 8 | (i < n ? (unsigned char)host[i] : 0u);
		return key << 24 | (n == 0 ? 0 : hash_bytes(str_mem(host, n), 0) & 0xffffff);
	}
	return 0;
}

uint64_t
sched_sort_key(const struct spoold *s, struct str qf, int64_t written)
{
	switch (s->conf->opt.queue_sort_order) {
	case 'h':
		return sched_host_key(qf);
	case 'm':
		return (uint64_t)written;
	}
	return 0;
}

/* ---- heaps ---- */

static void
sched_place(struct heap *h, size_t i, struct msg *m)
{
	h->v[i] = m;
	m->at = i;
}

static void
sched_up(struct spoold *s, size_t heap, size_t i, struct msg *m)
{
	struct heap *h = &s->heap[heap];

	while (i > 0 && sched_before(s, heap, m, h->v[(i - 1) / 2])) {
		sched_place(h, i, h->v[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	sched_place(h, i, m);
}

static void
sched_down(struct spoold *s, size_t heap, size_t i, struct msg *m)
{
	struct heap *h = &s->heap[heap];

	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= h->n)
			break;
		if (c + 1 < h->n && sched_before(s, heap, h->v[c + 1], h->v[c]))
			c++;
		if (!sched_before(s, heap, h->v[c], m))
			break;
		sched_place(h, i, h->v[c]);
		i = c;
	}
	sched_place(h, i, m);
}

static void
sched_remove(struct spoold *s, struct msg *m)
{
	struct heap	*h = &s->heap[m->heap];
	size_t		 i = m->at;
	struct msg	*last;

	if (i == NOT_IN_HEAP)
		return;
	m->at = NOT_IN_HEAP;
	last = h->v[--h->n];
	if (last == m)
		return;
	if (i > 0 && sched_before(s, m->heap, last, h->v[(i - 1) / 2]))
		sched_up(s, m->heap, i, last);
	else
		sched_down(s, m->heap, i, last);
}

static void
sched_push(struct spoold *s, size_t heap, struct msg *m)
{
	m->heap = (uint16_t)heap;
	sched_up(s, heap, s->heap[heap].n++, m);
}

static int
heap_reserve(struct heap *h, size_t n)
{
	size_t		 room = h->room == 0 ? 64 : h->room;
	struct msg	**v;

	while (room < n)
		room *= 2;
	if (room == h->room)
		return 0;
	if ((v = realloc(h->v, room * sizeof(struct msg *))) == NULL)
		return -1;
	h->v = v;
	h->room = room;
	return 0;
}

/* Room for one more message of this group, wherever it may go: sched_at cannot fail. */
static int
sched_reserve(struct spoold *s, uint16_t group)
{
	size_t n = s->group[group].members + 1;

	return heap_reserve(&s->heap[FRESH], hash_count(s->msgs) + 1) == -1 || heap_reserve(&s->heap[WAITS(group)], n) == -1 ||
	    heap_reserve(&s->heap[READY(group)], n) == -1 ? -1 : 0;
}

int
sched_reorder(struct spoold *s)
{
	size_t		 n = 1 + 2 * s->ngroup, at = 0;
	struct heap	*h = calloc(n, sizeof *h), *old = s->heap;
	struct str	 key;
	void		*v;
	int		 rc = 0;

	if (h == NULL)
		return -1;
	for (size_t g = 0; g < s->ngroup; g++)
		s->group[g].members = 0;
	while (hash_next(s->msgs, &at, &key, &v))
		s->group[((struct msg *)v)->group].members++;
	for (size_t g = 0; g < s->ngroup && rc == 0; g++)
		if (heap_reserve(&h[WAITS(g)], s->group[g].members) == -1 || heap_reserve(&h[READY(g)], s->group[g].members) == -1)
			rc = -1;
	if (rc == -1 || heap_reserve(&h[FRESH], hash_count(s->msgs)) == -1) {
		for (size_t i = 0; i < n; i++)
			free(h[i].v);
		free(h);
		return -1;
	}
	s->heap = h;
	for (at = 0; old != NULL && hash_next(s->msgs, &at, &key, &v);) {
		struct msg *m = v;

		if (m->at == NOT_IN_HEAP)
			continue;
		m->at = NOT_IN_HEAP;
		sched_push(s, m->heap == FRESH ? FRESH : m->heap % 2 == 1 ? WAITS(m->group) : READY(m->group), m);
	}
	for (size_t i = 0; old != NULL && i < s->nheap; i++)
		free(old[i].v);
	free(old);
	s->nheap = n;
	s->turn = 0;
	return 0;
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
sched_add(struct spoold *s, struct str id, uint32_t dir, uint16_t group)
{
	struct msg *m = calloc(1, sizeof *m);

	if (m == NULL || str_copy(m->id, sizeof m->id, id) == -1 || sched_reserve(s, group) == -1) {
		free(m);
		return NULL;
	}
	m->dir = dir;
	m->group = group;
	m->at = NOT_IN_HEAP;
	m->lock = -1;
	m->due = INT64_MAX;
	if (hash_put(s->msgs, str_c(m->id), m) == -1) {
		free(m);
		return NULL;
	}
	s->group[group].members++;
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
	dest_arrived(s, m);
	sched_drop_kept(s, m);
	flow_leave(&m->flow);
	if (m->lock != -1)
		close(m->lock);
	parts_forget(s, str_c(m->id));
	s->group[m->group].members--;
	hash_del(s->msgs, str_c(m->id));
	free(m);
}

void
sched_at(struct spoold *s, struct msg *m, int64_t due)
{
	sched_remove(s, m);
	m->due = due;
	sched_push(s, due > spoold_now() ? WAITS(m->group) : m->fresh ? FRESH : READY(m->group), m);
}

bool
sched_waits(const struct msg *m)
{
	return m->at != NOT_IN_HEAP;
}

/* ---- whose turn ---- */

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

/* MaxQueueRunSize, Jobs=: so many in one interval. */
static bool
sched_has_jobs(struct qgroup *g, int64_t now)
{
	if (g->jobs == SIZE_MAX)
		return true;
	if (g->run_ends == 0 || now >= g->run_ends) {
		g->run_ends = g->order.interval > 0 ? now + g->order.interval : INT64_MAX;
		g->started = 0;
	}
	return g->started < g->jobs;
}

/* The first of a class whose turn it could be; NULL: none, or it has its share already. */
static struct msg *
sched_first(struct spoold *s, size_t class, int64_t now)
{
	struct qgroup	*g;
	struct heap	*h;
	struct msg	*m;

	if (class == 0)
		return s->heap[FRESH].n > 0 ? s->heap[FRESH].v[0] : NULL;
	if (s->js->replay != NULL)		/* a message may have files, too: not known yet */
		return NULL;
	g = &s->group[class - 1];
	h = &s->heap[READY(class - 1)];
	for (struct heap *w = &s->heap[WAITS(class - 1)]; w->n > 0 && w->v[0]->due <= now;) {
		m = w->v[0];
		sched_remove(s, m);
		sched_push(s, READY(class - 1), m);
	}
	if (h->n == 0)
		return NULL;
	m = h->v[0];
	if (s->conf->opt.max_queue_children > 0 && s->runners >= (size_t)s->conf->opt.max_queue_children)
		return NULL;
	if (!dest_may_look(s))
		return NULL;
	if (m->demand)
		return m;
	return g->running < g->limit && sched_has_jobs(g, now) ? m : NULL;
}

static struct msg *
sched_next(struct spoold *s, int64_t now)
{
	for (size_t i = 0; i <= s->ngroup; i++) {
		struct msg *m = sched_first(s, s->turn = (s->turn + 1) % (s->ngroup + 1), now);

		if (m != NULL)
			return m;
	}
	return NULL;
}

static void
sched_take(struct spoold *s, struct msg *m)
{
	struct qgroup *g = &s->group[m->group];

	if (m->heap != FRESH) {
		m->runner = true;
		g->running++;
		g->started++;
		s->runners++;
	}
	sched_remove(s, m);
}

void
sched_left(struct spoold *s, struct msg *m)
{
	if (!m->runner)
		return;
	m->runner = false;
	s->group[m->group].running--;
	s->runners--;
}

/* When something changes by itself; INT64_MAX: never. */
static int64_t
sched_wakes(const struct spoold *s)
{
	int64_t	t = INT64_MAX;

	for (size_t g = 0; g < s->ngroup; g++) {
		const struct heap *w = &s->heap[WAITS(g)];

		if (w->n > 0 && w->v[0]->due < t)
			t = w->v[0]->due;
		if (s->heap[READY(g)].n > 0 && s->group[g].started >= s->group[g].jobs && s->group[g].run_ends < t)
			t = s->group[g].run_ends;
	}
	return t;
}

/*
 * The clock was set back: what waits would wait that much longer.  All times move by the same, so the heaps keep their order.  Set forward, or after a
 * sleep, what waits is due, as it would be to a sendmail.
 */
static void
sched_watch_clock(struct spoold *s, int64_t now)
{
	int64_t		 ahead = now - (int64_t)(os_now_ms() / 1000), back = s->clock_ahead - ahead;
	struct str	 key;
	void		*v;

	if (s->clock_ahead == 0 || back < 0)
		s->clock_ahead = ahead;
	if (s->clock_ahead == ahead || back < CLOCK_BACK)
		return;
	s->clock_ahead = ahead;
	log_line(0, LOG_P_NOTICE, NULL, "spool: the clock was set back by %lld seconds", (long long)back);
	for (size_t at = 0; hash_next(s->msgs, &at, &key, &v);)
		if (((struct msg *)v)->due != INT64_MAX)
			((struct msg *)v)->due -= back;
	for (size_t g = 0; g < s->ngroup; g++)
		if (s->group[g].run_ends != 0 && s->group[g].run_ends != INT64_MAX)
			s->group[g].run_ends -= back;
}

void
sched_run(struct spoold *s)
{
	int64_t		 now = spoold_now(), wakes;
	int		 busy = sched_too_busy(s);
	struct msg	*m;

	if (s->running)
		return;
	sched_watch_clock(s, now);
	if (!sched_has_roles(s) && hash_count(s->msgs) > 0 && !s->stopping) {
		loop_timer_set(s->timer, 100);
		return;
	}
	s->running = true;
	while (!s->stopping && s->working < SPOOL_HAND_ALL && s->working < SPOOL_HAND_MAX + s->active + s->waiting &&
	    (m = sched_next(s, now)) != NULL) {
		if (m->spilling) {			/* its qf is being written: in a moment */
			sched_at(s, m, now + 1);
			continue;
		}
		if (busy > 0 && !m->fresh && sched_must_wait(s, busy, m)) {	/* of fresh mail smtpd decided: queueLA= is the daemon's */
			sched_at(s, m, now + 60);
			continue;
		}
		sched_take(s, m);
		req_busy(s->ctx);		/* its files are opened and read */
		hand_start(s, m);
	}
	s->running = false;
	if ((wakes = sched_wakes(s)) != INT64_MAX) {
		int64_t wait = wakes > now ? wakes - now : 1;

		loop_timer_set(s->timer, (uint64_t)(wait > 3600 ? 3600 : wait) * 1000);
	}
	spoold_check_flush(s);
}

bool
sched_idle(struct spoold *s)
{
	return s->working == 0 && s->committing == 0 && s->parked == 0 && s->scan == NULL && s->js->replay == NULL && sched_next(s, spoold_now()) == NULL;
}
