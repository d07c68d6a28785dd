/*
 * journal_replay - what a journal still owes, found out from its segments alone.
 *
 * Segments are read from the youngest to the oldest, each once: a done mark stands in the segment of its message or in a younger one, so whoever is not
 * struck out when a segment has been read is owed.  With the first step it is known where the youngest segment ends, and from then on the owner
 * may append behind it while the rest is read: what he appends is in no segment that is still to be read.
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

/* A message of the segment in memory. */
struct replay_entry {
	uint32_t	 at, payload, envelope;
	unsigned	 flags;
	int64_t		 time;		/* of a part */
};

struct journal_replay {
	struct journal	*j;
	journal_fn	*fn;
	void		*arg;
	struct arena	*m;
	struct hash	*marks;		/* struct replay_key: nobody is owed these */
	uint64_t	 twins;		/* the generation whose segments' marks are all known */
	size_t		 left;		/* segments that were not read yet: the first ones in the journal's table */
	struct replay_entry *v;		/* owed messages of the segment in memory; those below n are still to be told of */
	size_t		 n, room;
	struct replay_entry *parts;	/* of it */
	size_t		 nparts, part_room;
	struct jref	 ref;		/* its generation and slot */
	struct journal_found found;
	char		*p;		/* a segment */
	size_t		 size;		/* room */
};

/* With the identifier: another host's segment may have the generation of one of ours, and its marks are not for our messages. */
struct replay_key {
	uint64_t	 gen, at;
	char		 id[QID_MAX];
};

static struct str
replay_key(uint64_t gen, uint64_t at, struct str id, struct replay_key *key)
{
	memset(key, 0, sizeof *key);
	key->gen = gen;
	key->at = at;
	(void)str_copy(key->id, sizeof key->id, id);
	return str_mem(key, sizeof *key);
}

/* Kept for people, once. */
static void
replay_keep_aside(struct journal_replay *r, const struct jseg *s, struct str damage, uint64_t at)
{
	char	name[64];
	int	fd;

	(void)snprintf(name, sizeof name, "journal.bad.%llu.%llu", (unsigned long long)s->life.gen, (unsigned long long)at);
	if (r->j->look) {
		r->found.damaged++;
		return;
	}
	if ((fd = openat(r->j->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, r->j->conf.mode)) == -1) {
		if (errno != EEXIST)
			r->found.damaged++;
		return;
	}
	r->found.damaged++;
	if (os_write_all(fd, damage) == -1 || fsync(fd) == -1)
		unlinkat(r->j->dir, name, 0);
	close(fd);
}

static int
replay_message(struct journal_replay *r, const struct jrec *rec)
{
	struct jrec_message m;

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
	r->v[r->n++] = (struct replay_entry){
		.at = (uint32_t)rec->at, .payload = (uint32_t)rec->payload.n, .envelope = rec->envelope, .flags = rec->flags
	};
	return 0;
}

/* Told of when the marks of this segment are known, which stand behind them. */
static int
replay_part(struct journal_replay *r, const struct jrec *rec)
{
	struct replay_entry	*v;

	if (r->j->part_fn == NULL)
		return 0;
	if (r->nparts == r->part_room) {
		size_t room = r->part_room == 0 ? 64 : 2 * r->part_room;

		if ((v = realloc(r->parts, room * sizeof *v)) == NULL)
			return -1;
		r->parts = v;
		r->part_room = room;
	}
	r->parts[r->nparts++] = (struct replay_entry){ .at = (uint32_t)rec->at, .payload = (uint32_t)rec->payload.n, .time = rec->time };
	return 0;
}

static int
replay_tell_parts(struct journal_replay *r)
{
	int rc = 0;

	for (size_t i = 0; i < r->nparts && rc == 0; i++) {
		struct jrec		rec = { .type = JREC_PART, .payload = str_mem(r->p + r->parts[i].at + JREC_HEAD, r->parts[i].payload) };
		struct jrec_part	part;
		struct replay_key	key;

		if (jrec_part_get(&rec, &part) == 0 &&
		    !hash_has(r->marks, replay_key(part.of.ref.gen, part.of.ref.at, str_c(part.of.id), &key)))
			rc = r->j->part_fn(r->arg, &part, r->parts[i].time);
	}
	r->nparts = 0;
	return rc;
}

static int
replay_done(struct journal_replay *r, const struct jrec *rec)
{
	struct jrec_done	d;
	struct replay_key	key;

	for (size_t i = 0; i < jrec_done_count(rec); i++)
		if (jrec_done_get(rec, i, &d) == 0 && hash_put(r->marks, replay_key(d.ref.gen, d.ref.at, str_c(d.id), &key), r) == -1)
			return -1;
	return 0;
}

/* The whole segment; NONE: it cannot be read.  Good until the next one is. */
static struct str
replay_load(struct journal_replay *r, const struct jseg *s, struct err *e)
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

