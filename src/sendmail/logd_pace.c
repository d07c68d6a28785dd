/*
 * logd_pace - see the header.
 */
#include "logd_pace.h"

unsigned
logd_pace_heard(struct logd_pace *p, unsigned lines, uint64_t now_ms)
{
	uint64_t	before = p->last;

	if (lines == 0)
		return LOGD_DEAF_MS;
	p->last = now_ms;
	if (now_ms - before > LOGD_CLOSE_MS)
		p->quick = 0;
	else if (++p->quick >= LOGD_PROOFS) {
		p->quick = LOGD_PROOFS;
		return LOGD_DOZE_MS;
	}
	return 0;
}

unsigned
logd_pace_found(struct logd_pace *p, unsigned lines)
{
	if (lines >= LOGD_FEW)
		return LOGD_DOZE_MS;
	p->quick = 0;
	return 0;
}
