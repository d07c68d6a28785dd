/*
 * conf_class - C and F lines: members of classes, given in the configuration, in files, by programs and maps.
 */
#include <string.h>

#include "conf_int.h"

#define CLASS_TEXT_MAX	((size_t)16 << 20)

static void
class_words(struct reading *r, int class, struct str s)
{
	struct str	word;

	while (str_word(&s, &word))
		rules_class_add(r->rules, class, word);
}

/* A word "$=x" stands for the members of another class. */
static bool
class_copy(struct reading *r, int class, struct str word)
{
	struct err	e;
	size_t		taken;
	int		from;

	if (!str_starts(word, STR("$=")))
		return false;
	from = rules_name_take(r->rules, str_from(word, 2), &taken, &e);
	for (size_t i = 0; i < rules_class_count(r->rules, from); i++)
		rules_class_add(r->rules, class, rules_class_member(r->rules, from, i));
	return true;
}

static bool
class_word(struct str *s, struct str *word)
{
	size_t	i = 0;

	while (i < s->n && chr_is_space(s->p[i]))
		i++;
	*s = str_from(*s, i);
	for (i = 0; i < s->n && !chr_is_space(s->p[i]); i++)
		;
	*word = str_first(*s, i);
	*s = str_from(*s, i);
	return word->n > 0;
}

void
conf_read_class(struct reading *r, struct str s)
{
	struct err	e;
	size_t		taken;
	struct str	word;
	int		id = rules_name_take(r->rules, s, &taken, &e);

	if (id < 0) {
		conf_error(r, "%s", e.text);
		return;
	}
	rules_class_touch(r->rules, id);
	s = str_from(s, taken);
	while (class_word(&s, &word))
		if (!class_copy(r, id, word))
			class_words(r, id, conf_expand(r, word));
}

/* ---- scanf's formats, as far as one string comes out ---- */

static bool
scan_in_set(struct str set, char c)
{
	bool	negate = set.n > 0 && set.p[0] == '^', in = false;

	for (size_t i = negate ? 1 : 0; i < set.n && !in; i++) {
		if (i + 2 < set.n && set.p[i + 1] == '-') {
			in = (unsigned char)c >= (unsigned char)set.p[i] && (unsigned char)c <= (unsigned char)set.p[i + 2];
			i += 2;
		} else
			in = set.p[i] == c;
	}
	return in != negate;
}

/* One conversion at f->p[0] (behind the %): takes from *in, *out is what it took unless it was %*. -1: no match. */
static int
scan_conversion(struct str *f, struct str *in, struct str *out)
{
	bool		suppress = false;
	size_t		width = SIZE_MAX, n = 0, at;
	struct str	set = STR_NONE;
	char		kind;

	if (f->n > 0 && f->p[0] == '*') {
		suppress = true;
		*f = str_from(*f, 1);
	}
	if (f->n > 0 && chr_is_digit(f->p[0]))
		for (width = 0; f->n > 0 && chr_is_digit(f->p[0]); *f = str_from(*f, 1))
			width = width > 100000 ? width : width * 10 + (size_t)(f->p[0] - '0');
	if (f->n == 0)
		return -1;
	kind = f->p[0];
	*f = str_from(*f, 1);
	if (kind == '[') {
		at = str_chr(str_from(*f, f->n > 1 && (f->p[0] == ']' || (f->p[0] == '^' && f->p[1] == ']')) ? 2 : 0), ']');
		if (at == SIZE_MAX)
			return -1;
		if (f->n > 1 && (f->p[0] == ']' || (f->p[0] == '^' && f->p[1] == ']')))
			at += 2;
		set = str_first(*f, at);
		*f = str_from(*f, at + 1);
	} else if (kind != 'c')
		while (in->n > 0 && chr_is_space(in->p[0]))
			*in = str_from(*in, 1);
	if (kind == 'c' && width == SIZE_MAX)
		width = 1;
	while (n < in->n && n < width && (kind == 'c' || (kind == '[' ? scan_in_set(set, in->p[n]) : !chr_is_space(in->p[n]))))
		n++;
	if (n == 0)
		return -1;
	if (!suppress)
		*out = str_first(*in, n);
	*in = str_from(*in, n);
	return suppress ? 0 : 1;
}

/* The first string that the format takes out of a line; STR_NONE when it does not fit. */
static struct str
scan_line(struct str f, struct str in)
{
	struct str	out = STR_NONE;

	while (f.n > 0) {
		char	c = f.p[0];
		int	rc;

		f = str_from(f, 1);
		if (chr_is_space(c)) {
			while (in.n > 0 && chr_is_space(in.p[0]))
				in = str_from(in, 1);
		} else if (c != '%') {
			if (in.n == 0 || in.p[0] != c)
				return STR_NONE;
			in = str_from(in, 1);
		} else {
			rc = scan_conversion(&f, &in, &out);
			if (rc == -1)
				return STR_NONE;
			if (rc == 1)
				return out;
		}
	}
	return out;
}

/* ---- F lines ---- */

static void
class_text(struct reading *r, int class, struct str text, struct str format)
{
	struct str	line;

	while (str_split(&text, '\n', &line)) {
		if (line.n == 0 || line.p[0] == '#')
			continue;
		class_words(r, class, scan_line(format, line));
	}
}

