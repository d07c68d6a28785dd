/*
 * testmode_cmd - the slash commands of -bt, and the lists of rules and mailers.
 */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/out.h"
#include "base/status.h"
#include "base/trace.h"
#include "base/utf8.h"
#include "crack.h"
#include "explain.h"
#include "maps.h"
#include "net/dns.h"
#include "os/id.h"
#include "resolve.h"
#include "resolve_int.h"
#include "testmode_int.h"

int
test_name(struct str s, struct str *name, size_t *taken, struct err *e)
{
	size_t	end;

	if (s.n == 0)
		return err_set(e, ERR_PERM, "Name required for macro/class");
	*name = str_first(s, 1);
	*taken = 1;
	if (s.p[0] != '{')
		return 0;
	end = str_chr(s, '}');
	if (end == SIZE_MAX)
		return err_set(e, ERR_PERM, "Unbalanced { on %.*s", STR_ARG(str_from(s, 1)));
	*name = str_sub(s, 1, end);
	*taken = end + 1;
	for (size_t i = 0; i < name->n; i++)
		if (chr_is_space(name->p[i]) || (unsigned char)name->p[i] < 32)
			return err_set(e, ERR_PERM, "Invalid macro/class character %c", name->p[i]);
	return name->n == 0 ? err_set(e, ERR_PERM, "Name required for macro/class") : 0;
}

bool
test_bad_address(const struct test *t, struct str s, bool named)
{
	bool	bad = false;
	char	cut[256];

	for (size_t i = 0; i < s.n && i < 255 && !(t->conf->opt.smtp_utf8 && utf8_valid(s)); i++)
		bad = bad || ((unsigned char)s.p[i] & 0340) == 0200;
	if (!bad && s.n <= 255)
		return false;
	rule_shorten(str_first(s, 255), cut, sizeof cut);
	if (s.n > 255) {
		if (named)
			out_printf("%s... ", cut);
		out_printf("Address \"%.255s\" too long (255 bytes max)\n", s.p);
		return true;
	}
	if (named)
		out_printf("%s... ", cut);
	out_c("8-bit character in mailbox address \"");
	for (size_t i = 0; i < s.n; i++)
		out_ch((char)(((unsigned char)s.p[i] & 0340) == 0200 ? '?' : s.p[i]));
	out_c("\"\n");
	return true;
}

/* ---- =S =M ---- */

void
test_print_rules(struct test *t, struct str name)
{
	struct rule_text	text;
	size_t			n = 0;
	int			set;

	name = str_trim(name);
	while (n < name.n && (chr_is_alnum(name.p[n]) || name.p[n] == '_'))
		n++;
	if (n == 0) {
		out_printf("invalid ruleset name: \"%.*s\"\nUndefined ruleset %.*s\n", STR_ARG(name), STR_ARG(name));
		return;
	}
	if (chr_is_digit(name.p[0])) {
		int	number = 1000;

		(void)num_int(str_first(name, n), 0, 100000, &number);
		if (number >= 100)
			out_printf("bad ruleset %.*s (100 max)\n", STR_ARG(name));
	}
	set = rules_find(t->conf->rules, str_first(name, n));
	if (set < 0) {
		if (!chr_is_digit(name.p[0]) || n > 2)
			out_printf("Undefined ruleset %.*s\n", STR_ARG(name));
		return;
	}
	for (size_t i = 0; rules_rule(t->conf->rules, set, i, rule_scratch(t->ctx), &text) == 0; i++) {
		out_ch('R');
		test_show(text.lhs);
		out_c("\t\t");
		test_show(text.rhs);
		out_ch('\n');
	}
}

static void
mailer_set(struct test *t, int set)
{
	struct str	name;
	int		zero = rules_find(t->conf->rules, STR("0"));

	if (set < 0)
		set = zero;
	name = rules_name(t->conf->rules, set);
	if (name.n > 0)
		out_printf("%.*s", STR_ARG(name));
	else
		out_printf("%d", set < 0 ? 0 : rules_number(t->conf->rules, set));
}

static void
mailer_type(struct str s, char after)
{
	out_printf("%.*s%c", STR_ARG(s.n > 0 ? s : STR("<undefined>")), after);
}

