/*
 * milter_pkt - see the header.
 */
#include "wire/milter_pkt.h"

/*
 * Forms: n number of four octets, h of two, m one octet, s string with its NUL, o the same or nothing, z a string whose NUL may be missing at the
 * end, r the rest, l the rest: strings with their NULs, f family, and what goes with it.
 */
static const struct {
	char		 letter;
	bool		 answer;
	const char	*form;
} forms[] = {
	{ 'A', false, "" }, { 'B', false, "r" }, { 'C', false, "sf" }, { 'D', false, "ml" }, { 'E', false, "r" }, { 'H', false, "s" },
	{ 'K', false, "" }, { 'L', false, "ss" }, { 'M', false, "l" }, { 'N', false, "" }, { 'O', false, "nnn" }, { 'Q', false, "" },
	{ 'R', false, "l" }, { 'T', false, "" }, { 'U', false, "s" },

	{ '+', true, "z" }, { '-', true, "z" }, { '2', true, "so" }, { '4', true, "" }, { 'a', true, "" }, { 'b', true, "r" },
	{ 'c', true, "" }, { 'd', true, "" }, { 'e', true, "so" }, { 'f', true, "" }, { 'h', true, "sz" }, { 'i', true, "nsz" },
	{ 'l', true, "r" }, { 'm', true, "nsz" }, { 'O', true, "nnnr" }, { 'p', true, "" }, { 'q', true, "z" }, { 'r', true, "" },
	{ 's', true, "" }, { 't', true, "" }, { 'y', true, "z" },
};

static const char *
milter_form(char letter, bool answer)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (forms[i].letter == letter && forms[i].answer == answer)
			return forms[i].form;
	return NULL;
}

static uint32_t
milter_u32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void
milter_add32(struct buf *b, uint32_t v)
{
	char p[4] = { (char)(v >> 24 & 0xff), (char)(v >> 16 & 0xff), (char)(v >> 8 & 0xff), (char)(v & 0xff) };

	(void)buf_addmem(b, p, sizeof p);
}

/* ---- taking apart ---- */

int
milter_frame(struct str in, uint32_t max, char *letter, struct str *data, size_t *used)
{
	uint32_t n;

	if (in.n < 4)
		return 0;
	n = milter_u32(in.p);
	if (n == 0 || n > max)
		return -1;
	if (in.n - 4 < n)
		return 0;
	*letter = in.p[4];
	*data = str_sub(in, 5, 4 + (size_t)n);
	*used = 4 + (size_t)n;
	return 1;
}

bool
milter_string(struct str *rest, struct str *out)
{
	size_t at = rest->n > 0 ? str_chr(*rest, '\0') : SIZE_MAX;

	if (at == SIZE_MAX)
		return false;
	*out = str_first(*rest, at);
	*rest = str_from(*rest, at + 1);
	return true;
}

bool
milter_symlist(struct str *rest, uint32_t *stage, struct str *names)
{
	if (rest->n < 5)
		return false;
	*stage = milter_u32(rest->p);
	*rest = str_from(*rest, 4);
	return milter_string(rest, names);
}

/* The family of a client's address, and what goes with it: U nothing, others port and address. */
static int
milter_get_family(struct str *in, struct milter_pkt *k)
{
	if (in->n == 0)
		return -1;
	k->mark = in->p[0];
	*in = str_from(*in, 1);
	if (k->mark == 'U')
		return 0;
	if (in->n < 3 || (k->mark != 'L' && k->mark != '4' && k->mark != '6'))
		return -1;
	k->n[0] = (uint32_t)(unsigned char)in->p[0] << 8 | (unsigned char)in->p[1];
	*in = str_from(*in, 2);
	return milter_string(in, &k->s[1]) ? 0 : -1;
}

