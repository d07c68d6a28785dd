/*
 * mdname - names of Maildir files; see mdname.h.
 */
#include "base/enc.h"
#include "base/num.h"
#include "store/mdname.h"

static const struct { char letter; uint32_t flag; } letters[] = {	/* in the order they are written: alphabetic */
	{ 'D', STORE_DRAFT }, { 'F', STORE_FLAGGED }, { 'R', STORE_ANSWERED }, { 'S', STORE_SEEN }, { 'T', STORE_DELETED },
};

static uint32_t
mdname_flag(char c)
{
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].letter == c)
			return letters[i].flag;
	return 0;
}

static void
mdname_fields(struct mdname *m)
{
	struct str	rest = m->base, field;
	size_t		at, digits = 0;
	uint64_t	v;
	struct buf	b;

	while (digits < m->base.n && digits < 18 && chr_is_digit(m->base.p[digits]))
		digits++;
	if (digits > 0 && num_u64(str_first(m->base, digits), 0, INT64_MAX / 2, &v) == 0)
		m->time = (int64_t)v;
	while (str_split(&rest, ',', &field)) {
		if (field.n < 3 || field.p[1] != '=' || num_u64(str_from(field, 2), 0, UINT64_MAX / 4, &v) == -1)
			continue;
		if (field.p[0] == 'W') {
			m->has_wire = true;
			m->wire = v;
		} else if (field.p[0] == 'S') {
			m->has_raw = true;
			m->raw = v;
		}
	}
	if ((at = str_find(m->base, STR(".T"))) != SIZE_MAX && m->base.n >= at + 35 && m->base.p[at + 34] == '.') {
		buf_init(&b, 64);
		if (dec_hex(&b, str_sub(m->base, at + 2, at + 34)) == 0 && b.n == 16)
			memcpy(m->token.b, b.p, 16);
		buf_done(&b);
	}
}

int
mdname_parse(struct str s, struct mdname *m)
{
	size_t	colon;

	memset(m, 0, sizeof *m);
	if (s.n == 0 || s.n > 255 || s.p[0] == '.' || str_has_nul(s) || str_chr(s, '/') != SIZE_MAX)
		return -1;
	colon = str_chr(s, ':');
	m->base = str_first(s, colon);
	if (m->base.n == 0)
		return -1;
	m->letters = STR("");
	if (colon != SIZE_MAX && str_starts(str_from(s, colon), STR(":2,"))) {
		m->has_info = true;
		m->letters = str_from(s, colon + 3);
		for (size_t i = 0; i < m->letters.n; i++)
			m->flags |= mdname_flag(m->letters.p[i]);
	}
	mdname_fields(m);
	return 0;
}

struct str
mdname_print(struct arena *a, const struct mdname *m, uint32_t flags)
{
	char	all[300];
	size_t	n = 0;

	for (int c = 1; c < 256 && n < sizeof all; c++) {	/* ours and others', in order */
		uint32_t	f = mdname_flag((char)c);

		if (f != 0 ? (flags & f) != 0 : str_chr(m->letters, (char)c) != SIZE_MAX)
			all[n++] = (char)c;
	}
	return arena_fmt(a, "%.*s:2,%.*s", STR_ARG(m->base), (int)n, all);
}
