/*
 * mod_pcre - class pcre at work: PCRE2, with limits that end an expression which would run away.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "map/map_pcre.h"

#define MOD_PCRE_STEPS	200000u		/* of one match */
#define MOD_PCRE_DEPTH	2000u

extern const struct os_module *const angarium_module;

static int
mod_pcre_open(struct map *m, int fd, struct err *e)
{
	struct map_pcre	*p = m->inside;
	PCRE2_UCHAR	 why[160];
	PCRE2_SIZE	 at;
	uint32_t	 count = 0;
	int		 rc;

	(void)fd;
	p->code = pcre2_compile((PCRE2_SPTR)p->text.p, p->text.n, m->flags & MF_KEEPCASE ? 0 : PCRE2_CASELESS, &rc, &at, NULL);
	if (p->code == NULL) {
		pcre2_get_error_message(rc, why, sizeof why);
		return err_set(e, ERR_TEMP, "expression \"%.*s\", at %zu: %s", STR_ARG(p->text), (size_t)at, (const char *)why);
	}
	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &count);
	for (size_t i = 0; i < p->nsub; i++)
		if ((uint32_t)p->sub[i] > count)
			return err_set(e, ERR_TEMP, "-s asks for substring %d, the expression has %u", p->sub[i], (unsigned)count);
	if ((p->match = pcre2_match_data_create_from_pattern(p->code, NULL)) == NULL)
		return err_set(e, ERR_TEMP, "out of memory");
	return 0;
}

static void
mod_pcre_close(struct map *m)
{
	struct map_pcre	*p = m->inside;

	pcre2_match_data_free(p->match);
	pcre2_code_free(p->code);
	p->match = p->code = NULL;
}

static void
mod_pcre_substrings(const struct map_pcre *p, struct str key, uint32_t pairs, struct buf *out)
{
	const PCRE2_SIZE	*at = pcre2_get_ovector_pointer(p->match);
	size_t			 n = p->nsub > 0 ? p->nsub : pairs;

	for (size_t i = 0; i < n; i++) {
		size_t	k = p->nsub > 0 ? (size_t)p->sub[i] : i;

		if (i > 0)
			buf_add(out, p->delim);
		if (k < pairs && at[2 * k] != PCRE2_UNSET && at[2 * k] <= at[2 * k + 1])
			buf_add(out, str_sub(key, at[2 * k], at[2 * k + 1]));
	}
}

static enum map_result
mod_pcre_get(MAP_GET_ARGS)
{
	struct map_pcre		*p = m->inside;
	pcre2_match_context	*limits = pcre2_match_context_create(NULL);
	int			 rc;

	(void)call;
	(void)args;
	(void)nargs;
	if (limits != NULL) {
		pcre2_set_match_limit(limits, MOD_PCRE_STEPS);
		pcre2_set_depth_limit(limits, MOD_PCRE_DEPTH);
	}
	rc = pcre2_match(p->code, (PCRE2_SPTR)key.p, key.n, 0, 0, p->match, limits);
	pcre2_match_context_free(limits);
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH) {
		err_set(e, ERR_TEMP, "map %.*s: the expression gave up on this key (%d)", STR_ARG(m->name), rc);
		return MAPR_TEMP;
	}
	if ((rc >= 0) == p->negate)
		return MAPR_NONE;
	if (m->flags & MF_MATCH)
		buf_add(out, key);
	else if (p->substrings && rc >= 0)
		mod_pcre_substrings(p, key, pcre2_get_ovector_count(p->match), out);
	if (m->after_sub != '\0')
		for (size_t i = 0; i < out->n; i++)
			if (out->p[i] == ' ')
				out->p[i] = m->after_sub;
	buf_add(out, m->tag);
	return MAPR_FOUND;
}

static const struct map_mod	mod_pcre = { { "map_pcre", MAP_MOD_VERSION }, mod_pcre_open, mod_pcre_get, mod_pcre_close };
const struct os_module *const	angarium_module = &mod_pcre.mod;
