/*
 * route_group - recipients of other queue groups, and those beyond a group's r=, get messages of their own.
 *
 * Done once, when a message is routed for the first time: what waits in a queue stays in its group.
 */
#include "queue/qid.h"
#include "route.h"

static const struct conf_queue_group *
group_find(const struct conf *c, struct str name)
{
	const struct conf_queue_group *g = name.n == 0 ? NULL : conf_group_find(c, name);

	return g == NULL ? &c->groups[0] : g;
}

/* A new message of this group with those of the set that are marked with `part`. */
static int
group_split(struct routing *r, struct alias_set *set, const struct conf_queue_group *g, uint32_t part, struct split *sp, struct err *e)
{
	struct qf	q = r->qf;
	struct buf	b;
	char		id[QID_MAX];
	int		rc;

	qid_next(id);
	q.id = sp->id = arena_str(r->m, str_c(id));
	q.group = g == &r->rt->conf->groups[0] ? STR_NONE : g->name;
	q.flags |= QF_SPLIT;
	q.rcpt = NULL;
	q.nrcpt = 0;
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i]->part == part)
			*qf_add_rcpt(&q, r->m) = set->v[i]->q;
	buf_init(&b, QF_TEXT_MAX + 1);
	rc = qfile_print(&q, &b, e);
	sp->qf = arena_str(r->m, buf_str(&b));
	buf_done(&b);
	return rc;
}

static bool
group_matters(const struct routing *r)
{
	const struct conf *c = r->rt->conf;

	return r->qf.tries == 0 && (c->ngroups > 1 || c->groups[0].max_rcpts > 0);
}

/* Parts are numbered from 1; 0 stays.  Returns how many there are. */
static uint32_t
group_parts(struct routing *r, struct alias_set *set, const struct conf_queue_group **of)
{
	const struct conf	*c = r->rt->conf;
	uint32_t		*now = ARENA_ARRAY(r->m, uint32_t, c->ngroups), n = 0;
	size_t			*count = ARENA_ARRAY(r->m, size_t, c->ngroups);

	for (size_t i = 0; i < set->n; i++) {
		struct alias_rcpt		*x = set->v[i];
		const struct conf_queue_group	*g;
		size_t				 k;

		if (x->state != ALIAS_LEAF || x->owner.n != 0)
			continue;
		g = group_find(c, x->group);
		k = (size_t)(g - c->groups);
		if (count[k] == 0 && g != group_find(c, r->qf.group))
			of[now[k] = ++n] = g;
		else if (g->max_rcpts > 0 && count[k] > 0 && count[k] % (size_t)g->max_rcpts == 0)
			of[now[k] = ++n] = g;
		count[k]++;
		x->part = now[k];
	}
	return n;
}

int
route_groups(struct routing *r, struct alias_set *set, struct routed *out, struct err *e)
{
	const struct conf_queue_group	**of;
	struct split			*v;
	uint32_t			 n;

	if (!group_matters(r))
		return 0;
	of = ARENA_ARRAY(r->m, const struct conf_queue_group *, set->n + 2);
	if ((n = group_parts(r, set, of)) == 0)
		return 0;
	v = ARENA_ARRAY(r->m, struct split, out->nsplit + n);
	if (out->nsplit > 0)
		memcpy(v, out->split, out->nsplit * sizeof *v);
	out->split = v;
	for (uint32_t part = 1; part <= n; part++)
		if (group_split(r, set, of[part], part, &out->split[out->nsplit++], e) == -1)
			return -1;
	return 0;
}
