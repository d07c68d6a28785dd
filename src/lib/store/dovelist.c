/*
 * dovelist - lines of dovecot-uidlist and dovecot-keywords; see dovelist.h.
 */
#include "store/dovelist.h"

#include "base/num.h"
#include "store/store.h"

static bool
dovelist_number(struct str s, uint64_t max, uint32_t *out)
{
	uint64_t	v;

	if (num_u64(s, 1, max, &v) == -1)
		return false;
	*out = (uint32_t)v;
	return true;
}

bool
dovelist_head(struct str line, uint32_t *uidvalidity, uint32_t *uidnext)
{
	struct str	w;

	*uidvalidity = *uidnext = 0;
	if (!str_word(&line, &w) || !str_eq_c(w, "3"))
		return false;
	while (str_word(&line, &w))
		if ((w.p[0] == 'V' && !dovelist_number(str_from(w, 1), UINT32_MAX, uidvalidity)) ||
		    (w.p[0] == 'N' && !dovelist_number(str_from(w, 1), UINT32_MAX - 1, uidnext)))
			return false;
	return *uidvalidity != 0 && *uidnext != 0;
}

bool
dovelist_line(struct str line, uint32_t *uid, struct str *base)
{
	struct str	w;
	size_t		colon = str_find(line, STR(" :"));

	if (colon == SIZE_MAX)
		return false;
	*base = str_from(line, colon + 2);
	*base = str_first(*base, str_chr(*base, ':'));
	return base->n > 0 && str_chr(*base, '/') == SIZE_MAX && str_word(&line, &w) && dovelist_number(w, UINT32_MAX - 2, uid);
}

bool
dovelist_keyword(struct str line, unsigned *number, struct str *name)
{
	struct str	w;
	uint64_t	v;

	if (!str_word(&line, &w) || num_u64(w, 0, DOVELIST_LETTERS - 1, &v) == -1)
		return false;
	*number = (unsigned)v;
	*name = str_trim(line);
	for (size_t i = 0; i < name->n; i++)
		if ((unsigned char)name->p[i] <= ' ' || (unsigned char)name->p[i] >= 0x7f || strchr("(){%*\"\\]", name->p[i]) != NULL)
			return false;
	return name->n > 0 && name->n <= STORE_KEYWORD_MAX;
}
