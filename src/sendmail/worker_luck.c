/*
 * worker_luck - see the header.
 */
#include "worker_luck.h"

#include "base/log.h"
#include "os/load.h"

#define LUCK_RETRY_MS		1000
#define LUCK_RETRY_MAX_MS	30000
#define LUCK_BARREN_MS		3000
#define LUCK_COMPLAIN_MS	60000

bool
luck_may_fork(const struct worker_luck *l)
{
	return os_now_ms() >= l->not_before;
}

void
luck_died_young(struct worker_luck *l)
{
	uint64_t wait = LUCK_RETRY_MS;

	for (int i = 0; i < l->failures && wait < LUCK_RETRY_MAX_MS; i++)
		wait *= 2;
	l->failures++;
	l->not_before = os_now_ms() + wait;
}

void
luck_none(struct worker_luck *l, const char *role, const char *why)
{
	uint64_t now = os_now_ms();

	if (l->barren == 0)
		l->barren = now;
	if (l->told != 0 && now - l->told < LUCK_COMPLAIN_MS)
		return;
	l->told = now;
	log_line(1, LOG_P_ERR, NULL, "%s: %s", role, why);
}

void
luck_one(struct worker_luck *l)
{
	l->barren = 0;
}

bool
luck_is_barren(const struct worker_luck *l)
{
	return l->barren != 0 && os_now_ms() - l->barren >= LUCK_BARREN_MS;
}
