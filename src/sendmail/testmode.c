/*
 * testmode - sendmail -bt: addresses, macros, classes, maps and rulesets by hand.
 *
 * What is printed is sendmail's, byte for byte, so that people's habits and scripts work.  Commands are tables: by first
 * character, and by word for those that begin with a slash.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/out.h"
#include "base/status.h"
#include "base/trace.h"
#include "dnsconf.h"
#include "maps.h"
#include "testmode.h"
#include "testmode_int.h"

#define LINE_MAX_BT	((size_t)64 << 10)

static void
test_say(struct str s)
{
	out_write(s);
}

/* Text of macros and members: control characters shown. */
void
test_show(struct str s)
{
	struct buf	b;

	buf_init(&b, 0);
	rule_show(s, &b);
	test_say(buf_str(&b));
	buf_done(&b);
}

/* A template: the $ of a macro is what -d84 shows by number. */
void
test_show_template(struct str s)
{
	struct buf	b;

	if (!trace_on(84, 1)) {
		test_show(s);
		return;
	}
	buf_init(&b, 0);
	while (s.n > 0) {
		size_t	at = str_chr(s, '$');

		rule_show(str_first(s, at == SIZE_MAX ? s.n : at), &b);
		if (at == SIZE_MAX)
			break;
		rule_show_code('\0', &b);
		s = str_from(s, at + 1);
	}
	test_say(buf_str(&b));
	buf_done(&b);
}

/* ---- ruleset and address ---- */

/* The next ruleset of "3,0": its index; -1 undefined (said). *list is what follows. */
static int
next_set(struct test *t, struct str *list, int *number)
{
	struct str	name, s = *list;
	size_t		n = 0;
	int		set;

	if (s.n > 0 && chr_is_digit(s.p[0]))
		while (n < s.n && chr_is_digit(s.p[n]))
			n++;
	else
		while (n < s.n && (chr_is_alnum(s.p[n]) || s.p[n] == '_'))
			n++;
	name = str_first(s, n);
	if (n == 0) {
		out_printf("invalid ruleset name: \"%.*s\"\n", STR_ARG(s));
		return -1;
	}
	*number = -1;
	if (chr_is_digit(name.p[0])) {
		*number = atoi(arena_cstr(rule_scratch(t->ctx), name));
		if (*number >= 100) {
			out_printf("bad ruleset %.*s (100 max)\n", STR_ARG(name));
			return -1;
		}
	}
	set = rules_find(t->conf->rules, name);
	if (set < 0 && *number < 0)
		return -1;
	n += n < s.n && s.p[n] == ',' ? 1 : s.n - n;
	*list = str_from(s, n);
	if (*number < 0)
		*number = rules_number(t->conf->rules, set);
	return set < 0 ? -2 : set;
}

/* All the rulesets of the list on one address. */
static void
run_sets(struct test *t, struct str list, struct rule_out *o)
{
	while (list.n > 0) {
		struct str	here = list;
		int		number, set = next_set(t, &list, &number);

		if (set == -1) {
			out_printf("Undefined ruleset %.*s\n", STR_ARG(here));
			return;
		}
		if (set == -2) {
			rule_trace_empty(t->ctx, number, o->tok, o->ntok);
			continue;
		}
		(void)rule_run_tokens(t->ctx, set, o->tok, o->ntok, o);
		if (o->status != EXIT_OK)
			out_printf("== Ruleset %.*s (%d) status %d\n", STR_ARG(here), number, o->status);
	}
}

static void
test_rules(struct test *t, struct str line)
{
	struct str	list, addrs;
	size_t		n = 0, used;

	line = str_ltrim(line);
	while (n < line.n && !chr_is_space(line.p[n]))
		n++;
	list = str_first(line, n);
	addrs = str_from(line, n + 1);
	if (n >= line.n) {
		out_c("No address!\n");
		return;
	}
	if (test_bad_address(t, addrs, false))
		return;
	if (addrs.n == 0 && trace_on(22, 11))
		trace_printf("prescan: \nprescan: null leading token\n");
	while (addrs.n > 0) {
		struct rule_out	o;

		if (rule_scan_list(t->ctx, addrs, ',', &used, &o) == -1 || o.ntok == 0) {
			if (used >= addrs.n)
				return;
			addrs = str_from(addrs, used + 1);
			continue;
		}
		run_sets(t, list, &o);
		addrs = used < addrs.n ? str_from(addrs, used + 1) : STR_NONE;
	}
}

