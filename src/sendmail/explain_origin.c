/*
 * explain_origin - who wrote a line of the configuration.
 *
 * The marks in a sendmail.cf name files of the m4 tree and the .mc.  A line from feature/NAME.m4 is there because the .mc says FEATURE(`NAME'),
 * so that line of the .mc is what a person looks for; the .mc is searched for it when it lies beside the sendmail.cf.
 */
#include <string.h>

#include "explain.h"
#include "os/file.h"

#define ORIGIN_MC_MAX	((size_t)1 << 20)
#define ORIGIN_CF_MAX	((size_t)4 << 20)

struct explain_origin {
	struct arena	*arena;
	struct str	 name;		/* "site.mc", empty: not known */
	struct str	 text;		/* of the .mc, or empty */
};

/* Folders of the tree whose files stand for a macro of the .mc. */
static const struct {
	const char	*folder, *macro;
} origin_macros[] = {
	{ "feature/", "FEATURE" }, { "mailer/", "MAILER" }, { "ostype/", "OSTYPE" }, { "domain/", "DOMAIN" }, { "hack/", "HACK" },
};

static struct str
origin_last(struct str path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return str_from(path, i);
	return path;
}

/* The first mark that names a .mc. */
static struct str
origin_mc_name(struct str cf)
{
	struct str	line;

	while (str_split(&cf, '\n', &line)) {
		size_t	quote;

		if (!str_starts(line, STR("#line ")))
			continue;
		quote = str_chr(line, '"');
		if (quote == SIZE_MAX)
			continue;
		line = str_from(line, quote + 1);
		quote = str_chr(line, '"');
		if (quote != SIZE_MAX && str_ends(str_first(line, quote), STR(".mc")))
			return str_first(line, quote);
	}
	return STR("");
}

struct explain_origin *
explain_origin_new(struct arena *a, const struct conf *conf)
{
	struct explain_origin	*o = ARENA_NEW(a, struct explain_origin);
	struct str		 cf = STR(""), dir = str_first(conf->file, conf->file.n - origin_last(conf->file).n), path;

	o->arena = a;
	o->name = o->text = STR("");
	if (os_slurp(arena_cstr(a, conf->file), a, ORIGIN_CF_MAX, &cf, NULL) == -1)
		return o;
	path = origin_mc_name(cf);
	if (path.n == 0)
		return o;
	o->name = origin_last(path);
	if (path.p[0] != '/' || os_slurp(arena_cstr(a, path), a, ORIGIN_MC_MAX, &o->text, NULL) == -1)
		if (os_slurp(arena_cstr(a, arena_cat(a, dir, o->name)), a, ORIGIN_MC_MAX, &o->text, NULL) == -1)
			o->text = STR("");
	return o;
}

/* The line of the .mc that says MACRO(`name'; 0: none. */
static unsigned
origin_line(const struct explain_origin *o, const char *macro, struct str name)
{
	struct str	text = o->text, line, want = arena_fmt(o->arena, "%s(", macro);
	unsigned	n = 0;

	while (str_split(&text, '\n', &line)) {
		size_t	at = str_find(line, want);

		n++;
		if (at == SIZE_MAX || str_starts(line, STR("dnl")))
			continue;
		line = str_ltrim(str_from(line, at + want.n));
		if (line.n > 0 && line.p[0] == '`')
			line = str_from(line, 1);
		if (str_starts(line, name) && (line.n == name.n || (!chr_is_alnum(line.p[name.n]) && line.p[name.n] != '_')))
			return n;
	}
	return 0;
}

void
explain_origin_add(struct explain_origin *o, struct str origin, struct str file, unsigned line, struct buf *b)
{
	size_t	at;

	if (origin.n == 0) {
		struct str	last = origin_last(file);

		buf_addf(b, "%.*s:%u", STR_ARG(last), line);
		return;
	}
	for (size_t i = 0; i < sizeof origin_macros / sizeof *origin_macros; i++) {
		struct str	folder = str_c(origin_macros[i].folder), name;
		unsigned	n;

		at = str_find(origin, folder);
		if (at == SIZE_MAX || (at > 0 && origin.p[at - 1] != '/'))
			continue;
		name = str_from(origin, at + folder.n);
		if (str_find(name, STR(".m4:")) == SIZE_MAX)
			continue;
		name = str_first(name, str_find(name, STR(".m4:")));
		buf_addf(b, "%s(`%.*s')", origin_macros[i].macro, STR_ARG(name));
		n = origin_line(o, origin_macros[i].macro, name);
		if (n > 0)
			buf_addf(b, ", %.*s:%u", STR_ARG(o->name), n);
		return;
	}
	at = 0;					/* "./../m4/route.m4:276": without the way to the tree */
	for (size_t i = 0; i + 1 < origin.n; i++)
		if (origin.p[i] == '.' && origin.p[i + 1] == '/')
			at = i + 2;
	if (at == 0 && origin.p[0] == '/')
		at = origin.n - origin_last(origin).n;
	buf_add(b, str_from(origin, at));
}
