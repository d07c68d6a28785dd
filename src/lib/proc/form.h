/*
 * form - a body of a message as a table: which members of a struct travel, in which order, and what each may hold.
 *
 * form_put and form_take walk the same table, so what is written and what is read cannot come to differ.  The bytes are those of msg.h: a form
 * is only a list of its calls.  Reading trusts nothing: a value outside its row's range, or a count that what is left of the body cannot hold,
 * makes the whole reader bad.
 *
 *	FORM(pair, struct pair, NULL,
 *	    FORM_U32(struct pair, id),
 *	    FORM_STR(struct pair, name, NAME_MAX));
 *
 * makes `pair` known to form_put(&b, &pair, &x) and form_get(body, &pair, NULL, &x).  A row for a member of another type does not compile.
 */
#ifndef PROC_FORM_H
#define PROC_FORM_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "proc/msg.h"

enum form_kind {
	FORM_K_U8, FORM_K_U16, FORM_K_U32, FORM_K_U64, FORM_K_I64, FORM_K_BOOL, FORM_K_CHAR,
	FORM_K_INT, FORM_K_WIDE, FORM_K_SIGN, FORM_K_ENUM,
	FORM_K_STR, FORM_K_TEXT, FORM_K_CUT,
	FORM_K_BYTES, FORM_K_IN, FORM_K_MAYBE, FORM_K_EACH, FORM_K_SOME, FORM_K_LIST
};

struct form;
struct form_row {
	enum form_kind		 kind;
	uint32_t		 least, most;	/* the range of a number; most: of a string's length, of a count */
	size_t			 at, count;	/* offsets in the struct */
	const struct form	*form;		/* of what is in it */
};
struct form {
	const struct form_row	*row;
	size_t			 n;
	size_t			 size;		/* of the struct */
	bool			(*ok)(const void *);	/* what the rows cannot say: of one that was read; or NULL */
};

/* The offset of member `m`, which is of C type `type`, or does not compile. */
#define FORM_AT(s, m, type)	(offsetof(s, m) + 0 * sizeof(char[_Generic(((s *)0)->m, type: 1)]))
#define FORM_AT_ENUM(s, m)	(offsetof(s, m) + 0 * sizeof(char[sizeof(((s *)0)->m) == sizeof(unsigned) ? 1 : -1]))

/* Numbers; the one called UPTO is refused above `max`. */
#define FORM_U8(s, m, max)		{ FORM_K_U8, 0, (max), FORM_AT(s, m, uint8_t), 0, NULL }
#define FORM_U16(s, m)			{ FORM_K_U16, 0, 0, FORM_AT(s, m, uint16_t), 0, NULL }
#define FORM_U32(s, m)			{ FORM_K_U32, 0, UINT32_MAX, FORM_AT(s, m, uint32_t), 0, NULL }
#define FORM_UPTO(s, m, max)		{ FORM_K_U32, 0, (max), FORM_AT(s, m, uint32_t), 0, NULL }
#define FORM_U64(s, m)			{ FORM_K_U64, 0, 0, FORM_AT(s, m, uint64_t), 0, NULL }
#define FORM_I64(s, m)			{ FORM_K_I64, 0, 0, FORM_AT(s, m, int64_t), 0, NULL }
#define FORM_BOOL(s, m)			{ FORM_K_BOOL, 0, 0, FORM_AT(s, m, bool), 0, NULL }
#define FORM_CHAR(s, m)			{ FORM_K_CHAR, 0, 0, FORM_AT(s, m, char), 0, NULL }
/* An int that is never negative: four bytes, or (WIDE) eight; bits that are not in `mask` are dropped by who reads. */
#define FORM_INT(s, m, mask)		{ FORM_K_INT, 0, (mask), FORM_AT(s, m, int), 0, NULL }
#define FORM_WIDE(s, m, mask)		{ FORM_K_WIDE, 0, (mask), FORM_AT(s, m, int), 0, NULL }
/* -1, 0 or 1. */
#define FORM_SIGN(s, m)			{ FORM_K_SIGN, 0, 0, FORM_AT(s, m, int), 0, NULL }
/* One of an enumeration, from `min` to `max`. */
#define FORM_ENUM(s, m, min, max)	{ FORM_K_ENUM, (min), (max), FORM_AT_ENUM(s, m), 0, NULL }

