/*
 * imap_arg - the arguments of IMAP commands.
 *
 * Every reader is a production of the grammar.  The bytes are a stranger's; a command is
 * refused at the first one that does not fit.
 */
#include "wire/imap_arg.h"

#include "base/buf.h"
#include "base/enc.h"
#include "base/num.h"
#include "base/utf8.h"

enum {				/* what a character may be part of */
	C_ATOM = 0x01,		/* ATOM-CHAR */
	C_ASTRING = 0x02,	/* ASTRING-CHAR: and ']' */
	C_LIST = 0x04,		/* list-char: and '%' '*' ']' */
	C_TAG = 0x08,		/* ASTRING-CHAR but '+' */
	C_SET = 0x10
};

static unsigned
imap_class(char c)
{
	unsigned	k = 0;

	if ((unsigned char)c <= ' ' || (unsigned char)c >= 0x7f)
		return 0;
	if (strchr("(){%*\"\\]", c) == NULL)
		k = C_ATOM | C_ASTRING | C_LIST | C_TAG;
	else if (c == ']')
		k = C_ASTRING | C_LIST | C_TAG;
	else if (c == '%' || c == '*')
		k = C_LIST;
	if (c == '+')
		k &= ~(unsigned)C_TAG;
	if (chr_is_digit(c) || strchr(":,*$", c) != NULL)
		k |= C_SET;
	return k;
}

static bool
imap_is_all(struct str s, unsigned class)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(imap_class(s.p[i]) & class))
			return false;
	return s.n > 0;
}

bool
imap_is_atom(struct str s)
{
	return imap_is_all(s, C_ATOM);
}

bool
imap_is_quotable(struct str s, bool utf8)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n' || (!utf8 && (unsigned char)s.p[i] >= 0x80))
			return false;
	return !utf8 || utf8_valid(s);
}

/* The announcement "{n}", "{n+}" or "~{n}" at the end of s: its length, or 0. */
static size_t
imap_literal_tail(struct str s, struct imap_literal *l)
{
	size_t		open = str_rchr(s, '{');
	struct str	n;

	if (open == SIZE_MAX || s.p[s.n - 1] != '}')
		return 0;
	n = str_sub(s, open + 1, s.n - 1);
	l->plus = n.n > 0 && n.p[n.n - 1] == '+';
	if (l->plus)
		n.n--;
	l->binary = open > 0 && s.p[open - 1] == '~';
	if (num_u64(n, 0, INT64_MAX, &l->size) == -1)
		return 0;
	return s.n - open + (l->binary ? 1 : 0);
}

bool
imap_literal_at(struct str line, struct imap_literal *l)
{
	bool	quoted = false;

	if (line.n == 0 || line.p[line.n - 1] != '}')
		return false;
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '"')
			quoted = !quoted;
		else if (line.p[i] == '\\' && quoted)
			i++;
	}
	return !quoted && imap_literal_tail(line, l) > 0;
}

void
imap_in_init(struct imap_in *in, struct arena *m, struct str command)
{
	*in = (struct imap_in){ .s = command, .m = m };
}

bool
imap_refuse(struct imap_in *in, const char *why)
{
	if (in->bad == NULL)
		in->bad = why;
	return false;
}

bool
imap_end(struct imap_in *in)
{
	return str_rtrim(in->s).n == 0 || imap_refuse(in, "too many arguments");	/* some clients end lines with a blank */
}

bool
imap_peek(const struct imap_in *in, char c)
{
	return in->s.n > 0 && in->s.p[0] == c;
}

bool
imap_next(struct imap_in *in, char c)
{
	if (!imap_peek(in, c))
		return false;
	in->s = str_from(in->s, 1);
	return true;
}

bool
imap_sp(struct imap_in *in)
{
	return imap_next(in, ' ') || imap_refuse(in, in->s.n == 0 ? "missing argument" : "blank expected");
}

bool
imap_char(struct imap_in *in, char c)
{
	if (imap_next(in, c))
		return true;
	return imap_refuse(in, c == '(' ? "\"(\" expected" : c == ')' ? "\")\" expected" : "syntax error");
}