static void
print_mailer(struct test *t, int shown, const struct mailer *m)
{
	out_printf("mailer %d (%.*s): P=%.*s S=", shown, STR_ARG(m->name), STR_ARG(m->path));
	mailer_set(t, m->se_rules);
	out_ch('/');
	mailer_set(t, m->sh_rules);
	out_c(" R=");
	mailer_set(t, m->re_rules);
	out_ch('/');
	mailer_set(t, m->rh_rules);
	out_printf(" M=%lld U=%ld:%ld F=", (long long)m->max_size, m->has_uid ? (long)m->uid : -1L, m->has_gid ? (long)m->gid : -1L);
	for (int c = 1; c < 256; c++)
		if (mailer_has(m, (char)c))
			out_ch((char)(c));
	out_printf(" L=%d E=", m->line_limit);
	test_show(m->eol);
	if (m->charset.n > 0)
		out_printf(" C=%.*s", STR_ARG(m->charset));
	out_c(" T=");
	mailer_type(m->mta_type, '/');
	mailer_type(m->addr_type, '/');
	mailer_type(m->diag_type, ' ');
	out_printf("r=%d A=", m->max_rcpts);
	for (size_t i = 0; i < m->argc; i++) {
		if (i > 0)
			out_ch(' ');
		test_show_template(m->argv[i]);
	}
	out_ch('\n');
}

void
test_print_mailers(struct test *t)
{
	int	shown = 0;

	for (size_t i = 0; i < t->conf->nmailers; i++) {
		const struct mailer	*m = &t->conf->mailers[i];

		if (m->kind == MAILER_DISCARD || m->kind == MAILER_ERROR)
			continue;
		print_mailer(t, shown++, m);
	}
}

/* ---- slash commands ---- */

static const char *
try_kind(const struct test *t)
{
	return t->tryflags & RESOLVE_HEADER ? "header" : "envelope";
}

static const char *
try_who(const struct test *t)
{
	return t->tryflags & RESOLVE_SENDER ? "sender" : "recipient";
}

/* Replies that name the address themselves are not prefixed by it. */
static bool
message_is_bare(const struct resolved *r)
{
	return r->smtp == 551 || r->smtp == 251 || r->smtp == 421 || r->smtp == 501 || (r->smtp == 554 && str_eq_c(r->dsn, "5.3.5"));
}

/* Messages, unlike values, are stripped to 7 bits. */
static void
say_7bit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		out_ch((char)(s.p[i] & 0177));
}

static void
cmd_parse(struct test *t, struct str arg)
{
	struct resolved	r;
	struct buf	b;

	if (arg.n == 0) {
		out_c("Usage: /parse address\n");
		return;
	}
	buf_init(&b, 0);
	addr_crack(arg, t->conf->opt.must_quote_chars, t->conf->opt.colon_ok_in_addr, &b);
	resolve_trace_crack(arg, buf_str(&b));
	out_c("Cracked address = ");
	for (size_t i = 0, from = 0; i < b.n; i++)	/* $$ of the template is one $ */
		if (i + 1 == b.n || (b.p[i] == '$' && b.p[i + 1] == '$')) {
			test_show_template(str_mem(b.p + from, i + 1 - from));
			i += b.p[i] == '$';
			from = i + 1;
		}
	out_printf("\nParsing %s %s address\n", try_kind(t), try_who(t));
	buf_done(&b);
	if (test_bad_address(t, arg, true)) {
		out_c("Cannot parse\n");
		return;
	}
	(void)resolve_addr(t->ctx, t->conf, arg, t->tryflags, &r);
	if (r.no_address) {
		out_c("Cannot parse\n");
		return;
	}
	if (r.kind == RES_ERROR) {
		if (!message_is_bare(&r)) {
			say_7bit(r.addr);
			out_c("... ");
		}
		say_7bit(r.text);
		out_ch('\n');
	}
	if (r.kind == RES_ERROR)
		resolve_trace_alloc(r.addr, t->tryflags);
	if (r.ex == EXIT_TEMPFAIL && r.kind == RES_MAILER) {
		say_7bit(r.addr);
		out_c("... Transient parse error -- message queued for future delivery\n");
	}
	out_c("mailer ");
	out_write(r.mailer == t->conf->m_error ? STR("*error*") : t->conf->mailers[r.mailer].name);
	if (r.host.n > 0) {
		out_c(", host ");
		out_write(r.host);
	}
	out_c(", user ");
	out_write(r.user);
	out_ch('\n');
}

static void
cmd_try(struct test *t, struct str arg)
{
	const struct mailer	*m;
	struct str		 name, out;
	size_t			 n = 0;
	int			 ex;

	while (n < arg.n && !chr_is_space(arg.p[n]))
		n++;
	name = str_first(arg, n);
	arg = str_trim(str_from(arg, n));
	if (arg.n == 0) {
		out_c("Usage: /try mailer address\n");
		return;
	}
	m = conf_mailer_find(t->conf, name);
	if (m == NULL) {
		out_printf("Unknown mailer %.*s\n", STR_ARG(name));
		return;
	}
	out_printf("Trying %s %s address %.*s for mailer %.*s\n", try_kind(t), try_who(t), STR_ARG(arg), STR_ARG(name));
	(void)resolve_rewrite(t->ctx, t->conf, arg, m->index, t->tryflags, &out, &ex);
	out_printf("Rcode = %d, addr = %.*s\n", ex, STR_ARG(out));
}

