/*
 * map_args - the flags of a K line.
 *
 * Flags stand in front, one letter after a dash; a letter's value follows it in the same word.  -k and -v may have a blank before it.  `-T -o` is therefore an
 * empty tag and then -o, which is how old tutorials write it.  Input is the administrator's: mistakes are reported, never guessed away.
 */
#include "map/map_int.h"

#include "base/num.h"

static const struct {
	char		letter;
	unsigned	flag;
} map_switches[] = {
	{ 'o', MF_OPTIONAL }, { 'f', MF_KEEPCASE }, { 'm', MF_MATCH }, { 'q', MF_KEEPQUOTES }, { 'A', MF_APPEND },
	{ 't', MF_NOTEMP }, { 'D', MF_NODEFER }, { 'N', MF_ONLY_NUL }, { 'O', MF_ONLY_PLAIN }, { '1', MF_SINGLE },
};

static struct str
map_args_delim(struct map *m, struct str v)
{
	if (v.n >= 2 && v.p[0] == '\\')
		return v.p[1] == 'n' ? STR("\n") : v.p[1] == 't' ? STR("\t") : arena_str(m->arena, str_sub(v, 1, 2));
	return v.n == 0 ? STR_NONE : arena_str(m->arena, str_first(v, 1));
}

/* The value behind a letter, which may be the next word. */
static struct str
map_args_value(struct str v, struct str *rest)
{
	struct str	w;

	if (v.n == 0 && str_word(rest, &w))
		return w;
	return v;
}

static int
map_args_flag(struct map *m, char letter, struct str v, struct str *rest, struct err *e)
{
	int	rc;

	if (m->class->flag != NULL) {
		if ((rc = m->class->flag(m, letter, v, rest, e)) != 1)
			return rc;
	}
	for (size_t i = 0; i < sizeof(map_switches) / sizeof(map_switches[0]); i++)
		if (map_switches[i].letter == letter) {
			if (v.n > 0)
				return err_set(e, ERR_PERM, "map %.*s: flag -%c takes no value, but \"%.*s\" follows it", STR_ARG(m->name), letter, STR_ARG(v));
			m->flags |= map_switches[i].flag;
			return 0;
		}
	switch (letter) {
	case 'a':
		m->tag = arena_str(m->arena, v);
		return 0;
	case 'T':
		m->temp_tag = arena_str(m->arena, v);
		m->has_temp_tag = true;
		return 0;
	case 'k':
		m->key_col = arena_str(m->arena, map_args_value(v, rest));
		return 0;
	case 'v':
		m->value_col = arena_str(m->arena, map_args_value(v, rest));
		return 0;
	case 'z':
		m->delim = map_args_delim(m, v);
		return 0;
	case 's':
		m->space_sub = v.n > 0 ? v.p[0] : ' ';
		return 0;
	case 'S':
		m->after_sub = v.n > 0 ? v.p[0] : ' ';
		return 0;
	case 'd':
		m->timeout = arena_str(m->arena, v);
		return 0;
	case 'r':
		m->retry = arena_str(m->arena, v);
		return 0;
	case 'L':
		if (num_int(v, 0, 99, &m->log_level) == -1)
			return err_set(e, ERR_PERM, "map %.*s: flag -L wants a number, not \"%.*s\"", STR_ARG(m->name), STR_ARG(v));
		return 0;
	default:
		return err_set(e, ERR_PERM, "map %.*s: class %s has no flag -%c", STR_ARG(m->name), m->class->name, letter);
	}
}

static int
map_args_file(struct map *m, struct str rest, struct err *e)
{
	const char	*suffix = m->class->suffix;
	struct str	 w, path;

	if (!str_word(&rest, &w))
		return err_set(e, ERR_PERM, "map %.*s: class %s needs a file name", STR_ARG(m->name), m->class->name);
	/* What stands behind the file name is not ours: once it was a command that made the file. */
	if (str_has_nul(w))
		return err_set(e, ERR_PERM, "map %.*s: NUL in the file name", STR_ARG(m->name));
	path = arena_str(m->arena, w);
	if (suffix != NULL && !str_ends(path, str_c(suffix)))
		path = arena_fmt(m->arena, "%.*s%s", STR_ARG(w), suffix);
	m->path = arena_cstr(m->arena, path);
	return 0;
}

int
map_args_parse(struct map *m, struct str args, struct err *e)
{
	struct str	rest = str_trim(args), word, peek;

	for (;;) {
		peek = rest;
		if (!str_word(&peek, &word) || word.n < 2 || word.p[0] != '-')
			break;
		rest = peek;
		if (map_args_flag(m, word.p[1], str_from(word, 2), &rest, e) == -1)
			return -1;
	}
	rest = str_trim(rest);
	if (m->class->traits & MC_FILE)
		return map_args_file(m, rest, e);
	if (m->class->traits & MC_NOARGS && rest.n > 0)
		return err_set(e, ERR_PERM, "map %.*s: class %s takes flags only, not \"%.*s\"", STR_ARG(m->name), m->class->name, STR_ARG(rest));
	return m->class->parse == NULL ? 0 : m->class->parse(m, rest, e);
}