static int
milter_get(char form, struct str *in, struct milter_pkt *k, size_t *ni, size_t *si)
{
	switch (form) {
	case 'n':
		if (in->n < 4)
			return -1;
		k->n[(*ni)++] = milter_u32(in->p);
		*in = str_from(*in, 4);
		return 0;
	case 'm':
		if (in->n < 1)
			return -1;
		k->mark = in->p[0];
		*in = str_from(*in, 1);
		return 0;
	case 'o':
		if (in->n == 0)
			return 0;
		return milter_string(in, &k->s[*si]) ? 0 : -1;
	case 's':
		return milter_string(in, &k->s[(*si)++]) ? 0 : -1;
	case 'z':
		if (!milter_string(in, &k->s[*si])) {
			k->s[*si] = in->n > 0 ? *in : STR("");
			*in = STR("");
		}
		(*si)++;
		return 0;
	case 'f':
		return milter_get_family(in, k);
	case 'l':
		if (in->n > 0 && in->p[in->n - 1] != '\0')
			return -1;
		/* fall through */
	default:
		k->rest = in->n > 0 ? *in : STR("");
		*in = STR("");
		return 0;
	}
}

int
milter_parse(char letter, bool answer, struct str data, struct milter_pkt *k)
{
	const char *form = milter_form(letter, answer);
	size_t ni = 0, si = 0;

	memset(k, 0, sizeof *k);
	if (form == NULL)
		return -1;
	k->letter = letter;
	for (; *form != '\0'; form++)
		if (milter_get(*form, &data, k, &ni, &si) == -1)
			return -1;
	return data.n == 0 ? 0 : -1;
}

/* ---- putting together ---- */

static int
milter_add_string(struct buf *b, struct str s)
{
	if (str_has_nul(s))
		return -1;
	(void)buf_add(b, s);
	return buf_addmem(b, "", 1);
}

static int
milter_add_family(struct buf *b, const struct milter_pkt *k)
{
	char port[2] = { (char)(k->n[0] >> 8 & 0xff), (char)(k->n[0] & 0xff) };

	(void)buf_addch(b, k->mark);
	if (k->mark == 'U')
		return 0;
	(void)buf_addmem(b, port, sizeof port);
	return milter_add_string(b, k->s[1]);
}

static int
milter_add(struct buf *b, char form, const struct milter_pkt *k, size_t *ni, size_t *si)
{
	switch (form) {
	case 'n':
		milter_add32(b, k->n[(*ni)++]);
		return 0;
	case 'm':
		return buf_addch(b, k->mark);
	case 'o':
		return str_is_none(k->s[*si]) ? 0 : milter_add_string(b, k->s[*si]);
	case 's':
	case 'z':
		return milter_add_string(b, k->s[(*si)++]);
	case 'f':
		return milter_add_family(b, k);
	case 'l':
		if (k->rest.n > 0 && k->rest.p[k->rest.n - 1] != '\0')
			return -1;
		/* fall through */
	default:
		return buf_add(b, k->rest);
	}
}

int
milter_put(struct buf *b, bool answer, const struct milter_pkt *k)
{
	const char *form = milter_form(k->letter, answer);
	size_t ni = 0, si = 0, start = b->n, n;

	if (form == NULL)
		return -1;
	milter_add32(b, 0);
	(void)buf_addch(b, k->letter);
	for (; *form != '\0'; form++)
		if (milter_add(b, *form, k, &ni, &si) == -1) {
			buf_truncate(b, start);
			return -1;
		}
	if (!buf_ok(b))
		return -1;
	n = b->n - start - 4;
	for (int i = 0; i < 4; i++)
		b->p[start + (size_t)i] = (char)(n >> (24 - 8 * i) & 0xff);
	return 0;
}

void
milter_put_letter(struct buf *b, char letter)
{
	milter_add32(b, 1);
	(void)buf_addch(b, letter);
}

bool
milter_equal(const struct milter_pkt *a, const struct milter_pkt *b)
{
	return a->letter == b->letter && a->mark == b->mark && memcmp(a->n, b->n, sizeof a->n) == 0 && str_eq(a->s[0], b->s[0]) &&
	       str_eq(a->s[1], b->s[1]) && str_is_none(a->s[1]) == str_is_none(b->s[1]) && str_eq(a->rest, b->rest);
}
