/*
 * clt_cache - sessions kept open for the next message to the same destination (ConnectionCacheSize,
 * ConnectionCacheTimeout).
 */
#include "clt.h"

#include <stdlib.h>

#include "base/list.h"
#include "os/load.h"

struct clt_kept {
	struct list	 link;		/* the longest kept first */
	struct clt	*c;
	uint64_t	 since;
	size_t		 nkey;
	char		 key[];
};

struct clt_cache {
	struct list	 kept;
	size_t		 n, max;
	uint64_t	 ms;
};

struct clt_cache *
clt_cache_new(size_t max, int64_t seconds)
{
	struct clt_cache *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	list_init(&h->kept);
	h->max = max;
	h->ms = seconds > 0 ? (uint64_t)seconds * 1000 : 0;
	return h;
}

static struct clt *
clt_cache_out(struct clt_cache *h, struct clt_kept *k)
{
	struct clt *c = k->c;

	list_remove(&k->link);
	h->n--;
	free(k);
	return c;
}

void
clt_cache_tidy(struct clt_cache *h, bool all)
{
	uint64_t now = os_now_ms();

	LIST_EACH(l, &h->kept) {
		struct clt_kept *k = LIST_OF(l, struct clt_kept, link);

		if (all || now - k->since >= h->ms || !clt_usable(k->c)) {
			struct clt *c = clt_cache_out(h, k);

			clt_end(&c);
		}
	}
}

struct clt *
clt_cache_take(struct clt_cache *h, struct str key)
{
	clt_cache_tidy(h, false);
	LIST_EACH(l, &h->kept) {
		struct clt_kept *k = LIST_OF(l, struct clt_kept, link);

		if (str_caseeq(str_mem(k->key, k->nkey), key))
			return clt_cache_out(h, k);
	}
	return NULL;
}

bool
clt_cache_put(struct clt_cache *h, struct str key, struct clt *c)
{
	struct clt_kept *k;

	if (h->max == 0 || h->ms == 0 || !clt_usable(c) || (k = malloc(sizeof *k + key.n)) == NULL) {
		clt_end(&c);
		return false;
	}
	while (h->n >= h->max) {
		struct clt *old = clt_cache_out(h, LIST_OF(h->kept.next, struct clt_kept, link));

		clt_end(&old);
	}
	k->c = c;
	k->since = os_now_ms();
	k->nkey = key.n;
	memcpy(k->key, key.p, key.n);
	list_append(&h->kept, &k->link);
	h->n++;
	return true;
}
