/*
 * tok - addresses into tokens.
 *
 * One pass.  A token is a slice of the input; only when characters were dropped inside it or a closing quote was added is
 * it copied.  Sendmail's way with broken input is kept: a missing quote, parenthesis or angle is added at the end, a
 * superfluous one dropped, a backslash at the very end vanishes.
 */
#include <string.h>

#include "base/trace.h"
#include "rule/rule_int.h"

enum { T_ATOM = 0, T_OP, T_SPACE, T_QUOTE };

void
tok_chars_set(struct tok_chars *t, struct str operators)
{
	static const char	always[] = "()<>,;";

	for (int i = 0; i < 256; i++)
		t->type[i] = T_ATOM;
	for (size_t i = 0; i < operators.n; i++)
		t->type[(unsigned char)operators.p[i]] = T_OP;
	for (size_t i = 0; always[i] != '\0'; i++)
		t->type[(unsigned char)always[i]] = T_OP;
	t->type[' '] = t->type['\t'] = t->type['\r'] = t->type['\n'] = t->type['\f'] = t->type['\v'] = T_SPACE;
	t->type['"'] = T_QUOTE;
	t->type[255] = T_SPACE;			/* sendmail's own escape, never a character */
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

#define SCAN_SLACK	100	/* what one step may put, and room for rules */
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
	if (n > TOK_MAXLEN && !(sc->in->flags & TOK_WHOLE)) {
		scan_fault(sc, TOK_TOO_LONG);
		return -1;
	}
	sc->tok[sc->n++] = (struct rule_tok){ p, (uint32_t)n, id };
	return 0;
}

/* Token s[from..to) with `tail` behind it. */
static int
scan_put_tail(struct scan *sc, size_t from, size_t to, const char *tail)
{
	size_t	 tn = strlen(tail);
	char	*p = arena_bytes(sc->in->arena, to - from + tn + 1);

	memcpy(p, sc->s.p + from, to - from);
	memcpy(p + (to - from), tail, tn);
	return scan_put(sc, p, to - from + tn, 0);
}

/* A closing that closes nothing vanishes, also from the middle of a word. */
static bool
scan_drops(struct scan *sc, char c)
{
	if (c == ')' && !(sc->in->flags & TOK_COMMENTS)) {
		scan_fault(sc, TOK_CLOSE_PAREN);
		return true;
	}
	if (c == '>' && sc->angles == 0 && !(sc->in->flags & TOK_LOOSE)) {
		scan_fault(sc, TOK_CLOSE_ANGLE);
		return true;
	}
	return false;
}

/* An atom: up to an operator, blank, quote or operator escape.  A backslash takes the next character with it. */
static int
scan_atom(struct scan *sc)
{
	const uint8_t	*type = sc->in->chars->type;
	size_t		 from = sc->i, i = from, n = 0;
	char		*copy = NULL;		/* without what was dropped */

	for (; i < sc->s.n; i++) {
		unsigned char	c = (unsigned char)sc->s.p[i];

		if (c == '\\' && i + 1 < sc->s.n && (sc->s.p[i + 1] == '!' ||
		    (sc->in->delim != 0 && sc->s.p[i + 1] == (char)sc->in->delim && !sc->route)))
			break;				/* \! is !, and nothing hides a delimiter */
		if (c == '\\') {
			if (i + 1 == sc->s.n)
				break;
			if (copy != NULL)
				copy[n++] = (char)c;
			c = (unsigned char)sc->s.p[++i];
		} else if (scan_drops(sc, (char)c)) {
			if (copy == NULL) {
				copy = arena_bytes(sc->in->arena, sc->s.n - from + 1);
				memcpy(copy, sc->s.p + from, i - from);
				n = i - from;
			}
			continue;
		} else if (type[c] != T_ATOM || ((sc->in->flags & TOK_META) && c == (unsigned char)TOK_ESC))
			break;
		else if (c == (unsigned char)sc->in->delim && sc->in->delim != 0 && !sc->route)
			break;
		if (copy != NULL)
			copy[n++] = (char)c;
	}
	if (i + 1 == sc->s.n && sc->s.p[i] == '\\') {	/* nothing to take */
		sc->i = sc->s.n;
		if (sc->angles > 0 && !(sc->in->flags & TOK_LOOSE)) {	/* but the > that is added */
			scan_fault(sc, TOK_OPEN_ANGLE);
			return copy == NULL ? scan_put_tail(sc, from, sc->s.n, ">") :
			    scan_put(sc, arena_fmt(sc->in->arena, "%.*s\\>", (int)n, copy).p, n + 2, 0);
		}
	} else
		sc->i = i;
	if (copy == NULL)
		return i == from ? 0 : scan_put(sc, sc->s.p + from, i - from, 0);
	return n == 0 ? 0 : scan_put(sc, copy, n, 0);
}

