/*
 * check_equal - sendmail -bC --equal other.cf: two configurations, and the same addresses through both.
 *
 * What the files themselves say differently (options, mailers, daemons: check_differ.c) comes first.  Then each line of standard input is a question to
 * every ruleset that may see such an address: routing, the sender and recipient rules of each mailer, the check_ rulesets, those about TLS and AUTH for its
 * domain.  Where the answers differ both are printed, and the first rules that did something else.
 */
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "check.h"
#include "classmap.h"
#include "net/ip.h"
#include "os/file.h"
#include "resolve.h"
#include "rule/explain.h"
#include "srv_int.h"

#define EQUAL_LINE	4096
#define EQUAL_DIFFER	1
#define STRANGER	"someone@outside.example"

struct side {
	const struct conf	*conf;
	struct maps		*maps;
	struct rule_ctx		*ctx;
	struct explain		*record;
	const char		*path;
	struct buf		 said;
};

static void
side_open(struct side *s, struct arena *a, struct err_list *errs)
{
	struct park	p;

	s->maps = maps_local(a, s->conf, errs);
	s->ctx = rule_ctx_new(s->conf->rules, NULL, maps_lookup, s->maps);
	buf_init(&s->said, 1 << 16);
	s->record = explain_new();
	memset(&p, 0, sizeof p);
	(void)ip_parse(STR("203.0.113.7"), &p.client);
	(void)ip_parse(STR("192.0.2.25"), &p.local);
	p.verdict.resolve = RESOLVE_OK;
	p.verdict.name = p.verdict.ptr = STR("mail.outside.example");
	srv_macros(s->ctx, s->conf, s->conf->ndaemons > 0 ? &s->conf->daemons[0] : NULL, &p);
}

static void
side_close(struct side *s)
{
	buf_done(&s->said);
	explain_free(&s->record);
	rule_ctx_free(&s->ctx);
	maps_close(s->maps);
}

/* ---- questions ---- */

enum equal_arg { ARG_ADDR, ARG_DOMAIN, ARG_CLIENT, ARG_PAIR, ARG_VERIFY };

struct equal_ask {
	const char	*what;
	unsigned	 flags;		/* of resolve_addr, resolve_rewrite */
	const char	*set;		/* a ruleset by name; NULL: resolve_addr */
	enum equal_arg	 arg;
	bool		 rewrite;	/* for each mailer */
};

static const struct equal_ask equal_asks[] = {
	{ "recipient", RESOLVE_RCPT, NULL, ARG_ADDR, false },
	{ "sender", RESOLVE_SENDER, NULL, ARG_ADDR, false },
	{ "check_mail", 0, "check_mail", ARG_ADDR, false },
	{ "check_rcpt", 0, "check_rcpt", ARG_ADDR, false },
	{ "check_relay", 0, "check_relay", ARG_CLIENT, false },
	{ "check_compat", 0, "check_compat", ARG_PAIR, false },
	{ "check_vrfy", 0, "check_vrfy", ARG_ADDR, false },
	{ "check_expn", 0, "check_expn", ARG_ADDR, false },
	{ "check_etrn", 0, "check_etrn", ARG_DOMAIN, false },
	{ "srv_features", 0, "srv_features", ARG_DOMAIN, false },
	{ "clt_features", 0, "clt_features", ARG_DOMAIN, false },
	{ "try_tls", 0, "try_tls", ARG_DOMAIN, false },
	{ "tls_server", 0, "tls_server", ARG_VERIFY, false },
	{ "tls_client", 0, "tls_client", ARG_VERIFY, false },
	{ "tls_rcpt", 0, "tls_rcpt", ARG_ADDR, false },
	{ "authinfo", 0, "authinfo", ARG_DOMAIN, false },
	{ "greet_pause", 0, "greet_pause", ARG_CLIENT, false },
	{ "queuegroup", 0, "queuegroup", ARG_ADDR, false },
	{ "envelope sender", RESOLVE_SENDER, NULL, ARG_ADDR, true },
	{ "header sender", RESOLVE_SENDER | RESOLVE_HEADER, NULL, ARG_ADDR, true },
	{ "envelope recipient", RESOLVE_RCPT, NULL, ARG_ADDR, true },
	{ "header recipient", RESOLVE_RCPT | RESOLVE_HEADER, NULL, ARG_ADDR, true },
};

