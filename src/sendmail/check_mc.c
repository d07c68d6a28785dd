/*
 * check_mc - words of a .mc that nothing knows, the .mc line behind an error, and keys of DaemonPortOptions that are misspelt.
 *
 * m4 lets a macro that it does not know stand as it is, so that a misspelt FEATURE() becomes a line of sendmail.cf that means something else.
 */
#include <string.h>

#include "base/near.h"
#include "base/num.h"
#include "check.h"
#include "mc_words.h"

#define VALUE_MIN	5	/* shorter values are found everywhere */

static const char *
word_macro(size_t i)
{
	return mc_macro_words[i];
}

static bool
macro_known(struct str s)
{
	for (size_t i = 0; mc_macro_words[i] != NULL; i++)
		if (str_eq_c(s, mc_macro_words[i]))
			return true;
	return false;
}

/* The word at the front, if it is one as macros of the tree have: capitals, digits and underscores. */
static struct str
macro_front(struct str line)
{
	size_t	n = 0;

	while (n < line.n && ((line.p[n] >= 'A' && line.p[n] <= 'Z') || line.p[n] == '_' || (n > 0 && chr_is_digit(line.p[n]))))
		n++;
	return n >= 4 ? str_first(line, n) : STR_NONE;
}

/* Does the .mc define it itself? */
static bool
macro_is_own(struct check *c, struct str text, struct str name)
{
	return str_find(text, arena_fmt(c->arena, "define(`%.*s'", STR_ARG(name))) != SIZE_MAX;
}

void
check_macro(struct check *c, struct str file, unsigned number, struct str line, struct str text)
{
	struct str		 s = str_ltrim(line), name = macro_front(s), rest, near;
	struct conf_place	 p = { file, number, STR_NONE };
	bool			 call;

	if (name.n == 0)
		return;
	rest = str_from(s, name.n);
	call = rest.n > 0 && rest.p[0] == '(';
	/* Without a parenthesis only what is nearly such a word, alone on its line, was meant to be one. */
	if (!call && str_trim(rest).n > 0 && !str_starts(rest, STR("dnl")))
		return;
	if (macro_known(name) || macro_is_own(c, text, name))
		return;
	near = near_word(name, word_macro);
	if (near.n == 0 && !call)
		return;
	check_say(c, false, &p, "no macro is called %.*s: the line goes into sendmail.cf as it stands%s%.*s%s", STR_ARG(name),
	    near.n > 0 ? "; did you mean " : "", STR_ARG(near), near.n > 0 ? "?" : "");
}

/* ---- the .mc line behind a line of the m4 tree ---- */

/* The next thing between m4's quotes. */
static bool
quoted_next(struct str *s, struct str *out)
{
	size_t	from = str_chr(*s, '`'), n;

	if (from == SIZE_MAX)
		return false;
	*s = str_from(*s, from + 1);
	for (n = 0; n < s->n && s->p[n] != '\'' && s->p[n] != '`'; n++)
		;
	*out = str_first(*s, n);
	*s = str_from(*s, n);
	return true;
}

/* "/x/feature/access_db.m4:16": access_db; STR_NONE for the tree's own machinery. */
static struct str
origin_part(struct str origin)
{
	static const char *const folders[] = { "feature/", "mailer/", "ostype/", "domain/", "hack/" };
	size_t	at, end = str_find(origin, STR(".m4:"));

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if ((at = str_find(origin, str_c(folders[i]))) != SIZE_MAX && end != SIZE_MAX && end > at + strlen(folders[i]))
			return str_sub(origin, at + strlen(folders[i]), end);
	return STR_NONE;
}

