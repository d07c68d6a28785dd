/*
 * triple - what comes out of a ruleset: tokens, text, or mailer, host and user.
 */
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "base/trace.h"
#include "rule/rule_int.h"

void
rule_shorten(struct str s, char *dst, size_t size)
{
	const size_t	max = 203, half = 100;

	if (s.n < max || size < max + 4)
		snprintf(dst, size, "%.*s", STR_ARG(s));
	else
		snprintf(dst, size, "%.*s...%.*s", (int)half, s.p, (int)half, s.p + s.n - half);
}

/* ---- printing ---- */

static void
print_name(const struct rules *r, unsigned id, struct buf *b)
{
	struct str	name = rules_macro_name(r, (int)id);

	if (name.n == 1)
		buf_add(b, name);
	else
		buf_addf(b, "{%.*s}", STR_ARG(name));
}

static bool
show_is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)(s.p[i] - 32) >= 95)
			return false;
	return true;
}

void
rule_show(struct str s, struct buf *b)
{
	if (show_is_plain(s)) {
		buf_addmem(b, s.p, s.n);
		return;
	}
	for (size_t i = 0; i < s.n; i++) {
		unsigned char	c = (unsigned char)s.p[i];

		if (c >= 128) {
			buf_addc(b, "M-");
			c &= 127;
		}
		if (c >= 32 && c < 127)
			buf_addch(b, (char)c);
		else if (c == '\n')
			buf_addc(b, "\\n");
		else if (c == '\r')
			buf_addc(b, "\\r");
		else if (c == '\t')
			buf_addc(b, "\\t");
	}
}

void
rule_show_code(char kind, struct buf *b)
{
	static const char	kinds[] = "*+-=~1#@:>", more[] = "&?|.[]()";
	static const unsigned	codes[] = { 0x82, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x85, 0x86 };
	const char		*at = kind == '\0' ? NULL : strchr(kinds, kind);
	unsigned		 code = 0x81;

	if (at != NULL)
		code = 0x90 + (unsigned)(at - kinds);
	else if (kind != '\0' && (at = strchr(more, kind)) != NULL)
		code = codes[at - more];
	buf_addf(b, trace_on(84, 2) ? " %o " : " 0x%x ", code);
}

static void
print_code(const struct rules *r, const struct rule_tok *t, char kind, struct buf *b)
{
	rule_show_code(kind, b);
	if (kind == '1')
		buf_addch(b, (char)('0' + ID_PAR(t->id)));
	else if ((kind == '=' || kind == '~' || kind == '&') && r != NULL)
		print_name(r, ID_PAR(t->id), b);
}

static void
print_token(const struct rules *r, const struct rule_tok *t, struct buf *b)
{
	char	k = ID_IS_META(t->id) ? ID_KIND(t->id) : 0;

	if (k == 0) {
		rule_show(str_mem(t->p, t->n), b);
		return;
	}
	if (trace_on(84, 1)) {
		print_code(r, t, k, b);
		return;
	}
	buf_addch(b, '$');
	if (k == '1')
		buf_addch(b, (char)('0' + ID_PAR(t->id)));
	else {
		buf_addch(b, k);
		if ((k == '=' || k == '~' || k == '&') && r != NULL)
			print_name(r, ID_PAR(t->id), b);
	}
}

void
rules_print(const struct rules *r, const struct rule_tok *tok, size_t n, struct buf *b)
{
	for (size_t i = 0; i < n; i++) {
		print_token(r, &tok[i], b);
		buf_addch(b, ' ');
	}
}

void
rules_print_rhs(const struct rules *r, const struct rule *rule, struct buf *b)
{
	if (rule->prefix != 0 && trace_on(84, 1)) {
		rule_show_code(rule->prefix, b);
		buf_addch(b, ' ');
	} else if (rule->prefix != 0)
		buf_addf(b, "$%c ", rule->prefix);
	rules_print(r, rule->rhs, rule->nrhs, b);
}