static struct str
equal_domain(struct str addr)
{
	size_t	at = str_rchr(addr, '@');

	return str_trim(at == SIZE_MAX ? addr : str_from(addr, at + 1));
}

static void
say_resolved(struct side *s, struct str addr, unsigned flags)
{
	struct resolved	r;

	if (resolve_addr(s->ctx, s->conf, addr, flags, &r) == -1 || r.kind == RES_ERROR) {
		if (r.dsn.n > 0)
			buf_addf(&s->said, "error %d %.*s %.*s", r.smtp, STR_ARG(r.dsn), STR_ARG(r.text));
		else
			buf_addf(&s->said, "error %.*s", STR_ARG(r.text));
	} else if (r.kind == RES_DISCARD)
		buf_addf(&s->said, "discard");
	else
		buf_addf(&s->said, "mailer %.*s, host %.*s, user %.*s", STR_ARG(s->conf->mailers[r.mailer].name), STR_ARG(r.host), STR_ARG(r.user));
}

static int
side_mailer(const struct side *s, struct str name)
{
	for (size_t i = 0; i < s->conf->nmailers; i++)
		if (str_caseeq(s->conf->mailers[i].name, name))
			return (int)i;
	return -1;
}

static void
say_rewritten(struct side *s, struct str addr, unsigned flags, struct str mailer)
{
	struct str	out;
	int		ex = EXIT_OK, m = side_mailer(s, mailer);

	if (m < 0)
		return;
	resolve_rewrite(s->ctx, s->conf, addr, m, flags, &out, &ex);
	buf_addf(&s->said, "%.*s%s", STR_ARG(out), ex == EXIT_TEMPFAIL ? " (a map cannot answer)" : ex != EXIT_OK ? " (no address)" : "");
}

/* What the ruleset gives back: a verdict, or the workspace of those that are asked for values. */
static void
say_verdict(struct side *s, const char *set, enum equal_arg how, struct str addr, struct arena *a)
{
	struct check_verdict	v;
	struct str		domain = equal_domain(addr), arg = domain, arg2 = STR_NONE;

	rule_macro_set(s->ctx, STR("server_name"), domain);
	rule_macro_set_c(s->ctx, "server_addr", "203.0.113.25");
	rule_macro_set_c(s->ctx, "verify", "NONE");
	if (how == ARG_ADDR)
		arg = strncmp(set, "check_", 6) == 0 && !(addr.n > 0 && addr.p[0] == '<') ? arena_fmt(a, "<%.*s>", STR_ARG(addr)) : addr;
	else if (how == ARG_CLIENT)
		arg2 = STR("203.0.113.7");
	else if (how == ARG_PAIR) {
		arg = STR(STRANGER);
		arg2 = addr;
	} else if (how == ARG_VERIFY)
		arg = STR("NONE");
	memset(&v, 0, sizeof v);
	(void)resolve_check(s->ctx, s->conf, str_c(set), arg, arg2, 0, &v);
	if (v.kind == CHECK_OK && v.out.tok != NULL && strncmp(set, "check_", 6) != 0)
		rule_print(v.out.tok, v.out.ntok, &s->said);
	else
		buf_addf(&s->said, "%s%.*s", v.kind == CHECK_OK ? "ok" : v.kind == CHECK_DISCARD ? "discard" : v.kind == CHECK_QUARANTINE ? "quarantine" : "",
		    STR_ARG(v.reply));
}

