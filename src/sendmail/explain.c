/*
 * explain - ask the rules as an SMTP session would, and make rows of what they did.
 */
#include <string.h>

#include "base/status.h"
#include "base/err.h"
#include "rule/explain.h"
#include "explain.h"
#include "resolve.h"

/* ---- the question ---- */

static int
explain_client(struct str s, struct explain_ask *ask, struct err *e)
{
	size_t	open = str_chr(s, '[');

	if (open == SIZE_MAX) {			/* an address alone, or a name alone */
		ask->client_name = STR("");
		ask->client_addr = s;
	} else {
		if (s.p[s.n - 1] != ']')
			return err_set(e, ERR_PERM, "client=%.*s: wanted client=name[address]", STR_ARG(s));
		ask->client_name = str_first(s, open);
		ask->client_addr = str_sub(s, open + 1, s.n - 1);
	}
	if (str_casestarts(ask->client_addr, STR("IPv6:")))
		ask->client_addr = str_from(ask->client_addr, 5);
	if (ask->client_addr.n == 0 || ask->client_addr.n > 64 || ask->client_name.n > 255)
		return err_set(e, ERR_PERM, "client=%.*s: wanted client=name[address]", STR_ARG(s));
	for (size_t i = 0; i < ask->client_addr.n; i++)
		if (strchr("0123456789abcdefABCDEF.:", ask->client_addr.p[i]) == NULL)
			return err_set(e, ERR_PERM, "client=%.*s: %.*s is no address", STR_ARG(s), STR_ARG(ask->client_addr));
	return 0;
}

int
explain_word(struct str w, struct explain_ask *ask, struct err *e)
{
	if (str_eq_c(w, "-v")) {
		ask->verbose = true;
		return 0;
	}
	if (str_starts(w, STR("client=")))
		return explain_client(str_from(w, 7), ask, e);
	if (str_starts(w, STR("svg="))) {
		ask->svg = str_from(w, 4);
		return 0;
	}
	if (str_starts(w, STR("from="))) {
		ask->from = str_from(w, 5);
		return 0;
	}
	if (str_starts(w, STR("auth="))) {
		ask->auth = str_from(w, 5);
		return 0;
	}
	if (str_starts(w, STR("to=")))
		w = str_from(w, 3);
	if (ask->nto == EXPLAIN_RCPTS)
		return err_set(e, ERR_PERM, "more than %d recipients", EXPLAIN_RCPTS);
	ask->to[ask->nto++] = w;
	return 0;
}

/* A word; quotes and angles keep blanks together. */
static bool
explain_next(struct str *line, struct str *word)
{
	struct str	s = str_ltrim(*line);
	bool		quoted = false, angle = false;
	size_t		n = 0;

	for (; n < s.n && (quoted || angle || !chr_is_space(s.p[n])); n++) {
		if (s.p[n] == '\\' && n + 1 < s.n)
			n++;
		else if (s.p[n] == '"')
			quoted = !quoted;
		else if (!quoted && s.p[n] == '<')
			angle = true;
		else if (!quoted && s.p[n] == '>')
			angle = false;
	}
	if (n > s.n)
		n = s.n;
	*word = str_first(s, n);
	*line = str_from(s, n);
	return n > 0;
}

int
explain_parse(struct str line, struct explain_ask *ask, struct err *e)
{
	struct str	w;

	memset(ask, 0, sizeof *ask);
	ask->client_name = ask->client_addr = ask->auth = ask->from = ask->svg = STR_NONE;
	while (explain_next(&line, &w)) {
		if (str_eq_c(w, "--svg")) {
			if (!explain_next(&line, &ask->svg))
				return err_set(e, ERR_PERM, "--svg: which file?");
		} else if (explain_word(w, ask, e) == -1)
			return -1;
	}
	if (ask->nto == 0 && str_is_none(ask->from) && str_is_none(ask->client_addr))
		return err_set(e, ERR_PERM, "Usage: /explain [-v] [--svg file] [client=name[addr]] [auth=name] [from=address] [to=]address ...");
	return 0;
}

/* ---- the answer ---- */

void
explain_rows_add(struct explain_rows *r, enum explain_row_kind kind, struct str label, struct str text)
{
	if (r->n == r->size) {
		struct explain_row	*v = ARENA_ARRAY(r->arena, struct explain_row, r->size * 2 + 32);

		if (r->n > 0)
			memcpy(v, r->v, r->n * sizeof *v);
		r->v = v;
		r->size = r->size * 2 + 32;
	}
	r->v[r->n++] = (struct explain_row){ kind, arena_str(r->arena, label), arena_str(r->arena, text) };
}

