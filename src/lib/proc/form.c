/*
 * form - bodies of messages by a table; see the header.
 *
 * Input is a peer's and may be hostile: a count is looked at before memory is asked for, and once the reader is bad everything reads as zero.
 */
#include <string.h>

#include "proc/form.h"

#define PUT_AT(m, r, type)	(*(const type *)(const void *)((const char *)(m) + (r)->at))
#define GET_AT(m, r, type)	(*(type *)(void *)((char *)(m) + (r)->at))

/* An enumeration's representation is the compiler's affair; FORM_ENUM saw to its size. */
static unsigned
form_enum(const void *m, const struct form_row *r)
{
	unsigned v;

	memcpy(&v, (const char *)m + r->at, sizeof v);
	return v;
}

/* ---- writing ---- */

static void
form_put_each(struct buf *b, const struct form *f, const void *first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		form_put(b, f, (const char *)first + i * f->size);
}

static void
form_put_row(struct buf *b, const struct form_row *r, const void *m)
{
	const void *at = (const char *)m + r->at, *count = (const char *)m + r->count;

	switch (r->kind) {
	case FORM_K_U8:		msg_put_u8(b, PUT_AT(m, r, uint8_t)); break;
	case FORM_K_U16:	msg_put_u16(b, PUT_AT(m, r, uint16_t)); break;
	case FORM_K_U32:	msg_put_u32(b, PUT_AT(m, r, uint32_t)); break;
	case FORM_K_U64:	msg_put_u64(b, PUT_AT(m, r, uint64_t)); break;
	case FORM_K_I64:	msg_put_i64(b, PUT_AT(m, r, int64_t)); break;
	case FORM_K_BOOL:	msg_put_bool(b, PUT_AT(m, r, bool)); break;
	case FORM_K_CHAR:	msg_put_u8(b, (uint8_t)PUT_AT(m, r, char)); break;
	case FORM_K_INT:	msg_put_u32(b, (uint32_t)PUT_AT(m, r, int)); break;
	case FORM_K_WIDE:	msg_put_i64(b, PUT_AT(m, r, int)); break;
	case FORM_K_SIGN:	msg_put_u8(b, (uint8_t)(PUT_AT(m, r, int) + 1)); break;
	case FORM_K_ENUM:	msg_put_u8(b, (uint8_t)form_enum(m, r)); break;
	case FORM_K_STR:
	case FORM_K_TEXT:	msg_put_str(b, PUT_AT(m, r, struct str)); break;
	case FORM_K_CUT:	msg_put_str(b, str_first(PUT_AT(m, r, struct str), r->most)); break;
	case FORM_K_BYTES:	(void)buf_addmem(b, at, r->most); break;
	case FORM_K_IN:		form_put(b, r->form, at); break;
	case FORM_K_MAYBE:
		msg_put_bool(b, *(const bool *)count);
		if (*(const bool *)count)
			form_put(b, r->form, at);
		break;
	case FORM_K_EACH:
		form_put_each(b, r->form, at, r->most);
		break;
	case FORM_K_SOME: {
		uint32_t n = *(const uint32_t *)count;

		msg_put_u32(b, n);
		form_put_each(b, r->form, at, n < r->most ? n : r->most);
		break;
	}
	case FORM_K_LIST: {
		size_t n = *(const size_t *)count;

		msg_put_u32(b, (uint32_t)n);
		form_put_each(b, r->form, PUT_AT(m, r, void *), n);
		break;
	}
	}
}

void
form_put(struct buf *b, const struct form *f, const void *m)
{
	for (size_t i = 0; i < f->n; i++)
		form_put_row(b, &f->row[i], m);
}

/* ---- reading ---- */

/* Bytes that a struct of this form takes at least: so many elements as a body's rest has room for may be asked for. */
static size_t
form_least(const struct form *f)
{
	static const uint8_t	bytes[] = {
		[FORM_K_U8] = 1, [FORM_K_U16] = 2, [FORM_K_U32] = 4, [FORM_K_U64] = 8, [FORM_K_I64] = 8, [FORM_K_BOOL] = 1, [FORM_K_CHAR] = 1,
		[FORM_K_INT] = 4, [FORM_K_WIDE] = 8, [FORM_K_SIGN] = 1, [FORM_K_ENUM] = 1, [FORM_K_STR] = 4, [FORM_K_TEXT] = 4, [FORM_K_CUT] = 4,
		[FORM_K_MAYBE] = 1, [FORM_K_SOME] = 4, [FORM_K_LIST] = 4
	};
	size_t			n = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct form_row *r = &f->row[i];

		if (r->kind == FORM_K_BYTES)
			n += r->most;
		else if (r->kind == FORM_K_IN)
			n += form_least(r->form);
		else if (r->kind == FORM_K_EACH)
			n += r->most * form_least(r->form);
		else
			n += bytes[r->kind];
	}
	return n;
}

