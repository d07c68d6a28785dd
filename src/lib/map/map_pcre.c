/*
 * map_pcre - class pcre: as class regex, with Perl's expressions (PCRE2).  Flags as regex has them, but -b.
 */
#include "base/num.h"
#include "map/map_pcre.h"

static struct map_pcre *
map_pcre_of(struct map *m)
{
	if (m->inside == NULL)
		m->inside = ARENA_NEW(m->arena, struct map_pcre);
	return m->inside;
}

static int
map_pcre_flag(struct map *m, char letter, struct str v, struct str *rest, struct err *e)
{
	struct map_pcre	*p = map_pcre_of(m);
	struct str	 w;

	(void)rest;
	switch (letter) {
	case 'n':
		p->negate = true;
		return 0;
	case 'd':
		p->has_delim = true;
		p->delim = arena_str(m->arena, v);
		return 0;
	case 's':
		p->substrings = true;
		while (v.n > 0 && str_split(&v, ',', &w)) {
			if (p->nsub == MAP_PCRE_SUBS || num_int(w, 0, 99, &p->sub[p->nsub]) == -1)
				return err_set(e, ERR_PERM, "map %.*s: -s wants at most %d numbers from 0 to 99, not \"%.*s\"", STR_ARG(m->name), MAP_PCRE_SUBS, STR_ARG(w));
			p->nsub++;
		}
		return 0;
	default:
		return 1;
	}
}

static int
map_pcre_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_pcre	*p = map_pcre_of(m);

	if (rest.n == 0)
		return err_set(e, ERR_PERM, "map %.*s: class pcre needs an expression", STR_ARG(m->name));
	p->text = arena_str(m->arena, rest);
	if (!p->has_delim)
		p->delim = STR("$|");
	return 0;
}

const struct map_class map_class_pcre = {
	"pcre", MC_REMOTE | MC_MODULE | MC_NOFOLD | MC_NOREWRITE, NULL, map_pcre_flag, map_pcre_parse, map_mod_open, map_mod_get, NULL, map_mod_close, NULL
};