/* ---- . = $ - ---- */

static void
test_define(struct test *t, struct str s)
{
	struct err	e = ERR_INIT;
	struct str	name, word;
	size_t		taken;
	char		what;

	if (s.n < 2) {
		out_c("Usage: .[DC]macro value(s)\n");
		return;
	}
	what = s.p[1];
	s = str_from(s, 2);
	if (what != 'D' && what != 'C') {
		out_printf("Unknown \".\" command .%c%.*s\n", what, STR_ARG(s));
		return;
	}
	if (what == 'C' && s.n == 0)
		return;
	if (test_name(s, &name, &taken, &e) == -1) {
		out_printf("%s\n", e.text);
		return;
	}
	s = str_from(s, taken);
	if (what == 'D')
		(void)rule_macro_define(t->ctx, name, s);
	else
		while (str_word(&s, &word))
			(void)rule_class_add(t->ctx, name, word);
}

static void
test_list(struct test *t, struct str s)
{
	if (s.n < 2)
		out_c("Usage: =Sruleset or =M\n");
	else if (s.p[1] == 'S')
		test_print_rules(t, str_from(s, 2));
	else if (s.p[1] == 'M')
		test_print_mailers(t);
	else
		out_printf("Unknown \"=\" command %.*s\n", STR_ARG(s));
}

static void
test_debug(struct test *t, struct str s)
{
	(void)t;
	if (s.n < 2)
		out_c("Usage: -d{debug arguments}\n");
	else if (s.p[1] == 'd')
		(void)trace_set(str_from(s, 2));
	else
		out_printf("Unknown \"-\" command %.*s\n", STR_ARG(s));
}

/* Members are shown in the order in which sendmail's table of symbols holds them, so that lists compare. */
#define MEMBER_CHAINS	2003u

struct member {
	struct str	 text;
	unsigned	 chain, at;
};
struct members {
	struct arena	*arena;
	struct member	*v;
	unsigned	 n, size;
};

static bool
member_add(void *arg, struct str text)
{
	struct members	*m = arg;
	unsigned	 chain = 1;

	for (size_t i = 0; i < text.n; i++)
		chain = (chain << 1 ^ (unsigned char)chr_lower(text.p[i])) % MEMBER_CHAINS;
	if (m->n == m->size) {
		struct member	*v = ARENA_ARRAY(m->arena, struct member, m->size * 2 + 64);

		if (m->n > 0)
			memcpy(v, m->v, m->n * sizeof *v);
		m->v = v;
		m->size = m->size * 2 + 64;
	}
	m->v[m->n] = (struct member){ text, chain, m->n };
	m->n++;
	return true;
}

static int
member_compare(const void *pa, const void *pb)
{
	const struct member	*a = pa, *b = pb;

	return a->chain != b->chain ? (a->chain > b->chain) - (a->chain < b->chain) : (a->at > b->at) - (a->at < b->at);
}

static void
test_members(struct test *t, struct str class)
{
	struct members	m = { .arena = rule_scratch(t->ctx) };

	rule_class_each(t->ctx, class, member_add, &m);
	if (m.n > 0)
		qsort(m.v, m.n, sizeof *m.v, member_compare);
	for (unsigned i = 0; i < m.n; i++) {
		test_show(m.v[i].text);
		out_ch('\n');
	}
}

static void
test_value(struct test *t, struct str s)
{
	struct err	e = ERR_INIT;
	struct str	name, value;
	size_t		taken;
	bool		class = s.n > 1 && s.p[1] == '=';

	s = str_from(s, class ? 2 : 1);
	if (test_name(s, &name, &taken, &e) == -1) {
		out_printf("%s\n", e.text);
		return;
	}
	if (class) {
		test_members(t, name);
		return;
	}
	value = rule_macro_get(t->ctx, name);
	if (str_is_none(value) && name.n == 1 && strchr("*+-=~#@:>?|.[]()&", name.p[0]) != NULL) {
		out_printf("$%c\n", name.p[0]);
		return;
	}
	if (str_is_none(value))
		out_c("Undefined\n");
	else {
		test_show_template(value);
		out_ch('\n');
	}
}

