/*
 * spoold_filter - what each filter did, added up over all sessions of the daemon's life; by name, so that a reload changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "milterask.h"
#include "proc/msg.h"
#include "req.h"
#include "spoold.h"

struct filter_sum {
	struct list	 link;
	char		*name;
	uint64_t	 n[MILTER_COUNTS];
};

static struct list	filter_sums;		/* of this process */

static struct filter_sum *
filter_sum_of(struct str name)
{
	struct filter_sum *f;

	if (filter_sums.next == NULL)
		list_init(&filter_sums);
	LIST_EACH(it, &filter_sums)
		if (str_eq_c(name, LIST_OF(it, struct filter_sum, link)->name))
			return LIST_OF(it, struct filter_sum, link);
	if ((f = calloc(1, sizeof *f)) == NULL || (f->name = strndup(name.p, name.n)) == NULL) {
		free(f);
		return NULL;
	}
	list_append(&filter_sums, &f->link);
	return f;
}

int
answer_filtercount(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold		*s = ctx->state;
	struct filter_count	 c;
	struct filter_sum	*sum;

	(void)p;
	if (filter_count_get(f->body, &c) == -1)
		return -1;
	/* the asker may have the configuration of before a reload */
	if (c.filter < s->conf->nfilters && (sum = filter_sum_of(s->conf->filters[c.filter].name)) != NULL)
		filter_count_add(sum->n, c.n);
	return 0;
}

int
answer_filterstat(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold	*s = ctx->state;
	struct buf	 b;

	buf_init(&b, 0);
	for (size_t i = 0; i < s->conf->nfilters; i++)
		(void)filter_sum_of(s->conf->filters[i].name);
	if (filter_sums.next != NULL)
		LIST_EACH(it, &filter_sums) {
			struct filter_sum *sum = LIST_OF(it, struct filter_sum, link);

			msg_put_str(&b, str_c(sum->name));
			for (int i = 0; i < MILTER_COUNTS; i++)
				msg_put_u64(&b, sum->n[i]);
		}
	req_answer(p, f, buf_str(&b), -1);
	buf_done(&b);
	return 0;
}
