/*
 * resolve - an address through the rulesets.
 *
 * Resolving: 3, 0, then 2, the mailer's envelope R= and 4 give the user part, for senders too, as in sendmail.  Rewriting for headers
 * and envelopes: 3, 1 or 2, S= or R=, 4.  What rulesets answer with $#error is taken apart in verdict.c.
 */
#include <string.h>

#include "base/status.h"
#include "base/trace.h"
#include "base/utf8.h"
#include "crack.h"
#include "resolve.h"
#include "resolve_int.h"

#define RESOLVE_MAXADDR	255		/* bytes of an address; sendmail's MAXNAME - 1 */

/* ---- what is no address at all ---- */

static int
refuse(struct resolved *out, int smtp, const char *dsn, int ex, struct str text)
{
	out->kind = RES_ERROR;
	out->smtp = smtp;
	out->dsn = str_c(dsn);
	out->ex = ex;
	out->text = text;
	return -1;
}

static int
resolve_refuse(struct rule_ctx *ctx, const struct conf *c, struct str addr, struct resolved *out)
{
	struct arena	*a = rule_scratch(ctx);
	char		*shown;
	bool		 eight = false;

	out->mailer = c->m_error;
	out->no_address = true;
	if (addr.n > RESOLVE_MAXADDR)
		return refuse(out, 553, "5.1.1", EXIT_DATAERR,
		    arena_fmt(a, "Address \"%.*s\" too long (%d bytes max)", RESOLVE_MAXADDR, addr.p, RESOLVE_MAXADDR));
	shown = arena_bytes(a, addr.n + 1);
	for (size_t i = 0; i < addr.n; i++) {
		bool	bad = ((unsigned char)addr.p[i] & 0340) == 0200;

		shown[i] = bad ? '?' : addr.p[i];
		eight = eight || bad;
	}
	if (eight && !(c->opt.smtp_utf8 && utf8_valid(addr)))
		return refuse(out, 553, "5.1.0", EXIT_DATAERR,
		    arena_fmt(a, "8-bit character in mailbox address \"%.*s\"", (int)addr.n, shown));
	out->no_address = false;
	return 0;
}

static void
resolve_addr_type(struct rule_ctx *ctx, unsigned flags)
{
	rule_macro_set_c(ctx, "{addr_type}", flags & RESOLVE_HEADER ? (flags & RESOLVE_SENDER ? "h s" : "h r") :
	    flags & RESOLVE_SENDER ? "e s" : "e r");
}

/* One ruleset on tokens: they are replaced. Keeps the worst status. */
static int
step(struct rule_ctx *ctx, int set, struct rule_out *o, int *status)
{
	struct rule_out	next;
	int		rc;

	if (set < 0)
		return 0;
	rc = rule_run_tokens(ctx, set, o->tok, o->ntok, &next);
	if (next.tok == NULL)
		return -1;
	if (next.status != EXIT_OK)
		*status = next.status;
	*o = next;
	return rc;
}

/* A fixed ruleset shows in traces even when it has no rules: its number exists by itself. */
static int
step_fixed(struct rule_ctx *ctx, int set, int number, struct rule_out *o, int *status)
{
	if (set < 0) {
		rule_trace_empty(ctx, number, o->tok, o->ntok);
		return 0;
	}
	return step(ctx, set, o, status);
}

/* ---- the triple ---- */

static int
broken(struct rule_ctx *ctx, struct resolved *out, const char *what, struct str name)
{
	out->host = out->user = STR("");
	return refuse(out, 554, "5.3.5", EXIT_CONFIG, arena_fmt(rule_scratch(ctx), "buildaddr: %s%.*s", what, STR_ARG(name)));
}

/* Names of files, programs and lists in the user part of a mailer that allows them. */
static const struct mailer *
special_mailer(const struct conf *c, const struct mailer *m, struct str user)
{
	if (user.n > 0 && user.p[0] == '"')		/* "|program with arguments" */
		user = str_from(user, 1);
	if (mailer_has(m, ':') && str_casestarts(user, STR(":include:")))
		return &c->mailers[c->m_include];
	if (mailer_has(m, '|') && user.n > 0 && user.p[0] == '|')
		return &c->mailers[c->m_prog];
	if (mailer_has(m, '/') && user.n > 0 && user.p[0] == '/')
		return &c->mailers[c->m_file];
	return m;
}

/* sendmail forgets case where the mailer does not keep it; postmaster never has one. */
static struct str
fold_user(struct rule_ctx *ctx, const struct mailer *m, struct str user)
{
	if (!mailer_has(m, 'u') || str_caseeq_c(user, "postmaster"))
		return arena_lower(rule_scratch(ctx), user);
	return user;
}

