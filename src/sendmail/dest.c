/*
 * dest - destinations: a mailer and a host, and how many attempts may be under way for each.
 *
 * The number grows by one with each success up to a limit and is halved by each failure to reach the host.  A host that cannot be reached is left
 * alone for a while that doubles; messages for it are deferred then without an attempt, with the reason of the last.  Then one attempt shows
 * whether it is back.  When most of the attempts that are possible at all are under way, each destination gets fewer.
 *
 * A few attempts wait here in hand.  Beyond that a message is parked: it is put down, and taken up again when there is room.  So a slow
 * destination never fills the hands that others need.  The parked are in lanes, one a sender, which take turns: a single letter
 * does not wait for a mass mailing.
 */
#include <stdlib.h>
#include <unistd.h>

#include "dest_shared.h"
#include "os/load.h"
#include "hand.h"

#define SLOTS_FIRST	5
#define SLOTS_MAX	20
#define ACTIVE_MANY	50		/* attempts with hosts of the network: above this ... */
#define ACTIVE_MOST	80		/* ... and above this, a destination gets fewer at a time */
#define LANES_MAX	97
#define DEST_MAX	20000		/* remembered; idle ones are dropped past that */
#define TEXT_LEN	400
#define LOOK_MS		50
#define LOOK_MOVES	2500		/* looks times attempts in LOOK_MS: where much moves little is looked at ahead */

struct lane {
	struct list	 link;
	uint32_t	 number;	/* of the sender */
	struct msg	*first, *last;
};

struct dest {
	struct str	 key;
	struct list	 waiting;	/* struct job */
	struct list	 lanes;		/* of parked messages */
	size_t		 nwaiting, nparked, coming;	/* coming: taken up again, not here yet */
	unsigned	 active, slots, failures;
	uint64_t	 down_until;	/* os_now_ms */
	int64_t		 down_since;
	bool		 remote;	/* a host of the network, of which a status is kept */
	bool		 heedless;	/* mailer flag W: that status is not looked at */
	struct dest_hosts hosts;	/* of the last attempt that reached none */
	int		 lock;		/* SingleThreadDelivery: of its status file, -1 */
	char		 status[12];
	char		 text[TEXT_LEN];
	char		 keymem[];
};

int
dest_init(struct spoold *s)
{
	s->dests = hash_new(NULL, HASH_BORROW | HASH_NOCASE);
	s->look = SPOOL_HAND_MAX;
	return s->dests == NULL ? -1 : 0;
}

static void
dest_free(struct spoold *s, struct dest *d)
{
	if (d->lock != -1)
		close(d->lock);
	if (s->crowded == d)
		s->crowded = NULL;
	hash_del(s->dests, d->key);
	free(d);
}

/* Drop what is idle and healthy. */
static void
dest_sweep(struct spoold *s)
{
	struct dest	*drop[256];
	size_t		 n = 0, i = 0;
	void		*v;
	struct str	 key;

	while (n < 256 && hash_next(s->dests, &i, &key, &v)) {
		struct dest *d = v;

		if (d->active == 0 && list_empty(&d->waiting) && d->nparked == 0 && d->coming == 0 && d->down_until <= os_now_ms())
			drop[n++] = d;
	}
	while (n > 0)
		dest_free(s, drop[--n]);
}

static struct str
dest_host(const struct dest *d)
{
	return str_from(d->key, str_chr(d->key, ' ') + 1);
}

static bool
dest_single(const struct spoold *s, const struct dest *d)
{
	return d->remote && s->hosts_fd != -1 && s->conf->opt.single_thread_delivery;
}

/* Is it to be left alone?  What is written down about a host holds for all processes, and until it is purged. */
static bool
dest_is_down(struct spoold *s, struct dest *d, const struct job *j)
{
	int64_t after = j->demand ? s->demand_at : 0;

	if (d->remote && s->hosts_fd != -1 && !d->heedless)
		return hosts_down(s, dest_host(d), after, d->status, sizeof d->status, d->text, sizeof d->text);
	return (d->down_until > os_now_ms() && d->down_since > after) ||
	    (!d->heedless && shared_down(&d->hosts, after, os_now_ms()));
}