/* All of them ordinary text or operators, which carry their text as well: in one go. */
static bool
print_plain(const struct rule_tok *tok, size_t n, struct buf *b)
{
	size_t	total = n;
	bool	odd = false, raw = trace_on(84, 1);
	char	*p;

	for (size_t i = 0; i < n; i++) {
		if (ID_IS_META(tok[i].id) && (raw || strchr("=~1&", ID_KIND(tok[i].id)) != NULL))
			return false;
		total += tok[i].n;
	}
	p = buf_reserve(b, total);
	if (p == NULL)
		return true;
	for (size_t i = 0; i < n; i++) {
		const char	*from = tok[i].p, *end = from + tok[i].n;

		*p++ = ' ';
		while (from < end) {
			odd |= (unsigned char)(*from - 32) >= 95;
			*p++ = *from++;
		}
	}
	if (odd)
		return false;
	buf_commit(b, total);
	return true;
}

void
rule_print(const struct rule_tok *tok, size_t n, struct buf *b)
{
	if (print_plain(tok, n, b))
		return;
	for (size_t i = 0; i < n; i++) {
		buf_addch(b, ' ');
		print_token(NULL, &tok[i], b);
	}
}

struct str
rule_join(struct rule_ctx *c, const struct rule_tok *tok, size_t n, int sep)
{
	buf_clear(&c->tmp);
	tok_join(&c->rules->chars, tok, n, sep < 0 ? c->rules->blank_sub : (char)sep, &c->tmp);
	return arena_str(c->scratch, buf_str(&c->tmp));
}

/* ---- running on text ---- */

struct scan_arg {
	struct rule_ctx	*c;
	struct str	 text;
	unsigned	 flags;
};

/* Cooked text without its escapes, for messages. */
static struct str
scan_plain(struct rule_ctx *c, struct str s)
{
	char	*p = arena_bytes(c->scratch, s.n + 1);
	size_t	 n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != TOK_ESC)
			p[n++] = s.p[i];
		else if (i + 1 < s.n)
			i += strchr("=~1&", s.p[i + 1]) != NULL ? 3 : 1;
	}
	return str_mem(p, n);
}

static void
scan_fault_say(void *arg, enum tok_fault f)
{
	struct scan_arg	*a = arg;
	char		 cut[256];
	struct str	 text = a->text;

	if (a->flags & TOK_META)
		text = scan_plain(a->c, text);
	rule_shorten(text, cut, sizeof cut);
	ctx_say(a->c, ERR_PERM, "%s... %s", cut, tok_fault_text(f));
}

int
ctx_scan(struct rule_ctx *c, struct str s, unsigned flags, struct rule_tok *tok, size_t max)
{
	struct scan_arg	a = { c, s, flags };
	struct tok_in	in = { &c->rules->chars, flags, 0, c->scratch, scan_fault_say, &a };

	return tok_scan(&in, s, tok, max, NULL, NULL);
}

static void
out_triple(struct rule_ctx *c, struct rule_out *o)
{
	size_t	i = 1, from;

	if (o->ntok < 2 || o->tok[0].id != ID_SHARP)
		return;
	o->is_triple = true;
	if (!ID_IS_META(o->tok[1].id))
		o->mailer = str_mem(o->tok[i++].p, o->tok[1].n);
	while (i < o->ntok && o->tok[i].id != ID_HOST && o->tok[i].id != ID_USER)
		i++;
	if (i < o->ntok && o->tok[i].id == ID_HOST) {
		from = ++i;
		while (i < o->ntok && o->tok[i].id != ID_USER)
			i++;
		o->has_host = true;
		o->host_tok = o->tok + from;
		o->nhost = i - from;
		o->host = rule_join(c, o->host_tok, o->nhost, '\0');
	}
	if (i < o->ntok && o->tok[i].id == ID_USER) {
		i++;
		o->has_user = true;
		o->user_tok = o->tok + i;
		o->nuser = o->ntok - i;
		o->user = rule_join(c, o->user_tok, o->nuser, -1);
	}
}

static int
run_work(struct rule_ctx *c, int set, struct work *w, struct rule_out *o)
{
	struct rule_tok	*keep;

	o->status = EXIT_OK;
	if (set >= 0 && set < rules_count(c->rules)) {
		if (c->on_run != NULL)
			c->on_run(c->arg, true);
		c->depth++;
		w->counted = false;
		o->status = rewrite_set(c, set, w);
		c->depth--;
		if (c->on_run != NULL)
			c->on_run(c->arg, false);
	}
	keep = (struct rule_tok *)arena_array(c->scratch, w->n + 1, sizeof *keep);
	memcpy(keep, w->tok, w->n * sizeof *keep);
	o->tok = keep;
	o->ntok = w->n;
	out_triple(c, o);
	return o->status == EXIT_OK || o->status == EXIT_TEMPFAIL ? 0 : -1;
}

