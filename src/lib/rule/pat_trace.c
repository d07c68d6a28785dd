/*
 * pat_trace - match a left side step by step, aloud: what -d21.35 and -d21.36 print.
 *
 * The plain method, with no short cuts, so that each step can be said: ADVANCE names the next item of the pattern and the next
 * token, BACKUP the wildcard that is made longer and the token it would take, EXTEND a phrase that is not (yet) in its class.
 * It finds what pat_match finds.
 */
#include "base/trace.h"
#include "rule/rule_int.h"

struct aloud {
	struct rule_ctx		*c;
	const struct rule	*rule;
	const struct work	*w;
	struct capture		*cap;		/* of the wildcards so far */
	uint32_t		 item[RULE_MAXREF + 1];	/* of the left side, for each of them */
	uint32_t		 ncap;
	uint32_t		 item_at, pos;
};

static void
aloud_say(const struct aloud *a, const char *what, uint32_t item)
{
	struct buf	b;

	buf_init(&b, 0);
	buf_addc(&b, what);
	if (item < a->rule->nlhs) {
		rules_print(a->c->rules, &a->rule->lhs[item], 1, &b);
		buf_truncate(&b, b.n - 1);
	} else
		buf_addc(&b, "<null>");
	buf_addc(&b, ", ap=");
	if (a->pos < a->w->n) {
		rules_print(a->c->rules, &a->w->tok[a->pos], 1, &b);
		buf_truncate(&b, b.n - 1);
	} else
		buf_addc(&b, "<null>");
	buf_addch(&b, '\n');
	trace_write(buf_str(&b));
	buf_done(&b);
}

void
rule_trace_text(bool macros, const struct rule_tok *tok, size_t n, struct str text)
{
	struct buf	b;

	if (!trace_on(59, 14))
		return;
	buf_init(&b, 0);
	buf_addf(&b, "cataddr(%d) <==", macros);
	rule_print(tok, n, &b);
	buf_addf(&b, "\n  cataddr => %.*s\n", STR_ARG(text));
	trace_write(buf_str(&b));
	buf_done(&b);
}

static void
aloud_text(const struct rule_ctx *c, const struct work *w, uint32_t from, uint32_t to)
{
	struct buf	b;

	if (!trace_on(59, 14))
		return;
	buf_init(&b, 0);
	tok_join(&c->rules->chars, w->tok + from, to - from, c->rules->blank_sub, &b);
	rule_trace_text(true, w->tok + from, w->n - from, buf_str(&b));
	buf_done(&b);
}

/* A phrase of the class from a->cap[..].from, at least up to a->pos. */
static bool
aloud_class(struct aloud *a, uint32_t item, uint32_t from, unsigned class)
{
	for (; a->pos < a->w->n; a->pos++) {
		aloud_text(a->c, a->w, from, a->pos + 1);
		if (pat_phrase(a->c, a->w, class, from, a->pos + 1)) {
			a->pos++;
			if (trace_on(21, 36))
				trace_printf("CLMATCH\n");
			return true;
		}
		if (trace_on(21, 36))
			aloud_say(a, "EXTEND  rp=", item);
	}
	return false;
}

static bool
aloud_wild(struct aloud *a, uint32_t item, char kind, unsigned class)
{
	uint32_t	from = a->pos;

	if (kind != '*' && from >= a->w->n)
		return false;
	if (kind == '=' && !aloud_class(a, item, from, class))
		return false;
	if (kind == '~' && pat_phrase(a->c, a->w, class, from, from + 1))
		return false;
	if (kind == '+' || kind == '-' || kind == '~')
		a->pos++;
	a->item[a->ncap] = item;
	a->cap[a->ncap++] = (struct capture){ from, a->pos };
	a->item_at++;
	return true;
}

static bool
aloud_advance(struct aloud *a)
{
	const struct rule_tok	*t = &a->rule->lhs[a->item_at];
	char			 kind = a->item_at < a->rule->nlhs && ID_IS_META(t->id) ? ID_KIND(t->id) : 0;
	int			 n;

	if (trace_on(21, 35))
		aloud_say(a, "ADVANCE rp=", a->item_at);
	if (a->item_at >= a->rule->nlhs)
		return false;
	switch (kind) {
	case '*': case '+': case '-': case '=': case '~':
		return aloud_wild(a, a->item_at, kind, ID_PAR(t->id));
	case '@':
		a->item_at++;
		return true;
	case '&':
		n = pat_macro(a->c, a->w, ID_PAR(t->id), a->pos);
		if (n < 0)
			return false;
		a->pos += (uint32_t)n;
		a->item_at++;
		return true;
	default:
		if (a->pos >= a->w->n || a->w->tok[a->pos].id != t->id)
			return false;
		a->pos++;
		a->item_at++;
		return true;
	}
}

static bool
aloud_back(struct aloud *a)
{
	for (; a->ncap > 0; a->ncap--) {
		uint32_t		 item = a->item[a->ncap - 1];
		struct capture		*cap = &a->cap[a->ncap - 1];
		char			 kind = ID_KIND(a->rule->lhs[item].id);

		a->pos = cap->to;
		if (trace_on(21, 36))
			aloud_say(a, "BACKUP  rp=", item);
		if (a->pos >= a->w->n || kind == '-' || kind == '~')
			continue;
		if (kind != '=')
			a->pos++;
		else if (!aloud_class(a, item, cap->from, ID_PAR(a->rule->lhs[item].id)))
			continue;
		cap->to = a->pos;
		a->item_at = item + 1;
		return true;
	}
	return false;
}

bool
pat_match_aloud(struct rule_ctx *c, const struct rule *rule, const struct work *w, struct capture *cap)
{
	struct aloud	a = { .c = c, .rule = rule, .w = w, .cap = cap };

	while (a.item_at < rule->nlhs || a.pos < w->n)
		if (!aloud_advance(&a) && !aloud_back(&a))
			return false;
	return true;
}
