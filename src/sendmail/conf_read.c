/*
 * conf_read - the lines of a sendmail.cf.
 *
 * A line begins with its letter; one that begins with a blank or tab continues the line before; # begins a comment unless a
 * backslash or $ stands before it.  `#line 12 "site.mc"` marks, which m4 -s leaves, say where a line comes from.
 */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "conf_int.h"

/* ---- text ---- */

struct str
conf_expand(struct reading *r, struct str s)
{
	struct buf	b;

	if (str_chr(s, '$') == SIZE_MAX)
		return arena_str(r->conf->arena, s);
	buf_init(&b, 1 << 16);
	if (rules_expand(r->rules, s, &b) == -1)
		conf_error(r, "expansion too long or too deep");
	s = arena_str(r->conf->arena, buf_str(&b));
	buf_done(&b);
	return s;
}

struct str
conf_munch(struct reading *r, struct str *rest, char delim)
{
	char	*out = arena_bytes(r->conf->arena, rest->n + 1);
	size_t	 n = 0, i = 0;
	bool	 quoted = false;

	for (; i < rest->n; i++) {
		char	c = rest->p[i];

		if (c == '\\' && i + 1 < rest->n) {
			c = rest->p[++i];
			out[n++] = c == 'n' && delim == '\1' ? '\n' : c;
			continue;
		}
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == delim && delim != '\0' && !quoted)
			break;
		out[n++] = c;
	}
	*rest = i < rest->n ? str_from(*rest, i) : STR_NONE;
	return str_mem(out, n);
}

void
conf_flags_set(struct conf_flags *f, struct str letters)
{
	for (size_t i = 0; i < letters.n; i++)
		if (!chr_is_space(letters.p[i]))
			conf_flag_add(f, letters.p[i]);
}

int64_t
conf_number(struct str s)
{
	size_t	n = 0;
	int64_t	v = 0;

	s = str_ltrim(s);
	if (n < s.n && (s.p[n] == '-' || s.p[n] == '+'))
		n++;
	while (n < s.n && chr_is_digit(s.p[n]))
		n++;
	if (s.n > 0 && s.p[0] == '+')
		s = str_from(s, 1), n--;
	if (num_i64(str_first(s, n), INT64_MIN / 4, INT64_MAX / 4, &v) == -1)
		return 0;
	return v;
}

static int64_t
time_unit(char c)
{
	switch (c) {
	case 'w':
		return 7 * 86400;
	case 'd':
		return 86400;
	case 'h':
		return 3600;
	case 'm':
		return 60;
	case 's':
		return 1;
	default:
		return 0;
	}
}

int64_t
conf_time(struct reading *r, struct str s, char unit)
{
	int64_t	total = 0;
	size_t	i = 0;

	s = str_trim(s);
	if (str_caseeq_c(s, "now"))
		return 0;
	while (i < s.n) {
		int64_t	v = 0, scale;
		char	c = unit;
		bool	negative = s.p[i] == '-';

		if (negative)
			i++;
		while (i < s.n && chr_is_digit(s.p[i])) {
			if (v < INT64_MAX / 1000000)
				v = v * 10 + (s.p[i] - '0');
			i++;
		}
		if (i < s.n)
			c = s.p[i++];
		scale = time_unit(c);
		if (scale == 0) {
			conf_error(r, "Invalid time unit `%c'", c);
			scale = time_unit(unit);
		}
		total += negative ? -v * scale : v * scale;
	}
	return total;
}

