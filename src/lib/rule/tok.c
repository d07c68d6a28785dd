/*
 * tok - addresses into tokens.
 *
 * One pass.  A token is a slice of the input; only when characters were dropped inside it or a closing quote was added is
 * it copied.  Sendmail's way with broken input is kept: a missing quote, parenthesis or angle is added at the end, a
 * superfluous one dropped, control characters vanish, a backslash at the very end vanishes.
 */
#include <string.h>

#include "rule/rule_int.h"

enum { T_ATOM = 0, T_OP, T_SPACE, T_QUOTE, T_DROP };

void
tok_chars_set(struct tok_chars *t, struct str operators)
{
	static const char	always[] = "()<>,;";

	for (int i = 0; i < 256; i++)
		t->type[i] = i < 32 || i == 127 ? T_DROP : T_ATOM;
	for (size_t i = 0; i < operators.n; i++)
		t->type[(unsigned char)operators.p[i]] = T_OP;
	for (size_t i = 0; always[i] != '\0'; i++)
		t->type[(unsigned char)always[i]] = T_OP;
	t->type[' '] = t->type['\t'] = t->type['\r'] = t->type['\n'] = t->type['\f'] = t->type['\v'] = T_SPACE;
	t->type['"'] = T_QUOTE;
}

bool
tok_is_operator(const struct tok_chars *t, unsigned char c)
{
	return t->type[c] == T_OP;
}

const char *
tok_fault_text(enum tok_fault f)
{
	static const char *const text[] = {
		"", "Unbalanced '\"'", "Unbalanced '('", "Unbalanced '<'", "Unbalanced '>'", "Unbalanced ')'",
		"prescan: too many tokens", "prescan: token too long"
	};

	return text[f];
}

struct scan {
	const struct tok_in *in;
	struct str	 s;
	size_t		 i;
	struct rule_tok	*tok;
	size_t		 n, max;
	enum tok_fault	 fault;		/* the worst */
	int		 angles;
	bool		 route;		/* behind <@ : commas separate relays */
};

#define TOK_MAXLEN	256		/* of one token; sendmail's MAXNAME */

static void
scan_fault(struct scan *sc, enum tok_fault f)
{
	if (sc->fault < TOK_TOO_MANY)
		sc->fault = f;
	if (sc->in->fault != NULL)
		sc->in->fault(sc->in->arg, f);
}

static int
scan_put(struct scan *sc, const char *p, size_t n, uint32_t id)
{
	if (sc->n >= sc->max) {
		scan_fault(sc, TOK_TOO_MANY);
		return -1;
	}
	if (n > TOK_MAXLEN) {
		scan_fault(sc, TOK_TOO_LONG);
		return -1;
	}
	sc->tok[sc->n++] = (struct rule_tok){ p, (uint32_t)n, id };
	return 0;
}

/* Token s[from..to) without what is to be dropped, and with `tail` behind it. */
static int
scan_put_clean(struct scan *sc, size_t from, size_t to, const char *tail)
{
	size_t	 n = 0, tn = strlen(tail);
	char	*p = arena_bytes(sc->in->arena, to - from + tn + 1);

	for (size_t i = from; i < to; i++)
		if (sc->in->chars->type[(unsigned char)sc->s.p[i]] != T_DROP)
			p[n++] = sc->s.p[i];
	memcpy(p + n, tail, tn);
	n += tn;
	return n == 0 ? 0 : scan_put(sc, p, n, 0);
}

/* An atom: up to an operator, blank, quote or operator escape.  A backslash takes the next character with it. */
static int
scan_atom(struct scan *sc)
{
	const uint8_t	*type = sc->in->chars->type;
	size_t		 from = sc->i, i = from;
	bool		 dirty = false;

	for (; i < sc->s.n; i++) {
		unsigned char	c = (unsigned char)sc->s.p[i];

		if (c == '\\') {
			if (i + 1 == sc->s.n) {
				sc->i = sc->s.n;
				return i == from ? 0 : dirty ? scan_put_clean(sc, from, i, "") :
				    scan_put(sc, sc->s.p + from, i - from, 0);
			}
			i++;
			if (type[(unsigned char)sc->s.p[i]] == T_DROP)
				dirty = true;
			continue;
		}
		if (type[c] == T_DROP)
			dirty = true;
		else if (type[c] != T_ATOM || ((sc->in->flags & TOK_META) && c == (unsigned char)TOK_ESC))
			break;
		else if (c == (unsigned char)sc->in->delim && sc->in->delim != 0 && !sc->route)
			break;
	}
	sc->i = i;
	return dirty ? scan_put_clean(sc, from, i, "") : scan_put(sc, sc->s.p + from, i - from, 0);
}

static int
scan_quoted(struct scan *sc)
{
	size_t	from = sc->i, i = from + 1;
	bool	dirty = false;

	for (; i < sc->s.n && sc->s.p[i] != '"'; i++) {
		if (sc->s.p[i] == '\\') {
			if (i + 1 == sc->s.n) {		/* it hides the quote that is added */
				scan_fault(sc, TOK_OPEN_QUOTE);
				scan_fault(sc, TOK_OPEN_QUOTE);
				sc->i = sc->s.n;
				return scan_put_clean(sc, from, sc->s.n, "\"\"");
			}
			i++;
		}
		if (sc->in->chars->type[(unsigned char)sc->s.p[i]] == T_DROP)
			dirty = true;
	}
	if (i == sc->s.n) {
		scan_fault(sc, TOK_OPEN_QUOTE);
		sc->i = i;
		return scan_put_clean(sc, from, i, "\"");
	}
	sc->i = i + 1;
	return dirty ? scan_put_clean(sc, from, i + 1, "") : scan_put(sc, sc->s.p + from, i + 1 - from, 0);
}

