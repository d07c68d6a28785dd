/*
 * mime_limit - see the header.
 */
#include "mime_limit.h"

#include "base/buf.h"

enum limit_kind { LIMIT_NONE, LIMIT_TEXT, LIMIT_WHOLE, LIMIT_PARTS };

static enum limit_kind
limit_kind(struct str name)
{
	static const struct { const char *name; enum limit_kind kind; } fields[] = {
		{ "Content-Type", LIMIT_PARTS }, { "Content-Disposition", LIMIT_PARTS }, { "Content-Description", LIMIT_TEXT },
		{ "Content-Id", LIMIT_WHOLE }, { "Content-Transfer-Encoding", LIMIT_WHOLE }, { "MIME-Version", LIMIT_WHOLE },
	};

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (str_caseeq_c(name, fields[i].name))
			return fields[i].kind;
	return LIMIT_NONE;
}

/* Where quotes and comments stand (RFC 5322 3.2). */
struct limit_at {
	bool	quoted, escaped;
	size_t	depth;		/* of comments */
};

static void
limit_step(struct limit_at *at, char c)
{
	if (at->escaped)
		at->escaped = false;
	else if (c == '\\')
		at->escaped = true;
	else if (c == '"' && at->depth == 0)
		at->quoted = !at->quoted;
	else if (c == '(' && !at->quoted)
		at->depth++;
	else if (c == ')' && !at->quoted && at->depth > 0)
		at->depth--;
}

static size_t
limit_open(const struct limit_at *at)
{
	return at->depth + at->quoted;
}

/* As much of it as fits into max octets together with what closes it. */
static void
limit_put(struct buf *b, struct str v, size_t max)
{
	struct limit_at	at = { .quoted = false }, next;
	size_t		n = 0;

	if (v.n <= max) {
		buf_add(b, v);
		return;
	}
	for (;; n++, at = next) {
		next = at;
		if (n == v.n)
			break;
		limit_step(&next, v.p[n]);
		if (n + 1 + limit_open(&next) + next.escaped > max)
			break;
	}
	while (n > 0 && (chr_is_blank(v.p[n - 1]) || v.p[n - 1] == '\n' || v.p[n - 1] == '\r'))
		n--;			/* a line end here would end the header */
	buf_add(b, str_first(v, n));
	if (at.quoted)
		buf_addch(b, '"');
	for (; at.depth > 0; at.depth--)
		buf_addch(b, ')');
}

/* Each part without the blanks in front of it. */
static void
limit_parts(struct buf *b, struct str v, size_t max)
{
	while (v.n > 0) {
		struct limit_at	at = { .quoted = false };
		size_t		n = 0, blank = 0;

		while (blank < v.n && (chr_is_blank(v.p[blank]) || v.p[blank] == '\n'))
			blank++;
		for (n = blank; n < v.n && (v.p[n] != ';' || limit_open(&at) > 0); n++)
			limit_step(&at, v.p[n]);
		buf_add(b, str_first(v, blank));
		limit_put(b, str_sub(v, blank, n), max);
		if (n < v.n)
			buf_addch(b, ';');
		v = str_from(v, n < v.n ? n + 1 : n);
	}
}

struct str
mime_limit(struct arena *a, struct str name, struct str value, int64_t whole, int64_t part)
{
	enum limit_kind	kind = limit_kind(name);
	size_t		max = whole > 0 ? (size_t)whole - (kind == LIMIT_TEXT) : SIZE_MAX, lead = 0;
	struct buf	one, two;
	struct str	out = value;

	while (lead < value.n && chr_is_blank(value.p[lead]))
		lead++;
	/* mostly nothing is that long */
	if (kind == LIMIT_NONE || (value.n - lead <= max && (kind != LIMIT_PARTS || part <= 0 || value.n - lead <= (size_t)part)))
		return value;
	buf_init(&one, 0);
	buf_init(&two, 0);
	buf_add(&two, str_first(value, lead));
	if (kind == LIMIT_PARTS && part > 0)
		limit_parts(&one, str_from(value, lead), (size_t)part);
	else
		buf_add(&one, str_from(value, lead));
	limit_put(&two, buf_str(&one), max);
	if (buf_ok(&one) && buf_ok(&two))
		out = arena_str(a, buf_str(&two));
	buf_done(&one);
	buf_done(&two);
	return out;
}
