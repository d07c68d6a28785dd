/*
 * rule_add - one R line: both sides cooked, tokenised, checked and compiled into a rule of its set.
 *
 * What is wrong with it is said in sendmail's words; a rule that can do something is kept all the same, as sendmail keeps it.
 */
#include <string.h>

#include "rule/rule_int.h"

#define LHS_MAXTOK	300

struct adding {
	struct rules	*r;
	rules_say_fn	*say;
	void		*arg;
	struct str	 raw;
};

static void
add_say(struct adding *a, const char *fmt, ...)
{
	struct err	e = ERR_INIT;
	va_list		ap;

	va_start(ap, fmt);
	err_vset(&e, ERR_PERM, fmt, ap);
	va_end(ap);
	if (a->say != NULL)
		a->say(a->arg, false, e.text);
}

/* Cook, tokenise and number one side. -1: unusable (was reported). */
static int
add_side(struct adding *a, struct str raw, bool lhs, struct rule_tok **out, uint32_t *nout)
{
	struct tok_in		 in = { &a->r->chars, TOK_META | TOK_LOOSE | (a->r->level >= 9 ? TOK_COMMENTS : 0), 0, a->r->arena, NULL, NULL };
	struct rule_tok		*tok = a->r->tok;
	enum tok_fault		 fault = TOK_OK;
	struct buf		 b;
	struct str		 text;
	int			 n;

	buf_init(&b, 65536);
	if (rule_cook(a->r, raw, lhs, &b) == -1) {
		add_say(a, "R line: expansion too long");
		buf_done(&b);
		return -1;
	}
	text = arena_str(a->r->arena, buf_str(&b));
	buf_done(&b);
	n = tok_scan(&in, text, tok, lhs ? LHS_MAXTOK : RULE_MAXATOM, NULL, &fault);
	if (n < 0) {
		char	cut[256];

		rule_shorten(raw, cut, sizeof cut);
		add_say(a, "%s... %s", cut, tok_fault_text(fault));
		n = 0;
	}
	for (int i = 0; i < n; i++)
		if (!ID_IS_META(tok[i].id))
			tok[i].id = atoms_add(&a->r->atoms, tok[i].p, tok[i].n);
	*out = ARENA_ARRAY(a->r->arena, struct rule_tok, n == 0 ? 1 : (size_t)n);
	memcpy(*out, tok, (size_t)n * sizeof *tok);
	*nout = (uint32_t)n;
	return 0;
}

static void
add_check_lhs(struct adding *a, struct rule *rule)
{
	uint32_t	wild = 0;

	for (uint32_t i = 0; i < rule->nlhs; i++) {
		char	k = ID_IS_META(rule->lhs[i].id) ? ID_KIND(rule->lhs[i].id) : 0;

		if (k == '1')
			add_say(a, "Inappropriate use of $1-$9 on LHS");
		else if (k != 0 && strchr(":>[]()", k) != NULL)
			add_say(a, "Inappropriate use of $%c on LHS", k);
		else if (k == '#' && a->r->level < 8)
			add_say(a, "Inappropriate use of $# on LHS");
		if (k != 0 && strchr("*+-=~", k) != NULL && ++wild > RULE_MAXREF) {
			add_say(a, "R line: too many wildcards");
			rule->nlhs = 0;		/* as sendmail: it matches the empty workspace only */
			return;
		}
	}
}

/* References, map and call syntax of the right side. */
static void
add_check_rhs(struct adding *a, struct rule *rule)
{
	char	closing = 0;
	bool	nested = false;

	for (uint32_t i = 0; i < rule->nrhs; i++) {
		struct rule_tok	*t = &rule->rhs[i];
		char		 k = ID_IS_META(t->id) ? ID_KIND(t->id) : 0;

		if (k == '1' && ID_PAR(t->id) > rule->nref) {
			add_say(a, "replacement $%u out of bounds", ID_PAR(t->id));
			rule->bad_ref = true;
			if (rule->badref == 0)
				rule->badref = (uint16_t)ID_PAR(t->id);
		} else if (k != 0 && strchr("*+-=~", k) != NULL)
			add_say(a, "Inappropriate use of $%c on RHS", k);
		else if (k == '(' || k == '[') {
			if (closing != 0 && !nested) {
				add_say(a, "cannot nest map lookups");
				nested = true;
			}
			closing = k == '(' ? ')' : ']';
			rule->has_lookup = true;
			if (k == '(' && i + 1 < rule->nrhs && !ID_IS_META(rule->rhs[i + 1].id) && a->r->map_fn != NULL)
				a->r->atoms.v[rule->rhs[i + 1].id].map = (uint32_t)(a->r->map_fn(a->r->map_arg,
				    str_mem(rule->rhs[i + 1].p, rule->rhs[i + 1].n)) + 1);
		} else if (k == closing && k != 0)
			closing = 0;
		else if (k == '>')
			rule->has_call = true;
	}
	if (closing != 0 && !nested)
		add_say(a, "missing map closing token");
}

/* $>name mentions a ruleset: it gets its number now, as sendmail's do. */
static void
add_calls(struct adding *a, struct rule *rule)
{
	struct err	e;

	for (uint32_t i = 0; i + 1 < rule->nrhs; i++) {
		const struct rule_tok	*t = &rule->rhs[i + 1];

		if (rule->rhs[i].id == ID_CALL && !ID_IS_META(t->id) && t->n > 0 && chr_is_digit(t->p[0]))
			(void)rules_set(a->r, str_mem(t->p, t->n), &e);
	}
}

int
rules_add(struct rules *r, int set, struct str lhs, struct str rhs, unsigned line, struct str origin,
    rules_say_fn *say, void *arg)
{
	struct adding	 a = { r, say, arg, lhs };
	struct rule	 rule;
	struct ruleset	*s;
	uint32_t	 skip = 0;

	memset(&rule, 0, sizeof rule);
	rule.line = line;
	rule.origin = origin;
	if (set < 0 || (uint32_t)set >= r->nsets || add_side(&a, lhs, true, &rule.lhs, &rule.nlhs) == -1 ||
	    add_side(&a, rhs, false, &rule.rhs, &rule.nrhs) == -1)
		return -1;
	if (rule.nlhs == 0)
		add_say(&a, "R line: null LHS");
	add_check_lhs(&a, &rule);
	pat_compile(r, &rule);
	add_check_rhs(&a, &rule);
	add_calls(&a, &rule);
	if (rule.nrhs > 0 && (rule.rhs[0].id == ID_HOST || rule.rhs[0].id == ID_USER)) {
		rule.prefix = ID_KIND(rule.rhs[0].id);
		skip = 1;
	}
	rule.rhs += skip;
	rule.nrhs -= skip;
	for (uint32_t i = 0; i < rule.nrhs; i++) {
		rule.nrhs_ref += ID_IS_META(rule.rhs[i].id) && ID_KIND(rule.rhs[i].id) == '1';
		rule.has_macro = rule.has_macro || (ID_IS_META(rule.rhs[i].id) && ID_KIND(rule.rhs[i].id) == '&');
	}
	s = &r->sets[set];
	if (s->n == s->size) {
		uint32_t	 size = s->size == 0 ? 8 : s->size * 2;
		struct rule	*v = ARENA_ARRAY(r->arena, struct rule, size);

		if (s->n > 0)
			memcpy(v, s->rules, s->n * sizeof *v);
		s->rules = v;
		s->size = size;
	}
	s->rules[s->n++] = rule;
	return 0;
}