static void
cmd_tryflags(struct test *t, struct str arg)
{
	if (arg.n == 0) {
		out_c("Usage: /tryflags [Hh|Ee][Ss|Rr]\n");
		return;
	}
	for (size_t i = 0; i < arg.n; i++)
		switch (chr_lower(arg.p[i])) {
		case 'h':
			t->tryflags |= RESOLVE_HEADER;
			break;
		case 'e':
			t->tryflags &= ~RESOLVE_HEADER;
			break;
		case 's':
			t->tryflags |= RESOLVE_SENDER;
			break;
		case 'r':
			t->tryflags &= ~RESOLVE_SENDER;
			break;
		default:
			break;
		}
	rule_macro_setf(t->ctx, "{addr_type}", "%c %c", t->tryflags & RESOLVE_HEADER ? 'h' : 'e',
	    t->tryflags & RESOLVE_SENDER ? 's' : 'r');
}

/* What classes call "no such thing", when it is not 0. */
static const struct {
	const char	*class;
	int		 status;
} test_none[] = {
	{ "host", EXIT_NOHOST }, { "dns", EXIT_NOHOST }, { "bestmx", EXIT_NOHOST }, { "text", EXIT_NOHOST }, { "sequence", EXIT_NOHOST }, { "null", EXIT_NOHOST },
	{ "user", EXIT_NOUSER }, { "passwd", EXIT_NOUSER }, { "arpa", EXIT_DATAERR }, { "arith", EXIT_CONFIG },
};

static int
test_none_status(struct str class)
{
	for (size_t i = 0; i < sizeof(test_none) / sizeof(test_none[0]); i++)
		if (str_caseeq_c(class, test_none[i].class))
			return test_none[i].status;
	return EXIT_OK;
}

static void
cmd_map(struct test *t, struct str arg)
{
	struct buf	value;
	struct err	e = ERR_INIT;
	struct str	name, key;
	size_t		n = 0;
	enum map_rc	rc;
	int		map, status = 0;

	while (n < arg.n && !chr_is_space(arg.p[n]))
		n++;
	name = str_first(arg, n);
	key = str_trim(str_from(arg, n));
	if (name.n == 0) {
		out_c("Usage: /map mapname key\n");
		return;
	}
	if (key.n == 0) {
		out_c("No key specified\n");
		return;
	}
	map = conf_map_find(t->conf, name);
	if (map < 0 || !t->conf->maps[map].declared || t->maps == NULL) {
		out_printf("Map named \"%.*s\" not found\n", STR_ARG(name));
		return;
	}
	if (maps_at(t->maps, map) != NULL && trace_on(38, 2))	/* what is said of opening comes first */
		(void)map_open(maps_at(t->maps, map), &e);
	out_printf("map_lookup: %.*s (%.*s) ", STR_ARG(name), STR_ARG(key));
	buf_init(&value, 1 << 20);
	rc = maps_get(t->maps, map, key, NULL, 0, &value, &e);
	if (rc == MAP_TEMP)
		status = EXIT_TEMPFAIL;
	else if (rc == MAP_NOTFOUND)
		status = test_none_status(t->conf->maps[map].class);
	if (rc == MAP_FOUND)
		out_printf("returns %s (%d)\n", buf_c(&value), status);
	else
		out_printf("no match (%d)\n", status);
	buf_done(&value);
}

/* The canonical name of a host, without the dot that the map puts behind it. */
static bool
test_canon(struct test *t, struct str host, struct arena *a, struct str *out)
{
	struct buf	b;
	struct err	e = ERR_INIT;
	int		map = conf_map_find(t->conf, STR("host"));
	bool		found;

	if (host.n > 0 && host.p[0] == '[') {	/* no name: nobody knows it as one */
		if (trace_on(38, 20))
			trace_printf("getcanonname(%.*s), trying dns\ngetcanonname(%.*s), trying files\ntext_getcanonname(%.*s)\n"
			    "getcanonname(%.*s), failed, status=%d\n", STR_ARG(host), STR_ARG(host), STR_ARG(host), STR_ARG(host), EXIT_NOHOST);
		return false;
	}
	buf_init(&b, 1 << 16);
	found = map >= 0 && t->maps != NULL && maps_get(t->maps, map, host, NULL, 0, &b, &e) == MAP_FOUND;
	if (found) {
		*out = arena_str(a, buf_str(&b));
		if (str_ends(*out, STR(".")))
			*out = str_first(*out, out->n - 1);
	}
	buf_done(&b);
	return found;
}