/* Marks, and unless only these are wanted messages; *used: where the last record ends.  -1: it cannot be read, or no memory. */
static int
replay_walk(struct journal_replay *r, const struct jseg *s, bool messages, uint64_t *used, struct err *e)
{
	struct jrec_walk	w;
	struct jrec		rec;
	struct str		damage, all = replay_load(r, s, e);
	enum jrec_step		step;
	int			rc = 0;

	if (all.p == NULL)
		return -1;
	r->n = r->nparts = 0;
	*used = JREC_ALIGN;
	jrec_walk_init(&w, all, s->life);
	while (rc == 0 && (step = jrec_walk(&w, &rec, &damage)) != JREC_END) {
		if (step == JREC_DAMAGE && messages)
			replay_keep_aside(r, s, damage, (uint64_t)(damage.p - all.p));
		if (step != JREC_FOUND)
			continue;
		*used = w.at;
		if (rec.type == JREC_MESSAGE && messages)
			rc = replay_message(r, &rec);
		else if (rec.type == JREC_DONE)
			rc = replay_done(r, &rec);
		else if (rec.type == JREC_PART && messages)
			rc = replay_part(r, &rec);
	}
	if (rc == 0 && replay_tell_parts(r) == 0)
		return 0;
	r->n = 0;
	return err_set(e, ERR_TEMP, "out of memory");
}

static struct jrec
replay_record(const struct journal_replay *r, const struct replay_entry *x)
{
	return (struct jrec){
		.type = JREC_MESSAGE, .flags = x->flags, .at = x->at, .envelope = x->envelope, .payload = str_mem(r->p + x->at + JREC_HEAD, x->payload)
	};
}

/* Only those that no mark has taken away. */
static void
replay_strike_out(struct journal_replay *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n && hash_count(r->marks) > 0; i++) {
		struct jrec		rec = replay_record(r, &r->v[i]);
		struct jrec_message	m;
		struct replay_key	key;

		if (jrec_message_get(&rec, &m) == 0 && !hash_has(r->marks, replay_key(r->ref.gen, rec.at, m.id, &key)))
			r->v[n++] = r->v[i];
	}
	if (hash_count(r->marks) > 0)
		r->n = n;
}

/* The youngest segment that was not read yet. */
static int
replay_segment(struct journal_replay *r, struct err *e)
{
	struct journal	*j = r->j;
	struct jseg	*s = &j->seg[r->left - 1];
	size_t		 messages;
	uint64_t	 used;

	/* Of one generation, because two hosts' journals came together: their order says nothing of the marks. */
	if (r->left > 1 && s[-1].life.gen == s->life.gen && s->life.gen != 0 && r->twins != s->life.gen) {
		for (size_t i = r->left; i > 0 && j->seg[i - 1].life.gen == s->life.gen; i--)
			if (replay_walk(r, &j->seg[i - 1], false, &used, e) == -1)
				return -1;
		r->twins = s->life.gen;
	}
	if (replay_walk(r, s, true, &used, e) == -1)
		return -1;
	r->ref = (struct jref){ .gen = s->life.gen, .slot = s->slot };
	messages = r->n;
	replay_strike_out(r);
	if (journal_marks_reserve(j, r->n) == -1) {
		r->n = 0;
		return err_set(e, ERR_TEMP, "out of memory");
	}
	r->left--;
	r->found.messages += messages;
	r->found.owed += r->n;
	s->used = used;
	j->owed += r->n - s->owed;
	s->owed = r->n;
	return 0;
}

void
journal_replay_parts(struct journal *j, journal_part_fn *fn)
{
	j->part_fn = fn;
}

struct journal_replay *
journal_replay_begin(struct journal *j, journal_fn *fn, void *arg, struct err *e)
{
	struct journal_replay	*r = calloc(1, sizeof *r);
	const struct jseg	*last = j->n > 0 ? &j->seg[j->n - 1] : NULL;

	if (r == NULL || (r->m = arena_new(ARENA_DEFAULT)) == NULL || (r->marks = hash_new(r->m, 0)) == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		journal_replay_end(&r);
		return NULL;
	}
	r->j = j;
	r->fn = fn;
	r->arg = arg;
	r->left = r->found.segments = j->n;
	for (size_t i = 0; i < j->n; i++)
		j->owed += j->seg[i].owed = 1;	/* until it was read nobody may begin it anew */
	if (r->left > 0 && replay_segment(r, e) == -1) {
		journal_replay_end(&r);
		return NULL;
	}
	/* We go on behind the last record of the last segment: there is nothing that anyone was promised. */
	if (last != NULL && last->life.gen != 0 && last->size > last->used)
		j->current = last->life.gen;
	return r;
}

int
journal_replay_step(struct journal_replay *r, struct err *e)
{
	struct jrec_message m;

	if (r->n == 0 && r->left > 0 && replay_segment(r, e) == -1)
		return -1;
	for (; r->n > 0; r->n--) {
		struct jrec rec = replay_record(r, &r->v[r->n - 1]);

		r->ref.at = r->v[r->n - 1].at;
		if (jrec_message_get(&rec, &m) == 0 && r->fn(r->arg, &r->ref, &m) != 0)
			return -1;
	}
	return r->left > 0;
}

struct journal_found
journal_replay_found(const struct journal_replay *r)
{
	return r->found;
}

void
journal_replay_end(struct journal_replay **rp)
{
	struct journal_replay *r = *rp;

	if (r == NULL)
		return;
	free(r->p);
	free(r->v);
	free(r->parts);
	arena_free(&r->m);
	free(r);
	*rp = NULL;
}

int
journal_replay(struct journal *j, journal_fn *fn, void *arg, struct journal_found *found, struct err *e)
{
	struct journal_replay	*r = journal_replay_begin(j, fn, arg, e);
	int			 rc;

	*found = (struct journal_found){ .segments = j->n };
	if (r == NULL)
		return -1;
	while ((rc = journal_replay_step(r, e)) == 1)
		continue;
	*found = r->found;
	journal_replay_end(&r);
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