/* Strings of at most `max` bytes, borrowed from the body; none stays none.  TEXT has no NUL in it; CUT is cut to `max` by who writes. */
#define FORM_STR(s, m, max)		{ FORM_K_STR, 0, (max), FORM_AT(s, m, struct str), 0, NULL }
#define FORM_TEXT(s, m, max)		{ FORM_K_TEXT, 0, (max), FORM_AT(s, m, struct str), 0, NULL }
#define FORM_CUT(s, m, max)		{ FORM_K_CUT, 0, (max), FORM_AT(s, m, struct str), 0, NULL }
/* Rows of forms that are one value: elements of arrays of numbers or strings. */
#define FORM_SELF_U32			{ FORM_K_U32, 0, UINT32_MAX, 0, 0, NULL }
#define FORM_SELF_U64			{ FORM_K_U64, 0, 0, 0, 0, NULL }
#define FORM_STRINGS(name, max)		FORM(name, struct str, NULL, { FORM_K_STR, 0, (max), 0, 0, NULL })

/* An array of bytes, as it is. */
#define FORM_BYTES(s, m)		{ FORM_K_BYTES, 0, sizeof(((s *)0)->m), FORM_AT(s, m, uint8_t *), 0, NULL }
/* A struct in this one, in full; or only when the bool `flag`, which travels too, is set. */
#define FORM_IN(s, m, name)		{ FORM_K_IN, 0, 0, FORM_AT(s, m, name##_t), 0, &(name) }
#define FORM_MAYBE(s, m, flag, name)	{ FORM_K_MAYBE, 0, 0, FORM_AT(s, m, name##_t), FORM_AT(s, flag, bool), &(name) }
/* An array in this struct: all of it; or as many as the uint32_t `n` says. */
#define FORM_ARRAY_LEN(s, m)		(sizeof(((s *)0)->m) / sizeof(((s *)0)->m[0]))
#define FORM_EACH(s, m, name)		{ FORM_K_EACH, 0, FORM_ARRAY_LEN(s, m), FORM_AT(s, m, name##_t *), 0, &(name) }
#define FORM_SOME(s, m, n, name)	{ FORM_K_SOME, 0, FORM_ARRAY_LEN(s, m), FORM_AT(s, m, name##_t *), FORM_AT(s, n, uint32_t), &(name) }
/* An array elsewhere (read: in the arena) of as many as the size_t `n` says, at most `max`. */
#define FORM_LIST(s, m, n, name, max)	{ FORM_K_LIST, 0, (max), FORM_AT(s, m, name##_t *), FORM_AT(s, n, size_t), &(name) }

/* The form `name` of struct `s`. */
#define FORM(name, s, ok, ...)							\
	typedef s name##_t;							\
	static const struct form_row name##_rows[] = { __VA_ARGS__ };		\
	static const struct form name = { name##_rows, sizeof name##_rows / sizeof name##_rows[0], sizeof(s), ok }

/* Append the body of a struct of that form. */
void	form_put(struct buf *, const struct form *, const void *);
/* Read one from where the reader stands.  Members that do not travel are left as they are; lists are in the arena (NULL: the form has none). */
void	form_take(struct msg_in *, const struct form *, struct arena *, void *);
/* Read a whole body into a struct that is cleared first: 0, or -1 when it is malformed, or longer. */
int	form_get(struct str body, const struct form *, struct arena *, void *);

/* Both directions as functions of their own, for headers: NAME_put(b, &x), NAME_get(body, &x); _LISTS: NAME_get(body, arena, &x). */
#define FORM_PAIR(name, type, form)						\
	void									\
	name##_put(struct buf *b, const struct type *m)				\
	{									\
		form_put(b, &(form), m);					\
	}									\
	int									\
	name##_get(struct str body, struct type *m)				\
	{									\
		return form_get(body, &(form), NULL, m);			\
	}
#define FORM_PAIR_LISTS(name, type, form)					\
	void									\
	name##_put(struct buf *b, const struct type *m)				\
	{									\
		form_put(b, &(form), m);					\
	}									\
	int									\
	name##_get(struct str body, struct arena *a, struct type *m)		\
	{									\
		return form_get(body, &(form), a, m);				\
	}

#endif