static void
test_help(struct test *t, struct str s)
{
	(void)t;
	(void)s;
	out_c(
	    "ruleset[,ruleset...] address   rewrite the address\n"
	    ".Dmvalue    define macro m          .Ccwords    add to class c\n"
	    "=Sruleset   print a ruleset         =M          print the mailers\n"
	    "$v          print macro v           $=c         print class c\n"
	    "-d21.12     trace flags             # ...       comment\n"
	    "/parse address           all of an address's way to its mailer\n"
	    "/try mailer address      as it is rewritten for a mailer\n"
	    "/tryflags [Hh|Ee][Ss|Rr] header or envelope, sender or recipient\n"
	    "/map name key            look a key up      /canon host    canonical name\n"
	    "/mx host                 mail exchangers    /quit          leave\n"
	    "/explain address         why it goes where it goes; also: /explain client=name[addr] from=address to=address,\n"
	    "                         -v every rule, --svg file a picture\n");
}

static void
test_comment(struct test *t, struct str s)
{
	(void)t;
	(void)s;
}

static const struct {
	char	first;
	void	(*run)(struct test *, struct str);
} commands[] = {
	{ '#', test_comment },
	{ '?', test_help },
	{ '.', test_define },
	{ '=', test_list },
	{ '-', test_debug },
	{ '$', test_value },
	{ '/', test_slash },
};

static void
test_line(struct test *t, struct str line)
{
	if (str_trim(line).n == 0)
		return;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (line.p[0] == commands[i].first) {
			commands[i].run(t, str_rtrim(line));
			return;
		}
	test_rules(t, line);
}

struct reader {
	int	fd;
	size_t	at, n;
	char	bytes[16384];
};