/* As many characters of a class as come, one at least. */
static bool
imap_take(struct imap_in *in, unsigned class, struct str *out, const char *why)
{
	size_t	n = 0;

	while (n < in->s.n && (imap_class(in->s.p[n]) & class))
		n++;
	if (n == 0)
		return imap_refuse(in, why);
	*out = str_first(in->s, n);
	in->s = str_from(in->s, n);
	return true;
}

bool
imap_tag(struct imap_in *in, struct str *out)
{
	struct str	s;

	if (!imap_take(in, C_TAG, &s, "tag expected"))
		return false;
	if (s.n > IMAP_TAG_MAX)
		return imap_refuse(in, "tag too long");
	*out = s;
	return true;
}

bool
imap_atom(struct imap_in *in, struct str *out)
{
	return imap_take(in, C_ATOM, out, "atom expected");
}

bool
imap_word(struct imap_in *in, const char *word)
{
	struct str	w = str_c(word);

	if (!str_casestarts(in->s, w) || (in->s.n > w.n && (imap_class(in->s.p[w.n]) & C_ATOM)))
		return false;
	in->s = str_from(in->s, w.n);
	return true;
}

static bool
imap_quoted(struct imap_in *in, struct str *out)
{
	size_t	n;
	bool	escapes = false;
	char	*p;

	for (n = 1; n < in->s.n && in->s.p[n] != '"'; n++)
		if (in->s.p[n] == '\\') {
			escapes = true;
			if (++n >= in->s.n || (in->s.p[n] != '"' && in->s.p[n] != '\\'))
				return imap_refuse(in, "bad escape in a quoted string");
		}
	if (n >= in->s.n)
		return imap_refuse(in, "quoted string is not closed");
	*out = str_sub(in->s, 1, n);
	in->s = str_from(in->s, n + 1);
	if (!imap_is_quotable(*out, in->utf8))
		return imap_refuse(in, "bad character in a quoted string");
	if (!escapes)
		return true;
	if ((p = arena_bytes(in->m, out->n + 1)) == NULL)
		return imap_refuse(in, "out of memory");
	n = 0;
	for (size_t i = 0; i < out->n; i++) {
		if (out->p[i] == '\\')
			i++;
		p[n++] = out->p[i];
	}
	p[n] = '\0';
	*out = str_mem(p, n);
	return true;
}

/* "{n}" CRLF and n octets; without NULs unless binary. */
static bool
imap_inner_literal(struct imap_in *in, struct str *out)
{
	struct imap_literal	l;
	size_t			eol = str_chr(in->s, '\n');
	struct str		head;

	if (eol == SIZE_MAX || eol < 2 || in->s.p[eol - 1] != '\r')
		return imap_refuse(in, "string expected");
	head = str_first(in->s, eol - 1);
	if (imap_literal_tail(head, &l) != head.n || l.size > in->s.n - eol - 1)
		return imap_refuse(in, "bad literal");
	*out = str_sub(in->s, eol + 1, eol + 1 + (size_t)l.size);
	in->s = str_from(in->s, eol + 1 + (size_t)l.size);
	if (!l.binary && str_has_nul(*out))
		return imap_refuse(in, "NUL in a literal");
	return true;
}

bool
imap_string(struct imap_in *in, struct str *out)
{
	if (imap_peek(in, '"'))
		return imap_quoted(in, out);
	if (imap_peek(in, '{') || imap_peek(in, '~'))
		return imap_inner_literal(in, out);
	return imap_refuse(in, "string expected");
}

bool
imap_nstring(struct imap_in *in, struct str *out)
{
	if (imap_word(in, "NIL")) {
		*out = STR_NONE;
		return true;
	}
	return imap_string(in, out);
}

bool
imap_astring(struct imap_in *in, struct str *out)
{
	if (imap_peek(in, '"') || imap_peek(in, '{'))
		return imap_string(in, out);
	return imap_take(in, C_ASTRING, out, "string expected");
}

