/*
 * map_tally - classes greylist and tally: what the daemon remembers of clients and accounts; they find nothing unless the answer is "not now".
 *
 *	Kgrey greylist -w5m -r2d -k36d -n5	$(grey ADDRESS $@ SENDER $@ RECIPIENT $@ SECONDS $: PASS $)
 *	Ksent tally -w1h			$(sent KEY $@ LIMIT $@ ADD $: OK $)
 *
 * greylist finds the number of seconds that the client has still to wait.  tally counts ADD (1) under KEY, unless more than LIMIT would then have been
 * counted in the time of -w: then it counts nothing and finds the number of seconds after which it would.  Where nobody remembers (a command, a test) nothing is found.
 */
#include "base/num.h"
#include "map/map_int.h"

#define TALLY_LONGEST	((int64_t)366 * 86400)

struct map_remember {
	int64_t	wait, retry, keep;	/* seconds; of a tally `wait` is the window */
	int	good;
};

static const struct map_remember map_grey_usual = { 300, 2 * 86400, 36 * 86400, 5 }, map_tally_usual = { 3600, 0, 0, 0 };

static struct map_remember *
map_remember_of(struct map *m)
{
	if (m->inside == NULL) {
		struct map_remember *r = m->inside = ARENA_NEW(m->arena, struct map_remember);

		*r = str_eq_c(m->class_name, "tally") ? map_tally_usual : map_grey_usual;
	}
	return m->inside;
}

static int
map_remember_time(struct map *m, char letter, struct str v, int64_t *out, struct err *e)
{
	int64_t	s;

	if (num_time(v, 's', &s) == -1 || s < 1 || s > TALLY_LONGEST)
		return err_set(e, ERR_PERM, "map %.*s: flag -%c wants a time from 1s to 366d, not \"%.*s\"", STR_ARG(m->name), letter, STR_ARG(v));
	*out = s;
	return 0;
}

static int
map_remember_flag(struct map *m, char letter, struct str v, struct str *rest, struct err *e)
{
	struct map_remember	*r = map_remember_of(m);
	bool			 grey = !str_eq_c(m->class_name, "tally");

	if ((letter != 'w' && !(grey && memchr("rkn", letter, 3) != NULL)) || letter == '\0')
		return 1;
	if (v.n == 0)
		(void)str_word(rest, &v);
	if (letter == 'n')
		return num_int(v, 0, 1000000, &r->good) == 0 ? 0 :
		    err_set(e, ERR_PERM, "map %.*s: flag -n wants a number, not \"%.*s\"", STR_ARG(m->name), STR_ARG(v));
	return map_remember_time(m, letter, v, letter == 'w' ? &r->wait : letter == 'r' ? &r->retry : &r->keep, e);
}

static int
map_remember_parse(struct map *m, struct str rest, struct err *e)
{
	struct map_remember	*r = map_remember_of(m);

	if (rest.n > 0)
		return err_set(e, ERR_PERM, "map %.*s: class %.*s takes flags only, not \"%.*s\"", STR_ARG(m->name), STR_ARG(m->class_name), STR_ARG(rest));
	if (r->retry != 0 && r->retry <= r->wait)
		return err_set(e, ERR_PERM, "map %.*s: the time of -r must be longer than that of -w", STR_ARG(m->name));
	return 0;
}

/* Nobody is refused because it cannot be told: then nothing is found. */
static enum map_result
map_remember_ask(struct map *m, const struct map_tally *q, struct buf *out)
{
	struct err	e = ERR_INIT;
	int64_t		seconds = 0;

	if (m->env->tally == NULL || m->env->tally(m->env->arg, q, &seconds, &e) == -1 || seconds <= 0)
		return MAPR_NONE;
	return buf_addnum(out, (uint64_t)seconds) == -1 ? MAPR_NONE : MAPR_FOUND;
}

static enum map_result
map_grey_get(MAP_GET_ARGS)
{
	const struct map_remember *r = map_remember_of(m);
	struct map_tally	q = { .grey = true, .map = m->name, .key = key, .wait = r->wait, .retry = r->retry, .keep = r->keep, .good = (uint32_t)r->good };
	int64_t			s;

	(void)call;
	(void)e;
	q.sender = nargs > 0 ? args[0] : STR("");
	q.rcpt = nargs > 1 ? args[1] : STR("");
	if (nargs > 2 && num_time(args[2], 's', &s) == 0 && s > 0 && s <= TALLY_LONGEST / 2) {
		q.wait = s;
		if (q.retry < 2 * s)
			q.retry = 2 * s;
	}
	return map_remember_ask(m, &q, out);
}

static enum map_result
map_tally_get(MAP_GET_ARGS)
{
	const struct map_remember *r = map_remember_of(m);
	struct map_tally	q = { .map = m->name, .key = key, .wait = r->wait, .add = 1 };
	uint64_t		n;

	(void)call;
	(void)e;
	if (nargs == 0 || num_u64(str_trim(args[0]), 0, UINT32_MAX / 2, &n) == -1)
		return MAPR_NONE;
	q.limit = (uint32_t)n;
	if (nargs > 1 && num_u64(str_trim(args[1]), 0, UINT32_MAX / 2, &n) == 0)
		q.add = (uint32_t)n;
	return map_remember_ask(m, &q, out);
}

const struct map_class map_class_greylist = { "greylist", 0, NULL, map_remember_flag, map_remember_parse, NULL, map_grey_get, NULL, NULL, NULL };
const struct map_class map_class_tally = { "tally", MC_NOFOLD, NULL, map_remember_flag, map_remember_parse, NULL, map_tally_get, NULL, NULL, NULL };