/* More input.  Whoever is at the other end has read all that we said before we wait for him. */
static bool
read_more(struct reader *r)
{
	ssize_t	n;

	(void)out_flush();
	do
		n = read(r->fd, r->bytes, sizeof r->bytes);
	while (n == -1 && errno == EINTR);
	r->at = 0;
	r->n = n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* A line without its end, cut where it is too long: false at the end of input. */
static bool
read_line(struct reader *r, struct buf *b)
{
	buf_clear(b);
	for (;;) {
		const char	*from, *end;
		size_t		 n, room;

		if (r->at == r->n && !read_more(r))
			return b->n > 0;
		from = r->bytes + r->at;
		end = memchr(from, '\n', r->n - r->at);
		n = end != NULL ? (size_t)(end - from) : r->n - r->at;
		r->at += n + (end != NULL);
		room = b->n < LINE_MAX_BT ? LINE_MAX_BT - b->n : 0;
		buf_addmem(b, from, n < room ? n : room);
		if (end != NULL)
			return true;
	}
}

/* ---- names of hosts: asked once, as sendmail does ---- */

#define HOSTS_MAX	65536u

struct host_seen {
	enum map_rc	 rc;
	struct str	 value;
};

/* "3 name" in t->host_key; false: too long to remember. */
static bool
host_name(struct test *t, int map, struct str key, struct str *name)
{
	char	*p = t->host_key;

	if (key.n + 12 > sizeof t->host_key)
		return false;
	for (unsigned m = (unsigned)map; m > 0 || p == t->host_key; m /= 10)
		*p++ = (char)('0' + m % 10);
	*p++ = ' ';
	memcpy(p, key.p, key.n);
	*name = str_mem(t->host_key, (size_t)(p - t->host_key) + key.n);
	return true;
}

static void
host_keep(struct test *t, struct str name, enum map_rc rc, struct str value)
{
	struct host_seen	*seen;

	if (t->nhosts >= HOSTS_MAX)
		return;
	t->nhosts++;
	seen = ARENA_NEW(t->arena, struct host_seen);
	*seen = (struct host_seen){ rc, arena_str(t->arena, value) };
	hash_put(t->hosts, arena_str(t->arena, name), seen);
}

/* Why a map cannot be asked: once. */
static void
say_map(struct test *t, int map, const struct err *e)
{
	const struct map	*m = maps_at(t->maps, map);
	struct str		 class, name;
	const char		*path;

	if (m == NULL || e == NULL || e->class == ERR_NONE)
		return;
	if (t->map_said == NULL)
		t->map_said = ARENA_ARRAY(t->arena, bool, t->conf->nmaps + 1);
	if (t->map_said[map])
		return;
	t->map_said[map] = true;
	class = map_class(m);
	name = map_name(m);
	path = map_file(m);
	if (path != NULL && access(path, F_OK) == -1)
		out_printf("%.*s map \"%.*s\": missing map file %s: %s\n", STR_ARG(class), STR_ARG(name), path, strerror(errno));
	else
		out_printf("%.*s map \"%.*s\": %s\n", STR_ARG(class), STR_ARG(name), e->text);
}

static enum map_rc
test_lookup(void *arg, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	struct test	*t = arg;
	bool		 host = str_eq_c(t->conf->maps[map].class, "host");
	struct str	 known = STR_NONE;
	enum map_rc	 rc;

	if (!host) {
		rc = maps_lookup(t->maps, map, key, args, nargs, value, e);
		if (rc == MAP_TEMP)
			say_map(t, map, e);
		return rc;
	}
	if (nargs == 0 && host_name(t, map, key, &known)) {
		const struct host_seen	*seen = hash_get(t->hosts, known);

		if (seen != NULL) {
			buf_add(value, seen->value);
			maps_trace(t->maps, map, key, args, nargs, seen->rc, value);
			return seen->rc;
		}
	}
	rc = maps_lookup(t->maps, map, key, args, nargs, value, e);
	if (rc == MAP_TEMP)
		out_printf("%.*s: Name server timeout\n", STR_ARG(key));
	else if (known.n > 0)
		host_keep(t, known, rc, buf_str(value));
	return rc;
}

static void
test_run(void *arg, bool begins)
{
	maps_run(((struct test *)arg)->maps, begins);
}

static void
test_macros(struct test *t)
{
	rule_macro_set_c(t->ctx, "{opMode}", "t");
	rule_macro_set_c(t->ctx, "{load_avg}", "0");
	rule_macro_set_c(t->ctx, "{deliveryMode}", "i");
}

void
testmode_mailers(const struct conf *conf)
{
	struct test	t = { .conf = (struct conf *)(uintptr_t)conf };

	test_print_mailers(&t);
	out_flush();
}

int
testmode_run(struct conf *conf, FILE *in)
{
	struct test	t;
	struct buf	line;
	struct err_list	errs;
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct reader	*r;

	memset(&t, 0, sizeof t);
	t.conf = conf;
	t.arena = a;
	err_list_init(&errs);
	dnsconf_use_direct(conf);
	t.hosts = hash_new(a, 0);
	t.maps = maps_local(a, conf, &errs);
	for (size_t i = 0; i < errs.n; i++) {
		struct buf	b;

		buf_init(&b, 0);
		err_list_print(&errs.v[i], &b);
		fprintf(stderr, "%s\n", buf_c(&b));
		buf_done(&b);
	}
	t.lookup = t.maps == NULL ? NULL : test_lookup;
	t.ctx = rule_ctx_new(conf->rules, NULL, t.lookup, &t);
	if (t.maps != NULL)
		rule_on_run(t.ctx, test_run);
	rule_trace(t.ctx, true);
	test_macros(&t);
	buf_init(&line, LINE_MAX_BT + 16);
	trace_buffered(true);
	log_set_level(0);
	r = ARENA_NEW(a, struct reader);
	r->fd = fileno(in);
	out_c("ADDRESS TEST MODE (ruleset 3 NOT automatically invoked)\n");
	out_c("Enter <ruleset> <address>\n");
	rule_macro_set_c(t.ctx, "{addr_type}", "e r");
	while (!t.quit) {
		out_c("> ");
		if (!read_line(r, &line))
			break;
		rule_reset(t.ctx);
		test_line(&t, str_first(buf_str(&line), strlen(buf_c(&line))));
	}
	(void)out_flush();
	trace_buffered(false);
	buf_done(&line);
	rule_ctx_free(&t.ctx);
	if (t.maps != NULL)
		maps_close(t.maps);
	err_list_done(&errs);
	arena_free(&a);
	return EXIT_OK;
}
