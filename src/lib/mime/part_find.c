/*
 * part_find - parts by their IMAP numbers (RFC 3501 6.4.5), and the defaults of types (RFC 2045 5.2, RFC 2046 5.1.5).
 */
#include "mime/part.h"

#include "base/num.h"

struct str
part_type(const struct part *p)
{
	if (!str_is_none(p->ctype.type))
		return p->ctype.type;
	return p->digest ? STR("message") : STR("text");
}

struct str
part_subtype(const struct part *p)
{
	if (!str_is_none(p->ctype.type))
		return p->ctype.subtype;
	return p->digest ? STR("rfc822") : STR("plain");
}

static struct part *
part_nth(struct part *p, uint64_t n)
{
	for (p = p->child; p != NULL && n > 1; n--)
		p = p->next;
	return p;
}

/* Number n below p; `self`: p is a message that has not been numbered yet. */
static struct part *
part_step(struct part *p, uint64_t n, bool self)
{
	if (!self && p->message) {
		p = p->child;
		self = true;
	}
	if (p == NULL)
		return NULL;
	if (p->multipart)
		return part_nth(p, n);
	return self && n == 1 ? p : NULL;
}

struct part *
part_find(struct part *root, struct str number)
{
	struct part	*p = root;
	struct str	 one;
	uint64_t	 n;
	bool		 self = true;

	if (number.n == 0)
		return root;
	while (p != NULL && str_split(&number, '.', &one)) {
		if (num_u64(one, 1, PART_COUNT_MAX, &n) == -1)
			return NULL;
		p = part_step(p, n, self);
		self = false;
	}
	return p;
}