static void
scan_comment(struct scan *sc)
{
	int	depth = 0;

	for (; sc->i < sc->s.n; sc->i++) {
		char	c = sc->s.p[sc->i];

		if (c == '\\' && sc->i + 1 < sc->s.n)
			sc->i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0) {
			sc->i++;
			return;
		}
	}
	scan_fault(sc, TOK_OPEN_PAREN);
}

static int
scan_meta(struct scan *sc)
{
	static const char	names[] = "$*$+$-$=$~$@$:$#$>$[$]$($)$|$1$&";
	const char		*p = sc->s.p + sc->i, *name;
	unsigned		 par = 0;
	size_t			 n = 2;

	if (sc->i + 2 > sc->s.n) {
		sc->i = sc->s.n;
		return 0;
	}
	if (strchr("=~1&", p[1]) != NULL) {
		if (sc->i + 4 > sc->s.n) {
			sc->i = sc->s.n;
			return 0;
		}
		par = (unsigned)(unsigned char)p[2] << 8 | (unsigned char)p[3];
		n = 4;
	}
	name = "$?";
	for (size_t k = 0; names[k] != '\0'; k += 2)
		if (names[k + 1] == p[1])
			name = names + k;
	sc->i += n;
	return scan_put(sc, name, 2, ID_OF(p[1], par));
}

/* An operator by itself: angles are counted, parentheses perhaps comments. */
static int
scan_operator(struct scan *sc)
{
	char	c = sc->s.p[sc->i];

	if (c == '(' && !(sc->in->flags & TOK_COMMENTS)) {
		scan_comment(sc);
		return 0;
	}
	sc->i++;
	if (c == ')' && !(sc->in->flags & TOK_COMMENTS)) {
		scan_fault(sc, TOK_CLOSE_PAREN);
		return 0;
	}
	if (c == '<') {
		sc->angles++;
		if (sc->i < sc->s.n && sc->s.p[sc->i] == '@')
			sc->route = true;
	} else if (c == '>') {
		if (sc->angles == 0 && !(sc->in->flags & TOK_META)) {
			scan_fault(sc, TOK_CLOSE_ANGLE);
			return 0;
		}
		sc->angles--;
		sc->route = false;
	} else if (c == ':')
		sc->route = false;
	return scan_put(sc, sc->s.p + sc->i - 1, 1, 0);
}

static int
scan_one(struct scan *sc)
{
	unsigned char	c = (unsigned char)sc->s.p[sc->i];

	if ((sc->in->flags & TOK_META) && c == (unsigned char)TOK_ESC)
		return scan_meta(sc);
	switch (sc->in->chars->type[c]) {
	case T_SPACE:
		sc->i++;
		return 0;
	case T_QUOTE:
		return scan_quoted(sc);
	case T_OP:
		return scan_operator(sc);
	default:
		return scan_atom(sc);
	}
}

int
tok_scan(const struct tok_in *in, struct str s, struct rule_tok *tok, size_t max, size_t *used, enum tok_fault *fault)
{
	struct scan	sc = { in, s, 0, tok, 0, max, TOK_OK, 0, false };
	int		rc = 0;

	while (rc == 0 && sc.i < s.n) {
		if (in->delim != 0 && s.p[sc.i] == (char)in->delim && !sc.route)
			break;
		rc = scan_one(&sc);
	}
	if (rc == 0 && sc.angles > 0 && !(in->flags & TOK_META)) {
		scan_fault(&sc, TOK_OPEN_ANGLE);
		for (; rc == 0 && sc.angles > 0; sc.angles--)
			rc = scan_put(&sc, ">", 1, 0);
	}
	if (used != NULL)
		*used = sc.i;
	if (fault != NULL)
		*fault = sc.fault;
	if (rc == -1 || (sc.fault != TOK_OK && (in->flags & TOK_NOFIX)))
		return -1;
	return (int)sc.n;
}

static bool
tok_is_word(const struct tok_chars *t, const struct rule_tok *x)
{
	return x->n > 0 && !ID_IS_META(x->id) && (t->type[(unsigned char)x->p[0]] == T_ATOM);
}

void
tok_join(const struct tok_chars *t, const struct rule_tok *tok, size_t n, char sep, struct buf *out)
{
	bool	was_word = false;

	for (size_t i = 0; i < n; i++) {
		bool	word = tok_is_word(t, &tok[i]);

		if (was_word && word && sep != '\0')
			buf_addch(out, sep);
		buf_addmem(out, tok[i].p, tok[i].n);
		was_word = word;
	}
}

bool
tok_is_sound(const struct tok_chars *chars, struct str s)
{
	struct arena	*m = arena_new(ARENA_FUZZ);
	struct tok_in	 in = { chars, TOK_NOFIX, 0, m, NULL, NULL };
	struct rule_tok	*tok = ARENA_ARRAY(m, struct rule_tok, RULE_MAXATOM);
	enum tok_fault	 f;
	bool		 ok = tok_scan(&in, s, tok, RULE_MAXATOM, NULL, &f) >= 0 && f == TOK_OK;

	arena_free(&m);
	return ok;
}

void
tok_number(const struct atoms *a, struct rule_tok *tok, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!ID_IS_META(tok[i].id))
			tok[i].id = atoms_find(a, tok[i].p, tok[i].n);
}
