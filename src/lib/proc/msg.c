/*
 * msg - encoding of message bodies.
 *
 * Strings are a u32 length and bytes; the length 0xffffffff stands for STR_NONE.
 * Input is a peer's and may be hostile: reading past the end, a boolean that is
 * neither 0 nor 1, or a string above its limit makes the whole reader bad.
 */
#include <string.h>

#include "proc/msg.h"

#define MSG_NONE	UINT32_MAX

static void
msg_put_le(struct buf *b, uint64_t v, unsigned n)
{
	char d[8];

	for (unsigned i = 0; i < n; i++)
		d[i] = (char)(unsigned char)(v >> 8 * i);
	buf_addmem(b, d, n);
}

void
msg_put_u8(struct buf *b, uint8_t v)
{
	msg_put_le(b, v, 1);
}

void
msg_put_u16(struct buf *b, uint16_t v)
{
	msg_put_le(b, v, 2);
}

void
msg_put_u32(struct buf *b, uint32_t v)
{
	msg_put_le(b, v, 4);
}

void
msg_put_u64(struct buf *b, uint64_t v)
{
	msg_put_le(b, v, 8);
}

void
msg_put_i64(struct buf *b, int64_t v)
{
	msg_put_le(b, (uint64_t)v, 8);
}

void
msg_put_bool(struct buf *b, bool v)
{
	msg_put_le(b, v, 1);
}

void
msg_put_str(struct buf *b, struct str s)
{
	if (str_is_none(s)) {
		msg_put_u32(b, MSG_NONE);
		return;
	}
	if (s.n >= MSG_NONE) {
		b->failed = true;
		return;
	}
	msg_put_u32(b, (uint32_t)s.n);
	buf_add(b, s);
}

void
msg_put_err(struct buf *b, const struct err *e)
{
	msg_put_u8(b, (uint8_t)e->class);
	msg_put_u32(b, (uint32_t)e->sys);
	msg_put_str(b, str_c(e->text));
}

struct msg_in
msg_in(struct str body)
{
	return (struct msg_in){ body, false };
}

/* The next n bytes; NULL when there are no more so many.  With n a constant what follows is one load. */
static inline const unsigned char *
msg_next(struct msg_in *m, size_t n)
{
	const unsigned char *p = (const unsigned char *)m->s.p;

	if (m->bad || m->s.n < n) {
		m->bad = true;
		return NULL;
	}
	m->s.p += n;
	m->s.n -= n;
	return p;
}

uint8_t
msg_u8(struct msg_in *m)
{
	const unsigned char *p = msg_next(m, 1);

	return p == NULL ? 0 : p[0];
}

uint16_t
msg_u16(struct msg_in *m)
{
	const unsigned char *p = msg_next(m, 2);

	if (p == NULL)
		return 0;
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
msg_le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t
msg_u32(struct msg_in *m)
{
	const unsigned char *p = msg_next(m, 4);

	return p == NULL ? 0 : msg_le32(p);
}

uint64_t
msg_u64(struct msg_in *m)
{
	const unsigned char *p = msg_next(m, 8);

	return p == NULL ? 0 : msg_le32(p) | (uint64_t)msg_le32(p + 4) << 32;
}

int64_t
msg_i64(struct msg_in *m)
{
	return (int64_t)msg_u64(m);
}

bool
msg_bool(struct msg_in *m)
{
	uint8_t v = msg_u8(m);

	if (v > 1)
		m->bad = true;
	return v == 1;
}

struct str
msg_str(struct msg_in *m, size_t max)
{
	uint32_t	n = msg_u32(m);
	struct str	s;

	if (m->bad || n == MSG_NONE)
		return STR_NONE;
	if (n > max || n > m->s.n) {
		m->bad = true;
		return STR_NONE;
	}
	s = n == 0 ? STR("") : str_first(m->s, n);
	m->s = str_from(m->s, n);
	return s;
}

void
msg_err(struct msg_in *m, struct err *e)
{
	uint8_t		class = msg_u8(m);
	uint32_t	sys = msg_u32(m);
	struct str	text = msg_str(m, ERR_TEXT);

	if (class > ERR_BUG || str_has_nul(text))
		m->bad = true;
	if (m->bad) {
		err_set(e, ERR_BUG, "malformed error from a peer");
		return;
	}
	err_set(e, (enum err_class)class, "%.*s", STR_ARG(text));
	if (e != NULL)
		e->sys = (int)sys;
}

bool
msg_end(const struct msg_in *m)
{
	return !m->bad && m->s.n == 0;
}
