/*
 * rhs.h - right sides while they are built (rhs.c, rhs_map.c, rewrite.c).
 */
#ifndef RULE_RHS_H
#define RULE_RHS_H

#include "rule/rule_int.h"

/* A row of tokens that grows; tok has room for RULE_MAXATOM. */
struct build {
	struct rule_ctx	*c;
	struct rule_tok	*tok;
	uint32_t	 n;
};

static inline int
build_put(struct build *b, const struct rule_tok *tok, size_t n)
{
	if (b->n + n > RULE_MAXATOM)
		return -1;
	for (size_t i = 0; i < n; i++)		/* mostly one or two */
		b->tok[b->n + i] = tok[i];
	b->n += (uint32_t)n;
	return 0;
}
/* Steps 1 and 2: 0, -1 too long, -2 said already, and why in *status; that may be EXIT_TEMPFAIL with 0, too. */
int	build_rhs(struct build *, const struct rule *, const struct work *, const struct capture *, int *status);
int	build_lookups(struct build *, const struct rule_tok *, uint32_t n, int *status);

#endif
