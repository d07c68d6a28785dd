/*
 * jrec - see the header.  Numbers are little endian.
 *
 *	head, 64 octets		0 magic "AngJ"	4 version	5 type		6 flags (2)	8 generation (8)	16 offset in the segment (8)
 *				24 octets of payload (4)	28 octets of envelope (4)	32 time (8)	40 CRC32C of the payload (4)
 *				44 stamp (8)	52 zeros	60 CRC32C of octets 0 to 59
 *	segment			0 size of the segment (8)
 *	message			0 id (24, zeros behind)	24 size of the content (8)	32 delivery mode	33 number of its journal.body (2)	35 zeros	40 envelope, then content
 *	done			for each: 0 generation (8)	8 offset (8)	16 id (24)
 *	part			0 generation (8)	8 offset (8)	16 id (24)	40 for each: 0 octets of the name (2)	2 name
 */
#include "queue/jrec.h"

#include "base/enc.h"

#define JREC_VERSION	1
#define JREC_IN_DF	0x0001
#define JREC_IN_BODY	0x0002			/* with the other one: in a file of the journal's own */
#define JREC_PLACES	0x10000u
#define JREC_MSG_HEAD	((size_t)40)
#define JREC_DONE_ONE	((size_t)40)

static const char	jrec_magic[4] = { 'A', 'n', 'g', 'J' };

static void
jrec_put_le(char *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)(v >> 8 * i & 0xff);
}

