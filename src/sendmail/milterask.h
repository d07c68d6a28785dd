/*
 * milterask - bodies of the requests about filters (milter.h): Q_FILTER, Q_FILTEROPEN, Q_FILTERCOUNT.  Pure; see ask.h for the manners.
 */
#ifndef SENDMAIL_MILTERASK_H
#define SENDMAIL_MILTERASK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "milter.h"

/* ---- Q_FILTER, Q_FILTEROPEN: a connection to the unix socket of a filter ---- */
struct filter_ask {
	uint32_t	 filter;	/* index into conf.filters, never a path */
};
void	filter_ask_put(struct buf *, const struct filter_ask *);
int	filter_ask_get(struct str, struct filter_ask *);

/* ---- Q_FILTERCOUNT: what one filter did in one session ---- */
struct filter_count {
	uint32_t	 filter;
	uint64_t	 n[MILTER_COUNTS];
};
void	filter_count_put(struct buf *, const struct filter_count *);
int	filter_count_get(struct str, struct filter_count *);
/* Add it up: MILTER_N_MAX_USEC is the larger one. */
void	filter_count_add(uint64_t sum[MILTER_COUNTS], const uint64_t n[MILTER_COUNTS]);

#endif