static int
scan_quoted(struct scan *sc)
{
	size_t	from = sc->i, i = from + 1;

	for (; i < sc->s.n && sc->s.p[i] != '"'; i++) {
		if (sc->s.p[i] == '\\') {
			if (i + 1 == sc->s.n && !(sc->in->flags & TOK_LOOSE)) {	/* it hides the quote that is added */
				scan_fault(sc, TOK_OPEN_QUOTE);
				scan_fault(sc, TOK_OPEN_QUOTE);
				sc->i = sc->s.n;
				return scan_put_tail(sc, from, sc->s.n, "\"\"");
			}
			if (i + 1 < sc->s.n)
				i++;
		}
	}
	if (i == sc->s.n && (sc->in->flags & TOK_LOOSE)) {
		sc->i = i;
		return scan_put(sc, sc->s.p + from, i - from, 0);
	}
	if (i == sc->s.n) {
		scan_fault(sc, TOK_OPEN_QUOTE);
		sc->i = i;
		return scan_put_tail(sc, from, i, "\"");
	}
	sc->i = i + 1;
	return scan_put(sc, sc->s.p + from, i + 1 - from, 0);
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
	for (; depth > 0; depth--)
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
	if (c == '<') {
		size_t	at = sc->i;

		sc->angles++;
		while (at < sc->s.n && chr_is_space(sc->s.p[at]))
			at++;
		if (at < sc->s.n && sc->s.p[at] == '@')
			sc->route = true;
	} else if (c == '>') {
		sc->angles--;
		sc->route = false;
	}
	return scan_put(sc, sc->s.p + sc->i - 1, 1, 0);
}

static int
scan_one(struct scan *sc)
{
	unsigned char	c = (unsigned char)sc->s.p[sc->i];

	if ((sc->in->flags & TOK_META) && c == (unsigned char)TOK_ESC)
		return scan_meta(sc);
	if (c == '\\' && sc->i + 1 < sc->s.n && (sc->s.p[sc->i + 1] == '!' ||
	    (sc->in->delim != 0 && sc->s.p[sc->i + 1] == (char)sc->in->delim && !sc->route))) {
		sc->i++;				/* \!: for those who think of csh */
		return 0;
	}
	switch (sc->in->chars->type[c]) {
	case T_SPACE:
		sc->i++;
		return 0;
	case T_QUOTE:
		return scan_quoted(sc);
	case T_OP:
		if ((c == ')' && !(sc->in->flags & TOK_COMMENTS)) ||
		    (c == '>' && sc->angles == 0 && !(sc->in->flags & TOK_LOOSE)))
			return scan_atom(sc);		/* which drops it */
		return scan_operator(sc);
	default:
		return scan_atom(sc);
	}
}

/* The text with operators of rules as a person writes them. */
static void
trace_scan(const char *what, struct str s)
{
	struct buf	b;

	buf_init(&b, 0);
	buf_addc(&b, what);
	for (size_t i = 0; i < s.n; i++)
		buf_addch(&b, s.p[i] == TOK_ESC ? '$' : s.p[i]);
	buf_addch(&b, '\n');
	trace_write(buf_str(&b));
	buf_done(&b);
}

static void
trace_scanned(const struct rule_tok *tok, size_t n)
{
	struct buf	b;

	buf_init(&b, 0);
	buf_addc(&b, "prescan==>");
	rule_print(tok, n, &b);
	buf_addch(&b, '\n');
	trace_write(buf_str(&b));
	buf_done(&b);
}

int
tok_scan(const struct tok_in *in, struct str s, struct rule_tok *tok, size_t max, size_t *used, enum tok_fault *fault)
{
	struct scan	sc = { in, s, 0, tok, 0, max, TOK_OK, 0, false };
	bool		said = trace_on(22, 11) && !(in->flags & TOK_SILENT);
	int		rc = 0;

	if (said)
		trace_scan("prescan: ", s);

	while (rc == 0 && sc.i < s.n) {
		if (in->delim != 0 && s.p[sc.i] == (char)in->delim && !sc.route)
			break;
		if (in->flags & TOK_WHOLE && sc.n + SCAN_SLACK >= max) {
			rc = scan_put(&sc, s.p + sc.i, s.n - sc.i, 0);
			sc.i = s.n;
			sc.angles = 0;
			break;
		}
		rc = scan_one(&sc);
	}
	if (!(in->flags & TOK_LOOSE))
		for (; rc == 0 && sc.angles > 0; sc.angles--) {
			scan_fault(&sc, TOK_OPEN_ANGLE);
			rc = scan_put(&sc, ">", 1, 0);
		}
	if (used != NULL)
		*used = sc.i;
	if (fault != NULL)
		*fault = sc.fault;
	if (said && sc.n == 0)
		trace_printf("prescan: null leading token\n");
	if (said && trace_on(22, 36))
		for (size_t i = 0; i < sc.n; i++)
			trace_printf("tok=%.*s\n", (int)tok[i].n, tok[i].p);
	if (said && sc.n > 0 && trace_on(22, 12))
		trace_scanned(tok, sc.n);
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
	size_t	total = n;
	bool	was_word = false;
	char	*p, *to;

	for (size_t i = 0; i < n; i++)
		total += tok[i].n;
	to = p = buf_reserve(out, total);
	if (p == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		bool	word = tok_is_word(t, &tok[i]);

		if (was_word && word && sep != '\0')
			*p++ = sep;
		if (tok[i].n == 1)
			*p++ = tok[i].p[0];
		else if (tok[i].n > 0) {
			memcpy(p, tok[i].p, tok[i].n);
			p += tok[i].n;
		}
		was_word = word;
	}
	buf_commit(out, (size_t)(p - to));
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
