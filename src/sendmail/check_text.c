/*
 * check_text - what the lines of a sendmail.cf, and of the .mc it was made from, say by themselves.
 *
 * The marks of m4 -s name the .mc.  It is read like a person would: macro calls with their first argument, comments left out.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "check.h"
#include "mc_words.h"
#include "os/file.h"
#include "rule/build.h"

#define MC_MAX	((size_t)4 << 20)

/* ---- lists of words for near_word ---- */

static const char *
word_feature(size_t i)
{
	return mc_features[i];
}

static const char *
word_ostype(size_t i)
{
	return mc_ostypes[i];
}

static const char *
word_mailer(size_t i)
{
	return mc_mailers[i];
}

static const char *
word_define(size_t i)
{
	return mc_defines[i];
}

static bool
word_known(const char *(*word)(size_t), struct str s)
{
	for (size_t i = 0; word(i) != NULL; i++)
		if (str_eq_c(s, word(i)))
			return true;
	return false;
}

static const char *
word_domain(size_t i)
{
	return mc_domains[i];
}

/* ---- the .mc ---- */

struct mc {
	struct check	*c;
	struct str	 name;
	unsigned	 line;
	struct str	 mailer;	/* the first MAILER and its line */
	unsigned	 mailer_line;
	bool		 ostype;
};

static void mc_say(struct mc *m, bool warning, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
mc_say(struct mc *m, bool warning, const char *fmt, ...)
{
	struct conf_place	p = { m->name, m->line, STR_NONE };
	struct str		text;
	va_list			ap;

	va_start(ap, fmt);
	text = arena_vfmt(m->c->arena, fmt, ap);
	va_end(ap);
	check_say(m->c, warning, &p, "%.*s", STR_ARG(text));
}

static void
mc_feature(struct mc *m, struct str arg)
{
	struct str	hint = check_hint(m->c->arena, arg, word_feature);

	if (!word_known(word_feature, arg))
		mc_say(m, true, "there is no FEATURE(%.*s) in this tree%.*s", STR_ARG(arg), STR_ARG(hint));
	if (m->mailer.n > 0)
		mc_say(m, true, "FEATURE(%.*s) stands behind MAILER(%.*s) of line %u: MAILERs come last", STR_ARG(arg), STR_ARG(m->mailer),
		    m->mailer_line);
}

static void
mc_mailer(struct mc *m, struct str arg)
{
	struct str	hint = check_hint(m->c->arena, arg, word_mailer);

	if (!word_known(word_mailer, arg))
		mc_say(m, true, "there is no MAILER(%.*s) in this tree%.*s", STR_ARG(arg), STR_ARG(hint));
	if (m->mailer.n == 0) {
		m->mailer = arg;
		m->mailer_line = m->line;
	}
}

static void
mc_ostype(struct mc *m, struct str arg)
{
	struct str	hint = check_hint(m->c->arena, arg, word_ostype);

	if (word_known(word_domain, arg) && !word_known(word_ostype, arg))
		mc_say(m, true, "OSTYPE(%.*s): that is a DOMAIN", STR_ARG(arg));
	else if (!word_known(word_ostype, arg) && arg.n > 0)
		mc_say(m, true, "there is no OSTYPE(%.*s) in this tree%.*s", STR_ARG(arg), STR_ARG(hint));
	if (m->mailer.n > 0)
		mc_say(m, true, "OSTYPE(%.*s) stands behind MAILER(%.*s) of line %u: it has to come first", STR_ARG(arg), STR_ARG(m->mailer),
		    m->mailer_line);
	m->ostype = true;
}

static void
mc_domain(struct mc *m, struct str arg)
{
	if (word_known(word_ostype, arg) && !word_known(word_domain, arg))
		mc_say(m, true, "DOMAIN(%.*s): that is an OSTYPE", STR_ARG(arg));
}

static void
mc_define(struct mc *m, struct str arg)
{
	struct str	near;
	bool		conf = str_starts(arg, STR("conf")) && arg.n > 4 && arg.p[4] >= 'A' && arg.p[4] <= 'Z';

	if (word_known(word_define, arg))
		return;
	near = near_word(arg, word_define);
	if (conf)
		mc_say(m, true, "define(%.*s): nothing uses that name%s%.*s%s", STR_ARG(arg), near.n > 0 ? "; did you mean " : "", STR_ARG(near),
		    near.n > 0 ? "?" : "");
	else if (near.n > 0 && near_distance(arg, near) <= (str_chr(arg, '_') != SIZE_MAX ? 2u : 1u))
		mc_say(m, true, "define(%.*s): did you mean %.*s?", STR_ARG(arg), STR_ARG(near));
}

static const struct {
	const char	*name;
	void		(*look)(struct mc *, struct str arg);
} mc_macros[] = {
	{ "FEATURE", mc_feature }, { "MAILER", mc_mailer }, { "OSTYPE", mc_ostype }, { "DOMAIN", mc_domain }, { "define", mc_define },
};

static bool
is_word(char c)
{
	return chr_is_alnum(c) || c == '_';
}

/* The first argument, without m4's quotes: s begins behind the parenthesis. */
static struct str
mc_argument(struct mc *m, const char *macro, struct str s)
{
	size_t	n = 0;

	s = str_ltrim(s);
	if (s.n > 0 && s.p[0] == '\'')
		mc_say(m, true, "%s('...: m4's opening quote is `", macro);
	while (s.n > 0 && (s.p[0] == '`' || s.p[0] == '\''))
		s = str_from(s, 1);
	while (n < s.n && s.p[n] != '\'' && s.p[n] != '`' && s.p[n] != ',' && s.p[n] != ')')
		n++;
	return arena_str(m->c->arena, str_trim(str_first(s, n)));
}

static void
mc_line(struct mc *m, struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		struct str	rest = str_from(line, i);
		size_t		n = 0;

		if (line.p[i] == '#')
			return;
		if (!is_word(line.p[i]))
			continue;
		while (n < rest.n && is_word(rest.p[n]))
			n++;
		if (str_eq_c(str_first(rest, n), "dnl"))
			return;
		for (size_t k = 0; n < rest.n && rest.p[n] == '(' && k < sizeof mc_macros / sizeof *mc_macros; k++)
			if (str_eq_c(str_first(rest, n), mc_macros[k].name))
				mc_macros[k].look(m, mc_argument(m, mc_macros[k].name, str_from(rest, n + 1)));
		i += n - 1;
	}
	/* a rule that cannot be one: "R$+ @ $*  $#error" with blanks where the tab belongs */
	if (line.n > 2 && line.p[0] == 'R' && line.p[1] == '$' && str_chr(line, '\t') == SIZE_MAX && str_find(line, STR("  ")) != SIZE_MAX)
		mc_say(m, false, "blanks stand where a tab belongs: \"%.*s\"", STR_ARG(line));
}