static struct dest *
dest_get(struct spoold *s, const struct attempt *a)
{
	const struct mailer *m;
	struct dest	*d;
	struct buf	 b;
	size_t		 n;

	buf_init(&b, 0);
	/* a host whose TLS is broken is no host that is down */
	buf_addf(&b, "%u%s ", (unsigned)a->mailer_index, a->flags & ATTEMPT_ANYTLS ? "t" : "");
	buf_add(&b, a->host);
	if ((d = hash_get(s->dests, buf_str(&b))) != NULL || !buf_ok(&b))
		goto out;
	if (hash_count(s->dests) >= DEST_MAX)
		dest_sweep(s);
	n = b.n;
	if ((d = calloc(1, sizeof *d + n)) == NULL)
		goto out;
	memcpy(d->keymem, b.p, n);
	d->key = str_mem(d->keymem, n);
	list_init(&d->waiting);
	list_init(&d->lanes);
	d->slots = SLOTS_FIRST;
	d->lock = -1;
	m = a->mailer_index < s->conf->nmailers ? &s->conf->mailers[a->mailer_index] : NULL;
	d->remote = m != NULL && m->kind == MAILER_IPC;
	d->heedless = m != NULL && mailer_has(m, 'W');
	if (hash_put(s->dests, d->key, d) == -1) {
		free(d);
		d = NULL;
	}
out:
	buf_done(&b);
	return d;
}

/* Under SingleThreadDelivery nobody else may be talking with it.  False: somebody is. */
static bool
dest_lock(struct spoold *s, struct dest *d)
{
	return d->lock != -1 || !dest_single(s, d) || hosts_lock(s, dest_host(d), &d->lock) == 0;
}

/* How many attempts it may have now. */
static unsigned
dest_share(const struct spoold *s, const struct dest *d)
{
	if (dest_single(s, d) || (d->remote && d->failures > 0))
		return 1;
	if (!d->remote || s->active < ACTIVE_MANY)
		return d->slots;
	return s->active < ACTIVE_MOST && d->slots > SLOTS_FIRST ? SLOTS_FIRST : 1;
}

/* ---- how far to look ahead ---- */

static size_t
dest_room(const struct dest *d)
{
	return d->nwaiting + d->coming < SLOTS_MAX ? SLOTS_MAX - d->nwaiting - d->coming : 0;
}

/* Where nothing moves there is time to look at all; where it does the looking takes time from it, and what waits has its turn soon. */
static void
dest_look(void *arg)
{
	struct spoold	*s = arg;
	size_t		 n = LOOK_MOVES / (s->ended + 1);

	s->looking = false;
	s->ended = 0;
	if (s->look < n)
		s->look = n < SPOOL_HAND_MAX ? n : SPOOL_HAND_MAX;
	sched_run(s);
}

bool
dest_may_look(struct spoold *s)
{
	if (s->crowded == NULL || s->working < s->active + s->waiting + s->coming + s->look + dest_room(s->crowded))
		return true;
	if (s->look_timer == NULL && (s->look_timer = loop_timer_new(s->ctx->loop, dest_look, s)) == NULL)
		return true;
	if (!s->looking) {
		s->looking = true;
		loop_timer_set(s->look_timer, LOOK_MS);
	}
	return false;
}

/* ---- the parked ---- */

static bool
dest_park(struct spoold *s, struct dest *d, struct job *j)
{
	struct msg	*m = j->hand->m;
	struct lane	*at = NULL;
	uint32_t	 lane = m->sender % LANES_MAX;	/* a mailing may give each letter a sender of its own */

	LIST_EACH(l, &d->lanes)
		if (LIST_OF(l, struct lane, link)->number == lane)
			at = LIST_OF(l, struct lane, link);
	if (at == NULL && (at = calloc(1, sizeof *at)) == NULL)
		return false;
	if (!hand_park(j)) {
		if (at->first == NULL)
			free(at);
		return false;
	}
	if (at->first == NULL) {
		at->number = lane;
		list_append(&d->lanes, &at->link);
	}
	m->next_parked = NULL;
	m->parked = true;
	if (at->last != NULL)
		at->last->next_parked = m;
	else
		at->first = m;
	at->last = m;
	d->nparked++;
	s->parked++;
	s->crowded = d;
	if (s->look > 0)
		s->look--;
	return true;
}

