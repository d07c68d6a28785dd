/*
 * dest_shared - hosts that serve several destinations.
 *
 * Two domains whose mail goes to one host are two destinations.  When it cannot be reached the first of them finds that out; the other, which knows
 * from its own last attempt that it has no other host, need not try while it is left alone, and only one of them shows whether it is back.
 * What is known is advice: a table of fixed size, in which one host may take the place of another.
 */
#include "dest_shared.h"

#include <string.h>

#include "base/hash.h"

#define SHARED_SLOTS	4096
#define SHARED_PROBE_MS	30000		/* so long others wait for what one attempt finds out */

static struct shared {
	uint64_t	 id;
	uint64_t	 until;		/* os_now_ms */
	int64_t		 since;
	unsigned	 failures;
	bool		 probed;
} shared[SHARED_SLOTS];

static uint64_t
shared_id(struct str name)
{
	char	lower[256];
	size_t	n = name.n < sizeof lower ? name.n : sizeof lower;

	for (size_t i = 0; i < n; i++)
		lower[i] = chr_lower(name.p[i]);
	return hash_bytes(str_mem(lower, n), 0) | 1;
}

static struct shared *
shared_find(uint64_t id)
{
	struct shared *h = &shared[id / 2 % SHARED_SLOTS];

	return h->id == id ? h : NULL;
}

void
shared_failed(struct dest_hosts *of, const struct attempt_result *r, const struct order_conf *order, int64_t now, uint64_t now_ms)
{
	of->n = 0;
	if (r->nhost > SHARED_HOSTS)
		return;
	for (size_t i = 0; i < r->nhost; i++) {
		uint64_t	 id = shared_id(r->host[i].name);
		struct shared	*h = &shared[id / 2 % SHARED_SLOTS];

		if (r->host[i].err == 0) {	/* it is there, and does not want this */
			of->n = 0;
			return;
		}
		of->id[of->n++] = id;
		if (h->id != id)
			*h = (struct shared){ .id = id };
		if (h->until > now_ms && !h->probed)
			continue;
		h->probed = false;
		h->since = now;
		if (h->failures < 30)
			h->failures++;
		h->until = now_ms + (uint64_t)order_back_off(order, h->failures) * 1000;
	}
}

void
shared_reached(struct str name)
{
	struct shared *h = shared_find(shared_id(name));

	if (h != NULL)
		h->id = 0;
}

bool
shared_down(const struct dest_hosts *of, int64_t after, uint64_t now_ms)
{
	for (unsigned i = 0; i < of->n; i++) {
		const struct shared *h = shared_find(of->id[i]);

		if (h == NULL || h->until <= now_ms || h->since <= after)
			return false;
	}
	return of->n > 0;
}

void
shared_probe(const struct dest_hosts *of, int64_t now, uint64_t now_ms)
{
	for (unsigned i = 0; i < of->n; i++) {
		struct shared *h = shared_find(of->id[i]);

		if (h == NULL || h->until > now_ms)
			continue;
		h->probed = true;
		h->since = now;
		h->until = now_ms + SHARED_PROBE_MS;
	}
}

void
shared_revive(void)
{
	memset(shared, 0, sizeof shared);
}