static bool
digits_only(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!chr_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* Ask for a user or group; numbers need no asking. */
static int
conf_id(struct reading *r, enum conf_ask what, struct str name, uint32_t *id, uint32_t *gid, bool *has_gid)
{
	struct buf	b;
	struct str	text, word;
	uint64_t	v = 0;
	int		rc = -1;

	if (digits_only(name)) {
		if (num_u64(name, 0, UINT32_MAX - 1, &v) == -1)
			return -1;
		*id = (uint32_t)v;
		return 0;
	}
	buf_init(&b, 256);
	if (r->loader->ask(r->loader->arg, what, name, &b, NULL) == CONF_FOUND) {
		text = buf_str(&b);
		if (str_word(&text, &word) && num_u64(word, 0, UINT32_MAX - 1, &v) == 0) {
			*id = (uint32_t)v;
			rc = 0;
		}
		if (rc == 0 && gid != NULL && str_word(&text, &word) && num_u64(word, 0, UINT32_MAX - 1, &v) == 0) {
			*gid = (uint32_t)v;
			*has_gid = true;
		}
	}
	buf_done(&b);
	return rc;
}

int
conf_user(struct reading *r, struct str text, const char *what, bool *has_uid, uint32_t *uid, bool *has_gid, uint32_t *gid)
{
	struct str	user, group = STR_NONE;
	size_t		at = 0;
	bool		ignored;

	text = str_trim(text);
	while (at < text.n && text.p[at] != ':' && text.p[at] != '.' && text.p[at] != ',' && !chr_is_space(text.p[at]))
		at++;
	if (at < text.n && text.p[at] == '.')		/* a dot may be part of a user's name */
		while (at < text.n && text.p[at] != ':' && text.p[at] != ',')
			at++;
	user = str_trim(str_first(text, at));
	if (at < text.n)
		group = str_trim(str_from(text, at + 1));
	if (user.n > 0) {
		if (conf_id(r, CONF_ASK_USER, user, uid, gid, has_gid) == -1) {
			conf_error(r, "readcf: %s unknown user %.*s", what, STR_ARG(user));
			return -1;
		}
		*has_uid = true;
	}
	if (group.n > 0) {
		if (conf_id(r, CONF_ASK_GROUP, group, gid, NULL, &ignored) == -1) {
			conf_error(r, "readcf: %s unknown group %.*s", what, STR_ARG(group));
			return -1;
		}
		*has_gid = true;
	}
	return 0;
}

/* ---- small lines ---- */

static void
read_define(struct reading *r, struct str s)
{
	struct err	e;
	size_t		taken;
	struct str	rest;
	int		id = rules_name_take(r->rules, s, &taken, &e);

	if (id < 0) {
		conf_error(r, "%s", e.text);
		return;
	}
	rest = str_from(s, taken);
	rules_define(r->rules, id, conf_munch(r, &rest, '\0'));
}

static void
read_version(struct reading *r, struct str s)
{
	size_t	n = 0;
	int	level;

	s = str_trim(s);
	while (n < s.n && chr_is_digit(s.p[n]))
		n++;
	if (n == 0 || num_int(str_first(s, n), 0, 99999, &level) == -1) {
		conf_error(r, "invalid argument to V line: \"%.*s\"", STR_ARG(s));
		return;
	}
	r->conf->level = level;
	rules_set_level(r->rules, level);
	if (level >= 10 + 1)
		conf_warn(r, "Warning: .cf version level (%d) exceeds sendmail version %s functionality (10)", level, CONF_VERSION);
	s = str_ltrim(str_from(s, n));
	if (s.n > 0 && s.p[0] == '/') {
		r->conf->vendor = arena_str(r->conf->arena, str_from(s, 1));
		if (!str_caseeq_c(r->conf->vendor, "Berkeley") && !str_caseeq_c(r->conf->vendor, "Angarium"))
			conf_error(r, "invalid V line vendor code: \"%.*s\"", STR_ARG(r->conf->vendor));
	}
	if (level < 6)
		r->conf->opt.colon_ok_in_addr = true;
	else if (!r->command_line)
		r->conf->opt.colon_ok_in_addr = false;
}

static void
read_precedence(struct reading *r, struct str s)
{
	struct conf_precedence	*p;
	size_t			 at = str_chr(s, '=');

	if (at == SIZE_MAX) {
		conf_error(r, "unknown configuration line \"P%.*s\"", STR_ARG(s));
		return;
	}
	p = CONF_PUSH(r, r->conf->precedences, r->conf->nprecedences);
	p->name = arena_str(r->conf->arena, str_trim(str_first(s, at)));
	p->value = (int)conf_number(str_from(s, at + 1));
}

static void
read_trusted(struct reading *r, struct str s)
{
	struct err	e;
	size_t		taken;
	int		id = rules_name_take(r->rules, STR("t"), &taken, &e);
	struct str	word;

	s = conf_expand(r, s);
	while (str_word(&s, &word))
		rules_class_add(r->rules, id, word);
}

static void
read_env(struct reading *r, struct str s)
{
	s = conf_expand(r, str_trim(s));
	if (s.n > 0)
		conf_list_add(r, &r->conf->env, s);
}

int
conf_map_wanted(void *arg, struct str name)
{
	struct reading	*r = arg;
	struct conf_map	*m;
	int		 i = conf_map_find(r->conf, name);

	if (i >= 0)
		return i;
	m = CONF_PUSH(r, r->conf->maps, r->conf->nmaps);
	m->name = arena_str(r->conf->arena, name);
	m->class = m->args = STR("");
	m->place = r->place;
	if (str_caseeq_c(name, "host") || str_caseeq_c(name, "user") || str_caseeq_c(name, "bestmx")) {
		m->class = m->name;		/* these are there by themselves */
		m->args = r->conf->level >= 2 && str_caseeq_c(name, "host") ? STR("-a.") : STR("");
		m->declared = true;
	}
	return (int)r->conf->nmaps - 1;
}

static size_t
map_name_length(struct str s)
{
	size_t	n = 0;

	while (n < s.n && (chr_is_alnum(s.p[n]) || s.p[n] == '_' || s.p[n] == '.'))
		n++;
	return n;
}

static void
read_map(struct reading *r, struct str s)
{
	struct conf_map	*m;
	struct str	 name, class;
	char		*nl;
	int		 i;

	s = arena_str(r->conf->arena, conf_expand(r, str_trim(s)));
	while (s.n > 0 && (nl = memchr(s.p, '\n', s.n)) != NULL)
		*nl = ' ';			/* of a line that goes on in the next */
	name = str_first(s, map_name_length(s));
	if (name.n == 0) {
		conf_error(r, "readcf: config K line: no map name");
		return;
	}
	s = str_from(s, name.n);
	if (!str_word(&s, &class)) {
		conf_error(r, "readcf: config K line, map %.*s: no map class", STR_ARG(name));
		return;
	}
	i = conf_map_wanted(r, name);
	m = &r->conf->maps[i];
	m->class = arena_lower(r->conf->arena, class);
	m->args = str_trim(s);
	m->declared = true;
	m->place = r->place;
	rules_map_name(r->rules, name, i);
	if (str_eq_c(m->class, "macro"))
		rules_map_is_macro(r->rules, i);
	else if (str_eq_c(m->class, "syslog"))
		rules_map_is_log(r->rules, i);
}

static void
read_set(struct reading *r, struct str s)
{
	struct err	e = ERR_INIT;
	struct str	text = conf_expand(r, str_trim(s)), name;
	size_t		n = 0;
	int		i = rules_set(r->rules, text, &e);

	r->any_set = true;
	r->set = i;
	rules_set_begin(r->rules, i);
	if (i < 0)
		conf_error(r, "%s", e.text);
	else if (rules_has_rules(r->rules, i) && str_eq_c(conf_expand(r, STR("${opMode}")), "t")) {
		while (n < text.n && (chr_is_alnum(text.p[n]) || text.p[n] == '_'))
			n++;
		name = str_first(text, n);
		conf_note(r, "WARNING: Ruleset %.*s has multiple definitions", STR_ARG(name));
	}
}

static void
rule_say(void *arg, bool warning, const char *text)
{
	if (warning)
		conf_warn(arg, "%s", text);
	else
		conf_error(arg, "%s", text);
}

static void
read_rule(struct reading *r, struct str s)
{
	struct str	lhs, rhs = STR_NONE;
	size_t		at = str_chr(s, '\t'), end;

	if (at == SIZE_MAX) {
		conf_error(r, "invalid rewrite line \"R%.*s\" (tab expected)", STR_ARG(s));
		return;
	}
	lhs = str_first(s, at);
	rhs = str_from(s, at);
	while (rhs.n > 0 && rhs.p[0] == '\t')
		rhs = str_from(rhs, 1);
	end = str_chr(rhs, '\t');
	if (end != SIZE_MAX)
		rhs = str_first(rhs, end);
	if (r->set < 0 && r->any_set) {
		conf_error(r, "missing valid ruleset for \"R%.*s\"", STR_ARG(s));
		return;
	}
	if (r->set < 0)
		read_set(r, STR("0"));
	(void)rules_add(r->rules, r->set, lhs, rhs, r->place.line, r->place.origin, rule_say, r);
}

/* ---- the table ---- */

static const struct {
	char	letter;
	void	(*read)(struct reading *, struct str);
} line_types[] = {
	{ 'R', read_rule },
	{ 'S', read_set },
	{ 'D', read_define },
	{ 'C', conf_read_class },
	{ 'F', conf_read_file },
	{ 'K', read_map },
	{ 'O', conf_read_option },
	{ 'M', conf_read_mailer },
	{ 'H', conf_read_header },
	{ 'P', read_precedence },
	{ 'T', read_trusted },
	{ 'V', read_version },
	{ 'X', conf_read_filter },
	{ 'Q', conf_read_group },
	{ 'E', read_env },
};

static void
conf_read_line(struct reading *r, struct str line)
{
	for (size_t i = 0; i < sizeof line_types / sizeof *line_types; i++)
		if (line.p[0] == line_types[i].letter) {
			line_types[i].read(r, str_from(line, 1));
			return;
		}
	conf_error(r, "unknown configuration line \"%.*s\"", STR_ARG(line));
}

/* ---- lines out of text ---- */

/* #line 12 "site.mc": what follows is line 12 of site.mc. */
struct mark {
	struct str	file;
	uint64_t	line;		/* of the next line; 0 none */
};

static void
mark_take(struct mark *m, struct str line)
{
	struct str	rest = str_from(line, 5), number;
	uint64_t	n;

	if (!str_word(&rest, &number) || num_u64(number, 1, 1u << 30, &n) == -1)
		return;
	rest = str_trim(rest);
	if (rest.n >= 2 && rest.p[0] == '"' && rest.p[rest.n - 1] == '"')
		m->file = str_sub(rest, 1, rest.n - 1);
	else if (rest.n > 0)
		return;
	m->line = n;
}

/* Cut a comment and final blanks off; "\#" is a plain #. In place: the text is our copy. */
static struct str
line_uncomment(char *p, size_t n)
{
	size_t	out = 0, i;

	for (i = 0; i < n; i++) {
		if (p[i] == '#' && !(out > 0 && p[out - 1] == '$')) {
			if (out > 0 && p[out - 1] == '\\') {
				p[out - 1] = '#';
				continue;
			}
			break;
		}
		p[out++] = p[i];
	}
	while (out > 0 && chr_is_space(p[out - 1]))
		out--;
	return str_mem(p, out);
}

static void
read_logical(struct reading *r, struct str line)
{
	char		*p;
	size_t		 n = line.n;
	struct str	 s;

	while (n > 0 && (line.p[n - 1] == '\n' || line.p[n - 1] == '\r'))
		n--;
	p = arena_bytes(r->conf->arena, n + 1);
	memcpy(p, line.p, n);
	s = r->conf->level >= 3 ? line_uncomment(p, n) : str_mem(p, n);
	if (str_trim(s).n == 0)
		return;
	conf_read_line(r, s);
}

static struct str
line_origin(struct reading *r, const struct mark *m)
{
	return m->line == 0 ? STR_NONE : arena_fmt(r->conf->arena, "%.*s:%llu", STR_ARG(m->file), (unsigned long long)m->line);
}

void
conf_read_text(struct reading *r, struct str text)
{
	struct mark	mark = { STR_NONE, 0 };
	struct str	line;
	unsigned	number = 0;
	size_t		at = 0, end;

	while (at < text.n) {
		unsigned	first = number + 1, lines = 1;

		/* one logical line: with what continues it */
		for (end = at;; lines++) {
			size_t	nl = str_chr(str_from(text, end), '\n');

			end = nl == SIZE_MAX ? text.n : end + nl + 1;
			if (end >= text.n || !chr_is_blank(text.p[end]) || text.p[at] == '#' || text.p[at] == '\n')
				break;
		}
		line = str_sub(text, at, end);
		number += lines;
		if (str_starts(line, STR("#line ")))
			mark_take(&mark, str_trim(line));
		else {
			r->place.line = number;
			r->place.origin = line.p[0] == '#' || line.p[0] == '\n' ? STR_NONE : line_origin(r, &mark);
			if (line.p[0] != '#' && line.p[0] != '\n' && line.p[0] != '\r')
				read_logical(r, line);
			if (mark.line > 0)
				mark.line += lines;
		}
		(void)first;
		at = end;
	}
}
