/*
 * map_seq - classes sequence and switch: several maps asked in order.
 *
 * A temporary failure of one is remembered: if no later map knows the key, it is the answer, for "not found" would be a guess.
 * switch takes the list from the service switch: class "switch aliases" asks maps NAME.files, NAME.nis ... as the switch orders them.
 */
#include "map/map_int.h"

#define MAP_SEQ_MAX	32

struct map_seq {
	struct str	name[MAP_SEQ_MAX];
	size_t		n;
	struct str	service;	/* switch */
	bool		busy;		/* a sequence that contains itself */
};

static int
map_seq_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_seq	*s = m->inside = ARENA_NEW(m->arena, struct map_seq);
	struct str	 w;

	while (str_word(&rest, &w)) {
		if (s->n == MAP_SEQ_MAX)
			return err_set(e, ERR_PERM, "map %.*s: more than %d maps in a sequence", STR_ARG(m->name), MAP_SEQ_MAX);
		s->name[s->n++] = arena_str(m->arena, w);
	}
	return s->n > 0 ? 0 : err_set(e, ERR_PERM, "map %.*s: a sequence needs maps", STR_ARG(m->name));
}

static int
map_switch_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_seq	*s = m->inside = ARENA_NEW(m->arena, struct map_seq);
	struct str	 w;

	if (!str_word(&rest, &w))
		return err_set(e, ERR_PERM, "map %.*s: class switch needs a service name", STR_ARG(m->name));
	s->service = arena_str(m->arena, w);
	return 0;
}

/* The maps that the service switch names now. */
static void
map_switch_list(struct map *m, struct map_seq *s)
{
	struct str	how[MAP_SEQ_MAX];
	size_t		n = m->env->service == NULL ? 0 : m->env->service(m->env->arg, s->service, how, MAP_SEQ_MAX);

	if (s->n > 0)
		return;
	for (size_t i = 0; i < n; i++)
		s->name[s->n++] = arena_fmt(m->arena, "%.*s.%.*s", STR_ARG(m->name), STR_ARG(how[i]));
}

static enum map_result
map_seq_get(struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *out, struct err *e)
{
	struct map_seq	*s = m->inside;
	enum map_result	 answer = MAPR_NONE, r;
	struct map	*member;

	if (s->busy)
		return MAPR_NONE;
	if (!str_is_none(s->service))
		map_switch_list(m, s);
	s->busy = true;
	for (size_t i = 0; i < s->n; i++) {
		if ((member = m->env->find(m->env->arg, s->name[i])) == NULL)
			continue;
		buf_clear(out);
		r = call->raw ? map_get_raw(member, key, out, e) : map_lookup(member, call, key, args, nargs, out, e);
		if (r == MAPR_FOUND) {
			answer = r;
			break;
		}
		if (r == MAPR_TEMP)
			answer = r;
	}
	s->busy = false;
	if (answer != MAPR_FOUND)
		buf_clear(out);
	return answer;
}

/* Members prepare the key and finish the value themselves. */
const struct map_class map_class_sequence = {
	"sequence", MC_NOKEYPREP | MC_NOREWRITE, NULL, NULL, map_seq_parse, NULL, map_seq_get, NULL, NULL, NULL
};
const struct map_class map_class_switch = {
	"switch", MC_NOKEYPREP | MC_NOREWRITE | MC_REMOTE, NULL, NULL, map_switch_parse, NULL, map_seq_get, NULL, NULL, NULL
};