struct asking {
	const struct conf	*conf;
	struct rule_ctx		*ctx;
	struct explain		*steps;
	struct explain_rows	*rows;
	struct explain_origin	*origin;
	struct arena		*a;
	struct buf		 misses;	/* keys that wait to be told */
	bool			 verbose;
};

static struct str
asking_origin(struct asking *q, struct str origin, struct str file, unsigned line)
{
	struct buf	b;
	struct str	s;

	buf_init(&b, 4096);
	explain_origin_add(q->origin, origin, file, line, &b);
	s = arena_str(q->a, buf_str(&b));
	buf_done(&b);
	return s;
}

static struct str
asking_set(struct asking *q, int set)
{
	struct str	name = rules_name(q->conf->rules, set);

	return name.n > 0 ? name : arena_fmt(q->a, "ruleset %d", rules_number(q->conf->rules, set));
}

/* "parse, rule 7 (m4/route.m4:314)" */
static struct str
asking_rule(struct asking *q, const struct explain_step *s)
{
	struct rule_text	t = { .line = 0 };
	struct str		set = asking_set(q, s->set), where;

	(void)rules_rule(q->conf->rules, s->set, s->rule, q->a, &t);
	where = asking_origin(q, t.origin, t.file, t.line);
	return arena_fmt(q->a, "%.*s, rule %u: %.*s", STR_ARG(set), s->rule + 1, STR_ARG(where));
}

static struct str
asking_rule_text(struct asking *q, const struct explain_step *s)
{
	struct rule_text	t = { .line = 0 };
	struct str		l, r;

	if (rules_rule(q->conf->rules, s->set, s->rule, q->a, &t) == -1)
		return STR("");
	l = str_rtrim(t.lhs);
	r = str_rtrim(t.rhs);
	return arena_fmt(q->a, "R%.*s    %.*s", STR_ARG(l), STR_ARG(r));
}

/* Maps that only compute say nothing about the site. */
static bool
asking_is_table(const struct conf *c, int map)
{
	static const char *const inner[] = { "macro", "arith", "dequote", "null", "syslog", "regex", "arpa" };

	if (map < 0 || (size_t)map >= c->nmaps)
		return false;
	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
		if (str_caseeq_c(c->maps[map].class, inner[i]))
			return false;
	return true;
}

static void
asking_map(struct asking *q, int map)
{
	const struct conf_map	*m = &q->conf->maps[map];
	struct str		 where = asking_origin(q, m->place.origin, m->place.file, m->place.line);

	if (str_caseeq_c(m->class, "host"))
		explain_rows_add(q->rows, ROW_MAP, m->name, STR("host names: DNS and the hosts file"));
	else
		explain_rows_add(q->rows, ROW_MAP, m->name, arena_fmt(q->a, "%.*s %.*s, written by %.*s", STR_ARG(m->class),
		    STR_ARG(m->args), STR_ARG(where)));
}

#define MISSES_WIDTH	92u

/* Keys that are not there, several to a row. */
static void
asking_misses(struct asking *q)
{
	if (q->misses.n > 0)
		explain_rows_add(q->rows, ROW_MISS, STR("not there:"), buf_str(&q->misses));
	buf_clear(&q->misses);
}

static void
asking_key(struct asking *q, const struct explain_step *s)
{
	struct str	set = asking_set(q, s->set);

	if (s->rc == MAP_NOTFOUND) {
		if (q->misses.n > 0 && q->misses.n + s->key.n > MISSES_WIDTH)
			asking_misses(q);
		if (q->misses.n > 0)
			buf_addc(&q->misses, ", ");
		buf_add(&q->misses, s->key.n > 0 ? s->key : STR("(nothing)"));
		return;
	}
	asking_misses(q);
	if (s->rc == MAP_FOUND)
		explain_rows_add(q->rows, ROW_HIT, s->key, arena_fmt(q->a, "= %.*s    (%.*s, rule %u)", STR_ARG(s->value),
		    STR_ARG(set), s->rule + 1));
	else
		explain_rows_add(q->rows, ROW_TEMP, s->key, STR("cannot be asked now"));
}

/* Was this key of this map told of already? */
static bool
asking_told(const struct asking *q, size_t at)
{
	const struct explain_step	*s = explain_at(q->steps, at);

	for (size_t i = 0; i < at; i++) {
		const struct explain_step	*t = explain_at(q->steps, i);

		if (t->kind == EXPLAIN_LOOKUP && t->map == s->map && t->rc == s->rc && str_eq(t->key, s->key) && str_eq(t->value, s->value))
			return true;
	}
	return false;
}

