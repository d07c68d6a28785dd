/*
 * mem_faults - see the header.
 */
#include "store/mem_faults.h"

#include <time.h>

#include "os/load.h"

void
mem_faults_add(struct mem_faults *p, const struct mem_rule *r)
{
	if (p->n == MEM_RULES) {
		size_t	k = 0;

		for (size_t i = 0; i < p->n; i++)
			if (p->rule[i].times > 0)
				p->rule[k++] = p->rule[i];
		p->n = k < MEM_RULES ? k : MEM_RULES - 1;
	}
	p->rule[p->n++] = *r;
}

/* The rule that this call meets, used up by one; NULL. */
static const struct mem_rule *
mem_faults_next(struct mem_faults *p, enum mem_op op)
{
	for (size_t i = 0; i < p->n; i++) {
		struct mem_rule	*r = &p->rule[i];

		if (r->times == 0 || (r->op != op && r->op != MEM_ANY))
			continue;
		if (r->skip == 0) {
			r->times--;
			return r;
		}
		r->skip--;
	}
	return NULL;
}

/* True: it took longer than the call may. */
static bool
mem_faults_delay(const struct store *s, int ms)
{
	struct timespec	t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
	return os_now_ms() > s->deadline;
}

enum mem_met
mem_faults_meet(struct mem_faults *p, struct store *s, enum mem_op op, enum store_rc *rc)
{
	static const struct { enum store_rc rc; enum store_why why; const char *text; } answers[] = {
		[MEM_FAIL] = { STORE_NO, STORE_WHY_QUOTA, "planned: no room" }, [MEM_AGAIN] = { STORE_AGAIN, STORE_WHY_NONE, "planned: try again" },
		[MEM_UNKNOWN_BEFORE] = { STORE_UNKNOWN, STORE_WHY_NONE, "planned: unknown" },
		[MEM_DAMAGED] = { STORE_DAMAGED, STORE_WHY_NONE, "planned: damaged" }, [MEM_DELAY] = { STORE_AGAIN, STORE_WHY_NONE, "planned: too late" },
	};
	const struct mem_rule	*r;

	p->calls[op]++;
	if ((r = mem_faults_next(p, op)) == NULL)
		return MEM_MET_NOTHING;
	if (r->fault == MEM_OTHER)
		return MEM_MET_OTHER;
	if (r->fault == MEM_UNKNOWN_AFTER)
		return MEM_MET_AFTER;
	if (r->fault == MEM_DELAY && !mem_faults_delay(s, r->ms))
		return MEM_MET_NOTHING;
	*rc = store_fail(s, answers[r->fault].rc, answers[r->fault].why, "%s", answers[r->fault].text);
	return MEM_MET_ANSWER;
}