static void
cmd_canon(struct test *t, struct str arg)
{
	struct str	out = arg;

	if (arg.n == 0) {
		out_c("Usage: /canon address\n");
		return;
	}
	if (!test_canon(t, arg, rule_scratch(t->ctx), &out) && str_ends(out, STR(".")))
		out = str_first(out, out.n - 1);
	out_printf("getcanonname(%.*s) returns %.*s\n", STR_ARG(arg), STR_ARG(out));
}

static void
cmd_mx(struct test *t, struct str arg)
{
	struct dns_mx	*mx = NULL;
	struct err	 e = ERR_INIT;
	enum dns_rc	 rc;
	bool		 implicit = false;
	size_t		 n = 0;

	if (arg.n == 0) {
		out_c("Usage: /mx address\n");
		return;
	}
	if (trace_on(8, 2))
		trace_printf("getmxrr(%.*s, droplocalhost=0, flags=2, port=-1)\n", STR_ARG(arg));
	if (arg.p[0] == '[') {			/* an address stands for itself */
		out_printf("getmxrr(%.*s) returns 1 value(s):\n\t%.*s\n", STR_ARG(arg), STR_ARG(arg));
		return;
	}
	if (dns_mx(arg, 0, rule_scratch(t->ctx), &rc, &mx, &n, &implicit, &e) == -1 || (rc != DNS_OK && !implicit))
		n = 0;
	if ((implicit || n == 0) && trace_on(8, 1))
		trace_printf("getmxrr: res_search(%.*s) failed, h_errno=%d\n", STR_ARG(arg), rc == DNS_TEMP ? 2 : 1);
	if (implicit && n == 1 && test_canon(t, arg, rule_scratch(t->ctx), &mx[0].host))
		mx[0].host = arena_cat(rule_scratch(t->ctx), mx[0].host, STR("."));
	out_printf("getmxrr(%.*s) returns %zu value(s):\n", STR_ARG(arg), n);
	for (size_t i = 0; i < n; i++)
		out_printf("\t%.*s\n", STR_ARG(mx[i].host));
}

static void
cmd_explain(struct test *t, struct str arg)
{
	struct explain_ask	ask;
	struct explain_rows	rows;
	struct arena		*a;
	struct buf		b;
	struct err		e = ERR_INIT;

	if (explain_parse(arg, &ask, &e) == -1) {
		out_printf("%s\n", e.text);
		return;
	}
	a = arena_new(ARENA_DEFAULT);
	buf_init(&b, (size_t)8 << 20);
	(void)explain_run(t->conf, t->ctx, t->lookup, t, &ask, a, &rows);
	explain_text(&rows, &b);
	out_write(buf_str(&b));
	if (ask.svg.n > 0 && ((os_id_is_setid() && os_id_drop_setid(&e) == -1) ||
	    explain_svg_write(&rows, arena_cstr(a, ask.svg), &e) == -1))
		out_printf("%s\n", e.text);
	buf_done(&b);
	arena_free(&a);
}

static void
cmd_quit(struct test *t, struct str arg)
{
	(void)arg;
	t->quit = true;
}

static const struct {
	const char	*name;
	void		(*run)(struct test *, struct str);
} slashes[] = {
	{ "quit", cmd_quit },
	{ "mx", cmd_mx },
	{ "canon", cmd_canon },
	{ "parse", cmd_parse },
	{ "try", cmd_try },
	{ "tryflags", cmd_tryflags },
	{ "map", cmd_map },
	{ "explain", cmd_explain },
};

void
test_slash(struct test *t, struct str line)
{
	struct str	word;
	size_t		n = 1;

	while (n < line.n && !chr_is_space(line.p[n]))
		n++;
	word = str_sub(line, 1, n);
	if (word.n == 0) {
		out_c("Usage: /[canon|map|mx|parse|try|tryflags]\n");
		return;
	}
	for (size_t i = 0; i < sizeof slashes / sizeof *slashes; i++)
		if (str_caseeq_c(word, slashes[i].name)) {
			slashes[i].run(t, str_trim(str_from(line, n)));
			return;
		}
	out_printf("Unknown \"/\" command /%.*s\n", STR_ARG(word));
}