void
check_mc(struct check *c, struct str name, struct str text)
{
	struct mc	m = { .c = c, .name = name };
	struct str	line;

	c->mc_name = name;
	c->mc_text = text;
	while (str_split(&text, '\n', &line)) {
		m.line++;
		mc_line(&m, line);
		check_macro(c, name, m.line, line, c->mc_text);
	}
}

/* Beside the sendmail.cf, where the mark says, or here. */
static void
mc_find(struct check *c, struct str name)
{
	struct str	cf = c->conf->file, text;
	size_t		slash = str_rchr(cf, '/'), base = str_rchr(name, '/');
	struct str	beside = arena_fmt(c->arena, "%.*s%.*s", STR_ARG(slash == SIZE_MAX ? STR("") : str_first(cf, slash + 1)),
			    STR_ARG(base == SIZE_MAX ? name : str_from(name, base + 1)));

	if (os_slurp(arena_cstr(c->arena, name), c->arena, MC_MAX, &text, NULL) == 0)
		check_mc(c, name, text);
	else if (os_slurp(arena_cstr(c->arena, beside), c->arena, MC_MAX, &text, NULL) == 0)
		check_mc(c, name, text);
}

/* ---- the .cf ---- */

/* A macro that a rule had replaced while it was read. */
static void
text_macro(struct check *c, unsigned number, struct str origin, struct str name)
{
	struct err		 e;
	size_t			 taken;
	struct rules		*rules = (struct rules *)(uintptr_t)c->conf->rules;
	int			 id = rules_name_take(rules, name, &taken, &e);
	struct conf_place	 p = { c->conf->file, number, origin };

	if (id < 0 || !str_is_none(rules_macro(rules, id)))
		return;
	if (name.n == 1 && strchr("jkmw", name.p[0]) != NULL)
		return;				/* from the host's name, which may lack a domain */
	if (name.n == 1 && name.p[0] >= 'A' && name.p[0] <= 'Z' && (c->generated || (origin.n > 0 && str_casefind(origin, STR(".mc:")) == SIZE_MAX)))
		return;				/* relays of the m4 tree that this site does not have */
	if (name.n == 1 && strchr("jkmvw", name.p[0]) != NULL)	/* set at the start; a host without a domain has no $m */
		return;
	if (name.n == 1 && name.p[0] >= 'a' && name.p[0] <= 'z')
		check_say(c, true, &p, "macro $%.*s has no value when this rule is read: $&%.*s is its value when the rule is used", STR_ARG(name),
		    STR_ARG(name));
	else
		check_say(c, true, &p, "nothing defines macro $%.*s", STR_ARG(name));
}

