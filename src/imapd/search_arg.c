/*
 * search_arg - the keys of a SEARCH as a tree (RFC 3501 6.4.4).
 */
#include "mime/charset.h"
#include "mime/date.h"
#include "search.h"
#include "store/store.h"

enum key_arg { KEY_BARE, KEY_STRING, KEY_DATE, KEY_SIZE, KEY_FIELD, KEY_SUB, KEY_TWO, KEY_UIDS, KEY_WORD };

static const struct {
	const char	*name;
	enum key_arg	 arg;
	enum search_op	 op;
	unsigned	 flag;
	const char	*field;
} search_names[] = {
	{ "ALL", KEY_BARE, SEARCH_ALL, 0, NULL }, { "ANSWERED", KEY_BARE, SEARCH_FLAG, STORE_ANSWERED, NULL },
	{ "BCC", KEY_STRING, SEARCH_HEADER, 0, "Bcc" }, { "BEFORE", KEY_DATE, SEARCH_BEFORE, 0, NULL },
	{ "BODY", KEY_STRING, SEARCH_BODY, 0, NULL }, { "CC", KEY_STRING, SEARCH_HEADER, 0, "Cc" },
	{ "DELETED", KEY_BARE, SEARCH_FLAG, STORE_DELETED, NULL }, { "DRAFT", KEY_BARE, SEARCH_FLAG, STORE_DRAFT, NULL },
	{ "FLAGGED", KEY_BARE, SEARCH_FLAG, STORE_FLAGGED, NULL }, { "FROM", KEY_STRING, SEARCH_HEADER, 0, "From" },
	{ "HEADER", KEY_FIELD, SEARCH_HEADER, 0, NULL }, { "KEYWORD", KEY_WORD, SEARCH_KEYWORD, 1, NULL },
	{ "LARGER", KEY_SIZE, SEARCH_LARGER, 0, NULL }, { "NEW", KEY_BARE, SEARCH_NEW, 0, NULL },
	{ "NOT", KEY_SUB, SEARCH_NOT, 0, NULL }, { "OLD", KEY_BARE, SEARCH_NOFLAG, STORE_RECENT, NULL },
	{ "ON", KEY_DATE, SEARCH_ON, 0, NULL }, { "OR", KEY_TWO, SEARCH_OR, 0, NULL },
	{ "RECENT", KEY_BARE, SEARCH_FLAG, STORE_RECENT, NULL }, { "SEEN", KEY_BARE, SEARCH_FLAG, STORE_SEEN, NULL },
	{ "SENTBEFORE", KEY_DATE, SEARCH_SENTBEFORE, 0, NULL }, { "SENTON", KEY_DATE, SEARCH_SENTON, 0, NULL },
	{ "SENTSINCE", KEY_DATE, SEARCH_SENTSINCE, 0, NULL }, { "SINCE", KEY_DATE, SEARCH_SINCE, 0, NULL },
	{ "SMALLER", KEY_SIZE, SEARCH_SMALLER, 0, NULL }, { "SUBJECT", KEY_STRING, SEARCH_HEADER, 0, "Subject" },
	{ "TEXT", KEY_STRING, SEARCH_TEXT, 0, NULL }, { "TO", KEY_STRING, SEARCH_HEADER, 0, "To" },
	{ "UID", KEY_UIDS, SEARCH_UIDS, 0, NULL }, { "UNANSWERED", KEY_BARE, SEARCH_NOFLAG, STORE_ANSWERED, NULL },
	{ "UNDELETED", KEY_BARE, SEARCH_NOFLAG, STORE_DELETED, NULL }, { "UNDRAFT", KEY_BARE, SEARCH_NOFLAG, STORE_DRAFT, NULL },
	{ "UNFLAGGED", KEY_BARE, SEARCH_NOFLAG, STORE_FLAGGED, NULL }, { "UNKEYWORD", KEY_WORD, SEARCH_KEYWORD, 0, NULL },
	{ "UNSEEN", KEY_BARE, SEARCH_NOFLAG, STORE_SEEN, NULL },
};

static struct search_key *search_one(struct imap_in *, const struct search_env *, int depth);

