/*
 * why - the decision about a recipient, in one line.
 */
#include "why.h"

#include <stdlib.h>

#include "base/must.h"

struct why {
	struct explain	*record;
	struct buf	 b;
};

/* One that is over, for the next: each session and each verdict has one. */
static struct why *why_idle;

struct why *
why_new(void)
{
	struct why *w = why_idle;

	why_idle = NULL;
	if (w != NULL)
		return w;
	w = calloc(1, sizeof *w);

	must_have(w);
	w->record = explain_new_light();
	buf_init(&w->b, 0);
	return w;
}

void
why_free(struct why **wp)
{
	if (*wp == NULL)
		return;
	if (why_idle == NULL) {
		explain_clear((*wp)->record);
		buf_clear(&(*wp)->b);
		why_idle = *wp;
		*wp = NULL;
		return;
	}
	explain_free(&(*wp)->record);
	buf_done(&(*wp)->b);
	free(*wp);
	*wp = NULL;
}

/* What stands in the buffer, as many whole items from its end as fit. */
static struct str
why_line(struct why *w, struct arena *m)
{
	struct str	all = buf_str(&w->b);
	size_t		from;

	if (all.n <= QF_WHY_MAX)
		return all.n == 0 ? STR_NONE : arena_str(m, all);
	for (from = all.n - (QF_WHY_MAX - 4); from < all.n && all.p[from - 1] != ' '; from++)
		;
	return arena_cat(m, STR("... "), str_from(all, from));
}

void
why_begin(struct why *w, struct rule_ctx *rules)
{
	explain_clear(w->record);
	rule_explain(rules, w->record);
}

void
why_end(struct why *w, struct rule_ctx *ctx, const struct rules *rules, struct arena *m, struct str *line)
{
	size_t	before;

	rule_explain(ctx, NULL);
	buf_clear(&w->b);
	buf_add(&w->b, *line);
	if (line->n > 0)
		buf_addch(&w->b, ' ');
	before = w->b.n;
	explain_brief(w->record, rules, QF_WHY_MAX, &w->b);
	if (w->b.n > before)
		*line = why_line(w, m);
}

struct str
why_via(struct why *w, struct arena *m, struct str line, const char *what, struct str name)
{
	buf_clear(&w->b);
	buf_add(&w->b, line);
	buf_addf(&w->b, "%s%s[", line.n > 0 ? " " : "", what);
	explain_escape(name, &w->b);
	buf_addch(&w->b, ']');
	return why_line(w, m);
}

/* How much of a line says which lists the address came from: up to the last "aliases[x]", which a key that was found ("x[y]=z") never looks like. */
static size_t
why_lists(struct str line)
{
	static const char *const lists[] = { "aliases[", "forward[", "include[", "via[" };
	struct str	rest = line, word;
	size_t		n = 0;

	while (str_split(&rest, ' ', &word))
		for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
			if (word.n > 0 && word.p[word.n - 1] == ']' && str_starts(word, str_c(lists[i])))
				n = (size_t)(word.p + word.n - line.p);
	return n;
}

struct str
why_again(struct why *w, struct arena *m, const struct qf_rcpt *q, struct str now)
{
	struct str	from = str_first(q->why, why_lists(q->why));

	if (now.n == 0)
		return q->why;
	if (from.n == 0 && q->ctl_alias.n > 0)
		from = why_via(w, m, STR_NONE, "via", q->ctl_alias);
	if (from.n == 0)
		return now;
	buf_clear(&w->b);
	buf_addf(&w->b, "%.*s %.*s", STR_ARG(from), STR_ARG(now));
	return why_line(w, m);
}