/* As many as can wait in hand, one of each lane in turn. */
static void
dest_unpark(struct spoold *s, struct dest *d)
{
	while (d->nwaiting + d->coming < SLOTS_MAX && !list_empty(&d->lanes)) {
		struct lane	*at = LIST_OF(d->lanes.next, struct lane, link);
		struct msg	*m = at->first;

		list_remove(&at->link);
		if ((at->first = m->next_parked) != NULL)
			list_append(&d->lanes, &at->link);
		else
			free(at);
		m->next_parked = NULL;
		m->parked = false;
		m->comes_to = d;
		d->coming++;
		s->coming++;
		d->nparked--;
		s->parked--;
		sched_at(s, m, spoold_now());
	}
}

void
dest_arrived(struct spoold *s, struct msg *m)
{
	struct dest *d = m->comes_to;

	if (d == NULL)
		return;
	m->comes_to = NULL;
	d->coming--;
	s->coming--;
	dest_unpark(s, d);
}

static void
dest_pump(struct spoold *s, struct dest *d)
{
	while (d->active < dest_share(s, d) && !list_empty(&d->waiting)) {
		struct job *j = LIST_OF(d->waiting.next, struct job, link);

		list_remove(&j->link);
		d->nwaiting--;
		s->waiting--;
		if (dest_is_down(s, d, j)) {
			hand_job_skip(j, str_c(d->status), str_c(d->text));
			continue;
		}
		if (!dest_lock(s, d)) {
			hand_job_skip(j, STR("4.4.5"), STR("Deferred: another process delivers to this host (SingleThreadDelivery)"));
			continue;
		}
		shared_probe(&d->hosts, spoold_now(), os_now_ms());
		d->active++;
		s->active += d->remote;
		j->started = os_now_ms();
		hand_job_start(j);
	}
	if (d->active == 0 && d->lock != -1) {
		close(d->lock);
		d->lock = -1;
	}
	dest_unpark(s, d);
}

bool
dest_join(struct spoold *s, struct job *j)
{
	struct dest	*d = dest_get(s, j->attempt);
	bool		 waited = j->hand->m->comes_to != NULL;

	list_init(&j->link);
	if ((j->dest = d) == NULL) {
		hand_job_skip(j, STR("4.3.0"), STR("Deferred: out of memory"));
		return true;
	}
	/* Who has been parked has waited long enough. */
	if (d->nwaiting + d->coming >= SLOTS_MAX && !waited && dest_park(s, d, j))
		return false;
	if (d != s->crowded && (s->look += 2) > SPOOL_HAND_MAX)		/* it was worth looking */
		s->look = SPOOL_HAND_MAX;
	list_append(&d->waiting, &j->link);
	d->nwaiting++;
	s->waiting++;
	if (waited && j->hand->m->comes_to == d)
		dest_arrived(s, j->hand->m);
	dest_pump(s, d);
	return true;
}

void
dest_leave(struct spoold *s, struct job *j, const struct attempt_result *r)
{
	struct dest *d = j->dest;

	if (d == NULL)
		return;
	j->dest = NULL;
	d->active--;
	s->ended++;
	s->active -= d->remote;
	if (r != NULL && d->remote)
		hosts_note(s, dest_host(d), r);
	if (r != NULL && r->down) {
		if (d->failures < 30)
			d->failures++;
		d->slots = d->slots > 1 ? d->slots / 2 : 1;
		d->down_since = spoold_now();
		d->down_until = os_now_ms() + (uint64_t)order_back_off(&s->order, d->failures) * 1000;
		if (s->conf->opt.timeout.aconnect <= 0)		/* else there may be hosts that were not tried */
			shared_failed(&d->hosts, r, &s->order, d->down_since, os_now_ms());
		if (r->nrcpt > 0) {
			str_copy(d->status, sizeof d->status, str_first(r->rcpt[0].status, sizeof d->status - 1));
			str_copy(d->text, sizeof d->text, str_first(r->rcpt[0].text, sizeof d->text - 1));
		}
	} else if (r != NULL) {
		d->failures = 0;
		d->down_until = 0;
		d->hosts.n = 0;
		if (r->mta.n > 0)
			shared_reached(r->mta);
		if (d->slots < SLOTS_MAX)
			d->slots++;
	}
	dest_pump(s, d);
}

void
dest_revive(struct spoold *s)
{
	size_t		 i = 0;
	struct str	 key;
	void		*v;

	shared_revive();
	while (hash_next(s->dests, &i, &key, &v)) {
		struct dest *d = v;

		d->down_until = 0;
		d->failures = 0;
	}
}