bool
imap_list_mailbox(struct imap_in *in, struct str *out)
{
	if (imap_peek(in, '"') || imap_peek(in, '{'))
		return imap_string(in, out);
	return imap_take(in, C_LIST, out, "mailbox pattern expected");
}

bool
imap_mailbox(struct imap_in *in, struct str *out)
{
	struct buf	b;
	struct str	s;
	int		rc;

	if (!imap_astring(in, &s))
		return false;
	if (str_caseeq_c(s, "INBOX")) {
		*out = STR("INBOX");
		return true;
	}
	if (in->utf8) {			/* '&' has no meaning then (RFC 6855 3) */
		*out = s;
		return utf8_valid(s) || imap_refuse(in, "mailbox name is not UTF-8");
	}
	buf_init(&b, 0);
	rc = dec_utf7m(&b, s);
	*out = arena_str(in->m, buf_str(&b));
	buf_done(&b);
	if (rc == -1)
		return imap_refuse(in, "mailbox name is not modified UTF-7");
	return !str_is_none(*out) || imap_refuse(in, "out of memory");
}

bool
imap_number64(struct imap_in *in, uint64_t *out)
{
	size_t	n = 0;

	while (n < in->s.n && chr_is_digit(in->s.p[n]))
		n++;
	if (num_u64(str_first(in->s, n), 0, INT64_MAX, out) == -1)
		return imap_refuse(in, n == 0 ? "number expected" : "number is too large");
	in->s = str_from(in->s, n);
	return true;
}

bool
imap_number(struct imap_in *in, uint32_t *out)
{
	uint64_t	v;

	if (!imap_number64(in, &v))
		return false;
	if (v > UINT32_MAX)
		return imap_refuse(in, "number is too large");
	*out = (uint32_t)v;
	return true;
}

bool
imap_nz_number(struct imap_in *in, uint32_t *out)
{
	uint32_t	v;

	if (!imap_number(in, &v))
		return false;
	if (v == 0)
		return imap_refuse(in, "number must not be 0");
	*out = v;
	return true;
}

bool
imap_flag(struct imap_in *in, struct str *out)
{
	struct str	all = in->s;

	if (imap_next(in, '\\') && imap_next(in, '*')) {
		*out = str_first(all, 2);
		return true;
	}
	if (!imap_take(in, C_ATOM, out, "flag expected"))
		return false;
	*out = str_first(all, all.n - in->s.n);
	return true;
}

static bool
imap_flag_add(struct imap_in *in, struct str **v, size_t *n, size_t *room)
{
	struct str	*more;

	if (*n == *room) {
		*room = *room == 0 ? 8 : *room * 2;
		if ((more = ARENA_ARRAY(in->m, struct str, *room)) == NULL)
			return imap_refuse(in, "out of memory");
		if (*n > 0)
			memcpy(more, *v, *n * sizeof *more);
		*v = more;
	}
	if (!imap_flag(in, &(*v)[*n]))
		return false;
	(*n)++;
	return true;
}

bool
imap_flags(struct imap_in *in, bool bare, struct str **v, size_t *n)
{
	bool	list = imap_next(in, '(');
	size_t	room = 0;

	*v = NULL;
	*n = 0;
	if (!list && !bare)
		return imap_refuse(in, "flag list expected");
	if (list && imap_next(in, ')'))
		return true;
	do {
		if (!imap_flag_add(in, v, n, &room))
			return false;
	} while (imap_next(in, ' '));
	return !list || imap_char(in, ')');
}

bool
imap_literal_head(struct imap_in *in, struct imap_literal *l)
{
	if (in->s.n == 0 || imap_literal_tail(in->s, l) != in->s.n)
		return imap_refuse(in, "literal expected");
	in->s = str_from(in->s, in->s.n);
	return true;
}

bool
imap_date_text(struct imap_in *in, struct str *out)
{
	if (imap_peek(in, '"'))
		return imap_quoted(in, out);
	return imap_take(in, C_ATOM, out, "date expected");
}

bool
imap_set_text(struct imap_in *in, struct str *out)
{
	return imap_take(in, C_SET, out, "sequence set expected");
}