static void
side_ask(struct side *s, const struct equal_ask *q, struct str addr, struct str mailer)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);

	rule_reset(s->ctx);
	buf_clear(&s->said);
	if (q->rewrite)
		say_rewritten(s, addr, q->flags, mailer);
	else if (q->set == NULL)
		say_resolved(s, addr, q->flags);
	else
		say_verdict(s, q->set, q->arg, addr, a);
	arena_free(&a);
}

/* ---- where they part ---- */

/* The n-th rule that did something; NULL: there were not so many. */
static const struct explain_step *
part_rule(const struct explain *x, size_t n)
{
	for (size_t i = 0; i < explain_count(x); i++)
		if (explain_at(x, i)->kind == EXPLAIN_RULE && n-- == 0)
			return explain_at(x, i);
	return NULL;
}

static void
part_print(const struct side *s, const struct explain_step *step, struct arena *a)
{
	struct rule_text	t = { .line = 0 };
	struct buf		place;
	struct str		name;

	if (step == NULL) {
		printf("\t  %s: no rule more\n", s->path);
		return;
	}
	buf_init(&place, 4096);
	explain_place(s->conf->rules, step->set, step->rule, &place);
	(void)rules_rule(s->conf->rules, step->set, step->rule, a, &t);
	name = rules_name(s->conf->rules, step->set);
	if (name.n == 0)
		name = arena_fmt(a, "%d", rules_number(s->conf->rules, step->set));
	printf("\t  %s: rule %u of %.*s (%s): R%.*s  %.*s  makes  %.*s\n", s->path, step->rule + 1, STR_ARG(name),
	    buf_c(&place), STR_ARG(str_rtrim(t.lhs)), STR_ARG(str_rtrim(t.rhs)), STR_ARG(step->after));
	buf_done(&place);
}

static bool
part_differs(const struct explain_step *const step[2])
{
	return step[0] == NULL || step[1] == NULL || !str_eq(step[0]->after, step[1]->after) || !str_eq(step[0]->before, step[1]->before);
}

/* The first pair that differs; where that rule called a ruleset, the first pair in there. */
static bool
part_find(const struct side side[2], const struct explain_step *found[2])
{
	const struct explain_step	*step[2];
	bool				 any = false;

	for (size_t n = 0;; n++) {
		for (int k = 0; k < 2; k++)
			step[k] = part_rule(side[k].record, n);
		if (step[0] == NULL && step[1] == NULL)
			return any;
		if (any) {
			bool	in0 = step[0] != NULL && found[0] != NULL && step[0]->depth > found[0]->depth;
			bool	in1 = step[1] != NULL && found[1] != NULL && step[1]->depth > found[1]->depth;

			if (!in0 && !in1)
				return true;
			if (in0 != in1) {	/* one side alone did something in there */
				found[in0 ? 0 : 1] = step[in0 ? 0 : 1];
				return true;
			}
		}
		if (!part_differs(step))
			continue;
		any = true;
		found[0] = step[0];
		found[1] = step[1];
		if (found[0] == NULL || found[1] == NULL)
			return true;
	}
}

/* Again, with a record; the first rules that did not make the same of the same. */
static void
equal_part(struct side side[2], const struct equal_ask *q, struct str addr, struct str mailer)
{
	const struct explain_step	*step[2];
	struct arena			*a;

	for (int k = 0; k < 2; k++) {
		explain_clear(side[k].record);
		rule_explain(side[k].ctx, side[k].record);
		side_ask(&side[k], q, addr, mailer);
		rule_explain(side[k].ctx, NULL);
	}
	if (!part_find(side, step))
		return;		/* the same rules: options or maps make the difference */
	a = arena_new(ARENA_DEFAULT);
	printf("\tthey part at\n");
	for (int k = 0; k < 2; k++)
		part_print(&side[k], step[k], a);
	arena_free(&a);
}

