/*
 * journal - see the header.  Files journal.NNN are segments, each held open by its owner; journal.lock is locked by the owner as long as it lives.
 */
#include "queue/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "os/lock.h"
#include "queue/journal_int.h"

#define MARKS_KEEP	4096		/* marks of one batch that can be written again */

/* ---- files ---- */

void
journal_name(char dst[JOURNAL_NAME], uint32_t slot, const char *suffix)
{
	(void)snprintf(dst, JOURNAL_NAME, "journal.%03u%s", (unsigned)slot, suffix);
}

int
journal_pread(int fd, char *p, size_t n, uint64_t at)
{
	ssize_t r;

	for (; n > 0; p += r, n -= (size_t)r, at += (uint64_t)r) {
		r = pread(fd, p, n, (off_t)at);
		if (r == -1 && errno == EINTR)
			r = 0;
		else if (r <= 0) {
			if (r == 0)
				errno = EIO;
			return -1;
		}
	}
	return 0;
}

int
journal_pwrite(int fd, struct str s, uint64_t at)
{
	ssize_t r;

	for (; s.n > 0; s = str_from(s, (size_t)r), at += (uint64_t)r)
		if ((r = pwrite(fd, s.p, s.n, (off_t)at)) == -1) {
			if (errno != EINTR)
				return -1;
			r = 0;
		}
	return 0;
}

/* ---- segments in order ---- */

static struct jseg *
journal_by_gen(struct journal *j, uint64_t gen)
{
	for (size_t i = 0; gen != 0 && i < j->n; i++)
		if (j->seg[i].life.gen == gen)
			return &j->seg[i];
	return NULL;
}

/* Of two hosts' segments that came together two may have the same generation: the file tells them apart. */
static struct jseg *
journal_by_ref(struct journal *j, const struct jref *ref)
{
	for (size_t i = 0; ref->gen != 0 && i < j->n; i++)
		if (j->seg[i].life.gen == ref->gen && j->seg[i].slot == ref->slot)
			return &j->seg[i];
	return NULL;
}

static void
journal_drop(struct journal *j, struct jseg *s)
{
	size_t i = (size_t)(s - j->seg);

	close(s->fd);
	memmove(s, s + 1, (j->n - i - 1) * sizeof *s);
	j->n--;
}

/* A segment with a place among the others: by generation. */
static int
journal_insert(struct journal *j, const struct jseg *s)
{
	size_t i = j->n;

	if (j->n == JOURNAL_SEGMENTS_MAX)
		return -1;
	for (; i > 0 && j->seg[i - 1].life.gen > s->life.gen; i--)
		j->seg[i] = j->seg[i - 1];
	j->seg[i] = *s;
	j->n++;
	if (s->life.gen >= j->next_gen)
		j->next_gen = s->life.gen + 1;
	return 0;
}