/* Bytes that no mailer may see: control characters, and those that are operators inside sendmail. */
static void
check_user(struct rule_ctx *ctx, const struct conf *conf, struct resolved *out)
{
	struct arena	*a = rule_scratch(ctx);
	char		*p = arena_bytes(a, out->user.n + 1);
	bool		 eight = false, odd = false, utf8 = conf->opt.smtp_utf8 && utf8_valid(out->user);

	for (size_t i = 0; i < out->user.n; i++) {
		unsigned char	c = (unsigned char)out->user.p[i];

		p[i] = (char)c;
		if ((c & 0340) == 0200 && !utf8)
			eight = true;
		else if ((c < 32 && !chr_is_space((char)c)) || c == 127)
			odd = true;
		else
			continue;
		p[i] = '?';
	}
	if (!eight && !odd)
		return;
	out->user = str_mem(p, out->user.n);
	out->kind = RES_ERROR;
	out->smtp = 501;
	out->dsn = STR("5.1.7");
	out->ex = EXIT_DATAERR;
	out->text = arena_fmt(a, "Syntax error in mailbox address \"%.*s\" (%s)", STR_ARG(out->user),
	    eight ? "8-bit character" : "non-printable character");
}

static int
triple_user(struct rule_ctx *ctx, const struct conf *c, const struct rule_out *t, const struct mailer *m, struct resolved *out)
{
	struct rule_out		 o;
	const struct mailer	*special;
	struct str		 text;
	int			 status = out->ex;

	memset(&o, 0, sizeof o);
	o.tok = t->user_tok;
	o.ntok = t->nuser;
	if (mailer_has(m, '@') && o.ntok > 0 && o.tok[0].n == 1 && o.tok[0].p[0] == '@') {
		o.tok++;
		o.ntok--;
		out->no_local = true;
	}
	out->parsed_user = rule_join(ctx, o.tok, o.ntok, -1);
	rule_trace_text(false, o.tok, o.ntok, out->parsed_user);
	special = special_mailer(c, m, out->parsed_user);
	if (special != m) {
		out->mailer = special->index;
		m = special;
	}
	if (m->kind == MAILER_INCLUDE) {
		out->user = resolve_unquote(ctx, out->parsed_user);
		out->user = str_trim(str_from(out->user, sizeof ":include:" - 1));
		return 0;
	}
	(void)step_fixed(ctx, c->set_rcpt, 2, &o, &status);
	(void)step(ctx, m->re_rules, &o, &status);
	(void)step_fixed(ctx, c->set_final, 4, &o, &status);
	text = rule_join(ctx, o.tok, o.ntok, -1);
	rule_trace_text(true, o.tok, o.ntok, text);
	out->user = fold_user(ctx, m, text);
	out->ex = status;
	resolve_trace_built(c, out);
	check_user(ctx, c, out);
	return 0;
}

/* What ruleset 0 said becomes `out`. */
static int
triple_resolve(struct rule_ctx *ctx, const struct conf *c, const struct rule_out *t, struct resolved *out)
{
	const struct mailer	*m;

	out->mailer = c->m_error;
	if (!t->is_triple)
		return broken(ctx, out, "no mailer in parsed address", STR_NONE);
	if (!t->has_user || t->mailer.n == 0)
		return broken(ctx, out, "no user", STR_NONE);
	out->host = t->has_host ? rule_join(ctx, t->host_tok, t->nhost, -1) : STR("");
	if (t->has_host)
		rule_trace_text(true, t->host_tok, (size_t)(t->tok + t->ntok - t->host_tok), out->host);
	if (str_caseeq_c(t->mailer, "error")) {
		out->kind = RES_ERROR;
		out->user = rule_join(ctx, t->user_tok, t->nuser, ' ');
		resolve_error_text(ctx, out->host, out->user, out);
		return 0;
	}
	m = conf_mailer_find(c, t->mailer);
	if (m == NULL || m->kind == MAILER_DISCARD || m->kind == MAILER_ERROR)
		return broken(ctx, out, "unknown mailer ", t->mailer);
	if (!t->has_host && !mailer_has(m, 'l'))
		return broken(ctx, out, "no host", STR_NONE);
	out->kind = RES_MAILER;
	out->mailer = m->index;
	if (!mailer_has(m, 'h'))
		out->host = arena_lower(rule_scratch(ctx), out->host);
	rule_macro_set(ctx, STR("h"), t->has_host ? t->host : STR_NONE);
	return triple_user(ctx, c, t, m, out);
}

