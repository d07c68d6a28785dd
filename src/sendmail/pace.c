/*
 * pace - see the header.
 */
#include "pace.h"

size_t
pace_want(const struct pace *p, size_t active)
{
	return p->most != 0 && p->most < active / 2 ? p->most : active / 2;
}

void
pace_batch(struct pace *p, size_t n, size_t want, bool late)
{
	if (late && n < want)
		p->most = n;
	else if (p->most != 0 && n > p->most)
		p->most = 2 * n;
}

bool
pace_here(const struct pace *p, uint64_t now_ms)
{
	return p->quick >= PACE_PROOFS && now_ms >= p->not_before;
}

void
pace_took(struct pace *p, uint64_t us, uint64_t now_ms)
{
	if (us > PACE_QUICK_US) {
		p->quick = 0;
		p->not_before = now_ms + us * PACE_REST / 1000;
	} else if (p->quick < PACE_PROOFS)
		p->quick++;
}
