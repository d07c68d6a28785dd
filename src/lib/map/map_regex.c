/*
 * map_regex - class regex: POSIX expressions over the key.
 *
 * Without -s a match has an empty value (and -a's tag); with -s1,2 the substrings, joined by -d's delimiter or "$|"; bare -s all of them, the whole match first; with
 * -m the key.  Case is ignored unless -f.
 */
#include <regex.h>
#include <stdlib.h>

#include "base/num.h"
#include "map/map_int.h"

#define MAP_REGEX_SUBS	10

struct map_regex {
	regex_t		 re;
	bool		 compiled, negate, basic, substrings;
	int		 sub[MAP_REGEX_SUBS];
	size_t		 nsub;
	bool		 has_delim;
	struct str	 delim;
	const char	*text;
	int		 flags;
};

static struct map_regex *
map_regex_of(struct map *m)
{
	if (m->inside == NULL)
		m->inside = ARENA_NEW(m->arena, struct map_regex);
	return m->inside;
}

static int
map_regex_subs(struct map *m, struct map_regex *r, struct str list, struct err *e)
{
	struct str	w;

	r->substrings = true;
	while (list.n > 0 && str_split(&list, ',', &w)) {
		if (r->nsub == MAP_REGEX_SUBS || num_int(w, 0, MAP_REGEX_SUBS - 1, &r->sub[r->nsub]) == -1)
			return err_set(e, ERR_PERM, "map %.*s: -s wants numbers from 0 to %d, not \"%.*s\"", STR_ARG(m->name), MAP_REGEX_SUBS - 1, STR_ARG(w));
		r->nsub++;
	}
	return 0;
}

static int
map_regex_flag(struct map *m, char letter, struct str v, struct str *rest, struct err *e)
{
	struct map_regex	*r = map_regex_of(m);

	(void)rest;
	switch (letter) {
	case 'n':
		r->negate = true;
		return 0;
	case 'b':
		r->basic = true;
		return 0;
	case 's':
		return map_regex_subs(m, r, v, e);
	case 'd':
		r->has_delim = true;
		r->delim = arena_str(m->arena, v);
		return 0;
	default:
		return 1;
	}
}

static int
map_regex_compile(struct map *m, struct map_regex *r, struct err *e)
{
	char	why[160];
	int	rc;

	if (r->compiled)
		return 0;
	if ((rc = regcomp(&r->re, r->text, r->flags)) != 0) {
		regerror(rc, &r->re, why, sizeof why);
		return err_set(e, ERR_PERM, "map %.*s: expression \"%s\": %s", STR_ARG(m->name), r->text, why);
	}
	r->compiled = true;
	return 0;
}

static void
map_regex_close(struct map *m)
{
	struct map_regex	*r = m->inside;

	if (r->compiled)
		regfree(&r->re);
	r->compiled = false;
}

static int
map_regex_open(struct map *m, int fd, struct err *e)
{
	(void)fd;
	return map_regex_compile(m, m->inside, e);
}

/* Compiled at once, so that a mistake is found with the configuration, and counts as opened. */
static int
map_regex_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_regex	*r = map_regex_of(m);

	if (rest.n == 0 || str_has_nul(rest))
		return err_set(e, ERR_PERM, "map %.*s: class regex needs an expression", STR_ARG(m->name));
	r->flags = (r->basic ? 0 : REG_EXTENDED) | (m->flags & MF_KEEPCASE ? 0 : REG_ICASE);
	r->text = arena_cstr(m->arena, rest);
	map_trace_regex(m, r->text, r->flags | (r->nsub == 0 ? REG_NOSUB : 0));
	if (map_regex_compile(m, r, e) == -1)
		return -1;
	for (size_t i = 0; i < r->nsub; i++)
		if ((size_t)r->sub[i] > r->re.re_nsub) {
			err_set(e, ERR_PERM, "map %.*s: -s asks for substring %d, the expression has %zu", STR_ARG(m->name), r->sub[i], r->re.re_nsub);
			map_regex_close(m);
			return -1;
		}
	m->opened = true;
	return 0;
}

static void
map_regex_substrings(const struct map_regex *r, struct str key, const regmatch_t *at, struct buf *out)
{
	size_t	n = r->nsub > 0 ? r->nsub : r->re.re_nsub + 1;

	if (n > MAP_REGEX_SUBS)
		n = MAP_REGEX_SUBS;
	for (size_t i = 0; i < n; i++) {
		const regmatch_t	*s = &at[r->nsub > 0 ? (size_t)r->sub[i] : i];

		if (i > 0)
			buf_add(out, r->has_delim ? r->delim : STR("$|"));
		if (s->rm_so >= 0 && s->rm_eo >= s->rm_so)
			buf_add(out, str_sub(key, (size_t)s->rm_so, (size_t)s->rm_eo));
	}
}

static enum map_result
map_regex_get(struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *out, struct err *e)
{
	struct map_regex	*r = m->inside;
	struct arena		*a = call->scratch;
	regmatch_t		 at[MAP_REGEX_SUBS];
	struct buf		 found;
	int			 rc;

	if (str_has_nul(key))
		return MAPR_NONE;
	rc = regexec(&r->re, arena_cstr(a, key), MAP_REGEX_SUBS, at, 0);
	if (rc != 0 && rc != REG_NOMATCH) {
		err_set(e, ERR_TEMP, "map %.*s: the expression could not be tried: out of memory", STR_ARG(m->name));
		return MAPR_TEMP;
	}
	if ((rc == 0) == r->negate)
		return MAPR_NONE;
	if (m->flags & MF_MATCH)
		buf_add(out, key);
	else if (r->substrings && rc == 0) {
		buf_init(&found, MAP_VALUE_MAX);	/* as any value it may name arguments */
		map_regex_substrings(r, key, at, &found);
		map_rewrite(out, buf_str(&found), key, args, nargs);
		buf_done(&found);
	}
	if (m->after_sub != '\0')
		for (size_t i = 0; i < out->n; i++)
			if (out->p[i] == ' ')
				out->p[i] = m->after_sub;
	buf_add(out, m->tag);
	return MAPR_FOUND;
}

const struct map_class map_class_regex = {
	"regex", MC_NOFOLD | MC_NOREWRITE, NULL, map_regex_flag, map_regex_parse, map_regex_open, map_regex_get, NULL, map_regex_close, NULL
};