/* How canonify, or whatever reads addresses first, wrote it. */
static void
asking_read(struct asking *q)
{
	for (size_t i = 0; i < explain_count(q->steps); i++) {
		const struct explain_step	*s = explain_at(q->steps, i);

		if (s->kind != EXPLAIN_RETURN || s->set != q->conf->set_canonify)
			continue;
		explain_rows_add(q->rows, ROW_READ, STR("is read as"), s->after);
		return;
	}
}

/* Lookups, map by map as they come; with -v each rule that applied between them. */
static void
asking_steps(struct asking *q)
{
	int	map = -1;

	for (size_t i = 0; i < explain_count(q->steps); i++) {
		const struct explain_step	*s = explain_at(q->steps, i);

		if (q->verbose && s->kind == EXPLAIN_RULE) {
			asking_misses(q);
			explain_rows_add(q->rows, ROW_STEP, asking_rule(q, s), arena_fmt(q->a, "%.*s  ->  %.*s", STR_ARG(s->before),
			    STR_ARG(s->after)));
			map = -1;
		}
		if (s->kind != EXPLAIN_LOOKUP || !asking_is_table(q->conf, s->map) || (!q->verbose && asking_told(q, i)))
			continue;
		if (s->map != map) {
			asking_misses(q);
			asking_map(q, s->map);
		}
		map = s->map;
		asking_key(q, s);
	}
	asking_misses(q);
	if (explain_is_cut(q->steps))
		explain_rows_add(q->rows, ROW_NOTE, STR(""), STR("(more steps than are kept)"));
}

static void
asking_decider(struct asking *q)
{
	const struct explain_step	*s = explain_decider(q->steps);

	if (s == NULL)
		return;
	explain_rows_add(q->rows, ROW_RULE, STR("decided by"), asking_rule(q, s));
	explain_rows_add(q->rows, ROW_NOTE, STR(""), asking_rule_text(q, s));
}

static struct str
asking_reply(struct asking *q, int smtp, struct str dsn, struct str text)
{
	return arena_fmt(q->a, "%d%s%.*s %.*s", smtp, dsn.n > 0 ? " " : "", STR_ARG(dsn), STR_ARG(text));
}

static int
asking_check(struct asking *q, const char *set, struct str arg, struct str arg2)
{
	int			 index = rules_find(q->conf->rules, str_c(set));
	struct check_verdict	 v;

	if (!rules_has_rules(q->conf->rules, index))
		return EXIT_OK;
	explain_clear(q->steps);
	(void)resolve_check_set(q->ctx, q->conf, index, arg, arg2, 0, &v);
	explain_rows_add(q->rows, ROW_TITLE, str_c(set), str_is_none(arg2) ? arg :
	    arena_fmt(q->a, "%.*s, %.*s", STR_ARG(arg), STR_ARG(arg2)));
	asking_read(q);
	asking_steps(q);
	asking_decider(q);
	switch (v.kind) {
	case CHECK_OK:
		explain_rows_add(q->rows, ROW_GOOD, STR("accepted"), STR(""));
		return EXIT_OK;
	case CHECK_DISCARD:
		explain_rows_add(q->rows, ROW_BAD, STR("taken and thrown away"), v.text);
		return EXIT_OK;
	case CHECK_QUARANTINE:
		explain_rows_add(q->rows, ROW_BAD, STR("put into quarantine"), v.text);
		return EXIT_OK;
	default:
		explain_rows_add(q->rows, ROW_BAD, v.kind == CHECK_TEMPFAIL ? STR("put off") : STR("refused"), v.reply);
		return v.ex != EXIT_OK ? v.ex : EXIT_UNAVAILABLE;
	}
}

static int
asking_route(struct asking *q, struct str addr)
{
	const struct mailer	*m;
	struct resolved		 r;
	struct str		 where;

	explain_clear(q->steps);
	(void)resolve_addr(q->ctx, q->conf, addr, 0, &r);
	explain_rows_add(q->rows, ROW_TITLE, STR("route"), addr);
	asking_read(q);
	asking_steps(q);
	asking_decider(q);
	if (r.kind == RES_ERROR) {
		explain_rows_add(q->rows, ROW_BAD, r.smtp >= 400 && r.smtp < 500 ? STR("put off") : STR("refused"),
		    asking_reply(q, r.smtp, r.dsn, r.text));
		return r.ex != EXIT_OK ? r.ex : EXIT_UNAVAILABLE;
	}
	if (r.kind == RES_DISCARD) {
		explain_rows_add(q->rows, ROW_BAD, STR("thrown away"), STR("mailer discard"));
		return EXIT_OK;
	}
	m = &q->conf->mailers[r.mailer];
	where = asking_origin(q, m->place.origin, m->place.file, m->place.line);
	explain_rows_add(q->rows, ROW_GOOD, STR("goes to"), arena_fmt(q->a, "mailer %.*s%s%.*s, user %.*s", STR_ARG(m->name),
	    r.host.n > 0 ? ", host " : "", STR_ARG(r.host), STR_ARG(r.user)));
	explain_rows_add(q->rows, ROW_NOTE, STR(""), arena_fmt(q->a, "mailer %.*s is written by %.*s", STR_ARG(m->name), STR_ARG(where)));
	if (mailer_has(m, 'A'))
		explain_rows_add(q->rows, ROW_NOTE, STR(""), STR("aliases and .forward come next: sendmail -bv"));
	if (r.ex == EXIT_TEMPFAIL)
		explain_rows_add(q->rows, ROW_BAD, STR("put off"), STR("a map cannot be asked now: the message waits"));
	return r.ex;
}