static uint32_t
form_within(struct msg_in *in, const struct form_row *r, uint32_t v)
{
	if (v >= r->least && v <= r->most)
		return v;
	in->bad = true;
	return r->least;
}

static uint32_t
form_count(struct msg_in *in, const struct form_row *r)
{
	uint32_t n = form_within(in, r, msg_u32(in));

	if (n > in->s.n / form_least(r->form))
		in->bad = true;
	return in->bad ? 0 : n;
}

static void
form_take_each(struct msg_in *in, const struct form *f, struct arena *a, void *first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		form_take(in, f, a, (char *)first + i * f->size);
}

static struct str
form_str(struct msg_in *in, const struct form_row *r)
{
	struct str s = msg_str(in, r->most);

	if (r->kind == FORM_K_TEXT && str_has_nul(s))
		in->bad = true;
	return s;
}

static void
form_take_row(struct msg_in *in, const struct form_row *r, struct arena *a, void *m)
{
	void		*at = (char *)m + r->at, *count = (char *)m + r->count;
	uint32_t	 n;

	switch (r->kind) {
	case FORM_K_U8:		GET_AT(m, r, uint8_t) = (uint8_t)form_within(in, r, msg_u8(in)); break;
	case FORM_K_U16:	GET_AT(m, r, uint16_t) = msg_u16(in); break;
	case FORM_K_U32:	GET_AT(m, r, uint32_t) = form_within(in, r, msg_u32(in)); break;
	case FORM_K_U64:	GET_AT(m, r, uint64_t) = msg_u64(in); break;
	case FORM_K_I64:	GET_AT(m, r, int64_t) = msg_i64(in); break;
	case FORM_K_BOOL:	GET_AT(m, r, bool) = msg_bool(in); break;
	case FORM_K_CHAR:	GET_AT(m, r, char) = (char)msg_u8(in); break;
	case FORM_K_INT:	GET_AT(m, r, int) = (int)(msg_u32(in) & r->most); break;
	case FORM_K_WIDE:	GET_AT(m, r, int) = (int)(msg_u64(in) & r->most); break;
	case FORM_K_SIGN:
		n = msg_u8(in);
		in->bad = in->bad || n > 2;
		GET_AT(m, r, int) = in->bad ? -1 : (int)n - 1;
		break;
	case FORM_K_ENUM:
		n = form_within(in, r, msg_u8(in));
		memcpy(at, &n, sizeof n);
		break;
	case FORM_K_STR:
	case FORM_K_TEXT:
	case FORM_K_CUT:	GET_AT(m, r, struct str) = form_str(in, r); break;
	case FORM_K_BYTES:
		for (uint32_t i = 0; i < r->most; i++)
			((uint8_t *)at)[i] = msg_u8(in);
		break;
	case FORM_K_IN:		form_take(in, r->form, a, at); break;
	case FORM_K_MAYBE:
		if ((*(bool *)count = msg_bool(in)))
			form_take(in, r->form, a, at);
		break;
	case FORM_K_EACH:
		form_take_each(in, r->form, a, at, r->most);
		break;
	case FORM_K_SOME:
		*(uint32_t *)count = n = form_count(in, r);
		form_take_each(in, r->form, a, at, n);
		break;
	case FORM_K_LIST:
		*(size_t *)count = n = form_count(in, r);
		GET_AT(m, r, void *) = arena_array(a, n, r->form->size);
		form_take_each(in, r->form, a, GET_AT(m, r, void *), n);
		break;
	}
}

void
form_take(struct msg_in *in, const struct form *f, struct arena *a, void *m)
{
	for (size_t i = 0; i < f->n; i++)
		form_take_row(in, &f->row[i], a, m);
	if (!in->bad && f->ok != NULL && !f->ok(m))
		in->bad = true;
}

int
form_get(struct str body, const struct form *f, struct arena *a, void *m)
{
	struct msg_in in = msg_in(body);

	memset(m, 0, f->size);
	form_take(&in, f, a, m);
	return msg_end(&in) ? 0 : -1;
}