/* Ruleset queuegroup may choose a group for the user part: $# name. */
static void
resolve_group(struct rule_ctx *ctx, const struct conf *c, struct resolved *out)
{
	int		set = rules_find(c->rules, STR("queuegroup"));
	struct rule_out	o;

	if (out->kind == RES_MAILER)
		resolve_trace_group(out->user);
	if (out->kind != RES_MAILER || out->user.n == 0 || !rules_has_rules(c->rules, set))
		return;
	if (rule_run(ctx, set, out->user, &o) == 0 && o.is_triple && conf_group_find(c, o.mailer) != NULL)
		out->queue_group = o.mailer;
}

int
resolve_addr(struct rule_ctx *ctx, const struct conf *c, struct str addr, unsigned flags, struct resolved *out)
{
	struct rule_out	o;
	int		status = EXIT_OK;

	memset(out, 0, sizeof *out);
	out->host = out->user = out->parsed_user = out->dsn = out->text = out->queue_group = STR("");
	out->addr = arena_str(rule_scratch(ctx), str_trim(addr));
	resolve_trace_begin(out->addr);
	if (resolve_refuse(ctx, c, addr, out) == -1) {
		resolve_trace_failed("bad address");
		return -1;
	}
	resolve_addr_type(ctx, flags);
	if (rule_run(ctx, -1, addr, &o) == -1 || o.ntok == 0) {
		out->mailer = c->m_error;
		out->no_address = true;
		resolve_trace_failed("NULL");
		if (rule_error(ctx)->class != ERR_NONE)
			return refuse(out, 553, "5.1.3", EXIT_USAGE, arena_fmt(rule_scratch(ctx), "%s", rule_error(ctx)->text));
		return refuse(out, 553, "5.0.0", EXIT_DATAERR, STR("address required"));
	}
	if (rule_error(ctx)->class != ERR_NONE)			/* mended: sendmail says so and goes on */
		out->text = arena_fmt(rule_scratch(ctx), "%s", rule_error(ctx)->text);
	if (!(flags & RESOLVE_CANON))
		(void)step_fixed(ctx, c->set_canonify, 3, &o, &status);
	(void)step_fixed(ctx, c->set_parse, 0, &o, &status);
	if (status != EXIT_OK && status != EXIT_TEMPFAIL)
		out->ex = status;
	else if (status == EXIT_TEMPFAIL)
		out->ex = EXIT_TEMPFAIL;
	out->transient = status == EXIT_TEMPFAIL;
	resolve_trace_build(o.tok, o.ntok, flags);
	status = triple_resolve(ctx, c, &o, out);
	if (out->kind == RES_MAILER)
		resolve_trace_alloc(out->addr, flags);
	if (!(flags & (RESOLVE_SENDER | RESOLVE_HEADER)))
		resolve_group(ctx, c, out);
	if (out->kind == RES_MAILER)
		resolve_trace_done(c, out);
	else if (out->smtp == 501 && str_eq_c(out->dsn, "5.1.7"))
		resolve_trace_failed("bad q_user");
	return status;
}

int
resolve_local(struct rule_ctx *ctx, const struct conf *c, const struct resolved *r, struct resolved *out)
{
	struct rule_out	o;
	int		status = EXIT_OK;

	memset(out, 0, sizeof *out);
	out->host = out->user = out->parsed_user = out->dsn = out->text = out->queue_group = STR("");
	if (c->set_local < 0 || r->no_local || r->kind != RES_MAILER || !mailer_has(&c->mailers[r->mailer], '5'))
		return 0;
	rule_macro_set(ctx, STR("h"), r->host);
	rule_macro_set(ctx, STR("u"), r->user);
	if (rule_run(ctx, -1, r->user, &o) == -1)
		return -1;
	(void)step(ctx, c->set_local, &o, &status);
	if (status == EXIT_TEMPFAIL) {
		out->ex = EXIT_TEMPFAIL;
		out->transient = true;
	}
	if (!o.is_triple)
		return out->transient ? -1 : 0;
	out->addr = r->addr;
	return triple_resolve(ctx, c, &o, out) == -1 || out->transient ? -1 : 1;
}

/* ---- rewriting ---- */

static bool
has_at(const struct rule_out *o)
{
	for (size_t i = 0; i < o->ntok; i++)
		if (o->tok[i].n == 1 && o->tok[i].p[0] == '@')
			return true;
	return false;
}

/* Mailer flag C: an address without @ gets the sender's domain ("@host"), then ruleset 3 once more. */
static void
add_domain(struct rule_ctx *ctx, const struct conf *c, struct str domain, struct rule_out *o, int *status)
{
	struct rule_out	 d;
	struct rule_tok	*tok;

	if (domain.n == 0 || has_at(o) || rule_run(ctx, -1, domain, &d) == -1 || o->ntok + d.ntok > RULE_MAXATOM)
		return;
	tok = arena_array(rule_scratch(ctx), o->ntok + d.ntok + 1, sizeof *tok);
	memcpy(tok, o->tok, o->ntok * sizeof *tok);
	memcpy(tok + o->ntok, d.tok, d.ntok * sizeof *tok);
	o->tok = tok;
	o->ntok += d.ntok;
	(void)step_fixed(ctx, c->set_canonify, 3, o, status);
}