/* "$x" and "${name}", but not $&x, $?x, $1, $* and the other operators. */
static void
text_rule(struct check *c, unsigned number, struct str origin, struct str s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		char	k = s.p[i + 1];
		size_t	end;

		if (s.p[i] == '\t' && number > 0 && i > 0 && str_chr(str_first(s, i), '\t') != SIZE_MAX && s.p[i - 1] != '\t')
			return;			/* the comment behind a rule */
		if (s.p[i] != '$')
			continue;
		if (strchr("&?=~", k) != NULL && k != '\0') {
			i += 2;
			continue;
		}
		if (k == '{' && (end = str_chr(str_from(s, i + 1), '}')) != SIZE_MAX)
			text_macro(c, number, origin, str_sub(s, i + 1, i + 2 + end));
		else if ((k >= 'a' && k <= 'z') || (k >= 'A' && k <= 'Z'))
			text_macro(c, number, origin, str_sub(s, i + 1, i + 2));
		i++;
	}
}

static struct str
mark_file(struct str line)
{
	struct str	w;

	if (!str_starts(line, STR("#line ")))
		return STR_NONE;
	line = str_from(line, 6);
	(void)str_word(&line, &w);
	line = str_trim(line);
	return line.n > 2 && line.p[0] == '"' ? str_sub(line, 1, line.n - 1) : STR_NONE;
}

void
check_text(struct check *c, struct str cf)
{
	struct str	 line, file, *origin, seen = STR_NONE;
	struct rule_text t;
	size_t		 lines = 0;
	unsigned	 number = 0;

	for (size_t i = 0; i < cf.n; i++)
		lines += cf.p[i] == '\n' ? 1 : 0;
	origin = ARENA_ARRAY(c->arena, struct str, lines + 2);
	for (int s = 0; s < rules_count(c->conf->rules); s++)
		for (size_t i = 0; i < rules_rule_count(c->conf->rules, s); i++)
			if (rules_rule(c->conf->rules, s, i, c->arena, &t) == 0 && t.line <= lines)
				origin[t.line] = t.origin;
	while (str_split(&cf, '\n', &line)) {
		number++;
		if (line.n > 1 && line.p[0] == 'R')
			text_rule(c, number, number <= lines ? origin[number] : STR_NONE, str_from(line, 1));
		file = mark_file(line);
		if (str_ends(file, STR(".mc")) && !str_eq(file, seen)) {
			if (seen.n == 0)
				mc_find(c, file);
			seen = file;
		}
	}
}

void
check_options(struct check *c)
{
	for (size_t i = 0; i < c->conf->nidle; i++)
		check_say(c, true, &c->conf->idle[i].place, "option %.*s has no effect: %s", STR_ARG(c->conf->idle[i].name), c->conf->idle[i].why);
}
