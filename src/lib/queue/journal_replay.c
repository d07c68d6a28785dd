/*
 * journal_replay - what a journal still owes, found out from its segments alone.
 *
 * Two passes: all records, so that done marks find their messages wherever they stand; then the messages that no mark took away.  Each reads whole
 * segments into one and the same memory: a long queue is known again in a fraction of a second.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "os/fd.h"
#include "queue/journal_int.h"

struct replay_entry {
	struct jref	 ref;
	bool		 done;
};

struct replay {
	struct journal	*j;
	struct arena	*m;
	struct hash	*by_place;	/* struct replay_key */
	struct replay_entry *v;
	size_t		 n, room;
	bool		 twins;		/* segments of one generation: marks may come before their messages */
	struct journal_found *found;
	char		*p;		/* a segment */
	size_t		 size;		/* room */
};

/* With the identifier: another host's segment may have the generation of one of ours, and its marks are not for our messages. */
struct replay_key {
	uint64_t	 gen, at;
	char		 id[QID_MAX];
};

#define REPLAY_EARLY	((void *)UINTPTR_MAX)	/* a mark whose message was not seen yet */

static struct str
replay_key(const struct jref *r, struct str id, struct replay_key *key)
{
	memset(key, 0, sizeof *key);
	key->gen = r->gen;
	key->at = r->at;
	(void)str_copy(key->id, sizeof key->id, id);
	return str_mem(key, sizeof *key);
}

/* Kept for people, once. */
static void
replay_keep_aside(struct replay *r, const struct jseg *s, struct str damage, uint64_t at)
{
	char	name[64];
	int	fd;

	(void)snprintf(name, sizeof name, "journal.bad.%llu.%llu", (unsigned long long)s->life.gen, (unsigned long long)at);
	if (r->j->look) {
		r->found->damaged++;
		return;
	}
	if ((fd = openat(r->j->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, r->j->conf.mode)) == -1) {
		if (errno != EEXIST)
			r->found->damaged++;
		return;
	}
	r->found->damaged++;
	if (os_write_all(fd, damage) == -1 || fsync(fd) == -1)
		unlinkat(r->j->dir, name, 0);
	close(fd);
}

static int
replay_message(struct replay *r, const struct jseg *s, const struct jrec *rec)
{
	struct jrec_message	m;
	struct replay_key	key;
	struct jref		ref = { .gen = s->life.gen, .at = (uint32_t)rec->at, .slot = s->slot };

	if (jrec_message_get(rec, &m) == -1)
		return 0;
	if (r->n == r->room) {
		size_t			 room = r->room == 0 ? 1024 : 2 * r->room;
		struct replay_entry	*v = realloc(r->v, room * sizeof *v);

		if (v == NULL)
			return -1;
		r->v = v;
		r->room = room;
	}
	r->v[r->n++] = (struct replay_entry){ .ref = ref, .done = r->twins && hash_get(r->by_place, replay_key(&ref, m.id, &key)) == REPLAY_EARLY };
	return hash_put(r->by_place, replay_key(&ref, m.id, &key), (void *)(uintptr_t)r->n);
}

static void
replay_done(struct replay *r, const struct jrec *rec)
{
	struct jrec_done	d;
	struct replay_key	key;

	for (size_t i = 0; i < jrec_done_count(rec); i++) {
		uintptr_t n;

		if (jrec_done_get(rec, i, &d) == -1)
			continue;
		n = (uintptr_t)hash_get(r->by_place, replay_key(&d.ref, str_c(d.id), &key));
		if (n != 0 && n != (uintptr_t)REPLAY_EARLY)
			r->v[n - 1].done = true;
		else if (r->twins)
			(void)hash_put(r->by_place, replay_key(&d.ref, str_c(d.id), &key), REPLAY_EARLY);
	}
}

/* The whole segment; NONE: it cannot be read.  Good until the next one is. */
static struct str
replay_load(struct replay *r, const struct jseg *s, struct err *e)
{
	if (r->size < (size_t)s->size + 1) {
		free(r->p);
		r->size = (size_t)s->size + 1;
		if ((r->p = malloc(r->size)) == NULL)
			r->size = 0;
	}
	if (r->p == NULL || journal_pread(s->fd, r->p, (size_t)s->size, 0) == -1) {
		err_sys(e, ERR_TEMP, "read journal.%03u", (unsigned)s->slot);
		return STR_NONE;
	}
	return str_mem(r->p, (size_t)s->size);
}

