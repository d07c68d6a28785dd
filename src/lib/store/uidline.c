/*
 * uidline - text form of what a uidlist holds; see uidline.h.
 */
#include <inttypes.h>

#include "base/enc.h"
#include "base/num.h"
#include "store/uidline.h"

/* Fields of each letter, in order: i id, v uidvalidity, u uid, m modseq, d date, s size, f flags, k keywords, y dirty, t token, n key. */
static const struct {
	enum uidline_what	 what;
	const char		*fields;
} forms[] = {
	{ UIDLINE_BOX,		"iv" },
	{ UIDLINE_FLOOR,	"um" },
	{ UIDLINE_KEYWORD,	"un" },
	{ UIDLINE_MSG,		"umdsfktn" },
	{ UIDLINE_FLAGS,	"umfky" },
	{ UIDLINE_GONE,		"umt" },
	{ UIDLINE_RECENT,	"u" },
	{ UIDLINE_CLEAN,	"" },
};

static const char *
uidline_form(char what)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if ((char)forms[i].what == what)
			return forms[i].fields;
	return NULL;
}

static int
uidline_hex(struct str s, uint64_t *out)
{
	uint64_t	v = 0;

	if (s.n == 0 || s.n > 16)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		char	c = s.p[i];

		if (chr_is_digit(c))
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return -1;
	}
	*out = v;
	return 0;
}

/* Sixteen bytes in hex, or "-" for all zero. */
static int
uidline_bytes(struct str s, uint8_t out[16])
{
	uint64_t	hi, lo;

	memset(out, 0, 16);
	if (s.n == 1 && s.p[0] == '-')
		return 0;
	if (s.n != 32 || uidline_hex(str_first(s, 16), &hi) == -1 || uidline_hex(str_from(s, 16), &lo) == -1)
		return -1;
	for (size_t i = 0; i < 8; i++) {
		out[i] = (uint8_t)(hi >> (56 - 8 * i));
		out[8 + i] = (uint8_t)(lo >> (56 - 8 * i));
	}
	return 0;
}

static int
uidline_key(struct arena *a, struct str s, struct str *out)
{
	struct buf	b;
	int		rc = -1;

	buf_init(&b, UIDLINE_MAX);
	if (s.n > 0 && dec_xtext(&b, s) == 0 && buf_ok(&b) && b.n > 0) {
		*out = arena_str(a, buf_str(&b));
		rc = 0;
	}
	buf_done(&b);
	return rc;
}

static int
uidline_field(struct arena *a, char form, struct str f, struct uidline *l)
{
	uint64_t	v;

	switch (form) {
	case 'i':	return uidline_bytes(f, l->id.b);
	case 't':	return uidline_bytes(f, l->token.b);
	case 'n':	return uidline_key(a, f, &l->key);
	case 'd':	return num_i64(f, INT64_MIN / 2, INT64_MAX / 2, &l->date);
	case 's':	return num_u64(f, 0, UINT64_MAX / 2, &l->size);
	case 'm':	return num_u64(f, 0, UINT64_MAX / 2, &l->modseq);
	case 'k':	return uidline_hex(f, &l->keywords);
	default:	break;
	}
	if (num_u64(f, 0, form == 'f' ? STORE_FLAGS : form == 'y' ? 1 : UINT32_MAX, &v) == -1)
		return -1;
	switch (form) {
	case 'v':	l->uidvalidity = (uint32_t)v; return v == 0 ? -1 : 0;
	case 'u':	l->uid = (uint32_t)v; return 0;
	case 'f':	l->flags = (uint32_t)v; return 0;
	default:	l->dirty = v != 0; return 0;
	}
}

int
uidline_parse(struct arena *a, struct str s, struct uidline *l)
{
	const char	*form;
	struct str	 f, rest;
	uint64_t	 crc;

	memset(l, 0, sizeof *l);
	if (s.n < 10 || s.n > UIDLINE_MAX || s.p[8] != ' ' || uidline_hex(str_first(s, 8), &crc) == -1)
		return -1;
	rest = str_from(s, 9);
	if (crc32c(0, rest.p, rest.n) != crc || (form = uidline_form(rest.p[0])) == NULL)
		return -1;
	l->what = (enum uidline_what)rest.p[0];
	rest = str_from(rest, 1);
	for (; *form != '\0'; form++) {
		if (rest.n < 2 || rest.p[0] != ' ')
			return -1;
		rest = str_from(rest, 1);
		f = str_first(rest, str_chr(rest, ' '));
		if (uidline_field(a, *form, f, l) == -1)
			return -1;
		rest = str_from(rest, f.n);
	}
	if (rest.n != 0 || (l->what == UIDLINE_KEYWORD && (l->uid >= STORE_KEYWORDS || l->key.n > STORE_KEYWORD_MAX)))
		return -1;
	return (l->what == UIDLINE_MSG || l->what == UIDLINE_FLAGS || l->what == UIDLINE_GONE) && l->uid == 0 ? -1 : 0;
}

static void
uidline_put_bytes(struct buf *b, const uint8_t v[16])
{
	static const uint8_t	none[16];

	if (memcmp(v, none, 16) == 0)
		buf_addch(b, '-');
	else
		enc_hex(b, str_mem(v, 16));
}

void
uidline_print(struct buf *out, const struct uidline *l)
{
	const char	*form = uidline_form((char)l->what);
	struct buf	 b;

	buf_init(&b, UIDLINE_MAX * 2);
	buf_addch(&b, (char)l->what);
	for (; form != NULL && *form != '\0'; form++) {
		buf_addch(&b, ' ');
		switch (*form) {
		case 'i':	uidline_put_bytes(&b, l->id.b); break;
		case 't':	uidline_put_bytes(&b, l->token.b); break;
		case 'n':	enc_xtext(&b, l->key); break;
		case 'd':	buf_addf(&b, "%" PRId64, l->date); break;
		case 's':	buf_addnum(&b, l->size); break;
		case 'm':	buf_addnum(&b, l->modseq); break;
		case 'k':	buf_addf(&b, "%" PRIx64, l->keywords); break;
		case 'v':	buf_addnum(&b, l->uidvalidity); break;
		case 'u':	buf_addnum(&b, l->uid); break;
		case 'f':	buf_addnum(&b, l->flags & STORE_FLAGS); break;
		default:	buf_addnum(&b, l->dirty); break;
		}
	}
	buf_addf(out, "%08" PRIx32 " ", crc32c(0, b.p, b.n));
	buf_add(out, buf_str(&b));
	buf_addch(out, '\n');
	if (!buf_ok(&b))
		out->failed = true;
	buf_done(&b);
}