static struct str resolve_fill(struct rule_ctx *ctx, struct str template, struct str addr);

int
resolve_rewrite_domain(struct rule_ctx *ctx, const struct conf *c, struct str addr, int mailer, unsigned flags, struct str domain,
    struct str *out, int *ex)
{
	const struct mailer	*m = &c->mailers[mailer];
	struct rule_out		 o;
	struct buf		 b;
	struct str		 text;
	int			 status = EXIT_OK, set;

	*ex = EXIT_OK;
	*out = arena_str(rule_scratch(ctx), addr);
	resolve_trace_rewrite(addr, false, 0);
	buf_init(&b, 1 << 20);
	if (trace_on(33, 1) && !mailer_has(m, 'c')) {
		addr_crack(addr, c->opt.must_quote_chars, c->opt.colon_ok_in_addr, &b);
		resolve_trace_crack(addr, buf_str(&b));
	}
	buf_done(&b);
	resolve_addr_type(ctx, flags);
	if (rule_run(ctx, -1, addr, &o) == -1) {
		*ex = EXIT_DATAERR;
		return 0;
	}
	if (o.ntok == 0)
		return 0;
	(void)step_fixed(ctx, c->set_canonify, 3, &o, &status);
	if (flags & RESOLVE_ADDDOM)
		add_domain(ctx, c, domain, &o, &status);
	if (flags & RESOLVE_SENDER) {
		(void)step_fixed(ctx, c->set_sender, 1, &o, &status);
		set = flags & RESOLVE_HEADER ? m->sh_rules : m->se_rules;
	} else {
		(void)step_fixed(ctx, c->set_rcpt, 2, &o, &status);
		set = flags & RESOLVE_HEADER ? m->rh_rules : m->re_rules;
	}
	if (!(flags & RESOLVE_NOMAILER))
		(void)step(ctx, set, &o, &status);
	if (!(flags & RESOLVE_NOFINAL))
		(void)step_fixed(ctx, c->set_final, 4, &o, &status);
	*ex = status;
	if (status != EXIT_OK && status != EXIT_TEMPFAIL)
		return 0;
	text = rule_join(ctx, o.tok, o.ntok, -1);
	rule_trace_text(false, o.tok, o.ntok, text);
	if (mailer_has(m, 'c')) {
		*out = text;
		resolve_trace_rewrite(text, true, status);
		return 0;
	}
	buf_init(&b, 1 << 20);
	addr_crack(addr, c->opt.must_quote_chars, c->opt.colon_ok_in_addr, &b);
	*out = resolve_fill(ctx, buf_str(&b), text);
	resolve_trace_rewrite(*out, true, status);
	buf_done(&b);
	return 0;
}

int
resolve_rewrite(struct rule_ctx *ctx, const struct conf *c, struct str addr, int mailer, unsigned flags, struct str *out, int *ex)
{
	return resolve_rewrite_domain(ctx, c, addr, mailer, flags, STR_NONE, out, ex);
}

/* $g in a cracked template. */
static struct str
resolve_fill(struct rule_ctx *ctx, struct str template, struct str addr)
{
	struct arena	*a = rule_scratch(ctx);
	size_t		 at = 0;
	char		*p = arena_bytes(a, template.n + addr.n * 2 + 1);

	for (size_t i = 0; i < template.n; i++) {
		if (template.p[i] != '$' || i + 1 == template.n) {
			p[at++] = template.p[i];
			continue;
		}
		i++;
		if (template.p[i] == 'g') {
			memcpy(p + at, addr.p, addr.n);
			at += addr.n;
		} else
			p[at++] = template.p[i];
	}
	return str_mem(p, at);
}

struct str
resolve_strip(struct rule_ctx *ctx, struct str s)
{
	struct rule_out	o;
	size_t		from = 0, to;

	if (rule_run_flags(ctx, -1, s, RULE_QUIET, &o) == -1)
		return arena_str(rule_scratch(ctx), str_trim(s));
	to = o.ntok;
	for (size_t i = 0; i < o.ntok; i++)
		if (o.tok[i].n == 1 && o.tok[i].p[0] == '<') {
			from = i + 1;
			to = o.ntok;
		} else if (o.tok[i].n == 1 && o.tok[i].p[0] == '>' && to == o.ntok)
			to = i;
	return rule_join(ctx, o.tok + from, to - from, -1);
}
