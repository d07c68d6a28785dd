/*
 * worker_lend - the master's side of leases.
 */
#include "worker_lend.h"

#include <unistd.h>

#include "ask.h"
#include "lease.h"
#include "os/fd.h"
#include "os/load.h"

#define LEND_BUSY	5		/* questions answered within LEND_WINDOW_MS: workers are lent */
#define LEND_WINDOW_MS	1000
#define LEND_PAUSE_MS	1000		/* none is lent for so long after somebody had to wait */

/* Is so much asked that it pays? */
static bool
lend_busy(struct worker_pool *pool)
{
	uint64_t now = os_now_ms();

	if (now - pool->recent_from >= LEND_WINDOW_MS) {
		pool->recent_from = now;
		pool->recent = 0;
	}
	return ++pool->recent >= LEND_BUSY && now >= pool->lend_after;
}

/* Half of all workers at most: others want to ask, too. */
static bool
lend_room(const struct worker_pool *pool, const struct peer *asker)
{
	int n = 0, mine = 0;

	LIST_EACH(it, &pool->workers) {
		const struct worker *w = LIST_OF(it, struct worker, link);

		n += w->lent;
		mine += w->lent && w->lent_to == asker;
	}
	return mine < LEASE_MAX && n < pool->ops->max / 2;
}

static int
lend_send(struct chan *ch, struct buf *b, int fd)
{
	int rc = buf_ok(b) ? chan_send(ch, Q_LEND, 0, 0, buf_str(b), fd, NULL) : -1;

	buf_done(b);
	return rc;
}

/* One end to the worker, the other to the asker. */
static void
lend_now(struct worker *w, struct peer *asker)
{
	struct worker_pool	*pool = w->pool;
	struct buf		 b;
	int			 s[2];

	if (os_socketpair(s) == -1)
		return;
	buf_init(&b, 0);
	peer_ask_put(&b, &(struct peer_ask){ asker->role });
	if (lend_send(w->ch, &b, s[1]) == 0) {
		buf_init(&b, 0);
		lease_lend_put(&b, &(struct lease_lend){ ++pool->leases, buf_str(&w->key) });
		if (lend_send(asker->ch, &b, s[0]) == 0) {
			w->lent = true;
			w->recalled = false;
			w->lent_to = asker;
			w->lease = pool->leases;
			if (--pool->nfree < pool->low)
				pool->low = pool->nfree;
		}
	}
	close(s[0]);
	close(s[1]);
}

void
worker_lend(struct worker *w, struct peer *asker, unsigned type)
{
	struct worker_pool *pool = w->pool;

	if (!lend_busy(pool) || w->retire || asker == NULL || asker->worker || !(req_row(type)->flags & REQ_LEND) || !(req_row(Q_LEND)->at & ROLE_BIT(asker->role)) ||
	    pool->finishing || pool->ctx->stopping || !list_empty(&pool->jobs) || w->key.n > LEASE_KEY_MAX || (pool->ops->key != NULL && !w->again) ||
	    !lend_room(pool, asker))
		return;
	lend_now(w, asker);
}

/* Not ours to give questions to any more, and to end when it has answered what it may still have. */
static void
lend_dismiss(struct worker *w)
{
	w->retire = true;
	(void)chan_send(w->ch, Q_RETIRE, 0, 0, STR(""), -1, NULL);
}

static void
lend_recall(struct worker *w)
{
	struct buf b;

	if (!w->lent || w->recalled || w->lent_to == NULL)
		return;
	w->recalled = true;
	buf_init(&b, 0);
	lease_id_put(&b, &(struct lease_id){ w->lease });
	if (buf_ok(&b))
		(void)chan_send(w->lent_to->ch, Q_RECALL, 0, 0, buf_str(&b), -1, NULL);
	buf_done(&b);
}

void
worker_lend_recall(struct worker_pool *pool, struct worker *w)
{
	if (w != NULL) {
		lend_recall(w);
		return;
	}
	pool->lend_after = os_now_ms() + LEND_PAUSE_MS;
	LIST_EACH(it, &pool->workers)
		lend_recall(LIST_OF(it, struct worker, link));
}

int
worker_lend_back(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct worker_pool	*pool = ctx->pool;
	struct lease_back	 m;

	if (lease_back_get(f->body, &m) == -1)
		return -1;
	LIST_EACH(it, &pool->workers) {
		struct worker *w = LIST_OF(it, struct worker, link);

		if (!w->lent || w->lent_to != p || w->lease != m.id)
			continue;
		w->lent_to = NULL;
		if (m.how == LEASE_ENDS) {
			lend_dismiss(w);
			break;
		}
		w->lent = false;
		pool->nfree++;
		if (m.how == LEASE_BAD || w->retire)
			worker_free(w);
		pool_serve(pool);
		break;
	}
	return 0;
}

void
worker_lend_orphan(struct worker_pool *pool, const struct peer *p)
{
	LIST_EACH(it, &pool->workers) {
		struct worker *w = LIST_OF(it, struct worker, link);

		if (w->lent && w->lent_to == p) {
			w->lent_to = NULL;
			lend_dismiss(w);
		}
	}
}
