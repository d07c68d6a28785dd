/*
 * spoold_part - recipients that an earlier process was done with, while others of their message were not.
 *
 * Each is written into the journal as soon as it is known (hand_part.c), so that a process that dies repeats what was being delivered at that moment,
 * and not all since the message was last written down.  Read at the start, kept until the message is out of the schedule.  Of a qf only what was
 * written after it counts: a later image is without those who were done, and somebody may have put one back by hand.
 */
#include <stdlib.h>
#include <string.h>

#include "jspool.h"

#define PARTS_MAX	((size_t)32 << 20)	/* beyond that some mail is delivered twice */

struct part_known {
	struct part_known *next;
	struct jref	 ref;
	int64_t		 time;
	size_t		 n;
	char		 list[];
};

int
parts_note(void *arg, const struct jrec_part *part, int64_t time)
{
	struct spoold		*s = arg;
	struct jspool		*js = s->js;
	struct str		 id = str_c(part->of.id);
	struct part_known	*k;

	if (js->parts_size > PARTS_MAX)
		return 0;
	if ((js->parts == NULL && (js->parts = hash_new(NULL, 0)) == NULL) || (k = malloc(sizeof *k + part->list.n)) == NULL)
		return -1;
	*k = (struct part_known){ .next = hash_get(js->parts, id), .ref = part->of.ref, .time = time, .n = part->list.n };
	memcpy(k->list, part->list.p, part->list.n);
	if (hash_put(js->parts, id, k) == -1) {
		free(k);
		return -1;
	}
	js->parts_size += sizeof *k + k->n;
	return 0;
}

static bool
parts_list_has(struct str list, struct str name)
{
	struct str one;

	while (jrec_part_next(&list, &one))
		if (str_eq(one, name))
			return true;
	return false;
}

bool
parts_know(const struct spoold *s, const struct msg *m, uint32_t sum, int64_t qf, struct str name)
{
	struct part_known *k = s->js->parts == NULL ? NULL : hash_get(s->js->parts, str_c(m->id));

	for (; k != NULL; k = k->next) {
		bool	mine = k->ref.gen == 0 ? k->ref.at == sum :
		    m->j.gen == 0 || (k->ref.gen == m->j.gen && k->ref.at == m->j.at);

		if (mine && (m->j.gen != 0 || k->time >= qf) && parts_list_has(str_mem(k->list, k->n), name))
			return true;
	}
	return false;
}

void
parts_moved(struct spoold *s, struct str id)
{
	struct part_known *k = s->js->parts == NULL ? NULL : hash_get(s->js->parts, id);

	for (; k != NULL; k = k->next)
		k->time = INT64_MAX;
}

void
parts_forget(struct spoold *s, struct str id)
{
	struct part_known *k = s->js->parts == NULL ? NULL : hash_get(s->js->parts, id), *next;

	if (k == NULL)
		return;
	hash_del(s->js->parts, id);
	for (; k != NULL; k = next) {
		next = k->next;
		s->js->parts_size -= sizeof *k + k->n;
		free(k);
	}
}