/* A workspace for the run that begins now. */
static void
run_begin(struct rule_ctx *c, struct work *w, struct rule_out *o)
{
	memset(o, 0, sizeof *o);
	err_clear(&c->err);
	c->steps = 0;
	c->used = arena_used(c->scratch);
	c->any_extra = false;
	for (const struct rule_ctx *p = c; p != NULL && !c->any_extra; p = p->parent)
		c->any_extra = p->extra != NULL;
	w->slot = 2 * c->depth;
	w->tok = ctx_pool(c, w->slot);
	w->n = 0;
}

static int
run_refused(struct rule_ctx *c, struct rule_out *o)
{
	(void)c;
	o->status = EXIT_DATAERR;
	return -1;
}

int
rule_run_flags(struct rule_ctx *c, int set, struct str in, unsigned flags, struct rule_out *o)
{
	struct work	w;
	int		n;

	run_begin(c, &w, o);
	if (flags & RULE_QUIET)
		c->mute++;
	n = ctx_scan(c, arena_str(c->scratch, in), (flags & RULE_KEEP_COMMENTS ? TOK_COMMENTS : 0u) | (flags & RULE_WHOLE ? TOK_WHOLE : 0u), w.tok, RULE_MAXATOM);
	if (flags & RULE_QUIET)
		c->mute--;
	if (n < 0)
		return run_refused(c, o);
	tok_number(&c->rules->atoms, w.tok, (size_t)n);
	w.n = (uint32_t)n;
	return run_work(c, set, &w, o);
}

int
rule_run(struct rule_ctx *c, int set, struct str in, struct rule_out *o)
{
	return rule_run_flags(c, set, in, 0, o);
}

int
rule_run2_flags(struct rule_ctx *c, int set, struct str a, struct str b, unsigned flags, struct rule_out *o)
{
	unsigned	tf = flags & RULE_KEEP_COMMENTS ? TOK_COMMENTS : 0;
	struct work	w;
	int		n, m;

	run_begin(c, &w, o);
	n = ctx_scan(c, arena_str(c->scratch, a), tf, w.tok, RULE_MAXATOM - 1);
	if (n < 0)
		return run_refused(c, o);
	w.tok[n] = (struct rule_tok){ "$|", 2, ID_ELSE };
	m = ctx_scan(c, arena_str(c->scratch, b), tf, w.tok + n + 1, RULE_MAXATOM - 1 - (size_t)n);
	if (m < 0)
		return run_refused(c, o);
	w.n = (uint32_t)(n + 1 + m);
	tok_number(&c->rules->atoms, w.tok, w.n);
	return run_work(c, set, &w, o);
}

int
rule_run2(struct rule_ctx *c, int set, struct str a, struct str b, struct rule_out *o)
{
	return rule_run2_flags(c, set, a, b, 0, o);
}

int
rule_scan_list(struct rule_ctx *c, struct str in, char delim, size_t *used, struct rule_out *o)
{
	struct scan_arg	 a = { c, in, 0 };
	struct tok_in	 t = { &c->rules->chars, TOK_COMMENTS, delim, c->scratch, scan_fault_say, &a };
	struct rule_tok	*tok;
	int		 n;

	memset(o, 0, sizeof *o);
	err_clear(&c->err);
	tok = ctx_pool(c, 2 * c->depth);
	n = tok_scan(&t, arena_str(c->scratch, in), tok, RULE_MAXATOM, used, NULL);
	if (n < 0)
		return run_refused(c, o);
	tok_number(&c->rules->atoms, tok, (size_t)n);
	o->tok = memcpy(arena_array(c->scratch, (size_t)n + 1, sizeof *tok), tok, (size_t)n * sizeof *tok);
	o->ntok = (size_t)n;
	return 0;
}

int
rule_run_tokens(struct rule_ctx *c, int set, const struct rule_tok *tok, size_t n, struct rule_out *o)
{
	struct work	w;

	run_begin(c, &w, o);
	if (n > RULE_MAXATOM)
		return run_refused(c, o);
	memcpy(w.tok, tok, n * sizeof *tok);
	w.n = (uint32_t)n;
	return run_work(c, set, &w, o);
}