static bool
equal_ask_one(struct side side[2], const struct equal_ask *q, struct str addr, struct str mailer)
{
	for (int k = 0; k < 2; k++)
		side_ask(&side[k], q, addr, mailer);
	if (str_eq(buf_str(&side[0].said), buf_str(&side[1].said)))
		return true;
	if (q->rewrite)
		printf("%.*s (%s for mailer %.*s)\n", STR_ARG(addr), q->what, STR_ARG(mailer));
	else
		printf("%.*s (%s)\n", STR_ARG(addr), q->what);
	for (int k = 0; k < 2; k++)
		printf("\t%s: %s\n", side[k].path, buf_c(&side[k].said));
	equal_part(side, q, addr, mailer);
	return false;
}

static bool
equal_one(struct side side[2], struct str addr)
{
	bool	same = true;

	for (size_t i = 0; i < sizeof equal_asks / sizeof *equal_asks; i++) {
		const struct equal_ask	*q = &equal_asks[i];

		if (!q->rewrite)
			same = equal_ask_one(side, q, addr, STR_NONE) && same;
		for (size_t m = 0; q->rewrite && m < side[0].conf->nmailers; m++) {
			const struct mailer	*ml = &side[0].conf->mailers[m];

			if (ml->kind != MAILER_ERROR && ml->kind != MAILER_DISCARD && ml->kind != MAILER_INCLUDE && side_mailer(&side[1], ml->name) >= 0)
				same = equal_ask_one(side, q, addr, ml->name) && same;
		}
	}
	return same;
}

static struct conf *
equal_load(struct cmd *cmd, const char *path)
{
	struct conf_direct	 direct = { .map = NULL };
	struct class_maps	*maps = class_maps_new(&direct);
	struct conf_loader	 loader = conf_loader_direct(&direct);
	struct err_list		 errs;
	struct conf		*c;
	struct buf		 line;

	(void)cmd;
	err_list_init(&errs);
	c = conf_load_file(path, &loader, &errs);
	class_maps_free(&maps);
	buf_init(&line, 0);
	for (size_t i = 0; i < errs.n; i++) {
		buf_clear(&line);
		err_list_print(&errs.v[i], &line);
		fprintf(stderr, "%s\n", buf_c(&line));
	}
	buf_done(&line);
	if (errs.nerrors > 0)
		conf_free(&c);
	err_list_done(&errs);
	return c;
}

int
check_equal(struct cmd *cmd, const char *other)
{
	struct side	 side[2] = { { .conf = cmd->conf, .path = arena_cstr(cmd->arena, cmd->conf->file) }, { .path = other } };
	struct conf	*second;
	char		 line[EQUAL_LINE];
	size_t		 n = 0, differ = 0, parts;

	for (size_t i = 0; i < cmd->errors.n; i++)
		if (!cmd->errors.v[i].warning)
			fprintf(stderr, "%s: line %u: %.*s\n", side[0].path, cmd->errors.v[i].place.line, STR_ARG(cmd->errors.v[i].text));
	if (cmd->errors.nerrors > 0 || (second = equal_load(cmd, other)) == NULL)
		return EXIT_CONFIG;
	side[1].conf = second;
	for (int i = 0; i < 2; i++)
		side_open(&side[i], cmd->arena, &cmd->errors);
	parts = check_differ(cmd->arena, side[0].path, other);
	while (fgets(line, sizeof line, stdin) != NULL) {
		struct str	addr = str_trim(str_c(line));

		if (addr.n == 0 || addr.p[0] == '#')
			continue;
		n++;
		if (!equal_one(side, addr))
			differ++;
	}
	if (parts > 0)
		printf("%zu options, mailers and daemons differ\n", parts);
	printf("%zu of %zu addresses are treated differently\n", differ, n);
	for (int i = 0; i < 2; i++)
		side_close(&side[i]);
	conf_free(&second);
	return differ > 0 || parts > 0 ? EQUAL_DIFFER : EXIT_OK;
}