struct str
check_origin(struct check *c, struct str origin, struct str cf_line)
{
	struct str	text = c->mc_text, line, value, part = origin_part(origin);
	size_t		best = VALUE_MIN - 1;
	unsigned	number = 0, found = 0;

	while (str_split(&text, '\n', &line)) {
		size_t	dnl = str_find(line, STR("dnl"));

		number++;
		line = str_ltrim(dnl == SIZE_MAX ? line : str_first(line, dnl));
		if (line.n > 0 && line.p[0] == '#')
			continue;
		while (quoted_next(&line, &value))
			if (value.n > best && str_find(cf_line, value) != SIZE_MAX) {
				best = value.n;
				found = number;
			} else if (found == 0 && part.n > 0 && str_eq(value, part))
				found = number;
	}
	return found == 0 ? STR_NONE : arena_fmt(c->arena, "%.*s:%u", STR_ARG(c->mc_name), found);
}

/* ---- DaemonPortOptions, ClientPortOptions ---- */

static const char *const daemon_keys[] = {
	"Addr", "Addrs", "Address", "children", "DeliveryMode", "delayLA", "Family", "InputMailFilters", "Listen", "Modifier", "Modifiers", "Modify", "Name", "Port",
	"queueLA", "refuseLA", "RcvBufSize", "SndBufSize", NULL
};

static const char *
word_key(size_t i)
{
	return daemon_keys[i];
}

static bool
key_known(struct str key)
{
	for (size_t i = 0; daemon_keys[i] != NULL; i++)
		if (str_casestarts(str_c(daemon_keys[i]), key))
			return true;
	return false;
}

/* What is no number counts as 0, and of a port that is too large the lower bits: nobody means that. */
static void
check_port_number(struct check *c, const struct conf_daemon *d, const char *option, struct str part, struct str v)
{
	size_t	 digits = part.p[0] != 'P' && str_starts(v, STR("-")) ? 1 : 0;
	int64_t	 n;

	if (part.p[0] != 'P' && strchr("cdLqrRS", part.p[0]) == NULL)
		return;
	while (digits < v.n && chr_is_digit(v.p[digits]))
		digits++;
	if (part.p[0] == 'P' && digits == v.n && num_i64(v, 0, 65535, &n) == -1)
		check_say(c, true, &d->place, "%s: %.*s=%.*s is no port", option, STR_ARG(part), STR_ARG(v));
	else if (part.p[0] != 'P' && (v.n == 0 || digits < v.n))
		check_say(c, true, &d->place, "%s: %.*s=%.*s is not a number", option, STR_ARG(part), STR_ARG(v));
}

static void
check_port(struct check *c, const struct conf_daemon *d, bool client)
{
	struct str	s = d->text, part, v, near;
	const char	*option = client ? "ClientPortOptions" : "DaemonPortOptions";

	while (str_split(&s, ',', &part)) {
		size_t	at = str_chr(part, '=');

		if (at == SIZE_MAX)
			continue;
		v = str_trim(str_from(part, at + 1));
		part = str_trim(str_first(part, at));
		if (part.n > 0)
			check_port_number(c, d, option, part, v);
		if (part.n == 0 || key_known(part))
			continue;
		near = near_word(part, word_key);
		check_say(c, true, &d->place, "%s: no key is called %.*s: its first letter counts%s%.*s%s", option, STR_ARG(part),
		    near.n > 0 ? "; did you mean " : "", STR_ARG(near), near.n > 0 ? "?" : "");
	}
	for (size_t i = 0; i < d->modifier_text.n; i++) {
		char	k = d->modifier_text.p[i];

		if (k == ' ' || chr_is_digit(k) || (i > 0 && k == d->modifier_text.p[i - 1]))
			continue;
		if (strchr(client ? "hAS" : "abcfhrsuACEOS", k) == NULL)
			check_say(c, true, &d->place, "%s: there is no modifier %c", option, k);
	}
}

void
check_ports(struct check *c)
{
	for (size_t i = 0; i < c->conf->ndaemons; i++)
		check_port(c, &c->conf->daemons[i], false);
	for (size_t i = 0; i < c->conf->nclients; i++)
		check_port(c, &c->conf->clients[i], true);
}