static unsigned
class_allow(const struct conf *c)
{
	static const struct { const char *word; unsigned bit; } words[] = {
		{ "classfileinunsafedirpath", CONF_UNSAFE_DIR }, { "groupwritabledirpathsafe", CONF_UNSAFE_GROUPDIR },
		{ "linkedclassfileinwritabledir", CONF_UNSAFE_LINK }, { "truststickybit", CONF_UNSAFE_STICKY }
	};
	unsigned	allow = 0;

	for (size_t i = 0; i < c->opt.dont_blame.n; i++)
		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			if (str_eq_c(c->opt.dont_blame.v[i], words[k].word))
				allow |= words[k].bit;
	return allow;
}

/* Whatever can be asked, with the words that sendmail has for its failure. */
static void
class_ask(struct reading *r, const struct conf_source *c, int class, enum conf_ask what, struct str question, struct str format)
{
	struct buf	b;
	struct err	e = ERR_INIT;
	enum conf_found	found;

	buf_init(&b, CLASS_TEXT_MAX);
	found = r->loader->ask(r->loader->arg, what, question, &b, &e);
	if (found == CONF_FOUND)
		class_text(r, class, buf_str(&b), format);
	else if (!c->optional && what == CONF_ASK_FILE) {
		conf_error(r, "fileclass: cannot open '%.*s': %s", STR_ARG(c->text), e.text);
		r->errs->nfiles++;
	} else if (found != CONF_FOUND && !c->optional && what != CONF_ASK_FILE)
		conf_error(r, "fileclass: F%.*s: %s%s%s", STR_ARG(c->class), what == CONF_ASK_MAP ? "map open failed" : "program failed",
		    e.text[0] != '\0' ? ": " : "", e.text);
	buf_done(&b);
}

static struct str
class_ldap_default(struct reading *r, const struct conf_source *c)
{
	struct str	name = c->class;

	if (name.n > 2 && name.p[0] == '{')
		name = str_sub(name, 1, name.n - 1);
	return arena_fmt(r->conf->arena, "-k (&(objectClass=sendmailMTAClass)(sendmailMTAClassName=%.*s)"
	    "(|(sendmailMTACluster=${sendmailMTACluster})(sendmailMTAHost=$j))) -v sendmailMTAClassValue", STR_ARG(name));
}

/* key@class:args */
static void
class_map(struct reading *r, struct conf_source *c, int class, struct str s, size_t at)
{
	struct str	spec = str_from(s, at + 1);

	if (str_eq_c(str_trim(spec), "LDAP"))
		spec = arena_cat(r->conf->arena, STR("ldap:"), class_ldap_default(r, c));
	if (str_casestarts(spec, STR("ldap:")) && r->conf->opt.ldap_default_spec.n > 0)
		spec = arena_fmt(r->conf->arena, "ldap:%.*s %.*s", STR_ARG(r->conf->opt.ldap_default_spec), STR_ARG(str_from(spec, 5)));
	c->kind = SOURCE_MAP;
	c->key = str_first(s, at);
	c->text = conf_expand(r, spec);
	class_ask(r, c, class, CONF_ASK_MAP, arena_fmt(r->conf->arena, "%.*s\n%.*s", STR_ARG(c->text), STR_ARG(c->key)), STR("%[^\n]"));
}

static void
class_program(struct reading *r, struct conf_source *c, int class, struct str s)
{
	c->kind = SOURCE_PROGRAM;
	c->text = conf_expand(r, str_trim(s));
	class_ask(r, c, class, CONF_ASK_PROGRAM, c->text, STR("%s"));
}

/* "path", "\"path\"", and perhaps a format */
static void
class_file(struct reading *r, struct conf_source *c, int class, struct str s)
{
	struct str	path, q;
	size_t		end;

	if (s.p[0] == '"' && (end = str_chr(str_from(s, 1), '"')) != SIZE_MAX) {
		path = str_sub(s, 1, 1 + end);
		s = str_from(s, end + 2);
	} else
		(void)class_word(&s, &path);
	s = str_trim(s);
	c->kind = SOURCE_FILE;
	q = c->text = conf_expand(r, path);
	if (c->allow != 0)
		q = arena_fmt(r->conf->arena, "%.*s\n%u", STR_ARG(c->text), c->allow);
	class_ask(r, c, class, CONF_ASK_FILE, q, s.n > 0 ? s : STR("%s"));
}

void
conf_read_file(struct reading *r, struct str s)
{
	struct conf_source	*c, here = { .allow = class_allow(r->conf), .place = r->place };
	struct err		 e;
	size_t			 taken, at;
	int			 class;

	class = rules_name_take(r->rules, s, &taken, &e);
	if (class < 0) {
		conf_error(r, "%s", e.text);
		return;
	}
	here.class = arena_str(r->conf->arena, str_first(s, taken));
	rules_class_touch(r->rules, class);
	s = str_ltrim(str_from(s, taken));
	if (str_starts(s, STR("-o"))) {
		here.optional = true;
		s = str_ltrim(str_from(s, 2));
	}
	s = str_rtrim(s);
	if (s.n == 0) {
		conf_error(r, "fileclass: missing file name");
		return;
	}
	c = CONF_PUSH(r, r->conf->sources, r->conf->nsources);
	*c = here;
	at = str_chr(s, '@');
	if (s.p[0] == '|')
		class_program(r, c, class, str_from(s, 1));
	else if (s.p[0] != '/' && s.p[0] != '"' && at != SIZE_MAX)
		class_map(r, c, class, s, at);
	else
		class_file(r, c, class, s);
}