/* fn for each record of a segment; -1: it cannot be read. */
static int
replay_segment(struct replay *r, struct jseg *s, struct err *e)
{
	struct jrec_walk	w;
	struct jrec		rec;
	struct str		damage;
	enum jrec_step		step;
	struct str		all = replay_load(r, s, e);
	int			rc = 0;

	if (all.p == NULL)
		return -1;
	s->used = JREC_ALIGN;
	jrec_walk_init(&w, all, s->life);
	while (rc == 0 && (step = jrec_walk(&w, &rec, &damage)) != JREC_END) {
		if (step == JREC_DAMAGE)
			replay_keep_aside(r, s, damage, (uint64_t)(damage.p - all.p));
		else
			s->used = w.at;
		if (step != JREC_FOUND)
			continue;
		if (rec.type == JREC_MESSAGE)
			rc = replay_message(r, s, &rec);
		else if (rec.type == JREC_DONE)
			replay_done(r, &rec);
	}
	return rc == 0 ? 0 : err_set(e, ERR_TEMP, "out of memory");
}

/* The messages of one segment, of which some are owed. */
static int
replay_owed_segment(struct replay *r, const struct jseg *s, size_t from, size_t to, journal_fn *fn, void *arg, struct err *e)
{
	struct jrec_message	m;
	struct jrec		rec;
	struct err		why = ERR_INIT;
	const struct jrec_life	life = s->life;		/* fn may write done marks, which moves segments in their table */
	struct str		all = replay_load(r, s, &why);
	int			rc = 0;

	if (all.p == NULL) {
		if (!r->j->look && e != NULL)
			*e = why;
		return r->j->look ? 0 : -1;
	}
	for (size_t i = from; rc == 0 && i < to; i++) {
		if (r->v[i].done)
			continue;
		if (jrec_get(all, &life, r->v[i].ref.at, &rec) == JREC_OK && jrec_message_get(&rec, &m) == 0)
			rc = fn(arg, &r->v[i].ref, &m);
		else if (!r->j->look)			/* a moment ago it could be read */
			r->found->damaged++;
	}
	return rc;
}

static int
replay_owed(struct replay *r, journal_fn *fn, void *arg, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < r->n; i++)
		if (!r->v[i].done) {
			journal_by_ref(r->j, &r->v[i].ref)->owed++;
			r->j->owed++;
			r->found->owed++;
		}
	if (journal_marks_reserve(r->j, 0) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	for (size_t i = 0, to; rc == 0 && i < r->n; i = to) {
		const struct jseg *s = journal_by_ref(r->j, &r->v[i].ref);

		for (to = i; to < r->n && r->v[to].ref.gen == r->v[i].ref.gen && r->v[to].ref.slot == r->v[i].ref.slot;)
			to++;
		if (s->owed > 0)
			rc = replay_owed_segment(r, s, i, to, fn, arg, e);
	}
	return rc;
}

int
journal_replay(struct journal *j, journal_fn *fn, void *arg, struct journal_found *found, struct err *e)
{
	struct replay	r = { .j = j, .m = arena_new(ARENA_DEFAULT), .found = found };
	int		rc = -1;

	*found = (struct journal_found){ .segments = j->n };
	for (size_t i = 1; i < j->n; i++)
		for (size_t k = 0; k < i; k++)
			r.twins |= j->seg[i].life.gen == j->seg[k].life.gen;
	if (r.m == NULL || (r.by_place = hash_new(r.m, 0)) == NULL)
		err_set(e, ERR_TEMP, "out of memory");
	else {
		rc = 0;
		for (size_t i = 0; rc == 0 && i < j->n; i++)
			rc = replay_segment(&r, &j->seg[i], e);
		found->messages = r.n;
		/* We go on behind the last record of the last segment: there is nothing that anyone was promised. */
		if (rc == 0 && j->n > 0 && j->seg[j->n - 1].life.gen != 0 && j->seg[j->n - 1].size > j->seg[j->n - 1].used)
			j->current = j->seg[j->n - 1].life.gen;
		if (rc == 0)
			rc = replay_owed(&r, fn, arg, e);
	}
	free(r.p);
	free(r.v);
	arena_free(&r.m);
	return rc;
}

int
journal_walk(struct journal *j, journal_record_fn *fn, void *arg, struct err *e)
{
	for (size_t i = 0; i < j->n; i++) {
		struct jseg		*s = &j->seg[i];
		struct jrec_walk	 w;
		struct jrec		 r;
		struct str		 damage;
		enum jrec_step		 step;
		char			*p = malloc((size_t)s->size + 1);

		if (p == NULL || journal_pread(s->fd, p, (size_t)s->size, 0) == -1) {
			free(p);
			return err_sys(e, ERR_TEMP, "read journal.%03u", (unsigned)s->slot);
		}
		if (jrec_get(str_mem(p, (size_t)s->size), &s->life, 0, &r) == JREC_OK)
			fn(arg, s->slot, &r, STR_NONE, 0);
		else
			fn(arg, s->slot, NULL, str_first(str_mem(p, (size_t)s->size), JREC_ALIGN), 0);
		jrec_walk_init(&w, str_mem(p, (size_t)s->size), s->life);
		while ((step = jrec_walk(&w, &r, &damage)) != JREC_END)
			fn(arg, s->slot, step == JREC_FOUND ? &r : NULL, damage, step == JREC_FOUND ? r.at : (uint64_t)(damage.p - p));
		free(p);
	}
	return 0;
}
