/*
 * check_netmap - maps that need a server, in the proof that nobody relays: asked if the server answers soon, empty otherwise.
 *
 * Every key is asked once.  A map that fails once, or that has used up its time, is not asked again and counts as empty from then on; check_netmap_tell says
 * which, because a RELAY that stands in there is then not seen.  DNS and programs are never asked.
 */
#include <stdio.h>

#include "base/hash.h"
#include "check.h"
#include "os/load.h"

#define NETMAP_MS	5000	/* for all questions to one map */

struct netmap {
	bool		 used, dead;
	uint64_t	 spent;
	const char	*why;
};

struct netmaps {
	struct check	*c;
	struct netmap	*map;
	struct hash	*answers;	/* of every map: "number\nkey" */
};

struct netmap_answer {
	enum map_rc	 rc;
	struct str	 value;
};

struct netmaps *
check_netmap_new(struct check *c)
{
	struct netmaps *n = ARENA_NEW(c->arena, struct netmaps);

	n->c = c;
	n->map = ARENA_ARRAY(c->arena, struct netmap, c->conf->nmaps + 1);
	n->answers = hash_new(c->arena, 0);
	return n;
}

static bool
netmap_may(struct netmaps *n, int map)
{
	static const char *const	never[] = { "dns", "program", "bestmx", "ph", "nis", "nisplus", "hesiod", "user", "passwd" };
	struct str			class = n->c->conf->maps[map].class;

	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (str_caseeq_c(class, never[i]))
			return false;
	return true;
}

enum map_rc
check_netmap_ask(struct netmaps *n, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	struct netmap		*m = &n->map[map];
	struct str		 k;
	struct netmap_answer	*a;
	uint64_t		 begun;
	size_t			 from = value->n;

	m->used = true;
	if (!netmap_may(n, map)) {
		m->why = "is not asked";
		return MAP_NOTFOUND;
	}
	if (m->dead)
		return MAP_NOTFOUND;
	k = arena_fmt(n->c->arena, "%d\n%.*s", map, STR_ARG(key));
	if ((a = hash_get(n->answers, k)) == NULL) {
		a = ARENA_NEW(n->c->arena, struct netmap_answer);
		begun = os_now_ms();
		a->rc = maps_lookup(n->c->maps, map, key, args, nargs, value, e);
		m->spent += os_now_ms() - begun;
		a->value = arena_str(n->c->arena, str_from(buf_str(value), from));
		hash_put(n->answers, k, a);
		if (a->rc == MAP_TEMP || m->spent > NETMAP_MS) {
			m->dead = true;
			m->why = a->rc == MAP_TEMP ? "cannot be asked from here" : "answers too slowly";
		}
		if (a->rc == MAP_TEMP)
			a->rc = MAP_NOTFOUND;
		if (a->rc != MAP_FOUND)
			value->n = from;
		return a->rc;
	}
	if (a->rc == MAP_FOUND)
		buf_add(value, a->value);
	return a->rc;
}

void
check_netmap_tell(struct netmaps *n)
{
	for (size_t i = 0; i < n->c->conf->nmaps; i++)
		if (n->map[i].used && n->map[i].why != NULL)
			printf("%.*s: note: map %.*s (%.*s) %s: it counts as empty where open relays are looked for\n", STR_ARG(n->c->conf->file),
			    STR_ARG(n->c->conf->maps[i].name), STR_ARG(n->c->conf->maps[i].class), n->map[i].why);
}
