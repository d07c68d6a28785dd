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

struct str
map_args_long(struct map *m, struct str v, struct str *rest)
{
	const char	*p = v.p, *end = m->all.p + m->all.n, *from;
	struct buf	 b;
	struct str	 w, out = STR_NONE;
	int		 depth = 0;

	if (p == NULL)
		return STR_NONE;
	while (p < end && chr_is_space(*p))
		p++;
	from = p;
	if (p < end && *p == '"') {
		for (from = ++p; p < end && *p != '"'; p++)
			;
		out = arena_str(m->arena, str_mem(from, (size_t)(p - from)));
		if (p < end)
			p++;
	} else if (p < end && *p == '(') {
		do {
			if (*p == '\\' && p + 1 < end)
				p++;
			else if (*p == '(' || *p == ')')
				depth += *p == '(' ? 1 : -1;
			p++;
		} while (p < end && depth > 0);
		out = arena_str(m->arena, str_mem(from, (size_t)(p - from)));
	} else {
		*rest = str_mem(p, (size_t)(end - p));
		buf_init(&b, MAP_VALUE_MAX);
		do {
			if (!str_word(rest, &w))
				break;
			buf_add(&b, w);
		} while (w.p[w.n - 1] == ',' && str_ltrim(*rest).n > 0 && str_ltrim(*rest).p[0] != '-');
		out = arena_str(m->arena, buf_str(&b));
		buf_done(&b);
		return out;
	}
	*rest = str_mem(p, (size_t)(end - p));
	return out;
}

int
map_args_seconds(struct map *m, char letter, struct str v, int *ms, struct err *e)
{
	int64_t	s;

	if (num_time(v, 's', &s) == -1 || s < 1 || s > 3600)
		return err_set(e, ERR_PERM, "map %.*s: flag -%c wants a number of seconds from 1 to 3600, not \"%.*s\"", STR_ARG(m->name), letter, STR_ARG(v));
	*ms = (int)s * 1000;
	return 0;
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
map_args_flags(struct map *m, struct str *rest, struct err *e)
{
	struct str	word, peek;

	for (;;) {
		peek = *rest;
		if (!str_word(&peek, &word) || word.n < 2 || word.p[0] != '-')
			return 0;
		*rest = peek;
		if (map_args_flag(m, word.p[1], str_from(word, 2), rest, e) == -1)
			return -1;
	}
}

int
map_args_parse(struct map *m, struct str args, struct err *e)
{
	struct str	rest = arena_str(m->arena, str_trim(args));
	char		*nl;

	/* Of lines that were folded, AliasFile's too. */
	while (rest.n > 0 && (nl = memchr(rest.p, '\n', rest.n)) != NULL)
		*nl = ' ';
	m->all = rest;
	if (map_args_flags(m, &rest, e) == -1)
		return -1;
	rest = str_trim(rest);
	if (m->class->traits & MC_FILE)
		return map_args_file(m, rest, e);
	if (m->class->traits & MC_NOARGS && rest.n > 0)
		return err_set(e, ERR_PERM, "map %.*s: class %s takes flags only, not \"%.*s\"", STR_ARG(m->name), m->class->name, STR_ARG(rest));
	return m->class->parse == NULL ? 0 : m->class->parse(m, rest, e);
}
