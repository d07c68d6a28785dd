/*
 * cmd_search - SEARCH: which messages match the keys.
 *
 * What the index knows is looked at first: within an AND, keys that need the message's bytes come last.
 */
#include <inttypes.h>

#include "message.h"
#include "mime/charset.h"
#include "mime/date.h"
#include "mime/hdr.h"
#include "search.h"

/* Days of the internal date, as this host's clock has it. */
static int64_t
search_day(int64_t t)
{
	struct date	d;

	date_from_time(t, date_local_zone(t), &d);
	return date_days(&d);
}

static bool
search_sent(struct message *m, int64_t *day)
{
	struct hdr_field	f;
	struct date		d;

	if (!hdr_find(message_header(m), STR("Date"), 0, &f) || date_parse(hdr_unfold(m->im->a, f.value), &d) == -1)
		return false;
	*day = date_days(&d);
	return true;
}

static bool
search_keyword(const struct message *m, struct str word)
{
	const struct str	*names;
	size_t			 n = store_view_keywords(m->im->view, &names);

	for (size_t i = 0; i < n && i < 64; i++)
		if (str_caseeq(names[i], word))
			return m->rec.keywords >> i & 1;
	return false;
}

/* Does this key need more than the index? */
static bool
search_is_slow(const struct search_key *k)
{
	switch (k->op) {
	case SEARCH_HEADER:
	case SEARCH_TEXT:
	case SEARCH_BODY:
	case SEARCH_SENTBEFORE:
	case SEARCH_SENTON:
	case SEARCH_SENTSINCE:
		return true;
	case SEARCH_NOT:
		return search_is_slow(k->a);
	case SEARCH_OR:
		return search_is_slow(k->a) || search_is_slow(k->b);
	case SEARCH_AND:
		for (const struct search_key *s = k->a; s != NULL; s = s->next)
			if (search_is_slow(s))
				return true;
		return false;
	default:
		return false;
	}
}

static bool search_match(struct message *, const struct search_key *);

static bool
search_all(struct message *m, const struct search_key *k)
{
	for (int slow = 0; slow < 2; slow++)
		for (const struct search_key *s = k->a; s != NULL; s = s->next)
			if (search_is_slow(s) == (slow == 1) && !search_match(m, s))
				return false;
	return true;
}

static bool
search_match_date(struct message *m, const struct search_key *k)
{
	int64_t	day;

	switch (k->op) {
	case SEARCH_BEFORE:
		return search_day(m->rec.date) < k->day;
	case SEARCH_ON:
		return search_day(m->rec.date) == k->day;
	case SEARCH_SINCE:
		return search_day(m->rec.date) >= k->day;
	case SEARCH_SENTBEFORE:
		return search_sent(m, &day) && day < k->day;
	case SEARCH_SENTON:
		return search_sent(m, &day) && day == k->day;
	default:
		return search_sent(m, &day) && day >= k->day;
	}
}

static bool
search_match(struct message *m, const struct search_key *k)
{
	switch (k->op) {
	case SEARCH_ALL:
		return true;
	case SEARCH_AND:
		return search_all(m, k);
	case SEARCH_OR:
		return search_match(m, k->a) || search_match(m, k->b);
	case SEARCH_NOT:
		return !search_match(m, k->a);
	case SEARCH_FLAG:
		return m->rec.flags & k->flag;
	case SEARCH_NOFLAG:
		return !(m->rec.flags & k->flag);
	case SEARCH_NEW:
		return m->rec.flags & STORE_RECENT && !(m->rec.flags & STORE_SEEN);
	case SEARCH_KEYWORD:
		return search_keyword(m, k->text) == (k->flag == 1);
	case SEARCH_NUMBERS:
		return imap_set_has(&k->set, m->number);
	case SEARCH_UIDS:
		return imap_set_has(&k->set, m->rec.uid);
	case SEARCH_LARGER:
		return m->rec.size > k->size;
	case SEARCH_SMALLER:
		return m->rec.size < k->size;
	case SEARCH_HEADER:
		return message_field_has(m, k->field, k->text);
	case SEARCH_TEXT:
		return message_header_has(m, k->text) || message_body_has(m, k->text);
	case SEARCH_BODY:
		return message_body_has(m, k->text);
	case SEARCH_NONE:
		return false;
	default:
		return search_match_date(m, k);
	}
}

static bool
search_charset(struct imap *im, struct str *charset)
{
	struct buf	b;
	int		rc;

	*charset = STR("UTF-8");
	if (!imap_word(&im->in, "CHARSET"))
		return true;
	if (!imap_sp(&im->in) || !imap_astring(&im->in, charset) || !imap_sp(&im->in))
		return false;
	buf_init(&b, 64);
	rc = charset_to_utf8(&b, *charset, STR("a"));
	buf_done(&b);
	if (rc == -1) {
		imap_say(im, "[BADCHARSET (US-ASCII UTF-8)] this charset is not known");
		return false;
	}
	return true;
}

enum imap_rc
cmd_search(struct imap *im)
{
	struct search_env	 env = {
		.last_number = (uint32_t)im->n, .last_uid = im->n > 0 ? im->uid[im->n - 1] : 0, .fold = search_fold,
	};
	struct search_key	*k;
	struct message		 m;

	if (!imap_sp(&im->in))
		return IMAP_BAD;
	if (!search_charset(im, &env.charset))
		return im->say.n > 0 ? IMAP_NO : IMAP_BAD;
	if ((k = search_parse(&im->in, &env)) == NULL)
		return IMAP_BAD;
	imap_put(im, STR("* SEARCH"));
	for (size_t i = 0; i < im->n; i++) {
		const struct store_rec	*r = store_view_rec(im->view, im->uid[i]);
		struct arena_mark	 mark = arena_mark(im->a);

		if (r == NULL)
			continue;
		message_init(&m, im, (uint32_t)i + 1, r);
		if (search_match(&m, k))
			imap_putf(im, " %" PRIu32, im->by_uid ? r->uid : (uint32_t)i + 1);
		arena_release(im->a, mark);
	}
	imap_put(im, STR("\r\n"));
	return IMAP_OK;
}