static uint64_t
jrec_le(const char *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

size_t
jrec_room(size_t payload)
{
	return (JREC_HEAD + payload + JREC_ALIGN - 1) / JREC_ALIGN * JREC_ALIGN;
}

size_t
jrec_message_room(const struct jrec_message *m)
{
	return jrec_room(JREC_MSG_HEAD + m->qf.n + (m->in_df ? 0 : m->content.n));
}

size_t
jrec_part_room(const struct jrec_part *part)
{
	return jrec_room(JREC_DONE_ONE + part->list.n);
}

/* ---- writing ---- */

static char *
jrec_begin(struct buf *b, size_t payload)
{
	char *p = buf_reserve(b, jrec_room(payload));

	if (p != NULL)
		memset(p, 0, JREC_HEAD);
	return p;
}

/* The payload stands in its place behind the head: the rest of the head, and zeros up to the sector's end. */
static int
jrec_end(struct buf *b, char *p, const struct jrec *r, size_t payload)
{
	size_t room = jrec_room(payload);

	memcpy(p, jrec_magic, sizeof jrec_magic);
	p[4] = JREC_VERSION;
	p[5] = (char)r->type;
	jrec_put_le(p + 6, r->flags, 2);
	jrec_put_le(p + 8, r->life.gen, 8);
	jrec_put_le(p + 44, r->life.stamp, 8);
	jrec_put_le(p + 16, r->at, 8);
	jrec_put_le(p + 24, payload, 4);
	jrec_put_le(p + 28, r->envelope, 4);
	jrec_put_le(p + 32, (uint64_t)r->time, 8);
	jrec_put_le(p + 40, crc32c(0, p + JREC_HEAD, payload), 4);
	jrec_put_le(p + 60, crc32c(0, p, 60), 4);
	memset(p + JREC_HEAD + payload, 0, room - JREC_HEAD - payload);
	buf_commit(b, room);
	return 0;
}

int
jrec_put_segment(struct buf *b, struct jrec_life life, int64_t now, uint64_t size)
{
	char *p = jrec_begin(b, 8);

	if (p == NULL)
		return -1;
	jrec_put_le(p + JREC_HEAD, size, 8);
	return jrec_end(b, p, &(struct jrec){ .type = JREC_SEGMENT, .life = life, .time = now }, 8);
}

static void
jrec_put_id(char *p, struct str id)
{
	memset(p, 0, QID_MAX);
	memcpy(p, id.p, id.n < QID_MAX ? id.n : QID_MAX - 1);
}

int
jrec_put_message(struct buf *b, struct jrec_life life, uint64_t at, int64_t now, const struct jrec_message *m)
{
	size_t	 content = m->in_df ? 0 : m->content.n, n = JREC_MSG_HEAD + m->qf.n + content;
	unsigned flags = m->in_df ? JREC_IN_DF | (m->place != 0 ? JREC_IN_BODY : 0) : 0;
	char	*p, *v;

	if (m->place > JREC_PLACES || !qid_valid(m->id) || m->id.n >= QID_MAX || n > UINT32_MAX / 2 || (p = jrec_begin(b, n)) == NULL)
		return -1;
	v = p + JREC_HEAD;
	jrec_put_id(v, m->id);
	jrec_put_le(v + 24, m->in_df ? m->size : content, 8);
	memset(v + 32, 0, 8);
	v[32] = m->mode;
	if (flags & JREC_IN_BODY)
		jrec_put_le(v + 33, m->place - 1, 2);
	if (m->qf.n > 0)
		memcpy(v + JREC_MSG_HEAD, m->qf.p, m->qf.n);
	if (content > 0)
		memcpy(v + JREC_MSG_HEAD + m->qf.n, m->content.p, content);
	return jrec_end(b, p, &(struct jrec){
		.type = JREC_MESSAGE, .flags = flags, .life = life, .at = at, .time = now, .envelope = (uint32_t)m->qf.n
	}, n);
}

static void
jrec_put_ref(char *p, const struct jrec_done *d)
{
	jrec_put_le(p, d->ref.gen, 8);
	jrec_put_le(p + 8, d->ref.at, 8);
	jrec_put_id(p + 16, str_c(d->id));
}

int
jrec_put_done(struct buf *b, struct jrec_life life, uint64_t at, int64_t now, const struct jrec_done *d, size_t n)
{
	char *p;

	if (n == 0 || n > JREC_DONE_MAX || (p = jrec_begin(b, n * JREC_DONE_ONE)) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		jrec_put_ref(p + JREC_HEAD + i * JREC_DONE_ONE, &d[i]);
	return jrec_end(b, p, &(struct jrec){ .type = JREC_DONE, .life = life, .at = at, .time = now }, n * JREC_DONE_ONE);
}

int
jrec_put_part(struct buf *b, struct jrec_life life, uint64_t at, int64_t now, const struct jrec_part *part)
{
	size_t	 n = JREC_DONE_ONE + part->list.n;
	char	*p;

	if (part->list.n == 0 || part->list.n > JREC_PART_MAX || (p = jrec_begin(b, n)) == NULL)
		return -1;
	jrec_put_ref(p + JREC_HEAD, &part->of);
	memcpy(p + JREC_HEAD + JREC_DONE_ONE, part->list.p, part->list.n);
	return jrec_end(b, p, &(struct jrec){ .type = JREC_PART, .life = life, .at = at, .time = now }, n);
}

int
jrec_part_add(struct buf *list, struct str name)
{
	char	n[2];

	if (name.n == 0 || name.n > JREC_PART_MAX - sizeof n || list->n > JREC_PART_MAX - sizeof n - name.n)
		return -1;
	jrec_put_le(n, name.n, sizeof n);
	buf_addmem(list, n, sizeof n);
	buf_add(list, name);
	return buf_ok(list) ? 0 : -1;
}

/* ---- reading ---- */

enum jrec_rc
jrec_get_alone(struct str s, const struct jrec_life *life, uint64_t at, struct jrec *r)
{
	const char	*p = s.p;
	uint64_t	 n;

	if (s.n < JREC_HEAD || memcmp(p, jrec_magic, sizeof jrec_magic) != 0 || jrec_le(p + 60, 4) != crc32c(0, p, 60) ||
	    p[4] != JREC_VERSION || p[5] < JREC_SEGMENT || p[5] > JREC_PART)
		return JREC_NONE;
	*r = (struct jrec){
		.type = (enum jrec_type)p[5], .flags = (unsigned)jrec_le(p + 6, 2), .life = { jrec_le(p + 8, 8), jrec_le(p + 44, 8) },
		.at = jrec_le(p + 16, 8), .envelope = (uint32_t)jrec_le(p + 28, 4), .time = (int64_t)jrec_le(p + 32, 8)
	};
	n = jrec_le(p + 24, 4);
	if (r->life.gen == 0 || r->at != at || (life != NULL && (r->life.gen != life->gen || r->life.stamp != life->stamp)))
		return JREC_NONE;
	if (n > s.n - JREC_HEAD || r->envelope > n || jrec_le(p + 40, 4) != crc32c(0, p + JREC_HEAD, (size_t)n))
		return JREC_BAD;
	r->payload = str_mem(p + JREC_HEAD, (size_t)n);
	return JREC_OK;
}

enum jrec_rc
jrec_get(struct str s, const struct jrec_life *life, uint64_t at, struct jrec *r)
{
	return at > s.n ? JREC_NONE : jrec_get_alone(str_from(s, (size_t)at), life, at, r);
}

/* A name from 24 octets that ends in zeros. */
static struct str
jrec_id(const char *p)
{
	size_t n = 0;

	while (n < QID_MAX && p[n] != '\0')
		n++;
	return str_mem(p, n);
}

int
jrec_message_get(const struct jrec *r, struct jrec_message *m)
{
	const char *p = r->payload.p;

	if (r->type != JREC_MESSAGE || r->payload.n < JREC_MSG_HEAD || r->envelope > r->payload.n - JREC_MSG_HEAD)
		return -1;
	*m = (struct jrec_message){
		.id = jrec_id(p), .mode = p[32], .in_df = (r->flags & JREC_IN_DF) != 0, .size = jrec_le(p + 24, 8),
		.qf = str_mem(p + JREC_MSG_HEAD, r->envelope)
	};
	if (!qid_valid(m->id) || m->id.n > QID_MAX - 3 || memchr("biqd", m->mode, 4) == NULL)
		return -1;
	if (r->flags & JREC_IN_BODY)
		m->place = (unsigned)jrec_le(p + 33, 2) + 1;
	if (!m->in_df)
		m->content = str_mem(p + JREC_MSG_HEAD + r->envelope, r->payload.n - JREC_MSG_HEAD - r->envelope);
	return m->in_df || (m->place == 0 && m->content.n == m->size) ? 0 : -1;
}

size_t
jrec_done_count(const struct jrec *r)
{
	return r->type == JREC_DONE && r->payload.n % JREC_DONE_ONE == 0 ? r->payload.n / JREC_DONE_ONE : 0;
}

static int
jrec_ref_get(const char *p, struct jrec_done *d)
{
	uint64_t at = jrec_le(p + 8, 8);

	*d = (struct jrec_done){ .ref = { .gen = jrec_le(p, 8), .at = (uint32_t)at } };
	return at > UINT32_MAX || str_copy(d->id, sizeof d->id, jrec_id(p + 16)) == -1 || !qid_valid(str_c(d->id)) ? -1 : 0;
}

int
jrec_done_get(const struct jrec *r, size_t i, struct jrec_done *d)
{
	return i >= jrec_done_count(r) ? -1 : jrec_ref_get(r->payload.p + i * JREC_DONE_ONE, d);
}

int
jrec_part_get(const struct jrec *r, struct jrec_part *part)
{
	if (r->type != JREC_PART || r->payload.n <= JREC_DONE_ONE || r->payload.n - JREC_DONE_ONE > JREC_PART_MAX)
		return -1;
	part->list = str_from(r->payload, JREC_DONE_ONE);
	return jrec_ref_get(r->payload.p, &part->of);
}

bool
jrec_part_next(struct str *list, struct str *name)
{
	size_t n;

	if (list->n < 2 || (n = (size_t)jrec_le(list->p, 2)) == 0 || n > list->n - 2)
		return false;
	*name = str_sub(*list, 2, 2 + n);
	*list = str_from(*list, 2 + n);
	return true;
}

struct jrec_life
jrec_life(struct str s)
{
	struct jrec	r;

	for (size_t at = 0; at < s.n; at += JREC_ALIGN)
		if (jrec_get(s, NULL, at, &r) == JREC_OK && (at > 0 || r.type == JREC_SEGMENT))
			return r.life;
	return (struct jrec_life){ 0 };
}

/* ---- the walk ---- */

void
jrec_walk_init(struct jrec_walk *w, struct str segment, struct jrec_life life)
{
	*w = (struct jrec_walk){ .segment = segment, .life = life, .at = JREC_ALIGN };
}

static bool
jrec_is_zero(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\0')
			return false;
	return true;
}

/* The next whole record behind a place where there is none. */
static bool
jrec_resync(struct jrec_walk *w, size_t from)
{
	struct jrec r;

	for (size_t at = from; at < w->segment.n; at += JREC_ALIGN)
		if (jrec_get(w->segment, &w->life, at, &r) == JREC_OK) {
			w->at = at;
			return true;
		}
	w->at = w->segment.n;
	return false;
}

enum jrec_step
jrec_walk(struct jrec_walk *w, struct jrec *r, struct str *damage)
{
	size_t		from;
	struct jrec	old;

	*damage = STR_NONE;
	if (w->life.gen == 0)
		return JREC_END;
	for (;;) {
		if (w->at >= w->segment.n)
			return JREC_END;
		if (jrec_get(w->segment, &w->life, w->at, r) == JREC_OK) {
			w->at += jrec_room(r->payload.n);
			return JREC_FOUND;
		}
		from = w->at;
		if (!jrec_resync(w, from + JREC_ALIGN))
			return JREC_END;
		/* Sectors that never came to the disk, or are from before, are a hole that nobody was promised anything in. */
		if (jrec_get(w->segment, NULL, from, &old) != JREC_NONE && old.life.gen < w->life.gen)
			continue;
		*damage = str_sub(w->segment, from, w->at);
		if (!jrec_is_zero(*damage))
			return JREC_DAMAGE;
	}
}
