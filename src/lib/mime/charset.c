/*
 * charset - to UTF-8.
 */
#include "mime/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>

#include "base/utf8.h"
#include "mime/charset_pages.h"

#define COUNT(a)	(sizeof(a) / sizeof (a)[0])

enum { CHARSET_NAME_MAX = 40, CHARSET_BAD = 0xfffd };

/* What differs from ISO-8859-1.  0x80 to 0x9f of windows-1252 (0: nothing there). */
static const uint16_t	charset_1252[32] = {
	0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178
};

static uint32_t
charset_from_1252(unsigned char c)
{
	if (c < 0x80 || c > 0x9f)
		return c;
	return charset_1252[c - 0x80] != 0 ? charset_1252[c - 0x80] : CHARSET_BAD;
}

static uint32_t
charset_from_15(unsigned char c)
{
	static const struct {
		unsigned char	c;
		uint16_t	cp;
	} rows[] = {
		{ 0xa4, 0x20ac }, { 0xa6, 0x160 }, { 0xa8, 0x161 }, { 0xb4, 0x17d }, { 0xb8, 0x17e },
		{ 0xbc, 0x152 }, { 0xbd, 0x153 }, { 0xbe, 0x178 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].c == c)
			return rows[i].cp;
	return c;
}

static uint32_t
charset_from_ascii(unsigned char c)
{
	return c < 0x80 ? c : CHARSET_BAD;
}

/* Mail that says ISO-8859-1 is windows-1252 more often than it has C1 controls. */
static const struct {
	const char	*name;
	uint32_t	(*point)(unsigned char);	/* NULL: UTF-8 */
} charset_rows[] = {
	{ "utf-8", NULL }, { "utf8", NULL }, { "us-ascii", charset_from_ascii }, { "ascii", charset_from_ascii },
	{ "iso-8859-1", charset_from_1252 }, { "latin1", charset_from_1252 }, { "windows-1252", charset_from_1252 },
	{ "cp1252", charset_from_1252 }, { "iso-8859-15", charset_from_15 },
};

int
charset_clean(struct buf *b, struct str s)
{
	uint32_t	cp;
	size_t		n;

	for (; s.n > 0; s = str_from(s, n)) {
		for (n = 0; n < s.n && (unsigned char)s.p[n] < 0x80; n++)
			;
		if (n > 0 || (n = utf8_next(s, &cp)) > 0)
			buf_add(b, str_first(s, n));
		else {
			utf8_add(b, CHARSET_BAD);
			n = 1;
		}
	}
	return buf_ok(b) ? 0 : -1;
}

static int
charset_table(struct buf *b, uint32_t (*point)(unsigned char), struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		utf8_add(b, point((unsigned char)s.p[i]));
	return buf_ok(b) ? 0 : -1;
}

static const struct charset_page *
charset_page_find(struct str charset)
{
	struct str	names, name;

	for (size_t i = 0; i < COUNT(charset_pages); i++)
		for (names = str_c(charset_pages[i].names); str_word(&names, &name);)
			if (str_caseeq(name, charset))
				return &charset_pages[i];
	return NULL;
}

static int
charset_from_page(struct buf *b, const struct charset_page *p, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char	c = (unsigned char)s.p[i];

		utf8_add(b, c < 0x80 ? c : p->point[c - 0x80] != 0 ? p->point[c - 0x80] : CHARSET_BAD);
	}
	return buf_ok(b) ? 0 : -1;
}

/* Of several bytes: their converters are files of the C library. */
static const char *const charset_large[] = { "SHIFT_JIS", "EUC-JP", "ISO-2022-JP", "GBK", "GB18030", "BIG5", "EUC-KR" };

void
charset_load(void)
{
	static iconv_t	held[COUNT(charset_large)];	/* never closed: that keeps them in memory */

	for (size_t i = 0; i < COUNT(charset_large); i++)
		if (held[i] == NULL)
			held[i] = iconv_open("UTF-8", charset_large[i]);
}

/* The name goes to iconv_open, which reads more than names out of it. */
static bool
charset_name(char dst[CHARSET_NAME_MAX], struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!chr_is_alnum(s.p[i]) && strchr("-_.:+", s.p[i]) == NULL)
			return false;
	return s.n > 0 && str_copy(dst, CHARSET_NAME_MAX, s) == 0;
}

static int
charset_run(struct buf *b, iconv_t cd, struct str s)
{
	char	 piece[512], *in = (char *)(uintptr_t)s.p, *out;
	size_t	 left = s.n, room;
	bool	 end = s.n == 0;

	while (!end && buf_ok(b)) {
		out = piece;
		room = sizeof piece;
		end = iconv(cd, &in, &left, &out, &room) != (size_t)-1;
		if (end)			/* back to the first state of a stateful charset */
			iconv(cd, NULL, NULL, &out, &room);
		buf_addmem(b, piece, (size_t)(out - piece));
		if (!end && errno != E2BIG) {
			utf8_add(b, CHARSET_BAD);
			in++;
			end = --left == 0;
		}
	}
	return buf_ok(b) ? 0 : -1;
}

int
charset_to_utf8(struct buf *b, struct str charset, struct str s)
{
	const struct charset_page	*page;
	char				 name[CHARSET_NAME_MAX];
	size_t				 at = b->n;
	iconv_t				 cd;
	int				 rc;

	charset = str_trim(charset);
	for (size_t i = 0; i < COUNT(charset_rows); i++)
		if (str_caseeq_c(charset, charset_rows[i].name))
			return charset_rows[i].point == NULL ? charset_clean(b, s) :
			    charset_table(b, charset_rows[i].point, s);
	if ((page = charset_page_find(charset)) != NULL)
		return charset_from_page(b, page, s);
	if (!charset_name(name, charset) || (cd = iconv_open("UTF-8", name)) == (iconv_t)-1)
		return -1;
	rc = charset_run(b, cd, s);
	iconv_close(cd);
	if (rc == 0 && !utf8_valid(str_from(buf_str(b), at))) {	/* trust no converter */
		buf_truncate(b, at);
		rc = -1;
	}
	return rc;
}
