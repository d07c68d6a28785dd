/*
 * fetch_arg - what a FETCH asks for, taken apart.
 */
#include <string.h>

#include "fetch.h"

static const struct {
	const char		*name;
	enum fetch_kind		 kind;
	enum section_what	 what;
	bool			 peek;
} fetch_names[] = {		/* longer names before their beginnings */
	{ "UID", FETCH_UID, 0, false }, { "FLAGS", FETCH_FLAGS, 0, false }, { "INTERNALDATE", FETCH_DATE, 0, false },
	{ "RFC822.SIZE", FETCH_SIZE, 0, false }, { "ENVELOPE", FETCH_ENVELOPE, 0, false }, { "BODYSTRUCTURE", FETCH_STRUCTURE, 0, false },
	{ "RFC822.HEADER", FETCH_SECTION, SECTION_HEADER, true }, { "RFC822.TEXT", FETCH_SECTION, SECTION_TEXT, false },
	{ "RFC822", FETCH_SECTION, SECTION_ALL, false },
};

static const struct {
	const char	*name;
	const char	*items[6];
} fetch_macros[] = {
	{ "ALL", { "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE" } },
	{ "FAST", { "FLAGS", "INTERNALDATE", "RFC822.SIZE" } },
	{ "FULL", { "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY" } },
};

static bool
fetch_add(struct imap_in *in, struct fetch_item *v, size_t *n, struct fetch_item item)
{
	if (*n == FETCH_ITEMS)
		return imap_refuse(in, "fewer items expected");
	v[(*n)++] = item;
	return true;
}

/* An atom up to, and without, '['. */
static struct str
fetch_word(struct imap_in *in)
{
	size_t		i = 0;
	struct str	w;

	while (i < in->s.n && (chr_is_alnum(in->s.p[i]) || in->s.p[i] == '.'))
		i++;
	w = str_first(in->s, i);
	in->s = str_from(in->s, i);
	return w;
}

/* "1.2.3" off the front, with the '.' behind it if a word follows. */
static bool
section_part(struct imap_in *in, struct str *part, bool *more)
{
	size_t	i = 0, digits = 0;

	*more = true;
	*part = STR("");
	if (in->s.n == 0 || !chr_is_digit(in->s.p[0]))
		return true;
	while (i < in->s.n && (chr_is_digit(in->s.p[i]) || (in->s.p[i] == '.' && i + 1 < in->s.n && chr_is_digit(in->s.p[i + 1])))) {
		digits = in->s.p[i] == '.' ? 0 : digits + 1;
		if (digits > 9 || (digits == 1 && in->s.p[i] == '0'))
			return imap_refuse(in, "part number expected");
		i++;
	}
	*part = str_first(in->s, i);
	in->s = str_from(in->s, i);
	*more = imap_next(in, '.');
	return true;
}

static bool
section_fields(struct imap_in *in, struct fetch_item *it)
{
	struct str	name;

	if (!imap_sp(in) || !imap_char(in, '('))
		return false;
	it->field = ARENA_ARRAY(in->m, struct str, in->s.n / 2 + 1);
	do {
		if (!imap_astring(in, &name))
			return false;
		it->field[it->nfield++] = name;
	} while (imap_next(in, ' '));
	return imap_char(in, ')');
}

static bool
section_parse(struct imap_in *in, struct fetch_item *it)
{
	struct str	word;
	bool		more;

	if (!section_part(in, &it->part, &more))
		return false;
	it->what = SECTION_ALL;
	if (imap_next(in, ']'))
		return it->part.n == 0 || !more ? true : imap_refuse(in, "section expected");
	if (!more)
		return imap_refuse(in, "] expected");
	word = fetch_word(in);
	if (str_caseeq_c(word, "HEADER"))
		it->what = SECTION_HEADER;
	else if (str_caseeq_c(word, "TEXT"))
		it->what = SECTION_TEXT;
	else if (str_caseeq_c(word, "MIME") && it->part.n > 0)
		it->what = SECTION_MIME;
	else if (str_caseeq_c(word, "HEADER.FIELDS") || str_caseeq_c(word, "HEADER.FIELDS.NOT")) {
		it->what = word.n == sizeof("HEADER.FIELDS") - 1 ? SECTION_FIELDS : SECTION_FIELDS_NOT;
		if (!section_fields(in, it))
			return false;
	} else
		return imap_refuse(in, "section expected");
	return imap_char(in, ']');
}

static bool
section_partial(struct imap_in *in, struct fetch_item *it)
{
	if (!imap_next(in, '<'))
		return true;
	it->partial = true;
	return imap_number(in, &it->from) && imap_char(in, '.') && imap_nz_number(in, &it->count) && imap_char(in, '>');
}

static bool
fetch_one(struct imap_in *in, struct str word, struct fetch_item *v, size_t *n)
{
	struct fetch_item	it;

	memset(&it, 0, sizeof it);
	it.part = STR("");
	for (size_t i = 0; i < sizeof(fetch_names) / sizeof(fetch_names[0]); i++)
		if (str_caseeq_c(word, fetch_names[i].name)) {
			it.kind = fetch_names[i].kind;
			it.what = fetch_names[i].what;
			it.peek = fetch_names[i].peek;
			it.old = it.kind == FETCH_SECTION ? fetch_names[i].name : NULL;
			return fetch_add(in, v, n, it);
		}
	it.peek = str_caseeq_c(word, "BODY.PEEK");
	if (!it.peek && !str_caseeq_c(word, "BODY"))
		return imap_refuse(in, "FETCH item expected");
	if (!imap_next(in, '[')) {
		it.kind = FETCH_BODY;
		return it.peek ? imap_refuse(in, "[ expected") : fetch_add(in, v, n, it);
	}
	it.kind = FETCH_SECTION;
	return section_parse(in, &it) && section_partial(in, &it) && fetch_add(in, v, n, it);
}

bool
fetch_parse(struct imap_in *in, struct fetch_item *v, size_t *n)
{
	bool		list = imap_next(in, '(');
	struct str	word;

	*n = 0;
	for (;;) {
		word = fetch_word(in);
		for (size_t i = 0; !list && i < sizeof(fetch_macros) / sizeof(fetch_macros[0]); i++)
			if (str_caseeq_c(word, fetch_macros[i].name)) {
				for (size_t k = 0; k < 6 && fetch_macros[i].items[k] != NULL; k++)
					if (!fetch_one(in, str_c(fetch_macros[i].items[k]), v, n))
						return false;
				return true;
			}
		if (!fetch_one(in, word, v, n))
			return false;
		if (!list)
			return true;
		if (imap_next(in, ')'))
			return true;
		if (!imap_sp(in))
			return false;
	}
}