static struct str
asking_path(struct asking *q, struct str s)
{
	if (s.n > 0 && (s.p[0] == '<' || s.p[s.n - 1] == '>'))
		return s;
	return arena_fmt(q->a, "<%.*s>", STR_ARG(s));
}

static void
asking_macros(struct asking *q, const struct explain_ask *ask)
{
	struct str	addr = str_is_none(ask->client_addr) ? STR("192.0.2.1") : ask->client_addr;
	struct str	name = ask->client_name.n > 0 ? ask->client_name : arena_fmt(q->a, "[%.*s]", STR_ARG(addr));

	rule_macro_set_c(q->ctx, "daemon_flags", "");
	rule_macro_set_c(q->ctx, "daemon_name", "MTA");
	rule_macro_set_c(q->ctx, "opMode", "d");
	rule_macro_set(q->ctx, STR("client_addr"), str_chr(addr, ':') == SIZE_MAX ? addr : arena_fmt(q->a, "IPv6:%.*s", STR_ARG(addr)));
	rule_macro_set(q->ctx, STR("client_name"), name);
	rule_macro_set(q->ctx, STR("client_ptr"), name);
	rule_macro_set_c(q->ctx, "client_resolve", ask->client_name.n > 0 ? "OK" : "FAIL");
	rule_macro_set(q->ctx, STR("_"), name);
	rule_macro_set(q->ctx, STR("s"), name);
	if (!str_is_none(ask->auth)) {
		rule_macro_set(q->ctx, STR("auth_authen"), ask->auth);
		rule_macro_set_c(q->ctx, "auth_type", "PLAIN");
	}
	if (!str_is_none(ask->from))
		rule_macro_set(q->ctx, STR("f"), ask->from.n > 0 ? ask->from : STR("<>"));
}

/* What an SMTP client is told, command by command. */
static int
asking_session(struct asking *q, const struct explain_ask *ask)
{
	struct str	addr, name;
	int		code = EXIT_OK;

	asking_macros(q, ask);
	addr = rule_macro_value(q->ctx, STR("client_addr"));
	name = rule_macro_value(q->ctx, STR("client_name"));
	if (str_is_none(ask->client_addr))
		explain_rows_add(q->rows, ROW_TITLE, STR("client"), STR("not given: a stranger, [192.0.2.1]"));
	else
		code = asking_check(q, "check_relay", name, addr);
	if (code == EXIT_OK && !str_is_none(ask->from))
		code = asking_check(q, "check_mail", asking_path(q, ask->from), STR_NONE);
	return code;
}

int
explain_run(const struct conf *conf, struct rule_ctx *parent, rule_lookup_fn *lookup, void *arg, const struct explain_ask *ask,
    struct arena *a, struct explain_rows *rows)
{
	struct asking	q = { .conf = conf, .rows = rows, .a = a, .verbose = ask->verbose };
	bool		session = !str_is_none(ask->client_addr) || !str_is_none(ask->from) || !str_is_none(ask->auth);
	int		code = EXIT_OK;

	*rows = (struct explain_rows){ .arena = a };
	buf_init(&q.misses, 65536);
	q.ctx = rule_ctx_new(conf->rules, parent, lookup, arg);
	q.steps = explain_new();
	q.origin = explain_origin_new(a, conf);
	rule_explain(q.ctx, q.steps);
	if (session)
		code = asking_session(&q, ask);
	for (size_t i = 0; i < ask->nto && code == EXIT_OK; i++) {
		if (session)
			code = asking_check(&q, "check_rcpt", asking_path(&q, ask->to[i]), STR_NONE);
		if (code == EXIT_OK)
			code = asking_route(&q, ask->to[i]);
	}
	rule_ctx_free(&q.ctx);
	explain_free(&q.steps);
	buf_done(&q.misses);
	return code;
}