static bool
search_string(struct imap_in *in, const struct search_env *env, struct str *out)
{
	struct str	s;
	struct buf	b;

	if (!imap_sp(in) || !imap_astring(in, &s))
		return false;
	buf_init(&b, IMAP_LINE_MAX * 8);
	if (charset_to_utf8(&b, env->charset, s) == 0 && buf_ok(&b))
		s = arena_str(in->m, buf_str(&b));
	buf_done(&b);
	*out = env->fold(in->m, s);
	return true;
}

static bool
search_date(struct imap_in *in, int64_t *day)
{
	struct str	s;
	struct date	d;

	if (!imap_sp(in) || !imap_date_text(in, &s))
		return false;
	if (date_parse_day(s, &d) == -1)
		return imap_refuse(in, "date expected");
	*day = date_days(&d);
	return true;
}

static bool
search_set(struct imap_in *in, uint32_t star, struct imap_set *set)
{
	struct str	s;

	if (!imap_set_text(in, &s))
		return false;
	if (imap_set_parse(in->m, s, star, set) == -1 || set->saved)
		return imap_refuse(in, "message set expected");
	return true;
}

/* The arguments of row i into k. */
static bool
search_args(struct imap_in *in, const struct search_env *env, size_t i, struct search_key *k, int depth)
{
	struct str	s;

	switch (search_names[i].arg) {
	case KEY_BARE:
		return true;
	case KEY_STRING:
		k->field = str_c(search_names[i].field);
		return search_string(in, env, &k->text);
	case KEY_DATE:
		return search_date(in, &k->day);
	case KEY_SIZE:
		return imap_sp(in) && imap_number64(in, &k->size);
	case KEY_FIELD:
		return imap_sp(in) && imap_astring(in, &k->field) && search_string(in, env, &k->text);
	case KEY_SUB:
		return imap_sp(in) && (k->a = search_one(in, env, depth + 1)) != NULL;
	case KEY_TWO:
		return imap_sp(in) && (k->a = search_one(in, env, depth + 1)) != NULL && imap_sp(in) && (k->b = search_one(in, env, depth + 1)) != NULL;
	case KEY_UIDS:
		return imap_sp(in) && search_set(in, env->last_uid, &k->set);
	default:
		if (!imap_sp(in) || !imap_flag(in, &s))
			return false;
		k->text = s;
		return true;
	}
}

/* "(" key *(SP key) ")", the parenthesis is taken already; or to the end. */
static struct search_key *
search_list(struct imap_in *in, const struct search_env *env, int depth, bool closed)
{
	struct search_key	*all = ARENA_NEW(in->m, struct search_key), **tail = &all->a;

	all->op = SEARCH_AND;
	do {
		if ((*tail = search_one(in, env, depth + 1)) == NULL)
			return NULL;
		tail = &(*tail)->next;
	} while (imap_next(in, ' ') && (closed || str_trim(in->s).n > 0));	/* some clients end lines with a blank */
	return !closed || imap_char(in, ')') ? all : NULL;
}

static struct search_key *
search_one(struct imap_in *in, const struct search_env *env, int depth)
{
	struct search_key	*k = ARENA_NEW(in->m, struct search_key);
	struct str		 word;

	if (depth > SEARCH_DEPTH) {
		imap_refuse(in, "fewer levels expected");
		return NULL;
	}
	if (imap_next(in, '('))
		return search_list(in, env, depth, true);
	if (in->s.n > 0 && (chr_is_digit(in->s.p[0]) || in->s.p[0] == '*' || in->s.p[0] == '$')) {
		k->op = SEARCH_NUMBERS;
		return search_set(in, env->last_number, &k->set) ? k : NULL;
	}
	if (!imap_atom(in, &word))
		return NULL;
	for (size_t i = 0; i < sizeof(search_names) / sizeof(search_names[0]); i++)
		if (str_caseeq_c(word, search_names[i].name)) {
			k->op = search_names[i].op;
			k->flag = search_names[i].flag;
			return search_args(in, env, i, k, depth) ? k : NULL;
		}
	imap_refuse(in, "search key expected");
	return NULL;
}

struct search_key *
search_parse(struct imap_in *in, const struct search_env *env)
{
	struct search_key	*k = search_list(in, env, 0, false);

	if (k != NULL && !imap_end(in))
		return NULL;
	return k;
}