static int
journal_open_slot(struct journal *j, uint32_t slot, struct err *e)
{
	struct jseg	s = { .slot = slot };
	struct stat	st;
	char		name[JOURNAL_NAME], head[JREC_ALIGN], *p = NULL;
	struct jrec	r;

	journal_name(name, slot, "");
	if ((s.fd = openat(j->dir, name, (j->look ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) == -1)
		return errno == ENOENT ? 0 : err_sys(e, ERR_TEMP, "%s", name);
	if (fstat(s.fd, &st) == -1 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > JOURNAL_SIZE_MAX) {
		close(s.fd);
		return err_set(e, ERR_PERM, "%s: not a segment", name);
	}
	s.size = s.used = (uint64_t)st.st_size;
	if (s.size >= sizeof head && journal_pread(s.fd, head, sizeof head, 0) == 0 &&
	    jrec_get(str_mem(head, sizeof head), NULL, 0, &r) == JREC_OK && r.type == JREC_SEGMENT)
		s.life = r.life;
	else if ((p = malloc((size_t)s.size + 1)) == NULL || journal_pread(s.fd, p, (size_t)s.size, 0) == -1) {
		err_sys(e, ERR_TEMP, "%s", name);
		free(p);
		close(s.fd);
		return -1;
	} else
		s.life = jrec_life(str_mem(p, (size_t)s.size));
	free(p);
	return journal_insert(j, &s);
}

bool
journal_exists(int dir)
{
	char		name[JOURNAL_NAME];
	struct stat	st;

	for (uint32_t slot = 1; slot <= JOURNAL_SEGMENTS_MAX; slot++) {
		journal_name(name, slot, "");
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
		if (slot > 64 && slot % 64 == 1)
			break;			/* slots are taken from the low end */
	}
	return false;
}

static struct journal *
journal_new(int dir, const struct journal_conf *c, bool look, struct err *e)
{
	struct journal *j = calloc(1, sizeof *j);

	if (j == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	j->dir = dir;
	j->look = look;
	j->lock = -1;
	j->next_gen = (uint64_t)time(NULL);	/* higher than any before, even if segments were taken away */
	if (c != NULL)
		j->conf = *c;
	j->conf.segment_size = (j->conf.segment_size + JREC_ALIGN - 1) / JREC_ALIGN * JREC_ALIGN;
	if (j->conf.segments > JOURNAL_SEGMENTS_MAX)
		j->conf.segments = JOURNAL_SEGMENTS_MAX;
	buf_init(&j->out, 0);
	return j;
}

static int
journal_open_all(struct journal *j, struct err *e)
{
	for (uint32_t slot = 1; slot <= JOURNAL_SEGMENTS_MAX; slot++)
		if (journal_open_slot(j, slot, e) == -1)
			return -1;
	return 0;
}

struct journal *
journal_open(int dir, const struct journal_conf *c, struct err *e)
{
	struct journal *j = journal_new(dir, c, false, e);

	if (j == NULL)
		return NULL;
	if ((j->lock = openat(dir, JOURNAL_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, j->conf.mode)) == -1 ||
	    os_flock(j->lock, OS_LOCK_EXCL, false) == -1)
		err_sys(e, ERR_TEMP, JOURNAL_LOCK);
	else if (journal_open_all(j, e) == 0)
		return j;
	journal_close(&j);
	return NULL;
}

struct journal *
journal_look(int dir, struct err *e)
{
	struct journal *j = journal_new(dir, NULL, true, e);

	if (j != NULL && journal_open_all(j, e) == -1)
		journal_close(&j);
	return j;
}

void
journal_close(struct journal **jp)
{
	struct journal *j = *jp;

	if (j == NULL)
		return;
	for (size_t i = 0; i < j->n; i++)
		close(j->seg[i].fd);
	if (j->lock != -1)
		close(j->lock);
	buf_done(&j->out);
	free(j->marks);
	free(j);
	*jp = NULL;
}

/* ---- writing ---- */

/* May one more segment be begun?  All that are written to between two syncs are of one batch. */
static bool
journal_may_turn(const struct journal *j)
{
	unsigned n = 0;

	for (size_t i = 0; i < j->n; i++)
		n += j->seg[i].dirty && !j->seg[i].bad;
	return j->spare != 0 && n < JOURNAL_BATCH;
}

static struct jseg *
journal_room(struct journal *j, size_t room)
{
	struct jseg *s = journal_by_gen(j, j->current);

	if (s != NULL && !s->bad && s->size - s->used >= room)
		return s;
	if (!journal_may_turn(j) || (s = journal_by_gen(j, j->spare)) == NULL || s->size - s->used < room)
		return NULL;
	j->current = j->spare;
	j->spare = 0;
	return s;
}

bool
journal_has_room(struct journal *j, size_t room)
{
	const struct jseg *s = journal_by_gen(j, j->current);

	if (room > j->conf.segment_size / 4)
		return false;
	return (s != NULL && !s->bad && s->size - s->used >= room) || journal_may_turn(j);
}

static int
journal_put(struct journal *j, struct jseg *s, struct err *e)
{
	if (!buf_ok(&j->out))
		return err_set(e, ERR_TEMP, "out of memory");
	if (journal_pwrite(s->fd, buf_str(&j->out), s->used) == -1)
		return err_sys(e, ERR_TEMP, "write journal.%03u", (unsigned)s->slot);
	s->used += j->out.n;
	s->dirty = true;
	return 0;
}

/* Marks that have no place in a segment yet. */
static void
journal_put_marks(struct journal *j)
{
	struct jseg	*s;
	size_t		 n;

	while ((n = j->nmarks - j->written) > 0) {
		if (n > JREC_DONE_MAX)
			n = JREC_DONE_MAX;
		if ((s = journal_room(j, JREC_ALIGN)) == NULL)
			return;
		buf_clear(&j->out);
		jrec_put_done(&j->out, s->life, s->used, (int64_t)time(NULL), j->marks + j->written, n);
		if (journal_put(j, s, NULL) == -1)
			return;
		j->written += n;
	}
}

/* Room for a mark of each message that is owed, and of n more: a mark that got lost would bring back a message whose content is gone. */
int
journal_marks_reserve(struct journal *j, size_t n)
{
	struct jrec_done	*v;
	size_t			 room = j->marks_room == 0 ? 64 : j->marks_room;

	for (n += j->nmarks + j->owed; room < n;)
		room *= 2;
	if (room == j->marks_room)
		return 0;
	if ((v = realloc(j->marks, room * sizeof *v)) == NULL)
		return -1;
	j->marks = v;
	j->marks_room = room;
	return 0;
}

int
journal_append(struct journal *j, const struct jrec_message *m, struct jref *ref, struct err *e)
{
	size_t		 room = jrec_message_room(m);
	struct jseg	*s;
	uint64_t	 at;

	if (!journal_has_room(j, room) || (s = journal_room(j, room)) == NULL)
		return 1;
	if (journal_marks_reserve(j, 1) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	buf_clear(&j->out);
	if (jrec_put_message(&j->out, s->life, s->used, (int64_t)time(NULL), m) == -1)
		return err_set(e, ERR_TEMP, "a message that does not fit into a record");
	at = s->used;
	if (journal_put(j, s, e) == -1)
		return -1;
	s->owed++;
	j->owed++;
	*ref = (struct jref){ .gen = s->life.gen, .at = (uint32_t)at, .slot = s->slot };
	return 0;
}

void
journal_done(struct journal *j, const struct jref *ref, struct str id)
{
	struct jseg *s = journal_by_ref(j, ref);

	if (s != NULL && s->owed > 0) {
		s->owed--;
		j->owed--;
	}
	if (j->nmarks == j->marks_room && journal_marks_reserve(j, 1) == -1)
		return;				/* only of what is not in our books: see journal_marks_reserve */
	j->marks[j->nmarks] = (struct jrec_done){ .ref = *ref };
	if (str_copy(j->marks[j->nmarks].id, QID_MAX, id) == 0)
		j->nmarks++;
	journal_put_marks(j);
}

void
journal_part(struct journal *j, const struct jrec_part *part)
{
	struct jseg *s = journal_room(j, jrec_part_room(part));

	if (s == NULL)
		return;
	buf_clear(&j->out);
	if (jrec_put_part(&j->out, s->life, s->used, (int64_t)time(NULL), part) == 0)
		(void)journal_put(j, s, NULL);
}

int
journal_read(struct journal *j, const struct jref *ref, struct buf *b, struct jrec_message *m, struct err *e)
{
	struct jseg	*s = journal_by_ref(j, ref);
	char		 head[JREC_HEAD], *p;
	struct jrec	 r;
	size_t		 n;

	if (s == NULL || ref->at >= s->size)
		return err_set(e, ERR_BUG, "journal: no such record");
	if (journal_pread(s->fd, head, sizeof head, ref->at) == -1)
		return err_sys(e, ERR_TEMP, "read journal.%03u", (unsigned)s->slot);
	n = JREC_HEAD + ((size_t)(unsigned char)head[24] | (size_t)(unsigned char)head[25] << 8 | (size_t)(unsigned char)head[26] << 16 |
	    (size_t)(unsigned char)head[27] << 24);
	if (n > s->size - ref->at)
		return err_set(e, ERR_PERM, "journal.%03u: the record at %u is damaged", (unsigned)s->slot, (unsigned)ref->at);
	buf_clear(b);
	if ((p = buf_reserve(b, n)) == NULL)
		return err_set(e, ERR_TEMP, "out of memory");
	if (journal_pread(s->fd, p, n, ref->at) == -1)
		return err_sys(e, ERR_TEMP, "read journal.%03u", (unsigned)s->slot);
	buf_commit(b, n);
	if (jrec_get_alone(buf_str(b), &s->life, ref->at, &r) != JREC_OK || jrec_message_get(&r, m) == -1)
		return err_set(e, ERR_PERM, "journal.%03u: the record at %u is damaged", (unsigned)s->slot, (unsigned)ref->at);
	return 0;
}

/* ---- syncing ---- */

bool
journal_dirty(const struct journal *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->seg[i].dirty && !j->seg[i].bad)
			return true;
	return false;
}

bool
journal_marked(const struct journal *j)
{
	return j->written == j->nmarks;
}

bool
journal_marking(const struct journal *j)
{
	return j->nmarks > 0;
}

void
journal_sync_begin(struct journal *j, struct journal_batch *b)
{
	b->n = 0;
	for (size_t i = 0; i < j->n && b->n < JOURNAL_BATCH; i++) {
		struct jseg *s = &j->seg[i];

		if (!s->dirty || s->bad)
			continue;
		s->dirty = false;
		b->slot[b->n] = s->slot;
		b->gen[b->n++] = s->life.gen;
	}
	j->flying = j->written;
}

int
journal_sync_batch(const struct journal *j, const struct journal_batch *b, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < j->n; i++)
		for (unsigned k = 0; k < b->n; k++)
			if (j->seg[i].life.gen == b->gen[k] && fdatasync(j->seg[i].fd) == -1) {
				char name[JOURNAL_NAME];

				journal_name(name, j->seg[i].slot, "");
				rc = err_sys(e, ERR_TEMP, "sync %s", name);
			}
	return rc;
}

void
journal_sync_end(struct journal *j, const struct journal_batch *b, bool ok)
{
	if (ok) {
		if (j->nmarks > j->flying)
			memmove(j->marks, j->marks + j->flying, (j->nmarks - j->flying) * sizeof *j->marks);
		j->nmarks -= j->flying;
		j->written -= j->flying;
	} else {
		for (unsigned i = 0; i < b->n; i++) {
			struct jseg *s = journal_by_gen(j, b->gen[i]);

			if (s != NULL)
				s->bad = true;
		}
		j->written = 0;
	}
	j->flying = 0;
	journal_put_marks(j);
}

/* ---- segments come and go ---- */

static uint32_t
journal_free_slot(const struct journal *j)
{
	for (uint32_t slot = 1; slot <= j->conf.segments; slot++) {
		bool used = false;

		for (size_t i = 0; i < j->n; i++)
			used = used || j->seg[i].slot == slot;
		if (!used)
			return slot;
	}
	return 0;
}

/* A segment that will not be used again, gone for good before any younger one is begun anew: their marks speak of its messages, too. */
static bool
journal_remove(struct journal *j, struct jseg *s)
{
	char name[JOURNAL_NAME];

	journal_name(name, s->slot, "");
	if ((unlinkat(j->dir, name, 0) == -1 && errno != ENOENT) || os_sync_dir(j->dir) == -1)
		return false;
	journal_drop(j, s);
	return true;
}

/* The oldest segment if nothing in it is owed and it is not written to. */
static struct jseg *
journal_oldest_free(struct journal *j)
{
	while (j->n > 0 && j->seg[0].owed == 0 && j->seg[0].life.gen != j->current && j->seg[0].life.gen != j->spare) {
		if (!j->seg[0].bad && j->seg[0].slot <= j->conf.segments)
			return &j->seg[0];
		if ((j->nmarks > 0 && j->seg[0].bad) || !journal_remove(j, &j->seg[0]))
			return NULL;		/* its marks are needed until they stand elsewhere, or until it is gone */
	}
	return NULL;
}

bool
journal_wants(struct journal *j, struct journal_make *m)
{
	struct jseg	*s = journal_by_gen(j, j->current), *old;

	if (j->making || j->spare != 0 || j->conf.segments < 2 || (s != NULL && !s->bad && s->used < s->size / 8))
		return false;
	if (j->unmade != 0)
		m->slot = j->unmade;
	else if ((old = journal_oldest_free(j)) != NULL) {
		m->slot = old->slot;
		journal_drop(j, old);
	} else if ((m->slot = journal_free_slot(j)) == 0)
		return false;
	m->life.gen = j->next_gen++;
	os_random(&m->life.stamp, sizeof m->life.stamp);
	j->making = true;
	return true;
}

void
journal_made(struct journal *j, const struct journal_make *m, bool ok)
{
	struct jseg	s = { .slot = m->slot, .life = m->life, .used = JREC_ALIGN };
	struct stat	st;
	char		name[JOURNAL_NAME];

	j->making = false;
	j->unmade = ok ? 0 : m->slot;
	if (!ok)
		return;
	journal_name(name, m->slot, "");
	if ((s.fd = openat(j->dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return;
	if (fstat(s.fd, &st) == -1 || journal_insert(j, &s) == -1) {
		close(s.fd);
		return;
	}
	journal_by_gen(j, m->life.gen)->size = (uint64_t)st.st_size;
	j->spare = m->life.gen;
	journal_put_marks(j);
}

int
journal_lock(const struct journal *j)
{
	return j->lock;
}

size_t
journal_owed(const struct journal *j)
{
	return j->owed;
}

uint64_t
journal_pressed(const struct journal *j)
{
	uint64_t gen = 0;

	if (j->n > 0 && j->n >= j->conf.segments - j->conf.segments / 4)
		gen = j->seg[0].life.gen;
	for (size_t i = 0; i < j->n; i++)
		if (j->seg[i].bad)
			gen = j->seg[i].life.gen;
	return gen;
}
